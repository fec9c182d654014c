/** What is as the spec says and does not work yet: targets that are not healthy, instances that do not run. Of today, in no digest. */

import { canonical } from '../model/codec.ts';
import type { Json, Note } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Live, Observed, State } from '../model/model.ts';
import { worldNow } from './losses.ts';
import { groupsInUse } from './serving.ts';
import type { Change } from './types.ts';

/** One note for each object or member that the spec wants, that the plan does not end, and that AWS does not call fine. */
export function unfinished(desired: readonly Desired[], observed: Observed, changes: readonly Change[]): readonly Note[] {
  const used = groupsInUse(worldNow({ observed }));
  const ends = new Set(changes.flatMap(({ verb, physicalId }) => (verb === 'replace' || verb === 'destroy' ? [physicalId] : [])));
  return desired.flatMap((entry) => {
    const live = observed.live.find((other) => other.address === entry.address);
    if (live === undefined || ends.has(live.id)) return [];
    return (live.states ?? [])
      .filter((state) => isUnfinished(live, state, entry, used))
      .map((state): Note => ({ kind: 'unfinished', address: entry.address, text: sentence(live, state) }));
  });
}

function isUnfinished(live: Live, state: State, wanted: Desired, used: ReadonlySet<string>): boolean {
  const { condition } = kindOf(live.kind);
  if (condition === undefined || condition.fine.includes(state.state)) return false;
  if (state.of === undefined) return true;
  // Nobody waits for what nothing forwards to, nor for a target that the plan takes out.
  const members = wanted.values[condition.members?.field ?? ''];
  const stays = !Array.isArray(members) || members.some((member: Json) => canonical(member) === state.of);
  return stays && used.has(live.address);
}

function sentence(live: Live, { of, state, code, text }: State): string {
  const codec = fieldsOf(kindOf(live.kind)).find(([name]) => name === kindOf(live.kind).condition?.members?.field)?.[1].codec;
  const member = of === undefined ? undefined : (JSON.parse(of) as Json);
  const said = member === undefined ? undefined : (codec?.say?.([member], { values: live.values }) as readonly Json[] | undefined)?.[0];
  const subject = said === undefined ? 'it' : `target ${typeof said === 'string' ? said : wordsOf(said)}`;
  const why = [text, code].filter((part) => part !== undefined && part !== '')[0];
  return `${subject} is ${state}${why === undefined ? '' : `: ${why}`}`;
}

const wordsOf = (value: Json): string =>
  Object.entries(value as { readonly [key: string]: Json })
    .map(([key, each]) => (key === 'ip' || key === 'instance' || key === 'lambda' ? String(each) : `${key} ${String(each)}`))
    .join(' ');
