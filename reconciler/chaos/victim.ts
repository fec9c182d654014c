/** A victim as one or several targets. Pure. */

import type { Experiment } from './experiments/experiment.ts';
import type { Member, Victim } from './types.ts';

/** All targets that are lost; the first one is the one that is followed. */
export const membersOf = (victim: Victim): readonly Member[] => {
  const { instanceId, name, zone, port, registeredZone } = victim;
  return [{ instanceId, name, zone, port, ...(registeredZone === undefined ? {} : { registeredZone }) }, ...(victim.others ?? [])];
};

export const idsOf = (victim: Victim): string[] => [...new Set(membersOf(victim).map(({ instanceId }) => instanceId))];

/** Splits a victim into one for each target, so that the undo of one does not wait for another. */
export function eachOf(victim: Victim): readonly Victim[] {
  const { others, ...rest } = victim;
  return others === undefined
    ? [victim]
    : membersOf(victim).map(({ registeredZone, ...member }) => {
        const { registeredZone: _, ...common } = rest;
        return { ...common, ...member, ...(registeredZone === undefined ? {} : { registeredZone }) };
      });
}

/** What is undone independently of each other. */
export const partsOf = ({ undo }: Pick<Experiment, 'undo'>, victim: Victim): readonly Victim[] =>
  undo.whole === true ? [victim] : eachOf(victim);

const MOST_NAMED = 3;

/** `web-1 (i-0abc)`; for several, the first ones and the number of the others. */
export function titleOf(victim: Victim): string {
  const members = membersOf(victim);
  const named = members.slice(0, MOST_NAMED).map(({ name, instanceId }) => (name === instanceId ? name : `${name} (${instanceId})`));
  const more = members.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The same with names only. */
export function namesOf(victim: Victim): string {
  const members = membersOf(victim);
  const more = members.length - MOST_NAMED;
  return `${members
    .slice(0, MOST_NAMED)
    .map(({ name }) => name)
    .join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
