/**
 * The order of lists. AWS promises none for most of them, and recordings show none that one could rely on (zones neither in the
 * order of the request nor of their names, listeners not by port, attributes in any order). A client that relies on one works until
 * it does not, so the sandbox mixes every such list, the same way for the same seed: by what was made first, second, third, or by
 * name, never by an id that differs from run to run.
 */

/** How lists are put in order. */
export interface Order {
  /** Undefined: lists come in the order of creation. */
  readonly seed: number | undefined;
  /** Where something stands that was made as the `sequence`-th (a whole number from 0 to 2^32 - 1): one to one, so that pages can go by it. */
  place(sequence: number): number;
  /** The items in the order of the seed; `nameOf` tells them apart and should not differ from run to run. */
  arrange<T>(items: readonly T[], nameOf: (item: T, index: number) => string): readonly T[];
}

export const IN_ORDER: Order = { seed: undefined, place: (sequence) => sequence, arrange: (items) => items };

/** Odd factors and shifts lose nothing: every number of 32 bits has a number of its own (MurmurHash3, fmix32). */
function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function hash(text: string, seed: number): number {
  let x = mix(seed);
  for (const character of text) x = mix(x ^ (character.codePointAt(0) ?? 0));
  return x;
}

/** Today's seed, the same for every sandbox of a day (UTC): another order tomorrow, and a failure can be had again. */
export const seedOfTheDay = (now = Date.now()): number => Math.floor(now / 86_400_000);

/** `false`: the order of creation. */
export function createOrder(seed: number | false): Order {
  if (seed === false) return IN_ORDER;
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
    throw new RangeError(`The seed for the order of lists must be a whole number from 0 to ${0xffff_ffff}, not ${seed}.`);
  const salt = mix(seed);
  return {
    seed,
    place: (sequence) => mix((sequence ^ salt) >>> 0),
    arrange: (items, nameOf) =>
      items
        .map((item, index) => ({ item, index, at: hash(nameOf(item, index), seed) }))
        .sort((a, b) => a.at - b.at || a.index - b.index)
        .map(({ item }) => item),
  };
}
