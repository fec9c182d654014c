/**
 * The tag on what a load test breaks. It is put on before the fault and taken off when the victim is seen healthy, so whoever comes later
 * (a plan, an apply, the post step, `albedo halt`) finds what was left broken and can mend it from the tag alone. Pure.
 */

import { FAULT_TAG } from '../model/tags.ts';
import type { Victim } from './types.ts';

export interface FaultMark {
  readonly experiment: string;
  /** Milliseconds since the epoch: when it was put on, and when the fault should be over. */
  readonly since: number;
  readonly until: number;
  /** Who did it, such as the run of a workflow. */
  readonly run: string;
  /** As far as the tag tells: enough to mend it. */
  readonly victim: Victim;
}

/** Longest value of a tag, and what it may hold in every service (EC2 user guide, tag restrictions). */
const LONGEST = 256;
/** What may stand behind the zone: a name, a number, an id with ports. */
export const DETAIL = /^([a-zA-Z0-9][\w.:=@-]*)?$/;
const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/**
 * `stopInstance 2026-11-29T20:00:00Z 2026-11-29T20:02:00Z i-0abc/8080 arn:aws:… user@host`; behind the port the zone of an address,
 * and what the undo has to know. Of several victims each has its own.
 */
export function writeMark({ experiment, since, until, run, victim }: FaultMark): string {
  const { instanceId, port, registeredZone = '', detail = '' } = victim;
  const target = `${instanceId}/${port}/${registeredZone}/${detail}`.replace(/\/+$/, '');
  const told = [experiment, time(since), time(until), target, victim.groupArn].join(' ');
  // Who did it may be cut short; what the undo needs may not.
  if (told.length > LONGEST) throw new Error(`what is done to ${instanceId} does not fit into a tag of ${LONGEST} characters`);
  const whole = [told, run.replace(/[^\p{L}\p{N}_.:/=+\-@]/gu, '-')].join(' ');
  return whole.slice(0, LONGEST).trimEnd();
}

/** What `writeMark` wrote; undefined for anything else: somebody may have changed it. `name` of the victim and `stack`: where they are known. */
export function readMark(text: string, name?: string, stack?: string): FaultMark | undefined {
  const [experiment = '', since = '', until = '', target = '', groupArn = '', run = ''] = text.split(' ');
  const [instanceId = '', port = '', registeredZone = '', detail = ''] = target.split('/');
  const [from, to] = [Date.parse(since), Date.parse(until)];
  if (!/^[a-zA-Z]+$/.test(experiment) || !/^[\w.:-]+$/.test(instanceId) || !/^\d{1,5}$/.test(port)) return undefined;
  // It may come to stand in a command for a machine: nothing that a shell, or a program's options, would make something else of.
  if (!DETAIL.test(detail)) return undefined;
  if (!Number.isFinite(from) || !Number.isFinite(to) || !/^arn:[\w-]+:elasticloadbalancing:\S+$/.test(groupArn)) return undefined;
  return {
    ...{ experiment, since: from, until: to, run },
    victim: {
      ...{ experiment, instanceId, name: name ?? instanceId, zone: '', port: Number(port), groupArn, seed: '' },
      group: groupArn.split('/')[1] ?? '',
      ...(registeredZone === '' ? {} : { registeredZone }),
      ...(detail === '' ? {} : { detail }),
      ...(stack === undefined ? {} : { stack }),
    },
  };
}

/** Where the tag of a victim is put: on the instance, or on the group of a target, since a registration bears no tags. */
export type Marked = (victim: Victim) => { readonly service: 'ec2' | 'elbv2'; readonly id: string };

/** The call that puts the tag on, and the one that takes it off. */
export function markCalls(where: ReturnType<Marked>, value: string) {
  const { service, id } = where;
  return service === 'ec2'
    ? {
        on: { op: 'ec2:CreateTags', input: { Resources: [id], Tags: [{ Key: FAULT_TAG, Value: value }] } },
        off: { op: 'ec2:DeleteTags', input: { Resources: [id], Tags: [{ Key: FAULT_TAG }] } },
      }
    : {
        on: { op: 'elbv2:AddTags', input: { ResourceArns: [id], Tags: [{ Key: FAULT_TAG, Value: value }] } },
        off: { op: 'elbv2:RemoveTags', input: { ResourceArns: [id], TagKeys: [FAULT_TAG] } },
      };
}
