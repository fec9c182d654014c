/** What to write instead. */

import { nearestName, normalizeName } from './nearest.ts';
import type { PathParts } from './path.ts';
import { cutTo, looksSecret, quoteValue, visible } from './quote.ts';
import { resolvePlain } from './scalar.ts';
import { exampleOf, fieldsOf, isObject, resolveSchema, type SchemaObject, schemaAt, stringsOf, typesOf } from './schema.ts';
import type { Written } from './tree.ts';

const MAX_NAMES = 12;

/** The field that an unknown name was probably meant to be: here in another spelling, one level down, here with a slip, or further up. */
export function hintForUnknown(
  name: string,
  fields: ReadonlyMap<string, SchemaObject>,
  parent: PathParts,
  root: SchemaObject,
): { hint: string; meant?: string } {
  const wanted = normalizeName(name);
  for (const [field, schema] of fields) {
    const aws = resolveSchema(schema, root)['x-aws'];
    if (normalizeName(field) === wanted || (typeof aws === 'string' && normalizeName(aws) === wanted)) return meantHint(field);
  }
  for (const [field, schema] of fields) {
    for (const [inner, innerSchema] of fieldsOf(schema, root)) {
      const aws = resolveSchema(innerSchema, root)['x-aws'];
      const same = inner === name || normalizeName(field + inner) === wanted || (typeof aws === 'string' && normalizeName(aws) === wanted);
      if (same) return { hint: `It belongs in \`${field}\`: write \`${field}: { ${inner}: … }\`.` };
    }
  }
  const near = nearestName(name, fields.keys());
  if (near !== undefined) return meantHint(near);
  for (let up = parent.length - 1; up >= 0; up--) {
    if (fieldsOf(schemaAt(root, parent.slice(0, up)), root).has(name)) {
      return {
        hint:
          up === 0
            ? 'It is a field of the top level: move it to the left.'
            : `It is a field of \`${String(parent[up - 1])}\`: move it to the left.`,
      };
    }
  }
  const names = [...fields.keys()];
  if (names.length === 0) return { hint: 'Remove it: no field is allowed here.' };
  const shown = names
    .slice(0, MAX_NAMES)
    .map((field) => `\`${field}\``)
    .join(', ');
  return { hint: `Allowed here: ${shown}${names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''}.` };
}

function meantHint(meant: string): { hint: string; meant: string } {
  return { hint: `Did you mean \`${meant}\`?`, meant };
}

/** A name that fits the pattern and is like the one that does not: `n1` for `1`, `my-app` for `My App`. */
export function hintForName(name: string, pattern: string): string | undefined {
  // Other patterns are those of tags and headers, whose owner chose the name.
  if (!pattern.startsWith('^[a-z]')) return undefined;
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const near = (/^\d/.test(plain) ? [plain, `n${plain}`] : [plain]).find((candidate) => new RegExp(pattern, 'u').test(candidate));
  return near === undefined ? undefined : `Write \`${near}\`, for example.`;
}

export function hintForValues(value: unknown, values: readonly unknown[]): string | undefined {
  if (typeof value !== 'string') return undefined;
  const near = nearestName(
    value,
    values.filter((item) => typeof item === 'string'),
  );
  return near === undefined ? undefined : `Did you mean \`${near}\`?`;
}

/** An example in the form in which it would be written: `` For example: `port: 8080` ``. */
export function hintByExample(name: string | number | undefined, schema: SchemaObject): string | undefined {
  const example = exampleOf(schema);
  const text = typeof example === 'string' ? example : example === undefined ? undefined : JSON.stringify(example);
  if (text === undefined) return undefined;
  const plain = cutTo(typeof example === 'string' ? asYaml(text) : text, 60);
  return typeof name === 'string' ? `For example: \`${name}: ${plain}\`.` : `For example: \`${plain}\`.`;
}

/** A text as it must be written to stay one: in quotes where YAML would take it for a number, a flag, nothing or a sign of its own. */
export const asYaml = (text: string): string =>
  /^[\w./<>=-][\w ./<>=-]*$/.test(text) && typeof resolvePlain(text).value === 'string' ? text : JSON.stringify(text);

/** `10 s`, `10sec`, `500ms` where `10s` is meant. Nothing for what is no time span at all. */
export function hintForDuration(value: string): string | undefined {
  const found = /^\s*(\d{1,9}(?:\.\d{1,9})?)\s*([A-Za-z]*)\s*$/.exec(value);
  if (found === null) return undefined;
  const [, number = '', word = ''] = found;
  const unit = word.toLowerCase() === 'ms' ? undefined : /^[smhd]/i.exec(word)?.[0].toLowerCase();
  if (number.includes('.')) return 'Write a whole number; the units are s, m, h and d, such as `90s` for a minute and a half.';
  if (word === '') return `Write \`${number}\` without quotes for seconds, or \`${number}s\`.`;
  return unit === undefined ? 'The units are s, m, h and d.' : `Write \`${number}${unit}\`; the units are s, m, h and d.`;
}

const YES = /^(?:yes|y|on)$/i;
const NO = /^(?:no|n|off)$/i;

/** Why a value has another type than the reader thinks, and how to write the one that is wanted. */
export function hintForType(
  value: unknown,
  written: Written | undefined,
  schemas: readonly SchemaObject[],
  root: SchemaObject,
  name: string,
): string | undefined {
  const types = new Set(schemas.flatMap(typesOf));
  const text = written?.text ?? String(value);
  if (value === null) return 'Give it a value, or remove the line.';
  if (typeof value === 'string') {
    if (types.has('boolean')) {
      if (YES.test(value) || NO.test(value)) return `YAML 1.2 reads \`${value}\` as text: write \`${YES.test(value) ? 'true' : 'false'}\`.`;
      if (/^(?:true|false)$/i.test(value)) return `Remove the quotes: \`${value.toLowerCase()}\`.`;
    }
    if ((types.has('integer') || types.has('number')) && written?.style === 'quoted' && /^-?\d+(?:\.\d+)?$/.test(value))
      return `Remove the quotes: \`${visible(cutTo(value, 40))}\`.`;
    if (types.has('object') && written?.style === 'plain' && /^[\w-]+:\S/.test(value)) return 'Put a space after the colon.';
    if (types.has('array') && !looksSecret(value, name)) {
      const [, first, last] = /^(\d{1,10})\s*-\s*(\d{1,10})$/.exec(value) ?? [];
      const ofNumbers = schemas.some(({ items }) => isObject(items) && items['type'] === 'integer');
      if (first !== undefined && ofNumbers) return `Write it as a list: \`[${first}, ${last}]\`.`;
      const shown = visible(cutTo(value, 40));
      return `Write it as a list: \`[${written?.style === 'quoted' ? `"${shown}"` : shown}]\`.`;
    }
  }
  if ((typeof value === 'number' || typeof value === 'boolean') && schemas.some((schema) => takesText(schema, text)))
    return `Put it in quotes: \`"${visible(cutTo(text, 40))}"\`.`;
  if (typeof value === 'number' && types.has('array')) return `Write it as a list: \`[${visible(cutTo(text, 40))}]\`.`;
  if (types.has('object')) return hintForMapping(value, schemas, root);
  if (Array.isArray(value) && value.length === 1) return 'Write the value alone, without `- ` or brackets.';
  if (isObject(value) && types.has('array')) return 'Begin each entry with `- `, or write `[a, b]`.';
  return undefined;
}

/** Whether a value would be right if only it were in quotes. */
function takesText(schema: SchemaObject, text: string): boolean {
  if ('const' in schema) return schema['const'] === text;
  if (Array.isArray(schema['enum'])) return schema['enum'].includes(text);
  if (!typesOf(schema).includes('string')) return false;
  return typeof schema['pattern'] !== 'string' || new RegExp(schema['pattern'], 'u').test(text);
}

function hintForMapping(value: unknown, schemas: readonly SchemaObject[], root: SchemaObject): string | undefined {
  const fields = [...new Set(schemas.flatMap((schema) => [...fieldsOf(schema, root).keys()]))];
  if (fields.length > 0)
    return `Write fields below it: ${fields
      .slice(0, MAX_NAMES)
      .map((field) => `\`${field}\``)
      .join(', ')}.`;
  if (Array.isArray(value)) return 'Write each entry under a name of its own, `name: …`, instead of `- `.';
  return 'Write `name: value` below it.';
}

/** The condition of an `if`, or its opposite, in words: `` `protocol` is `HTTPS` ``. Empty when it is too complex to say. */
export function describeCondition(condition: SchemaObject, holds: boolean): string {
  const is = holds ? 'is' : 'is not';
  const parts: string[] = [];
  const properties = isObject(condition['properties']) ? condition['properties'] : {};
  for (const [name, schema] of Object.entries(properties)) {
    if (!isObject(schema)) return '';
    if ('const' in schema) parts.push(`\`${name}\` ${is} ${quoteValue(schema['const'])}`);
    else if (Array.isArray(schema['enum'])) parts.push(`\`${name}\` ${is} ${schema['enum'].map((item) => quoteValue(item)).join(' or ')}`);
    else return '';
  }
  const absent = isObject(condition['not']) ? stringsOf(condition['not']['required']) : [];
  for (const name of absent) parts.push(`\`${name}\` is ${holds ? 'not ' : ''}given`);
  for (const name of Array.isArray(condition['required']) ? condition['required'] : [])
    if (!(String(name) in properties)) parts.push(`\`${String(name)}\` is ${holds ? '' : 'not '}given`);
  // The opposite of several conditions is any of several; better no reason than a wrong one.
  return holds || parts.length === 1 ? parts.join(' and ') : '';
}
