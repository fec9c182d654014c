/**
 * Breaks the victim as the experiment defines and restores it, whatever happens in between: safeguards, fault, watch, undo, and a look at what
 * came of it. Everything here serves one rule: **once the call that breaks may have reached AWS, the undo call follows**: after an error, a
 * lost answer, an abort, and while AWS still refuses it because it is too early. `stop` and `start` stand for the two calls of any experiment.
 */

import type { Clock, Cloud, Emit } from '../../run/port.ts';
import type { Experiment, OwnSettings } from '../experiments/experiment.ts';
import type { ChaosEvent, Disruption, Victim } from '../types.ts';
import { namesOf, titleOf } from '../victim.ts';
import { whileOthersServe } from './hold.ts';
import { interruptionOf } from './interruption.ts';
import { recovery, restore } from './restore.ts';
import { safeguardsOf } from './safeguards.ts';
import { type Breaker, type Guardian, messageOf, type Scene } from './scene.ts';
import { sendFault, surelyRefused } from './send.ts';
import { watchVictim } from './watch.ts';

/** The safeguards are set this long before the fault, so that the fault is on time. */
const PREPARE_MS = 1000;

export interface DisruptInput {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly experiment: Experiment;
  readonly victim: Victim;
  /** Seconds: `at` from the start of the load to the fault, `for` from the fault to the undo. */
  readonly settings: { readonly at: number; readonly for: number; readonly own?: OwnSettings };
  /** Path of the group's health check. */
  readonly healthPath?: string;
  /** When the load began, milliseconds since the epoch; may become known later. */
  readonly startedAt: number | Promise<number>;
  /** Seconds from `startedAt` for which to go on watching after the recovery. */
  readonly watchSeconds: number;
  /** Called right before the fault: why it must not happen now; empty if it may. An error that it throws is also a reason. */
  readonly mayStart?: () => Promise<string>;
  /** Aborted when the load is over: after that nothing is broken; what is already broken is restored at its time. */
  readonly loadOver?: AbortSignal;
  /** Longest wait for a healthy target after the start call was accepted. */
  readonly recoverWithinMs?: number;
  readonly guardian?: Guardian;
  readonly breaker?: Breaker;
  /** Name of this run, for the tag on the victim. */
  readonly run?: string;
  readonly pollMs?: number;
  readonly emit: Emit;
  /** Called with what the report has to say whatever the verdict is. Default: a warning. */
  readonly note?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** Never rejects, so that observations are never lost: `problem` says what went wrong. */
export async function disrupt(input: DisruptInput): Promise<Disruption> {
  const { cloud, clock, victim, emit, experiment, settings, breaker, note = (text) => emit({ kind: 'warning', text }) } = input;
  const { words } = experiment;
  const observations: ChaosEvent[] = [];
  const end = (outcome: Disruption['outcome'], restored: boolean, problem: string): Disruption => ({
    ...{ observations: observations.sort((a, b) => a.at - b.at), outcome, restored, problem },
  });
  if (input.signal?.aborted === true) return end('not-started', true, '');
  const interruption = interruptionOf(clock, input.signal);
  const { aborted, waitUntil } = interruption;
  const scene: Scene = {
    ...{ cloud, clock, experiment, victim, interruption, emit, note },
    about: { seen: null, seconds: settings.for, own: settings.own ?? {}, healthPath: input.healthPath ?? '/' },
    observe: (observation) => void observations.push(observation),
  };
  const safeguards = safeguardsOf(scene, { guardian: input.guardian, run: input.run ?? '' });
  const pointless = anyOf(input.signal, input.loadOver);
  const notStarted = (problem = ''): Disruption =>
    end('not-started', true, problem || (input.loadOver?.aborted === true && !aborted() ? 'the load had already ended' : ''));
  const watch = watchVictim({ ...scene, pollMs: input.pollMs ?? 1000 });
  try {
    const startedAt = await firstOf(input.startedAt, pointless);
    if (startedAt === undefined) return notStarted();
    const at = startedAt + settings.at * 1000;
    if (!(await waitUntil(at - PREPARE_MS, pointless))) return notStarted();
    const unready = await safeguards.set();
    const objection =
      unready !== '' || !(await waitUntil(at, pointless))
        ? unready
        : await (input.mayStart?.() ?? Promise.resolve('')).catch(
            (error: unknown) => `its state could not be read again: ${messageOf(error)}`,
          );
    if (objection !== '' || pointless?.aborted === true) {
      await safeguards.clear();
      if (pointless?.aborted === true) return notStarted();
      emit({ kind: 'warning', text: `no ${words.thing} was ${words.done}: ${objection}` });
      return notStarted(objection);
    }
    watch.closely(true);
    const fault = await breakNow(scene, breaker, anyOf(interruption.hard, input.signal) ?? interruption.hard);
    if (fault.refused) {
      await safeguards.clear();
      return end('refused', true, fault.problem);
    }
    const until = fault.at + settings.for * 1000;
    const early = fault.problem === '' ? await whileOthersServe(scene, watch, breaker, { from: fault.at, until }) : '';
    const { restored, gone, problem } = await restore(scene, breaker);
    if (gone === true) {
      await safeguards.clear();
      return end('not-recovered', true, problem);
    }
    if (!restored) return end(aborted() ? 'aborted' : 'not-recovered', false, problem);
    // An interrupt from here on leaves the safeguards in place: they make sure that the victim becomes healthy.
    if (aborted()) return end('aborted', true, fault.problem);

    watch.closely(true);
    const came = await recovery(scene, watch, breaker, {
      unsure: fault.problem !== '',
      withinMs: input.recoverWithinMs ?? (experiment.refills === true ? 600_000 : 300_000),
    });
    watch.closely(false);
    if (aborted()) return end('aborted', true, '');
    if (came === 'late')
      return end(
        'not-recovered',
        true,
        experiment.refills === true
          ? `${victim.group} did not have as many healthy targets again as before in time; ${watch.seen.othersHealthy} others are healthy`
          : `the target of ${namesOf(victim)} did not become healthy again in time; it is ${watch.seen.health || 'not registered'}${experiment.victims === 'targets' ? '' : `, the instance ${watch.seen.instance}`}`,
      );
    await safeguards.clear();
    if (came !== 'healthy') return end('not-recovered', true, came.problem);
    if (fault.problem !== '') return end('refused', true, fault.problem);
    await waitUntil(startedAt + input.watchSeconds * 1000);
    return end('recovered', true, early);
  } finally {
    watch.stop();
    // A read in progress is not awaited: it may hang, and nothing depends on it.
    interruption.finish();
  }
}

interface FaultSent {
  /** When it had its effect, or was sent: milliseconds since the epoch. */
  readonly at: number;
  /** Why it failed; empty if AWS accepted it. */
  readonly problem: string;
  /** It was certainly not carried out. */
  readonly refused: boolean;
}

/** Never rejects. `signal`: for a breaker, which must not begin after an interrupt. */
async function breakNow(scene: Scene, breaker: Breaker | undefined, signal: AbortSignal): Promise<FaultSent> {
  const { cloud, clock, emit, observe, experiment, victim, about, interruption } = scene;
  const { words, start } = experiment;
  const called = titleOf(victim);
  let at = clock.now();
  const text = `${words.doing} ${called}${victim.zone === '' ? '' : ` in ${victim.zone}`}`;
  emit({ kind: 'chaos', mark: 'fault', instanceId: victim.instanceId, text });
  const told = (outcome: 'accepted' | 'refused', detail = ''): void => {
    observe({ kind: 'stop', at, outcome: 'sent', detail: '' });
    observe({ kind: 'stop', at: clock.now(), outcome, detail });
  };
  try {
    if (breaker === undefined)
      await interruption.bounded(sendFault(start, victim, { cloud, clock, about, options: { signal: interruption.hard } }));
    // Detection and failover count from what breaks, not from what was asked for some seconds before.
    else at = await interruption.bounded(breaker.begin(signal));
    told('accepted');
    return { at, problem: '', refused: false };
  } catch (error) {
    told('refused', messageOf(error));
    return { at, problem: `${words.doing} ${called} failed: ${messageOf(error)}`, refused: surelyRefused(error) };
  }
}

function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length === 0 ? undefined : AbortSignal.any(given);
}

/** Undefined if the signal came first or the value never comes. */
async function firstOf(value: number | Promise<number>, signal: AbortSignal | undefined): Promise<number | undefined> {
  if (typeof value === 'number') return value;
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
    value.then(resolve, () => resolve(undefined));
  });
}
