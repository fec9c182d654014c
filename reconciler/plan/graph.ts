import { ReconcileError } from '../errors.ts';
import type { Milestone } from './types.ts';

/**
 * What waits for what, while a plan is ordered. Nodes are steps and milestones: a milestone stands for "all of these are done", so
 * that many that wait for many cost the sum of both and not the product.
 */
export class Graph {
  readonly #needs = new Map<string, Set<string>>();
  readonly #neededBy = new Map<string, Set<string>>();
  readonly #milestones = new Set<string>();

  constructor(steps: readonly { readonly id: string; readonly needs: readonly string[] }[]) {
    for (const { id } of steps) this.#add(id);
    for (const { id, needs } of steps) for (const need of needs) this.need(id, need);
  }

  #add(id: string): void {
    this.#needs.set(id, new Set());
    this.#neededBy.set(id, new Set());
  }

  /** One more edge. What needs itself, or what is not in the plan, is passed over. */
  need(id: string, other: string): void {
    if (id === other || !this.#needs.has(id) || !this.#needs.has(other)) return;
    this.#needs.get(id)?.add(other);
    this.#neededBy.get(other)?.add(id);
  }

  /** The milestone of this name, made from the members at its first mention. */
  milestone(name: string, members: () => Iterable<string>): string {
    const id = `milestone:${name}`;
    if (!this.#milestones.has(id)) {
      this.#milestones.add(id);
      this.#add(id);
      for (const member of members()) this.need(id, member);
    }
    return id;
  }

  /** This node and all that needs it, however far away. */
  waitingFor(id: string): ReadonlySet<string> {
    const found = new Set([id]);
    for (const node of found) for (const other of this.#neededBy.get(node) ?? []) found.add(other);
    return found;
  }

  /**
   * The fewest edges that say the same (the transitive reduction), and the rounds in which steps become free. Throws where steps
   * wait for each other.
   */
  reduce(): Reduced {
    let { sorted, needs } = reduceEdges(this.#needs);
    const kept = new Set([...this.#milestones].filter((id) => worthKeeping(id, needs)));
    if (kept.size < this.#milestones.size) {
      const expanded = new Map(sorted.filter((id) => !this.#milestones.has(id) || kept.has(id)).map((id) => [id, new Set<string>()]));
      const through = (id: string): readonly string[] => (expanded.has(id) ? [id] : [...(needs.get(id) ?? [])].flatMap(through));
      for (const [id, own] of expanded) for (const need of needs.get(id) ?? []) for (const other of through(need)) own.add(other);
      ({ sorted, needs } = reduceEdges(expanded));
    }
    const round = new Map<string, number>();
    for (const id of sorted) {
      const last = Math.max(-1, ...[...(needs.get(id) ?? [])].map((need) => round.get(need) ?? 0));
      round.set(id, kept.has(id) ? last : last + 1);
    }
    const listed = (id: string): readonly string[] => [...(needs.get(id) ?? [])].sort();
    const milestones = [...kept].sort().map((id): Milestone => ({ id, needs: listed(id) }));
    return { needs: listed, round: (id) => round.get(id) ?? 0, milestones };
  }
}

export interface Reduced {
  /** Sorted. */
  needs(id: string): readonly string[];
  /** 0: free at once; else one more than the latest that it needs. */
  round(id: string): number;
  readonly milestones: readonly Milestone[];
}

/** Fewer edges than this between the two sides of a milestone are written out: a small plan reads better without. */
const FEW = 64;

function worthKeeping(id: string, needs: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const before = needs.get(id)?.size ?? 0;
  let after = 0;
  for (const own of needs.values()) if (own.has(id)) after++;
  return before * after > Math.max(FEW, before + after);
}

/**
 * Drops every edge that others imply. Each node has the set of all that it needs as a row of bits: a need is dropped if one that
 * is later in topological order, and kept, needs it too.
 */
function reduceEdges(all: ReadonlyMap<string, ReadonlySet<string>>): {
  readonly sorted: readonly string[];
  readonly needs: Map<string, ReadonlySet<string>>;
} {
  const sorted = topological(all);
  const place = new Map(sorted.map((id, index) => [id, index]));
  const words = Math.ceil(sorted.length / 32);
  const rows: Uint32Array[] = [];
  const reduced = new Map<string, ReadonlySet<string>>();
  sorted.forEach((id, index) => {
    const row = new Uint32Array(words);
    const kept = new Set<string>();
    const candidates = [...(all.get(id) ?? [])].map((need) => place.get(need) ?? 0).sort((a, b) => b - a);
    for (const at of candidates) {
      if (((row[at >>> 5] ?? 0) >>> (at & 31)) & 1) continue;
      kept.add(sorted[at] ?? '');
      const other = rows[at] ?? row;
      for (let word = 0; word <= at >>> 5; word++) row[word] = (row[word] ?? 0) | (other[word] ?? 0);
      row[at >>> 5] = (row[at >>> 5] ?? 0) | (1 << (at & 31));
    }
    rows[index] = row;
    reduced.set(id, kept);
  });
  return { sorted, needs: reduced };
}

/** Every node after all that it needs. Throws with those that wait for each other. */
function topological(needs: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const open = new Map([...needs].map(([id, own]) => [id, own.size]));
  const neededBy = new Map<string, string[]>([...needs.keys()].map((id) => [id, []]));
  for (const [id, own] of needs) for (const need of own) neededBy.get(need)?.push(id);
  const sorted = [...open].filter(([, count]) => count === 0).map(([id]) => id);
  // Grows while it is walked.
  for (const id of sorted)
    for (const other of neededBy.get(id) ?? []) {
      const count = (open.get(other) ?? 0) - 1;
      open.set(other, count);
      if (count === 0) sorted.push(other);
    }
  if (sorted.length < needs.size) {
    const circle = cycleIn(needs, new Set(sorted)).filter((id) => !id.startsWith('milestone:'));
    throw new ReconcileError('PlanStuck', `the plan's steps wait for each other: ${circle.join(', ')}`);
  }
  return sorted;
}

/** One circle among those that cannot be sorted, in order of their ids. */
function cycleIn(needs: ReadonlyMap<string, ReadonlySet<string>>, done: ReadonlySet<string>): readonly string[] {
  const path: string[] = [];
  let at = [...needs.keys()].find((id) => !done.has(id));
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    at = [...(needs.get(at) ?? [])].find((need) => !done.has(need));
  }
  return path.slice(path.indexOf(at ?? '')).sort();
}
