import { canonical } from '../model/codec.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Edit } from './edit-text.ts';
import type { PathParts } from './path.ts';

/** How a member of the list at a path is said in the normal way, so that one written otherwise is known as the same. */
export type Normalize = (path: PathParts, member: Json) => Json;

/**
 * The edits that take what is written to what `wanted` says, where `base` is what the written text says now in the words in which
 * `wanted` is said. What differs between those two is edited and nothing else: a default that somebody wrote out stays.
 */
export function mergeEdits(
  written: Json | undefined,
  base: Json | undefined,
  wanted: Json,
  path: PathParts,
  normalize: Normalize,
): readonly Edit[] {
  if (canonical(base) === canonical(wanted)) return [];
  if (isRecord(written) && isRecord(base) && isRecord(wanted) && Object.keys(base).every((key) => written[key] !== undefined))
    return mergeRecords(written, base, wanted, path, normalize);
  if (Array.isArray(written) && Array.isArray(base) && Array.isArray(wanted)) {
    const edits = mergeLists(written, wanted, path, normalize);
    if (edits !== undefined) return edits;
  }
  return [{ do: 'set', path, value: wanted }];
}

const isRecord = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

function mergeRecords(written: JsonObject, base: JsonObject, wanted: JsonObject, path: PathParts, normalize: Normalize): readonly Edit[] {
  const order = Object.keys(wanted);
  const gone = Object.keys(base).filter((key) => wanted[key] === undefined);
  const sets = Object.entries(wanted).flatMap(([key, value]): readonly Edit[] => {
    if (canonical(base[key]) === canonical(value)) return [];
    const below = [...path, key];
    if (base[key] === undefined || written[key] === undefined) return [{ do: 'set', path: below, value, order }];
    return mergeEdits(written[key], base[key], value, below, normalize);
  });
  return [...sets, ...gone.map((key): Edit => ({ do: 'remove', path: [...path, key] }))];
}

/** Members that stay are not touched; one that is the same thing with other properties is edited in place. */
function mergeLists(written: readonly Json[], wanted: readonly Json[], path: PathParts, normalize: Normalize): readonly Edit[] | undefined {
  const left = new Map(wanted.map((member) => [canonical(member), member]));
  if (left.size !== wanted.length || wanted.length === 0) return undefined;
  const odd: { readonly index: number; readonly member: Json; readonly normal: Json }[] = [];
  for (const [index, member] of written.entries()) {
    const normal = normalize(path, member);
    if (!left.delete(canonical(normal))) odd.push({ index, member, normal });
  }
  const edits: Edit[] = [];
  const removed: number[] = [];
  for (const { index, member, normal } of odd) {
    const same = [...left].find(([, other]) => isSameThing(member, normal, other));
    if (same === undefined) removed.push(index);
    else {
      left.delete(same[0]);
      edits.push(...mergeEdits(member, normal, same[1], [...path, index], normalize));
    }
  }
  for (const member of left.values()) edits.push({ do: 'append', path, value: member });
  // From the end, so that no removal moves the place of another.
  for (const index of removed.reverse()) edits.push({ do: 'remove', path: [...path, index] });
  return edits;
}

/** Both say the same first of all: the share of one target group, a claim of one name. */
function isSameThing(member: Json, normal: Json, other: Json): boolean {
  if (!isRecord(member) || !isRecord(normal) || !isRecord(other)) return false;
  const [key = ''] = Object.keys(other);
  return normal[key] !== undefined && canonical(normal[key]) === canonical(other[key]);
}
