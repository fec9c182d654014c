import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Live, Observed } from '../../../reconciler/model/model.ts';
import { type Policy, widen } from '../../../reconciler/model/policy.ts';
import { guard, type Refusal } from '../../../reconciler/plan/guard.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { EDIT_NAMES, edited } from '../../support/edits.ts';
import { BEFORE, LIVE, planOf } from '../../support/plans.ts';
import { PERMISSIVE } from '../../support/policies.ts';
import { idOf, NOTHING, problemsOf, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/guard');

const withLive = (address: string, more: (entry: Live) => Partial<Live>, observed: Observed = LIVE): Observed => ({
  ...observed,
  live: observed.live.map((entry) => (entry.address === address ? { ...entry, ...more(entry) } : entry)),
});

const refusals = (edit: (spec: SpecData) => void, observed: Observed = LIVE, policy: Policy = {}): readonly Refusal[] =>
  guard(planOf(edit, observed), observed, policy);

/** Which rule refuses what: `drop listener/http`. */
const told = (edit: (spec: SpecData) => void, policy: Policy = {}, observed: Observed = LIVE): readonly string[] =>
  refusals(edit, observed, policy).map(({ rule, address }) => `${rule} ${address}`);

const PROTECTED = withLive('loadBalancer/main', (entry) => ({ values: { ...entry.values, deletionProtection: true } }));

t('a plan that loses nothing is not refused', () => {
  assert.equal(
    told(() => {}),
    [],
  );
  assert.equal(
    told((spec) => (spec.loadBalancer.idleTimeout = 61)),
    [],
  );
  assert.equal(
    told((spec) => (spec.instances['web-1'].instanceType = 't3.small')),
    [],
  );
  assert.equal(guard(plan(BEFORE, NOTHING), NOTHING, {}), [], 'what is made new loses nothing');
});

const toInternal = (spec: SpecData) => (spec.loadBalancer.scheme = 'internal');

t('a new address for clients needs consent, and its listeners none of their own', () => {
  const [refusal, ...more] = refusals(toInternal);
  assert.equal(more, []);
  assert.equal(
    { ...refusal, position: refusal?.position?.file },
    {
      rule: 'replace',
      address: 'loadBalancer/main',
      label: 'load balancer',
      physicalId: idOf('loadBalancer/main'),
      owner: 'stack webserver',
      position: 'web.yaml',
      reason: 'the load balancer would be replaced because of scheme: the DNS name changes',
      remedy: 'Allow it with --allow-replace loadBalancer/main or allowReplace in policy.yaml, or undo the change.',
    },
  );
  assert.equal(told(toInternal, { allowReplace: ['loadBalancer/main'] }), []);
  assert.equal(told(toInternal, { allowReplace: ['*'] }), []);
  assert.is(told(toInternal, { allowReplace: ['targetGroup/web'] }).length, 1, 'consent is for one thing');
  assert.is(told(toInternal, { allowDrop: ['*'], allowDestroy: ['*'] }).length, 1, 'and of one sort');
});

t('a change that loses requests or connections needs consent', () => {
  const edit = (spec: SpecData) => (spec.listeners.http.port = 81);
  assert.equal(told(edit), ['drop listener/http'], 'the group made on its behalf is no question of its own');
  assert.match(refusals(edit).find(({ address }) => address === 'listener/http')?.reason ?? '', 'port: clients of port 80 are refused');
  assert.match(refusals(edit)[0]?.remedy ?? '', '--allow-drop');
  assert.equal(told(edit, { allowDrop: ['listener/http'] }), []);
  assert.equal(told(edit, { allowDrop: ['listener/https'] }), ['drop listener/http']);
});

t('what must go before its successor comes is asked about where it begins, and what stands on it is not', () => {
  const edit = (spec: SpecData) => (spec.network.subnets.a.availabilityZone = 'us-east-1c');
  const lost = planOf(edit).changes.filter((change) => change.risk === 'drop');
  assert.ok(lost.length > 3, 'instances and listeners go with it');
  assert.equal(told(edit), ['drop subnet/a', 'replace loadBalancer/main']);
  assert.equal(told(edit, { allowDrop: ['subnet/a'] }), ['replace loadBalancer/main']);
  assert.equal(told(edit, { allowReplace: ['subnet/a', 'loadBalancer/main'] }), []);
});

const withoutHttps = (spec: SpecData) => {
  delete spec.listeners.https;
  delete spec.certificates;
};

t('a deletion that loses requests needs consent, another does not', () => {
  assert.equal(told(withoutHttps, { allowDrop: ['securityGroup/load-balancer'] }), ['destroy listener/https']);
  const [refusal] = refusals(withoutHttps, LIVE, { allowDrop: ['*'] });
  assert.is(refusal?.reason, 'the listener would be deleted: its port 443 refuses clients');
  assert.is(refusal?.physicalId, idOf('listener/https'));
  assert.equal(told(withoutHttps, { allowDestroy: ['listener/https'], allowDrop: ['*'] }), []);
  const withoutOne = (spec: SpecData) => {
    delete spec.instances['web-1'];
    spec.targetGroups.web.targets = ['web-2'];
  };
  assert.equal(told(withoutOne), []);
});

t('deletions are counted, and the limit itself is allowed', () => {
  const gone = planOf(withoutHttps).changes.filter((change) => change.verb === 'destroy').length;
  assert.is(gone, 2);
  assert.equal(told(withoutHttps, { ...PERMISSIVE, maxDeletes: 2 }), []);
  const [refusal, ...more] = refusals(withoutHttps, LIVE, { ...PERMISSIVE, maxDeletes: 1 });
  assert.equal(more, []);
  assert.is(refusal?.address, 'stack/webserver');
  assert.match(refusal?.reason ?? '', 'would delete 2 resources, but the policy allows 1: certificate/site, listener/https');
  assert.match(refusal?.remedy ?? '', '--max-deletes 2');
});

t('destroying a stack has a consent of its own: only the number and protection are asked', () => {
  const all = plan(BEFORE, LIVE, 'destroy');
  assert.equal(guard(all, LIVE, {}), []);
  assert.equal(
    guard(all, LIVE, { maxDeletes: 3 }).map(({ rule }) => rule),
    ['deletes'],
  );
});

t('deletion protection is refused whatever is allowed, until it is off', () => {
  assert.equal(
    refusals(toInternal, PROTECTED, PERMISSIVE).map((refusal) => refusal.remedy),
    ['No flag allows that. Apply with deletionProtection: false first.'],
  );
  assert.equal(
    guard(plan(BEFORE, PROTECTED, 'destroy'), PROTECTED, PERMISSIVE).map((refusal) => refusal.address),
    ['loadBalancer/main'],
  );
  assert.equal(
    told((spec) => (spec.loadBalancer.idleTimeout = 61), {}, PROTECTED),
    [],
    'a change is no deletion',
  );
});

t('a duplicate under protection is refused too, and counts as no deletion', () => {
  const twinOf = (observed: Observed): Observed => {
    const balancer = observed.live.find((entry) => entry.address === 'loadBalancer/main');
    if (balancer === undefined) throw new Error('no load balancer');
    return { ...LIVE, duplicates: [{ ...balancer, id: 'arn:duplicate', outputs: { id: 'arn:duplicate', arn: 'arn:duplicate' } }] };
  };
  const rules = (observed: Observed) => guard(plan(BEFORE, observed), observed, { ...PERMISSIVE, maxDeletes: 0 }).map(({ rule }) => rule);
  assert.equal(rules(twinOf(PROTECTED)), ['protection']);
  assert.equal(rules(twinOf(LIVE)), []);
});

t("a stranger's name is not taken over, neither for something new nor for a replacement", () => {
  const ask = (observed: Observed) => guard(plan(BEFORE, observed), observed, PERMISSIVE);
  const theirs = { kind: 'loadBalancer', name: 'webserver', owner: 'stack other (arn:x)', id: 'arn:x', stack: 'other' };
  const [refusal, ...more] = ask({ ...NOTHING, taken: [theirs] });
  assert.equal(more, []);
  assert.is(refusal?.reason, 'the name webserver is already used by a load balancer of stack other (arn:x)');
  assert.equal([refusal?.rule, refusal?.physicalId, refusal?.owner], ['name', 'arn:x', 'stack other (arn:x)']);
  assert.match(refusal?.remedy ?? '', /another name, destroy it in stack other, or .* --adopt-from other\.$/);
  const [nobodys] = ask({ ...NOTHING, taken: [{ kind: 'loadBalancer', name: 'webserver', owner: 'nobody (arn:x)', id: 'arn:x' }] });
  assert.match(nobodys?.remedy ?? '', /albedo import.* and use --adopt\.$/);
  const other = { ...LIVE, taken: [{ kind: 'loadBalancer', name: 'theirs', owner: 'x' }] };
  assert.equal(
    told((spec) => (spec.loadBalancer.name = 'theirs'), PERMISSIVE, other),
    ['name loadBalancer/main'],
  );
  assert.equal(ask({ ...NOTHING, taken: [{ kind: 'targetGroup', name: 'webserver', owner: 'x' }] }), [], 'of another kind');
});

const untagged = (stack?: string): Observed =>
  withLive('loadBalancer/main', ({ tags }) => {
    const { 'albedo:stack': _, ...rest } = tags;
    return { tags: stack === undefined ? rest : { ...rest, 'albedo:stack': stack } };
  });

t('taking over what nobody tagged needs consent', () => {
  const none = () => {};
  assert.equal(told(none, PERMISSIVE, untagged()), ['adopt loadBalancer/main']);
  assert.match(refusals(none, untagged())[0]?.remedy ?? '', '--adopt or allowAdopt: true');
  assert.equal(told(none, { allowAdopt: true }, untagged()), []);
});

t('taking over what another stack tagged needs its name', () => {
  const none = () => {};
  assert.equal(told(none, { allowAdopt: true, adoptFrom: ['third'] }, untagged('other')), ['adopt loadBalancer/main']);
  assert.is(refusals(none, untagged('other'))[0]?.owner, 'stack other');
  assert.match(refusals(none, untagged('other'))[0]?.remedy ?? '', '--adopt-from other');
  assert.equal(told(none, { adoptFrom: ['other'] }, untagged('other')), []);
});

t('what another stack claims is refused once, with its owner', () => {
  const claim = { address: 'loadBalancer/main', id: 'arn:x', owner: 'other' } as const;
  const observed: Observed = {
    ...NOTHING,
    claimed: [claim],
    taken: [{ kind: 'loadBalancer', name: 'webserver', owner: 'x', id: 'arn:x' }],
  };
  const [refusal, ...more] = guard(plan(BEFORE, observed), observed, { ...PERMISSIVE, allowAdopt: true });
  assert.equal(more, []);
  assert.equal([refusal?.rule, refusal?.owner, refusal?.physicalId], ['adopt', 'stack other', 'arn:x']);
  assert.match(refusal?.remedy ?? '', '--adopt-from other');
});

t('flags widen the lists of a policy, and a number takes the place of a number', () => {
  const policy = { maxDeletes: 3, allowDrop: ['listener/http'] };
  const wide = widen(policy, { maxDeletes: 5, allowDrop: ['listener/https'], allowAdopt: true });
  assert.equal([wide.maxDeletes, wide.allowDrop, wide.allowAdopt], [5, ['listener/http', 'listener/https'], true]);
  assert.equal([widen(policy, {}).maxDeletes, widen(policy, {}).allowAdopt, widen({}, {}).maxDeletes], [3, false, undefined]);
});

const names = fc.subarray(EDIT_NAMES, { maxLength: 6 }).filter((list) => problemsOf(edited(list)).length === 0);
const consent = fc.constantFrom<Policy>(
  {},
  { maxDeletes: 1 },
  { allowDrop: ['*'] },
  { allowReplace: ['loadBalancer/main'], maxDeletes: 0 },
);

t('a plan that grows is only ever refused more, and a wider policy refuses less', () => {
  const keys = (list: readonly Refusal[]) => new Set(list.map(({ rule, address, physicalId }) => `${rule} ${address} ${physicalId}`));
  fc.assert(
    fc.property(names, fc.boolean(), fc.nat(5), consent, (list, protect, cut, policy) => {
      const observed = { ...(protect ? PROTECTED : LIVE), taken: [{ kind: 'loadBalancer', name: 'other', owner: 'x' }] };
      const whole = plan(stackOf(edited(list)), observed);
      const part = { ...whole, changes: whole.changes.filter((_, index) => index % 6 !== cut) };
      const refused = keys(guard(whole, observed, policy));
      for (const key of keys(guard(part, observed, policy))) assert.ok(refused.has(key), key);
      for (const key of keys(guard(whole, observed, widen(policy, { ...PERMISSIVE, maxDeletes: 100 })))) assert.ok(refused.has(key), key);
      if (whole.changes.some((change) => change.risk === 'drop')) assert.ok(guard(whole, observed, {}).length > 0, 'a loss passes unasked');
    }),
    { numRuns: 60 },
  );
});

t.run();
