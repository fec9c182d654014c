/** What several exercises look for in the same way. */

import type { ListenerTarget } from '../reconciler/load/types.ts';
import { asList, type Json } from '../reconciler/model/json.ts';
import { valueAt } from '../reconciler/model/paths.ts';
import type { Look, Reply } from './exercise.ts';

/** Values at a path of each member, as text: `textsAt(answer, 'Subnets', 'SubnetId')`. */
export const textsAt = (answer: Json, list: string, path: string): readonly string[] =>
  asList(valueAt(answer, list)).map((each) => String(valueAt(each, path) ?? ''));

/** The listener that is asked: the first HTTP one, else the first. @throws Error when there is none. */
export function listenerOf(look: Look, protocol?: 'HTTP' | 'HTTPS'): ListenerTarget {
  const all = look.target?.listeners ?? [];
  const found =
    protocol === undefined ? (all.find((each) => each.protocol === 'HTTP') ?? all[0]) : all.find((each) => each.protocol === protocol);
  if (found === undefined) throw new Error(protocol === undefined ? 'the stack has no listener' : `the stack has no ${protocol} listener`);
  return found;
}

/** The instances that answered, each once. */
export const instancesOf = (replies: readonly Reply[]): readonly string[] =>
  [...new Set(replies.map(({ instance }) => instance).filter((id) => id !== ''))].sort();

export const served = ({ status }: Reply): boolean => status >= 200 && status < 400;

export interface TargetState {
  readonly group: string;
  readonly arn: string;
  readonly id: string;
  readonly port: number;
  readonly state: string;
  readonly reason: string;
}

/** The targets of the stack's groups, as AWS reports their health now. */
export async function targetsOf(look: Look): Promise<readonly TargetState[]> {
  const groups = look.of('targetGroup');
  const all = await Promise.all(
    groups.map(async ({ id, address }) => {
      const answer = await look.call('elbv2:DescribeTargetHealth', { TargetGroupArn: id });
      return asList(valueAt(answer, 'TargetHealthDescriptions')).map(
        (each): TargetState => ({
          group: address.slice(address.indexOf('/') + 1),
          arn: id,
          id: String(valueAt(each, 'Target.Id')),
          port: Number(valueAt(each, 'Target.Port')),
          state: String(valueAt(each, 'TargetHealth.State')),
          reason: String(valueAt(each, 'TargetHealth.Reason') ?? ''),
        }),
      );
    }),
  );
  return all.flat();
}

/** Waits up to a minute until no target is `initial` or `draining`: AWS has then made up its mind. */
export async function settledTargets(look: Look): Promise<readonly TargetState[]> {
  return look.once('targets', async () => {
    for (let i = 0; ; i++) {
      const targets = await targetsOf(look);
      if (i >= 30 || !targets.some(({ state }) => state === 'initial' || state === 'draining')) return targets;
      await look.sleep(2000);
    }
  });
}

export const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
