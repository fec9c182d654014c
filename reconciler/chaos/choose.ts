/** Whom the fault befalls. Pure: the same seed and candidates give the same victim, so that a run can be repeated. */

import type { Experiment } from './experiments/experiment.ts';
import type { Candidate, Victim } from './types.ts';

export interface Choice {
  readonly victim?: Victim;
  /** Why nothing may be done, for the report. Empty when there is a victim. */
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

type Of = Pick<Experiment, 'name' | 'victims' | 'words'>;

const isFit = (candidate: Candidate, { victims }: Of): boolean =>
  candidate.health === 'healthy' && (victims === 'targets' || candidate.instanceState === 'running');
const tell = (candidate: Candidate, { victims }: Of): string => {
  const state = victims === 'targets' ? '' : `${candidate.instanceState || 'not found'}, target `;
  return `${titleOf(candidate)} is ${state}${candidate.health || 'not registered'}`;
};
const titleOf = ({ name, instanceId }: Pick<Candidate, 'name' | 'instanceId'>): string =>
  name === instanceId ? name : `${name} (${instanceId})`;
/** An instance on two ports is one victim; two targets are two. */
const keyOf = ({ instanceId, port }: Pick<Candidate, 'instanceId' | 'port'>, { victims }: Of): string =>
  victims === 'targets' ? `${instanceId}:${port}` : instanceId;

/**
 * Picks one healthy victim of a group. Refuses when an instance of the group is not the stack's own, since stopping it would
 * hurt somebody else, and when fewer than two are healthy, since nobody would be left to serve.
 */
export function chooseVictim(input: {
  readonly experiment: Of;
  readonly stack: string;
  readonly group: string;
  readonly groupArn: string;
  readonly candidates: readonly Candidate[];
  /** Name (or id) that the spec asks for. */
  readonly named?: string;
  readonly seed: string;
}): Choice {
  const { experiment, stack, group, groupArn, named: wanted } = input;
  const { words } = experiment;
  // By name: the ids are new with every stack, and the same seed should mean the same instance of the spec.
  const byKey = new Map<string, Candidate>();
  for (const each of input.candidates) if (!byKey.has(keyOf(each, experiment))) byKey.set(keyOf(each, experiment), each);
  const candidates = [...byKey.values()].sort((a, b) => compare(a.name, b.name) || compare(a.instanceId, b.instanceId) || a.port - b.port);
  const strangers = experiment.victims === 'targets' ? [] : candidates.filter((each) => each.stack !== stack);
  if (strangers.length > 0) {
    const names = strangers.map((each) => `${each.name} (${each.instanceId})`).join(', ');
    return {
      refusal: `target group ${group}: ${names} does not carry the tag of stack ${stack}; nothing is ${words.done} that albedo does not own`,
    };
  }
  const healthy = candidates.filter((each) => isFit(each, experiment));
  if (healthy.length < 2) return { refusal: tooFew(group, candidates, healthy.length, experiment) };
  const asVictim = (each: Candidate, seed: string): Choice => {
    const { instanceId, name, zone, port, registeredZone } = each;
    const registered = registeredZone === undefined ? {} : { registeredZone };
    return { refusal: '', victim: { experiment: experiment.name, instanceId, name, zone, port, group, groupArn, ...registered, seed } };
  };
  if (wanted !== undefined) {
    const named = candidates.find((each) => each.name === wanted || each.instanceId === wanted);
    if (named === undefined)
      return {
        refusal: `target group ${group} has no ${words.thing} ${wanted}; it has ${candidates.map((each) => each.name).join(', ')}`,
      };
    if (!isFit(named, experiment))
      return { refusal: `${tell(named, experiment)}: only a healthy one can be ${words.done} to see what its loss does` };
    return asVictim(named, '');
  }
  const chosen = healthy[hashSeed(input.seed) % healthy.length];
  return chosen === undefined ? { refusal: `target group ${group} has no healthy target` } : asVictim(chosen, input.seed);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function tooFew(group: string, candidates: readonly Candidate[], healthy: number, experiment: Of): string {
  const others = candidates.filter((each) => !isFit(each, experiment)).map((each) => tell(each, experiment));
  const why = others.length === 0 ? '' : `: ${others.join('; ')}`;
  return `target group ${group} has ${healthy} healthy target${healthy === 1 ? '' : 's'}, and two are needed so that one is left to serve${why}`;
}

/** Why the fault must not happen now, although the victim was fit when it was chosen; empty when it may. */
export function objectionTo(victim: Victim, candidates: readonly Candidate[], experiment: Of): string {
  const own = candidates.filter((each) => keyOf(each, experiment) === keyOf(victim, experiment));
  const unfit = own.find((each) => !isFit(each, experiment));
  if (own.length === 0) return `${titleOf(victim)} is no target of ${victim.group} any more`;
  if (unfit !== undefined)
    return `${tell(unfit, experiment)}: only a healthy one can be ${experiment.words.done} to see what its loss does`;
  const others = candidates.filter((each) => keyOf(each, experiment) !== keyOf(victim, experiment));
  if (others.some((each) => isFit(each, experiment))) return '';
  const states = others.map((each) => tell(each, experiment)).join('; ');
  return `no other target of ${victim.group} is healthy, so no target would be left to serve${states === '' ? '' : `: ${states}`}`;
}
