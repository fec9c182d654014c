/** Specs as text or data, the stacks they become, and what AWS would show of one that has been applied. */

import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { type ReadResult, type ReadySpec, readSpec } from '../../reconciler/config/read.ts';
import type { Problem } from '../../reconciler/errors.ts';
import { canonical } from '../../reconciler/model/codec.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { fieldsOf, kindOf } from '../../reconciler/model/kinds.ts';
import type { Live, Observed, Stack } from '../../reconciler/model/model.ts';
import { fingerprintOf } from '../../reconciler/observe/x509.ts';
import { wantedTags } from '../../reconciler/plan/diff.ts';
import type { Clock } from '../../reconciler/run/port.ts';
import { TUTORIAL } from './spec-text.ts';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A spec as data that tests may change freely. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach deep into a value whose shape is the spec's own affair
export type SpecData = any;

export const tutorial = (): SpecData => parse(TUTORIAL);

/** The tutorial's spec after a change. */
export function changed(change: (spec: SpecData) => void): SpecData {
  const spec = tutorial();
  change(spec);
  return spec;
}

const results = new Map<string, ReadResult>();

/** Reads a spec, each text once: the property tests read the same ones again and again. */
function read(spec: string | SpecData, file: string): ReadResult {
  const text = typeof spec === 'string' ? spec : JSON.stringify(spec);
  const key = `${file}\n${text}`;
  const result = results.get(key) ?? readSpec(new TextEncoder().encode(text), file, { sha256, fingerprint: fingerprintOf });
  results.set(key, result);
  return result;
}

/** The mistakes of a spec; advice is another matter. */
export const problemsOf = (spec: string | SpecData, file = 'web.yaml'): readonly Problem[] =>
  read(spec, file).problems.filter((problem) => problem.severity === 'error');

/** What a spec is advised to have otherwise, though it may stay. */
export const adviceOf = (spec: string | SpecData, file = 'web.yaml'): readonly Problem[] =>
  read(spec, file).problems.filter((problem) => problem.severity === 'warning');

export function ready(spec: string | SpecData, file = 'web.yaml'): ReadySpec {
  const result = read(spec, file);
  if (result.spec === undefined) throw new Error(result.problems.map((problem) => `${problem.path}: ${problem.message}`).join('\n'));
  return result.spec;
}

export const stackOf = (spec: string | SpecData): Stack => ready(spec).stack;

export const ACCOUNT = '123456789012';
export const NOTHING: Observed = {
  account: ACCOUNT,
  live: [],
  duplicates: [],
  taken: [],
  notes: [],
  occupied: [],
  claimed: [],
  absent: [],
  existing: {},
};

/** What a stack would look like right after it was applied: every value as wanted, ids made from the addresses. */
export function appliedOf(stack: Stack, more: Partial<Observed> = {}): Observed {
  const live = stack.desired.map((desired): Live => {
    const kind = kindOf(desired.kind);
    const id = idOf(desired.address);
    const outputs: { [name: string]: string } = {};
    for (const name of Object.keys(kind.outputs)) outputs[name] = name === 'id' || name === 'arn' ? id : `${name} of ${desired.address}`;
    if (typeof desired.values['name'] === 'string') outputs['name'] = desired.values['name'];
    const handles = fieldsOf(kind).flatMap(([name, { wire }]): [string, { [member: string]: string }][] =>
      wire.how !== 'member' || wire.member.handle === undefined
        ? []
        : [
            [
              name,
              Object.fromEntries((desired.values[name] as readonly Json[]).map((member, index) => [canonical(member), `handle-${index}`])),
            ],
          ],
    );
    return {
      address: desired.address,
      kind: desired.kind,
      id,
      outputs,
      values: desired.values,
      tags: wantedTags(desired, stack.name),
      handles: Object.fromEntries(handles),
    };
  });
  return { ...NOTHING, live, ...more };
}

/** The id that `appliedOf` gives to an address: `id:vpc/main`. */
export const idOf = (address: string): string => `id:${address}`;

/** A clock that tests move: sleeping moves it at once, unless the sleeper was aborted. */
export interface SteppedClock extends Clock {
  /** Milliseconds slept, in order. */
  readonly slept: number[];
}

export function steppedClock(random = 0.5): SteppedClock {
  let now = 1_700_000_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
      await Promise.resolve();
      signal?.throwIfAborted();
    },
    random: () => random,
  };
}
