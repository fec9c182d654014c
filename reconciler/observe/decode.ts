import { canonical, type ReadContext } from '../model/codec.ts';
import type { Kind } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import { fieldsOf } from '../model/kinds.ts';
import type { Live, State } from '../model/model.ts';
import { outputAt, valueAt, valuesAt } from '../model/paths.ts';
import { VERIFIED_TAG } from '../model/tags.ts';

/** One AWS object as it was observed: the describe answer's element with the answers of detail reads merged in. */
export interface Raw {
  readonly kind: Kind;
  readonly address: Address;
  readonly object: Json;
  readonly tags: Readonly<Record<string, string>>;
  readonly reasons?: Live['reasons'];
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
  const context: ReadContext = { ...refer, tags: raw.tags };
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
  const { [VERIFIED_TAG]: _, ...tags } = raw.tags;
  const states = statesOf(kind, object, context);
  const live = {
    address: raw.address,
    kind: kind.name,
    id: outputs['id'] ?? '',
    outputs,
    values,
    tags,
    handles,
    ...(states.length === 0 ? {} : { states }),
  };
  return raw.reasons === undefined ? live : { ...live, reasons: raw.reasons };
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

/** `[{ Key, Value }]` as a map. */
export function tagsOf(list: Json | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (Array.isArray(list) ? list : []).map((entry: Json) => [String(valueAt(entry, 'Key')), String(valueAt(entry, 'Value') ?? '')]),
  );
}
