/**
 * Pages of the list calls: `PageSize` 1-400 with `Marker` and `NextMarker` (API reference). A marker names the place of the
 * last item given, not a count, so that an item deleted between two pages neither hides nor repeats another.
 */
import { validation } from './errors.ts';
import type { Input } from './input.ts';

export const LARGEST_PAGE = 400;

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextMarker: string | undefined;
}

function readMarker(marker: string): number {
  const found = /^after:(-?[0-9]{1,15})$/.exec(Buffer.from(marker, 'base64').toString('latin1'));
  if (found?.[1] === undefined) throw validation(`The marker '${marker}' is not valid`);
  return Number(found[1]);
}

/**
 * One page of `items`, which must be in rising order of `placeOf`. `largest` is the page size when the call names none, and
 * the most it can get; pass `LARGEST_PAGE` for calls that name their objects one by one.
 */
export function pageOf<T>(items: readonly T[], placeOf: (item: T, index: number) => number, input: Input, largest: number): Page<T> {
  const size = Math.min(input.integer('PageSize', 1, LARGEST_PAGE) ?? LARGEST_PAGE, largest);
  const marker = input.text('Marker');
  input.settle();
  // An empty marker is what some clients send for "from the beginning".
  const after = marker === undefined || marker === '' ? Number.NEGATIVE_INFINITY : readMarker(marker);
  let start = 0;
  if (after !== Number.NEGATIVE_INFINITY) while (start < items.length && placeOf(items[start] as T, start) <= after) start++;
  if (start === 0 && items.length <= size) return { items, nextMarker: undefined };
  const chosen = items.slice(start, start + size);
  const lastIndex = start + chosen.length - 1;
  const more = start + size < items.length;
  const nextMarker = more ? Buffer.from(`after:${placeOf(items[lastIndex] as T, lastIndex)}`, 'latin1').toString('base64') : undefined;
  return { items: chosen, nextMarker };
}
