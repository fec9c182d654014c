/** Plans of two sandboxes: equal where only made-up ids differ, and never otherwise. */

import * as assert from 'uvu/assert';
import { sandboxDigest } from '../../../action/sandbox-digest.ts';
import type { Plan } from '../../../reconciler/plan/types.ts';
import { planOnce, readStack, startBench } from '../../support/faults-bench.ts';
import { suite } from '../../support/suite.ts';

const t = suite('digests on the sandbox', {} as { plan: Plan });
t.before(async (all) => {
  const bench = await startBench();
  all.plan = (await planOnce(readStack())).plan;
  await bench.stop();
});

/** The plan with every value of its steps written another way. */
const rewritten = (plan: Plan, change: (text: string) => string): Plan => ({
  ...plan,
  digest: '0',
  liveDigest: '0',
  steps: JSON.parse(change(JSON.stringify(plan.steps))) as Plan['steps'],
});

t('other ids, the same digest', ({ plan }) => {
  const ids = ['i-0a1b2c3d4e5f60718', 'sg-0123456789abcdef0', 'arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/0123456789abcdef'];
  const others = [
    'i-1a1b2c3d4e5f60718',
    'sg-9123456789abcdef0',
    'arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/9123456789abcdef',
  ];
  const [one, two] = [ids, others].map((names) => rewritten(plan, (text) => text.replace('"10.0.0.0/16"', JSON.stringify(names))));
  assert.ok(one !== undefined && two !== undefined);
  assert.is(sandboxDigest(one), sandboxDigest(two));
  // An order that only ids decide is none.
  const turned = rewritten(plan, (text) => text.replace('"10.0.0.0/16"', JSON.stringify([...ids].reverse())));
  assert.is(sandboxDigest(one), sandboxDigest(turned));
});

t('another value, name, step or spec: another digest', ({ plan }) => {
  const before = sandboxDigest(plan);
  const different: readonly Plan[] = [
    rewritten(plan, (text) => text.replace('10.0.0.0/16', '10.1.0.0/16')),
    { ...plan, steps: plan.steps.slice(1) },
    { ...plan, changes: plan.changes.slice(1) },
    { ...plan, specDigest: '1' },
    { ...plan, stack: 'other' },
    { ...plan, mode: 'destroy' },
  ];
  for (const other of different) assert.is.not(sandboxDigest(other), before);
  assert.match(before, /^[0-9a-f]{64}$/);
});

t.run();
