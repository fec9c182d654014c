import * as assert from 'uvu/assert';
import { parseSpec } from '../../../reconciler/config/parse.ts';
import { checkSpec, compileValidator, provideValidator, validateSpec } from '../../../reconciler/config/validate.ts';
import { goodSpec, specSchema } from '../../support/spec-schema.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/validate');

type Expected = readonly [place: string, path: string, message: RegExp, hint?: RegExp];
type Row = readonly [name: string, text: string, ...expected: Expected[]];

const HEAD = 'stack: web\nregion: us-east-1\nloadBalancer: {}\n';

/** The text stands from line 4 on, below a head that the schema accepts; every problem is listed, in order. */
function table(rows: readonly Row[]): void {
  for (const [name, text, ...expected] of rows) t(name, () => expectProblems(HEAD + text, expected));
}

function expectProblems(text: string, expected: readonly Expected[], schema: object = specSchema): void {
  const { problems } = checkSpec(text, 'web.yaml', schema);
  const shown = problems.map(({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} | ${hint}`).join('\n');
  assert.is(problems.length, expected.length, `expected ${expected.length} problems, got:\n${shown}`);
  for (const [index, [place, path, message, hint]] of expected.entries()) {
    const problem = problems[index];
    assert.is(`${problem?.line}:${problem?.column}`, place, shown);
    assert.is(problem?.path, path);
    assert.match(problem?.message ?? '', message);
    if (hint !== undefined) assert.match(problem?.hint ?? '(no hint)', hint);
  }
}

const group = (fields: string): string => `targetGroups:\n  web:\n    port: 80\n    ${fields}\n`;
const check = (fields: string): string => group(`healthCheck: { ${fields} }`);

t('a good spec has no problem', () => {
  assert.equal(checkSpec(goodSpec, 'web.yaml', specSchema).problems, []);
});

table([
  [
    'slip of the finger',
    group('prot: HTTP'),
    ['7:5', 'targetGroups.web.prot', /^`prot` is not a field of `targetGroups.web`/, /mean `protocol`|mean `port`/],
  ],
  ['letters swapped', 'tragetGroups: {}\n', ['4:1', 'tragetGroups', /not a field of a spec/, /mean `targetGroups`/]],
  ['snake case', group('health_check: {}'), ['7:5', 'targetGroups.web.health_check', /not a field/, /mean `healthCheck`/]],
  [
    'kebab case',
    group('target-type: ip'),
    ['7:5', 'targetGroups.web["target-type"]'.replace('["target-type"]', '.target-type'), /not a field/, /mean `targetType`/],
  ],
  ['capital letters', group('Protocol: HTTP'), ['7:5', 'targetGroups.web.Protocol', /not a field/, /mean `protocol`/]],
  [
    "AWS's name of a nested field",
    group('HealthCheckPath: /x'),
    ['7:5', 'targetGroups.web.HealthCheckPath', /not a field/, /belongs in `healthCheck`: write `healthCheck: \{ path/],
  ],
  [
    "AWS's name of a field",
    check('HealthCheckIntervalSeconds: 10'),
    ['7:20', 'targetGroups.web.healthCheck.HealthCheckIntervalSeconds', /not a field/, /mean `interval`/],
  ],
  ['field one level too high', group('matcher: "200"'), ['7:5', 'targetGroups.web.matcher', /not a field/, /belongs in `healthCheck`/]],
  [
    'field too deep',
    check('targets: [a]'),
    ['7:20', 'targetGroups.web.healthCheck.targets', /not a field/, /field of `web`: move it to the left/],
  ],
  ['top field too deep', group('listeners: {}'), ['7:5', 'targetGroups.web.listeners', /not a field/, /top level/]],
  ['nothing like it', group('xyzzy: 1'), ['7:5', 'targetGroups.web.xyzzy', /not a field/, /Allowed here: `targetType`, `protocol`/]],
  [
    'missing, with an example',
    'targetGroups:\n  web: {}\n',
    ['5:3', 'targetGroups.web.port', /`port` is missing in `targetGroups.web`/, /For example: `port: 8080`/],
  ],

  [
    'value of a list',
    group('targetType: instances'),
    ['7:17', 'targetGroups.web.targetType', /must be `instance`, `ip` or `lambda`; it is `instances`/, /mean `instance`/],
  ],
  [
    'small letters',
    group('protocol: http'),
    ['7:15', 'targetGroups.web.protocol', /must be `HTTP` or `HTTPS`; it is `http`/, /mean `HTTP`/],
  ],
  [
    'underscore',
    'x: &v internet_facing\nloadBalancer2: 1\n',
    ['4:1', 'x', /not a field/],
    ['5:1', 'loadBalancer2', /not a field/, /mean `loadBalancer`/],
  ],
  [
    'wrong type and not of the list',
    group('protocol: 80'),
    ['7:15', 'targetGroups.web.protocol', /must be `HTTP` or `HTTPS`; it is the number `80`/],
  ],

  [
    'number in quotes',
    'targetGroups:\n  web:\n    port: "80"\n',
    ['6:11', 'targetGroups.web.port', /must be a whole number from 1 to 65535, and is the text `80`/, /Remove the quotes: `80`/],
  ],
  [
    'text for a number',
    'targetGroups:\n  web:\n    port: http\n',
    ['6:11', 'targetGroups.web.port', /whole number from 1 to 65535, and is the text `http`/],
  ],
  [
    'half a number',
    'targetGroups:\n  web:\n    port: 80.5\n',
    ['6:11', 'targetGroups.web.port', /whole number.* and is the number `80.5`/],
  ],
  [
    'out of range',
    'targetGroups:\n  web:\n    port: 70000\n',
    ['6:11', 'targetGroups.web.port', /at most 65535; it is `70000`/, /from 1 to 65535/],
  ],
  [
    'number for text keeps how it was written',
    'tags: { v: 1.10 }\n',
    ['4:12', 'tags.v', /must be text, and is the number `1.10`/, /quotes: `"1.10"`/],
  ],
  ['boolean for text', 'tags: { v: yes, w: true }\n', ['4:20', 'tags.w', /must be text, and is the boolean `true`/, /`"true"`/]],
  [
    'matcher without quotes',
    check('matcher: 200'),
    ['7:29', 'targetGroups.web.healthCheck.matcher', /must be text such as `200-299`, and is the number `200`/, /`"200"`/],
  ],
  [
    'yes for a boolean',
    check('enabled: yes'),
    [
      '7:29',
      'targetGroups.web.healthCheck.enabled',
      /must be `true` or `false`, and is the text `yes`/,
      /YAML 1\.2 reads `yes` as text: write `true`/,
    ],
  ],
  ['Off for a boolean', check('enabled: Off'), ['7:29', 'targetGroups.web.healthCheck.enabled', /is the text `Off`/, /write `false`/]],
  [
    'boolean in quotes',
    check('enabled: "true"'),
    ['7:29', 'targetGroups.web.healthCheck.enabled', /is the text `true`/, /Remove the quotes/],
  ],
  [
    'no value',
    'targetGroups:\n  web:\n    port:\n',
    ['6:5', 'targetGroups.web.port', /`port` has no value, and must be a whole number/, /remove the line/],
  ],
  [
    'text for a list',
    group('targets: web-1'),
    ['7:14', 'targetGroups.web.targets', /must be a list, and is the text `web-1`/, /`\[web-1\]`/],
  ],
  [
    'list for named entries',
    'listeners:\n  - protocol: HTTP\n',
    ['5:3', 'listeners', /must be a mapping of fields, and is a list/, /under a name of its own/],
  ],
  [
    'text for a mapping, space missing',
    'targetGroups:\n  web:\n    port:80\n',
    ['6:5', 'targetGroups.web', /must be a mapping of fields, and is the text `port:80`/, /space after the colon/],
  ],

  [
    'pattern in words',
    check('path: status'),
    ['7:26', 'targetGroups.web.healthCheck.path', /must be a path that begins with \/; it is `status`/, /For example: `path: \/status`/],
  ],
  [
    'time span with a space',
    check('interval: 10 s'),
    ['7:30', 'targetGroups.web.healthCheck.interval', /a whole number from 5 to 300 or text such as `10s`; it is `10 s`/, /Write `10s`/],
  ],
  [
    'time span with a long unit',
    check('interval: 5min'),
    ['7:30', 'targetGroups.web.healthCheck.interval', /text such as `10s`; it is `5min`/, /Write `5m`/],
  ],
  [
    'time span in quotes',
    check('interval: "10"'),
    ['7:30', 'targetGroups.web.healthCheck.interval', /it is `10`/, /without quotes for seconds, or `10s`/],
  ],
  [
    'time span in words',
    check('interval: often'),
    ['7:30', 'targetGroups.web.healthCheck.interval', /it is `often`/, /For example: `interval: 10s`/],
  ],
  [
    'time span of another type',
    check('interval: true'),
    ['7:30', 'targetGroups.web.healthCheck.interval', /whole number from 5 to 300 or text such as `10s`, and is the boolean `true`/],
  ],
  ['time span too long', check('interval: 1000'), ['7:30', 'targetGroups.web.healthCheck.interval', /at most 300; it is `1000`/]],
  [
    'bad name',
    'listeners:\n  Web_1: { protocol: HTTP, port: 80 }\n',
    ['5:3', 'listeners.Web_1', /name `Web_1` in `listeners` must be a name of lower-case letters/],
  ],
  [
    'long name',
    `listeners:\n  ${'a'.repeat(21)}: { protocol: HTTP, port: 80 }\n`,
    ['5:3', `listeners.${'a'.repeat(21)}`, /at most 20 characters/],
  ],
  [
    'one entry too few',
    'network:\n  vpc: default\n  subnets:\n    a: { id: x }\n',
    ['6:3', 'network.subnets', /`subnets` needs at least 2 entries, and has 1/],
  ],
  ['empty list', group('targets: []'), ['7:5', 'targetGroups.web.targets', /needs at least 1 entry, and has none/]],
  ['named twice', group('targets: [a, b, a]'), ['7:21', 'targetGroups.web.targets[2]', /`targets` names `a` twice: it is also entry 1/]],
  ['wrong entry of a list', group('targets: [a, 5]'), ['7:18', 'targetGroups.web.targets[1]', /entry 2 of `targets` must be text/i, /"5"/]],
  ['too long', `tags: { a: "${'é'.repeat(257)}" }\n`, ['4:12', 'tags.a', /is 257 characters long, and at most 256 are allowed: `é{60}…`/]],

  ['branches: neither', 'network: { vpc: {} }\n', ['4:12', 'network.vpc', /`network.vpc` needs one of `cidrBlock` or `id`/]],
  [
    'branches: both',
    'network: { vpc: { cidrBlock: x, id: vpc-1 } }\n',
    ['4:33', 'network.vpc', /`cidrBlock` and `id` cannot be set together in `network.vpc`/, /Keep one/],
  ],
  [
    'branches: the one that was meant',
    'network: { vpc: { id: x } }\n',
    ['4:23', 'network.vpc.id', /`id` must be text of the form `\^vpc-`; it is `x`/],
  ],
  [
    'branches: misspelt',
    'network: { vpc: { cidrBlok: x } }\n',
    ['4:19', 'network.vpc.cidrBlok', /not a field of `network.vpc`/, /mean `cidrBlock`/],
  ],
  [
    'branches: a second field only one knows',
    'network: { vpc: { id: vpc-1, dnsHostnames: true } }\n',
    ['4:30', 'network.vpc', /`id` and `dnsHostnames` cannot be set together/],
  ],
  [
    'branches: a fixed text',
    'network: { vpc: defalt }\n',
    ['4:17', 'network.vpc', /must be `default` or a mapping of fields; it is `defalt`/, /mean `default`/],
  ],
  ['branches: no type fits', 'network: { vpc: [a] }\n', ['4:17', 'network.vpc', /must be a mapping of fields or `default`, and is a list/]],
  ['by presence: none', 'certificates: { site: {} }\n', ['4:17', 'certificates.site', /needs one of `selfSigned`, `iam` or `acm`/]],
  [
    'by presence: two',
    'certificates: { site: { iam: a, acm: b } }\n',
    ['4:33', 'certificates.site', /`iam` and `acm` cannot be set together/],
  ],
  ['by presence: misspelt', 'certificates: { site: { imm: a } }\n', ['4:25', 'certificates.site.imm', /not a field/, /mean `iam`/]],
  [
    'told apart by a field: wrong',
    group('stickiness: { type: cookie }'),
    ['7:25', 'targetGroups.web.stickiness.type', /must be `lb_cookie` or `app_cookie`; it is `cookie`/, /mean `lb_cookie`/],
  ],
  [
    'told apart by a field: missing',
    group('stickiness: { duration: 5 }'),
    ['7:5', 'targetGroups.web.stickiness.type', /`type` is missing/, /`lb_cookie` or `app_cookie`/],
  ],
  [
    'told apart by a field: inside',
    group('stickiness: { type: lb_cookie, duration: 8 d }'),
    ['7:46', 'targetGroups.web.stickiness.duration', /text such as `10s`; it is `8 d`/, /Write `8d`/],
  ],
  [
    'told apart by a field: more of it',
    group('stickiness: { type: app_cookie }'),
    ['7:5', 'targetGroups.web.stickiness.cookieName', /`cookieName` is missing/],
  ],

  [
    'a field that another one needs',
    group('slowStart: 30'),
    ['5:3', 'targetGroups.web.targets', /`targets` is missing in `targetGroups.web`, because `slowStart` is set/],
  ],
  [
    'needed because of a value',
    'listeners:\n  a: { protocol: HTTPS, port: 443 }\n',
    ['5:3', 'listeners.a.certificate', /`certificate` is missing in `listeners.a`, because `protocol` is `HTTPS`/],
  ],
  [
    'refused because of a value',
    'listeners:\n  a: { protocol: HTTP, port: 80, certificate: x }\n',
    ['5:34', 'listeners.a.certificate', /`certificate` may not be given here, because `protocol` is not `HTTPS`/],
  ],
  [
    'needed because of an absence',
    'network:\n  vpc: default\n  subnets:\n    a: { id: x }\n    b: { cidrBlock: y }\n',
    ['8:5', 'network.subnets.b.availabilityZone', /is missing in `network.subnets.b`, because `id` is not given/],
  ],

  [
    'what the parser refused is not told twice',
    'targetGroups:\n  web:\n    port: 0o20000000\n',
    ['6:11', 'targetGroups.web.port', /not decimal/],
  ],
  ['nor what a tag stood for', 'targetGroups:\n  web:\n    port: !Ref Port\n', ['6:11', '', /CloudFormation/]],
  ['nor what a merge key would have brought', 'targetGroups:\n  web:\n    <<: {}\n', ['6:5', 'targetGroups.web', /merge keys/i]],
  [
    'a duplicate and a wrong value',
    'targetGroups:\n  web:\n    port: 0\n    port: 1\n',
    ['6:11', 'targetGroups.web.port', /at least 1/],
    ['7:5', 'targetGroups.web.port', /set twice/],
  ],
  ['secrets are not echoed', group('password: hunter2'), ['7:15', 'targetGroups.web.password', /not shown/]],
  ['values are cut', group(`protocol: ${'y'.repeat(500)}`), ['7:15', 'targetGroups.web.protocol', /it is `y{60}…`\.$/]],
  [
    'escapes do not reach the terminal',
    'tags: { a: ["\\u001b[31m"] }\nregion2: 1\n"\\u001b]0;x": 1\n',
    ['4:12', 'tags.a', /must be text, and is a list/],
    ['5:1', 'region2', /not a field/],
    ['6:1', '["\\u001b]0;x"]', /^`\\u001B\]0;x` is not a field/],
  ],
]);

t('misspelt and therefore missing is one mistake', () => {
  expectProblems('stak: web\nregion: us-east-1\nloadBalancer: {}\n', [['1:1', 'stak', /not a field of a spec/, /mean `stack`/]]);
});

t('missing at the top', () => {
  expectProblems('# x\nregion: us-east-1\n', [
    ['2:1', 'loadBalancer', /`loadBalancer` is missing in the spec/],
    ['2:1', 'stack', /`stack` is missing in the spec/, /`stack: webserver`/],
  ]);
});

t('at most 100 are shown, and the rest counted', () => {
  const text = `${HEAD}tags:\n${Array.from({ length: 150 }, (_, i) => `  k${i}: ${i}\n`).join('')}`;
  const { problems } = checkSpec(text, 'f', specSchema);
  assert.is(problems.length, 101);
  assert.match(problems[100]?.message ?? '', /50 more problems/i);
  assert.is(problems[100]?.line, 105);
});

t('a file that is no YAML is not validated', () => {
  assert.equal(validateSpec(parseSpec('a: [', 'f'), specSchema), []);
});

t('validators are made once, or given', () => {
  const schema = { type: 'object', required: ['a'] };
  assert.is(compileValidator(schema), compileValidator(schema));
  const other = { type: 'object' };
  provideValidator(other, compileValidator(schema));
  expectProblems('b: 1', [['1:1', 'a', /`a` is missing/]], other);
});

t('a discriminator says what may be written', () => {
  const schema = {
    type: 'object',
    discriminator: { propertyName: 'kind' },
    required: ['kind'],
    oneOf: [{ properties: { kind: { const: 'one' }, n: { type: 'integer' } } }, { properties: { kind: { enum: ['two', 'three'] } } }],
  };
  expectProblems('kind: tow', [['1:7', 'kind', /must be `one`, `two` or `three`; it is `tow`/, /mean `two`/]], schema);
  expectProblems('kind: one\nn: x', [['2:4', 'n', /whole number/]], schema);
});

t('a name that every JavaScript object answers to is not taken as given', () => {
  expectProblems('a: 1', [['1:1', 'toString', /`toString` is missing/]], { type: 'object', required: ['toString'] });
});

t.run();
