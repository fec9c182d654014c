/** `albedo explain`: a field of a spec, an error code, an exit status, or a finding, from the tables that albedo itself works with. */

import { EXPERIMENT_ROWS } from '../chaos/experiments.ts';
import { nearestName } from '../config/nearest.ts';
import { describeSchema, exampleOf, fieldsOf, listOf, resolveSchema, type SchemaObject } from '../config/schema.ts';
import { AREAS } from '../doctor/areas.ts';
import { ERRORS, EXIT, ReconcileError } from '../errors.ts';
import { LINTS } from '../model/lints.ts';
import { stackSchema } from '../model/schema.ts';
import { GUARD_RULES } from '../plan/guard-rules.ts';
import { paletteFor, print, printJson, type Shared } from './shell.ts';

export interface Explanation {
  readonly kind: 'field' | 'error' | 'warning' | 'refusal' | 'doctor' | 'exit status';
  readonly name: string;
  /** What it means, and what to do. */
  readonly lines: readonly string[];
}

const WHOSE = { user: 'you can correct it', aws: 'the cause is in AWS', albedo: 'a bug in albedo' } as const;

const TABLE: readonly Explanation[] = [
  ...Object.entries(ERRORS).map(
    ([name, { fault, exit, hint }]): Explanation => ({ kind: 'error', name, lines: [hint, `Exit status ${exit}; ${WHOSE[fault]}.`] }),
  ),
  ...Object.entries(LINTS).map(
    ([name, text]): Explanation => ({ kind: 'warning', name, lines: [text, `Hide it in the spec: lint: { silence: [${name}] }`] }),
  ),
  ...Object.entries(GUARD_RULES).map(
    ([name, { asks, allowed }]): Explanation => ({
      kind: 'refusal',
      name,
      lines: [`A plan needs consent for ${asks}.`, `Allowed by ${allowed}.`],
    }),
  ),
  ...Object.entries(AREAS).map(([name, text]): Explanation => ({ kind: 'doctor', name, lines: [text] })),
  ...statuses(),
];

/** Each exit status, with the errors that end with it. */
function statuses(): readonly Explanation[] {
  const others: Readonly<Record<number, string>> = {
    [EXIT.ok]: 'Success, or nothing to do.',
    [EXIT.changes]: 'There are changes, or drift.',
  };
  const all = [...new Set([...Object.values(EXIT), ERRORS.Interrupted.exit])].sort((a, b) => a - b);
  const meaning: Readonly<Record<number, string>> = { ...others, [EXIT.objectiveMissed]: 'The load test missed an objective.' };
  return all.map((status) => {
    const codes = Object.entries(ERRORS).flatMap(([code, { exit }]) => (exit === status ? [code] : []));
    const lines = [
      ...(meaning[status] === undefined ? [] : [meaning[status]]),
      ...(codes.length === 0 ? [] : [`Errors: ${codes.join(', ')}`]),
    ];
    return { kind: 'exit status', name: String(status), lines };
  });
}

interface Place {
  /** `targetGroups.<name>.port`. */
  readonly path: string;
  readonly schema: SchemaObject;
  readonly required: boolean;
}

/** Every field of a spec below a schema, by its path. */
function placesOf(schema: unknown, root: SchemaObject, path: string, depth = 0): readonly Place[] {
  if (depth > 12) return [];
  const at = resolveSchema(schema, root);
  const required = listOf(at['required']);
  const inner: (readonly [string, unknown, boolean])[] = [...fieldsOf(at, root)].map(([name, field]) => [
    name,
    field,
    required.includes(name),
  ]);
  for (const part of [at, ...['anyOf', 'oneOf'].flatMap((word) => listOf(at[word]).map((each) => resolveSchema(each, root)))]) {
    if (typeof part['additionalProperties'] === 'object') inner.push(['<name>', part['additionalProperties'], false]);
    if (typeof part['items'] === 'object') inner.push(['[]', part['items'], false]);
  }
  return inner.flatMap(([name, field, needed]) => {
    const place = path === '' ? name : name === '[]' ? `${path}[]` : `${path}.${name}`;
    return [{ path: place, schema: resolveSchema(field, root), required: needed }, ...placesOf(field, root, place, depth + 1)];
  });
}

let known: readonly Place[] | undefined;

/** All fields, each path once. */
export function fieldPlaces(): readonly Place[] {
  const root = stackSchema(EXPERIMENT_ROWS) as SchemaObject;
  known ??= [...new Map(placesOf(root, root, '').map((place) => [place.path, place])).values()];
  return known;
}

/** `targetGroups.web.targets[0].id` and `targetGroups.<name>.targets[].id` are one; a name that a person chose fits `<name>`. */
function fits(path: string, asked: readonly string[], suffix: boolean): boolean {
  const parts = partsOf(path);
  const from = suffix ? parts.length - asked.length : 0;
  if (from < 0 || (!suffix && parts.length !== asked.length)) return false;
  return asked.every((word, index) => {
    const part = parts[from + index];
    return part === word || part === '<name>' || (part === '[]' && /^\d+$/.test(word));
  });
}

const partsOf = (path: string): readonly string[] =>
  path.replace(/\[(\d*)\]/g, (_, index: string) => `.${index === '' ? '[]' : index}`).split('.');

function explainField({ path, schema, required }: Place, root: SchemaObject): Explanation {
  const standard = schema['default'] ?? schema['x-default'];
  const example = exampleOf(schema);
  const inside = [...fieldsOf(schema, root).keys()];
  return {
    kind: 'field',
    name: path,
    lines: [
      String(schema['description'] ?? 'A name that you choose.'),
      `Value: ${describeSchema(schema, root)}${required ? '; required' : ''}`,
      ...(standard === undefined ? [] : [`Default: ${JSON.stringify(standard)}`]),
      ...(example === undefined || example === standard ? [] : [`Example: ${JSON.stringify(example)}`]),
      ...(inside.length === 0 ? [] : [`Fields: ${inside.join(', ')}`]),
    ],
  };
}

/** Everything with a name: the field at that path, or else the fields whose path ends with it. */
export function explanationsOf(asked: string): readonly Explanation[] {
  const root = stackSchema(EXPERIMENT_ROWS) as SchemaObject;
  const word = asked.trim();
  const table = TABLE.filter(({ name }) => name.toLowerCase() === word.toLowerCase());
  const parts = partsOf(word);
  const exact = fieldPlaces().filter(({ path }) => fits(path, parts, false));
  const last =
    exact.length > 0 ? exact : fieldPlaces().filter(({ path }) => partsOf(path).at(-1) === parts.at(-1) && fits(path, parts, true));
  // A field that many objects share is explained once, at its first path.
  const alike = new Map<string, Explanation>();
  for (const place of last) {
    const { kind, name, lines } = explainField(place, root);
    const key = lines.join('\n');
    const before = alike.get(key);
    alike.set(key, before === undefined ? { kind, name, lines } : { ...before, name: `${before.name}, ${name}` });
  }
  return [...table, ...alike.values()];
}

/** Every name that `explain` knows, for completion and for the nearest one. */
export const explainable = (): readonly string[] => [...TABLE.map(({ name }) => name), ...fieldPlaces().map(({ path }) => path)];

export function explainCommand(asked: string, shared: Shared): number {
  const found = explanationsOf(asked);
  if (found.length === 0) {
    const words = [...new Set(explainable().flatMap((name) => [name, partsOf(name).at(-1) ?? '']))].filter((word) => !/[<[]/.test(word));
    const close = nearestName(asked, words);
    throw new ReconcileError('SpecNotFound', `nothing has the name ${JSON.stringify(asked)}`, {
      hint: `${close === undefined ? '' : `Did you mean ${close}? `}Name a field such as targetGroups.web.healthCheck.interval, an error such as GuardRefused, a warning such as plain-http, or an exit status.`,
    });
  }
  if (shared.format.prints === 'document') printJson({ version: 1, explanations: found });
  else {
    const palette = paletteFor(shared);
    print(
      found
        .map(({ kind, name, lines }) =>
          [`${palette.bold(name)} ${palette.dim(`(${kind})`)}`, ...lines.map((line) => `  ${line}`)].join('\n'),
        )
        .join('\n\n'),
    );
  }
  return EXIT.ok;
}
