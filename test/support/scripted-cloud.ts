/** A `Cloud` that answers as a test says, one call at a time, and steps made by hand. */

import { classify } from '../../reconciler/aws/classify.ts';
import { CloudError } from '../../reconciler/errors.ts';
import { type ExecuteOptions, execute } from '../../reconciler/execute/execute.ts';
import type { Json } from '../../reconciler/model/json.ts';
import type { Plan, Run, Step } from '../../reconciler/plan/types.ts';
import type { Event } from '../../reconciler/run/events.ts';
import type { CallOptions, Cloud } from '../../reconciler/run/port.ts';
import { type SteppedClock, steppedClock } from './stacks.ts';

export interface Call {
  readonly op: string;
  readonly input: Json;
  readonly options: CallOptions;
  answer(value?: Json): void;
  refuse(code: string, status?: number): void;
}

export interface ScriptedCloud extends Cloud {
  /** All calls so far, answered or not. */
  readonly calls: Call[];
}

export const refusal = (op: string, code: string, status = 400): CloudError =>
  new CloudError(op, code, classify(code, status), `${code} of ${op}`);

/** Answers by function: what it returns is the answer, what it throws the refusal. */
export function answering(answer: (op: string, input: Json, count: number, options: CallOptions) => Json | Promise<Json>): ScriptedCloud {
  const calls: Call[] = [];
  return {
    calls,
    call: async (op, input, options = {}) => {
      calls.push({ op, input, options, answer: () => {}, refuse: () => {} });
      return answer(op, input, calls.filter((call) => call.op === op).length, options);
    },
  };
}

/** Answers nothing by itself: the test answers each call when it likes. An abort of the call's signal ends it. */
export function waiting(): ScriptedCloud {
  const calls: Call[] = [];
  return {
    calls,
    call: (op, input, options = {}) =>
      new Promise((resolve, reject) => {
        options.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true });
        calls.push({
          op,
          input,
          options,
          answer: (value = {}) => resolve(value),
          refuse: (code, status) => reject(refusal(op, code, status)),
        });
      }),
  };
}

export const step = (id: string, more: Partial<Step> = {}): Step => ({
  id,
  address: `thing/${id}`,
  op: `op:${id}`,
  input: {},
  effect: 'update',
  needs: [],
  outputs: {},
  title: id,
  ...more,
});

export const planOfSteps = (...steps: readonly Step[]): Plan => ({
  version: 1,
  mode: 'apply',
  stack: 's',
  account: '1',
  region: 'r',
  changes: [],
  steps,
  notes: [],
  summary: { create: 0, adopt: 0, update: 0, replace: 0, destroy: 0, unchanged: 0, risk: 'none' },
  specDigest: '',
  liveDigest: '',
  digest: '',
});

export interface Trial {
  readonly run: Promise<Run>;
  readonly events: Event[];
  readonly journal: { readonly [key: string]: Json }[];
  readonly clock: SteppedClock;
  readonly abort: (reason?: unknown) => void;
}

export function start(plan: Plan, cloud: Cloud, more: Partial<ExecuteOptions> = {}): Trial {
  const events: Event[] = [];
  const journal: { readonly [key: string]: Json }[] = [];
  const clock = steppedClock();
  const controller = new AbortController();
  const run = execute(plan, {
    cloud,
    clock,
    journal: { write: (entry) => void journal.push(entry) },
    emit: (event) => void events.push(event),
    deferred: async (key) => `deferred ${key}`,
    signal: controller.signal,
    doneCodes: () => [],
    looks: () => [],
    ...more,
  });
  return { run, events, journal, clock, abort: (reason = new Error('stopped')) => controller.abort(reason) };
}

/** Lets everything that can go on go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export const outcomes = (run: Run): Record<string, string> => Object.fromEntries(run.steps.map((entry) => [entry.id, entry.outcome]));
