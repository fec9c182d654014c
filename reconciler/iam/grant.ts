import type { Where } from './arns.ts';
import { statementsFor } from './policy.ts';

/**
 * The statements to add for calls that were refused, as text; empty for what is no call of ours. The account is left open
 * unless it is given, since this is shown in logs.
 */
export function grantText(ops: readonly string[], where: Partial<Where> = {}): string {
  const place: Where = { region: '*', account: '*', stacks: [], existing: {}, adopted: [], ...where };
  return statementsFor(ops, place)
    .map((statement) => JSON.stringify(statement))
    .join(',\n  ');
}
