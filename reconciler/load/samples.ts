/**
 * Samples in columns: two million of them fit in 50 MB, where as many objects take 200 and more. Pure.
 *
 * Whoever reads samples takes `Samples`, which a plain list is too; each is read in turn, and none is kept.
 */

import type { Sample, Samples } from './types.ts';

/** Samples in a chunk: columns grow by one at a time and are never copied. */
const CHUNK = 1 << 16;
/** More names of instances than this are no names: a script has made them up. */
const MOST_NAMES = 0xffff;

interface Chunk {
  readonly at: Float64Array;
  readonly ms: Float64Array;
  readonly status: Uint16Array;
  readonly errorCode: Uint16Array;
  /** Index of the name of the instance. */
  readonly who: Uint16Array;
  readonly ok: Uint8Array;
}

const newChunk = (): Chunk => ({
  at: new Float64Array(CHUNK),
  ms: new Float64Array(CHUNK),
  status: new Uint16Array(CHUNK),
  errorCode: new Uint16Array(CHUNK),
  who: new Uint16Array(CHUNK),
  ok: new Uint8Array(CHUNK),
});

/** A table that samples are added to, and that is read in the order of their beginning once `sort` was called. */
export class SampleTable implements Iterable<Sample> {
  readonly #chunks: Chunk[] = [];
  readonly #names: string[] = [''];
  readonly #indexOf = new Map<string, number>([['', 0]]);
  #order: Uint32Array | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add({ at, ms, ok, status, errorCode, instance }: Sample): void {
    const place = this.#length % CHUNK;
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || place === 0) {
      chunk = newChunk();
      this.#chunks.push(chunk);
    }
    chunk.at[place] = at;
    chunk.ms[place] = ms;
    chunk.status[place] = status;
    chunk.errorCode[place] = errorCode;
    chunk.who[place] = this.#nameIndex(instance);
    chunk.ok[place] = ok ? 1 : 0;
    this.#length++;
  }

  #nameIndex(name: string): number {
    const known = this.#indexOf.get(name);
    if (known !== undefined) return known;
    if (this.#names.length > MOST_NAMES) return 0;
    this.#names.push(name);
    this.#indexOf.set(name, this.#names.length - 1);
    return this.#names.length - 1;
  }

  /** When the earliest one began; undefined when there is none. */
  firstAt(): number | undefined {
    let first = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.#length; index++) first = Math.min(first, this.#atOf(index));
    return this.#length === 0 ? undefined : first;
  }

  #atOf(index: number): number {
    return (this.#chunks[Math.floor(index / CHUNK)] as Chunk).at[index % CHUNK] as number;
  }

  /** Puts them in the order of their beginning; those that began together stay as they were added. */
  sort(): this {
    const first = this.firstAt() ?? 0;
    const order = new Uint32Array(this.#length);
    for (let index = 0; index < order.length; index++) order[index] = index;
    this.#order = byDigits(order, (index) => Math.floor((this.#atOf(index) - first) * 1000));
    // Within a microsecond the digits say nothing: what is left out of order is next to its place.
    const sorted = this.#order;
    for (let place = 1; place < sorted.length; place++) {
      const index = sorted[place] as number;
      const at = this.#atOf(index);
      let to = place;
      for (; to > 0 && this.#atOf(sorted[to - 1] as number) > at; to--) sorted[to] = sorted[to - 1] as number;
      sorted[to] = index;
    }
    return this;
  }

  /** Fresh objects, so that one may be kept. */
  *[Symbol.iterator](): Generator<Sample> {
    for (let place = 0; place < this.#length; place++) {
      const index = this.#order?.[place] ?? place;
      const chunk = this.#chunks[Math.floor(index / CHUNK)] as Chunk;
      const inside = index % CHUNK;
      yield {
        at: chunk.at[inside] as number,
        ms: chunk.ms[inside] as number,
        ok: chunk.ok[inside] === 1,
        status: chunk.status[inside] as number,
        errorCode: chunk.errorCode[inside] as number,
        instance: this.#names[chunk.who[inside] as number] as string,
      };
    }
  }
}

const BASE = 1 << 16;

/** Radix sort by whole keys ≥ 0, 16 bits at a time: stable, and its time does not hang on how the keys lie. */
function byDigits(order: Uint32Array<ArrayBuffer>, keyOf: (index: number) => number): Uint32Array<ArrayBuffer> {
  let most = 0;
  for (const index of order) most = Math.max(most, keyOf(index));
  let from = order;
  let to = new Uint32Array(order.length);
  for (let unit = 1; unit <= most; unit *= BASE) {
    const starts = new Uint32Array(BASE + 1);
    const digitOf = (index: number): number => Math.floor(keyOf(index) / unit) % BASE;
    for (const index of from) {
      const next = digitOf(index) + 1;
      starts[next] = (starts[next] as number) + 1;
    }
    for (let digit = 1; digit <= BASE; digit++) starts[digit] = (starts[digit] as number) + (starts[digit - 1] as number);
    for (const index of from) {
      const digit = digitOf(index);
      const place = starts[digit] as number;
      to[place] = index;
      starts[digit] = place + 1;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Those that pass the test, each time they are asked for. `length` is counted once, at the first reading. */
export function only(samples: Samples, test: (sample: Sample) => boolean): Samples {
  let length: number | undefined;
  return {
    get length() {
      if (length === undefined) {
        length = 0;
        for (const sample of samples) if (test(sample)) length++;
      }
      return length;
    },
    *[Symbol.iterator]() {
      for (const sample of samples) if (test(sample)) yield sample;
    },
  };
}

/** The first one; undefined when there is none. */
export function firstOf(samples: Samples): Sample | undefined {
  for (const sample of samples) return sample;
  return undefined;
}
