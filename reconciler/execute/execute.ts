import { setMaxListeners } from 'node:events';
import { CloudError } from '../errors.ts';
import type { Plan, Run, Step, StepRun } from '../plan/types.ts';
import type { Emit, Journal, Retry } from '../run/port.ts';
import { type PerformOptions, perform } from './perform.ts';
import { keepOutputs, type Outputs, type ResolveDeferred, resolveInput, thingsIn } from './refs.ts';
import { tellerOf } from './tell.ts';
import { waitFor } from './wait.ts';

export interface ExecuteOptions extends PerformOptions {
  readonly journal: Journal;
  readonly emit: Emit;
  readonly deferred: ResolveDeferred;
  /** Aborting starts no further step and ends waits at once; a write under way gets three seconds to be answered. */
  readonly signal: AbortSignal;
  /** Steps under way at once. */
  readonly width?: number;
  /** Calls of one operation under way at once; default the width. */
  readonly widthOf?: (op: string) => number | undefined;
}

interface State {
  readonly outcome: Map<string, StepRun>;
  readonly running: Map<string, Promise<void>>;
  /** Steps that hold a slot, and waits that do, by operation: those that wait for AWS hold none. */
  readonly holding: { readonly steps: Set<Step>; readonly waits: Set<Step> };
  /** Called when a slot is given back. */
  free: () => void;
  readonly outputs: Outputs;
  /** Ids, ARNs and names of what this run has made or changed. */
  readonly made: Set<string>;
  /** Fires a while after the run's own signal: cuts what is still under way. */
  readonly late: AbortSignal;
}

const GRACE_MS = 3000;

/**
 * Runs any plan, knowing no kind of resource: takes steps whose needs are done, up to a width, and puts references in
 * place. A step that AWS has answered "not yet" gives its slot back, and waits have slots of their own: what waits for something else
 * of the plan does not keep that from starting. When one fails, what depends on it is skipped, independent creates and updates still finish, and no destroy
 * starts. Never throws for what AWS says: that is in the run.
 */
export async function execute(short: Plan, options: ExecuteOptions): Promise<Run> {
  const plan: Plan = { ...short, steps: short.steps.map((step) => withLookup(step, short.lookups)) };
  const startedAt = options.clock.now();
  const state: State = {
    outcome: new Map(),
    running: new Map(),
    holding: { steps: new Set(), waits: new Set() },
    free: () => {},
    outputs: new Map(),
    made: new Set(),
    late: later(options.signal),
  };
  const width = options.width ?? 12;
  const total = plan.steps.length;
  const open = new Map(plan.steps.map((step) => [step.id, step]));
  const reached = milestonesOf(plan, state);
  const stopped = new Promise<void>((resolve) =>
    options.signal.aborted ? resolve() : options.signal.addEventListener('abort', () => resolve(), { once: true }),
  );

  for (;;) {
    const freed = new Promise<void>((resolve) => {
      state.free = resolve;
    });
    for (const step of open.values()) {
      if (options.signal.aborted) break;
      const held = step.until === undefined ? state.holding.steps : state.holding.waits;
      if (held.size >= width || !isReady(step, held, state, reached, options)) continue;
      held.add(step);
      open.delete(step.id);
      options.emit({ kind: 'step-started', step, running: state.running.size + 1, done: countDone(state), total });
      const work = run(step, state, options, total).finally(() => {
        state.running.delete(step.id);
        held.delete(step);
      });
      state.running.set(step.id, work);
    }
    for (const id of skipDependants([...open.values()], state, reached, options)) open.delete(id);
    if (state.running.size === 0) break;
    await Promise.race(options.signal.aborted ? state.running.values() : [...state.running.values(), stopped, freed]);
    if (options.signal.aborted) await Promise.allSettled(state.running.values());
  }
  const steps = plan.steps.map((step): StepRun => state.outcome.get(step.id) ?? { ...head(step), outcome: 'cancelled', attempts: 0 });
  const failed = steps.some((step) => step.outcome === 'failed');
  const cancelled = steps.some((step) => step.outcome === 'cancelled');
  const result: Run = { outcome: failed ? 'failed' : cancelled ? 'cancelled' : 'done', steps, startedAt, endedAt: options.clock.now() };
  options.journal.write({ event: 'run', outcome: result.outcome });
  return result;
}

function withLookup(step: Step, lookups: Plan['lookups'] = {}): Step {
  const shared = step.effect === 'create' && Object.hasOwn(lookups, step.op) ? lookups[step.op] : undefined;
  return step.lookup !== undefined || shared === undefined ? step : { ...step, lookup: shared };
}

function later(signal: AbortSignal): AbortSignal {
  const late = new AbortController();
  setMaxListeners(0, late.signal);
  signal.addEventListener('abort', () => setTimeout(() => late.abort(signal.reason), GRACE_MS).unref(), { once: true });
  return late.signal;
}

const head = (step: Step) => ({ id: step.id, address: step.address, title: step.title, effect: step.effect });
const countDone = (state: State): number => [...state.outcome.values()].filter((entry) => entry.outcome === 'done').length;

/** What a step or milestone came to: a milestone to `done` when all that it needs is, and else to the first of those that was not. */
type Reached = (id: string) => StepRun | 'done' | undefined;

function milestonesOf(plan: Plan, state: State): Reached {
  const needs = new Map(plan.milestones?.map((each) => [each.id, each.needs]));
  const known = new Map<string, StepRun | 'done'>();
  const reached: Reached = (id) => {
    const own = needs.get(id);
    if (own === undefined) {
      const outcome = state.outcome.get(id);
      return outcome?.outcome === 'done' ? 'done' : outcome;
    }
    const before = known.get(id);
    if (before !== undefined) return before;
    const states = own.map(reached);
    const bad = states.find((each): each is StepRun => typeof each === 'object');
    const found = bad ?? (states.every((each) => each === 'done') ? 'done' : undefined);
    if (found !== undefined) known.set(id, found);
    return found;
  };
  return reached;
}

function isReady(step: Step, held: ReadonlySet<Step>, state: State, reached: Reached, options: ExecuteOptions): boolean {
  if (!step.needs.every((need) => reached(need) === 'done')) return false;
  if (step.effect === 'destroy' && [...state.outcome.values()].some((entry) => entry.outcome === 'failed')) return false;
  const limit = options.widthOf?.(step.op);
  return limit === undefined || [...held].filter(({ op }) => op === step.op).length < limit;
}

/** Marks what can never run any more: needs of it failed or were skipped, or it would destroy after a failure. Answers their ids. */
function skipDependants(open: readonly Step[], state: State, reached: Reached, options: ExecuteOptions): readonly string[] {
  const failure = [...state.outcome.values()].find((entry) => entry.outcome === 'failed');
  const skipped: string[] = [];
  if ([...state.outcome.values()].every((entry) => entry.outcome === 'done')) return skipped;
  for (const step of open) {
    const blocker = step.needs.map(reached).find((need): need is StepRun => typeof need === 'object');
    const because = blocker !== undefined ? (blocker.because ?? blocker.id) : step.effect === 'destroy' ? failure?.id : undefined;
    if (because === undefined) continue;
    state.outcome.set(step.id, { ...head(step), outcome: 'skipped', because, attempts: 0 });
    skipped.push(step.id);
    options.emit({ kind: 'step-skipped', step, because });
  }
  return skipped;
}

async function run(step: Step, state: State, options: ExecuteOptions, total: number): Promise<void> {
  const { clock, emit, journal, cloud, signal } = options;
  const startedAt = clock.now();
  let attempts = 1;
  const teller = tellerOf(step, clock, emit, () => `${countDone(state)} of ${total} steps are done`);
  const onRetry = (retry: Retry) => {
    attempts++;
    if (retry.notYet && state.holding.steps.delete(step)) state.free();
    teller.retries(retry);
  };
  journal.write({ event: 'start', step: step.id, op: step.op, at: startedAt });
  try {
    const waiting = { signal, say: (text: string, nextMs: number, until: number) => teller.waits(text, nextMs, until) };
    const input = await resolveInput(step, state.outputs, options.deferred, waiting);
    const asking = { made: state.made, onRetry, onSlow: teller.slow };
    if (step.until !== undefined) await waitFor(step, step.until, input, { cloud, clock, teller, signal, made: state.made });
    else {
      const answer = await perform(step, input, options, { ...asking, signal: state.late });
      keepOutputs(step, answer, state.outputs);
      for (const thing of thingsIn(step, input, answer)) state.made.add(thing);
    }
    const endedAt = clock.now();
    state.outcome.set(step.id, { ...head(step), outcome: 'done', attempts, startedAt, endedAt });
    journal.write({ event: 'done', step: step.id, at: endedAt });
    emit({ kind: 'step-done', step, ms: endedAt - startedAt, done: countDone(state), total });
  } catch (thrown) {
    const endedAt = clock.now();
    if (signal.aborted && !(thrown instanceof CloudError)) {
      const [refusal, last] = [teller.refusal(), teller.last()];
      const error = refusal === undefined ? {} : { error: refusal };
      state.outcome.set(step.id, { ...head(step), outcome: 'cancelled', ...error, attempts, startedAt, endedAt });
      journal.write({ event: 'cancelled', step: step.id, at: endedAt });
      emit({ kind: 'step-cancelled', step, ...(last === undefined ? {} : { text: last }) });
      return;
    }
    const code = thrown instanceof CloudError ? thrown.awsCode : 'Internal';
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    state.outcome.set(step.id, { ...head(step), outcome: 'failed', error: { code, message }, attempts, startedAt, endedAt });
    journal.write({ event: 'failed', step: step.id, code, at: endedAt });
    emit({ kind: 'step-failed', step, code, message });
  }
}
