/** Mistakes that the sandbox has no say in, and the sentences in which mistakes are told: one for each, at its place, with a way out that is right. */

import * as assert from 'uvu/assert';
import { corrected } from '../../../reconciler/config/misspelt.ts';
import { blankSecrets, looksSecret } from '../../../reconciler/config/quote.ts';
import { LEGAL, type LegalName } from '../../../reconciler/model/legal.ts';
import { GOOD, swap } from '../../support/spec-text.ts';
import { problemsOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('config/aws-rules');

const told = (text: string): readonly string[] =>
  problemsOf(text).map(({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} | ${hint}`);

/** Every row of single texts: some that are legal, some that are not. */
const TEXTS: { readonly [Name in LegalName]: readonly [legal: readonly string[], not: readonly string[]] } = {
  regex: [
    ['^/a', '(?i)a', '[(?=a)]', 'a\\+\\+', '(?:a|b)+', '[\\w-]{2,}', '(?P<n>a)', 'a(?i)b', '(?i:a)', 'a(?#why)', '[(?#]', 'a\\\\'],
    ['(a', '(?=a)', '(?!a)', '(?<=a)b', '(?>a)', 'a++', 'a{2}+', '(a)\\1', '\\p{L}', '(?R)', '[b-a]', 'a\\', '(?P>n)'],
  ],
  redirectHost: [
    ['#{host}', 'www.#{host}', 'a.example'],
    ['#{path}', '#{host', 'a..b', '#{}'],
  ],
  redirectPath: [
    ['/#{path}', '/#{host}/#{port}'],
    ['/#{query}', '/#{nope}', '/#{path'],
  ],
  redirectQuery: [['#{query}', 'a=#{protocol}&b=#{port}', ''], ['#{user}']],
  ruleHost: [
    ['a.example', '*.example', 'A.Example', '?.b', 'a_b.example'],
    ['localhost', 'a..b', 'a.1', 'a b.c', 'a.b_c'],
  ],
  printable: [
    ['a b', '~*?', ''],
    ['é', 'a\nb', '日本'],
  ],
  network: [
    ['10.0.0.0/8', '10.0.0.1/8', '2001:DB8:0::/32', '::/0'],
    ['10.0.0/8', '10/8', '010.0.0.0/8', '10.0.0.0/33', '2001:db8::/129', '2001:db8:::/32', '::ffff:1.2.3.4/128', '300.0.0.0/8'],
  ],
  rulePath: [
    ['/a*', '/~"\'@:+&$'],
    ['/a b', '/ä', '/a,b'],
  ],
  matcher: [
    ['200', '200-299,301', '200,404'],
    ['299-200', '500', '200-599', '100'],
  ],
  grpcMatcher: [
    ['12', '0-99'],
    ['9-3', '0-100'],
  ],
  certificateName: [
    ['webserver.example', '*.a.b', 'localhost', 'a_b.c'],
    ['a..b', '-a.b', 'a b', 'a.*.b', `${'a'.repeat(64)}.b`, '.a'],
  ],
  bucket: [
    ['my-logs', 'a.b'],
    ['a..b', '192.168.5.4', 'xn--a', 'a-s3alias'],
  ],
  plainNumbers: [
    ['10.0.0.0/8', '2001:db8::01/32', '10.0.0.10'],
    ['010.0.0.0/8', '10.0.01.7', '10.0.0.0/08'],
  ],
  httpsUrl: [['https://a.b/c'], ['https://', 'https://a b']],
};

for (const [name, [legal, not]] of Object.entries(TEXTS) as [LegalName, (typeof TEXTS)[LegalName]][])
  t(`${name} takes what is legal and nothing else`, () => {
    assert.equal(
      legal.filter((text) => LEGAL[name].wrong(text) !== undefined),
      [],
    );
    assert.equal(
      not.filter((text) => LEGAL[name].wrong(text) === undefined),
      [],
    );
  });

for (const [name, mistake, right, expected] of [
  [
    'two scripts of the first boot',
    swap('web-1: { subnet: a, app: flask-webserver }', 'web-1: { subnet: a, app: flask-webserver, userData: x }'),
    swap('web-1: { subnet: a, app: flask-webserver }', 'web-1: { subnet: a, userData: x }'),
    '9:45 instances.web-1.userData: `userData` and `app` cannot be set together',
  ],
  [
    'a name of a certificate',
    swap('commonName: webserver.example', 'commonName: a..b'),
    swap('commonName: webserver.example', 'commonName: a.b'),
    '13:31 certificates.site.selfSigned.commonName: `a..b` is not a host name.',
  ],
  [
    'a further name of a certificate',
    swap('commonName: webserver.example', 'commonName: a.b, subjectAlternativeNames: [a..b]'),
    swap('commonName: webserver.example', 'commonName: a.b, subjectAlternativeNames: [a.b, "*.b"]'),
    '13:62 certificates.site.selfSigned.subjectAlternativeNames[0]: `a..b` is not a host name.',
  ],
  [
    'more than all requests',
    swap('errorRate: "< 1%"', 'errorRate: "< 150%"'),
    swap('errorRate: "< 1%"', 'errorRate: "< 100%"'),
    '28:26 objectives.errorRate: `150%` is more than all requests',
  ],
  ['less than nothing', swap('p95: "< 300ms"', 'p95: "< 0ms"'), GOOD, '28:39 objectives.p95: No value is below `0ms`.'],
  [
    'a fault beyond the load',
    swap('at: 20s, for: 20s', 'at: 50s, for: 20s'),
    swap('at: 20s, for: 20s', 'at: 40s, for: 20s'),
    '27:51 chaos.stopInstance.for: The fault would last until 70 s, but the load ends after 60 s',
  ],
  [
    'an address with leading zeros',
    swap('cidrBlock: 10.0.0.0/16', 'cidrBlock: 10.0.0.0/016'),
    GOOD,
    '4:21 network.vpc.cidrBlock: `10.0.0.0/016` has a number with a leading zero, which some read as octal. | Write `10.0.0.0/16`.',
  ],
  [
    'an empty name',
    swap('name: webserver', 'name: ""'),
    swap('name: webserver', 'name: a'),
    '21:9 loadBalancer.name: `name` is empty. | For example: `name: webserver`.',
  ],
  [
    'a fraction as a port',
    swap('port: 8080', 'port: .5'),
    GOOD,
    '16:11 targetGroups.web.port: `port` must be a whole number from 1 to 65535, and is the number `.5`.',
  ],
  [
    'a name of a field that nothing is like, where one is missing',
    swap('instances:\n', 'securityGroups: { s: { ingress: [{ port: 443, to: s }] } }\ninstances:\n'),
    swap('instances:\n', 'securityGroups: { s: { ingress: [{ port: 443, from: s }] } }\ninstances:\n'),
    '8:47 securityGroups.s.ingress[0].to: `to` is not a field of `securityGroups.s.ingress[0]`. | `from` is missing here: did you mean that?',
  ],
  [
    'an indentation by a tab',
    swap('    port: 8080\n', '\tport: 8080\n'),
    GOOD,
    '16:1 : A tab is used for indentation, but YAML allows only spaces.',
  ],
  [
    'a no-break space',
    swap('region: us-east-1', 'region:\u00A0us-east-1'),
    GOOD,
    '2:8 : There is a no-break space (U+00A0) here, and YAML does not count it as a space.',
  ],
  [
    'a letter without width',
    swap('name: webserver', 'name: web\u200Bserver'),
    GOOD,
    '21:9 loadBalancer.name: `name` must be letters, digits and hyphens, no hyphen at the ends, not beginning with internal-; it is `web\\u200Bserver`.',
  ],
  ['no network', GOOD.replace(/network:[\s\S]*?instances/, 'instances'), GOOD, '1:1 network: `network` is missing in the spec.'],
  [
    'a section that is a list',
    swap(
      'instances:\n  web-1: { subnet: a, app: flask-webserver }\n  web-2: { subnet: b, app: flask-webserver }\n',
      'instances: [web-1, web-2]\n',
    ),
    GOOD,
    '8:12 instances: `instances` must be a mapping of fields, and is a list.',
  ],
  [
    'an address in the place of an instance',
    swap('[web-1, web-2]', '[10.0.1.5]'),
    GOOD,
    '19:15 targetGroups.web.targets[0]: There is no instance named `10.0.1.5`. | An address is written `{ ip: 10.0.1.5 }`, in a group with `targetType: ip`.',
  ],
  [
    'the id of something else',
    swap('  subnets: [a, b]\n', '  subnets: [a, b]\n  securityGroups: [subnet-0123456789abcdef0]\n'),
    swap('  subnets: [a, b]\n', '  subnets: [a, b]\n  securityGroups: [sg-0123456789abcdef0]\n'),
    '23:20 loadBalancer.securityGroups[0]: `subnet-0123456789abcdef0` names a subnet, but a security group is wanted here.',
  ],
  [
    'a path in the place of a name',
    swap('80, forward: web', '80, forward: a/b'),
    GOOD,
    '24:46 listeners.http.forward: There is no target group named `a/b`. | There are: web.',
  ],
  [
    'a target group of another region',
    swap('80, forward: web', `80, forward: arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/a/0123456789abcdef`),
    swap('80, forward: web', `80, forward: arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/0123456789abcdef`),
    '24:46 listeners.http.forward: This belongs to eu-west-1, but the spec is for us-east-1. | A listener forwards to target groups of its own region only.',
  ],
  [
    'a value that is no secret, under a name like one',
    swap(
      '443, certificate: site, forward: web',
      '443, certificate: site, forward: web, responseHeaders: { accessControlAllowCredentials: "false" }',
    ),
    swap(
      '443, certificate: site, forward: web',
      '443, certificate: site, forward: web, responseHeaders: { accessControlAllowCredentials: "true" }',
    ),
    '25:123 listeners.https.responseHeaders.accessControlAllowCredentials: `accessControlAllowCredentials` must be true, or nothing; it is `false`.',
  ],
  [
    'a trust store where nothing is verified',
    swap(
      '443, certificate: site, forward: web',
      '443, certificate: site, forward: web, mutualAuthentication: { mode: passthrough, trustStore: t }',
    ).replace('instances:', 'trustStores: { t: { bundle: { bucket: abc, key: k } } }\ninstances:'),
    swap(
      '443, certificate: site, forward: web',
      '443, certificate: site, forward: web, mutualAuthentication: { mode: verify, trustStore: t }',
    ).replace('instances:', 'trustStores: { t: { bundle: { bucket: abc, key: k } } }\ninstances:'),
    '26:116 listeners.https.mutualAuthentication.trustStore: `trustStore` may not be given here, because `mode` is not `verify`. | Remove it.',
  ],
  [
    'a zone of another region, and a region with a longer beginning',
    swap('us-east-1b', 'eu-west-1b'),
    GOOD.replaceAll('us-east-1', 'eusc-de-east-1'),
    '7:28 network.subnets.b.availabilityZone: `eu-west-1b` is not in the region us-east-1.',
  ],
] as const)
  t(`${name}: one mistake, and what is right is none`, () => {
    assert.is(told(mistake).length, 1, told(mistake).join('\n'));
    assert.ok(told(mistake)[0]?.startsWith(expected), told(mistake)[0]);
    assert.equal(told(right), []);
  });

const HTTP = '  http: { protocol: HTTP, port: 80, forward: web }\n';

for (const [what, text] of [
  ['forward', swap(HTTP, '  http: { protocol: HTTP, port: 80, forwrad: web }\n')],
  ['targetGroups', swap('targetGroups:\n', 'targetGroup:\n')],
  ['network', swap('network:\n', 'netwrok:\n')],
  ['port', swap('    port: 8080\n', '    prot: 8080\n')],
  ['certificate', swap('certificate: site', 'certificat: site')],
  ['loadBalancer', swap('loadBalancer:\n', 'loadBalncer:\n')],
  ['bucket', swap('  subnets: [a, b]\n', '  subnets: [a, b]\n  accessLogs: { buket: abc }\n')],
  ['cookieName', swap('stickiness: { duration: 1d }', 'stickiness: { type: app_cookie, cookiName: ab }')],
  ['if', swap(HTTP, '  http: { protocol: HTTP, port: 80, forward: web, rules: { a: { fi: { path: [/a] }, forward: web } } }\n')],
  ['listeners', swap('listeners:\n', 'listners:\n')],
] as const)
  t(`${what} misspelt is one mistake`, () => {
    assert.is(told(text).length, 1, told(text).join('\n'));
    assert.match(told(text)[0] ?? '', new RegExp(`Did you mean \`${what}\`\\?$`));
  });

t('a misspelt value is one mistake, and what hangs on it is none', () => {
  const text = swap(
    'certificate: site, forward: web }\nload',
    'certificate: site, forward: web, mutualAuthentication: { mode: verifi, trustStore: ca } }\ntrustStores: { ca: { bundle: { bucket: abc, key: k } } }\nload',
  );
  assert.is(told(text).length, 1, told(text).join('\n'));
  assert.match(told(text)[0] ?? '', /Did you mean `verify`\?$/);
});

t('a mistake below a misspelt name is told where it is written', () => {
  const [problem, ...more] = told(swap('targetGroups:\n', 'targetGroup:\n').replace('[web-1, web-2]', '[web-1, web-9]'));
  assert.match(problem ?? '', /^14:1 targetGroup: /);
  assert.is(more.length, 1);
  assert.match(more[0] ?? '', /^19:22 .*There is no instance named `web-9`/);
});

t('a name is corrected only where its right spelling is free', () => {
  const at = (path: readonly (string | number)[]) => ({ file: 'x', line: path.length, column: 1 });
  const wrong = [{ parent: ['a'], written: 'prot', name: 'port' }];
  assert.equal(corrected({ a: { prot: 1 } }, at, wrong).value, { a: { port: 1 } });
  assert.equal(corrected({ a: { prot: 1, port: 2 } }, at, wrong).value, { a: { prot: 1, port: 2 } });
  assert.equal(corrected({ a: [1] }, at, wrong).value, { a: [1] });
  const nested = [
    { parent: ['x'], written: 'prot', name: 'port' },
    { parent: [], written: 'x', name: 'y' },
  ];
  const seen: unknown[] = [];
  const noting = (path: readonly (string | number)[]) => {
    seen.push(path);
    return at(path);
  };
  const found = corrected({ x: { prot: 1 } }, noting, nested);
  assert.equal(found.value, { y: { port: 1 } });
  found.at(['y', 'port']);
  assert.equal(seen, [['x', 'prot']]);
});

for (const region of ['', 'region:\n', 'region: us-east\n', 'region: 5\n', 'region: [us-east-1]\n'])
  t(`${region === '' ? 'no region' : region.trim()} is one mistake, and says nothing of zones`, () => {
    const text = swap('region: us-east-1\n', region);
    assert.is(told(text).length, 1, told(text).join('\n'));
    assert.not.match(told(text)[0] ?? '', /undefined[a-z]/);
  });

t('what a hint says to write is taken', () => {
  const [wrong] = told(swap('validFor: 365d', 'validFor: 0d'));
  assert.match(wrong ?? '', /Write `1d` to `3650d`\.$/);
  assert.equal(told(swap('validFor: 365d', 'validFor: 1d')), []);
  const [matcher] = told(swap('timeout: 5s }', 'timeout: 5s, matcher: "200-" }'));
  assert.match(matcher ?? '', /For example: `matcher: "200"`\.$/);
  assert.equal(told(swap('timeout: 5s }', 'timeout: 5s, matcher: "200" }')), []);
});

for (const key of ['1', '~', '1.5', '"1"'])
  t(`the name ${key} is one mistake, and the name that is proposed is none`, () => {
    const found = told(swap('  http: {', `  ${key}: {`));
    assert.is(found.length, 1, found.join('\n'));
    const [, proposed] = /Write `([^`]+)`/.exec(found[0] ?? '') ?? [];
    if (proposed !== undefined) assert.equal(told(swap('  http: {', `  ${proposed}: {`)), []);
  });

t('the path of a private key is shown wherever it stands, and a key nowhere', () => {
  const path = 'keys/site.pem';
  assert.not(looksSecret(path, 'privateKey'));
  assert.is(blankSecrets(`    privateKey: ${path}`), `    privateKey: ${path}`);
  assert.is(blankSecrets(`files: { privateKey: ${path} }`), `files: { privateKey: ${path} }`);
  const key = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7';
  assert.ok(looksSecret(key, 'privateKey'));
  assert.is(blankSecrets(`    privateKey: ${key}`), `    privateKey: ${'*'.repeat(key.length)}`);
  assert.ok(looksSecret('hunter2.txt', 'password'));
});

t.run();
