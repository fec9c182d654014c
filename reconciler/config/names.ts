import type { Problem } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { kindOf } from '../model/kinds.ts';
import { valueAt } from '../model/paths.ts';
import { SECTIONS, sectionOf } from '../model/sections.ts';
import { INSTANCES_GROUP, LOAD_BALANCER_GROUP } from './complete.ts';
import { type At, asObject } from './draft.ts';
import { nearestName } from './nearest.ts';
import { formatPath, type PathParts } from './path.ts';
import { quoteValue } from './quote.ts';
import { resolveSchema } from './schema.ts';

type Schema = { readonly [key: string]: Json };

/** An AWS id or ARN said where a name could stand, or a network where a group could: `ranges.ts` tells whether it is one. */
const PHYSICAL = /^(arn:aws|(vpc|subnet|sg|i|igw|rtb|pl)-[0-9a-f]{8,17}$)|[/:]|^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * Names that nothing in the file has, each with the nearest one that would do. Works on the spec as it was written, along
 * the schema's `x-reference`, so that a mistake elsewhere hides none of these.
 */
export function checkNames(spec: Json, schema: Schema, at: At): readonly Problem[] {
  const known = new Map(SECTIONS.map((section) => [section.kind, Object.keys(asObject(valueAt(spec, section.path.join('.'))))]));
  known.set('securityGroup', [...(known.get('securityGroup') ?? []), LOAD_BALANCER_GROUP, INSTANCES_GROUP]);
  const problems: Problem[] = [];
  const walk = (value: Json, said: Schema, path: PathParts): void => {
    const rules = resolveSchema(said, schema) as Schema;
    const kind = rules['x-reference'];
    if (typeof kind === 'string' && typeof value === 'string') {
      const names = known.get(kind) ?? [];
      if (!names.includes(value) && !PHYSICAL.test(value)) problems.push(unknownName(kind, value, names, path, at));
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

/** What AWS and its ids call prefix lists (EC2 user guide, "AWS-managed prefix lists"). */
const PREFIX_LIST = /^(com\.amazonaws\.|pl-)[\w.-]+$/;

function unknownName(kind: string, value: string, names: readonly string[], path: PathParts, at: At): Problem {
  const close = nearestName(value, names);
  const where = sectionOf(kind)?.path.join('.') ?? kind;
  return {
    ...at(path),
    severity: 'error',
    path: formatPath(path),
    message: `There is no ${kindOf(kind).label} named ${quoteValue(value)}.`,
    hint:
      close !== undefined
        ? `Did you mean \`${close}\`?`
        : kind === 'securityGroup' && PREFIX_LIST.test(value)
          ? `A prefix list is written \`{ prefixList: ${value} }\`.`
          : names.length > 0
            ? `There are: ${names.join(', ')}.`
            : `Add one under \`${where}\`.`,
  };
}
