import { existsSync } from 'node:fs';
import { renderText } from '../report/text.ts';
import type { VerifyRequest } from '../run/carry-out.ts';
import { readEarlier } from '../run/earlier.ts';
import type { LockRequest } from '../run/lock.ts';
import type { NamedSpec } from '../run/specs.ts';
import { findGoal, type RollbackRequest } from '../verify/rollback.ts';
import { engineOf, type SendFlags, senderOf } from '../verify/send-options.ts';
import { readHosts } from '../verify/target.ts';
import { type ConsentFlags, policyOf } from './consent.ts';
import { type LockFlags, lockRequest } from './lock.ts';
import { conduct } from './run.ts';
import { paletteFor, print, type Shared } from './shell.ts';
import { startWatchdog } from './watchdog.ts';

export interface RollbackFlags extends ConsentFlags {
  /** A commit; `true`: the last good one. */
  readonly rollback?: string | true;
}

/** Consent to a fault that no schedule would undo. */
export interface ScheduleFlags {
  readonly withoutSchedule?: true;
}

export interface VerifyFlags extends RollbackFlags, LockFlags, SendFlags, ScheduleFlags {
  readonly report: string;
  /** Files or folders with reports of earlier runs. */
  readonly compare?: readonly string[];
}

/** Load and chaos on the stack in AWS. */
export async function verifyCommand(paths: readonly string[], flags: VerifyFlags, shared: Shared): Promise<number> {
  return conduct({
    ...{ command: 'verify', paths, shared, report: flags.report, tools: engineOf(flags).needsK6 ? ['k6'] : [] },
    work: (_, progress) => {
      const lock = lockRequest(flags);
      const sender = senderOf(flags);
      const earlier = readEarlier(flags.compare ?? [], progress.emit);
      return {
        policyOf: ({ policy }) => policy,
        lock,
        verify: {
          ...{ earlier, hosts: readHosts(process.env), guard, rollback: rollbackRequest(flags, lock), sender },
          ...withoutSchedule(flags),
        },
      };
    },
    show: ({ report }) => {
      if (report.load !== null) print(renderText(report, paletteFor(shared)));
    },
  });
}

/** Starts a separate process, which restores what this one leaves broken. */
export const guard: NonNullable<VerifyRequest['guard']> = ({ region, env }) => startWatchdog(region, env);

export const withoutSchedule = ({ withoutSchedule: without }: ScheduleFlags) => (without === true ? { withoutSchedule: true } : {});

export function rollbackRequest(flags: RollbackFlags, lock: LockRequest | undefined): RollbackRequest | undefined {
  if (flags.rollback === undefined) return undefined;
  return {
    policy: policyOf(flags),
    ...(flags.rollback === true ? {} : { ref: flags.rollback }),
    ...(lock === undefined ? {} : { lock }),
  };
}

/** Throws `RollbackFailed`, before anything is changed, if a rollback to the named commit is not possible. */
export function checkRollback(named: NamedSpec, { rollback }: Partial<RollbackFlags>): void {
  if (typeof rollback === 'string') findGoal(named, undefined, rollback);
}

/**
 * The commit of `--rollback` is optional: if an existing file or folder follows the flag, it is the first spec. For a branch of the same name,
 * write `refs/heads/<name>`.
 */
export function readRollback<F extends { readonly rollback?: string | true }>(
  specs: readonly string[],
  existing: boolean,
  flags: F,
): { readonly specs: readonly string[]; readonly flags: F } {
  const { rollback } = flags;
  if (typeof rollback !== 'string' || !(rollback === '-' || existsSync(rollback))) return { specs, flags };
  return { specs: existing ? [rollback, ...specs] : [rollback], flags: { ...flags, rollback: true } };
}
