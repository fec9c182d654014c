/**
 * The tag on what a load test breaks. It is added before the fault and removed when the victim is seen healthy. So a later plan, apply,
 * post step or `albedo halt` finds what was left broken and can restore it from the tag alone. Pure.
 */

import { FAULT_TAG } from '../model/tags.ts';
import type { Victim } from './types.ts';

export interface FaultMark {
  readonly experiment: string;
  /** Milliseconds since the epoch: when the tag was added, and when the fault should be over. */
  readonly since: number;
  readonly until: number;
  /** The run that did it, such as a workflow run. */
  readonly run: string;
  /** As far as the tag describes it: enough to restore it. */
  readonly victim: Victim;
}

/** Longest tag value that every service allows (EC2 user guide, tag restrictions). */
const LONGEST = 256;
/** What may follow the zone: a name, a number, an id with ports. */
export const DETAIL = /^([a-zA-Z0-9][\w.:=@-]*)?$/;
const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/**
 * `stopInstance 2026-11-29T20:00:00Z 2026-11-29T20:02:00Z i-0abc/8080 arn:aws:… user@host`; after the port the zone of an
 * address and the detail that the undo needs. Each of several victims has its own tag.
 */
export function writeMark({ experiment, since, until, run, victim }: FaultMark): string {
  const { instanceId, port, registeredZone = '', detail = '' } = victim;
  const target = `${instanceId}/${port}/${registeredZone}/${detail}`.replace(/\/+$/, '');
  const told = [experiment, time(since), time(until), target, victim.groupArn].join(' ');
  // The name of the run may be shortened; what the undo needs may not.
  if (told.length > LONGEST) throw new Error(`the fault of ${instanceId} does not fit into a tag of ${LONGEST} characters`);
  const whole = [told, run.replace(/[^\p{L}\p{N}_.:/=+\-@]/gu, '-')].join(' ');
  return whole.slice(0, LONGEST).trimEnd();
}

/** Reads what `writeMark` wrote; undefined for anything else, since somebody may have changed the tag. `name` of the victim, `stack`: if known. */
export function readMark(text: string, name?: string, stack?: string): FaultMark | undefined {
  const [experiment = '', since = '', until = '', target = '', groupArn = '', run = ''] = text.split(' ');
  const [instanceId = '', port = '', registeredZone = '', detail = ''] = target.split('/');
  const [from, to] = [Date.parse(since), Date.parse(until)];
  if (!/^[a-zA-Z]+$/.test(experiment) || !/^[\w.:-]+$/.test(instanceId) || !/^\d{1,5}$/.test(port)) return undefined;
  // It may become part of a command on an instance: no characters that a shell would interpret, and nothing that looks like an option.
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

/** The resource that gets the tag: the instance, or the group of a target, since a registration has no tags. */
export type Marked = (victim: Victim) => { readonly service: 'ec2' | 'elbv2'; readonly id: string };

/** The calls that add and remove the tag. */
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
