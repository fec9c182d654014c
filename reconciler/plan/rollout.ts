import { fieldsOf } from '../model/kinds.ts';
import type { Stack } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import type { Delta } from './delta.ts';

/**
 * Replaces what serves (`kind.rolls`: instances) a few at a time: as many new ones as `maxSurge` allows are launched, registered
 * and in service; as many old ones are taken out, finish their requests and end; then the next ones. Each delta of a rollout gets the
 * number of its batch, from 0. Where all fit into one batch, or a group that holds them is itself replaced, all come beside the
 * old ones at once, and no delta has a number.
 */
export function rollOut(deltas: readonly Delta[], stack: Stack): readonly Delta[] {
  const rolled = deltas.filter((delta) => delta.kind.rolls === true && delta.verb === 'replace' && !delta.first);
  const size = surgeOf(stack, stack.desired.filter(({ kind }) => rolled.some((delta) => delta.kind.name === kind)).length);
  const addresses = new Set(rolled.map((delta) => delta.address as string));
  if (rolled.length <= size || deltas.some((delta) => isMade(delta) && holds(delta, addresses))) return deltas;
  const batchOf = new Map(rolled.map((delta, index) => [delta, Math.floor(index / size)]));
  return deltas.map((delta) => {
    const batch = batchOf.get(delta);
    return batch === undefined ? delta : { ...delta, batch };
  });
}

/** How many at a time: a number, or a share of all there are, rounded up. */
function surgeOf({ maxSurge }: Stack, all: number): number {
  return typeof maxSurge === 'number' ? maxSurge : Math.max(1, Math.ceil((all * Number.parseInt(maxSurge, 10)) / 100));
}

const isMade = ({ verb }: Delta): boolean => verb !== 'update';

/** Whether one of these is a member that could go while it is listed here. */
function holds({ kind, desired, live }: Delta, addresses: ReadonlySet<string>): boolean {
  return fieldsOf(kind).some(
    ([name, { wire }]) =>
      wire.how === 'member' &&
      wire.member.leavesOnTermination === true &&
      refsIn([desired?.values[name] ?? null, live?.values[name] ?? null]).some((ref) => addresses.has(ref.address)),
  );
}
