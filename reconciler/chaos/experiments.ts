/** The experiments: a file in `experiments/` and a line here. All else asks the entry. */

import type { ChaosSettings, FaultSettings } from '../load/types.ts';
import type { Schema } from '../model/codec.ts';
import { deregisterTarget } from './experiments/deregister-target.ts';
import type { Experiment } from './experiments/experiment.ts';
import { stopInstance } from './experiments/stop-instance.ts';

/** The first is the usual one. */
export const EXPERIMENTS: readonly [Experiment, ...Experiment[]] = [stopInstance, deregisterTarget];

/** What a spec may say under `chaos`, by experiment. */
export const EXPERIMENT_ROWS: Readonly<Record<string, Schema>> = Object.fromEntries(EXPERIMENTS.map(({ name, schema }) => [name, schema]));

/** Throws for a name that is none: the schema has let nothing else through. */
export function experimentNamed(name: string): Experiment {
  const found = EXPERIMENTS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no experiment ${name}`);
  return found;
}

export interface Fault {
  readonly experiment: Experiment;
  readonly settings: FaultSettings;
}

/** What a spec asks for; undefined when nothing is to be broken. */
export function faultOf(chaos: ChaosSettings | null | undefined): Fault | undefined {
  const [first] = Object.entries(chaos ?? {});
  return first === undefined ? undefined : { experiment: experimentNamed(first[0]), settings: first[1] };
}

/** The words of the fault, and of the usual one where there is none. */
export const wordsOf = (chaos: ChaosSettings | null | undefined): Experiment['words'] =>
  (faultOf(chaos)?.experiment ?? EXPERIMENTS[0]).words;

/** The AWS operation without its service: `StopInstances`. */
export const actionOf = (op: string): string => op.slice(op.indexOf(':') + 1);
