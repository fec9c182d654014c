/**
 * A failed `anyOf` or `oneOf` makes a validator report every reason of every branch. Here only the branch that was meant is kept.
 * Which error belongs to which branch is told by the schema it came from, since its path does not survive a `$ref`.
 */

import type { ErrorObject } from 'ajv';
import { fieldsOf, isObject, listOf, lookUp, resolveSchema, type SchemaObject, stringsOf, typeOf, typesOf } from './schema.ts';

/** What is told to the user: an error as it is, or what a group of branches comes down to. */
export type Trouble =
  | {
      readonly kind: 'error';
      readonly error: ErrorObject;
      /** The condition of the `if` it follows from. */
      readonly when?: Condition;
      /** The schema whose branch it is of, when it is about the same value. */
      readonly around?: SchemaObject;
    }
  /** The field that tells the branches apart is missing; `values` are what it may be. */
  | { readonly kind: 'untold'; readonly error: ErrorObject; readonly name: string; readonly values: readonly unknown[] }
  /** The value is of a type that no branch takes. */
  | { readonly kind: 'types'; readonly error: ErrorObject; readonly branches: readonly unknown[] }
  /** Fixed values, one or more per branch, at `pointer`; `others` are branches of other types. */
  | {
      readonly kind: 'values';
      readonly error: ErrorObject;
      readonly pointer: string;
      readonly data: unknown;
      readonly values: readonly unknown[];
      readonly others: readonly unknown[];
    }
  /** Fields of which exactly one may be existing: too many are (`given` has two or more), or none. */
  | { readonly kind: 'choice'; readonly error: ErrorObject; readonly names: readonly string[]; readonly existing: readonly string[] }
  /** Names that no branch knows; `names` are all that some branch does. */
  | { readonly kind: 'unknown'; readonly error: ErrorObject; readonly name: string; readonly names: readonly string[] };

export interface Condition {
  readonly schema: SchemaObject;
  /** False for what an `else` says. */
  readonly holds: boolean;
}

export function reduceErrors(errors: readonly ErrorObject[], root: SchemaObject): Trouble[] {
  const reaches = new Map<unknown, ReadonlySet<string>>();

  function reduce(list: readonly ErrorObject[]): Trouble[] {
    const out: Trouble[] = [];
    const taken = new Set<ErrorObject>();
    const conditions = new Map<ErrorObject, Condition>();
    for (let i = list.length - 1; i >= 0; i--) {
      const error = list[i];
      if (error === undefined || taken.has(error)) continue;
      const parent = isObject(error.parentSchema) ? error.parentSchema : {};
      const before = list.slice(0, i).filter((other) => !taken.has(other) && isUnder(other.instancePath, error.instancePath));
      if (error.keyword === 'anyOf' || error.keyword === 'oneOf') {
        const branches = listOf(parent[error.keyword]);
        const groups = branches.map((branch) => before.filter((other) => belongs(other, branch)));
        for (const group of groups) for (const member of group) taken.add(member);
        taken.add(error);
        for (const trouble of choose(error, branches, groups)) {
          const same =
            trouble.kind === 'error' &&
            trouble.around === undefined &&
            trouble.error !== error &&
            trouble.error.instancePath === error.instancePath;
          out.push(same ? { ...trouble, around: parent } : trouble);
        }
      } else if (error.keyword === 'if') {
        taken.add(error);
        const keyword = String(error.params['failingKeyword']);
        const condition = parent['if'];
        if (isObject(condition))
          for (const other of before)
            if (belongs(other, parent[keyword])) conditions.set(other, { schema: condition, holds: keyword === 'then' });
      } else if (error.keyword === 'propertyNames') {
        taken.add(error);
      } else if (error.keyword === 'contains') {
        for (const other of before) if (belongs(other, parent['contains'])) taken.add(other);
      } else if (
        error.keyword === 'type' &&
        list.some(
          (other) =>
            (other.keyword === 'enum' || other.keyword === 'const') &&
            other.instancePath === error.instancePath &&
            other.parentSchema === error.parentSchema,
        )
      ) {
        taken.add(error);
      }
    }
    for (const error of list) {
      const when = conditions.get(error);
      if (!taken.has(error)) out.push(when === undefined ? { kind: 'error', error } : { kind: 'error', error, when });
    }
    return out;
  }

  function belongs(error: ErrorObject, branch: unknown): boolean {
    return reach(branch).has(JSON.stringify(error.parentSchema) ?? '');
  }

  /** The texts of all schemas within a schema. By text and not by identity, so that precompiled validators, which hold copies, do as well. */
  function reach(schema: unknown): ReadonlySet<string> {
    const known = reaches.get(schema);
    if (known !== undefined) return known;
    const texts = new Set<string>();
    const seen = new Set<unknown>();
    const visit = (part: unknown): void => {
      if (seen.has(part)) return;
      if (typeof part === 'boolean') texts.add(String(part));
      if (typeof part !== 'object' || part === null) return;
      seen.add(part);
      texts.add(JSON.stringify(part));
      for (const [key, inner] of Object.entries(part)) visit(key === '$ref' && typeof inner === 'string' ? lookUp(inner, root) : inner);
    };
    visit(schema);
    reaches.set(schema, texts);
    return texts;
  }

  function choose(error: ErrorObject, branches: readonly unknown[], groups: readonly (readonly ErrorObject[])[]): Trouble[] {
    const all = branches.map((schema, index) => ({ schema: resolveSchema(schema, root), errors: groups[index] ?? [] }));
    const fitting = all.filter((branch) => fitsType(branch.schema, error.data));
    if (fitting.length === 0) return [{ kind: 'types', error, branches }];
    const others = all.filter((branch) => !fitting.includes(branch)).map((branch) => branch.schema);
    if (isObject(error.data)) return chooseMapping(error, error.data, fitting);
    if (error.params['passingSchemas'] !== undefined && error.params['passingSchemas'] !== null) return [{ kind: 'error', error }];
    const fixed = fitting.map((branch) => fixedValues(branch.schema));
    if (fixed.every((values) => values !== undefined))
      return [{ kind: 'values', error, pointer: error.instancePath, data: error.data, values: fixed.flat(), others }];
    return reduce(fewest(fitting).errors);
  }

  function chooseMapping(error: ErrorObject, data: SchemaObject, branches: readonly Branch[]): Trouble[] {
    const existing = Object.keys(data);
    const known = branches.map((branch) => new Set([...fieldsOf(branch.schema, root).keys(), ...stringsOf(branch.schema['required'])]));
    // A field that is fixed to another value in each branch says which branch is meant.
    for (const name of known[0] ?? []) {
      const fixed = branches.map((branch) => fixedValues(resolveSchema(fieldsOf(branch.schema, root).get(name), root)));
      if (branches.length < 2 || !fixed.every((values) => values !== undefined)) continue;
      const index = fixed.findIndex((values) => values.includes(data[name]));
      const branch = branches[index];
      if (branch !== undefined) return reduce(branch.errors);
      if (name in data)
        return [
          {
            kind: 'values',
            error,
            pointer: `${error.instancePath}/${escapePointer(name)}`,
            data: data[name],
            values: fixed.flat(),
            others: [],
          },
        ];
      if (branches.every((branch) => stringsOf(branch.schema['required']).includes(name)))
        return [{ kind: 'untold', error, name, values: fixed.flat() }];
    }
    const telling = existing.filter((name) => known.some((names) => names.has(name)) && !known.every((names) => names.has(name)));
    if (telling.length > 0) {
      const meant = branches.filter((_, index) => telling.every((name) => known[index]?.has(name)));
      if (meant.length === 0 || passes(error)) return [{ kind: 'choice', error, names: telling, existing: telling }];
      return reduce(fewest(meant).errors);
    }
    const everyName = [...new Set(known.flatMap((names) => [...names]))];
    const unknown = existing.filter(
      (name) =>
        !everyName.includes(name) &&
        branches.every((branch) => branch.errors.some((other) => refusesName(other, error.instancePath, name))),
    );
    const missing = branches.map((branch) => stringsOf(branch.schema['required']).filter((name) => !(name in data)));
    const out: Trouble[] = unknown.map((name) => ({ kind: 'unknown', error, name, names: everyName }));
    if (branches.length > 1 && missing.every((names) => names.length > 0)) {
      const distinct = missing.map((names) => names.find((name) => missing.some((rest) => !rest.includes(name))) ?? names[0] ?? '');
      return [...out, { kind: 'choice', error, names: [...new Set(distinct)], existing: [] }];
    }
    return unknown.length > 0 ? out : reduce(fewest(branches).errors);
  }

  return reduce(errors);
}

interface Branch {
  readonly schema: SchemaObject;
  readonly errors: readonly ErrorObject[];
}

function passes(error: ErrorObject): boolean {
  return Array.isArray(error.params['passingSchemas']);
}

export function refusesName(error: ErrorObject, pointer: string, name: string): boolean {
  return error.instancePath === pointer && (error.params['additionalProperty'] === name || error.params['unevaluatedProperty'] === name);
}

function fewest(branches: readonly Branch[]): Branch {
  return branches.reduce((best, branch) => (branch.errors.length < best.errors.length ? branch : best));
}

function fixedValues(schema: SchemaObject): readonly unknown[] | undefined {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined;
}

function fitsType(schema: SchemaObject, data: unknown): boolean {
  const types = typesOf(schema);
  const type = typeOf(data);
  return types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number'));
}

function isUnder(pointer: string, parent: string): boolean {
  return pointer === parent || pointer.startsWith(`${parent}/`);
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
