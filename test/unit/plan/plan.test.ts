import * as assert from 'uvu/assert';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Live, Observed } from '../../../reconciler/model/model.ts';
import { digestOf, sha256 } from '../../../reconciler/plan/digest.ts';
import { plan, resolveExisting } from '../../../reconciler/plan/plan.ts';
import { EDIT_NAMES, edited } from '../../support/edits.ts';
import { BEFORE, LIVE, planOf } from '../../support/plans.ts';
import { appliedOf, changed, NOTHING, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan');

const withLive = (address: string, more: (entry: Live) => Partial<Live>, observed: Observed = LIVE): Observed => ({
  ...observed,
  live: observed.live.map((entry) => (entry.address === address ? { ...entry, ...more(entry) } : entry)),
});

t('nothing to do is an empty plan', () => {
  const nothing = plan(BEFORE, LIVE);
  assert.equal([nothing.changes, nothing.steps], [[], []]);
  assert.equal(nothing.summary, { create: 0, adopt: 0, update: 0, replace: 0, destroy: 0, unchanged: 14, risk: 'none' });
  const gone = plan(BEFORE, NOTHING, 'destroy');
  assert.equal([gone.changes, gone.steps, gone.summary.unchanged], [[], [], 0]);
});

t('the same inputs give the same bytes, in whatever order they come', () => {
  const stack = stackOf(changed((spec) => (spec.network.vpc.cidrBlock = '10.0.0.0/17')));
  const turn = <T>(value: T): T =>
    Array.isArray(value)
      ? value
      : typeof value === 'object' && value !== null
        ? (Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, entry]) => [key, turn(entry)]),
          ) as T)
        : value;
  const once = plan(stack, LIVE);
  const again = plan(
    { ...stack, desired: stack.desired.map((entry) => ({ ...entry, values: turn(entry.values), tags: turn(entry.tags) })).reverse() },
    { ...LIVE, live: LIVE.live.map(turn).reverse() },
  );
  assert.is(again.digest, once.digest);
  assert.is(JSON.stringify(again.steps.map((step) => step.id)), JSON.stringify(once.steps.map((step) => step.id)));
  assert.is(JSON.stringify(plan(stack, LIVE)), JSON.stringify(once));
  assert.equal(JSON.parse(JSON.stringify(once)), once, 'a plan is plain JSON');
});

t('the digest changes with every single change, there and back, and with nothing else', () => {
  const digests = new Map<string, string>();
  const note = (name: string, digest: string) => {
    assert.not.ok(digests.has(digest), `${name} has the digest of ${digests.get(digest)}`);
    digests.set(digest, name);
  };
  note('nothing', plan(BEFORE, LIVE).digest);
  note('create', plan(BEFORE, NOTHING).digest);
  note('destroy', plan(BEFORE, LIVE, 'destroy').digest);
  note('other account', plan(BEFORE, { ...NOTHING, account: '999999999999' }).digest);
  note('other region', plan({ ...BEFORE, region: 'eu-west-1' }, NOTHING).digest);
  note('other stack', plan({ ...BEFORE, name: 'other' }, NOTHING).digest);
  for (const name of EDIT_NAMES) {
    note(name, plan(stackOf(edited([name])), LIVE).digest);
    if (!['key of an instance', 'group name'].includes(name))
      note(`back from ${name}`, plan(BEFORE, appliedOf(stackOf(edited([name])))).digest);
  }
  const moved = {
    ...BEFORE,
    file: 'else.yaml',
    desired: BEFORE.desired.map((entry) => ({ ...entry, position: { file: 'else.yaml', line: 1, column: 1 } })),
  };
  assert.is(plan(moved, LIVE).digest, plan(BEFORE, LIVE).digest, 'where it was written is no matter');
  const other = withLive('loadBalancer/main', () => ({
    tags: { ...LIVE.live.find((entry) => entry.address === 'loadBalancer/main')?.tags, foreign: 'x' },
  }));
  assert.is(plan(BEFORE, other).digest, plan(BEFORE, LIVE).digest, 'what the plan does not touch is no matter');
});

t('the digest knows what is live of that which it touches', () => {
  const edit = (spec: SpecData) => (spec.loadBalancer.http2 = false);
  const other = withLive('loadBalancer/main', (entry) => ({
    values: { ...entry.values, idleTimeout: 60 },
    id: 'arn:other',
    outputs: { ...entry.outputs, id: 'arn:other', arn: 'arn:other' },
  }));
  assert.is.not(planOf(edit, other).liveDigest, planOf(edit).liveDigest);
  assert.is(planOf(edit, other).specDigest, planOf(edit).specDigest);
});

t('digests are of the canonical form', () => {
  assert.is(digestOf({ a: 1, b: [2] }), digestOf({ b: [2], a: 1 }));
  assert.is.not(digestOf({ a: 1, b: [2] }), digestOf({ a: 1, b: ['2'] }));
  assert.match(digestOf(null), /^[0-9a-f]{64}$/);
  assert.is(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

t('the summary counts', () => {
  const planned = planOf((spec) => {
    spec.instances['web-3'] = { subnet: 'a', app: 'flask-webserver' };
    spec.instances['web-1'].instanceType = 't3.small';
    spec.targetGroups.web.targets.push('web-3');
    delete spec.listeners.https;
    delete spec.certificates;
  });
  assert.equal(planned.summary, { create: 1, adopt: 0, update: 2, replace: 1, destroy: 2, unchanged: 9, risk: 'drop' });
});

t('notes: fields left alone of what is live, and what was observed', () => {
  const observed = { ...LIVE, notes: [{ kind: 'foreign', text: 'a listener of others' } as const] };
  assert.equal(
    plan(BEFORE, observed).notes.map((note) => note.kind),
    ['foreign'],
  );
  const keyed = withLive('instance/web-1', (entry) => ({ values: { ...entry.values, keyName: 'somebody' } }));
  assert.equal(
    plan(BEFORE, keyed).notes.map((note) => `${note.kind} ${note.address} ${note.text}`),
    ['unmanaged instance/web-1 keyName is not in the spec and is left unchanged'],
  );
  assert.equal(plan(BEFORE, NOTHING).notes, []);
  assert.equal(
    plan(BEFORE, observed, 'destroy').notes.map((note) => note.kind),
    ['foreign'],
  );
});

t('what exists already is put in by its id, and sets stay sorted', () => {
  const spec = changed((data) => {
    data.network = {
      vpc: { id: 'vpc-0123456789abcdef0' },
      subnets: { a: { id: 'subnet-0123456789abcdef9' }, b: { id: 'subnet-0123456789abcdef0' } },
    };
  });
  const stack = stackOf(spec);
  const existing = {
    'vpc/main': { id: 'vpc-0123456789abcdef0' },
    'subnet/a': { id: 'subnet-0123456789abcdef9' },
    'subnet/b': { id: 'subnet-0123456789abcdef0' },
  };
  const settled = resolveExisting(stack.desired, { ...NOTHING, existing });
  assert.equal(settled.find((entry) => entry.address === 'loadBalancer/main')?.values['subnets'], [
    'subnet-0123456789abcdef0',
    'subnet-0123456789abcdef9',
  ]);
  const created = plan(stack, { ...NOTHING, existing }).steps.find((step) => step.id === 'targetGroup/web:create');
  assert.is((created?.input as { VpcId: Json } | undefined)?.VpcId, 'vpc-0123456789abcdef0');
});

t.run();
