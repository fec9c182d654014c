import { type Codec, deferred } from '../codec.ts';

/**
 * The first-boot script. The model holds only its SHA-256 (hex), which a tag on the instance remembers; the text itself
 * is a deferred value, put in when the instance is made, so that no plan, report or log ever holds it.
 */
export function userData(): Codec<string, string> {
  return {
    type: 'SHA-256 of a script',
    schema: { type: 'string' },
    parse: String,
    write: (value) => deferred(`user-data:${value}`),
    read: (wire) => (typeof wire === 'string' ? wire : undefined),
  };
}
