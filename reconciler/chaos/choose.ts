/** Who is stopped. Pure: the same seed and candidates give the same victim, so that a run can be repeated. */

import type { Candidate, Victim } from './types.ts';

export interface Choice {
  readonly victim?: Victim;
  /** Why nobody may be stopped, for the report. Empty when there is a victim. */
  readonly refusal: string;
}

/** FNV-1a, 32 bits, then mixed (the finaliser of MurmurHash3): a small hash that spreads short seeds well; no secrecy is needed. */
export function hashSeed(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const isFit = (candidate: Candidate): boolean => candidate.instanceState === 'running' && candidate.health === 'healthy';
const tell = (candidate: Candidate): string =>
  `${candidate.name} (${candidate.instanceId}) is ${candidate.instanceState || 'not found'}, target ${candidate.health || 'not registered'}`;

/**
 * Picks one healthy instance of a group. Refuses when an instance of the group is not the stack's own, since stopping it would
 * hurt somebody else, and when fewer than two are healthy, since nobody would be left to serve.
 */
export function chooseVictim(input: {
  readonly stack: string;
  readonly group: string;
  readonly groupArn: string;
  readonly candidates: readonly Candidate[];
  /** Name (or id) that the spec asks for. */
  readonly instance?: string;
  readonly seed: string;
}): Choice {
  const { stack, group, groupArn } = input;
  // By name: the ids are new with every stack, and the same seed should mean the same instance of the spec.
  const byName = new Map<string, Candidate>();
  for (const each of input.candidates) if (!byName.has(each.instanceId)) byName.set(each.instanceId, each);
  const candidates = [...byName.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.instanceId < b.instanceId ? -1 : 1,
  );
  const strangers = candidates.filter((each) => each.stack !== stack);
  if (strangers.length > 0) {
    const names = strangers.map((each) => `${each.name} (${each.instanceId})`).join(', ');
    return {
      refusal: `target group ${group}: ${names} does not carry the tag of stack ${stack}; nothing is stopped that albedo does not own`,
    };
  }
  const healthy = candidates.filter(isFit);
  if (healthy.length < 2) {
    const others = candidates.filter((each) => !isFit(each)).map(tell);
    const why = others.length === 0 ? '' : `: ${others.join('; ')}`;
    return {
      refusal: `target group ${group} has ${healthy.length} healthy target${healthy.length === 1 ? '' : 's'}, and two are needed so that one is left to serve${why}`,
    };
  }
  const asVictim = (each: Candidate, seed: string): Choice => ({
    refusal: '',
    victim: { instanceId: each.instanceId, name: each.name, zone: each.zone, port: each.port, group, groupArn, seed },
  });
  if (input.instance !== undefined) {
    const named = candidates.find((each) => each.name === input.instance || each.instanceId === input.instance);
    if (named === undefined)
      return {
        refusal: `target group ${group} has no instance ${input.instance}; it has ${candidates.map((each) => each.name).join(', ')}`,
      };
    if (!isFit(named)) return { refusal: `${tell(named)}: only a healthy one can be stopped to see what its loss does` };
    return asVictim(named, '');
  }
  const chosen = healthy[hashSeed(input.seed) % healthy.length];
  return chosen === undefined ? { refusal: `target group ${group} has no healthy target` } : asVictim(chosen, input.seed);
}
