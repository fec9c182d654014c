import { setMaxListeners } from 'node:events';
import { CloudError } from '../errors.ts';
import { canonical } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import type { Look } from '../model/look.ts';
import { valueAt, valuesAt, withValue } from '../model/paths.ts';
import type { Lookup, Plan, Run, Step, StepRun } from '../plan/types.ts';
import type { CallOptions, Clock, Cloud, Emit, Journal } from '../run/port.ts';
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
  /** Steps that hold a slot, and waits that do, by operation: those that wait for AWS hold none. */
  readonly holding: { readonly steps: Set<Step>; readonly waits: Set<Step> };
  /** Called when a slot is given back. */
  free: () => void;
  readonly outputs: Outputs;
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
  const { clock, emit, journal } = options;
  const startedAt = clock.now();
  let attempts = 1;
  const onRetry = ({ notYet, ...retry }: { code: string; attempt: number; waitMs: number; notYet?: true }) => {
    attempts++;
    if (notYet && state.holding.steps.delete(step)) state.free();
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
  onRetry: NonNullable<CallOptions['onRetry']>,
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
      const found = await find(step, input, options, signal);
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
async function find(step: Step, input: Json, options: ExecuteOptions, signal: AbortSignal): Promise<Json | undefined> {
  const { lookup } = step;
  if (lookup === undefined) return undefined;
  const taken = Object.entries(lookup.take ?? {}).map(([param, from]): [string, Json] => [
    param,
    typeof from === 'string' ? (valueAt(input, from) ?? null) : from.map((each) => valueAt(input, each) ?? null),
  ]);
  try {
    const sent = { ...(lookup.input as { readonly [key: string]: Json }), ...Object.fromEntries(taken) };
    const answer = await options.cloud.call(lookup.op, sent, { signal });
    const list = lookup.list.endsWith(']') || !Array.isArray(valueAt(answer, lookup.list)) ? lookup.list : `${lookup.list}[]`;
    const found = valuesAt(answer, list).find((entry) => isMeant(entry, lookup, input));
    if (found === undefined || !(await hasTags(found, lookup, input, options, signal))) return undefined;
    if (lookup.wrap === '') return found;
    return lookup.wrap.endsWith('[0]') ? { [lookup.wrap.slice(0, -3)]: [found] } : withValue({}, lookup.wrap, found);
  } catch (thrown) {
    if (thrown instanceof CloudError && thrown.class === 'NotFound') return undefined;
    throw thrown;
  }
}

function isMeant(entry: Json, { idPath, not, same }: Lookup, input: Json): boolean {
  if (not.includes(String(valueAt(entry, idPath)))) return false;
  return same === undefined || String(valueAt(entry, same.path)) === String(valueAt(input, same.param));
}

/** Whether it has all tags that the create gave: what is in its place may be somebody else's. */
async function hasTags(
  found: Json,
  { tagged, idPath }: Lookup,
  input: Json,
  options: ExecuteOptions,
  signal: AbortSignal,
): Promise<boolean> {
  if (tagged === undefined) return true;
  const answer = await options.cloud.call(tagged.op, { [tagged.param]: [valueAt(found, idPath) ?? null] }, { signal });
  const tags = new Map(valuesAt(answer, `${tagged.list}[]`).map((tag) => [valueAt(tag, 'Key'), valueAt(tag, 'Value')]));
  return valuesAt(input, 'Tags[]').every((tag) => tags.get(valueAt(tag, 'Key')) === valueAt(tag, 'Value'));
}
