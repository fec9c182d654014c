import { canonical, type ReadContext } from '../model/codec.ts';
import type { Field, Kind } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import { fieldsOf } from '../model/kinds.ts';
import type { Live, State } from '../model/model.ts';
import { outputAt, valueAt, valuesAt } from '../model/paths.ts';
import { MEMORIES } from '../model/tags.ts';

/** One AWS object as it was observed: the describe answer's element with the answers of detail reads merged in. */
export interface Raw {
  readonly kind: Kind;
  readonly address: Address;
  readonly object: Json;
  readonly tags: Readonly<Record<string, string>>;
  readonly reasons?: Live['reasons'];
  /** Fields whose read was refused. */
  readonly unread?: Live['unread'];
}

export function outputsOf(raw: { readonly kind: Kind; readonly object: Json }): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(raw.kind.outputs).flatMap(([name, path]) => {
      const value = outputAt(raw.object, path);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** From what AWS answered to the model, by the table. Pure. `refer` turns known ids into references. */
export function decode(raw: Raw, refer: ReadContext): Live {
  const context: ReadContext = { ...refer, tags: raw.tags, object: raw.object };
  const { kind, object } = raw;
  const values: { [name: string]: Json } = {};
  const handles: { [name: string]: { [member: string]: string } } = {};
  const attributes = attributesOf(kind, object);
  for (const [name, field] of fieldsOf(kind)) {
    const { wire, codec } = field;
    let value: Json | undefined;
    switch (wire.how) {
      case 'create':
        value =
          wire.tag !== undefined
            ? codec.read(raw.tags[wire.tag], context)
            : codec.read(valueAt(object, wire.read ?? wire.param ?? ''), context);
        break;
      case 'modify':
        value =
          wire.tag !== undefined ? codec.read(raw.tags[wire.tag], context) : codec.read(valueAt(object, wire.read ?? wire.param), context);
        break;
      case 'setter':
        value = codec.read(valueAt(object, wire.read ?? wire.param ?? wire.setParam), context);
        if (field.expandBeforeShrink?.seen !== undefined && valuesAt(object, field.expandBeforeShrink.seen.list).length > 0)
          handles[name] = placesOf(object, field.expandBeforeShrink.seen, field, context);
        break;
      case 'attribute':
        value = codec.read(attributes.get(wire.key), context);
        break;
      case 'rank':
        value = codec.read(valueAt(object, wire.param), context);
        break;
      case 'rawAttributes':
        value = codec.read(unknownAttributes(kind, attributes), context);
        break;
      case 'link':
        value = codec.read(valueAt(object, wire.read), context);
        break;
      case 'member': {
        // A list that no call was made for is not empty, it is not known.
        if (!wasRead(kind, wire.member.read, object)) break;
        const members = valuesAt(object, wire.member.read);
        const { handle, remember } = wire.member;
        if (remember !== undefined) {
          const recalled = recallMembers(remember.tag, raw.tags, new Set(members.map((member) => String(valueAt(member, handle ?? '')))));
          value = codec.read(
            recalled.map(([text]) => text),
            context,
          );
          handles[name] = Object.fromEntries(recalled.map(([text, id]) => [canonical(text), id]));
          break;
        }
        value = codec.read(members, context);
        if (handle === undefined) break;
        const own = members.flatMap((member): [string, string][] => {
          const decoded = codec.read([member], context) as readonly Json[] | undefined;
          const by = valueAt(member, handle);
          return decoded?.[0] === undefined || typeof by !== 'string' ? [] : [[canonical(decoded[0]), by]];
        });
        handles[name] = Object.fromEntries(own);
      }
    }
    if (value !== undefined) values[name] = value;
  }
  const outputs = outputsOf(raw);
  const tags = Object.fromEntries(Object.entries(raw.tags).filter(([key]) => !MEMORIES.includes(key)));
  const states = statesOf(kind, object, context);
  const live = { address: raw.address, kind: kind.name, id: outputs['id'] ?? '', outputs, values, tags, handles };
  return {
    ...live,
    ...(states.length === 0 ? {} : { states }),
    ...(raw.reasons === undefined ? {} : { reasons: raw.reasons }),
    ...(raw.unread === undefined ? {} : { unread: raw.unread }),
  };
}

/** How the object or its members do, where AWS says so. */
export function statesOf(kind: Kind, object: Json, context: ReadContext): readonly State[] {
  const { condition } = kind;
  if (condition === undefined) return [];
  const codec = fieldsOf(kind).find(([name]) => name === condition.members?.field)?.[1].codec;
  return valuesAt(object, condition.members?.list ?? '').flatMap((each): State[] => {
    const [state, code, text] = [condition.state, condition.code, condition.text].map((path) =>
      path === undefined ? undefined : outputAt(each, path),
    );
    const member = codec === undefined ? undefined : (codec.read([each], context) as readonly Json[] | undefined)?.[0];
    if (state === undefined || (codec !== undefined && member === undefined)) return [];
    return [
      {
        ...(member === undefined ? {} : { of: canonical(member) }),
        state,
        ...(code === undefined ? {} : { code }),
        ...(text === undefined ? {} : { text }),
      },
    ];
  });
}

/** Whether what is at a path was read: it comes with the object itself, or from a detail read that was made. */
function wasRead(kind: Kind, path: string, object: Json): boolean {
  const [first = ''] = path.split(/[.[]/);
  const detail = kind.read.details?.some(({ as, keep }) => (as ?? keep) === first) === true;
  return !detail || Object.hasOwn(object as object, first);
}

/** By member of a set, what only one of them can have: the zone of a subnet. */
function placesOf(
  object: Json,
  seen: NonNullable<NonNullable<Field['expandBeforeShrink']>['seen']>,
  { codec }: Field,
  context: ReadContext,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    valuesAt(object, seen.list).flatMap((entry): [string, string][] => {
      const [member] = (codec.read([valueAt(entry, seen.member) ?? null], context) ?? []) as readonly Json[];
      const place = valueAt(entry, seen.value);
      return member === undefined || typeof place !== 'string' ? [] : [[canonical(member), place]];
    }),
  );
}

/** Attributes without a row. */
function unknownAttributes(kind: Kind, attributes: ReadonlyMap<string, Json>): Json {
  const known = new Set(fieldsOf(kind).map(([, field]) => (field.wire.how === 'attribute' ? field.wire.key : '')));
  return Object.fromEntries([...attributes].filter(([key]) => !known.has(key)));
}

/** Members that tags remember and AWS still has, each with its handle. */
function recallMembers(
  tag: string,
  tags: Readonly<Record<string, string>>,
  standing: ReadonlySet<string>,
): readonly (readonly [string, string])[] {
  return Object.entries(tags).flatMap(([key, text]) => {
    const id = key.startsWith(`${tag}:`) ? tags[`${tag}-id:${key.slice(tag.length + 1)}`] : undefined;
    return id === undefined || !standing.has(id) ? [] : [[text, id] as const];
  });
}

function attributesOf(kind: Kind, object: Json): ReadonlyMap<string, Json> {
  if (kind.attributes === undefined) return new Map();
  return new Map(
    valuesAt(object, `${kind.attributes.read}[]`).map((entry) => [String(valueAt(entry, 'Key')), valueAt(entry, 'Value') ?? '']),
  );
}
