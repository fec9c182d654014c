/** The samples of a load and the run of a plan -> what the apply did to those who used the load balancer meanwhile. Pure. */

import { PHASES } from '../chaos/types.ts';
import type { StepRun } from '../plan/types.ts';
import { attribute, spanOf } from './attribution.ts';
import { generatedBy } from './generator.ts';
import { endingOf } from './k6-exit.ts';
import { judgeWorst } from './objectives.ts';
import { only } from './samples.ts';
import { failureKinds, statistics } from './statistics.ts';
import type { LoadRun, Objectives, Sample, Samples } from './types.ts';
import type { LoadedApply, LoadPhase } from './under-load-types.ts';

export interface JudgeApplyInput {
  readonly run: LoadRun;
  readonly steps: readonly StepRun[];
  readonly url: string;
  readonly listener: string;
  readonly rate: number;
  readonly objectives: Objectives;
}

/**
 * Judged by the objectives on errors and latencies, in each phase. Without one on errors no request may fail. `inconclusive`
 * when nothing was missed but the load was not the one asked for.
 */
export function judgeApply(input: JudgeApplyInput): LoadedApply {
  const { run, steps } = input;
  // The load goes on for as long as the apply takes: no number was asked for.
  const { reached, broken, doubts: unsent } = generatedBy(run, 0);
  const overall = statistics(reached);
  const phases = phasesOf(reached, steps, run);
  const { errorRate = 0, p95, p99 } = input.objectives;
  const limits = { errorRate, ...(p95 === undefined ? {} : { p95 }), ...(p99 === undefined ? {} : { p99 }) };
  const objectives = judgeWorst(limits, phases, 'the apply');
  const missed = objectives.filter((each) => each.result === 'missed');
  const { blames, before } = attribute(reached, steps);
  const doubts = [...doubtsOf(run), ...unsent];
  return {
    kind: 'loaded',
    verdict: missed.length > 0 && !broken ? 'missed' : doubts.length > 0 ? 'inconclusive' : 'pass',
    sentence: `${thousands(overall.failed)} of ${thousands(overall.count)} requests failed while ${steps.length} step${steps.length === 1 ? '' : 's'} ran`,
    reasons: [...missed.map((each) => `objective ${each.name} was missed under load: ${each.detail}`), ...doubts],
    url: input.url,
    listener: input.listener,
    rate: input.rate,
    k6: { version: run.version, outcome: run.outcome },
    steps: steps.length,
    overall,
    phases,
    blames,
    failedBefore: before,
    failures: failureKinds(reached),
    objectives,
    dropped: run.dropped,
  };
}

/** A request is of the apply when any part of it was: it was answered after the first step began and sent before the last one ended. */
function phasesOf(samples: Samples, steps: readonly StepRun[], run: LoadRun): readonly LoadPhase[] {
  const span = spanOf(steps);
  if (span === undefined) return [{ phase: 'before', from: run.startedAt, to: run.endedAt, ...statistics(samples) }];
  const of = (sample: Sample) => (sample.at + sample.ms < span.from ? 'before' : sample.at > span.to ? 'after' : 'during');
  const spans = {
    before: [run.startedAt, span.from],
    during: [span.from, span.to],
    after: [span.to, Math.max(span.to, run.endedAt)],
  } as const;
  return PHASES.map((phase) => {
    const [from, to] = spans[phase];
    return { phase, from, to, ...statistics(only(samples, (sample) => of(sample) === phase)) };
  });
}

function doubtsOf(run: LoadRun): readonly string[] {
  const doubts: string[] = [];
  if (run.outcome !== 'done') doubts.push(`the load ended before the apply: ${endingOf(run)}`);
  if (run.samples.length === 0) doubts.push('no request was sent');
  return doubts;
}

const thousands = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
