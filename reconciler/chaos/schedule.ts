/**
 * The second pair of hands: a one-time schedule of EventBridge Scheduler that undoes a fault some time after it should be over, for when albedo and its
 * watchdog are both gone. It is made before the fault and deleted once the victim is whole. Pure. EventBridge Scheduler user guide, "Using universal
 * targets" and "Schedule types".
 */

import type { Json } from '../model/json.ts';
import type { About, Experiment } from './experiments/experiment.ts';
import type { Victim } from './types.ts';
import { partsOf } from './victim.ts';

/** How long after the planned end of the fault the schedule runs: by then albedo, or after it the watchdog, has undone the fault. Two minutes. */
const MARGIN_MS = 120_000;
/** Every schedule is in a group; this one always exists. */
const GROUP = 'default';
/** Service names in the ARN of a universal target: those of the SDK for Java 2 (user guide, "Using universal targets"). */
const SERVICES: Readonly<Record<string, string>> = { ec2: 'ec2', elbv2: 'elasticloadbalancingv2' };

/** Pattern for all schedule names of a stack, which a policy can allow. A name has at most 64 characters, the name of a stack at most 32. */
export const schedulesOf = (stack: string): string => `albedo.${stack}.*`;
const nameOf = (stack: string, { instanceId }: Victim): string =>
  schedulesOf(stack).replace('*', instanceId.replace(/[^\w.-]/g, '-').slice(-24));

export interface ScheduleRequest {
  readonly experiment: Experiment;
  readonly victim: Victim;
  readonly stack: string;
  /** State of the victim before the fault. */
  readonly about: About;
  /** When the fault should be over, milliseconds since the epoch. */
  readonly until: number;
  /** ARN of the role that EventBridge Scheduler assumes. */
  readonly roleArn: string;
  /** Client token that is different for each run. */
  readonly token: string;
}

/** Inputs of CreateSchedule: one for each call that the undo consists of. */
export function schedulesFor({ experiment, victim, stack, about, until, roleArn, token }: ScheduleRequest): readonly Json[] {
  const { undo } = experiment;
  const [service = '', action = ''] = undo.op.split(':');
  const partition = roleArn.split(':')[1] ?? 'aws';
  return partsOf(experiment, victim).map((part) => ({
    ...{ Name: nameOf(stack, part), GroupName: GROUP, ClientToken: token },
    Description: `albedo: ${undo.op.replace(':', ' ')} for ${part.name}, if a load test of ${stack} ends without it`.slice(0, 512),
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
