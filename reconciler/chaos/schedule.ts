/**
 * The second pair of hands: a one-time schedule of EventBridge Scheduler that undoes a fault some time after it should be over, for when albedo and its
 * watchdog are both gone. It is made before the fault and deleted once the victim is whole. Pure. EventBridge Scheduler user guide, "Using universal
 * targets" and "Schedule types".
 */

import type { Json } from '../model/json.ts';
import type { About, Experiment } from './experiments/experiment.ts';
import type { Victim } from './types.ts';
import { eachOf } from './victim.ts';

/** After the time by which the fault should be over: albedo has mended by then, and after it the watchdog. Two minutes. */
const MARGIN_MS = 120_000;
/** Schedules of everybody are in a group; this one is always there. */
const GROUP = 'default';
/** Services by the names that targets have for them: those of the SDK for Java 2 (user guide, "Using universal targets"). */
const SERVICES: Readonly<Record<string, string>> = { ec2: 'ec2', elbv2: 'elasticloadbalancingv2' };

/** All names of a stack: what a policy can fence. The longest is 64 characters, a stack has 32 at most. */
export const schedulesOf = (stack: string): string => `albedo.${stack}.*`;
const nameOf = (stack: string, { instanceId }: Victim): string =>
  schedulesOf(stack).replace('*', instanceId.replace(/[^\w.-]/g, '-').slice(-24));

export interface ScheduleRequest {
  readonly experiment: Experiment;
  readonly victim: Victim;
  readonly stack: string;
  /** What was seen of the victim before the fault. */
  readonly about: About;
  /** When the fault should be over, milliseconds since the epoch. */
  readonly until: number;
  /** ARN of the role by which it is undone. */
  readonly roleArn: string;
  /** Told apart from what an earlier run made by it. */
  readonly token: string;
}

/** Inputs of CreateSchedule: one for each call that the undo consists of. */
export function schedulesFor({ experiment, victim, stack, about, until, roleArn, token }: ScheduleRequest): readonly Json[] {
  const { undo } = experiment;
  const [service = '', action = ''] = undo.op.split(':');
  const partition = roleArn.split(':')[1] ?? 'aws';
  return partsOf(experiment, victim).map((part) => ({
    ...{ Name: nameOf(stack, part), GroupName: GROUP, ClientToken: token },
    Description: `albedo: ${undo.op.replace(':', ' ')} for ${part.name}, when a load test of ${stack} ends without it`.slice(0, 512),
    ScheduleExpression: `at(${new Date(until + MARGIN_MS).toISOString().slice(0, 19)})`,
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: `arn:${partition}:scheduler:::aws-sdk:${SERVICES[service] ?? service}:${action.slice(0, 1).toLowerCase()}${action.slice(1)}`,
      RoleArn: roleArn,
      Input: JSON.stringify(undo.input(part, about)),
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3600 },
    },
  }));
}

/** Inputs of DeleteSchedule for the same. */
export const endingsFor = (experiment: Experiment, victim: Victim, stack: string): readonly Json[] =>
  partsOf(experiment, victim).map((part) => ({ Name: nameOf(stack, part), GroupName: GROUP }));

const partsOf = ({ undo }: Experiment, victim: Victim): readonly Victim[] => (undo.whole === true ? [victim] : eachOf(victim));
