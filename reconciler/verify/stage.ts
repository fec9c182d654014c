import { type TargetState, targetStates } from '../chaos/answers.ts';
import type { Health } from '../load/steady.ts';
import type { TargetGroupTarget, VerifyTarget } from '../load/types.ts';
import type { Stage, StageTarget } from '../report/page/stage.ts';
import type { Session } from '../run/pipeline.ts';

/** One call for each group, counted as polls. */
export async function readHealth({ groups }: VerifyTarget, { cloud, signal }: Pick<Session, 'cloud' | 'signal'>): Promise<Health> {
  const options = { poll: true, signal };
  return new Map(
    await Promise.all(
      groups.map(
        async ({ arn }) => [arn, targetStates(await cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn: arn }, options))] as const,
      ),
    ),
  );
}

/** Time between two reads of target health during a load that breaks nothing (ms). */
const LOOK_MS = 5000;

/** Emits an event for every change of target health until the signal; for a load without a fault. Never throws. */
export async function tellHealth(target: VerifyTarget, session: Session, before: Health, signal: AbortSignal): Promise<void> {
  let last = before;
  while (!signal.aborted) {
    await session.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    const now = await readHealth(target, { cloud: session.cloud, signal }).catch(() => last);
    for (const [arn, states] of now)
      for (const { instanceId, port, state, reason } of states) {
        const was = last.get(arn)?.find((each) => each.instanceId === instanceId && each.port === port);
        if (was?.state !== state) session.emit({ kind: 'target-health', id: instanceId, port, health: state, reason });
      }
    last = now;
  }
}

/**
 * The picture of the stack, with every target of every group, including those that are not in the spec. The health of a target that is missing
 * in `health` is not known. `requests`: answered by each instance.
 */
export function stageOf(
  { dnsName, listeners, groups }: VerifyTarget,
  health: Health,
  requests: Readonly<Record<string, number>>,
  broken: ReadonlySet<string> = new Set(),
): Stage {
  const all = Object.values(requests).reduce((sum, each) => sum + each, 0);
  const of = (group: TargetGroupTarget): StageTarget[] => {
    const states = health.get(group.arn) ?? [];
    const same = (target: { readonly instanceId: string; readonly port: number }) => (state: TargetState) =>
      state.instanceId === target.instanceId && state.port === target.port;
    const strangers = states.filter((state) => !group.targets.some((target) => same(target)(state)));
    return [...group.targets, ...strangers.map((each) => ({ ...each, name: each.instanceId }))].map((target) => {
      const state = states.find(same(target));
      const mine = requests[target.instanceId] ?? 0;
      return {
        ...{ id: target.instanceId, name: target.name, zone: target.zone, group: group.name, port: target.port },
        ...{ health: state?.state ?? '', reason: state?.reason ?? '', broken: broken.has(target.instanceId) },
        ...{ requests: mine, share: all === 0 ? null : mine / all },
      };
    });
  };
  return {
    dnsName,
    listeners: listeners.map(({ name, protocol, port }) => ({ name, protocol, port })),
    targets: groups.flatMap(of),
  };
}
