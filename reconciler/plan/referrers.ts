import type { Json } from '../model/json.ts';
import { refsIn, textsIn } from '../model/paths.ts';

type Values = Readonly<Record<string, Json>>;

/** Who refers to an address: each item is looked through once, and answered in the order of the items. */
export function referrers<T>(items: readonly T[], valuesOf: (item: T) => Values | undefined): (address: string) => readonly T[] {
  return indexBy(items, (item) => Object.values(valuesOf(item) ?? {}).flatMap((value) => refsIn(value).map(({ address }) => address)));
}

/** Who names an id or ARN, where no reference stands for it: what is live in another stack's or a duplicate's place. */
export function namers<T>(items: readonly T[], valuesOf: (item: T) => Values | undefined): (id: string) => readonly T[] {
  return indexBy(items, (item) => textsIn(valuesOf(item) ?? {}));
}

function indexBy<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): (key: string) => readonly T[] {
  const index = new Map<string, T[]>();
  for (const item of items)
    for (const key of new Set(keysOf(item))) {
      const found = index.get(key);
      if (found === undefined) index.set(key, [item]);
      else found.push(item);
    }
  return (key) => index.get(key) ?? [];
}
