/** Policies that several suites use. */

import type { Policy } from '../../reconciler/model/policy.ts';

/** For tests that change everything on purpose: consent to all that a change can lose. Adoption is no such thing. */
export const PERMISSIVE: Policy = { allowReplace: ['*'], allowDrop: ['*'], allowDestroy: ['*'] };
