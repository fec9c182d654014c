import type { Codec } from '../codec.ts';
import { type Field, UNMANAGED } from '../field.ts';
import type { Json } from '../json.ts';

/** Attributes that AWS has and this version has no row for, by their AWS keys. Only the keys that are said are compared. */
export function rawAttributes(): Field {
  const codec: Codec = {
    type: 'map of attributes',
    schema: {
      type: 'object',
      maxProperties: 20,
      propertyNames: { pattern: '^[a-z0-9._]{1,256}$', 'x-pattern-message': 'an attribute key of AWS, such as routing.http2.enabled' },
      additionalProperties: { type: 'string', maxLength: 1024 },
    },
    parse: (written) => written,
    write: (value) => Object.entries(value as { readonly [key: string]: Json }).map(([Key, Value]) => ({ Key, Value })),
    read: (wire) => wire,
    equal: (desired, live) =>
      Object.entries(desired as { readonly [key: string]: Json }).every(
        ([key, value]) => (live as { readonly [key: string]: Json })[key] === value,
      ),
  };
  return {
    wire: { how: 'rawAttributes' },
    codec,
    default: UNMANAGED,
    doc: 'Attributes that this version does not know, by their AWS keys, with values in quotes. They are sent unchanged; not managed when omitted.',
    risk: { risk: 'shift', reason: 'albedo does not know their effect on requests' },
  };
}
