import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { chooseVictim, objectionTo } from '../../../reconciler/chaos/choose.ts';
import { stopInstance } from '../../../reconciler/chaos/experiments/stop-instance.ts';
import type { Candidate } from '../../../reconciler/chaos/types.ts';
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
  ['one healthy', [candidate(1), candidate(2, { health: 'unhealthy' })], {}, 'has 1 healthy target, and two are needed'],
  ['none', [], {}, 'has 0 healthy targets'],
  ['the same instance on two ports', [candidate(1), candidate(1, { port: 9090 })], {}, 'has 1 healthy target'],
  [
    'a stranger',
    [candidate(1), candidate(2), candidate(3, { stack: 'other' })],
    {},
    'web-3 (i-00000003) does not carry the tag of stack shop',
  ],
  ['no tag', [candidate(1), candidate(2, { stack: '' })], {}, 'does not carry the tag'],
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
    'only a healthy one',
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

t('property: a victim is always healthy, running and owned, and another such is left', () => {
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
      const fit = candidates.filter((each) => each.instanceState === 'running' && each.health === 'healthy' && each.stack === 'shop');
      return fit.length >= 2 && fit.some((each) => each.instanceId === victim.instanceId);
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
  assert.match(now(candidate(1, { health: 'draining' }), candidate(2)), 'only a healthy one');
  assert.match(now(candidate(2)), 'no target of web any more');
});

t.run();
