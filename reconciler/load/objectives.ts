/** Objectives against what was measured. Pure. */

import { PHASES } from '../chaos/types.ts';
import type {
  Measured,
  ObjectiveName,
  ObjectiveResult,
  Objectives,
  PhaseReport,
  RateLimits,
  RateName,
  Statistics,
  TimeName,
} from './types.ts';

export const RATES = ['errorRate', 'p95', 'p99'] as const satisfies readonly RateName[];
export const TIMES = ['detection', 'failover', 'recovery', 'shareBack'] as const satisfies readonly TimeName[];
export const SCOPES = [...PHASES, 'eachPhase'] as const;

const UNITS: Readonly<Record<RateName, ObjectiveResult['unit']>> = { errorRate: 'ratio', p95: 'ms', p99: 'ms' };

/** A phase as far as rates and latencies go. */
type RatedPhase = Statistics & Pick<PhaseReport, 'phase'>;

/**
 * Rates and latencies of the whole run; those under a phase of that phase alone; those under `eachPhase` of the worst one, so that a
 * long quiet run cannot thin out a bad failover. A time that was not over when the run ended is a miss once it is above the limit, and
 * else not evaluated. `within`: what `overall` is of. A value equal to its limit passes. What has no samples is not evaluated.
 */
export function judgeObjectives(
  objectives: Objectives,
  overall: Statistics,
  phases: readonly RatedPhase[],
  times: Readonly<Record<TimeName, Measured>>,
  within = 'in the whole run',
): ObjectiveResult[] {
  const whole = RATES.flatMap((rate) => {
    const limit = objectives[rate];
    return limit === undefined ? [] : [ofRate(rate, rate, limit, overall, within)];
  });
  const scoped = SCOPES.flatMap((scope) =>
    RATES.flatMap((rate) => {
      const limit = objectives[scope]?.[rate];
      if (limit === undefined) return [];
      const name = `${scope}.${rate}` as const;
      if (scope === 'eachPhase') return [worstPhase(name, rate, limit, phases, 'the fault')];
      const phase = phases.find((each) => each.phase === scope);
      return [ofRate(name, rate, limit, phase ?? NOTHING, `${scope} the fault`)];
    }),
  );
  const timed = TIMES.flatMap((name) => {
    const limit = objectives[name];
    return limit === undefined ? [] : [ofTime(name, limit, times[name])];
  });
  return [...whole, ...scoped, ...timed];
}

/** The worst phase of an apply under load is the one that counts: how long it is quiet before and after says nothing. */
export function judgeWorst(limits: RateLimits, phases: readonly RatedPhase[], event: string): ObjectiveResult[] {
  return RATES.flatMap((rate) => {
    const limit = limits[rate];
    return limit === undefined ? [] : [worstPhase(rate, rate, limit, phases, event)];
  });
}

/** How many objectives there are. */
export const countOf = (objectives: Objectives): number =>
  [...RATES, ...TIMES].filter((name) => objectives[name] !== undefined).length +
  SCOPES.reduce((sum, scope) => sum + Object.keys(objectives[scope] ?? {}).length, 0);

const NOTHING: Statistics = { count: 0, failed: 0, errorRate: 0, p50: null, p95: null, p99: null, max: null };

const marginOf = (measured: number, limit: number): number | null => (limit === 0 ? null : (limit - measured) / limit);

function worstPhase(name: ObjectiveName, rate: RateName, limit: number, phases: readonly RatedPhase[], event: string): ObjectiveResult {
  let worst: { value: number; phase: RatedPhase } | undefined;
  for (const phase of phases) {
    const value = phase.count === 0 ? null : phase[rate];
    if (value !== null && (worst === undefined || value > worst.value)) worst = { value, phase };
  }
  const when = phases.length === 1 ? 'in the whole run' : `${worst?.phase.phase ?? 'in any phase of'} ${event}`;
  return ofRate(name, rate, limit, worst?.phase ?? NOTHING, when);
}

function ofRate(name: ObjectiveName, rate: RateName, limit: number, from: Statistics, when: string): ObjectiveResult {
  const base = { name, limit, unit: UNITS[rate] };
  const value = from[rate];
  if (from.count === 0 || value === null)
    return { ...base, result: 'not-evaluated', measured: null, detail: `there were no requests ${when}`, margin: null };
  const detail =
    rate === 'errorRate'
      ? `${percent(value)} ${when} (${from.failed} of ${from.count} requests), limit ${percent(limit)}`
      : `${whole(value)} ms ${when}, limit ${whole(limit)} ms`;
  return { ...base, result: value <= limit ? 'pass' : 'missed', measured: value, detail, margin: marginOf(value, limit) };
}

function ofTime(name: TimeName, limit: number, time: Measured): ObjectiveResult {
  const base = { name, limit, unit: 's' } as const;
  if (time.kind === 'unknown' || (time.kind === 'atLeast' && time.seconds <= limit))
    return { ...base, result: 'not-evaluated', measured: null, detail: time.note, margin: null };
  const { seconds, note = '' } = time;
  return {
    ...base,
    result: time.kind === 'measured' && seconds <= limit ? 'pass' : 'missed',
    measured: seconds,
    detail:
      time.kind === 'atLeast'
        ? `over ${seconds.toFixed(1)} s, limit ${limit} s: ${note}`
        : `${seconds.toFixed(1)} s, limit ${limit} s${note === '' ? '' : ` (${note})`}`,
    margin: marginOf(seconds, limit),
  };
}

const whole = (value: number): string => String(value < 10 ? Number(value.toFixed(1)) : Math.round(value));
const percent = (ratio: number): string => `${Number((ratio * 100).toFixed(2))} %`;
