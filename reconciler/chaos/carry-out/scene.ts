/** One fault as its parts share it, and who carries it out beside albedo. */

import type { Json } from '../../model/json.ts';
import type { Clock, Cloud, Emit } from '../../run/port.ts';
import type { About, Experiment } from '../experiments/experiment.ts';
import type { ChaosEvent, Victim } from '../types.ts';
import type { Interruption } from './interruption.ts';

export interface Scene {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly experiment: Experiment;
  readonly victim: Victim;
  /** `seen`: what the last look before the fault showed. */
  readonly about: Omit<About, 'seen'> & { seen: Json };
  readonly interruption: Interruption;
  readonly emit: Emit;
  /** Tells what the report has to say whatever the verdict is. */
  readonly note: (text: string) => void;
  readonly observe: (observation: ChaosEvent) => void;
}

/** Outlives this process and restores what it leaves broken. */
export interface Guardian {
  /** Called before the fault. `until`: when it should be over, milliseconds since the epoch. Rejects if the guardian could not undo it. */
  arm(victim: Victim, until: number, about: About): Promise<void>;
  /** The victim is restored, or nothing was done to it. Reports by itself what it cannot clean up. */
  disarm(): void | Promise<void>;
}

/** Breaks the victim instead of the experiment's own call, and undoes it by itself in the end. The undo is sent anyway. */
export interface Breaker {
  /**
   * Resolves when the fault has begun, with the time in milliseconds since the epoch. Rejects like a call, with the class `Unknown` if a part
   * of it may have been done.
   */
  begin(signal: AbortSignal): Promise<number>;
  /** Resolves when it has ended by itself: with the reason, or empty at the planned end. Rejects when the signal ends. */
  ended(signal: AbortSignal): Promise<string>;
  /** Ends it; at once if nothing has begun. Never rejects and takes a few seconds at most: it reports by itself what it could not end. */
  end(): Promise<void>;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
