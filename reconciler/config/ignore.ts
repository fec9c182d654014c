import type { Problem } from '../errors.ts';
import type { Note } from '../model/json.ts';
import { fieldsOf } from '../model/kinds.ts';
import type { At, Draft } from './draft.ts';
import { nearestName } from './nearest.ts';
import { oneProblem } from './places.ts';

/** What `ignore:` leaves to other owners, by resource; with a note for each, so that the plan lists it. */
export interface Ignored {
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
}

/**
 * Paths such as `targetGroups.web.targets`, `listeners.http.forward`, `loadBalancer.tags.Cost`; `*` stands for any name. The field
 * is still said when its object is made; from then on it is somebody else's.
 */
export function readIgnored(paths: readonly string[], drafts: readonly Draft[], at: At): Ignored {
  const fields = new Map<string, string[]>();
  const notes: Note[] = [];
  const problems: Problem[] = [];
  for (const [index, path] of paths.entries()) {
    const parts = path.split('.');
    const hits = drafts.flatMap((draft) => {
      if (draft.path.length === 0 || !draft.path.every((key, position) => parts[position] === '*' || parts[position] === key)) return [];
      const field = fieldOf(draft, parts.slice(draft.path.length).join('.'));
      return field === undefined ? [] : [{ draft, field }];
    });
    if (hits.length === 0) problems.push(unknown(path, drafts, at, index));
    for (const { draft, field } of hits) {
      fields.set(draft.address, [...(fields.get(draft.address) ?? []), field]);
      notes.push({
        kind: 'unmanaged',
        address: draft.address,
        text: `${field} is left to another owner (ignore)`,
        position: at(['ignore', index]),
      });
    }
  }
  return { fields, notes, problems };
}

/** The field, group of fields or tag that the rest of a path names; the keys of an action stand for the whole action. */
function fieldOf(draft: Draft, rest: string): string | undefined {
  if (/^tags\..+/.test(rest)) return rest;
  for (const [name, field] of fieldsOf(draft.kind)) {
    if (field.internal) continue;
    if (name === rest || name.startsWith(`${rest}.`)) return rest;
    if (field.spread && rest in (field.codec.schema['properties'] as object)) return name;
  }
  return undefined;
}

function unknown(path: string, drafts: readonly Draft[], at: At, index: number): Problem {
  const known = drafts
    .filter((draft) => draft.path.length > 0)
    .flatMap((draft) =>
      fieldsOf(draft.kind)
        .filter(([, field]) => !field.internal)
        .map(([name]) => `${draft.path.join('.')}.${name}`),
    );
  const close = nearestName(path, known);
  return oneProblem(
    at(['ignore', index]),
    `ignore[${index}]`,
    `\`${path}\` is not a field of a resource in this file.`,
    close === undefined ? 'Write a path such as `targetGroups.web.targets`.' : `Did you mean \`${close}\`?`,
  );
}
