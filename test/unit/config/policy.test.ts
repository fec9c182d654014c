import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { doubleClaims } from '../../../reconciler/config/claims.ts';
import { loadSpecs } from '../../../reconciler/config/load.ts';
import { findPolicy, readPolicy } from '../../../reconciler/config/policy.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { problemsOf, readSpecs } from '../../../reconciler/run/specs.ts';
import { rejects } from '../../support/rejects.ts';
import { changed, ready, type SpecData, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite<{ folder: string }>('spec/policy');

t.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'albedo-policy-'));
});
t.after.each(async (context) => {
  await rm(context.folder, { recursive: true, force: true });
});

const read = (text: string) => readPolicy(new TextEncoder().encode(text), 'policy.yaml');

for (const [text, policy] of [
  ['{}', {}],
  ['maxDeletes: 0', { maxDeletes: 0 }],
  ['allowReplace: [loadBalancer/main]\nallowDrop: ["*"]', { allowReplace: ['loadBalancer/main'], allowDrop: ['*'] }],
  ['allowDestroy: [rule/http.api, listener/https]', { allowDestroy: ['rule/http.api', 'listener/https'] }],
  ['allowAdopt: true', { allowAdopt: true }],
  ['movedFrom: [shop/infra]', { movedFrom: ['shop/infra'] }],
  ['load: { maxDuration: 1h, maxStop: 1s }', { load: { maxDuration: '1h', maxStop: '1s' } }],
] as const)
  t(`a policy: ${text}`, () => assert.equal(read(text), { policy, problems: [] }));

for (const [text, place, message, hint] of [
  ['maxDelete: 3', '1:1', '`maxDelete` is not a field of a policy.', 'Did you mean `maxDeletes`?'],
  ['adoptFrom: [other]', '1:1', 'not a field of a policy', ''],
  ['maxDeletes: -1', '1:13', 'at least 0', ''],
  ['maxDeletes: many', '1:13', 'must be a whole number', ''],
  ['allowDrop: []\nallowReplace: [web]', '2:16', 'must be an address such as loadBalancer/main', ''],
  ['allowReplace: [loadbalancer/main]', '1:16', 'must be an address', ''],
  ['allowDrop: "*"', '1:12', 'must be a list', 'Write it as a list: `["*"]`.'],
  ['load: { maxDuration: 2h }', '1:22', 'is `2h`; the maximum is `1h`', 'Write `5s` to `1h`.'],
  ['load: { maxStop: 0s }', '1:18', 'is `0s`; the minimum is `1s`', ''],
  ['allowAdopt: yes', '1:13', '`true` or `false`', 'write `true`'],
  ['# nothing said', '1:1', 'is empty', 'A policy begins with'],
  ['- maxDeletes', '1:1', 'a policy is a mapping', ''],
] as const)
  t(`no policy: ${text}`, () => {
    const { policy, problems } = read(text);
    const [first, ...more] = problems;
    assert.equal([policy, more], [{}, []], 'with a mistake in it nothing is allowed');
    assert.is(`${first?.line}:${first?.column}`, place);
    assert.match(first?.message ?? '', message);
    assert.match(first?.hint ?? '', hint);
  });

const SPEC = stringify(tutorial());
const put = async (folder: string, files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
};

t('the policy is that of the folder of the spec', async ({ folder }) => {
  await put(folder, { 'prod/web.yaml': SPEC, 'prod/policy.yaml': 'maxDeletes: 1', 'test/web.yaml': SPEC, 'policy.yml': 'maxDeletes: 9' });
  const limit = async (file: string) => (await findPolicy(join(folder, file))).policy.maxDeletes;
  assert.is(await limit('prod/web.yaml'), 1);
  assert.is(await limit('test/web.yaml'), undefined, 'not that of the folder above');
  assert.is(await limit('web.yaml'), 9);
  assert.equal((await findPolicy('<stdin>')).policy, {});
});

t('a folder with two policies has none that counts', async ({ folder }) => {
  await put(folder, { 'policy.yaml': 'maxDeletes: 1', 'policy.yml': 'maxDeletes: 2' });
  const { problems } = await findPolicy(join(folder, 'web.yaml'));
  assert.is(problems.length, 1);
  assert.match(problems[0]?.message ?? '', 'also describes this folder');
});

t('a policy is read with its specs, and is none', async ({ folder }) => {
  await put(folder, { 'web.yaml': SPEC, 'policy.yaml': 'maxDeletes: 4' });
  const { specs } = await readSpecs([folder], process.env);
  assert.equal(
    specs.map(({ policy }) => policy),
    [{ maxDeletes: 4 }],
  );
  const named = await loadSpecs([join(folder, 'policy.yaml'), join(folder, 'web.yaml')]);
  assert.is(named.specs.length, 1, 'as a shell would name both');
  const error = await rejects<ReconcileError>(loadSpecs([join(folder, 'policy.yaml')]), ReconcileError);
  assert.match(error.message, 'is the policy of its folder, not a spec');
});

t('a mistake in the policy stops everything, told once and with its place', async ({ folder }) => {
  const other = stringify(
    changed((spec: SpecData) => Object.assign(spec, { stack: 'other', loadBalancer: { ...spec.loadBalancer, name: 'other' } })),
  );
  await put(folder, { 'web.yaml': SPEC, 'other.yaml': other, 'policy.yaml': 'maxDeletes: 1\nallowDrop: [x]' });
  const error = await rejects<ReconcileError>(readSpecs([folder], process.env), ReconcileError);
  assert.is(error.code, 'SpecInvalid');
  const found = problemsOf(error);
  const wrong = (found?.problems ?? []).filter(({ severity }) => severity === 'error');
  assert.equal(
    wrong.map(({ file, line, column }) => [file, line, column]),
    [[join(folder, 'policy.yaml'), 2, 13]],
  );
  assert.ok(found?.sources.has(join(folder, 'policy.yaml')), 'its text is there to be shown');
});

const claims = (...edits: readonly ((spec: SpecData) => void)[]) =>
  doubleClaims(edits.map((edit, index) => ({ file: `${index}.yaml`, stack: ready(changed(edit), `${index}.yaml`).stack })));
const other = (more: (spec: SpecData) => void) => (spec: SpecData) => {
  spec.stack = 'other';
  spec.loadBalancer.name = 'other';
  more(spec);
};

t('two specs cannot have one physical name of one region', () => {
  const named = (spec: SpecData) => (spec.targetGroups.web.name = 'shared');
  assert.equal(
    claims(
      named,
      other(() => {}),
    ),
    [],
  );
  const [problem, ...more] = claims(named, other(named));
  assert.equal(more, []);
  assert.equal([problem?.file, problem?.path], ['1.yaml', 'targetGroup/web.name']);
  assert.is(problem?.message, 'The target group name shared of us-east-1 is also in 0.yaml.');
  assert.match(
    claims(
      () => {},
      (spec) => (spec.stack = 'other'),
    )[0]?.message ?? '',
    'The load balancer name webserver',
  );
  const west = (spec: SpecData) => {
    named(spec);
    spec.region = 'us-west-2';
    spec.network.subnets.a.availabilityZone = 'us-west-2a';
    spec.network.subnets.b.availabilityZone = 'us-west-2b';
  };
  assert.equal(claims(named, west), [], 'another region');
});

t('of one stack in two files nothing else is told', () => {
  const problems = claims(
    () => {},
    () => {},
  );
  assert.equal(
    problems.map(({ path, message }) => [path, message]),
    [['stack', 'Stack webserver of us-east-1 is also in 0.yaml.']],
  );
});

t.run();
