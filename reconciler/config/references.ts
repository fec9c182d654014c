import { sortList } from '../model/codec.ts';
import { kindOfId } from '../model/ids.ts';
import { fieldsOf } from '../model/kinds.ts';
import { mapRefs } from '../model/paths.ts';
import type { Draft } from './draft.ts';

/** Ids that only what is imported has. */
const IMPORTED = /^(igw|rtb)-[0-9a-f]{8,17}$/;

/**
 * Turns references by AWS id into the plain id; references to resources of the stack stay `{ $ref }`. A resource of the
 * file that is named like an id is meant first. Names that nothing has are reported by `names.ts`.
 */
export function resolveReferences(drafts: readonly Draft[], existing: readonly { readonly address: string }[]): void {
  const known = new Set<string>([...drafts, ...existing].map((entry) => entry.address));
  for (const draft of drafts) {
    for (const [name, field] of fieldsOf(draft.kind)) {
      const value = draft.values[name];
      if (value === undefined) continue;
      const resolved = mapRefs(value, (address) => (known.has(address) ? undefined : physicalId(address)));
      // Repeats stay: a target that is listed twice, once with the port and once without, is found out only now.
      draft.values[name] = field.codec.unordered && Array.isArray(resolved) ? sortList(resolved) : resolved;
    }
  }
}

/** The AWS id or ARN that an address was made of, when its name is one. */
export function physicalId(address: string): string | undefined {
  const name = address.slice(address.indexOf('/') + 1);
  return kindOfId(name) !== undefined || IMPORTED.test(name) ? name : undefined;
}
