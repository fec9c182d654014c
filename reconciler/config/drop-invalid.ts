import type { Problem } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { SECTIONS } from '../model/sections.ts';
import { compileValidator } from './compile.ts';
import { type PathParts, parsePath } from './path.ts';
import { pointerParts } from './schema.ts';

type Mutable = { [key: string]: unknown } | unknown[];

/**
 * What is left of a spec when everything that has a problem is taken out, so that rules between fields can still be checked
 * on the rest and all mistakes are told at once. A resource that lacks something required goes as a whole. `undefined`
 * when nothing sound is left.
 */
export function dropInvalid(spec: Json, problems: readonly Problem[], schema: object): Json | undefined {
  const copy = structuredClone(spec) as Json;
  for (const problem of problems) if (problem.path !== '') remove(copy, parsePath(problem.path));
  const check = compileValidator(schema);
  for (let round = 0; round < 4; round++) {
    if (check(copy) === true) return copy;
    for (const error of check.errors ?? []) {
      const parts = pointerParts(error.instancePath).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
      remove(copy, entryOf(parts) ?? parts);
    }
  }
  // A missing section is told already; the rest can be judged without it.
  return check(copy) === true ||
    (check.errors ?? []).every((error) => error.keyword === 'required' && pointerParts(error.instancePath).length < 2)
    ? copy
    : undefined;
}

/** The path of the resource that a path lies in; undefined when it lies in none. */
function entryOf(parts: PathParts): PathParts | undefined {
  for (const section of [...SECTIONS].reverse()) {
    const length = section.path.length + (section.single === undefined ? 1 : 0);
    if (parts.length >= length && section.path.every((key, index) => key === '*' || parts[index] === key)) return parts.slice(0, length);
  }
  return undefined;
}

/** Deletes a leaf; of a list the item becomes a hole that is closed. What is not there is no matter. */
function remove(root: Json, parts: PathParts): void {
  const last = parts.at(-1);
  if (last === undefined) return;
  let holder: unknown = root;
  for (const part of parts.slice(0, -1))
    holder = typeof holder === 'object' && holder !== null ? (holder as { [key: string | number]: unknown })[part] : undefined;
  if (typeof holder !== 'object' || holder === null) return;
  if (Array.isArray(holder) && typeof last === 'number') (holder as Mutable & unknown[]).splice(last, 1);
  else delete (holder as { [key: string]: unknown })[String(last)];
}
