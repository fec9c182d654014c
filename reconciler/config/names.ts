import type { Problem } from '../errors.ts';
import { ID_FORMS, isIdOf, kindOfId } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import { kindOf } from '../model/kinds.ts';
import { valueAt } from '../model/paths.ts';
import { SECTIONS, sectionOf } from '../model/sections.ts';
import { INSTANCES_GROUP, LOAD_BALANCER_GROUP } from './complete.ts';
import { type At, asObject } from './draft.ts';
import { withArticle } from './explain-words.ts';
import { asYaml } from './hints.ts';
import { nearestName } from './nearest.ts';
import { formatPath, type PathParts } from './path.ts';
import { oneProblem } from './places.ts';
import { quoteValue } from './quote.ts';
import { resolveSchema } from './schema.ts';

type Schema = { readonly [key: string]: Json };

/** A network or an address where a group could stand, which `ranges.ts` judges; and the id of a prefix list, which needs no name. */
const PEER = /[/:]|^\d{1,3}(\.\d{1,3}){3}$|^pl-[0-9a-f]{8,17}$/;

/**
 * Names that nothing in the file has, each with the nearest one that would do, and ids of something else than is wanted. Works on the
 * spec as it was written, along the schema's `x-reference`, so that a mistake elsewhere hides none of these. `told`: paths that are
 * wrong themselves; what a section has that is missing or no mapping is not known.
 */
export function checkNames(spec: Json, schema: Schema, at: At, told: ReadonlySet<string> = new Set()): readonly Problem[] {
  const known = new Map(SECTIONS.map((section) => [section.kind, Object.keys(asObject(valueAt(spec, section.path.join('.'))))]));
  known.set('securityGroup', [...(known.get('securityGroup') ?? []), LOAD_BALANCER_GROUP, INSTANCES_GROUP]);
  const isBroken = (kind: string): boolean => {
    const path = sectionOf(kind)?.path ?? [];
    return path.some((_, index) => told.has(formatPath(path.slice(0, index + 1))));
  };
  const problems: Problem[] = [];
  const walk = (value: Json, said: Schema, path: PathParts): void => {
    const rules = resolveSchema(said, schema) as Schema;
    const kind = rules['x-reference'];
    if (typeof kind === 'string' && typeof value === 'string') {
      const names = known.get(kind) ?? [];
      const given = rules['x-own-only'] !== true && isIdOf(kind, value);
      const peer = rules['x-network'] === true && PEER.test(value);
      if (!names.includes(value) && !given && !peer && !isBroken(kind)) problems.push(unknownName(kind, value, names, path, at));
      return;
    }
    for (const branch of (rules['anyOf'] ?? []) as readonly Schema[]) if (branch['type'] === typeOf(value)) walk(value, branch, path);
    if (Array.isArray(value)) for (const [index, item] of value.entries()) walk(item as Json, asObject(rules['items']), [...path, index]);
    else if (typeof value === 'object' && value !== null) {
      const properties = asObject(rules['properties']);
      for (const [key, item] of Object.entries(value))
        walk(item, asObject(properties[key] ?? rules['additionalProperties']), [...path, key]);
    }
  };
  walk(spec, schema, []);
  return problems;
}

const typeOf = (value: Json): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value);

/** What may stand there under a key of its own. Of prefix lists, what AWS and its ids call them (EC2 user guide, "AWS-managed prefix lists"). */
const WRITTEN_OTHERWISE: readonly { readonly kind: string; readonly form: RegExp; readonly hint: (value: string) => string }[] = [
  {
    kind: 'securityGroup',
    form: /^(com\.amazonaws\.|pl-)[\w.-]+$/,
    hint: (value) => `A prefix list is written \`{ prefixList: ${value} }\`.`,
  },
  {
    kind: 'instance',
    form: /^\d{1,3}(\.\d{1,3}){3}$|^[0-9a-f]*:[0-9a-f:]+$/i,
    hint: (value) => `An address is written \`{ ip: ${asYaml(value)} }\`, in a group with \`targetType: ip\`.`,
  },
  {
    kind: 'instance',
    form: /^arn:aws[a-z-]*:lambda:/,
    hint: () => 'A function is written `{ lambda: arn:… }`, in a group with `targetType: lambda`.',
  },
];

function unknownName(kind: string, value: string, names: readonly string[], path: PathParts, at: At): Problem {
  const close = nearestName(value, names);
  const where = sectionOf(kind)?.path.join('.') ?? kind;
  const { label } = kindOf(kind);
  const other = kindOfId(value);
  const own = ID_FORMS[kind];
  const elsewhere = WRITTEN_OTHERWISE.find((row) => row.kind === kind && row.form.test(value));
  if (other !== undefined && other !== kind)
    return oneProblem(
      at(path),
      formatPath(path),
      `${quoteValue(value)} names ${withArticle(kindOf(other).label)}, but ${withArticle(label)} is wanted here.`,
      `Write a name under \`${where}\`${own === undefined ? '' : `, or one such as \`${own.example}\``}.`,
    );
  return {
    ...at(path),
    severity: 'error',
    path: formatPath(path),
    message: `There is no ${label} named ${quoteValue(value)}.`,
    hint:
      close !== undefined
        ? `Did you mean \`${close}\`?`
        : elsewhere !== undefined
          ? elsewhere.hint(value)
          : names.length > 0
            ? `There are: ${names.join(', ')}.`
            : `Add one under \`${where}\`.`,
  };
}
