/**
 * Pages of the list calls: `PageSize` 1-400 with `Marker` and `NextMarker` (API reference). A marker names the place of the
 * last item given, not a count, so that an item deleted between two pages neither hides nor repeats another.
 */
import { validation } from './errors.ts';
import type { Call } from './operation.ts';

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

/** Most objects that a call may name one by one, ARNs and names alike ("up to 20 … in a single call", API reference). */
export const NAMED_PER_CALL = 20;

/** Refuses more names than a call takes. Words: ansible-collections/amazon.aws#1593 for target groups; the others follow them. */
export function checkCount(names: readonly string[], what: string): void {
  if (names.length > NAMED_PER_CALL) throw validation(`You cannot describe more than '${NAMED_PER_CALL}' ${what} at a time`);
}

/**
 * One page of `items` in the order of the seed. `sequenceOf` tells how manieth an item was made: two items never share one.
 * `largest` is the page size when the call names none, and the most it can get; pass `LARGEST_PAGE` for calls that name their
 * objects one by one.
 */
export function pageOf<T>(
  unordered: readonly T[],
  sequenceOf: (item: T, index: number) => number,
  { input, server }: Pick<Call, 'input' | 'server'>,
  largest: number,
): Page<T> {
  const placed = unordered.map((item, index) => ({ item, place: server.order.place(sequenceOf(item, index)) }));
  placed.sort((a, b) => a.place - b.place);
  const items = placed.map(({ item }) => item);
  const placeOf = (_: T, index: number): number => placed[index]?.place ?? 0;
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
