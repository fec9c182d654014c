/** One trouble of a schema check as a problem: what is wrong in words, at the place that must be changed. */

import type { ErrorObject } from 'ajv';
import type { Problem } from '../errors.ts';
import { asDemand, count, describeValue, lastName, type Parts, stripEnd, subject, toParts, whereIn, withArticle } from './explain-words.ts';
import { describeCondition, hintByExample, hintForDuration, hintForName, hintForType, hintForUnknown, hintForValues } from './hints.ts';
import type { Misspelt } from './misspelt.ts';
import type { ParsedSpec } from './parse.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';
import { quoteValue } from './quote.ts';
import type { Trouble } from './reduce.ts';
import { describeSchema, fieldsOf, inWords, isObject, oneOfValues, resolveSchema, type SchemaObject, stringsOf, typeOf } from './schema.ts';

export interface Explained {
  readonly problem: Problem;
  /** The missing name, and the mapping it is missing in. */
  readonly missing?: { readonly parent: string; readonly names: readonly string[] };
  /** The name an unknown one was taken to be. */
  readonly meant?: Misspelt;
  /** The mapping with a name that nothing is like. */
  readonly strange?: string;
  /** What of a value is wrong: one mistake may break several demands on it. */
  readonly keyword?: string;
  /** Paths of the fields on whose values the demand depends: one that is wrong itself decides nothing. */
  readonly decidedBy?: readonly string[];
}

/** A pattern that ends in a class of units, as time spans have. */
const DURATION = /\[smhd\]/;

export function explain(trouble: Trouble, spec: ParsedSpec, root: SchemaObject): Explained {
  const { error } = trouble;
  const parts = toParts(trouble.kind === 'values' ? trouble.pointer : error.instancePath, spec.value);
  // What may not be there is about the field, and the condition about what it stands in.
  const holder = error.keyword === 'false schema' ? parts.slice(0, -1) : parts;
  switch (trouble.kind) {
    case 'unknown': {
      const fields = new Map([...fieldsOf(error.parentSchema, root)].filter(([name]) => trouble.names.includes(name)));
      return explainUnknown(trouble.name, fields, parts, spec, root);
    }
    case 'values':
      return { problem: wrongValue(trouble.data, trouble.values, trouble.others, parts, spec, root) };
    case 'untold':
      return untold(trouble.name, trouble.values, parts, spec);
    case 'types': {
      const schemas = trouble.branches.map((branch) => resolveSchema(branch, root));
      return { problem: wrongType(error.data, describeSchema(error.parentSchema, root), schemas, parts, spec, root) };
    }
    case 'choice': {
      const names = trouble.names.map((name) => `\`${name}\``);
      if (trouble.existing.length > 0) {
        const message = `${inWords(names, 'and')} cannot be set together in ${whereIn(parts)}.`;
        return {
          problem: oneProblem(spec.at([...parts, trouble.existing.at(-1) ?? ''], 'key'), formatPath(parts), message, 'Keep one of them.'),
        };
      }
      const message = `${whereIn(parts)} needs ${names.length === 1 ? '' : 'one of '}${inWords(names, 'or')}.`;
      return {
        problem: oneProblem(spec.at(parts, 'key'), formatPath(parts), message),
        missing: { parent: formatPath(parts), names: trouble.names },
      };
    }
    case 'error':
      return {
        keyword: error.keyword,
        ...explainError(
          error,
          trouble.around,
          parts,
          trouble.when === undefined ? '' : describeCondition(trouble.when.schema, trouble.when.holds),
          spec,
          root,
        ),
        ...(trouble.when === undefined
          ? {}
          : { decidedBy: [...fieldsOf(trouble.when.schema, root).keys()].map((name) => formatPath([...holder, name])) }),
      };
  }
}

function explainError(
  error: ErrorObject,
  around: SchemaObject | undefined,
  parts: Parts,
  condition: string,
  spec: ParsedSpec,
  root: SchemaObject,
): Explained {
  const { params, data } = error;
  const schema = isObject(error.parentSchema) ? error.parentSchema : {};
  const path = formatPath(parts);
  const because = condition === '' ? '' : `, because ${condition}`;
  const atKey = spec.at(parts, 'key');
  const atValue = spec.at(parts, 'value');
  const it = subject(parts);
  const one = (message: string, hint?: string, position = atValue): Explained => ({ problem: oneProblem(position, path, message, hint) });
  const own = schema['x-message'];

  if (error.propertyName !== undefined) return badName(error, parts, schema, spec);
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return explainUnknown(
        String(params['additionalProperty'] ?? params['unevaluatedProperty']),
        fieldsOf(schema, root),
        parts,
        spec,
        root,
      );
    case 'required':
    case 'dependentRequired':
    case 'dependencies': {
      const name = String(params['missingProperty']);
      const field = resolveSchema(fieldsOf(schema, root).get(name), root);
      const reason = typeof params['property'] === 'string' ? `, because \`${params['property']}\` is set` : because;
      const wanted = describeSchema(field, root);
      const hint = hintByExample(name, field) ?? (wanted === '' ? undefined : `Add \`${name}\`: ${wanted}.`);
      return {
        problem: oneProblem(atKey, formatPath([...parts, name]), `\`${name}\` is missing in ${whereIn(parts)}${reason}.`, hint),
        missing: { parent: path, names: [name] },
      };
    }
    case 'type':
      return { problem: wrongType(data, describeSchema(schema, root), [schema], parts, spec, root) };
    case 'enum':
      return { problem: wrongValue(data, params['allowedValues'], [], parts, spec, root, because) };
    case 'const':
      return { problem: wrongValue(data, [params['allowedValue']], [], parts, spec, root, because) };
    case 'discriminator':
      return discriminated(error, parts, schema, spec, root);
    case 'pattern': {
      const said = schema['x-pattern-message'] ?? around?.['x-pattern-message'] ?? own ?? schema['errorMessage'];
      const whole = around ?? schema;
      const wanted =
        typeof said === 'string'
          ? asDemand(said)
          : `must be ${describeSchema(whole, root)}${typeof whole['x-example'] === 'string' ? '' : ` of the form ${quoteValue(params['pattern'])}`}`;
      const span =
        typeof data === 'string' && ('x-seconds' in whole || 'x-days' in whole || DURATION.test(String(params['pattern'])))
          ? hintForDuration(data)
          : undefined;
      return one(
        `${it} ${stripEnd(wanted)}${because}; it is ${quoteValue(data, lastName(parts))}.`,
        span ?? hintByExample(parts.at(-1), whole),
      );
    }
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum': {
      const strict = error.keyword.startsWith('exclusive');
      const word = /minimum/i.test(error.keyword) ? (strict ? 'more than' : 'at least') : strict ? 'less than' : 'at most';
      const unit = typeof schema['x-unit'] === 'string' ? ` ${schema['x-unit']}` : '';
      return one(
        `${it} must be ${word} ${String(params['limit'])}${unit}${because}; it is ${quoteValue(data)}.`,
        'minimum' in schema && 'maximum' in schema ? `Allowed: ${describeSchema(schema, root)}.` : undefined,
      );
    }
    case 'multipleOf':
      return one(`${it} must be a multiple of ${String(params['multipleOf'])}; it is ${quoteValue(data)}.`);
    case 'minLength':
    case 'maxLength': {
      const length = typeof data === 'string' ? [...data].length : 0;
      if (length === 0) return one(`${it} is empty.`, hintByExample(parts.at(-1), schema));
      const limit = Number(params['limit']);
      return one(
        `${it} is ${count(length, 'character')} long, and ${error.keyword === 'minLength' ? 'at least' : 'at most'} ${limit} ${limit === 1 ? 'is' : 'are'} allowed: ${quoteValue(data, lastName(parts))}.`,
      );
    }
    case 'minItems':
    case 'maxItems':
    case 'minProperties':
    case 'maxProperties': {
      const size = Array.isArray(data) ? data.length : isObject(data) ? Object.keys(data).length : 0;
      const verb = error.keyword.startsWith('min') ? 'needs at least' : 'may have at most';
      return one(
        `${it} ${verb} ${count(Number(params['limit']), 'entry')}${because}, and has ${size === 0 ? 'none' : size}.`,
        undefined,
        atKey,
      );
    }
    case 'uniqueItems': {
      const [first, second] = [Number(params['i']), Number(params['j'])].sort((a, b) => a - b);
      const value = Array.isArray(data) ? data[second ?? 0] : undefined;
      return {
        problem: oneProblem(
          spec.at([...parts, second ?? 0]),
          formatPath([...parts, second ?? 0]),
          `${it} names ${quoteValue(value)} twice: it is also entry ${(first ?? 0) + 1}.`,
          'Keep one of them.',
        ),
      };
    }
    case 'false schema':
      return one(`${it} may not be given here${because}.`, 'Remove it.', atKey);
    case 'not': {
      if (typeof own === 'string') return one(own, undefined, atKey);
      const names = isObject(schema['not']) ? stringsOf(schema['not']['required']) : [];
      if (names.length === 0) return one(`${it} has a value that is not allowed${because}: ${quoteValue(data, lastName(parts))}.`);
      const position = spec.at([...parts, names.at(-1) ?? ''], 'key');
      const listed = inWords(
        names.map((name) => `\`${name}\``),
        'and',
      );
      return one(
        `${listed} may not be given${names.length > 1 ? ' together' : ''} in ${whereIn(parts)}${because}.`,
        names.length > 1 ? 'Keep one of them.' : 'Remove it.',
        position,
      );
    }
    default: {
      if (typeof own === 'string') return one(own, undefined, atKey);
      return one(
        `${it} is not allowed (${error.keyword})${because}.`,
        typeof schema['description'] === 'string' ? schema['description'] : undefined,
      );
    }
  }
}

function explainUnknown(
  name: string,
  fields: ReadonlyMap<string, SchemaObject>,
  parts: Parts,
  spec: ParsedSpec,
  root: SchemaObject,
): Explained {
  const { hint, meant } = hintForUnknown(name, fields, parts, root);
  const message =
    parts.length === 0
      ? `${quoteValue(name)} is not a field of ${withArticle(String(root['x-name'] ?? 'spec'))}.`
      : `${quoteValue(name)} is not a field of ${whereIn(parts)}.`;
  const problem = oneProblem(spec.at([...parts, name], 'key'), formatPath([...parts, name]), message, hint);
  if (meant !== undefined) return { problem, meant: { parent: parts, written: name, name: meant } };
  return /^(Allowed here|Remove it)/.test(hint) ? { problem, strange: formatPath(parts) } : { problem };
}

function wrongType(
  data: unknown,
  wanted: string,
  schemas: readonly SchemaObject[],
  parts: Parts,
  spec: ParsedSpec,
  root: SchemaObject,
): Problem {
  const position = spec.at(parts, data === null ? 'key' : 'value');
  const hint = hintForType(data, spec.written(parts), schemas, root, lastName(parts));
  if (data === null) return oneProblem(position, formatPath(parts), `${subject(parts)} has no value, and must be ${wanted}.`, hint);
  return oneProblem(position, formatPath(parts), `${subject(parts)} must be ${wanted}, and is ${describeValue(data, parts, spec)}.`, hint);
}

function wrongValue(
  data: unknown,
  values: unknown,
  others: readonly unknown[],
  parts: Parts,
  spec: ParsedSpec,
  root: SchemaObject,
  because = '',
): Problem {
  const allowed = [...new Set(Array.isArray(values) ? values : [values])];
  const wanted = [...new Set([oneOfValues(allowed), ...others.map((other) => describeSchema(other, root))])].join(' or ');
  const typesDiffer = allowed.length > 0 && !allowed.some((value) => typeOf(value) === typeOf(data));
  const hint = typesDiffer
    ? hintForType(data, spec.written(parts), [{ enum: allowed }], root, lastName(parts))
    : hintForValues(data, allowed);
  const is = typesDiffer ? describeValue(data, parts, spec) : quoteValue(data, lastName(parts));
  return oneProblem(
    spec.at(parts, data === null ? 'key' : 'value'),
    formatPath(parts),
    `${subject(parts)} must be ${wanted}${because}; it is ${data === null ? 'empty' : is}.`,
    hint,
  );
}

function discriminated(error: ErrorObject, parts: Parts, schema: SchemaObject, spec: ParsedSpec, root: SchemaObject): Explained {
  const tag = String(error.params['tag']);
  const values = (Array.isArray(schema['oneOf']) ? schema['oneOf'] : []).flatMap((branch: unknown) => {
    const field = resolveSchema(fieldsOf(branch, root).get(tag), root);
    return 'const' in field ? [field['const']] : Array.isArray(field['enum']) ? field['enum'] : [];
  });
  const value = error.params['tagValue'];
  return value === undefined ? untold(tag, values, parts, spec) : { problem: wrongValue(value, values, [], [...parts, tag], spec, root) };
}

function untold(name: string, values: readonly unknown[], parts: Parts, spec: ParsedSpec): Explained {
  const message = `\`${name}\` is missing in ${whereIn(parts)}.`;
  return {
    problem: oneProblem(spec.at(parts, 'key'), formatPath([...parts, name]), message, `Add \`${name}\`: ${oneOfValues(values)}.`),
    missing: { parent: formatPath(parts), names: [name] },
  };
}

function badName(error: ErrorObject, parts: Parts, schema: SchemaObject, spec: ParsedSpec): Explained {
  const name = String(error.propertyName);
  const said = schema['x-pattern-message'] ?? schema['x-message'];
  const { limit, pattern } = error.params;
  const rule =
    error.keyword === 'maxLength'
      ? `may be at most ${String(limit)} characters long`
      : error.keyword === 'minLength'
        ? `must have at least ${String(limit)} characters`
        : typeof said === 'string'
          ? stripEnd(asDemand(said))
          : error.keyword === 'pattern'
            ? `must be of the form ${quoteValue(pattern)}`
            : 'is not allowed';
  return {
    problem: oneProblem(
      spec.at([...parts, name], 'key'),
      formatPath([...parts, name]),
      `the name ${quoteValue(name)} in ${whereIn(parts)} ${rule}.`,
      typeof pattern === 'string' ? hintForName(name, pattern) : undefined,
    ),
  };
}
