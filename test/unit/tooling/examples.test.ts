import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readSpec } from '../../../reconciler/config/read.ts';
import { fieldsOf, kindOf } from '../../../reconciler/model/kinds.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import { readSpecs } from '../../../reconciler/run/specs.ts';
import { renderFirstSpec } from '../../../scripts/generate/first-spec.ts';
import { suite } from '../../support/suite.ts';

const t = suite('examples');
const root = join(import.meta.dirname, '../../..');
/** Files, and of an example of several files its specs. */
const examples = readdirSync(join(root, 'docs/examples'))
  .map((name) => join(root, 'docs/examples', name, name.endsWith('.yaml') ? '' : 'environments'))
  // One of workflows alone has no specs.
  .filter((path) => existsSync(path));

t('every documented example is a valid spec without warnings', async () => {
  assert.ok(examples.length > 0);
  const { specs, warnings } = await readSpecs(examples, process.env);
  assert.equal(specs.map(({ spec }) => spec.stack.name).sort(), ['webserver-dev', 'webserver-prod', 'webserver-stage', 'wide']);
  assert.equal(warnings, []);
});

t('the wide example says rules, all kinds of targets, sign-in, client certificates and what others own', async () => {
  const { specs } = await readSpecs([join(root, 'docs/examples/wide.yaml')], process.env);
  const desired = specs[0]?.spec.stack.desired ?? [];
  const of = (kind: string) => desired.filter((resource) => resource.kind === kind);
  assert.equal(
    of('targetGroup')
      .map(({ values }) => values['targetType'])
      .filter((type, index, all) => all.indexOf(type) === index)
      .sort(),
    ['instance', 'ip', 'lambda'],
  );
  assert.is(of('trustStore').length, 1);
  const text = JSON.stringify(of('rule'));
  for (const type of [
    'forward',
    'redirect',
    'fixed-response',
    'authenticate-oidc',
    'jwt-validation',
    'url-rewrite',
    'http-header',
    'query-string',
    'source-ip',
  ])
    assert.ok(text.includes(`"${type}"`), type);
  assert.equal(of('rule').find(({ address }) => address.endsWith('checkout'))?.ignored, ['actions']);
  assert.equal(of('loadBalancer')[0]?.ignored, ['tags.audited-by']);
});

t('a raw attribute of the wide example has no field yet', async () => {
  const { specs } = await readSpecs([join(root, 'docs/examples/wide.yaml')], process.env);
  const raw = specs[0]?.spec.stack.desired.find(({ kind }) => kind === 'loadBalancer')?.values['attributes'];
  const known = fieldsOf(kindOf('loadBalancer')).flatMap(([, { wire }]) => (wire.how === 'attribute' ? [wire.key] : []));
  assert.not(Object.keys(raw as object).some((key) => known.includes(key)));
});

t("docs/first-spec.md holds the tutorial's spec as it is", () => {
  const readme = readFileSync(join(root, 'docs/first-spec.md'), 'utf8');
  const example = readFileSync(join(root, 'environments/sandbox/webserver.yaml'), 'utf8');
  assert.is(renderFirstSpec(readme, example), readme);
  assert.is.not(renderFirstSpec(readme, `${example}# more\n`), readme);
});

t('a page without its marks is refused, with the marks to put there', () => {
  assert.throws(() => renderFirstSpec('# albedo\n', 'stack: webserver\n'), /marks of the example are missing[\s\S]*<!-- begin:/);
});

t('the first spec of the README is valid, and no longer than a screen', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const text = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const { spec, problems } = readSpec(Buffer.from(text), 'README.md', { ...hashing, env: () => undefined });
  assert.ok(spec, problems.map(({ message }) => message).join('; '));
  assert.ok(readme.split('\n').length <= 80);
});

t.run();
