import { createHash } from 'node:crypto';
import { canonical } from '../model/codec.ts';
import type { Json } from '../model/json.ts';

/** SHA-256 (hex) of canonical JSON: equal values give equal digests, whatever the order of their keys. */
export function digestOf(value: Json): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** SHA-256 (hex) of a text. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
