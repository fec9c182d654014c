/**
 * What must hold after each fault, and the draw of those that are tried this time. The invariants: I1 converged, I2 no duplicate and no
 * orphan, I3 foreign things untouched, I5 a named stop, I7 no blind repeat, I10 no secret shown.
 */

import * as assert from 'uvu/assert';
import type { ReadySpec } from '../../reconciler/config/read.ts';
import type { RecordedCall } from '../../sandbox/types.ts';
import { type Bench, isWrite, type Outcome, PLANTED, planOnce } from './faults-bench.ts';
import type { Foreign } from './faults-foreign.ts';
import { seed } from './seed.ts';

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
export function checkRun(outcome: Outcome, what: string): void {
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
