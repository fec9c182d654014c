/**
 * One fault at each call of a scenario: which positions there are, which are tried this time, and what must hold after
 * each. The invariants: I1 converged, I2 no duplicate and no
 * orphan, I3 foreign things untouched, I5 a named stop, I7 no blind repeat, I10 no secret shown.
 */

import * as assert from 'uvu/assert';
import type { ReadySpec } from '../../reconciler/config/read.ts';
import type { FaultKind } from '../../sandbox/faults.ts';
import type { RecordedCall } from '../../sandbox/types.ts';
import { type Bench, callsSince, isWrite, type Outcome, PLANTED, planOnce, type RunOptions, runOnce } from './faults-bench.ts';
import type { Foreign } from './faults-foreign.ts';
import { seed } from './seed.ts';

export const FAULTS = [
  'throttle',
  'error-before',
  'error-after',
  'reset-before',
  'reset-after',
  'truncate',
  'not-found',
] as const satisfies readonly FaultKind[];

export interface Case {
  readonly service: string;
  readonly action: string;
  /** Counted from 1, among the calls of this action. */
  readonly nth: number;
  readonly fault: (typeof FAULTS)[number];
}

export const nameOf = (one: Case): string => `${one.fault} at ${one.service}:${one.action} #${one.nth}`;

/** Every position of a recorded scenario with every fault. */
export function casesOf(calls: readonly RecordedCall[]): readonly Case[] {
  const seen = new Map<string, number>();
  return calls.flatMap(({ service, action }) => {
    const nth = (seen.get(`${service}:${action}`) ?? 0) + 1;
    seen.set(`${service}:${action}`, nth);
    return FAULTS.map((fault): Case => ({ service, action, nth, fault }));
  });
}

/** Whether the whole matrix is asked for (`ALBEDO_FAULTS=all`). */
export const wantsAll = process.env['ALBEDO_FAULTS'] === 'all';

/** The seed of this run's samples; see `seed.ts`. */
export { seed };

/** Mulberry32: small, and the same everywhere. */
export function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** All, or `count` of them that the seed chooses. */
export function choose<T>(items: readonly T[], count: number, from = seed): readonly T[] {
  if (wantsAll) return items;
  const random = randomFrom(from);
  const pool = items.map((item) => ({ item, key: random() })).sort((a, b) => a.key - b.key);
  return pool.slice(0, count).map(({ item }) => item);
}

/** Longest a run may take, ms of real time; its own clock is fifty times as fast. */
const LIMIT_MS = 30_000;

export interface Expectation {
  readonly bench: Bench;
  readonly foreign: Foreign;
  readonly untouched: string;
}

/** Runs with the fault, once more without when that failed, and checks what must hold of both. Answers whether the fault was met. */
export async function survive(one: Case, spec: ReadySpec, expected: Expectation, options: RunOptions = {}): Promise<boolean> {
  const { sandbox } = expected.bench;
  const from = sandbox.calls().length;
  const { service, action, nth, fault } = one;
  sandbox.faults.set([{ match: { service, action, nth }, times: 1, fault }]);
  const first = await runOnce(spec, options);
  const met = callsSince(sandbox, from).filter((call) => call.service === service && call.action === action).length >= nth;
  sandbox.faults.set([]);
  checkRun(first, nameOf(one));
  checkRepeats(callsSince(sandbox, from), nameOf(one));
  if (first.ok) return met;
  const between = sandbox.calls().length;
  const second = await runOnce(spec, options);
  checkRun(second, `${nameOf(one)}, run again`);
  checkRepeats(callsSince(sandbox, between), nameOf(one));
  assert.ok(second.ok, `${nameOf(one)}: a run without faults did not mend it: ${describe(second)} (first: ${describe(first)})`);
  return met;
}

/** I1, I2 and I3, once a spec is applied (`census`: of a clean apply) or destroyed. */
export async function checkStanding(
  what: string,
  spec: ReadySpec,
  census: object,
  expected: Expectation,
  mode: 'apply' | 'destroy' = 'apply',
): Promise<void> {
  const third = await planOnce(spec, mode);
  assert.equal(
    third.plan.changes.map((change) => `${change.verb} ${change.address}`),
    [],
    `${what}: a third plan is not empty`,
  );
  assert.is(third.writes, 0, `${what}: planning wrote`);
  assert.equal(third.observation.observed.duplicates, [], `${what}: an address has two objects`);
  assert.equal(expected.bench.sandbox.census(), census, `${what}: the account holds more or less than after a clean run`);
  assert.is(await expected.foreign.snapshot(), expected.untouched, `${what}: somebody else's objects were touched`);
}

export const describe = (outcome: Outcome): string =>
  outcome.failures.map(({ code, message }) => `${code}: ${message}`).join('; ') || 'done';

/** I5 and I10. */
function checkRun(outcome: Outcome, what: string): void {
  assert.ok(outcome.ms < LIMIT_MS, `${what}: took ${outcome.ms} ms`);
  for (const { code, message } of outcome.failures) {
    assert.match(code, /^[A-Za-z][\w.]+$/, `${what}: ended without a name: ${code} ${message}`);
    assert.is.not(code, 'Internal', `${what}: ${message}`);
    assert.ok(message.length > 3, `${what}: ${code} says nothing`);
  }
  const encoded = Buffer.from(PLANTED).toString('base64').slice(2, -4);
  for (const secret of ['PRIVATE KEY', PLANTED, encoded]) assert.not.ok(outcome.shown.includes(secret), `${what}: ${secret} was shown`);
}

/** Creates that make another object each time: what shows whether one was made after all. EC2 API idempotency guide. */
const LOOK_FIRST: Readonly<Record<string, string>> = {
  CreateVpc: 'DescribeVpcs',
  CreateSubnet: 'DescribeSubnets',
  CreateInternetGateway: 'DescribeInternetGateways',
  CreateSecurityGroup: 'DescribeSecurityGroups',
  UploadServerCertificate: 'GetServerCertificate',
};
/** Creates with a ClientToken, and how many the stack has: as many tokens a run, and no more. */
const TOKENS: Readonly<Record<string, number>> = { RunInstances: 2, CreateRouteTable: 1 };

/** AWS refused it (4xx), or for now (EC2 throttles with 503): nothing was made, and it may be sent again as it is. */
const surelyNotDone = (call: RecordedCall | undefined): boolean =>
  (call !== undefined && call.status >= 400 && call.status < 500) || call?.code === 'RequestLimitExceeded';

/** I7. */
export function checkRepeats(calls: readonly RecordedCall[], what: string): void {
  const last = new Map<string, number>();
  for (const [index, call] of calls.entries()) {
    const look = LOOK_FIRST[call.action];
    if (look === undefined) continue;
    const before = last.get(`${call.action} ${call.paramsHash}`);
    last.set(`${call.action} ${call.paramsHash}`, index);
    if (before === undefined || surelyNotDone(calls[before])) continue;
    const looked = calls.slice(before + 1, index).some((between) => between.action === look);
    assert.ok(looked, `${what}: ${call.action} was sent again after ${calls[before]?.code ?? 'success'} without ${look} between`);
  }
  for (const [action, most] of Object.entries(TOKENS)) {
    const tokens = new Set(calls.filter((call) => call.action === action).map((call) => call.paramsHash));
    assert.ok(tokens.size <= most, `${what}: ${action} was sent with ${tokens.size} different tokens`);
  }
  const terminal = calls.filter((call) => isWrite(call) && /Denied|Unauthorized|Expired|ValidationError/.test(call.code ?? ''));
  const again = new Set(terminal.map((call) => `${call.action} ${call.paramsHash}`));
  assert.is(again.size, terminal.length, `${what}: a final refusal was asked for twice`);
}
