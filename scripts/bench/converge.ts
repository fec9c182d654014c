/** Runs the core's real path on a world and keeps what it did. */
import type { CallLine } from '../../reconciler/aws/cloud.ts';
import type { ReadySpec } from '../../reconciler/config/read.ts';
import type { Plan } from '../../reconciler/plan/types.ts';
import { holderOf, whileLocked } from '../../reconciler/run/lock.ts';
import { openSession, type Preview, preview, type Reconciled, reconcile } from '../../reconciler/run/pipeline.ts';
import type { Account } from './world.ts';

export interface TimedCall extends CallLine {
  /** Milliseconds since the epoch at which it was answered. */
  readonly endedAt: number;
}

export interface Converged {
  readonly done: Reconciled;
  /** Requests that reached the sandbox, polls of waits left out; and those it refused. */
  readonly calls: number;
  readonly refused: number;
  readonly polls: number;
  /** Milliseconds: all, the reading before, and the reading after. */
  readonly wall: number;
  readonly before: readonly TimedCall[];
  readonly after: readonly TimedCall[];
}

/** Plans, executes and checks. Throws when a step fails or the second plan is not empty: such a run has no figures. */
export async function converge(spec: ReadySpec, account: Account, mode: Plan['mode'] = 'apply'): Promise<Converged> {
  const lines: TimedCall[] = [];
  const earlier = (await account.calls()).length;
  const session = openSession({
    region: spec.stack.region,
    env: process.env,
    ...(account.clock === undefined ? {} : { clock: account.clock }),
    log: (line) => lines.push({ ...line, endedAt: Date.now() }),
  });
  const startedAt = performance.now();
  const previewed: Preview = await preview(spec, session, undefined, mode);
  const planned = lines.length;
  // As the command does it: the lock costs two calls.
  const lock = { ...holderOf({}), wait: 0, force: false };
  const done = await whileLocked(
    previewed,
    session,
    lock,
    () => Promise.reject(new Error('the lock is held')),
    (current, held) => reconcile(spec, current, held),
  );
  const wall = performance.now() - startedAt;
  if (done.run?.outcome !== 'done')
    throw new Error(
      `the run did not end well: ${done.run?.steps.flatMap((step) => step.error?.message ?? []).join('; ') ?? 'nothing to do'}`,
    );
  if (done.check?.changes.length !== 0)
    throw new Error(`the second plan is not empty: ${done.check?.changes.map((change) => change.address).join(', ')}`);
  const seen = (await account.calls()).slice(earlier);
  const { polls, calls } = session.cloud.count();
  // What albedo counts is what arrived, so that no call goes uncounted.
  if (seen.length !== calls + polls) throw new Error(`albedo counted ${calls} calls and ${polls} polls, and the sandbox ${seen.length}`);
  const { endedAt } = done.run;
  return {
    done,
    calls,
    polls,
    wall,
    refused: seen.filter((call) => call.status >= 400).length,
    before: lines.slice(0, planned),
    after: lines.filter((line) => line.endedAt - line.ms >= endedAt),
  };
}
