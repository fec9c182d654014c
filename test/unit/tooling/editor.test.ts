/** What an editor shows of a spec: the language server that VS Code, Neovim and others run, with the schema as it is published. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { readSpec } from '../../../reconciler/config/read.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import { suite } from '../../support/suite.ts';
import { openYamlEditor, type YamlEditor } from '../../support/yaml-editor.ts';

const ROOT = join(import.meta.dirname, '../../..');
const t = suite('editors');
const EXAMPLE = join(ROOT, 'environments/sandbox/webserver.yaml');
const PLACE = join(ROOT, 'environments/sandbox/opened.yaml');
const HEAD = '# yaml-language-server: $schema=../../schemas/stack.schema.json\n';
const base = readFileSync(EXAMPLE, 'utf8');

let editor: YamlEditor;
t.before(async () => {
  editor = await openYamlEditor();
});
t.after(() => editor?.stop());

function edited(before: string, after: string): string {
  if (!base.includes(before)) throw new Error(`the example has no ${before}`);
  return base.replace(before, after);
}
const LISTENER = '  http: { protocol: HTTP, port: 80, forward: web }';
const SOURCE = '    selfSigned: { commonName: webserver.example, validFor: 365d }';

t('the examples have no mistakes', async () => {
  for (const file of ['environments/sandbox/webserver.yaml', 'docs/examples/wide.yaml', 'environments/sandbox/policy.yaml'])
    assert.equal(await editor.check(join(ROOT, file), readFileSync(join(ROOT, file), 'utf8')), [], file);
});

const MISTAKES: readonly (readonly [what: string, text: string, messages: readonly string[]])[] = [
  [
    'no action',
    edited(LISTENER, '  http: { protocol: HTTP, port: 80 }'),
    ['The action is missing: one of forward, redirect or fixedResponse.'],
  ],
  [
    'two actions',
    edited(LISTENER, '  http: { protocol: HTTP, port: 80, forward: web, redirect: { statusCode: HTTP_301 } }'),
    [
      'Only one action: forward, redirect or fixedResponse. forward is set already.',
      'Only one action: forward, redirect or fixedResponse. redirect is set already.',
    ],
  ],
  [
    'a rule without an action',
    edited(LISTENER, '  http:\n    protocol: HTTP\n    port: 80\n    forward: web\n    rules: { r: { priority: 1, if: { path: [/a] } } }'),
    ['The action is missing: one of forward, redirect or fixedResponse.'],
  ],
  ['no source of a certificate', edited(SOURCE, '    tags: {}'), ['The source is missing: one of selfSigned, iam, acm or files.']],
  [
    'two sources of a certificate',
    edited(SOURCE, `${SOURCE}\n    iam: site`),
    [
      'Only one source: selfSigned, iam, acm or files. selfSigned is set already.',
      'Only one source: selfSigned, iam, acm or files. iam is set already.',
    ],
  ],
  ['no target', edited('targets: [web-1, web-2]', 'targets: [{ port: 8080 }]'), ['The source is missing: one of instance, ip or lambda.']],
  ['a key that is missing', edited('vpc: { cidrBlock: 10.0.0.0/16 }', 'vpc: {}'), ['Missing property "cidrBlock".']],
  ['an unknown key', edited('port: 8080', 'port: 8080\n    prot: HTTP'), ['Property prot is not allowed.']],
  ['no time', edited('interval: 5s', 'interval: five'), ['Expected a whole number from 5 to 300 or text such as 10s.']],
  ['out of range', edited('interval: 5s', 'interval: 1'), ['Value is below the minimum of 5.']],
  ['not a text', edited(LISTENER, '  http: { protocol: HTTP, port: 80, forward: 7 }'), ['Incorrect type. Expected one of string, object.']],
  [
    'a text of another kind',
    edited('subnet: a, instanceType: t3.micro, app: flask-webserver', 'subnet: a, image: mine, app: flask-webserver'),
    ['Expected al2023, al2023-arm64, a path under /aws/service/ or an AMI id.'],
  ],
  [
    'none of the values',
    edited('protocolVersion: HTTP1', 'protocolVersion: HTTP3'),
    ['Value is not accepted. Valid values: "HTTP1", "HTTP2", "GRPC".'],
  ],
];
for (const [what, text, messages] of MISTAKES) {
  t(`${what}: the error names what is missing or wrong, and albedo itself refuses it too`, async () => {
    const found = await editor.check(PLACE, text);
    assert.equal(found.map(({ message }) => message).sort(), [...messages].sort());
    assert.ok(readSpec(new TextEncoder().encode(text), PLACE, hashing).problems.some(({ severity }) => severity === 'error'));
  });
}

const labels = async (text: string): Promise<readonly string[]> =>
  (await editor.complete(PLACE, `${HEAD}${text}`)).map(({ label }) => label);

t('in a map of names the completion says what the name is of', async () => {
  for (const [text, label] of [
    ['listeners:\n  |', 'name-of-listener'],
    ['targetGroups:\n  |', 'name-of-target-group'],
    ['securityGroups:\n  |', 'name-of-security-group'],
    ['instances:\n  |', 'name-of-instance'],
    ['certificates:\n  |', 'name-of-certificate'],
    ['trustStores:\n  |', 'name-of-trust-store'],
    ['network:\n  subnets:\n    |', 'name-of-subnet'],
    ['listeners:\n  web:\n    rules:\n      |', 'name-of-rule'],
  ] as const)
    assert.ok((await labels(text)).includes(label), `${label}: ${await labels(text)}`);
});

t('keys and values are completed by their names', async () => {
  const listener = await labels('listeners:\n  web:\n    |');
  for (const key of ['protocol', 'port', 'certificate', 'forward', 'redirect', 'fixedResponse', 'rules'])
    assert.ok(listener.includes(key), key);
  assert.equal(await labels('targetGroups:\n  web:\n    protocol: |'), ['HTTP', 'HTTPS']);
  const sources = await labels('certificates:\n  site:\n    |');
  for (const key of ['selfSigned', 'acm', 'files']) assert.ok(sources.includes(key), key);
  for (const label of [...listener, ...sources]) assert.not.match(label, /^(property|object|item)\b|\(.*\)/);
});

t('with an object come the keys it needs, not every default', async () => {
  const found = await editor.complete(PLACE, `${HEAD}|`);
  assert.match(found.find(({ label }) => label === 'loadBalancer')?.insertText ?? '', /^loadBalancer:\n +subnets:\n +- \$\{?1\}?\n?$/);
});

type Schema = { readonly [key: string]: unknown };
const whole = JSON.parse(readFileSync(join(ROOT, 'schemas/stack.schema.json'), 'utf8')) as Schema;
const DEFINED = whole['definitions'] as Readonly<Record<string, Schema>>;
const resolved = (schema: Schema): Schema => DEFINED[String(schema['$ref'] ?? '').replace('#/definitions/', '')] ?? schema;

/** Every field of a schema with its path. */
function fieldsOf(said: Schema, path: string): readonly (readonly [string, Schema])[] {
  const schema = resolved(said);
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema | false>);
  const below = ['additionalProperties', 'items'].flatMap((key) =>
    typeof schema[key] === 'object' ? fieldsOf(schema[key] as Schema, path) : [],
  );
  const branches = ['anyOf', 'oneOf'].flatMap((key) => ((schema[key] ?? []) as Schema[]).flatMap((each) => fieldsOf(each, path)));
  const own = properties.flatMap(([name, each]) =>
    typeof each === 'object' ? [[`${path}.${name}`, resolved(each)] as const, ...fieldsOf(each, `${path}.${name}`)] : [],
  );
  return [...own, ...below, ...branches];
}

t('every field has its path as heading, and says its value, its default and an example', () => {
  const fields = fieldsOf(whole, '');
  assert.ok(fields.length >= 313, String(fields.length));
  const without = fields.filter(([path, { title, description, 'x-default': standard }]) => {
    const text = String(description);
    const name = path.split('.').at(-1) ?? '';
    return !(
      String(title).endsWith(name) &&
      text.includes('\n\nValue: ') &&
      /\nExample: ./.test(text) &&
      (standard === undefined || text.includes('\nDefault: '))
    );
  });
  assert.equal(
    without.map(([path]) => path),
    [],
  );
});

/** Where each key of a document stands that is no name somebody chose. */
function keysIn(node: Node | null, names: boolean, found: { readonly key: string; readonly offset: number }[] = []) {
  if (isSeq(node)) for (const item of node.items) keysIn(item as Node, false, found);
  if (isMap(node))
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const word = String(key.value);
      if (!names) found.push({ key: word, offset: key.range?.[0] ?? 0 });
      const holdsNames =
        !names &&
        /^(subnets|securityGroups|instances|certificates|trustStores|targetGroups|listeners|rules|tags|adopt|headers|headersRegex|attributes|authenticationRequestExtraParams|additionalClaims)$/.test(
          word,
        );
      keysIn(value as Node, holdsNames, found);
    }
  return found;
}

t('the server shows them for every key of the examples', async () => {
  const bare: string[] = [];
  let count = 0;
  for (const file of [EXAMPLE, join(ROOT, 'docs/examples/wide.yaml')]) {
    const text = readFileSync(file, 'utf8');
    for (const { key, offset } of keysIn(parseDocument(text).contents, false)) {
      const shown = await editor.hover(file, `${text.slice(0, offset + 1)}|${text.slice(offset + 1)}`);
      count += 1;
      if (!/^#### .*\n[\s\S]*Value: [\s\S]*Example: /.test(shown)) bare.push(`${key}: ${shown.slice(0, 80)}`);
    }
  }
  assert.ok(count > 150, String(count));
  assert.equal(bare, []);
});

t('without a first line the settings of the editor name the schema', async () => {
  const settings = { schemas: { [join(ROOT, 'schemas/stack.schema.json')]: '*.albedo.yaml' } };
  const other = await openYamlEditor(settings);
  try {
    assert.equal((await other.check('/nowhere/x.albedo.yaml', 'stack: 7\n')).length > 0, true);
  } finally {
    await other.stop();
  }
});

t.run();
