import type { Problem } from '../errors.ts';
import type { Given } from '../model/model.ts';
import { mapRefs, refsIn } from '../model/paths.ts';
import { kindOf } from '../model/kinds.ts';
import { sectionOf } from '../model/sections.ts';
import type { At, Draft } from './build.ts';
import { nearestName } from './nearest.ts';

/** An AWS id or ARN said where a name could stand. */
const PHYSICAL = /^(arn:aws|(vpc|subnet|sg|i|igw|rtb)-[0-9a-f]{8,17}$)/;

/**
 * Turns references by AWS id into the plain id, and reports names that nothing in the file has, with the nearest one
 * that would do. References to resources of the stack stay `{ $ref }`.
 */
export function resolveReferences(drafts: readonly Draft[], given: readonly Given[], at: At): readonly Problem[] {
  const known = new Set<string>([...drafts.map((draft) => draft.address), ...given.map((entry) => entry.address)]);
  const problems: Problem[] = [];
  for (const draft of drafts) {
    for (const [field, value] of Object.entries(draft.values)) {
      draft.values[field] = mapRefs(value, (address) => (PHYSICAL.test(nameOf(address)) ? nameOf(address) : undefined));
      for (const { address } of refsIn(draft.values[field])) {
        if (known.has(address)) continue;
        const kind = address.split('/')[0] ?? '';
        const names = [...known].filter((other) => other.startsWith(`${kind}/`)).map(nameOf);
        const close = nearestName(nameOf(address), names);
        const position = draft.positions[field] ?? draft.position ?? at([]);
        problems.push({
          ...position, severity: 'error', path: [...draft.path, field].join('.'),
          message: `there is no ${kindOf(kind).label} named ${nameOf(address)}`,
          hint: close !== undefined ? `Did you mean ${close}?` : names.length > 0 ? `There are: ${names.join(', ')}.` : `Add one under ${sectionOf(kind)?.path.join('.') ?? kind}.`,
        });
      }
    }
  }
  return problems;
}

const nameOf = (address: string): string => address.slice(address.indexOf('/') + 1);
