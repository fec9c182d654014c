/** The options of commands, as commander reads them. */

import type { SendFlags } from '../verify/send-options.ts';
import type { ConsentFlags } from './consent.ts';
import type { LockFlags } from './lock.ts';
import type { StackFlags } from './named-stack.ts';
import type { UnderLoadFlags } from './under-load.ts';
import type { ScheduleFlags } from './verify.ts';

export interface PlanFlags extends ConsentFlags, StackFlags {
  readonly destroy?: boolean;
  readonly out?: string;
  readonly changedSince?: string;
}

export interface ApplyFlags extends ConsentFlags, LockFlags, UnderLoadFlags, ScheduleFlags, SendFlags {
  readonly planDigest?: readonly string[];
  readonly changedSince?: string;
  readonly allOrNothing?: boolean;
  readonly report?: string;
  readonly verify?: boolean;
  readonly rollback?: string | true;
}

export interface DestroyFlags extends Pick<ConsentFlags, 'maxDeletes'>, LockFlags, StackFlags {
  readonly planDigest?: readonly string[];
  readonly allOrNothing?: boolean;
}

export interface ImportFlags {
  readonly region?: string;
  readonly stack?: string;
  readonly out?: string;
}
