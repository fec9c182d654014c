import { setMaxListeners } from 'node:events';
import { CloudError } from '../errors.ts';
import { canonical } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import type { Look } from '../model/look.ts';
import { valueAt, valuesAt, withValue } from '../model/paths.ts';
import type { Plan, Run, Step, StepRun } from '../plan/types.ts';
import type { Clock, Cloud, Emit, Journal } from '../run/port.ts';
import { lookFor, stillToDo } from './believe.ts';
import { keepOutputs, type Outputs, type ResolveMaterial, resolveInput } from './refs.ts';
import { waitFor } from './wait.ts';

export interface ExecuteOptions {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly emit: Emit;
  readonly material: ResolveMaterial;
  /** Aborting starts no further step and ends waits at once; a write under way gets three seconds to be answered. */
  readonly signal: AbortSignal;
  /** Steps under way at once. */
  readonly width?: number;
  /** Calls of one operation under way at once; default the width. */
  readonly widthOf?: (op: string) => number | undefined;
  /** AWS codes that say that an operation's effect is there already, and how that is looked for before it is believed. */
  readonly doneCodes: (op: string) => readonly string[];
  readonly looks: (op: string) => readonly Look[];
}

interface State {
  readonly outcome: Map<string, StepRun>;
  readonly running: Map<string, Promise<void>>;
  readonly busy: Map<string, number>;
  readonly outputs: Outputs;
  /** Fires a while after the run's own signal: cuts what is still under way. */
  readonly late: AbortSignal;
}

const GRACE_MS = 3000;

/**
 * Runs any plan, knowing no kind of resource: takes steps whose needs are done, up to a width, and puts references in
 * place. When one fails, what depends on it is skipped, independent creates and updates still finish, and no destroy
 * starts. Never throws for what AWS says: that is in the run.
 */
export async function execute(plan: Plan, options: ExecuteOptions): Promise<Run> {
  const startedAt = options.clock.now();
  const state: State = { outcome: new Map(), running: new Map(), busy: new Map(), outputs: new Map(), late: later(options.signal) };
  const width = options.width ?? 12;
  const total = plan.steps.length;
  const stopped = new Promise<void>((resolve) =>
    options.signal.aborted ? resolve() : options.signal.addEventListener('abort', () => resolve(), { once: true }),
  );

  for (;;) {
    for (const step of plan.steps) {
      if (state.running.size >= width || options.signal.aborted) break;
      if (!isReady(step, state, options)) continue;
      state.busy.set(step.op, (state.busy.get(step.op) ?? 0) + 1);
      options.emit({ kind: 'step-started', step, running: state.running.size + 1, done: countDone(state), total });
      const work = run(step, state, options, total).finally(() => {
        state.running.delete(step.id);
        state.busy.set(step.op, (state.busy.get(step.op) ?? 1) - 1);
      });
      state.running.set(step.id, work);
    }
    skipDependants(plan, state, options);
    if (state.running.size === 0) break;
    await Promise.race(options.signal.aborted ? state.running.values() : [...state.running.values(), stopped]);
    if (options.signal.aborted) await Promise.allSettled(state.running.values());
  }
  const steps = plan.steps.map((step): StepRun => state.outcome.get(step.id) ?? { ...head(step), outcome: 'cancelled', attempts: 0 });
  const failed = steps.some((step) => step.outcome === 'failed');
  const cancelled = steps.some((step) => step.outcome === 'cancelled');
  const result: Run = { outcome: failed ? 'failed' : cancelled ? 'cancelled' : 'done', steps, startedAt, endedAt: options.clock.now() };
  options.journal.write({ event: 'run', outcome: result.outcome });
  return result;
}

function later(signal: AbortSignal): AbortSignal {
  const late = new AbortController();
  setMaxListeners(0, late.signal);
  signal.addEventListener('abort', () => setTimeout(() => late.abort(signal.reason), GRACE_MS).unref(), { once: true });
  return late.signal;
}

const head = (step: Step) => ({ id: step.id, address: step.address, title: step.title, effect: step.effect });
const countDone = (state: State): number => [...state.outcome.values()].filter((entry) => entry.outcome === 'done').length;

function isReady(step: Step, state: State, options: ExecuteOptions): boolean {
  if (state.outcome.has(step.id) || state.running.has(step.id)) return false;
  if (!step.needs.every((need) => state.outcome.get(need)?.outcome === 'done')) return false;
  if (step.effect === 'destroy' && [...state.outcome.values()].some((entry) => entry.outcome === 'failed')) return false;
  const limit = options.widthOf?.(step.op);
  return limit === undefined || (state.busy.get(step.op) ?? 0) < limit;
}

/** Marks what can never run any more: needs of it failed or were skipped, or it would destroy after a failure. */
function skipDependants(plan: Plan, state: State, options: ExecuteOptions): void {
  const failure = [...state.outcome.values()].find((entry) => entry.outcome === 'failed');
  for (const step of plan.steps) {
    if (state.outcome.has(step.id) || state.running.has(step.id)) continue;
    const blocker = step.needs.map((need) => state.outcome.get(need)).find((need) => need !== undefined && need.outcome !== 'done');
    const because = blocker !== undefined ? (blocker.because ?? blocker.id) : step.effect === 'destroy' ? failure?.id : undefined;
    if (because === undefined) continue;
    state.outcome.set(step.id, { ...head(step), outcome: 'skipped', because, attempts: 0 });
    options.emit({ kind: 'step-skipped', step, because });
  }
}

async function run(step: Step, state: State, options: ExecuteOptions, total: number): Promise<void> {
  const { clock, emit, journal } = options;
  const startedAt = clock.now();
  let attempts = 1;
  const onRetry = (retry: { code: string; attempt: number; waitMs: number }) => {
    attempts++;
    emit({ kind: 'step-retrying', step, ...retry });
  };
  journal.write({ event: 'start', step: step.id, op: step.op, at: startedAt });
  try {
    const { input, fresh } = await resolveInput(step, state.outputs, options.material);
    if (step.until !== undefined) await waitFor(step, step.until, input, options.cloud, clock, emit, options.signal);
    else keepOutputs(step, await perform(step, input, fresh, options, state.late, onRetry), state.outputs);
    const endedAt = clock.now();
    state.outcome.set(step.id, { ...head(step), outcome: 'done', attempts, startedAt, endedAt });
    journal.write({ event: 'done', step: step.id, at: endedAt });
    emit({ kind: 'step-done', step, ms: endedAt - startedAt, done: countDone(state), total });
  } catch (thrown) {
    const endedAt = clock.now();
    if (options.signal.aborted && !(thrown instanceof CloudError)) {
      state.outcome.set(step.id, { ...head(step), outcome: 'cancelled', attempts, startedAt, endedAt });
      journal.write({ event: 'cancelled', step: step.id, at: endedAt });
      return;
    }
    const code = thrown instanceof CloudError ? thrown.awsCode : 'Internal';
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    state.outcome.set(step.id, { ...head(step), outcome: 'failed', error: { code, message }, attempts, startedAt, endedAt });
    journal.write({ event: 'failed', step: step.id, code, at: endedAt });
    emit({ kind: 'step-failed', step, code, message });
  }
}

/**
 * One call. A create whose answer was lost is looked for before it is sent again, and so is one that AWS says exists: it
 * is ours if it has our tags, made by a run that was cut off moments ago. "There already" is success once a look shows
 * what was wished for, and so is "not found" when destroying. A write under way is not cut off by an abort: what it did would be lost from sight.
 */
async function perform(
  step: Step,
  input: Json,
  fresh: boolean,
  options: ExecuteOptions,
  signal: AbortSignal,
  onRetry: (retry: { code: string; attempt: number; waitMs: number }) => void,
): Promise<Json> {
  let asked = input;
  for (let tries = 1; ; tries++) {
    try {
      return await options.cloud.call(step.op, asked, { fresh, onRetry, signal });
    } catch (thrown) {
      if (!(thrown instanceof CloudError)) throw thrown;
      if (options.doneCodes(step.op).includes(thrown.awsCode) || (step.effect === 'destroy' && thrown.class === 'NotFound')) {
        const look = lookFor(options.looks(step.op), asked);
        if (look === undefined) throw unbelieved(thrown, 'and albedo has no way to look whether that is so');
        const rest = await stillToDo(look, asked, options.cloud, signal);
        if (rest === undefined) return {};
        if (tries >= 5)
          throw unbelieved(thrown, `but ${look.op.replace(/^.*:/, '')} shows it otherwise: somebody else changes it; plan again`);
        // What is left of a list is sent at once; the same again only when AWS's parts may have agreed.
        if (canonical(rest) === canonical(asked)) {
          onRetry({ code: thrown.awsCode, attempt: tries, waitMs: 1000 * tries });
          await options.clock.sleep(1000 * tries, options.signal);
        }
        asked = rest;
        continue;
      }
      const exists = thrown.class === 'Exists';
      if (step.lookup === undefined || (thrown.class !== 'Transient' && !exists) || tries >= 5) throw thrown;
      await options.clock.sleep(1000 * tries, options.signal);
      const found = await find(step, options, signal);
      if (found !== undefined) return found;
      // Somebody else's: sending it again would not make it ours.
      if (exists && tries > 1) throw thrown;
      onRetry({ code: thrown.awsCode, attempt: tries, waitMs: 1000 * tries });
    }
  }
}

const unbelieved = (cause: CloudError, why: string): CloudError =>
  new CloudError(cause.op, cause.awsCode, cause.class, `${cause.message} (AWS answers ${cause.awsCode}, ${why})`, { cause });

/** What an earlier try of this step made after all, in the shape of the create's own answer. */
async function find(step: Step, options: ExecuteOptions, signal: AbortSignal): Promise<Json | undefined> {
  const { lookup } = step;
  if (lookup === undefined) return undefined;
  try {
    const answer = await options.cloud.call(lookup.op, lookup.input, { signal });
    const list = lookup.list.endsWith(']') || !Array.isArray(valueAt(answer, lookup.list)) ? lookup.list : `${lookup.list}[]`;
    const found = valuesAt(answer, list).find((entry) => !lookup.not.includes(String(valueAt(entry, lookup.idPath))));
    if (found === undefined) return undefined;
    if (lookup.wrap === '') return found;
    return lookup.wrap.endsWith('[0]') ? { [lookup.wrap.slice(0, -3)]: [found] } : withValue({}, lookup.wrap, found);
  } catch (thrown) {
    if (thrown instanceof CloudError && thrown.class === 'NotFound') return undefined;
    throw thrown;
  }
}
