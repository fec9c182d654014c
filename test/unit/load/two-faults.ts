/** A load with two experiments, each as in `samples.ts`: the second scene begins where the first one ends. */

import type { ChaosEvent } from '../../../reconciler/chaos/types.ts';
import type { JudgeInTurnInput, Turn } from '../../../reconciler/load/judge-in-turn.ts';
import type { Sample } from '../../../reconciler/load/types.ts';
import { at, group, judgeInput, runOf, type Scene, samplesOf, usual } from './samples.ts';

const later = <T extends Sample | ChaosEvent>(list: readonly T[], seconds: number): T[] =>
  list.map((each) => ({ ...each, at: each.at + seconds * 1000, ...('since' in each ? { since: each.since + seconds * 1000 } : {}) }));

/** `from`: seconds from the start of the load at which the steady state before it was back. */
export function turnOf(scene: Scene, start: number, from: number): Turn {
  const { victim, disruption, chaos } = judgeInput(scene);
  const seen = disruption === null ? null : { ...disruption, observations: later(disruption.observations, start) };
  return { chaos: chaos ?? {}, group, victim, disruption: seen, refusal: '', from: at(from), why: '' };
}

/** Two faults, 60 s apart. The steady state is back at second 56 of the load, of the first scene: the second stretch begins there. */
export function twoFaults(second: Scene = usual, more: Partial<JudgeInTurnInput> = {}): JudgeInTurnInput {
  const samples = [...samplesOf(usual), ...later(samplesOf(second), usual.end)];
  return {
    settings: { script: 'k6/load.ts', rate: usual.rate, duration: usual.end + second.end, path: '/', timeout: 5 },
    objectives: { errorRate: 0.05, recovery: 15 },
    run: runOf(samples),
    turns: [turnOf(usual, 0, 0), turnOf(second, usual.end, 56)],
    ...more,
  };
}

export const NOT_REACHED: Turn = {
  ...{ chaos: { slowTarget: { from: 'web', at: 20, for: 20 } }, group: null, victim: null, disruption: null, refusal: '', from: null },
  why: 'the steady state had not returned by second 80 of the load, the latest time at which this experiment could start: the target of web-1 is unused',
};
