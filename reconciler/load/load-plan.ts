/**
 * What the machines that send a load together are told, and what each says of its part. The first comes from whoever may read the stack; the
 * second from jobs that may run anybody's script, so nothing in it is believed that is not of its exact form. Pure.
 */

import { ReconcileError } from '../errors.ts';
import { MOST_SHARDS } from './shards.ts';
import type { K6Outcome, ListenerTarget, LoadSettings, VerifyTarget } from './types.ts';

export interface LoadPlan {
  readonly version: 1;
  /** Drawn for each plan: what was sent for another one does not count for it. */
  readonly id: string;
  readonly stack: string;
  /** When all begin, milliseconds since the epoch. */
  readonly startAt: number;
  readonly shards: number;
  readonly settings: LoadSettings;
  readonly dnsName: string;
  readonly listener: ListenerTarget;
  readonly hosts: VerifyTarget['hosts'];
  /** Bound of all of them together, requests a second. */
  readonly most?: number;
}

/** What a machine says of the part that it sent; its points lie beside it. */
export interface ShardSlip {
  readonly version: 1;
  readonly plan: string;
  readonly shard: number;
  readonly k6: string;
  readonly outcome: K6Outcome;
  readonly exitCode: number | null;
  readonly exceptions: number;
  readonly thresholds: readonly string[];
  readonly said: string;
}

export const slipFile = (shard: number): string => `shard-${shard}.json`;
/** Longest slip and longest plan, bytes. */
export const MOST_SLIP = 16 * 1024;
export const MOST_PLAN = 1024 * 1024;

type Test = (value: unknown) => boolean;
type Form = Readonly<Record<string, Test>>;

const text =
  (pattern: RegExp): Test =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const whole =
  (from: number, to: number): Test =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to;
const oneOf =
  (...all: readonly unknown[]): Test =>
  (value) =>
    all.includes(value);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const OUTCOMES: readonly K6Outcome[] = ['done', 'aborted', 'script-error', 'bad-config', 'timed-out', 'failed'];
const ID = /^[0-9a-f]{32}$/;

const SLIP: Form = {
  version: oneOf(1),
  plan: text(ID),
  shard: whole(1, MOST_SHARDS),
  k6: text(/^\d{1,3}\.\d{1,3}\.\d{1,3}[\w.+-]{0,40}$/),
  outcome: oneOf(...OUTCOMES),
  exitCode: (value) => value === null || whole(0, 255)(value),
  exceptions: whole(0, 1e9),
  thresholds: (value) => Array.isArray(value) && value.length <= 50 && value.every((each) => text(/^[^\p{Cc}]{1,200}$/u)(each)),
  said: text(/^[^\p{Cc}]{0,500}$/u),
};

const PLAN: Form = {
  version: oneOf(1),
  id: text(ID),
  stack: text(/^[\w.-]{1,128}$/),
  startAt: whole(1, 8.64e15),
  shards: whole(2, MOST_SHARDS),
  settings: isObject,
  dnsName: text(/^[\w.-]{1,255}$/),
  listener: (value) =>
    isObject(value) && oneOf('HTTP', 'HTTPS')(value['protocol']) && whole(1, 65_535)(value['port']) && typeof value['name'] === 'string',
  hosts: (value) => isObject(value) && Object.values(value).every((each) => typeof each === 'string'),
};

/** The names that are not of the form; empty when all are. */
function objections(value: unknown, form: Form, besides: Form = {}): string[] {
  if (!isObject(value)) return ['it is not a JSON object'];
  const unknown = Object.keys(value).filter((key) => !(Object.hasOwn(form, key) || Object.hasOwn(besides, key)));
  const wrong = [...Object.entries(form), ...Object.entries(besides).filter(([key]) => Object.hasOwn(value, key))].filter(
    ([key, test]) => !(Object.hasOwn(value, key) && test(value[key])),
  );
  // A name that somebody chose is not repeated.
  return [...wrong.map(([key]) => key), ...(unknown.length === 0 ? [] : ['an unknown name'])];
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

/** Throws `LoadFailed` where it is none. */
export function readLoadPlan(json: string): LoadPlan {
  const value = parsed(json);
  const wrong = objections(value, PLAN, { most: whole(1, 1e9) });
  if (wrong.length === 0) return value as LoadPlan;
  throw new ReconcileError('LoadFailed', `the load plan cannot be used: ${wrong.join(', ')}`, {
    hint: 'Create one with `albedo load plan`.',
  });
}

/** The slip of one shard of a plan, or what is wrong with it, in a clause. */
export function readSlip(json: string, plan: Pick<LoadPlan, 'id'>, shard: number): ShardSlip | string {
  const value = parsed(json);
  const wrong = objections(value, SLIP);
  if (wrong.length > 0) return `its ${slipFile(shard)} does not have the format that albedo writes: ${wrong.join(', ')}`;
  const slip = value as ShardSlip;
  if (slip.plan !== plan.id) return 'it belongs to another load plan';
  return slip.shard === shard ? slip : `its ${slipFile(shard)} belongs to shard ${slip.shard}`;
}

/** What stands in a slip; text is cut and freed of control characters. */
export const plainText = (value: string, most: number): string => value.replace(/\p{Cc}+/gu, ' ').slice(0, most);
