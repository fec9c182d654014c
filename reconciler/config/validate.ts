/** A parsed spec against a JSON Schema: every mistake at once, each where it stands, in words. */

import type { Problem } from '../errors.ts';
import { compileValidator } from './compile.ts';
import { type Explained, explain } from './explain.ts';
import type { Misspelt } from './misspelt.ts';
import { type ParsedSpec, parseSpec } from './parse.ts';
import { formatPath } from './path.ts';
import { mergeProblems } from './places.ts';
import { reduceErrors } from './reduce.ts';
import { inWords, type SchemaObject } from './schema.ts';

export { compileValidator, provideValidator } from './compile.ts';

/**
 * What the schema finds, sorted by place; the problems of the parser are not repeated. Keywords of ours that it understands:
 * `x-example`, `x-unit`, `x-aws` (another name of the field), `x-pattern-message` ("must be …") and `x-message`.
 */
export const validateSpec = (spec: ParsedSpec, schema: object): readonly Problem[] => examineSpec(spec, schema).problems;

/** The same, and which fields stand there under a misspelt name. */
export function examineSpec(
  spec: ParsedSpec,
  schema: object,
): { readonly problems: readonly Problem[]; readonly misspelt: readonly Misspelt[] } {
  if (spec.value === undefined) return { problems: [], misspelt: [] };
  const check = compileValidator(schema);
  if (check(spec.value) === true) return { problems: [], misspelt: [] };
  const root = schema as SchemaObject;
  const found = reduceErrors(check.errors ?? [], root).map((trouble) => explain(trouble, spec, root));
  return {
    problems: mergeProblems(found.filter((item) => !isConsequence(item, found, spec)).map((item) => asked(item, found))),
    misspelt: found.flatMap(({ meant }) => (meant === undefined ? [] : [meant])),
  };
}

/** Parses and validates one spec; all its problems together, sorted. */
export function checkSpec(source: string | Uint8Array, file: string, schema: object): { spec: ParsedSpec; problems: Problem[] } {
  const spec = parseSpec(source, file);
  return { spec, problems: mergeProblems([...spec.problems, ...validateSpec(spec, schema)]) };
}

/** A problem that follows from one already told: a guessed value, or a missing field that is there under a misspelt name. */
function isConsequence(item: Explained, all: readonly Explained[], spec: ParsedSpec): boolean {
  const { missing, decidedBy = [] } = item;
  if (decidedBy.some((path) => all.some(({ problem }) => problem.path === path))) return true;
  if (missing !== undefined)
    return (
      spec.guessed.has(missing.parent) ||
      all.some((other) => takenFor(other, all) === item) ||
      all.some(({ meant }) => meant !== undefined && formatPath(meant.parent) === missing.parent && missing.names.includes(meant.name))
    );
  const broken = REPEATS[item.keyword ?? ''] ?? [];
  return (
    spec.guessed.has(item.problem.path) ||
    all.some(({ problem, keyword = '' }) => problem.path === item.problem.path && broken.includes(keyword))
  );
}

/** Demands on a value that say nothing new where another one is broken: what is empty fits no pattern, and what is no number no bounds. */
const REPEATS: Readonly<Record<string, readonly string[]>> = { pattern: ['type', 'minLength'], minimum: ['type'], maximum: ['type'] };

/** The one field that is missing where one stands that nobody knows: that is one mistake. */
function takenFor({ strange }: Explained, all: readonly Explained[]): Explained | undefined {
  if (strange === undefined) return undefined;
  const lacking = all.filter(({ missing }) => missing?.parent === strange);
  return lacking.length === 1 && all.filter((other) => other.strange === strange).length === 1 ? lacking[0] : undefined;
}

/** The problem of a field that nobody knows, with the one that is missing there. */
function asked(item: Explained, all: readonly Explained[]): Problem {
  const names = takenFor(item, all)?.missing?.names.map((name) => `\`${name}\``) ?? [];
  return names.length === 0 ? item.problem : { ...item.problem, hint: `${inWords(names, 'or')} is missing here: did you mean that?` };
}
