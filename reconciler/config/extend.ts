/**
 * `extends`: a spec that says only in what it differs from another one. The two are merged as RFC 7396 has it (objects key by key, `null`
 * takes away, anything else takes the place of what was there), and each value still knows the file and line it comes from.
 */

import { posix } from 'node:path';
import type { Problem } from '../errors.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { type ParsedSpec, parseSpec } from './parse.ts';
import { type PathParts, parsePath } from './path.ts';
import { mergeProblems, oneProblem } from './places.ts';
import { visible } from './quote.ts';

/** Bases of bases. */
const MOST_BASES = 8;

export interface Base {
  /** As it is shown: beside the spec that it is read for. */
  readonly file: string;
  readonly text: Uint8Array;
}

export interface Extended extends ParsedSpec {
  /** The nearest first; none where the spec stands alone. */
  readonly bases: readonly Base[];
}

/** A file by its path from the folder of the spec. Throws where it cannot be read. */
export type ReadBase = (path: string) => Uint8Array;

/** A spec with all that it extends. Its value has no `extends` any more. Nothing of a base that cannot be read is guessed: the value is absent. */
export function parseExtended(source: string | Uint8Array, file: string, read: ReadBase): Extended {
  const bases: Base[] = [];
  const folder = posix.dirname(file.replaceAll('\\', '/'));
  const seen = new Set([posix.normalize(posix.basename(file))]);
  const above = (spec: ParsedSpec, from: string): ParsedSpec => {
    if (!isObject(spec.value) || !Object.hasOwn(spec.value, 'extends')) return spec;
    const { extends: named, ...own } = spec.value;
    const wrong = (message: string, hint: string): ParsedSpec => {
      const problem: Problem = oneProblem(spec.at(['extends'], 'value'), 'extends', message, hint);
      return { ...spec, value: undefined, problems: mergeProblems([...spec.problems, problem]) };
    };
    if (typeof named !== 'string' || !/\.ya?ml$/.test(named) || /^([/\\]|[A-Za-z]:|~)/.test(named))
      return wrong(
        'extends must be the path of one YAML file, relative to the folder of this file.',
        'For example: `extends: ../base/webserver.yaml`.',
      );
    const path = posix.normalize(posix.join(from, named));
    if (seen.has(path)) return wrong(`${visible(named)} extends this file again.`, 'Remove one of the two `extends`.');
    if (bases.length === MOST_BASES) return wrong(`more than ${MOST_BASES} files extend each other.`, 'Merge some of them into one.');
    seen.add(path);
    let text: Uint8Array;
    try {
      text = read(path);
    } catch (error) {
      return wrong(
        `${visible(named)} cannot be read: ${reasonOf(error)}.`,
        'The path is relative to the folder of this file, and must stay inside the repository.',
      );
    }
    const shown = posix.join(folder, path);
    bases.push({ file: shown, text });
    return merged({ ...spec, value: own }, above(parseSpec(text, shown), posix.dirname(path)));
  };
  return { ...above(parseSpec(source, file), '.'), bases };
}

function merged(own: ParsedSpec, base: ParsedSpec): ParsedSpec {
  const ofWhom = (path: string | PathParts): ParsedSpec => {
    const parts = typeof path === 'string' ? parsePath(path) : path;
    return depth(base.value, parts) > depth(own.value, parts) && !decides(own.value, parts) ? base : own;
  };
  return {
    file: own.file,
    value: own.value === undefined || base.value === undefined ? undefined : mergePatch(base.value, own.value),
    problems: mergeProblems([...own.problems, ...base.problems]),
    guessed: new Set([...own.guessed, ...base.guessed]),
    at: (path, what) => ofWhom(path).at(path, what),
    written: (path) => ofWhom(path).written(path),
  };
}

/** RFC 7396, MergePatch. Keys of the base come first, as they stand there. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const out = new Map<string, Json>(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) out.delete(key);
    else out.set(key, mergePatch(out.get(key), value));
  }
  return Object.fromEntries(out);
}

/** How many steps of a path a value has. */
function depth(value: Json | undefined, parts: PathParts): number {
  let here = value;
  for (const [at, part] of parts.entries()) {
    const next = step(here, part);
    if (next === undefined) return at;
    here = next;
  }
  return parts.length;
}

/** Whether a value says all there is on the way of a path: a list, a text or `null` leaves nothing to a base. */
function decides(value: Json | undefined, parts: PathParts): boolean {
  let here = value;
  for (const part of parts) {
    if (here === undefined) return false;
    if (!isObject(here)) return true;
    here = step(here, part);
  }
  return here !== undefined && !isObject(here);
}

function step(value: Json | undefined, part: string | number): Json | undefined {
  if (Array.isArray(value)) return value[Number(part)] as Json | undefined;
  return isObject(value) && Object.hasOwn(value, String(part)) ? value[String(part)] : undefined;
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

const CODES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return CODES[code] ?? (error instanceof Error ? error.message.replace(/\.$/, '') : String(error));
}
