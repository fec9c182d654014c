/** The name somebody probably meant. */

/** `health_check`, `Health-Check` and `healthCheck` are one name. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[-_ .]/g, '');
}

/**
 * The candidate nearest to `word`, or nothing when none is near: same name in another spelling first, then the fewest slips of the
 * finger (a letter left out, added, changed, or two swapped), then one being the beginning of the other. Ties go to the first in order.
 */
export function nearestName(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = normalizeName(word);
  // Names are short; a long word is no slip of one, and comparing it would cost its length squared.
  if (wanted === '' || wanted.length > 100) return undefined;
  let best: string | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const score = scoreOf(wanted, normalizeName(candidate));
    if (score < bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

/** Lower is nearer; infinite when not near. A shared beginning counts as worse than any slip that is allowed. */
function scoreOf(wanted: string, candidate: string): number {
  if (wanted === candidate) return 0;
  const longer = Math.max(wanted.length, candidate.length);
  const allowed = longer <= 2 ? 0 : longer <= 5 ? 1 : longer <= 8 ? 2 : 3;
  const slips = Math.abs(wanted.length - candidate.length) > allowed ? Number.POSITIVE_INFINITY : editDistance(wanted, candidate);
  if (slips <= allowed) return slips;
  // `fi` for `if`: too short for a slip, but of the same letters.
  if (longer <= 2 && [...wanted].sort().join() === [...candidate].sort().join()) return 1;
  const shorter = wanted.length < candidate.length ? wanted : candidate;
  if (shorter.length >= 3 && (wanted.startsWith(candidate) || candidate.startsWith(wanted))) return 10 + longer - shorter.length;
  return Number.POSITIVE_INFINITY;
}

/** Damerau-Levenshtein distance in its restricted form (optimal string alignment): no letter takes part in two slips. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
