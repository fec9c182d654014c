import { ROWS } from '../../scripts/surface/rows.ts';

/**
 * Every field of the ELBv2 write API that applies to an Application Load Balancer, as `resource.field`. Attributes stand in brackets
 * after `Attributes`, list items have `[]`. `npm run surface` holds the rows against the newest service model.
 */
export const SURFACE: readonly string[] = ROWS.filter(({ appliesToAlb }) => appliesToAlb).map(
  ({ resource, field }) => `${resource}.${field}`,
);
