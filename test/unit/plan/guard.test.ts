import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Live, Observed } from '../../../reconciler/model/model.ts';
import { guard, type Refusal } from '../../../reconciler/plan/guard.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { EDIT_NAMES, edited } from '../../support/edits.ts';
import { BEFORE, LIVE, planOf } from '../../support/plans.ts';
import { NOTHING, problemsOf, type SpecData, stackOf } from '../../support/stacks.ts';

const t = suite('plan/guard');

const withLive = (address: string, more: (entry: Live) => Partial<Live>, observed: Observed = LIVE): Observed => ({
  ...observed,
  live: observed.live.map((entry) => (entry.address === address ? { ...entry, ...more(entry) } : entry)),
});

const refusals = (edit: (spec: SpecData) => void, observed: Observed = LIVE, allowReplace: readonly string[] = []): readonly Refusal[] =>
  guard(planOf(edit, observed), observed, { allowReplace });

const PROTECTED = withLive('loadBalancer/main', (entry) => ({ values: { ...entry.values, deletionProtection: true } }));

t('a plan that changes no address is not refused', () => {
  assert.equal(
    refusals(() => {}),
    [],
  );
  assert.equal(
    refusals((spec) => (spec.loadBalancer.idleTimeout = 61)),
    [],
  );
  assert.equal(
    refusals((spec) => (spec.instances['web-1'].instanceType = 't3.small')),
    [],
  );
  assert.equal(guard(plan(BEFORE, LIVE, 'destroy'), LIVE, { allowReplace: [] }), []);
});

t('a new address for clients needs consent', () => {
  const [refusal, ...more] = refusals((spec) => (spec.loadBalancer.scheme = 'internal'));
  assert.equal(more, []);
  assert.equal(refusal, {
    address: 'loadBalancer/main',
    reason: 'the load balancer would be replaced because of scheme: the DNS name changes',
    remedy: 'Allow it with --allow-replace loadBalancer/main, or take the change back.',
  });
  assert.equal(
    refusals((spec) => (spec.loadBalancer.scheme = 'internal'), LIVE, ['loadBalancer/main']),
    [],
  );
  assert.is(refusals((spec) => (spec.loadBalancer.scheme = 'internal'), LIVE, ['targetGroup/web']).length, 1, 'consent is for one thing');
});

t('deletion protection is refused whatever is allowed, until it is off', () => {
  const spec = (data: SpecData) => (data.loadBalancer.scheme = 'internal');
  assert.equal(
    refusals(spec, PROTECTED, ['loadBalancer/main']).map((refusal) => refusal.remedy),
    ['Apply with deletionProtection: false first.'],
  );
  assert.equal(
    guard(plan(BEFORE, PROTECTED, 'destroy'), PROTECTED, { allowReplace: [] }).map((refusal) => refusal.address),
    ['loadBalancer/main'],
  );
  assert.equal(
    refusals((data) => (data.loadBalancer.idleTimeout = 61), PROTECTED),
    [],
    'a change is no deletion',
  );
  assert.equal(guard(plan(BEFORE, LIVE, 'destroy'), LIVE, { allowReplace: [] }), []);
});

t('a twin under protection is refused too', () => {
  const balancer = PROTECTED.live.find((entry) => entry.address === 'loadBalancer/main');
  if (balancer === undefined) throw new Error('no load balancer');
  const observed = { ...LIVE, twins: [{ ...balancer, id: 'arn:twin', outputs: { id: 'arn:twin', arn: 'arn:twin' } }] };
  assert.equal(guard(plan(BEFORE, observed), observed, { allowReplace: [] }).length, 1);
});

t("a stranger's name is not taken over, neither for something new nor for a replacement", () => {
  const taken = [{ kind: 'loadBalancer', name: 'webserver', owner: 'stack other (arn:x)' }];
  assert.equal(guard(plan(BEFORE, { ...NOTHING, taken }), { ...NOTHING, taken }, { allowReplace: [] }), [
    {
      address: 'loadBalancer/main',
      reason: 'the name webserver is taken by a load balancer of stack other (arn:x)',
      remedy: 'Choose another name, or remove the other one first.',
    },
  ]);
  const other = { ...LIVE, taken: [{ kind: 'loadBalancer', name: 'theirs', owner: 'x' }] };
  assert.equal(refusals((spec) => (spec.loadBalancer.name = 'theirs'), other, ['loadBalancer/main']).length, 1);
  const group = { ...NOTHING, taken: [{ kind: 'targetGroup', name: 'webserver', owner: 'x' }] };
  assert.equal(guard(plan(BEFORE, group), group, { allowReplace: [] }), [], 'of another kind');
});

const names = fc.subarray(EDIT_NAMES, { maxLength: 6 }).filter((list) => problemsOf(edited(list)).length === 0);

t('a plan that grows is only ever refused more', () => {
  fc.assert(
    fc.property(names, fc.boolean(), fc.nat(5), (list, protect, cut) => {
      const observed = { ...(protect ? PROTECTED : LIVE), taken: [{ kind: 'loadBalancer', name: 'other', owner: 'x' }] };
      const whole = plan(stackOf(edited(list)), observed);
      const part = { ...whole, changes: whole.changes.filter((_, index) => index % 6 !== cut) };
      const refused = new Set(guard(whole, observed, { allowReplace: [] }).map((refusal) => JSON.stringify(refusal)));
      for (const refusal of guard(part, observed, { allowReplace: [] })) assert.ok(refused.has(JSON.stringify(refusal)));
      assert.ok(guard(whole, observed, { allowReplace: ['loadBalancer/main'] }).length <= refused.size);
    }),
    { numRuns: 40 },
  );
});

t.run();
