import type { Problem } from '../errors.ts';
import { KINDS } from '../model/kinds.ts';
import type { Observed, Stack } from '../model/model.ts';

/**
 * What the spec relies on and AWS must confirm before anything is planned: that what is given by id exists, and that it is as the
 * kinds want it (`Kind.given`). What is wrong with a prefix list, which is no kind, is told by `prefix-lists.ts`.
 */
export function checkExisting(stack: Stack, observed: Observed): readonly Problem[] {
  const missing = stack.existing.flatMap(({ address, outputs, position }) => {
    const code = observed.unknown?.[address];
    const kind = KINDS.find(({ name }) => address.startsWith(`${name}/`));
    if (code === undefined || kind === undefined) return [];
    const message = `There is no ${kind.label} \`${outputs['id'] ?? ''}\` in ${stack.region}${code === '' ? '' : ` (${code})`}.`;
    return [{ path: address, position, message, hint: 'Check the id, the region, and the account of the credentials.' }];
  });
  const unfit = KINDS.flatMap(({ given }) => given?.(stack, observed) ?? []);
  return [...missing, ...unfit].map(({ position = { file: stack.file, line: 1, column: 1 }, ...told }) => ({
    ...position,
    ...told,
    severity: 'error',
  }));
}
