/** Rule priorities run from 1 to 50000 (CreateRule, ELBv2 API reference). */
export const LAST = 50_000;
const STEP = 10;

export interface Ranked {
  readonly address: string;
  /** Said in the spec. */
  readonly pinned?: number;
  /** What it has now. */
  readonly live?: number;
}

/**
 * A priority for each rule of one listener. A rule that says its priority has it; the others keep the order of the file and
 * as many of their present priorities as that order allows, so that putting a rule between two others moves nothing.
 * `foreign` are priorities of rules that are not ours; where the listener is not ours either, all lie in a range.
 *
 * | file | live | result |
 * | --- | --- | --- |
 * | a b c | – | a 10, b 20, c 30 |
 * | a x b | a 10, b 20 | a 10, x 15, b 20 |
 * | b a | a 10, b 20 | b 20, a 30: one of the two keeps its place |
 */
export function rank(
  rules: readonly Ranked[],
  foreign: ReadonlySet<number> = new Set(),
  { from, to }: { readonly from: number; readonly to: number } = { from: 1, to: LAST },
): ReadonlyMap<string, number> {
  const inside = (place: number): boolean => place >= from && place <= to;
  const fixed = new Map(rules.flatMap((rule): [string, number][] => (rule.pinned === undefined ? [] : [[rule.address, rule.pinned]])));
  const taken = new Set([...foreign, ...fixed.values()]);
  const free = rules.filter((rule) => rule.pinned === undefined);
  const keep = longestRise(
    free.map((rule) => (rule.live !== undefined && inside(rule.live) && !taken.has(rule.live) ? rule.live : undefined)),
  );
  const result =
    fill(free, keep, taken, from, to) ??
    fill(free, new Set(), taken, from, to) ??
    new Map(free.map((rule, index) => [rule.address, from + index]));
  return new Map([...fixed, ...result]);
}

/** Numbers for the rules between those that keep theirs; `undefined` when a gap is too small. */
function fill(
  rules: readonly Ranked[],
  keep: ReadonlySet<number>,
  taken: ReadonlySet<number>,
  from: number,
  to: number,
): Map<string, number> | undefined {
  const result = new Map<string, number>();
  let low = from - 1;
  for (let index = 0; index < rules.length; ) {
    const rule = rules[index];
    if (rule !== undefined && keep.has(index)) {
      low = rule.live ?? low;
      result.set(rule.address, low);
      index++;
      continue;
    }
    let end = index;
    while (end < rules.length && !keep.has(end)) end++;
    const high = rules[end]?.live ?? to + 1;
    const numbers = between(low, high, end - index, taken, end === rules.length);
    if (numbers === undefined) return undefined;
    for (const number of numbers) {
      const next = rules[index++];
      if (next !== undefined) result.set(next.address, number);
    }
    low = numbers.at(-1) ?? low;
  }
  return result;
}

/** `count` free numbers above `low` and below `high`, evenly spread; in steps of ten at the open end. */
function between(low: number, high: number, count: number, taken: ReadonlySet<number>, open: boolean): readonly number[] | undefined {
  const step = open ? Math.min(STEP, Math.floor((high - low) / (count + 1))) : (high - low) / (count + 1);
  const numbers: number[] = [];
  let last = low;
  for (let index = 1; index <= count; index++) {
    let number = Math.max(last + 1, Math.floor(low + step * index));
    while (taken.has(number)) number++;
    if (number >= high || number > LAST) return count < high - low - 1 && step >= 1 ? tight(low, high, count, taken) : undefined;
    numbers.push(number);
    last = number;
  }
  return numbers;
}

/** The first `count` free numbers in the gap, if it has so many. */
function tight(low: number, high: number, count: number, taken: ReadonlySet<number>): readonly number[] | undefined {
  const numbers: number[] = [];
  for (let number = low + 1; number < high && number <= LAST && numbers.length < count; number++)
    if (!taken.has(number)) numbers.push(number);
  return numbers.length === count ? numbers : undefined;
}

/** Positions of a longest rising subsequence; holes never belong to it. */
function longestRise(values: readonly (number | undefined)[]): ReadonlySet<number> {
  const length: number[] = [];
  const before: number[] = [];
  let best = -1;
  values.forEach((value, index) => {
    length[index] = value === undefined ? 0 : 1;
    before[index] = -1;
    if (value === undefined) return;
    for (let other = 0; other < index; other++) {
      const earlier = values[other];
      if (earlier !== undefined && earlier < value && (length[other] ?? 0) + 1 > (length[index] ?? 0)) {
        length[index] = (length[other] ?? 0) + 1;
        before[index] = other;
      }
    }
    if (best < 0 || (length[index] ?? 0) > (length[best] ?? 0)) best = index;
  });
  const kept = new Set<number>();
  for (let index = best; index >= 0; index = before[index] ?? -1) kept.add(index);
  return kept;
}
