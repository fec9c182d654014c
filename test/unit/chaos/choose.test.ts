import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { chooseVictim, objectionTo } from '../../../reconciler/chaos/choose.ts';
import { stopInstance } from '../../../reconciler/chaos/experiments/stop-instance.ts';
import { stopShare } from '../../../reconciler/chaos/experiments/stop-share.ts';
import { stopZone } from '../../../reconciler/chaos/experiments/stop-zone.ts';
import type { Candidate } from '../../../reconciler/chaos/types.ts';
import { idsOf } from '../../../reconciler/chaos/victim.ts';
import { suite } from '../../support/suite.ts';

const t = suite('choose');
const candidate = (n: number, more: Partial<Candidate> = {}): Candidate => ({
  instanceId: `i-0000000${n}`,
  name: `web-${n}`,
  zone: 'a',
  port: 8080,
  instanceState: 'running',
  health: 'healthy',
  stack: 'shop',
  ...more,
});
const choose = (candidates: readonly Candidate[], more: { instance?: string; seed?: string } = {}) =>
  chooseVictim({
    experiment: stopInstance,
    stack: 'shop',
    group: 'web',
    groupArn: 'arn:web',
    candidates,
    seed: more.seed ?? 'seed',
    ...(more.instance === undefined ? {} : { named: more.instance }),
  });

t('the same seed gives the same victim, in whatever order the candidates come', () => {
  const some = [1, 2, 3, 4].map((n) => candidate(n));
  const first = choose(some).victim;
  assert.ok(first);
  assert.equal(choose([...some].reverse()).victim, first);
  assert.is(first.seed, 'seed');
});

t('other seeds reach every instance', () => {
  const some = [1, 2, 3].map((n) => candidate(n));
  const names = new Set(Array.from({ length: 60 }, (_, i) => choose(some, { seed: `run ${i}` }).victim?.name));
  assert.is(names.size, 3);
});

const refusals: [string, Candidate[], { instance?: string }, string][] = [
  ['one healthy', [candidate(1), candidate(2, { health: 'unhealthy' })], {}, 'has 1 healthy target, but two are needed'],
  ['none', [], {}, 'has 0 healthy targets'],
  ['the same instance on two ports', [candidate(1), candidate(1, { port: 9090 })], {}, 'has 1 healthy target'],
  ['nobody but strangers', [candidate(1, { stack: 'other' }), candidate(2, { stack: '' })], {}, 'has neither the tag of stack shop'],
  [
    'a stranger that is named',
    [candidate(1), candidate(2, { stack: 'other' })],
    { instance: 'web-2' },
    'has neither the tag of stack shop',
  ],
  [
    'one that Auto Scaling would end',
    [candidate(1, { autoScaling: 'asg' }), candidate(2, { autoScaling: 'asg' })],
    {},
    'the Auto Scaling group asg',
  ],
  [
    'stopped',
    [candidate(1), candidate(2, { instanceState: 'stopped', health: 'unused' })],
    {},
    'web-2 (i-00000002) is stopped, target unused',
  ],
  ['a name that is not there', [candidate(1), candidate(2)], { instance: 'web-9' }, 'has no instance web-9; it has web-1, web-2'],
  [
    'a named one that is not healthy',
    [candidate(1), candidate(2), candidate(3, { health: 'initial' })],
    { instance: 'web-3' },
    'the experiment needs a healthy instance',
  ],
];
for (const [what, candidates, more, expected] of refusals) {
  t(`refuses: ${what}`, () => {
    const { victim, refusal } = choose(candidates, more);
    assert.is(victim, undefined);
    assert.match(refusal, expected);
  });
}

t('takes the one that the spec names', () => {
  assert.is(choose([candidate(1), candidate(2)], { instance: 'web-2' }).victim?.instanceId, 'i-00000002');
});

t('property: a victim is always healthy, running and owned, and another healthy one is left', () => {
  const one = fc.record({
    n: fc.integer({ min: 1, max: 6 }),
    instanceState: fc.constantFrom('running', 'stopped', 'pending'),
    health: fc.constantFrom('healthy', 'unhealthy', 'initial', 'unused'),
    stack: fc.constantFrom('shop', 'shop', 'shop', 'other'),
  });
  fc.assert(
    fc.property(fc.uniqueArray(one, { selector: (each) => each.n }), fc.string(), (list, seed) => {
      const candidates = list.map(({ n, ...more }) => candidate(n, more));
      const { victim, refusal } = choose(candidates, { seed });
      if (victim === undefined) return refusal !== '';
      const fit = candidates.filter((each) => each.instanceState === 'running' && each.health === 'healthy');
      return fit.length >= 2 && fit.some((each) => each.stack === 'shop' && each.instanceId === victim.instanceId);
    }),
  );
});

t('right before the fault the victim must still be fit, and another target left to serve', () => {
  const some = [candidate(1), candidate(2)];
  const { victim } = choose(some, { instance: 'web-1' });
  assert.ok(victim);
  const now = (...candidates: readonly Candidate[]) => objectionTo(victim, candidates, stopInstance);
  assert.is(now(...some), '');
  assert.match(now(candidate(1), candidate(2, { health: 'unhealthy' })), /no other target of web is healthy.*web-2/);
  assert.match(now(candidate(1), candidate(2, { instanceState: 'stopped' })), 'no other target');
  assert.match(now(candidate(1)), 'no other target');
  assert.match(now(candidate(1), candidate(1, { port: 8081 })), 'no other target', 'the same instance on another port goes with it');
  assert.match(now(candidate(1, { health: 'draining' }), candidate(2)), 'the experiment needs a healthy instance');
  assert.match(now(candidate(2)), 'is no longer a target of web');
});

/** A group over two zones. */
const over = (zones: string): readonly Candidate[] => [...zones].map((zone, index) => candidate(index + 1, { zone }));
const several = (experiment: typeof stopShare, candidates: readonly Candidate[], settings: Record<string, string>, seed = 'seed') =>
  chooseVictim({ experiment, stack: 'shop', group: 'web', groupArn: 'arn:web', candidates, seed, settings });

t('property: a share is what was asked for, rounded down, at least one, and leaves one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 99 }), fc.string(), (count, share, seed) => {
      const { victim } = several(stopShare, over('a'.repeat(count)), { share: `${share}%` }, seed);
      const lost = victim === undefined ? [] : idsOf(victim);
      assert.is(lost.length, Math.max(1, Math.floor((count * share) / 100)));
      assert.is(new Set(lost).size, lost.length);
      assert.ok(lost.length < count);
    }),
  );
});

t('a share is of all that are healthy, and taken of our own', () => {
  const some = [...over('aaa'), candidate(4, { stack: '' })];
  const { victim } = several(stopShare, some, { share: '75%' });
  assert.equal(victim && idsOf(victim).sort(), ['i-00000001', 'i-00000002', 'i-00000003']);
});

t('a zone is taken whole, or not at all', () => {
  const { victim } = several(stopZone, over('aabb'), { zone: 'b' });
  assert.equal(victim && idsOf(victim), ['i-00000003', 'i-00000004']);
  assert.equal(several(stopZone, over('aabb'), {}).victim, several(stopZone, [...over('aabb')].reverse(), {}).victim, 'by the seed');
  assert.match(several(stopZone, over('aa'), { zone: 'a' }).refusal, 'all 2 healthy targets of web would be lost at once');
  assert.match(several(stopZone, over('ab'), { zone: 'c' }).refusal, 'no healthy instance in c; it has some in a, b');
  assert.match(
    several(stopZone, [...over('aab'), candidate(4, { zone: 'b', stack: '' })], { zone: 'b' }).refusal,
    'web-4 (i-00000004) is also in b',
  );
});

t('right before the fault each of several must still be fit', () => {
  const { victim } = several(stopZone, over('aabb'), { zone: 'b' });
  assert.ok(victim);
  assert.is(objectionTo(victim, over('aabb'), stopZone), '');
  const now = [...over('aab'), candidate(4, { zone: 'b', health: 'draining' })];
  assert.match(objectionTo(victim, now, stopZone), 'web-4 (i-00000004) is running, target draining');
});

t('what the experiment knows of each decides too: those that are lost along, what the undo has to know, and why not', () => {
  const some = [1, 2, 3].map((n) => candidate(n));
  const known = (fitness: NonNullable<Parameters<typeof chooseVictim>[0]['fitness']>, named?: string) =>
    chooseVictim({
      ...{ experiment: stopInstance, stack: 'shop', group: 'web', groupArn: 'arn:web', candidates: some, seed: 's', fitness },
      ...(named === undefined ? {} : { named }),
    });
  const along = known(() => ({ refusal: '', others: ['i-00000001', 'i-00000002'], detail: 'rule-1' }), 'web-1').victim;
  assert.equal([along && idsOf(along), along?.detail], [['i-00000001', 'i-00000002'], 'rule-1']);
  const all = known(() => ({ refusal: '', others: some.map(({ instanceId }) => instanceId) }));
  assert.match(all.refusal, 'all 3 healthy targets of web would be lost at once');
  const theirs = chooseVictim({
    ...{ experiment: stopInstance, stack: 'shop', group: 'web', groupArn: 'arn:web', seed: 's', named: 'web-1' },
    candidates: [...some, candidate(4, { stack: 'other' })],
    fitness: () => ({ refusal: '', others: ['i-00000001', 'i-00000004'] }),
  });
  assert.match(theirs.refusal, /^web-4 \(i-00000004\) would be lost with web-1 \(i-00000001\): it has neither the tag of stack shop/);
  const closed = known(() => ({ refusal: 'it is closed' }));
  assert.match(closed.refusal, 'web-1 (i-00000001): it is closed; web-2 (i-00000002): it is closed');
  assert.is(known(() => ({ refusal: 'it is closed' }), 'web-2').refusal, 'web-2 (i-00000002): it is closed');
  assert.is(known((each) => ({ refusal: each.name === 'web-3' ? '' : 'it is closed' })).victim?.name, 'web-3');
});

t('a target is registered again as it was: its zone goes with it', () => {
  const some = [candidate(1, { registeredZone: 'all' }), candidate(2, { registeredZone: 'all' })];
  assert.is(choose(some, { instance: 'web-1' }).victim?.registeredZone, 'all');
});

t('a group without one that is fit says what there is', () => {
  const none = several(stopShare, [candidate(1, { health: '' }), candidate(2, { health: 'draining', instanceState: '' })], {});
  assert.match(none.refusal, /has 0 healthy targets, but two are needed so that one stays in service: web-1 .*; web-2/);
});

t.run();
