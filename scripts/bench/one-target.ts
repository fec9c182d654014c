/** One target more in a group of 200: what AWS is told. */
import { openSession, preview, reconcile } from '../../reconciler/run/pipeline.ts';
import { liveBase, specOf, withAt } from './live-specs.ts';
import type { Row } from './rows.ts';
import type { World } from './world.ts';

/** Addresses that nobody has: a group that serves nobody is asked for nothing, so that they need not answer. */
const addresses = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ ip: `10.0.${1 + (n % 2)}.${20 + Math.floor(n / 2)}`, port: 9000 }));

const crowd = (count: number) =>
  specOf(withAt(liveBase(), 'targetGroups.crowd', { targetType: 'ip', port: 9000, healthCheck: { path: '/' }, targets: addresses(count) }));

export async function oneTarget(world: World): Promise<readonly Row[]> {
  const session = openSession({ region: 'us-east-1', env: process.env });
  await reconcile(crowd(200), await preview(crowd(200), session), session);
  const earlier = (await world.calls()).length;
  const done = await reconcile(crowd(201), await preview(crowd(201), session), session);
  if (done.run?.outcome !== 'done' || done.check?.changes.length !== 0) throw new Error('the target was not added');
  const seen = (await world.calls()).slice(earlier).map(({ action }) => action);
  const sent = done.plan.steps.filter((step) => step.op === 'elbv2:RegisterTargets').flatMap((step) => targetsOf(step.input));
  const row = (what: string, measured: number): Row => ({
    name: `one target added to a group of 200: ${what}`,
    measured,
    limit: 1,
    unit: '',
    kind: 'count',
    detail: `writes: ${seen.filter((action) => !/^(Describe|Get|List)/.test(action)).join(', ')}`,
  });
  return [row('RegisterTargets calls', seen.filter((action) => action === 'RegisterTargets').length), row('targets in them', sent.length)];
}

function targetsOf(input: unknown): readonly unknown[] {
  const targets = (input as { readonly Targets?: unknown }).Targets;
  return Array.isArray(targets) ? targets : [];
}
