import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { Graph } from '../../../reconciler/plan/graph.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import type { Plan } from '../../../reconciler/plan/types.ts';
import { manyRules } from '../../support/many.ts';
import { needsOf, planOf } from '../../support/plans.ts';
import { appliedOf, NOTHING, stackOf, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/graph');

type Edges = ReadonlyMap<string, readonly string[]>;

/** All that a node needs, however far away; milestones lead on and are not named. */
function closure(edges: Edges, id: string): readonly string[] {
  const found = new Set<string>();
  const visit = (node: string): void => {
    for (const need of edges.get(node) ?? []) {
      if (found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(id);
  return [...found].filter((node) => !node.startsWith('milestone:')).sort();
}

const node = (number: number): string => `n${number}`;

/** Nodes whose needs have lower numbers, and two groups of nodes that whole groups wait for. */
const graphs = fc.integer({ min: 4, max: 40 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    edges: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: size * 4 }),
    cuts: fc.tuple(fc.nat(size - 1), fc.nat(size - 1)),
  }),
);

t('the reduced graph orders exactly what the whole one does, with the fewest edges', () => {
  fc.assert(
    fc.property(graphs, ({ size, edges, cuts }) => {
      const all = new Map<string, string[]>(Array.from({ length: size }, (_, number) => [node(number), []]));
      for (const [a, b] of edges) if (a !== b) all.get(node(Math.max(a, b)))?.push(node(Math.min(a, b)));
      const graph = new Graph([...all].map(([id, needs]) => ({ id, needs })));
      for (const cut of cuts) {
        const earlier = [...all.keys()].slice(0, cut);
        for (const id of [...all.keys()].slice(cut)) {
          graph.need(
            id,
            graph.milestone(`${cut}`, () => earlier),
          );
          all.get(id)?.push(...earlier);
        }
      }
      const { needs, round, milestones } = graph.reduce();
      const reduced = new Map<string, readonly string[]>([
        ...[...all.keys()].map((id) => [id, needs(id)] as const),
        ...milestones.map((each) => [each.id, each.needs] as const),
      ]);
      for (const id of all.keys()) {
        assert.equal(closure(reduced, id), closure(all, id));
        for (const need of closure(all, id)) assert.ok(round(need) < round(id));
      }
      for (const [id, own] of reduced)
        for (const need of own) {
          const without = new Map([...reduced, [id, own.filter((other) => other !== need)]]);
          const gone = need.startsWith('milestone:') ? (reduced.get(need) ?? []) : [need];
          assert.ok(
            gone.some((each) => !closure(without, id).includes(each)),
            `${id} needs ${need} twice`,
          );
        }
    }),
    { numRuns: 200 },
  );
});

t('a step that needs itself, or one that is not there, does not', () => {
  const graph = new Graph([{ id: 'a', needs: ['a', 'nobody'] }]);
  graph.need('nobody', 'a');
  assert.equal(graph.reduce().needs('a'), []);
});

t('only those that wait for each other are named', () => {
  const graph = new Graph([
    { id: 'a', needs: ['b'] },
    { id: 'b', needs: ['c'] },
    { id: 'c', needs: ['b'] },
    { id: 'd', needs: ['c'] },
  ]);
  assert.throws(() => graph.reduce(), /wait for each other: b, c$/);
});

t('many that wait for many cost the sum of both', () => {
  const ids = Array.from({ length: 200 }, (_, number) => node(number));
  const graph = new Graph(ids.map((id) => ({ id, needs: [] })));
  for (const id of ids.slice(100))
    graph.need(
      id,
      graph.milestone('half', () => ids.slice(0, 100)),
    );
  const { needs, milestones } = graph.reduce();
  assert.equal(needs('n150'), ['milestone:half']);
  assert.is(milestones[0]?.needs.length, 100);
});

const edgesOf = (planned: Plan): number =>
  [...planned.steps, ...(planned.milestones ?? [])].reduce((sum, { needs }) => sum + needs.length, 0);

t('a plan of a thousand rules and groups is small, and grows with their number', () => {
  const half = stackOf(manyRules(500));
  const whole = stackOf(manyRules(1000));
  const [live, served] = [appliedOf(whole), appliedOf(stackOf(tutorial()))];
  const changed = stackOf(manyRules(1000, (number) => ({ if: { path: [`/q${number}`] }, forward: `g${(number + 1) % 1000}` })));
  const cases: Readonly<Record<string, Plan>> = {
    create: plan(whole, NOTHING),
    'behind a listener that serves': plan(whole, served),
    destroy: plan(whole, live, 'destroy'),
    'every rule changed': plan(changed, live),
  };
  for (const [name, planned] of Object.entries(cases)) {
    assert.ok(edgesOf(planned) <= 5 * planned.steps.length, `${name}: ${edgesOf(planned)} edges for ${planned.steps.length} steps`);
    const size = JSON.stringify(planned).length;
    assert.ok(size <= 2 * 2 ** 20, `${name}: ${size} bytes`);
  }
  assert.ok(edgesOf(cases['create'] as Plan) <= 2.1 * edgesOf(plan(half, NOTHING)));
});

t('targets in service are waited for by way of a milestone where there are many groups', () => {
  const spec = manyRules(20);
  for (let number = 0; number < 20; number++) spec.targetGroups[`g${number}`].targets = ['web-1', 'web-2'];
  const planned = plan(stackOf(spec), NOTHING);
  assert.ok(planned.milestones?.some(({ id }) => id === 'milestone:made'));
  const last = needsOf(planned, 'targetGroup/g7:await.settled');
  for (const step of planned.steps) if (step.until === undefined || step.id.endsWith('ready')) assert.ok(last.has(step.id), step.id);
  assert.is(planOf((edited) => (edited.targetGroups.web.slowStart = '30s')).milestones, undefined, 'a small plan has none');
});

t.run();
