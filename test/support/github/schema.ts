/**
 * OpenAPI 3.0 schemas as GitHub writes them, turned into JSON Schema 2019-09 that is closed: a property that the
 * description does not name is a mistake. Pure.
 */

export type Json = Record<string, unknown>;

export const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

export const SCHEMAS = 'https://api.github.com/schemas/';

/** Keywords that mean the same in both and are taken as they are. The rest (examples, texts) checks nothing. */
const KEPT = ['required', 'pattern', 'format', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties'];
const COMPOSED = ['allOf', 'anyOf', 'oneOf'] as const;

interface Surroundings {
  /** Whether an enclosing schema closes the object: a member of a composition must not, it sees its own properties only. */
  readonly open: boolean;
  /** Whether the enclosing schema names properties itself; then a member's "any other property" would undo the closing. */
  readonly named: boolean;
}

/** Adds to `refs` the names of the components that the result points to. */
export function closeSchema(schema: unknown, refs: Set<string>, around: Surroundings = { open: false, named: false }): Json {
  if (!isJson(schema)) return {};
  if (typeof schema['$ref'] === 'string') {
    const name = schema['$ref'].slice(schema['$ref'].lastIndexOf('/') + 1);
    refs.add(name);
    return { $ref: SCHEMAS + name, ...(around.open ? {} : { unevaluatedProperties: false }) };
  }
  const out: Json = {};
  for (const key of KEPT) if (key in schema) out[key] = schema[key];
  if ('enum' in schema) out['enum'] = schema['nullable'] === true ? [...list(schema['enum']), null] : schema['enum'];
  if ('type' in schema) out['type'] = schema['nullable'] === true ? [schema['type'], 'null'] : schema['type'];
  if ('items' in schema) out['items'] = closeSchema(schema['items'], refs);
  closeObject(schema, out, refs, around);
  const composed = COMPOSED.some((key) => key in schema);
  return composed && schema['nullable'] === true && !('type' in schema) ? { anyOf: [{ type: 'null' }, out] } : out;
}

function closeObject(schema: Json, out: Json, refs: Set<string>, around: Surroundings): void {
  const named = isJson(schema['properties']);
  if (isJson(schema['properties'])) {
    out['properties'] = Object.fromEntries(Object.entries(schema['properties']).map(([name, inner]) => [name, closeSchema(inner, refs)]));
  }
  let composed = false;
  for (const key of COMPOSED) {
    if (!(key in schema)) continue;
    composed = true;
    const members = list(schema[key]).map((member) => closeSchema(member, refs, { open: true, named: named || around.named }));
    // The description says "one of" where several fit (a user who is public is also a user), so one that fits is enough.
    const into = key === 'allOf' ? 'allOf' : 'anyOf';
    if (into in out) out['allOf'] = [...list(out['allOf']), { [into]: members }];
    else out[into] = members;
  }
  const rest = schema['additionalProperties'];
  if (isJson(rest)) out['additionalProperties'] = Object.keys(rest).length === 0 ? true : closeSchema(rest, refs);
  else if (rest === false || (rest === true && !around.named)) out['additionalProperties'] = rest;
  else if (schema['type'] === 'object' && !named && !composed) out['additionalProperties'] = true;
  else if (!around.open && (named || composed)) out['unevaluatedProperties'] = false;
}

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
