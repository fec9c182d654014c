/** Instances replaced a few at a time: the batches, and what each of them waits for. */

import * as assert from 'uvu/assert';
import { plan } from '../../../reconciler/plan/plan.ts';
import type { Plan } from '../../../reconciler/plan/types.ts';
import { needsOf } from '../../support/plans.ts';
import { appliedOf, changed, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/rollout');

const withInstances =
  (count: number) =>
  (spec: SpecData): void => {
    const names = Array.from({ length: count }, (_, index) => `web-${index + 1}`);
    spec.instances = Object.fromEntries(
      names.map((name, index) => [name, { subnet: index % 2 === 0 ? 'a' : 'b', app: 'flask-webserver' }]),
    );
    spec.targetGroups.web.targets = names;
  };

/** The plan for all of `count` instances becoming larger ones. */
const grown = (count: number, edit: (spec: SpecData) => void = () => {}): Plan =>
  plan(
    stackOf(
      changed((spec) => {
        withInstances(count)(spec);
        for (const entry of Object.values(spec.instances) as SpecData[]) entry.instanceType = 't3.large';
        edit(spec);
      }),
    ),
    appliedOf(stackOf(changed(withInstances(count)))),
  );

/** How many instances each call registers. */
const registered = (planned: Plan): readonly number[] =>
  planned.steps
    .filter((step) => step.op === 'elbv2:RegisterTargets')
    .map((step) => (step.input as { readonly Targets: readonly unknown[] }).Targets.length);

t('one by one unless the spec says more', () => {
  const planned = grown(3);
  assert.equal(registered(planned), [1, 1, 1]);
  const order = ['web-1', 'web-2', 'web-3'];
  for (const [index, name] of order.entries()) {
    const needs = needsOf(planned, `instance/${name}:create`);
    for (const other of order) assert.is(needs.has(`instance/${other}:await.gone`), order.indexOf(other) < index, `${name} and ${other}`);
  }
});

t('an old one ends when its successor is in service and it is drained, and not before', () => {
  const needs = needsOf(grown(2), 'instance/web-1:destroy');
  for (const step of [
    'instance/web-1:await.ready',
    'targetGroup/web:add.targets@1',
    'targetGroup/web:await.settled@1',
    'targetGroup/web:remove.targets@1',
    'targetGroup/web:await.drained.targets@1',
  ])
    assert.ok(needs.has(step), step);
  assert.not.ok(needs.has('instance/web-2:create'), 'it does not wait for the next batch');
});

t('a share is rounded up', () => {
  const share = (maxSurge: unknown) => registered(grown(5, (spec) => Object.assign(spec, { rollout: { maxSurge } })));
  assert.equal(share('25%'), [2, 2, 1]);
  assert.equal(share('1%'), [1, 1, 1, 1, 1]);
  assert.equal(share(3), [3, 2]);
});

t('all at once when all fit: new ones beside the old ones', () => {
  const planned = grown(2, (spec) => Object.assign(spec, { rollout: { maxSurge: '100%' } }));
  assert.equal(registered(planned), [2]);
  assert.not.ok(needsOf(planned, 'instance/web-2:create').has('instance/web-1:destroy'));
  assert.ok(needsOf(planned, 'instance/web-1:destroy').has('targetGroup/web:await.settled'));
});

t('when their group is replaced too, the whole new group stands before any old one goes', () => {
  const planned = grown(2, (spec) => {
    spec.targetGroups.web.protocol = 'HTTPS';
  });
  const needs = needsOf(planned, 'instance/web-1:destroy');
  assert.ok(needs.has('instance/web-2:create'));
  assert.ok(needs.has('targetGroup/web:await.drained'), 'requests under way by way of the old group are finished');
});

t.run();
