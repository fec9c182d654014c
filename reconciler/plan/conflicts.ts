import { canonical } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf } from '../model/kinds.ts';
import type { Live } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import type { Delta } from './delta.ts';
import { groupBy } from './group.ts';

/**
 * Who stands where another wants to be: `kind.exclusive` names the fields that only one object can have at a time (the port
 * of a load balancer, addresses of a VPC). A listener renamed in the spec, two that swap ports, a subnet renamed.
 *
 * | the one in the way | so |
 * | --- | --- |
 * | is no longer wanted | it goes first |
 * | moves away in place | it moves first |
 * | moves away in place, and waits for the other in turn | one of them goes first and is made anew |
 */
export interface Conflicts {
  /** Address -> addresses of those that must make room before it comes. */
  readonly after: ReadonlyMap<string, readonly string[]>;
  /** Addresses of live objects that must go first. */
  readonly first: readonly string[];
}

export function findConflicts(drafts: readonly Delta[], live: readonly Live[], replaced: ReadonlyMap<string, unknown>): Conflicts {
  const wanted = new Map(drafts.map((delta) => [delta.address as string, delta]));
  const after = new Map<string, readonly string[]>();
  const byKind = groupBy(live, (entry) => entry.kind);
  for (const delta of drafts) {
    const others = (comes(delta) ? (byKind.get(delta.kind.name) ?? []) : []).filter(
      (other) => other.address !== delta.address && conflict(delta, delta.desired?.values ?? {}, other.values, replaced),
    );
    if (others.length > 0)
      after.set(
        delta.address,
        others.map((other) => other.address),
      );
  }
  const gone = [...new Set([...after.values()].flat())].filter(
    (address) => !wanted.has(address) || wanted.get(address)?.verb === 'replace',
  );
  const cycles = [...after.keys()].filter((address) => reaches(address, address, after));
  // One of each cycle is enough, and always the same one.
  const broken = cycles.sort().filter((address, index) => !cycles.slice(0, index).some((other) => reaches(other, address, after)));
  return { after, first: [...gone, ...broken] };
}

/** Whether it takes a place that it does not have yet. */
function comes(delta: Delta): boolean {
  const { exclusive } = delta.kind;
  if (exclusive === undefined || delta.desired === undefined) return false;
  return delta.live === undefined || exclusive.some((name) => delta.fields.some((field) => field.name === name));
}

/** Whether the two cannot be at once. What refers to something that is replaced will be elsewhere. */
export function conflict(
  delta: Delta,
  wanted: Readonly<Record<string, Json>>,
  taken: Readonly<Record<string, Json>>,
  replaced: ReadonlyMap<string, unknown>,
): boolean {
  return (delta.kind.exclusive ?? []).every((name) => {
    const [before, after] = [taken[name], wanted[name]];
    if (before === undefined || after === undefined || refsIn(after).some((ref) => replaced.has(ref.address))) return false;
    const codec = fieldsOf(delta.kind).find(([other]) => other === name)?.[1].codec;
    return canonical(before) === canonical(after) || codec?.conflicts?.(before, after) === true;
  });
}

function reaches(from: string, to: string, after: ReadonlyMap<string, readonly string[]>, seen: ReadonlySet<string> = new Set()): boolean {
  return (after.get(from) ?? []).some((next) => next === to || (!seen.has(next) && reaches(next, to, after, new Set([...seen, next]))));
}
