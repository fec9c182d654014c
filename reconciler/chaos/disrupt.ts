/**
 * Breaks the victim as the experiment defines and restores it, whatever happens in between. Everything here serves one rule:
 * **once the call that breaks may have reached AWS, the undo call follows**: after an error, a lost answer, an abort, and while
 * AWS still refuses it because it is too early. `stop` and `start` stand for the two calls of any experiment.
 */

import { setMaxListeners } from 'node:events';
import { CloudError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import type { Clock, Cloud, Emit } from '../run/port.ts';
import type { About, Experiment, Look, OwnSettings } from './experiments/experiment.ts';
import { markCalls, writeMark } from './fault-mark.ts';
import { lookAt } from './look.ts';
import { sendFault } from './send.ts';
import type { ChaosEvent, Disruption, Victim } from './types.ts';
import { eachOf, namesOf, titleOf } from './victim.ts';
import { watchVictim } from './watch.ts';

/** After Ctrl-C, an undo call that hangs is given up after this time; one that AWS refuses because it is too early is not. */
const GRACE_MS = 4500;
const RETRY_MS = 1000;
/** For this long after an undo, AWS may still show the state before it. If the victim is broken later, the undo did not hold. */
const HELD_MS = 5000;
/** A look that takes longer counts as no answer. */
const LOOK_MS = 3000;
/** The same for the look before the fault, which is not urgent. */
const FIRST_LOOK_MS = 60_000;
/** Tag and guardian are prepared this long before the fault, so that the fault is on time. */
const PREPARE_MS = 1000;
/** Longest wait for the removal of the tag at the end. */
const UNMARK_MS = 5000;

/** Outlives this process and restores what it leaves broken. */
export interface Guardian {
  /** Called before the fault. `until`: when it should be over, milliseconds since the epoch. Rejects if the guardian could not undo it. */
  arm(victim: Victim, until: number, about: About): Promise<void>;
  /** The victim is restored, or nothing was done to it. Reports by itself what it cannot clean up. */
  disarm(): void | Promise<void>;
}

/** Breaks the victim instead of the experiment's own call, and undoes it by itself in the end. The undo is sent anyway. */
export interface Breaker {
  /**
   * Resolves when the fault has begun, with the time in milliseconds since the epoch. Rejects like a call, with the class `Unknown` if a part
   * of it may have been done.
   */
  begin(signal: AbortSignal): Promise<number>;
  /** Resolves when it has ended by itself: with the reason, or empty at the planned end. Rejects when the signal ends. */
  ended(signal: AbortSignal): Promise<string>;
  /** Ends it; at once if nothing has begun. Never rejects and takes a few seconds at most: it reports by itself what it could not end. */
  end(): Promise<void>;
}

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
  readonly signal?: AbortSignal;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether AWS certainly did not carry out the call. A lost answer or a timeout leaves that open. */
const surelyRefused = (error: unknown): boolean =>
  error instanceof CloudError && ['Denied', 'Credentials', 'Invalid', 'NotFound'].includes(error.class);

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Never rejects, so that observations are never lost: `problem` says what went wrong. */
export async function disrupt(input: DisruptInput): Promise<Disruption> {
  const { cloud, clock, victim, emit, experiment } = input;
  const { words, start: breaks, undo } = experiment;
  const called = titleOf(victim);
  const named = namesOf(victim);
  /** Parts that are restored independently of each other. */
  const parts = undo.whole === true ? [victim] : eachOf(victim);
  /** What the last look before the fault showed. */
  let seen: Json = null;
  const about = (): About => ({
    ...{ seen, seconds: input.settings.for, own: input.settings.own ?? {}, healthPath: input.healthPath ?? '/' },
  });
  /** Not worth another try. Whether what is not found is gone, a look says. */
  const isFinal = (error: unknown): boolean =>
    surelyRefused(error) && !tooEarly(error) && !(error instanceof CloudError && error.class === 'NotFound');
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
  // Every call and wait listens to them; this is not a leak.
  setMaxListeners(0, hard.signal, finished.signal);
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
      // The signal is checked next.
    }
    return signal?.aborted !== true;
  };
  const pointless = anyOf(input.signal, input.loadOver);
  const isPointless = (): boolean => pointless?.aborted === true;
  const notStarted = (problem = ''): Disruption =>
    end('not-started', true, problem || (input.loadOver?.aborted === true && !aborted() ? 'the load had already ended' : ''));

  const outOfTime = new Promise<never>((_, reject) => {
    hard.signal.addEventListener('abort', () => reject(hard.signal.reason), { once: true });
  });
  outOfTime.catch(() => undefined);
  /** A call that hangs and ignores its signal must not delay the end. */
  const bounded = <T>(work: Promise<T>): Promise<T> => Promise.race([work, outOfTime]);

  const watch = watchVictim({ cloud, clock, victim, experiment, pollMs: input.pollMs ?? 1000, emit, observe });

  /** Sends the undo calls until AWS accepts all of them; otherwise returns why it did not. */
  const restore = async (): Promise<Restored> => {
    const deadline = clock.now() + undo.within * 1000;
    observe({ kind: 'start', at: clock.now(), outcome: 'sent', detail: '' });
    emit({ kind: 'chaos', mark: 'undo', instanceId: victim.instanceId, text: `${words.undo.doing} ${called}` });
    await input.breaker?.end();
    const told = { refusal: '', waiting: false };
    const came = await Promise.all(parts.map((part) => restoreOne(part, deadline, told)));
    const problems = came.flatMap(({ problem }) => (problem === '' ? [] : [problem]));
    const problem = problems.join('; ');
    if (came.some(({ restored }) => !restored)) return { restored: false, problem };
    if (came.every((each) => each.gone === true)) return { restored: true, gone: true, problem };
    observe({ kind: 'start', at: clock.now(), outcome: 'accepted', detail: '' });
    return { restored: true, problem: '' };
  };
  const restoreOne = async (part: Victim, deadline: number, told: { refusal: string; waiting: boolean }): Promise<Restored> => {
    const title = titleOf(part);
    let problem = '';
    for (;;) {
      try {
        await bounded(sendFault(undo, part, { cloud, clock, about: about(), options: { once: true, signal: hard.signal } }));
        return { restored: true, problem: '' };
      } catch (error) {
        problem = messageOf(error);
        // Reported when it changes: a stop that takes a minute must not become sixty lines.
        if (problem !== told.refusal) observe({ kind: 'start', at: clock.now(), outcome: 'refused', detail: problem });
        told.refusal = problem;
        if (aborted() && tooEarly(error)) {
          if (!told.waiting)
            emit({
              kind: 'warning',
              text: `AWS does not allow ${words.undo.doing} ${part.name} yet, so albedo keeps trying. Ctrl-C again gives up; then ${words.undo.verb} it with: ${undo.byHand(part)}`,
            });
          told.waiting = true;
          onAbort();
        }
        if ((await stateNow(part)) === 'gone') return gone(part);
        if (hard.signal.aborted || clock.now() >= deadline || isFinal(error)) break;
      }
      try {
        await clock.sleep(aborted() ? RETRY_MS / 4 : RETRY_MS, hard.signal);
      } catch {
        break;
      }
    }
    const text = `${title} was ${words.done}, and albedo could not ${words.undo.verb} it: ${problem}. ${capital(words.undo.verb)} it with: ${undo.byHand(part)}`;
    emit({ kind: 'warning', text });
    return { restored: false, problem: text };
  };

  /** The state of the victim in AWS. Throws if the answer takes too long. */
  const lookNow = (part: Victim, withinMs = LOOK_MS): ReturnType<typeof lookAt> =>
    Promise.race([
      bounded(
        lookAt(experiment, part, {
          ...{ call: (op, sent) => cloud.call(op, sent, { poll: true, signal: hard.signal }), clock, signal: hard.signal },
        }),
      ),
      clock.sleep(withinMs, finished.signal).then((): never => {
        throw new Error(`there was no answer within ${withinMs / 1000} s`);
      }),
    ]);
  /** Whether the victim was removed meanwhile, for example by an Auto Scaling group: then nothing is left to restore. */
  const stateNow = (part: Victim): Promise<Look | 'unknown'> =>
    lookNow(part).then(
      ({ state }) => state,
      () => 'unknown',
    );
  const gone = (part: Victim): Restored => {
    const text = `${titleOf(part)} was removed by somebody else, such as an Auto Scaling group, while it was ${words.done}: there is nothing left to ${words.undo.verb}`;
    emit({ kind: 'warning', text });
    return { restored: true, gone: true, problem: text };
  };

  /** Waits until the victim is seen whole and healthy. An undo that did not hold is sent again. */
  const healthyWithin = async (ms: number): Promise<'healthy' | 'late' | 'gone'> => {
    let acceptedAt = clock.now();
    const end = acceptedAt + ms;
    let askedAt = acceptedAt;
    while (clock.now() < end) {
      // A read from before the undo call says nothing about the time after it.
      const { whole, asOf } = watch.seen;
      if (asOf >= acceptedAt && whole) return 'healthy';
      if (experiment.refills !== true && clock.now() - acceptedAt >= HELD_MS && clock.now() - askedAt >= RETRY_MS) {
        askedAt = clock.now();
        const states = await Promise.all(parts.map(stateNow));
        if (states.every((state) => state === 'gone')) return 'gone';
        if (states.includes('broken')) {
          emit({ kind: 'warning', text: `${called} is ${words.done} again: ${words.undo.doing} it once more` });
          const again = await restore();
          if (again.gone === true) return 'gone';
          acceptedAt = clock.now();
        }
      }
      if (!(await waitUntil(Math.min(end, clock.now() + 250)))) return 'late';
    }
    return 'late';
  };

  /**
   * Waits until the time is over, or until no other target is healthy: then the undo comes at once. Returns why the breaker ended the fault
   * early; empty if it did not.
   */
  const whileOthersServe = async (from: number, until: number): Promise<string> => {
    let early: string | undefined;
    input.breaker?.ended(AbortSignal.any([hard.signal, finished.signal])).then(
      (why) => (early = why),
      () => undefined,
    );
    while (clock.now() < until) {
      if (early !== undefined) {
        if (early !== '') emit({ kind: 'warning', text: `${called}: ${early}` });
        return early;
      }
      if (watch.seen.asOf > from && watch.seen.health !== 'healthy') watch.closely(false);
      if (watch.seen.asOf > from && watch.seen.othersHealthy === 0) {
        emit({
          kind: 'warning',
          text: `no other target of ${victim.group} is healthy any more: ${words.undo.doing} ${named} at once`,
        });
        return '';
      }
      if (!(await waitUntil(Math.min(until, clock.now() + 250)))) return '';
    }
    return '';
  };

  /** For each part the calls that add and remove its tag; several parts may share one. */
  const marks = (since: number) => {
    const until = since + input.settings.for * 1000;
    const all = parts.map((part) =>
      markCalls(experiment.marked(part), writeMark({ experiment: experiment.name, since, until, run: input.run ?? '', victim: part })),
    );
    return all.filter(({ on }, index) => all.findIndex((each) => JSON.stringify(each.on) === JSON.stringify(on)) === index);
  };
  /** Prepares tag and guardian. Returns why the fault must not happen: without them nobody could find or undo it later. */
  const prepare = async (): Promise<string> => {
    const now = clock.now();
    try {
      const found = await lookNow(victim, FIRST_LOOK_MS);
      seen = found.seen;
      const { state } = found;
      if (state !== 'fine' && state !== 'unsure')
        return state === 'gone' ? `${called} no longer exists` : `${called} is already ${words.done}`;
      await bounded(Promise.resolve(input.guardian?.arm(victim, now + input.settings.for * 1000, about())));
      await bounded(Promise.all(marks(now).map(({ on }) => cloud.call(on.op, on.input, { signal: hard.signal }))));
      return '';
    } catch (error) {
      return `albedo could not make sure that ${called} will be ${words.undo.done}: ${messageOf(error)}`;
    }
  };
  /** Removes tag and guardian once the victim is whole. A tag that stays is found later and does no harm. */
  const cleared = async (): Promise<void> => {
    const stoodDown = input.guardian?.disarm();
    const signal = AbortSignal.any([hard.signal, AbortSignal.timeout(UNMARK_MS)]);
    await Promise.all(marks(clock.now()).map(({ off }) => cloud.call(off.op, off.input, { signal }))).catch((error: unknown) => {
      emit({ kind: 'warning', text: `the fault tag of ${called} could not be removed: ${messageOf(error)}` });
    });
    await stoodDown;
  };

  try {
    const startedAt = await firstOf(input.startedAt, pointless);
    if (startedAt === undefined) return notStarted();
    const at = startedAt + input.settings.at * 1000;
    if (!(await waitUntil(at - PREPARE_MS, pointless))) return notStarted();
    const unready = await prepare();
    const objection =
      unready !== '' || !(await waitUntil(at, pointless))
        ? unready
        : await (input.mayStart?.() ?? Promise.resolve('')).catch(
            (error: unknown) => `its state could not be read again: ${messageOf(error)}`,
          );
    if (objection !== '' || isPointless()) {
      await cleared();
      if (isPointless()) return notStarted();
      emit({ kind: 'warning', text: `no ${words.thing} was ${words.done}: ${objection}` });
      return notStarted(objection);
    }
    watch.closely(true);
    const sent = { kind: 'stop', at: clock.now(), outcome: 'sent', detail: '' } as const;
    observe(sent);
    const text = `${words.doing} ${called}${victim.zone === '' ? '' : ` in ${victim.zone}`}`;
    emit({ kind: 'chaos', mark: 'fault', instanceId: victim.instanceId, text });
    let stopSentAt = sent.at;
    let early = '';
    let problem = '';
    let stopFailed = false;
    try {
      if (input.breaker === undefined)
        await bounded(sendFault(breaks, victim, { cloud, clock, about: about(), options: { signal: hard.signal } }));
      else {
        stopSentAt = await bounded(input.breaker.begin(anyOf(hard.signal, input.signal) ?? hard.signal));
        // Detection and failover count from what breaks, not from what was asked for some seconds before.
        observations[observations.indexOf(sent)] = { ...sent, at: stopSentAt };
      }
      observe({ kind: 'stop', at: clock.now(), outcome: 'accepted', detail: '' });
    } catch (error) {
      problem = `${words.doing} ${called} failed: ${messageOf(error)}`;
      observe({ kind: 'stop', at: clock.now(), outcome: 'refused', detail: messageOf(error) });
      if (surelyRefused(error)) {
        await cleared();
        return end('refused', true, problem);
      }
      stopFailed = true;
    }
    if (!stopFailed) early = await whileOthersServe(stopSentAt, stopSentAt + input.settings.for * 1000);
    const start = await restore();
    if (start.gone === true) {
      await cleared();
      return end('not-recovered', true, start.problem);
    }
    if (!start.restored) return end(aborted() ? 'aborted' : 'not-recovered', false, start.problem);
    // An interrupt here leaves tag and guardian in place: they make sure that the victim becomes healthy.
    if (aborted()) return end('aborted', true, problem);

    watch.closely(true);
    const recovered = await healthyWithin(input.recoverWithinMs ?? (experiment.refills === true ? 600_000 : 300_000));
    watch.closely(false);
    if (aborted()) return end('aborted', true, '');
    if (recovered === 'gone') {
      const { problem: text } = gone(victim);
      await cleared();
      return end('not-recovered', true, text);
    }
    if (recovered === 'late')
      return end(
        'not-recovered',
        true,
        `the target of ${named} did not become healthy again in time; it is ${watch.seen.health || 'not registered'}${experiment.victims === 'targets' ? '' : `, the instance ${watch.seen.instance}`}`,
      );
    await cleared();
    if (stopFailed) return end('refused', true, problem);
    await waitUntil(startedAt + input.watchSeconds * 1000);
    return end('recovered', true, early);
  } finally {
    watch.stop();
    finished.abort();
    input.signal?.removeEventListener('abort', onAbort);
    // A read in progress is not awaited: it may hang, and nothing depends on it.
  }
}

interface Restored {
  readonly restored: boolean;
  /** There is nothing left to restore. */
  readonly gone?: true;
  readonly problem: string;
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
