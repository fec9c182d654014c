/**
 * One trial for everything a user can write about a resource: another value, what the plan must say about it, and what AWS
 * must show afterwards (names from the EC2, ELBv2 and IAM API references, on purpose not from the field table).
 */
import type { Codec, Schema } from '../../reconciler/model/codec.ts';
import { type Field, type Kind, listFields } from '../../reconciler/model/field.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { KINDS } from '../../reconciler/model/kinds.ts';
import { SECTIONS, type Section } from '../../reconciler/model/sections.ts';

export type Edit = readonly [path: string, value: Json | undefined];

export interface Trial {
  /** The resource it is tried on, by its name in the spec. */
  readonly on: string;
  readonly to?: Json;
  /** Edits instead of `to`, or beside it: paths from the top of the spec. */
  readonly edits?: readonly Edit[];
  /** What must be so before, where the live stack is otherwise. */
  readonly existing?: readonly Edit[];
  /** What else the plan names, as `verb address fields…`. */
  readonly also?: readonly string[];
  /** Before and after as the plan says them, where they are not what was written. */
  readonly before?: Json | RegExp | undefined;
  readonly after?: Json | RegExp;
  /** The verb of the resource itself, where the field's wire does not say it. */
  readonly verb?: 'update' | 'replace';
  /** A path of keys into what AWS describes, and what is there afterwards. */
  readonly shows?: readonly [path: readonly (string | number)[], value: unknown];
  /** Taking it back changes nothing, since what is omitted is left alone. */
  readonly stays?: true;
}

/** Something a user can write: a field, or a key within a field's value (`redirect.host`). */
export interface Writable {
  readonly section: Section;
  readonly kind: Kind;
  readonly name: string;
  readonly field: Field;
  readonly key: string;
}

/** All of AWS that the table lets a user write about resources, each by `kind name` or `kind name key`. */
export function listWritables(): readonly Writable[] {
  return SECTIONS.flatMap((section) => {
    const kind: Kind | undefined = KINDS.find(({ name }) => name === section.kind);
    if (kind === undefined) return [];
    return listFields(kind.fields)
      .filter(([, field]) => field.internal !== true && field.wire.how !== 'policy')
      .flatMap(([name, field]) => {
        const inner = keysOf(field.codec);
        return (inner.length === 0 ? [''] : inner).map((key) => ({
          section,
          kind,
          name,
          field,
          key: `${kind.name} ${name}${key === '' ? '' : ` ${key}`}`,
        }));
      });
  });
}

/** The keys within a value that is an object, or a list of objects. */
function keysOf({ schema }: Codec): readonly string[] {
  return leaves(schema, '');
}

function leaves(schema: Schema, prefix: string): readonly string[] {
  const forms = Array.isArray(schema['anyOf']) ? (schema['anyOf'] as readonly Schema[]) : [schema];
  return forms.flatMap((form) => {
    if (typeof form['items'] === 'object' && form['items'] !== null) return leaves(form['items'] as Schema, prefix);
    const properties = form['properties'];
    if (typeof properties !== 'object' || properties === null) return [];
    return Object.entries(properties as Record<string, Schema>).flatMap(([name, inner]) => {
      const deeper = leaves(inner, `${prefix}${name}.`);
      return deeper.length === 0 ? [`${prefix}${name}`] : deeper;
    });
  });
}

/** The keys beside the fields: other sources of a resource, scripts, files. `kind key`. */
export function listExtras(): readonly string[] {
  return SECTIONS.flatMap((section) => Object.keys({ ...section.existing, ...section.extra }).map((key) => `${section.kind} ${key}`));
}
