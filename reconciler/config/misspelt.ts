/** A field under a misspelt name is told once: the rest of the checks sees it under the name that was meant. */

import type { Json } from '../model/json.ts';
import type { At } from './draft.ts';
import type { PathParts } from './path.ts';

/** The field `name` of the mapping at `parent` stands there as `written`. */
export interface Misspelt {
  readonly parent: PathParts;
  readonly written: string;
  readonly name: string;
}

/** The value with the names that were meant, and where what has them now is written. One that is there in its right spelling stays. */
export function corrected(value: Json, at: At, misspelt: readonly Misspelt[]): { readonly value: Json; readonly at: At } {
  const copy = structuredClone(value) as Json;
  const done: Misspelt[] = [];
  // From the outside in: an inner one is found below the name that its holder has by then.
  for (const one of [...misspelt].sort((a, b) => a.parent.length - b.parent.length)) {
    let holder: unknown = copy;
    for (const part of renamed(one.parent, done)) holder = isMapping(holder) || Array.isArray(holder) ? (holder as never)[part] : undefined;
    if (!isMapping(holder) || holder[one.name] !== undefined || holder[one.written] === undefined) continue;
    const entries = Object.entries(holder).map(([key, inner]) => [key === one.written ? one.name : key, inner] as const);
    for (const key of Object.keys(holder)) delete holder[key];
    Object.assign(holder, Object.fromEntries(entries));
    done.push(one);
  }
  if (done.length === 0) return { value, at };
  return { value: copy, at: (path, what) => at(written(path, done), what) };
}

const isMapping = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isAt = (path: PathParts, parent: PathParts, name: string): boolean =>
  path.length > parent.length && path[parent.length] === name && parent.every((part, index) => String(part) === String(path[index]));

/** A path of the written value as one of the corrected value. */
const renamed = (path: PathParts, done: readonly Misspelt[]): PathParts =>
  done.reduce<PathParts>(
    (found, { parent, written: from, name }) =>
      isAt(path, parent, from) ? found.map((part, index) => (index === parent.length ? name : part)) : found,
    path,
  );

/** A path of the corrected value as one of the written value. */
function written(path: PathParts, done: readonly Misspelt[]): PathParts {
  let found = path;
  for (const { parent, written: from, name } of done)
    if (isAt(found, parent, name)) found = found.map((part, index) => (index === parent.length ? from : part));
  return found;
}
