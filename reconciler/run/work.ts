/** What a run is to do with its stacks. */

import type { AcceptOptions } from '../drift/accept.ts';
import type { Policy } from '../model/policy.ts';
import type { Rotation } from '../observe/rotation.ts';
import type { Plan } from '../plan/types.ts';
import type { VerifyRequest } from './carry-out.ts';
import type { Digests } from './digests.ts';
import type { LockRequest } from './lock.ts';
import type { Outcome } from './outcome.ts';
import type { Preview } from './pipeline.ts';
import type { NamedSpec } from './specs.ts';
import type { UnderLoadOptions } from './under-load.ts';

/** What to do with the stacks. */
export interface Work {
  readonly command: 'plan' | 'apply' | 'destroy' | 'drift' | 'verify';
  /** Of `plan`: what is planned. Default: that of the command. */
  readonly mode?: Plan['mode'];
  /** What a stack's plan may lose: that of its folder, widened by what the caller was told. */
  readonly policyOf: (named: NamedSpec) => Policy;
  /** Nothing is written before every stack is planned, allowed and locked; one that is not holds up all. */
  readonly allOrNothing?: boolean;
  /** Stacks at a time. Load tests go one after the other: they would measure each other. */
  readonly width?: number;
  /** Absent: no digest is asked for. */
  readonly reviewed?: Digests;
  /** A plan of nothing needs no review. */
  readonly emptyIsReviewed?: boolean;
  /** Asked for each plan with changes that guard and digest allow, and again when it had to be made anew. Throws what is against it, such as `GuardRefused`. */
  readonly approve?: (named: NamedSpec, previewed: Preview) => Promise<void>;
  readonly lock?: LockRequest | undefined;
  readonly underLoad?: Omit<UnderLoadOptions, 'outDir'>;
  /** Of `apply`: a load test after it. Of `verify`: how. */
  readonly verify?: VerifyRequest;
  /** Of `drift`: what is live is written into the text of the spec; its file stays as it is. */
  readonly accept?: AcceptOptions;
  /** Of `drift`: stacks whose turn it is not are looked at lightly, unless that finds something. */
  readonly light?: Rotation;
  /** Where reports and raw points of a stack go; absent: nowhere. */
  readonly outDir?: (named: NamedSpec) => string;
  /** Every plan as it is seen from here on, such as with a digest of its own. */
  readonly seen?: (previewed: Preview, named: NamedSpec) => Preview;
  /** Told of each plan. */
  readonly planned?: (previewed: Preview, named: NamedSpec) => void;
  /** Told when a stack begins to be changed or loaded, and when that has ended. */
  readonly begun?: (named: NamedSpec, previewed: Preview | undefined) => void;
  readonly ended?: (named: NamedSpec) => void;
  /** Told of each outcome as soon as it is there. */
  readonly tell?: (outcome: Outcome, named: NamedSpec) => void;
}

/** What the plans of a run are for. */
export const modeOf = ({ command, mode }: Work): Plan['mode'] => mode ?? (command === 'destroy' ? 'destroy' : 'apply');
