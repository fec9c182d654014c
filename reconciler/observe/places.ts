import type { Problem } from '../errors.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Observed, Stack } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';

/**
 * Places that the spec says and somebody else's object holds: the priority of a rule. AWS refuses the second one (PriorityInUse), and
 * what is not ours is not moved.
 */
export function checkPlaces(stack: Pick<Stack, 'desired'>, observed: Observed): readonly Problem[] {
  return stack.desired.flatMap((entry): Problem[] => {
    const kind = kindOf(entry.kind);
    const [name, field] = fieldsOf(kind).find(([, { wire }]) => wire.how === 'rank') ?? [];
    if (name === undefined || field?.wire.how !== 'rank') return [];
    const [value, position] = [entry.values[name], entry.positions[name] ?? entry.position];
    const parent = refsIn(entry.values[field.wire.within])[0]?.address;
    const id = observed.live.find(({ address }) => address === parent)?.id;
    const held = observed.occupied.some((other) => other.kind === kind.name && other.parent === id && other.value === value);
    // What the spec takes over stands in its place already: whether it may be taken is for guard to say.
    const adopts = observed.claimed.some(({ address }) => address === entry.address);
    if (value === undefined || !held || adopts || position === undefined) return [];
    const message = `${name[0]?.toUpperCase()}${name.slice(1)} ${String(value)} belongs to a ${kind.label} that is not of this stack.`;
    const hint = `Say another ${name}, or leave it out: then a free one is taken.`;
    return [{ ...position, path: `${entry.address}.${name}`, message, hint, severity: 'error' }];
  });
}
