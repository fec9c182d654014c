/** What is of others: it goes with ours only by consent, and holds what it uses. */

import * as assert from 'uvu/assert';
import type { Foreign, Observed } from '../../../reconciler/model/model.ts';
import { guard } from '../../../reconciler/plan/guard.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { BEFORE, LIVE, planOf } from '../../support/plans.ts';
import { idOf, type SpecData } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/foreign');

const LISTENER: Foreign = {
  kind: 'listener',
  id: 'arn:alien',
  parent: idOf('loadBalancer/main'),
  text: 'listener HTTP 9000',
  forwardsTo: [],
};
const RULE: Foreign = {
  kind: 'rule',
  id: 'arn:alien-rule',
  parent: idOf('listener/https'),
  text: 'rule 5',
  forwardsTo: [idOf('targetGroup/web')],
};
const ALIENS: Observed = { ...LIVE, foreign: [LISTENER, RULE] };

const allowed = { allowReplace: ['*'], allowDrop: ['*'], allowDestroy: ['*'] };
const noHttps = (spec: SpecData): void => {
  delete spec.listeners.https;
  delete spec.certificates;
};

t('what stays is told and left alone', () => {
  assert.equal(
    plan(BEFORE, ALIENS).notes.map(({ text }) => text),
    [
      'listener HTTP 9000 on our loadBalancer does not belong to this stack and is left unchanged (arn:alien)',
      'rule 5 on our listener does not belong to this stack and is left unchanged (arn:alien-rule)',
    ],
  );
});

for (const [name, edit, address, others] of [
  ['a listener that is dropped', noHttps, 'listener/https', ['rule 5']],
  ['a load balancer that is replaced', (spec) => (spec.loadBalancer.scheme = 'internal'), 'loadBalancer/main', ['listener HTTP 9000']],
] as readonly (readonly [string, (spec: SpecData) => void, string, readonly string[]])[])
  t(`${name} takes others with it, and asks`, () => {
    const planned = planOf(edit, ALIENS);
    const change = planned.changes.find((each) => each.address === address);
    assert.equal(
      change?.foreign?.map(({ text }) => text),
      others,
    );
    assert.not.ok(planned.notes.some(({ kind, text }) => kind === 'foreign' && text.startsWith(others[0] ?? '')));
    const refused = (more: object) =>
      guard(planned, ALIENS, { ...allowed, ...more })
        .filter(({ rule }) => rule === 'foreign')
        .map((refusal) => `${refusal.address}: ${refusal.reason}. ${refusal.remedy}`);
    assert.match(refused({}).join('\n'), new RegExp(`^${address}: .*${others[0]} \\(arn:alien.*--allow-destroy-foreign ${address} or`));
    assert.equal(refused({ allowDestroyForeign: ['*'] }), []);
  });

t('destroying the stack asks too', () => {
  const planned = plan(BEFORE, ALIENS, 'destroy');
  const refused = guard(planned, ALIENS, allowed).map(({ rule, address }) => `${rule} ${address}`);
  assert.equal(refused.sort(), ['foreign listener/https', 'foreign loadBalancer/main']);
  assert.equal(guard(planned, ALIENS, { allowDestroyForeign: ['loadBalancer/main'] }), [], 'that of the load balancer is enough');
});

t('a target group that somebody else forwards to is not deleted, and no flag allows it', () => {
  const other: Foreign = { ...RULE, parent: idOf('listener/http') };
  const observed: Observed = { ...LIVE, foreign: [other] };
  const replaced = guard(
    planOf((spec) => (spec.targetGroups.web.protocol = 'HTTPS'), observed),
    observed,
    { ...allowed, allowDestroyForeign: ['*'] },
  );
  assert.equal(
    replaced.map(({ rule, address }) => `${rule} ${address}`),
    ['in-use targetGroup/web'],
  );
  assert.match(replaced[0]?.reason ?? '', /rule 5 \(arn:alien-rule\)/);
  // One that goes with a listener of ours holds nothing.
  assert.equal(
    guard(plan(BEFORE, observed, 'destroy'), observed, { allowDestroyForeign: ['*'] }).map(({ rule }) => rule),
    [],
  );
  // A load balancer of others stays whatever becomes of ours.
  const elsewhere: Foreign = { kind: 'loadBalancer', id: 'arn:theirs', text: 'a load balancer', forwardsTo: [idOf('targetGroup/web')] };
  const shared: Observed = { ...LIVE, foreign: [elsewhere] };
  assert.equal(
    guard(plan(BEFORE, shared, 'destroy'), shared, {}).map(({ rule }) => rule),
    ['in-use'],
  );
});

t.run();
