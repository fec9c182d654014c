import { REPOSITORY } from '../../reconciler/cli/about.ts';
import { describeSchema, exampleOf, inWords, resolveSchema, type SchemaObject } from '../../reconciler/config/schema.ts';
import type { Schema } from '../../reconciler/model/codec.ts';
import { isObject, type Json, type JsonObject } from '../../reconciler/model/json.ts';
import { FINAL } from '../../reconciler/model/nested/actions.ts';

/**
 * The schema as editors get it. It accepts what the checks of albedo accept, and says more: `title`, `patternErrorMessage` and
 * `errorMessage` are keywords of yaml-language-server and of VS Code (README of yaml-language-server; vscode-json-languageservice,
 * jsonSchema.ts); validators pass over them.
 */
export function editorSchema(schema: Schema): Schema {
  const root = schema as SchemaObject;
  const { definitions, ...top } = decorate(schema, '', root) as JsonObject;
  // What several places refer to is named by itself.
  const named = isObject(definitions)
    ? { definitions: Object.fromEntries(Object.entries(definitions).map(([name, each]) => [name, decorate(each, name, root)])) }
    : {};
  const decorated: JsonObject = { ...top, ...named };
  const { required, properties } = decorated;
  if (required === undefined || !isObject(properties) || !('extends' in properties)) return decorated;
  // A spec that extends another one has what that one says: an editor sees its own file alone.
  const { required: _, ...rest } = decorated;
  return { ...rest, if: { not: { required: ['extends'] } }, then: { required } };
}

function decorate(given: Json, path: string, root: SchemaObject): Json {
  if (!isObject(given)) return given;
  // Which of several keys is missing or too much, `choices` says.
  const { oneOf, default: standard, ...plain } = given;
  // Editors put every `default` in with the object around it: it is in the description instead, and under a name of ours.
  const own = { ...plain, ...(standard === undefined ? {} : { 'x-default': standard }) };
  const schema = merged('x-exactly-one' in given || oneOf === undefined ? own : { ...own, oneOf });
  const inner = (key: string, at: string): JsonObject => (isObject(schema[key]) ? { [key]: decorate(schema[key], at, root) } : {});
  const within = schema['properties'];
  const properties = isObject(within)
    ? { properties: Object.fromEntries(Object.entries(within).map(([name, each]) => [name, decorate(each, join(path, name), root)])) }
    : {};
  const branches = Object.fromEntries(
    ['anyOf', 'oneOf', 'allOf'].flatMap((key) =>
      Array.isArray(schema[key]) ? [[key, (schema[key] as readonly Json[]).map((each) => decorate(each, path, root))] as const] : [],
    ),
  );
  return {
    ...schema,
    ...properties,
    ...branches,
    ...inner('additionalProperties', join(path, '<name>')),
    ...inner('items', `${path}[]`),
    ...names(schema, path),
    ...words(schema, path, root),
    ...choices(schema),
  };
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

const TYPES = ['string', 'integer', 'number', 'boolean', 'object', 'array'];
/** What counts for values of one type only, so that schemas of several types can be one. */
const SHARED = ['enum', 'const', 'not', 'if', 'then', 'else', 'anyOf', 'oneOf', 'allOf', 'description', 'default'];

/** `anyOf` of schemas of different types as one schema of several types: editors then name the one thing that is wrong. */
function merged({ anyOf, ...rest }: JsonObject): JsonObject {
  if (!Array.isArray(anyOf)) return rest;
  const parts: readonly JsonObject[] = (anyOf as readonly Json[]).filter(isObject);
  const types = parts.map(({ type }) => String(type));
  const alike = new Set(types).size < types.length || (types.includes('integer') && types.includes('number'));
  const fits = types.every((type) => TYPES.includes(type)) && !parts.some((part) => SHARED.some((key) => key in part));
  if (alike || !fits || parts.length < anyOf.length || rest['type'] !== undefined) return { anyOf, ...rest };
  return { ...Object.assign({}, ...parts), ...rest, type: types };
}

/** A heading, and all that is known of a value in its description: default, range, example. */
function words(schema: JsonObject, path: string, root: SchemaObject): JsonObject {
  const message = schema['x-pattern-message'];
  const expected = typeof message === 'string' ? message : describeSchema(schema as SchemaObject, root).replaceAll('`', '');
  const pattern = typeof schema['pattern'] === 'string' ? { patternErrorMessage: `Expected ${expected}.` } : {};
  // A group of fields has none of its own.
  const fields = isObject(schema['properties']) ? `Fields: ${Object.keys(schema['properties']).join(', ')}.` : undefined;
  const doc = typeof schema['description'] === 'string' ? schema['description'] : fields;
  if (path === '' || doc === undefined) return pattern;
  const standard = schema['default'] ?? schema['x-default'];
  const example = exampleFor(schema, root);
  const facts = [
    `Value: ${describeSchema(schema as SchemaObject, root).replaceAll('`', '')}`,
    ...(standard === undefined ? [] : [`Default: ${shown(standard)}`]),
    ...(example === undefined ? [] : [`Example: ${shown(example)}`]),
  ];
  // Shown where the value itself is described, whichever of its types it has.
  return { ...pattern, title: path, description: `${doc}\n\n${facts.join('  \n')}` };
}

const shown = (value: Json): string => (typeof value === 'string' ? value || "''" : JSON.stringify(value));

/** One value that fits: the table's, a default, the first of a list of values, a bound, or one made of the parts. */
export function exampleFor(said: JsonObject, root: SchemaObject, depth = 0): Json | undefined {
  const schema = resolveSchema(said, root) as JsonObject;
  const given = exampleOf(schema as SchemaObject) as Json | undefined;
  if (given !== undefined && given !== '') return given;
  if (depth > 4) return undefined;
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  const [part] = ['anyOf', 'oneOf'].flatMap((key) => (Array.isArray(schema[key]) ? (schema[key] as readonly Json[]) : [])).filter(isObject);
  if (part !== undefined && schema['type'] === undefined) return exampleFor(part, root, depth + 1);
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  if (type === 'boolean') return true;
  // Ports, and nothing else, end there.
  if (schema['maximum'] === 65_535) return 8080;
  if (type === 'integer' || type === 'number') return schema['minimum'] ?? schema['maximum'] ?? 1;
  if (type === 'string') return typeof schema['x-reference'] === 'string' ? 'web' : 'text';
  if (type === 'array' && isObject(schema['items'])) return ofItems(exampleFor(schema['items'], root, depth + 1));
  if (type !== 'object') return undefined;
  if (isObject(schema['additionalProperties'])) {
    const one = exampleFor(schema['additionalProperties'], root, depth + 1);
    return one === undefined ? undefined : { name: one };
  }
  const within = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? (schema['required'] as readonly string[]) : [];
  const [own] = Object.keys(within);
  const keys = required.length > 0 ? required : own === undefined ? [] : [own];
  return Object.fromEntries(
    keys.flatMap((key) => {
      const part = within[key];
      const value = isObject(part) ? exampleFor(part, root, depth + 1) : undefined;
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

const ofItems = (item: Json | undefined): Json | undefined => (item === undefined ? undefined : [item]);

/** In a map of names, the completion says of what: `name of a listener`. */
function names(schema: JsonObject, path: string): JsonObject {
  if (!isObject(schema['additionalProperties'])) return {};
  const what = path.split('.').at(-1) ?? path;
  const one = what.endsWith('s') && what !== 'tags' ? what.replace(/ies$/, 'y').replace(/s$/, '') : what;
  const name = `name-of-${one.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a}-${b.toLowerCase()}`)}`;
  const given = isObject(schema['propertyNames']) ? schema['propertyNames'] : {};
  return { propertyNames: { ...given, ...words(given, '', {}), title: name, description: `A name that you choose, for ${path}.` } };
}

/** Keys of which exactly one is needed, as conditions whose error names them: `oneOf` would end in "matches multiple schemas". */
function choices(schema: JsonObject): JsonObject {
  const within = isObject(schema['properties']) ? schema['properties'] : {};
  const marked = schema['x-exactly-one'];
  const isAction = FINAL.every((key) => key in within);
  if (!Array.isArray(marked) && !isAction) return {};
  const keys = isAction ? FINAL : (marked as readonly string[]);
  // A listener of somebody else is named by its ARN, and has its own action.
  const instead = isAction && 'arn' in within ? ['arn'] : [];
  const needs = (key: string): Json => ({ required: [key] });
  const what = isAction ? 'action' : 'source';
  const each = keys.map((key) => ({
    if: needs(key),
    then: {
      properties: Object.fromEntries(keys.filter((other) => other !== key).map((other) => [other, false])),
      errorMessage: `Only one ${what}: ${inWords([...keys], 'or')}. ${key} is set already.`,
    },
  }));
  const missing = {
    if: { not: { anyOf: [...keys, ...instead].map(needs) } },
    then: { required: [keys[0] ?? ''], errorMessage: `The ${what} is missing: one of ${inWords([...keys], 'or')}.` },
  };
  const before = Array.isArray(schema['allOf']) ? (schema['allOf'] as readonly Json[]) : [];
  return { allOf: [...before, missing, ...each] };
}

/** The entry for the catalogue of SchemaStore (docs/releasing.md). `v0` is the newest release of its kind. */
export const schemaStore = (): Json =>
  (
    [
      ['stack', 'A load balancer and what it needs', ['*.albedo.yaml', '*.albedo.yml']],
      ['policy', 'What the stacks of a folder may lose', ['**/environments/*/policy.yaml']],
      ['environment', 'Which account and region the stacks of a folder are for', ['**/environments/*/environment.yaml']],
    ] as const
  ).map(([name, description, fileMatch]) => ({
    name: `albedo ${name}`,
    description,
    fileMatch,
    url: `https://raw.githubusercontent.com/${REPOSITORY}/v0/schemas/${name}.schema.json`,
  }));
