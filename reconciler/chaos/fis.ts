/**
 * AWS FIS (Fault Injection Service) instead of albedo's own call: the template, and how to read an experiment. Pure. API reference;
 * `fis-2020-12-01` of botocore; FIS user guide, "Actions reference" and "Quotas".
 */

import type { Json } from '../model/json.ts';
import { valueAt } from '../model/paths.ts';
import { FAULT_TAG, STACK_TAG } from '../model/tags.ts';
import type { Experiment } from './experiments/experiment.ts';
import type { Victim } from './types.ts';
import { idsOf, titleOf } from './victim.ts';

/** `Victim.detail` of a victim of FIS: tells the undo that there is an experiment to end. */
export const BY_FIS = 'fis';

/** Quotas: ARNs of a target, and actions that run side by side. */
const IN_TARGET = 5;
const SIDE_BY_SIDE = 10;

export interface TemplateRequest {
  readonly experiment: Experiment;
  readonly victim: Victim;
  readonly stack: string;
  readonly seconds: number;
  readonly where: { readonly partition: string; readonly region: string; readonly account: string };
  /** Name of the role, with its path. */
  readonly role: string;
  /** Names of CloudWatch alarms of the region; without any, only its end stops the experiment. */
  readonly alarms: readonly string[];
  /** Client token: the same token creates the same template. */
  readonly token: string;
}

/** The tags by which a template and its experiments are recognised as those of a load test of the stack. */
export const tagsOfFis = (stack: string, experiment: string): Readonly<Record<string, string>> => ({
  [STACK_TAG]: stack,
  [FAULT_TAG]: experiment,
});

/** Input of CreateExperimentTemplate. Throws if FIS cannot break so many at once. */
export function templateFor({ experiment, victim, stack, seconds, where, role, alarms, token }: TemplateRequest): Json {
  const { fis, name, words } = experiment;
  if (fis === undefined) throw new Error(`AWS FIS has no action for ${name}`);
  const arns = idsOf(victim).map((id) => fis.arn(id, where));
  const parts = Array.from({ length: Math.ceil(arns.length / IN_TARGET) }, (_, index) => ({
    name: `victims-${index + 1}`,
    arns: arns.slice(index * IN_TARGET, (index + 1) * IN_TARGET),
  }));
  if (parts.length > SIDE_BY_SIDE)
    throw new Error(`AWS FIS ${words.verb}s ${SIDE_BY_SIDE * IN_TARGET} ${words.thing}s at most at once, and these are ${arns.length}`);
  const { partition, region, account } = where;
  return {
    clientToken: token,
    description: `albedo: ${name} in a load test of ${stack}: ${titleOf(victim)}`.slice(0, 512),
    roleArn: `arn:${partition}:iam::${account}:role/${role}`,
    stopConditions:
      alarms.length === 0
        ? [{ source: 'none' }]
        : alarms.map((alarm) => ({
            source: 'aws:cloudwatch:alarm',
            value: `arn:${partition}:cloudwatch:${region}:${account}:alarm:${alarm}`,
          })),
    targets: Object.fromEntries(
      parts.map((part) => [part.name, { resourceType: fis.resourceType, resourceArns: part.arns, selectionMode: 'ALL' }]),
    ),
    actions: Object.fromEntries(
      parts.map((part) => [
        part.name,
        { actionId: fis.actionId, parameters: fis.parameters(seconds), targets: { [fis.targets]: part.name } },
      ]),
    ),
    tags: tagsOfFis(stack, name),
  };
}

/** The answer of GetExperiment. */
export interface FisState {
  readonly status: string;
  readonly reason: string;
  /** It may still break something, or is still undoing it. */
  readonly active: boolean;
  /** Every action is running or has run. */
  readonly underWay: boolean;
  /** An action has begun: something may be broken. */
  readonly touched: boolean;
  /** When the last action began, milliseconds since the epoch by AWS's clock; undefined: not known. */
  readonly beganAt?: number;
}

const ACTIVE = /^(pending|initiating|running|stopping)$/;
/** An action in such a state has done nothing. */
const IDLE = /^(pending|initiating|cancelled|skipped)$/;

/** Of an answer, or of one of the experiments in a list. */
export const isActive = (experiment: Json): boolean => ACTIVE.test(text(experiment, 'state.status'));

export function readExperiment(answer: Json): FisState {
  const experiment = valueAt(answer, 'experiment') ?? {};
  const actions = Object.values((valueAt(experiment, 'actions') ?? {}) as Readonly<Record<string, Json>>);
  const begun = actions.filter((action) => !IDLE.test(text(action, 'state.status') || 'pending'));
  const times = begun.map((action) => valueAt(action, 'startTime')).filter((time) => typeof time === 'number');
  return {
    status: text(experiment, 'state.status') || 'in an unknown state',
    reason: text(experiment, 'state.reason'),
    active: isActive(experiment),
    underWay: actions.length > 0 && begun.length === actions.length,
    // Without any actions in the answer, nothing is known.
    touched: actions.length === 0 || begun.length > 0,
    ...(times.length === 0 ? {} : { beganAt: Math.max(...times) * 1000 }),
  };
}

/** `stopped: Experiment halted by stop condition` */
export const stateText = ({ status, reason }: Pick<FisState, 'status' | 'reason'>): string =>
  reason === '' ? status : `${status}: ${reason.replace(/\.$/, '')}`;

const text = (value: Json, path: string): string => {
  const found = valueAt(value, path);
  return typeof found === 'string' ? found : '';
};
