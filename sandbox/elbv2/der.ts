/**
 * Just enough DER (ITU-T X.690) to look into certificates and revocation lists where node:crypto does not: the algorithm of
 * a signature, the entries of a list. Reads lengths and tags, throws RangeError on anything that does not fit.
 */

/** One value: `tag`, and where its content lies in the bytes. `start` is where the value itself begins. */
export interface DerValue {
  readonly tag: number;
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

export const SEQUENCE = 0x30;
export const INTEGER = 0x02;
export const OBJECT_IDENTIFIER = 0x06;
export const BIT_STRING = 0x03;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;

/** The value that begins at `at` and must end by `limit`. */
export function readValue(bytes: Uint8Array, at: number, limit: number): DerValue {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || at + 2 > limit) throw new RangeError('the data ends early');
  let from = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first - 0x80;
    if (count === 0 || count > 4) throw new RangeError('a length is not in DER');
    length = 0;
    for (const end = from + count; from < end; from++) length = length * 256 + (bytes[from] ?? 0);
  }
  if (from + length > limit) throw new RangeError('a value is longer than what holds it');
  return { tag, start: at, from, to: from + length };
}

/** The values inside `value`, first to last. */
export function childrenOf(bytes: Uint8Array, value: DerValue): DerValue[] {
  const out: DerValue[] = [];
  for (let at = value.from; at < value.to; ) {
    const child = readValue(bytes, at, value.to);
    out.push(child);
    at = child.to;
  }
  return out;
}

/** How many values are inside, without keeping them: revocation lists hold hundreds of thousands. */
export function countChildren(bytes: Uint8Array, value: DerValue): number {
  let count = 0;
  for (let at = value.from; at < value.to; count++) at = readValue(bytes, at, value.to).to;
  return count;
}

/** An object identifier in dotted form. */
export function objectIdentifier(bytes: Uint8Array, value: DerValue): string {
  if (value.tag !== OBJECT_IDENTIFIER) throw new RangeError('an object identifier is missing');
  const arcs: number[] = [];
  let arc = 0;
  for (let at = value.from; at < value.to; at++) {
    const byte = bytes[at] ?? 0;
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length === 0) arcs.push(Math.min(Math.floor(arc / 40), 2), arc - 40 * Math.min(Math.floor(arc / 40), 2));
    else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

/** Object identifier of an AlgorithmIdentifier (RFC 5280, section 4.1.1.2). */
export function algorithmOf(bytes: Uint8Array, identifier: DerValue): string {
  const [algorithm] = childrenOf(bytes, identifier);
  if (identifier.tag !== SEQUENCE || algorithm === undefined) throw new RangeError('an algorithm is missing');
  return objectIdentifier(bytes, algorithm);
}

/** The whole of a signed structure (certificate or revocation list): what is signed, the algorithm, the signature. */
export function readSigned(bytes: Uint8Array): { readonly signed: DerValue; readonly algorithm: string } {
  const whole = readValue(bytes, 0, bytes.length);
  const [signed, identifier, signature, ...more] = childrenOf(bytes, whole);
  if (whole.tag !== SEQUENCE || whole.to !== bytes.length || more.length > 0) throw new RangeError('not one signed structure');
  if (signed?.tag !== SEQUENCE || identifier === undefined || signature?.tag !== BIT_STRING) throw new RangeError('not a signed structure');
  return { signed, algorithm: algorithmOf(bytes, identifier) };
}
