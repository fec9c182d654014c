/** When the experiments of a spec would begin and be over, in seconds of the load: at the earliest, and as their predictions have it at the latest. */

import type { Experiment } from '../chaos/experiments/experiment.ts';
import { healthCheckOf } from '../load/predict.ts';
import { STEADY_SECONDS } from '../load/steady.ts';
import { parseDuration } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import { valueAt } from '../model/paths.ts';
import { verifyRows } from '../model/top.ts';
import type { SpecObject } from './draft.ts';

export interface Asked {
  readonly experiment: Experiment;
  /** What the spec says of it. */
  readonly fault: SpecObject;
  /** Of its target group. */
  readonly values: Readonly<Record<string, Json>>;
}

export interface Times {
  /** At the earliest: the fault, and its undo. */
  readonly begins: number;
  readonly ends: number;
  /** The undo, if everything before it takes as long as is to be expected. */
  readonly endsLatest: number;
}

/** In turn, each after the recovery from the one before it and the steady state that has to follow. */
export function timesOf(all: readonly Asked[]): readonly Times[] {
  let [earliest, latest] = [0, 0];
  return all.map(({ experiment, fault, values }) => {
    const said = (key: string): number => parseDuration(fault[key] ?? valueAt(experiment.schema, `properties.${key}.default`) ?? null);
    const own = Object.fromEntries(Object.entries(fault).map(([key, value]) => [key, String(value)]));
    const { recovery } = experiment.predict(healthCheckOf(values), own);
    const lasts = experiment.refills === true ? 0 : said('for');
    const begins = earliest + said('at');
    const endsLatest = latest + said('at') + lasts;
    earliest = begins + lasts + Math.floor(recovery.from) + STEADY_SECONDS;
    latest = endsLatest + Math.ceil(recovery.to) + STEADY_SECONDS;
    return { begins, ends: begins + lasts, endsLatest };
  });
}

/** Seconds. */
export const loadLength = (load: SpecObject): number =>
  parseDuration(load['duration'] ?? valueAt(verifyRows({})['load'], 'properties.duration.default') ?? null);
