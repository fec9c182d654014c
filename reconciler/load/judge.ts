/**
 * Samples, what AWS reported and objectives -> a verdict with its figures. Pure.
 *
 * Three verdicts: `pass`; `missed`, when a figure that was measured is above its objective; `inconclusive`, when the run
 * cannot tell. A figure that was measured well and is too high is a miss whatever else went wrong.
 */

import { adviceFor } from '../chaos/advice.ts';
import type { Experiment } from '../chaos/experiments/experiment.ts';
import { actionOf, breakingOp, EXPERIMENTS, faultOf, wordsOf } from '../chaos/experiments.ts';
import { readTimeline } from '../chaos/timeline.ts';
import type { Disruption, Phase, Timeline, Victim } from '../chaos/types.ts';
import { PHASES } from '../chaos/types.ts';
import { idsOf, membersOf } from '../chaos/victim.ts';
import { failedRequests } from './failed.ts';
import { askedFor, type Generated, generatedBy } from './generator.ts';
import { endingOf } from './k6-exit.ts';
import { countOf, judgeObjectives } from './objectives.ts';
import { only } from './samples.ts';
import { failureKinds, seriesOf, shares, statistics } from './statistics.ts';
import { askedOf, detectionTime, failoverTime, healthyAgainTime, servedBefore, shareBackTime } from './times.ts';
import type {
  ChaosSettings,
  InstanceReport,
  LoadReport,
  LoadRun,
  LoadSettings,
  LoadVerdict,
  ObjectiveResult,
  Objectives,
  PhaseReport,
  Samples,
  TargetGroupTarget,
} from './types.ts';

export interface JudgeInput {
  readonly settings: LoadSettings;
  readonly chaos: ChaosSettings | null;
  readonly objectives: Objectives;
  readonly run: LoadRun;
  /** The group under load: the one the victim is of. */
  readonly group: TargetGroupTarget | null;
  /** Every group of the stack: an answer may come from another one than `group`, and is no stranger's. */
  readonly groups?: readonly TargetGroupTarget[];
  readonly victim: Victim | null;
  readonly disruption: Disruption | null;
  /** Why no victim was chosen; empty when there is one or none was asked for. */
  readonly refusal: string;
  /** What to bear in mind whatever the verdict is. */
  readonly notes?: readonly string[];
  /** Of a load with several experiments: the load as a whole, or the stretch of one of them. */
  readonly part?: { readonly generated: Generated; readonly stretch?: Stretch };
}

/** Milliseconds since the epoch, what its ends are, and what is doubted of it beside what is judged here. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly begins: string;
  readonly ends: string;
  readonly doubts: readonly string[];
}

export function judge(input: JudgeInput): LoadReport {
  const { run, settings, objectives, victim, disruption, group, part } = input;
  const stretch = part?.stretch;
  const { from: startedAt, to: endedAt } = stretch ?? { from: run.startedAt, to: run.endedAt };
  const generated = part?.generated ?? generatedBy(run, askedFor(settings));
  const samples = stretch === undefined ? generated.reached : inSpan(generated.reached, startedAt, endedAt, endedAt >= run.endedAt);
  const targets = group?.targets ?? [];
  const fault = faultOf(input.chaos);
  const { start, undo } = fault?.experiment ?? EXPERIMENTS[0];
  const words = wordsOf(input.chaos);
  const lost = victim === null ? [] : idsOf(victim);
  const names = Object.fromEntries(targets.map((target) => [target.instanceId, target.name]));
  const timeline = readTimeline({
    observations: disruption?.observations ?? [],
    victims: lost,
    mayPass: fault?.experiment.mayPass === true,
    names,
    from: startedAt,
    to: endedAt,
    calls: { stop: actionOf(fault === undefined ? start.op : breakingOp(fault)), start: actionOf(undo.op) },
    ...(stretch === undefined ? {} : { ends: stretch }),
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
  const recovery = healthyAgainTime(timeline, watchedUntil, words);
  const instances = new Set(targets.map((target) => target.instanceId)).size;
  const shareBack = shareBackTime(samples, timeline, lost, Math.max(1, instances), words);

  const overall = statistics(samples);
  const results = judgeObjectives(
    objectives,
    overall,
    phases,
    { detection, failover, recovery, shareBack },
    stretch === undefined ? undefined : 'in its part of the load',
  );
  const missed = [
    ...results
      .filter((each) => each.result === 'missed')
      .map((each) => `objective ${each.name} missed: ${each.detail}${advice(each, group, fault?.experiment)}`),
    // The script’s own are of the whole run.
    ...(run.thresholds.length === 0 || stretch !== undefined
      ? []
      : [`thresholds of the script were crossed: ${run.thresholds.join(', ')}`]),
  ];
  const doubts = [
    ...generated.doubts,
    ...(stretch?.doubts ?? []),
    ...doubtsOf(input, samples, phases, timeline),
    ...results.filter((each) => each.result === 'not-evaluated').map((each) => `objective ${each.name} was not evaluated: ${each.detail}`),
  ];
  // A load that this machine could not send is no evidence against the stack, whatever else was measured.
  const verdict: LoadVerdict =
    missed.length > 0 && !generated.broken ? 'missed' : missed.length + doubts.length > 0 ? 'inconclusive' : 'pass';

  return {
    verdict,
    reasons: [...(generated.broken ? [...doubts, ...missed] : [...missed, ...doubts]), ...(input.notes ?? [])],
    settings,
    chaos: input.chaos,
    ...(stretch === undefined ? {} : { stretch: true as const }),
    k6: { version: run.version, outcome: run.outcome },
    startedAt,
    endedAt,
    overall,
    phases,
    marks: { stop: timeline.stopAt, notHealthy: timeline.notHealthyAt, start: timeline.startAt, healthy: timeline.healthyAt },
    detection,
    failover,
    shareBack,
    recovery,
    lost: { failed: overall.failed, byFault: lostByFault(before, during) },
    ...(stretch === undefined
      ? { dropped: run.dropped, generator: generated.told, traffic: run.traffic, shards: run.shards }
      : { dropped: 0, generator: NOTHING_UNSENT, shards: [] }),
    failures: failureKinds(samples),
    failedRequests: failedRequests(samples, startedAt),
    objectives: results,
    predicted: group === null || fault === undefined ? null : fault.experiment.predict(group.healthCheck, fault.settings.own),
    instances: instanceReports(samples, phases, timeline, input),
    events: timeline.events,
    series: seriesOf(samples, startedAt),
  };
}

/** How much of the load was sent is reported only for the whole load. */
const NOTHING_UNSENT: LoadReport['generator'] = { asked: 0, unsent: 0, why: [] };

/** Which settings would have reached a missed time; empty for an objective that is not a time, or without a fault. */
function advice({ name, limit }: ObjectiveResult, group: TargetGroupTarget | null, experiment: Experiment | undefined): string {
  if (group === null || experiment === undefined || !(name === 'detection' || name === 'failover' || name === 'recovery')) return '';
  return `; ${adviceFor(name, limit, group.healthCheck, experiment)}`;
}

/** A request belongs to the phase in which it began. The last phase holds its end too. */
function inSpan(samples: Samples, from: number, to: number, closed: boolean): Samples {
  return only(samples, (sample) => sample.at >= from && (sample.at < to || (closed && sample.at <= to)));
}

function lostByFault(before: PhaseReport | undefined, during: PhaseReport | undefined): number {
  if (during === undefined) return 0;
  return Math.max(0, Math.round(during.failed - (before?.errorRate ?? 0) * during.count));
}

/** Why the run is inconclusive, worst first. */
function doubtsOf(input: JudgeInput, samples: Samples, phases: readonly PhaseReport[], timeline: Timeline): string[] {
  const { run, disruption, refusal } = input;
  const doubts: string[] = [];
  if (run.outcome !== 'done') doubts.push(endingOf(run));
  if (run.samples.length === 0) doubts.push('no request was made');
  // With several experiments, each one says so for itself.
  const whole = input.part !== undefined && input.part.stretch === undefined;
  if (countOf(input.objectives) === 0 && !whole) doubts.push('the spec has no objectives, so there is no verdict');
  if (input.chaos === null) return doubts;
  const { thing, done } = wordsOf(input.chaos);
  const nothing = `no ${thing} was ${done}`;
  if (refusal !== '') return [...doubts, `${nothing}: ${refusal}`];
  if (disruption === null || disruption.outcome === 'not-started' || timeline.stopAt === null)
    return [...doubts, `${nothing}: ${disruption?.problem || 'the run ended first'}`];
  if (disruption.outcome === 'refused') return [...doubts, `${nothing}: ${disruption.problem}`];
  if (disruption.problem !== '') doubts.push(disruption.problem);
  if (disruption.outcome === 'aborted') doubts.push('the run was interrupted');
  const silent =
    input.victim === null ? [] : membersOf(input.victim).filter((each) => !servedBefore(samples, [each.instanceId], timeline.stopAt));
  if (input.victim !== null && silent.length > 0) {
    const names = silent.map(({ name }) => name).join(', ');
    const answered = Object.keys(phases.find((each) => each.phase === 'before')?.shares ?? {}).length > 0;
    doubts.push(
      answered
        ? `${names} answered no request before the fault: ${input.victim.group} does not use it for the path of the load, so its loss shows nothing`
        : `no answer before the fault shows which ${thing} sent it, so it is not known whether ${names} served: add a header X-Instance with the instance id to the answers, or the id to their body`,
    );
  }
  const during = phases.find(({ phase }) => phase === 'during');
  if (input.victim !== null && silent.length === 0 && during !== undefined && during.count > 0) {
    const members = disruption.observations.flatMap((each) => (each.kind === 'health' ? [each.instanceId] : []));
    if (!askedOf(samples, new Set([...idsOf(input.victim), ...members]), during))
      doubts.push(
        `no request went to ${input.victim.group} while the ${thing} was ${done}, so its loss shows nothing: increase load.rate, or the weight of its path`,
      );
  }
  const fault = faultOf(input.chaos);
  if (timeline.notHealthyAt === null) {
    if (fault?.experiment.mayPass !== true) doubts.push('AWS always reported the target as healthy: the fault was not seen');
  } else if (timeline.healthyAt === null) doubts.push(disruption.problem || 'the target was not seen healthy again');
  if (timeline.fewestOthersHealthy === 0)
    doubts.push(`no other target was healthy while the ${thing} was ${done}: none was left in service`);
  for (const phase of PHASES) {
    const report = phases.find((each) => each.phase === phase);
    if (run.samples.length > 0 && (report === undefined || report.count === 0) && (phase !== 'after' || timeline.healthyAt !== null)) {
      doubts.push(
        phase === 'after' ? 'no request was made after the recovery: increase load.duration' : `no request was made ${phase} the fault`,
      );
    }
  }
  return [...new Set(doubts)];
}

function instanceReports(samples: Samples, phases: readonly PhaseReport[], timeline: Timeline, input: JudgeInput): InstanceReport[] {
  const origin = timeline.stopAt ?? input.run.startedAt;
  const known = (input.group?.targets ?? []).filter(
    (target, index, all) => all.findIndex((each) => each.instanceId === target.instanceId) === index,
  );
  // Answers of an instance that the spec does not know are shown too: they mean that something else is behind the listener.
  const ids = new Set(known.map((target) => target.instanceId));
  const requests = new Map<string, number>();
  for (const { instance } of samples) requests.set(instance, (requests.get(instance) ?? 0) + 1);
  const elsewhere = (input.groups ?? []).flatMap(({ targets }) => targets);
  const others = [...requests.keys()].filter((id) => id !== '' && !ids.has(id)).sort();
  const named = others.map((id) => elsewhere.find(({ instanceId }) => instanceId === id) ?? { instanceId: id, name: '', zone: '' });
  return [...known, ...named].map(({ instanceId, name, zone }) => {
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
      victim: input.victim !== null && idsOf(input.victim).includes(instanceId),
      requests: requests.get(instanceId) ?? 0,
      shares: { before: share('before'), during: share('during'), after: share('after') },
      path,
    };
  });
}
