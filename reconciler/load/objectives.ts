/** Objectives against what was measured. Pure. */

import type { Measured, ObjectiveName, ObjectiveResult, Objectives, PhaseReport, Statistics } from './types.ts';

const UNITS: Readonly<Record<ObjectiveName, ObjectiveResult['unit']>> = {
  errorRate: 'ratio',
  p95: 'ms',
  p99: 'ms',
  failover: 's',
  recovery: 's',
  detection: 's',
};

/** A phase as far as rates and latencies go. */
type RatedPhase = Statistics & Pick<PhaseReport, 'phase'>;

/**
 * Rates and latencies must hold in **each** phase, so that a long quiet run cannot thin out a bad failover: the worst phase
 * is the one that counts. A time that was not over when the run ended is a miss once it is above the limit, and else not
 * evaluated. A value equal to its limit passes. `event` is what the phases are before, during and after; without `times` there are
 * no objectives on them.
 */
export function judgeObjectives(
  objectives: Objectives,
  phases: readonly RatedPhase[],
  times?: { readonly detection: Measured; readonly failover: Measured; readonly recovery: Measured },
  event = 'the fault',
): ObjectiveResult[] {
  const results: ObjectiveResult[] = [];
  const names: readonly ObjectiveName[] = ['errorRate', 'p95', 'p99', 'detection', 'failover', 'recovery'];
  for (const name of names) {
    const limit = objectives[name];
    if (limit === undefined) continue;
    switch (name) {
      case 'errorRate':
      case 'p95':
      case 'p99':
        results.push(worstPhase(name, limit, phases, event));
        break;
      default:
        if (times !== undefined) results.push(ofTime(name, limit, times[name]));
    }
  }
  return results;
}

const marginOf = (measured: number, limit: number): number | null => (limit === 0 ? null : (limit - measured) / limit);

function worstPhase(name: 'errorRate' | 'p95' | 'p99', limit: number, phases: readonly RatedPhase[], event: string): ObjectiveResult {
  let worst: { value: number; phase: RatedPhase } | undefined;
  for (const phase of phases) {
    const value = phase.count === 0 ? null : phase[name];
    if (value !== null && (worst === undefined || value > worst.value)) worst = { value, phase };
  }
  if (worst === undefined)
    return { name, limit, unit: UNITS[name], result: 'not-evaluated', measured: null, detail: 'there were no requests', margin: null };
  const { value, phase } = worst;
  const when = phases.length === 1 ? 'in the whole run' : `${phase.phase} ${event}`;
  const detail =
    name === 'errorRate'
      ? `${percent(value)} ${when} (${phase.failed} of ${phase.count} requests), limit ${percent(limit)}`
      : `${whole(value)} ms ${when}, limit ${whole(limit)} ms`;
  return {
    name,
    limit,
    unit: UNITS[name],
    result: value <= limit ? 'pass' : 'missed',
    measured: value,
    detail,
    margin: marginOf(value, limit),
  };
}

function ofTime(name: 'detection' | 'failover' | 'recovery', limit: number, time: Measured): ObjectiveResult {
  const base = { name, limit, unit: UNITS[name] } as const;
  switch (time.kind) {
    case 'unknown':
      return { ...base, result: 'not-evaluated', measured: null, detail: time.note, margin: null };
    case 'atLeast':
      if (time.seconds > limit)
        return {
          ...base,
          result: 'missed',
          measured: time.seconds,
          detail: `over ${time.seconds.toFixed(1)} s, limit ${limit} s: ${time.note}`,
          margin: marginOf(time.seconds, limit),
        };
      return { ...base, result: 'not-evaluated', measured: null, detail: time.note, margin: null };
    case 'measured': {
      const result = time.seconds <= limit ? 'pass' : 'missed';
      const note = time.note === undefined || time.note === '' ? '' : ` (${time.note})`;
      return {
        ...base,
        result,
        measured: time.seconds,
        detail: `${time.seconds.toFixed(1)} s, limit ${limit} s${note}`,
        margin: marginOf(time.seconds, limit),
      };
    }
  }
}

const whole = (value: number): string => String(value < 10 ? Number(value.toFixed(1)) : Math.round(value));
const percent = (ratio: number): string => `${Number((ratio * 100).toFixed(2))} %`;
