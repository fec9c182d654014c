/**
 * The whole ELBv2 surface of an Application Load Balancer, field by field: a legal value is set and read back in AWS's form,
 * an illegal one is refused with AWS's code. What fields do together is in the other tests of the server.
 */

import * as assert from 'uvu/assert';
import { createAuthorities, createWorld, type SurfaceCase } from '../../support/elbv2-surface.ts';
import { actionCases } from '../../support/elbv2-surface-actions.ts';
import { listenerCases } from '../../support/elbv2-surface-listener.ts';
import { loadBalancerCases } from '../../support/elbv2-surface-load-balancer.ts';
import { SURFACE } from '../../support/elbv2-surface-names.ts';
import { ruleCases } from '../../support/elbv2-surface-rule.ts';
import { checkLambdaGroup, targetGroupCases } from '../../support/elbv2-surface-target-group.ts';
import { trustStoreCases } from '../../support/elbv2-surface-trust-store.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 surface');
const authorities = await createAuthorities();
const cases: readonly SurfaceCase[] = [
  ...loadBalancerCases,
  ...targetGroupCases,
  ...listenerCases,
  ...ruleCases,
  ...actionCases,
  ...trustStoreCases,
];

t('every field has one case', () => {
  assert.equal(cases.map(({ row }) => row).sort(), [...SURFACE].sort());
});

for (const { row, works, refused } of cases) {
  t(`${row} is set and read back`, () => works(createWorld(authorities)));
  t(`${row} refuses what AWS refuses`, () => refused(createWorld(authorities)));
}

t('a group of a Lambda function has one target and nothing of a server', () => checkLambdaGroup(createWorld(authorities)));

t.run();
