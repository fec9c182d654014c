/**
 * Samples, what AWS reported and objectives -> a verdict with its figures. Pure.
 *
 * Three verdicts: `pass`; `missed`, when a figure that was measured is above its objective; `inconclusive`, when the run
 * cannot tell. A figure that was measured well and is too high is a miss whatever else went wrong.
 */

import { actionOf, EXPERIMENTS, faultOf, wordsOf } from '../chaos/experiments.ts';
import { readTimeline } from '../chaos/timeline.ts';
import type { Disruption, Phase, Timeline, Victim } from '../chaos/types.ts';
import { PHASES } from '../chaos/types.ts';
import { failedRequests } from './failed.ts';
import { DROPPED_LIMIT } from './judge-apply.ts';
import { judgeObjectives } from './objectives.ts';
import { failureKinds, seriesOf, shares, statistics } from './statistics.ts';
import { detectionTime, failoverTime, healthyAgainTime, recoveryTime, shareBackTime } from './times.ts';
import type {
  ChaosSettings,
  InstanceReport,
  LoadReport,
  LoadRun,
  LoadSettings,
  LoadVerdict,
  Objectives,
  PhaseReport,
  Sample,
  TargetGroupTarget,
} from './types.ts';

export interface JudgeInput {
  readonly settings: LoadSettings;
  readonly chaos: ChaosSettings | null;
  readonly objectives: Objectives;
  readonly run: LoadRun;
  /** The group under load: the one the victim is of. */
  readonly group: TargetGroupTarget | null;
  readonly victim: Victim | null;
  readonly disruption: Disruption | null;
  /** Why no victim was chosen; empty when there is one or none was asked for. */
  readonly refusal: string;
}

export function judge(input: JudgeInput): LoadReport {
  const { run, settings, objectives, victim, disruption, group } = input;
  const { samples, startedAt, endedAt } = run;
  const targets = group?.targets ?? [];
  const fault = faultOf(input.chaos);
  const { start, undo } = fault?.experiment ?? EXPERIMENTS[0];
  const words = wordsOf(input.chaos);
  const names = Object.fromEntries(targets.map((target) => [target.instanceId, target.name]));
  const timeline = readTimeline({
    observations: disruption?.observations ?? [],
    victim: victim?.instanceId ?? '',
    names,
    from: startedAt,
    to: endedAt,
    calls: { stop: actionOf(start.op), start: actionOf(undo.op) },
  });
  const phases = timeline.phases.map((span): PhaseReport => {
    const inside = inSpan(samples, span.from, span.to, span.to >= endedAt);
    return { ...span, ...statistics(inside), shares: shares(inside) };
  });
  const before = phases.find((each) => each.phase === 'before');
  const during = phases.find((each) => each.phase === 'during');

  // Watching may go on after the load: what was seen last bounds what was not seen.
  const watchedUntil = Math.max(endedAt, disruption?.observations.at(-1)?.at ?? 0);
  const detection = detectionTime(timeline, watchedUntil, words);
  const failover = failoverTime(samples, timeline, (before?.failed ?? 0) > 0, words);
  const healthyAgain = healthyAgainTime(timeline, watchedUntil, words);
  const instances = new Set(targets.map((target) => target.instanceId)).size;
  const shareBack = shareBackTime(samples, timeline, victim?.instanceId ?? '', Math.max(1, instances), words);
  const recovery = recoveryTime(healthyAgain, shareBack);

  const results = judgeObjectives(objectives, phases, { detection, failover, recovery });
  const doubts = [
    ...doubtsOf(input, phases, timeline),
    ...results.filter((each) => each.result === 'not-evaluated').map((each) => `objective ${each.name} was not evaluated: ${each.detail}`),
  ];
  const missed = results.filter((each) => each.result === 'missed');
  const verdict: LoadVerdict = missed.length > 0 ? 'missed' : doubts.length > 0 ? 'inconclusive' : 'pass';

  return {
    verdict,
    reasons: [...missed.map((each) => `objective ${each.name} missed: ${each.detail}`), ...doubts],
    settings,
    chaos: input.chaos,
    k6: { version: run.version, outcome: run.outcome },
    startedAt,
    endedAt,
    overall: statistics(samples),
    phases,
    marks: { stop: timeline.stopAt, notHealthy: timeline.notHealthyAt, start: timeline.startAt, healthy: timeline.healthyAt },
    detection,
    failover,
    healthyAgain,
    shareBack,
    recovery,
    lost: { failed: samples.filter((sample) => !sample.ok).length, byFault: lostByFault(before, during) },
    dropped: run.dropped,
    failures: failureKinds(samples),
    failedRequests: failedRequests(samples, startedAt),
    objectives: results,
    predicted: group === null || fault === undefined ? null : fault.experiment.predict(group.healthCheck),
    instances: instanceReports(samples, phases, timeline, input),
    events: timeline.events,
    series: seriesOf(samples, startedAt),
  };
}

/** A request belongs to the phase in which it began. The last phase holds its end too. */
function inSpan(samples: readonly Sample[], from: number, to: number, closed: boolean): Sample[] {
  return samples.filter((sample) => sample.at >= from && (sample.at < to || (closed && sample.at <= to)));
}

function lostByFault(before: PhaseReport | undefined, during: PhaseReport | undefined): number {
  if (during === undefined) return 0;
  return Math.max(0, Math.round(during.failed - (before?.errorRate ?? 0) * during.count));
}

/** What keeps the run from telling, worst first. */
function doubtsOf(input: JudgeInput, phases: readonly PhaseReport[], timeline: Timeline): string[] {
  const { run, disruption, refusal } = input;
  const doubts: string[] = [];
  if (run.outcome !== 'done') doubts.push(`k6 ended as ${run.outcome}${run.exitCode === null ? '' : ` (exit status ${run.exitCode})`}`);
  if (run.samples.length === 0) doubts.push('no request was made');
  const asked = run.samples.length + run.dropped;
  if (run.dropped > asked * DROPPED_LIMIT) {
    doubts.push(`k6 dropped ${run.dropped} of ${asked} requests (over 1 %): no user was free, so the load was lower than asked for`);
  }
  if (input.chaos === null) return doubts;
  const { thing, done } = wordsOf(input.chaos);
  const nothing = `no ${thing} was ${done}`;
  if (refusal !== '') return [...doubts, `${nothing}: ${refusal}`];
  if (disruption === null || disruption.outcome === 'not-started' || timeline.stopAt === null)
    return [...doubts, `${nothing}: ${disruption?.problem || 'the run ended first'}`];
  if (disruption.outcome === 'refused') return [...doubts, `${nothing}: ${disruption.problem}`];
  if (!disruption.restored) doubts.push(disruption.problem);
  if (disruption.outcome === 'aborted') doubts.push('the run was interrupted');
  if (timeline.notHealthyAt === null) doubts.push(`AWS never reported the ${done} target as other than healthy: the fault was not seen`);
  else if (timeline.healthyAt === null) doubts.push(disruption.problem || 'the target was not seen healthy again');
  if (timeline.fewestOthersHealthy === 0)
    doubts.push(`no other target was healthy while the ${thing} was ${done}: nobody was left to serve`);
  for (const phase of PHASES) {
    const report = phases.find((each) => each.phase === phase);
    if (run.samples.length > 0 && (report === undefined || report.count === 0) && (phase !== 'after' || timeline.healthyAt !== null)) {
      doubts.push(
        phase === 'after' ? 'no request was made after the recovery: let the load last longer' : `no request was made ${phase} the fault`,
      );
    }
  }
  return [...new Set(doubts)];
}

function instanceReports(
  samples: readonly Sample[],
  phases: readonly PhaseReport[],
  timeline: Timeline,
  input: JudgeInput,
): InstanceReport[] {
  const origin = timeline.stopAt ?? input.run.startedAt;
  const known = (input.group?.targets ?? []).filter(
    (target, index, all) => all.findIndex((each) => each.instanceId === target.instanceId) === index,
  );
  // Answers of an instance that the spec does not know are shown too: they mean that something else is behind the listener.
  const ids = new Set(known.map((target) => target.instanceId));
  const strangers = [...new Set(samples.map((sample) => sample.instance))].filter((id) => id !== '' && !ids.has(id)).sort();
  return [...known, ...strangers.map((instanceId) => ({ instanceId, name: '', zone: '' }))].map(({ instanceId, name, zone }) => {
    const share = (phase: Phase): number | null => {
      const report = phases.find((each) => each.phase === phase);
      return report === undefined || Object.keys(report.shares).length === 0 ? null : (report.shares[instanceId] ?? 0);
    };
    const path = (input.disruption?.observations ?? []).flatMap((each) =>
      each.kind === 'health' && each.instanceId === instanceId
        ? [{ state: each.state, reason: each.reason, afterSeconds: (each.at - origin) / 1000 }]
        : [],
    );
    return {
      instanceId,
      name,
      zone,
      victim: instanceId === input.victim?.instanceId,
      requests: samples.filter((sample) => sample.instance === instanceId).length,
      shares: { before: share('before'), during: share('during'), after: share('after') },
      path,
    };
  });
}
