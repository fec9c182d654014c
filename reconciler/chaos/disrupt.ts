/**
 * Breaks the victim as the experiment says and mends it again, whatever happens in between. The rule that everything here serves:
 * **once the call that breaks may have reached AWS, the one that mends follows**: after an error, a lost answer, an abort, and while
 * AWS still refuses it because it is too early. `stop` and `start` stand for the two, whatever they are.
 */

import { CloudError } from '../errors.ts';
import type { Clock, Cloud, Emit } from '../run/port.ts';
import type { Experiment } from './experiments/experiment.ts';
import type { ChaosEvent, Disruption, Victim } from './types.ts';
import { watchVictim } from './watch.ts';

/** After Ctrl-C a call that mends and hangs is given up after this; one that is refused because it is too early is not. */
const GRACE_MS = 4500;
const RETRY_MS = 1000;

export interface DisruptInput {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly experiment: Experiment;
  readonly victim: Victim;
  /** Seconds: break after the load began, mend after that. */
  readonly settings: { readonly at: number; readonly for: number };
  /** When the load began, milliseconds since the epoch; may be told later. */
  readonly startedAt: number | Promise<number>;
  /** Seconds from `startedAt` for which to go on watching after the recovery. */
  readonly watchSeconds: number;
  /** Asked right before the fault: why it must not happen now; empty when it may. What it throws is a reason too. */
  readonly mayStart?: () => Promise<string>;
  /** Aborted when the load is over: then nothing is broken any more; what is broken is mended at its time. */
  readonly loadOver?: AbortSignal;
  /** Longest wait for a healthy target after the start call was accepted. */
  readonly recoverWithinMs?: number;
  readonly pollMs?: number;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether AWS certainly did not take the call. A lost answer or a timeout is no such certainty. */
const surelyRefused = (error: unknown): boolean =>
  error instanceof CloudError && ['Denied', 'Credentials', 'Invalid', 'NotFound'].includes(error.class);

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Never rejects, so that what was seen is never lost: `problem` says what went wrong. */
export async function disrupt(input: DisruptInput): Promise<Disruption> {
  const { cloud, clock, victim, emit, experiment } = input;
  const { words, start: breaks, undo } = experiment;
  const called = victim.name === victim.instanceId ? victim.name : `${victim.name} (${victim.instanceId})`;
  const tooEarly = (error: unknown): boolean => error instanceof CloudError && undo.notYet(error.awsCode);
  const observations: ChaosEvent[] = [];
  const observe = (observation: ChaosEvent): void => void observations.push(observation);
  const aborted = (): boolean => input.signal?.aborted === true;
  const end = (outcome: Disruption['outcome'], restored: boolean, problem: string): Disruption => ({
    observations,
    outcome,
    restored,
    problem,
  });

  // Aborted `GRACE_MS` after the caller's signal, or after AWS last said that it is too early.
  const hard = new AbortController();
  const finished = new AbortController();
  let grace = new AbortController();
  const onAbort = (): void => {
    grace.abort();
    grace = new AbortController();
    void clock.sleep(GRACE_MS, AbortSignal.any([grace.signal, finished.signal])).then(
      () => hard.abort(new Error('interrupted')),
      () => undefined,
    );
  };
  if (aborted()) return end('not-started', true, '');
  input.signal?.addEventListener('abort', onAbort, { once: true });

  /** False when the signal ended the wait. */
  const waitUntil = async (at: number, signal = input.signal): Promise<boolean> => {
    try {
      if (signal?.aborted !== true) await clock.sleep(Math.max(0, at - clock.now()), signal);
    } catch {
      // The signal is what is asked for next.
    }
    return signal?.aborted !== true;
  };
  const pointless = anyOf(input.signal, input.loadOver);
  const notStarted = (problem = ''): Disruption =>
    end('not-started', true, problem || (input.loadOver?.aborted === true && !aborted() ? 'the load was over before' : ''));

  const outOfTime = new Promise<never>((_, reject) => {
    hard.signal.addEventListener('abort', () => reject(hard.signal.reason), { once: true });
  });
  outOfTime.catch(() => undefined);
  /** A call that hangs and does not heed its signal must not hold up the end. */
  const bounded = <T>(work: Promise<T>): Promise<T> => Promise.race([work, outOfTime]);

  const watch = watchVictim({ cloud, clock, victim, victims: experiment.victims, pollMs: input.pollMs ?? 1000, emit, observe });

  /** Sends the call that mends until it is accepted. Answers why it could not. */
  const restore = async (): Promise<{ restored: boolean; problem: string }> => {
    const deadline = clock.now() + undo.within * 1000;
    let problem = '';
    let told = false;
    for (let attempt = 1; ; attempt++) {
      if (attempt === 1) {
        observe({ kind: 'start', at: clock.now(), outcome: 'sent', detail: '' });
        emit({ kind: 'chaos', mark: 'undo', instanceId: victim.instanceId, text: `${words.undo.doing} ${called}` });
      }
      try {
        await bounded(cloud.call(undo.op, undo.input(victim), { once: true, signal: hard.signal }));
        observe({ kind: 'start', at: clock.now(), outcome: 'accepted', detail: '' });
        return { restored: true, problem: '' };
      } catch (error) {
        // Said when it changes: a stop that takes a minute must not become sixty lines.
        if (messageOf(error) !== problem) observe({ kind: 'start', at: clock.now(), outcome: 'refused', detail: messageOf(error) });
        problem = messageOf(error);
        if (aborted() && tooEarly(error)) {
          if (!told)
            emit({
              kind: 'warning',
              text: `${victim.name} is still ${words.doing} and is ${words.undo.done} as soon as AWS takes the call; Ctrl-C again gives up, then ${words.undo.verb} it with: ${undo.byHand(victim)}`,
            });
          told = true;
          onAbort();
        }
        if (hard.signal.aborted || clock.now() >= deadline || (surelyRefused(error) && !tooEarly(error))) break;
      }
      try {
        await clock.sleep(aborted() ? RETRY_MS / 4 : RETRY_MS, hard.signal);
      } catch {
        break;
      }
    }
    const text = `${called} was ${words.done} and could not be ${words.undo.done} again: ${problem}. ${capital(words.undo.verb)} it with: ${undo.byHand(victim)}`;
    emit({ kind: 'warning', text });
    return { restored: false, problem: text };
  };

  const healthyWithin = async (ms: number): Promise<boolean> => {
    const acceptedAt = clock.now();
    while (clock.now() < acceptedAt + ms) {
      // What was read before the call that mends says nothing about the time after it.
      const { instance, health, asOf } = watch.seen;
      if (asOf >= acceptedAt && health === 'healthy' && (experiment.victims === 'targets' || instance === 'running')) return true;
      if (!(await waitUntil(Math.min(acceptedAt + ms, clock.now() + 250)))) return false;
    }
    return false;
  };

  /** Until the time is over, or nobody is left to serve: then the undo comes at once. */
  const whileOthersServe = async (from: number, until: number): Promise<void> => {
    while (clock.now() < until) {
      if (watch.seen.asOf > from && watch.seen.othersHealthy === 0) {
        emit({
          kind: 'warning',
          text: `no other target of ${victim.group} is healthy any more: ${victim.name} is ${words.undo.done} at once`,
        });
        return;
      }
      if (!(await waitUntil(Math.min(until, clock.now() + 250)))) return;
    }
  };

  try {
    const startedAt = await firstOf(input.startedAt, pointless);
    if (startedAt === undefined || !(await waitUntil(startedAt + input.settings.at * 1000, pointless))) return notStarted();
    const objection = await (input.mayStart?.() ?? Promise.resolve('')).catch(
      (error: unknown) => `it could not be looked at again: ${messageOf(error)}`,
    );
    if (pointless?.aborted === true) return notStarted();
    if (objection !== '') {
      emit({ kind: 'warning', text: `no ${words.thing} is ${words.done}: ${objection}` });
      return notStarted(objection);
    }

    observe({ kind: 'stop', at: clock.now(), outcome: 'sent', detail: '' });
    const text = `${words.doing} ${called}${victim.zone === '' ? '' : ` in ${victim.zone}`}`;
    emit({ kind: 'chaos', mark: 'fault', instanceId: victim.instanceId, text });
    const stopSentAt = clock.now();
    let problem = '';
    let stopFailed = false;
    try {
      await bounded(cloud.call(breaks.op, breaks.input(victim), { signal: hard.signal }));
      observe({ kind: 'stop', at: clock.now(), outcome: 'accepted', detail: '' });
    } catch (error) {
      problem = `${words.doing} ${called} failed: ${messageOf(error)}`;
      observe({ kind: 'stop', at: clock.now(), outcome: 'refused', detail: messageOf(error) });
      if (surelyRefused(error)) return end('refused', true, problem);
      stopFailed = true;
    }
    if (!stopFailed) await whileOthersServe(stopSentAt, stopSentAt + input.settings.for * 1000);
    const start = await restore();
    if (!start.restored) return end(aborted() ? 'aborted' : 'not-recovered', false, start.problem);
    if (aborted()) return end('aborted', true, problem);
    if (stopFailed) return end('refused', true, problem);

    const recovered = await healthyWithin(input.recoverWithinMs ?? 300_000);
    if (aborted()) return end('aborted', true, '');
    if (!recovered)
      return end(
        'not-recovered',
        true,
        `the target of ${victim.name} was not healthy again in time; it is ${watch.seen.health || 'not registered'}${experiment.victims === 'targets' ? '' : `, the instance ${watch.seen.instance}`}`,
      );
    await waitUntil(startedAt + input.watchSeconds * 1000);
    return end('recovered', true, '');
  } finally {
    watch.stop();
    finished.abort();
    input.signal?.removeEventListener('abort', onAbort);
    // A read on its way is not waited for: it may hang, and nothing depends on it.
  }
}

function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length === 0 ? undefined : AbortSignal.any(given);
}

/** Undefined when the signal came first, or when there will be no value. */
async function firstOf(value: number | Promise<number>, signal: AbortSignal | undefined): Promise<number | undefined> {
  if (typeof value === 'number') return value;
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
    value.then(resolve, () => resolve(undefined));
  });
}
