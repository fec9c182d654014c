/**
 * Which server of HAProxy's stands for which target. HAProxy's servers are fixed by its configuration, so each target group
 * gets more of them than it has targets and a new target takes the next: no reload. A server never changes its target, since
 * sticky cookies name servers; a target registered again gets its old one.
 */
import { randomBytes } from 'node:crypto';

const FEWEST = 8;

export interface Slots {
  /** The server of this target; made on first sight. */
  of(group: string, target: string): string;
  /** All servers of the group, those without a target included, at least as many as were ever needed. */
  all(group: string): readonly string[];
  /** A short name for anything with an ARN, the same for as long as the sandbox runs. */
  id(prefix: string, arn: string): string;
}

export function createSlots(): Slots {
  const groups = new Map<string, { readonly names: string[]; readonly byTarget: Map<string, string> }>();
  const ids = new Map<string, string>();

  const group = (id: string): { readonly names: string[]; readonly byTarget: Map<string, string> } => {
    const known = groups.get(id) ?? { names: [], byTarget: new Map<string, string>() };
    groups.set(id, known);
    const wanted = Math.max(FEWEST, 2 ** Math.ceil(Math.log2(known.byTarget.size + 1)));
    // Random, as the cookie that names a server must not be guessable or mean anything in another sandbox.
    while (known.names.length < wanted) known.names.push(`${id}_${randomBytes(9).toString('hex')}`);
    return known;
  };

  return {
    of(id, target) {
      const { names, byTarget } = group(id);
      const known = byTarget.get(target);
      if (known !== undefined) return known;
      const name = names[byTarget.size];
      if (name === undefined) throw new Error(`Target group ${id} has no server left for target ${target}.`);
      byTarget.set(target, name);
      return name;
    },
    all: (id) => group(id).names,
    id(prefix, arn) {
      const known = ids.get(arn);
      if (known !== undefined) return known;
      const made = `${prefix}${ids.size + 1}`;
      ids.set(arn, made);
      return made;
    },
  };
}
