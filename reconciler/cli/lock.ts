import { ReconcileError } from '../errors.ts';
import { seconds } from '../model/codec.ts';
import { holderOf, type LockRequest } from '../run/lock.ts';

export interface LockFlags {
  /** False: `--no-lock`. */
  readonly lock?: boolean;
  readonly lockWait?: string;
  readonly breakLock?: boolean;
}

/** The lock request of the flags; undefined with `--no-lock`. Throws if the wait is not a duration. */
export function lockRequest(flags: LockFlags): LockRequest | undefined {
  if (flags.lock === false) return undefined;
  return { ...holderOf(process.env), wait: secondsOf(flags.lockWait), force: flags.breakLock === true };
}

function secondsOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^(\d+|(\d+[smhd])+)$/.test(text))
    throw new ReconcileError('SpecInvalid', `--lock-wait ${text} is not a duration`, { hint: 'Write seconds, or 30s, 5m, 1h.' });
  return Number(seconds(0, 86_400).parse(/^\d+$/.test(text) ? Number(text) : text));
}
