/**
 * The experiments of a load test, one after the other under one load. Each runs as if it were the only one. Before the next one starts, every
 * target that was healthy before has to be healthy again and requests have to succeed; otherwise the remaining ones do not run.
 */

import { disrupt } from '../chaos/carry-out/disrupt.ts';
import type { Guardian } from '../chaos/carry-out/scene.ts';
import { type Fault, isByFis } from '../chaos/experiments.ts';
import type { Disruption } from '../chaos/types.ts';
import type { Turn } from '../load/judge-in-turn.ts';
import { failuresAllowed, type Health, type Progress, STEADY_SECONDS, type Told, unanswered, unlike } from '../load/steady.ts';
import type { Objectives } from '../load/types.ts';
import type { FisEnvironment } from '../model/environment.ts';
import { holderOf } from '../run/lock.ts';
import { fisHands } from './fis.ts';
import { leverObjection } from './safety-lever.ts';
import { type ScheduleTerms, scheduleGuardian, together } from './schedule.ts';
import { readHealth } from './stage.ts';
import { type Chosen, choose, objectionNow, type Surroundings } from './victims.ts';

const LOOK_MS = 1000;

export interface Course extends Surroundings {
  /** When the load began, milliseconds since the epoch; rejects if it never begins. */
  readonly startedAt: Promise<number>;
  /** Seconds of load. */
  readonly duration: number;
  readonly objectives: Objectives;
  /** Requests until now; absent: not known before the load is over, so only health is checked. */
  readonly progress?: () => Progress;
  readonly guardian?: Guardian;
  /** Settings for the schedules that undo a fault if nobody else does. */
  readonly schedule: ScheduleTerms;
  /** Role and alarms for faults that AWS FIS carries out. */
  readonly fis?: FisEnvironment;
  /** Aborted when the load is over: after that nothing is broken. */
  readonly loadOver: AbortSignal;
  readonly signal: AbortSignal;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** `first`: the choice for the first fault, made before the load. Never rejects. Returns one turn for each fault, including those that were not reached. */
export async function runInTurn(
  { faults, first }: { readonly faults: readonly Fault[]; readonly first: Chosen | undefined },
  course: Course,
): Promise<readonly Turn[]> {
  const { session, target } = course;
  const turns: Turn[] = [];
  let before = faults.length > 1 ? await readHealth(target, session).catch(() => undefined) : undefined;
  let why = '';
  for (const [index, fault] of faults.entries()) {
    const past = faults[index - 1];
    const steady =
      past === undefined ? { at: course.startedAt, health: before } : why === '' ? await steadyAfter(past, fault, before, course) : why;
    if (typeof steady === 'string') {
      why = steady;
      const chaos = { [fault.experiment.name]: fault.settings };
      turns.push({ ...{ chaos, group: null, victim: null, disruption: null, refusal: '', from: null }, why });
      continue;
    }
    before = steady.health;
    if (past !== undefined) {
      const text = `the steady state has returned; experiment ${index + 1} of ${faults.length}: ${fault.experiment.name}`;
      session.emit({ kind: 'phase', phase: 'load', text });
    }
    const choice = past === undefined ? (first ?? { refusal: 'no victim was chosen' }) : await chooseAgain(fault, course);
    const asBefore = async (): Promise<string> =>
      past === undefined || before === undefined ? '' : (await compared(before, past, course, session.signal)).unwell;
    const turn = await oneTurn(fault, choice, steady.at, { asBefore, last: index === faults.length - 1 }, course);
    turns.push(turn);
    why = whyEnded(turn, fault, course);
  }
  const missed = turns.filter(({ from }) => from === null).length;
  if (missed > 0 && turns.length > 1)
    session.emit({ kind: 'warning', text: `${missed} of ${faults.length} experiments did not run: ${why}` });
  return turns;
}

type Choice = Chosen | { readonly refusal: string };

/** Chooses now, since an earlier choice may be outdated. If AWS cannot be read, nothing is broken. */
const chooseAgain = (fault: Fault, course: Course): Promise<Choice> =>
  choose(fault, course).catch((error: unknown) => ({ refusal: `its target group could not be read: ${messageOf(error)}` }));

/** Health now; and what is not as it was `before`, ahead of the fault that is `past`, in a clause. */
async function compared(
  before: Health,
  past: Fault,
  { target, session: { cloud } }: Course,
  signal: AbortSignal,
): Promise<{ readonly health: Health; readonly unwell: string }> {
  const names = new Map(target.groups.flatMap(({ targets }) => targets.map(({ instanceId, name }) => [instanceId, name] as const)));
  const health = await readHealth(target, { cloud, signal });
  return { health, unwell: unlike(before, health, past.experiment.refills === true, (id) => names.get(id) ?? id) };
}

/** `asBefore`: asked right before the fault, since the steady state may be over by then; empty when it is not. */
async function oneTurn(
  fault: Fault,
  choice: Choice,
  from: number | Promise<number>,
  { asBefore, last }: { readonly asBefore: () => Promise<string>; readonly last: boolean },
  course: Course,
): Promise<Turn> {
  const { experiment, settings } = fault;
  const { cloud, clock, emit, env } = course.session;
  const group = 'group' in choice ? choice.group : null;
  const victim = 'group' in choice ? choice.victim : null;
  const { holder, run } = holderOf(env);
  // If another experiment follows, the steady state before it is watched instead.
  const watchSeconds = !last ? 0 : typeof from === 'number' ? course.duration - (from - (await course.startedAt)) / 1000 : course.duration;
  const notes: string[] = [];
  const note = (text: string): void => {
    emit({ kind: 'warning', text });
    notes.push(text);
  };
  const scheduled = scheduleGuardian({ experiment, stack: course.stack, terms: course.schedule }, course.session, note);
  const fis = isByFis(fault) ? fisHands({ experiment, stack: course.stack, terms: course.fis }, course.session, note) : undefined;
  const disruption: Disruption | null =
    group === null || victim === null
      ? null
      : await disrupt({
          ...{ cloud, clock, emit, note, experiment, victim, settings, startedAt: from },
          ...(group.healthPath === undefined ? {} : { healthPath: group.healthPath }),
          mayStart: async () =>
            (await objectionNow(fault, group, victim, course.session)) || (await leverObjection(course.session, note)) || asBefore(),
          ...{ loadOver: course.loadOver, signal: course.signal },
          watchSeconds,
          // Named in the tag of the fault: the workflow run, or the user and the machine.
          run: run === '' ? holder : run,
          guardian: together([course.guardian, scheduled, fis]),
          ...(fis === undefined ? {} : { breaker: fis }),
        });
  const began = typeof from === 'number' ? from : await from.catch(() => null);
  const chaos = { [experiment.name]: settings };
  return {
    chaos,
    group,
    victim,
    disruption,
    refusal: choice.refusal,
    from: began,
    why: began === null ? 'the load did not start' : '',
    notes,
  };
}

/** Why no further fault may happen after this one; empty if only the steady state decides. */
function whyEnded({ disruption, from, why }: Turn, { experiment }: Fault, course: Course): string {
  if (from === null) return why;
  if (course.signal.aborted) return interrupted(course);
  return disruption?.outcome === 'not-recovered' || disruption?.outcome === 'aborted'
    ? `the previous experiment (${experiment.name}) did not recover${disruption.problem === '' ? '' : `: ${disruption.problem}`}`
    : '';
}

const interrupted = ({ session }: Course): string => (session.signal.aborted ? 'the run was interrupted' : 'the load ended early');

/** Waits until the steady state has lasted long enough. Returns when that was, with the health of the targets; or why it did not come in time for the next fault. */
async function steadyAfter(
  past: Fault,
  next: Fault,
  before: Health | undefined,
  course: Course,
): Promise<{ readonly at: number; readonly health: Health } | string> {
  const { startedAt, duration, objectives, progress, loadOver, signal } = course;
  const { clock } = course.session;
  const began = await startedAt.catch(() => null);
  if (began === null) return 'the load did not start';
  if (before === undefined) return 'target health could not be read before the load';
  const ended = AbortSignal.any([loadOver, signal]);
  const latest = duration - next.settings.at - next.settings.for;
  const allowed = failuresAllowed(objectives);
  let well: { readonly since: number; readonly told: Told } | undefined;
  let why = '';
  for (;;) {
    if (ended.aborted) return signal.aborted ? interrupted(course) : 'the load had already ended';
    const now = clock.now();
    if (now > began + latest * 1000)
      return `the steady state had not returned by second ${latest} of the load, the latest time at which this experiment could start${why === '' ? '' : `: ${why}`}`;
    const told = progress?.() ?? { requests: 0, failed: 0, unknown: '' };
    try {
      const { health, unwell } = await compared(before, past, course, ended);
      const unanswer = well === undefined || progress === undefined ? '' : told.unknown || unanswered(well.told, told, allowed);
      const whole = well !== undefined && now - well.since >= STEADY_SECONDS * 1000;
      // One second without an answer is not yet a reason; five are.
      if (unwell !== '' || (unanswer !== '' && (whole || told.failed > (well?.told.failed ?? 0)))) {
        why = unwell || unanswer;
        well = unwell === '' ? { since: now, told } : undefined;
      } else if (whole) return { at: now, health };
      else well ??= { since: now, told };
    } catch (error) {
      well = undefined;
      why = `target health could not be read: ${messageOf(error)}`;
    }
    await clock.sleep(LOOK_MS, ended).catch(() => undefined);
  }
}
