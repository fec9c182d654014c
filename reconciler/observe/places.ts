import type { Problem } from '../errors.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Observed, Stack } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';

/**
 * Places that the spec says and somebody else's object holds: the priority of a rule. AWS refuses the second one (PriorityInUse), and
 * what is not ours is not moved.
 */
export function checkPlaces(stack: Pick<Stack, 'desired'>, observed: Observed): readonly Problem[] {
  return [...fullRanges(stack, observed), ...heldPlaces(stack, observed)];
}

/** On a listener of somebody else, a range in which rules of others leave too little room. Told once, at the first of ours. */
function fullRanges({ desired }: Pick<Stack, 'desired'>, observed: Observed): readonly Problem[] {
  const parentOf = ({ values }: Pick<Stack, 'desired'>['desired'][number]): string | undefined => {
    const parent = refsIn(values['listener'])[0]?.address;
    return observed.existing[parent ?? '']?.['id'];
  };
  const guests = desired.filter(({ range }) => range !== undefined);
  return [...new Set(guests.map(parentOf))].flatMap((parent): Problem[] => {
    const own = guests.filter((entry) => parentOf(entry) === parent);
    const [first] = own;
    if (first?.range === undefined || first.position === undefined) return [];
    const { from, to } = first.range;
    const theirs = observed.occupied.filter((other) => other.parent === parent && other.value >= from && other.value <= to).length;
    const free = to - from + 1 - theirs;
    if (own.length <= free) return [];
    const message = `In the range ${from}-${to}, other rules use ${theirs} priorities: ${free} are free for ${own.length} rules.`;
    return [
      {
        ...first.position,
        path: first.address,
        message,
        hint: 'Widen the range, or agree on another range with the owner of the listener.',
        severity: 'error',
      },
    ];
  });
}

function heldPlaces(stack: Pick<Stack, 'desired'>, observed: Observed): readonly Problem[] {
  return stack.desired.flatMap((entry): Problem[] => {
    const kind = kindOf(entry.kind);
    const [name, field] = fieldsOf(kind).find(([, { wire }]) => wire.how === 'rank') ?? [];
    if (name === undefined || field?.wire.how !== 'rank') return [];
    const [value, position] = [entry.values[name], entry.positions[name] ?? entry.position];
    const parent = refsIn(entry.values[field.wire.within])[0]?.address;
    const id = observed.live.find(({ address }) => address === parent)?.id ?? observed.existing[parent ?? '']?.['id'];
    const held = observed.occupied.find((other) => other.kind === kind.name && other.parent === id && other.value === value);
    // What the spec takes over stands in its place already: whether it may be taken is for guard to say.
    const adopts = observed.claimed.some(({ address }) => address === entry.address);
    if (value === undefined || held === undefined || adopts || position === undefined) return [];
    const message = `${name[0]?.toUpperCase()}${name.slice(1)} ${String(value)} is used by a ${kind.label} that does not belong to this stack.`;
    const which = held.id === undefined ? '' : ` The ${kind.label} is ${held.id}.`;
    const hint = `Choose another ${name}, or leave it out, and albedo chooses a free one.${which}`;
    return [{ ...position, path: `${entry.address}.${name}`, message, hint, severity: 'error' }];
  });
}
