/** The experiments: each is a file in `experiments/` and a line here. Everything else uses this list. */

import type { ChaosSettings, FaultSettings } from '../load/types.ts';
import type { Schema } from '../model/codec.ts';
import { closeRule } from './experiments/close-rule.ts';
import { deregisterTarget } from './experiments/deregister-target.ts';
import type { Experiment } from './experiments/experiment.ts';
import { failRequests } from './experiments/fail-requests.ts';
import { killProcess } from './experiments/kill-process.ts';
import { slowTarget } from './experiments/slow-target.ts';
import { stopInstance } from './experiments/stop-instance.ts';
import { stopShare } from './experiments/stop-share.ts';
import { stopZone } from './experiments/stop-zone.ts';
import { terminateInstance } from './experiments/terminate-instance.ts';

/** The first is the default. */
export const EXPERIMENTS: readonly [Experiment, ...Experiment[]] = [
  stopInstance,
  stopShare,
  stopZone,
  killProcess,
  slowTarget,
  failRequests,
  deregisterTarget,
  closeRule,
  terminateInstance,
];

/** The schema of each experiment under `chaos`, by its name. */
export const EXPERIMENT_ROWS: Readonly<Record<string, Schema>> = Object.fromEntries(EXPERIMENTS.map(({ name, schema }) => [name, schema]));

/** Throws for an unknown name, which the schema never allows. */
export function experimentNamed(name: string): Experiment {
  const found = EXPERIMENTS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no experiment ${name}`);
  return found;
}

export interface Fault {
  readonly experiment: Experiment;
  readonly settings: FaultSettings;
}

/** Whether AWS FIS carries it out. */
export const isByFis = ({ experiment, settings }: Fault): boolean => experiment.fis !== undefined && settings.own?.['by'] === 'fis';

/** The operation that breaks. */
export const breakingOp = (fault: Fault): string => (isByFis(fault) ? 'fis:StartExperiment' : fault.experiment.start.op);

/** The fault that a spec asks for; undefined if none. */
export function faultOf(chaos: ChaosSettings | null | undefined): Fault | undefined {
  const [first] = Object.entries(chaos ?? {});
  return first === undefined ? undefined : { experiment: experimentNamed(first[0]), settings: first[1] };
}

/** The faults that a spec asks for, in order: the one of `chaos`, or those of `experiments`. */
export const faultsOf = (settings: { readonly chaos?: ChaosSettings; readonly experiments?: readonly ChaosSettings[] }): readonly Fault[] =>
  (settings.experiments ?? [settings.chaos]).flatMap((each) => faultOf(each) ?? []);

/** The victims as a subject: `one of the 2 instances of web is`, `50% of the instances of web are`. `count`: how many targets there are, if known. */
export function subjectOf({ experiment: { picks, words }, settings }: Fault, count?: number): string {
  const { from, own = {}, instance, target } = settings;
  const all = `the ${count === undefined ? '' : `${count} `}${words.thing}s of ${from}`;
  if (picks === 'share') return `${own['share']} of ${all} are`;
  if (picks === 'zone') return `all ${words.thing}s of ${from} in ${own['zone'] ?? 'one zone'} are`;
  return `${instance ?? target ?? `one of ${all}`} is`;
}

/** The words of the fault, or of the default experiment if there is none. */
export const wordsOf = (chaos: ChaosSettings | null | undefined): Experiment['words'] =>
  (faultOf(chaos)?.experiment ?? EXPERIMENTS[0]).words;

/** The AWS operation without its service: `StopInstances`. */
export const actionOf = (op: string): string => op.slice(op.indexOf(':') + 1);
