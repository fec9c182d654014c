/** Chooses the victim of a fault. Pure: the same seed and candidates give the same victim, so that a run can be repeated. */

import type { Experiment, Fitness, OwnSettings } from './experiments/experiment.ts';
import type { Candidate, Member, Victim } from './types.ts';
import { membersOf } from './victim.ts';

export interface Choice {
  readonly victim?: Victim;
  /** Why nothing may be broken, for the report. Empty if there is a victim. */
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

type Of = Pick<Experiment, 'name' | 'victims' | 'words'> & Partial<Pick<Experiment, 'picks' | 'accepts'>>;

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

interface ChooseInput {
  readonly experiment: Of;
  readonly stack: string;
  readonly group: string;
  readonly groupArn: string;
  readonly candidates: readonly Candidate[];
  /** Name (or id) that the spec asks for. */
  readonly named?: string;
  readonly seed: string;
  readonly settings?: OwnSettings;
  /** The answer to the experiment's own question about this candidate. */
  readonly fitness?: (candidate: Candidate) => Fitness;
}

/**
 * Picks the victim among the healthy targets of a group that the stack owns or may break. Targets of others are never broken, but they count
 * as targets that stay in service. Refuses if no healthy target would be left.
 */
export function chooseVictim(input: ChooseInput): Choice {
  const { experiment, group, named: wanted } = input;
  const { words, picks = 'one' } = experiment;
  // By name: ids differ from stack to stack, but the same seed should pick the same instance of the spec.
  const byKey = new Map<string, Candidate>();
  for (const each of input.candidates) if (!byKey.has(keyOf(each, experiment))) byKey.set(keyOf(each, experiment), each);
  const candidates = [...byKey.values()].sort((a, b) => compare(a.name, b.name) || compare(a.instanceId, b.instanceId) || a.port - b.port);
  const healthy = candidates.filter((each) => isFit(each, experiment));
  if (healthy.length < 2) return { refusal: tooFew(group, candidates, healthy.length, experiment) };
  const objection = (each: Candidate): string => objectionOf(each, input);
  if (wanted !== undefined) {
    const named = candidates.find((each) => each.name === wanted || each.instanceId === wanted);
    if (named === undefined)
      return {
        refusal: `target group ${group} has no ${words.thing} ${wanted}; it has ${candidates.map((each) => each.name).join(', ')}`,
      };
    if (!isFit(named, experiment)) return { refusal: `${tell(named, experiment)}: the experiment needs a healthy ${words.thing}` };
    const why = objection(named);
    return why === '' ? asVictim([named], '', healthy, input) : { refusal: `${titleOf(named)}: ${why}` };
  }
  const fit = healthy.filter((each) => objection(each) === '');
  if (fit.length === 0)
    return { refusal: `target group ${group}: ${healthy.map((each) => `${titleOf(each)}: ${objection(each)}`).join('; ')}` };
  // The share counts all healthy targets, no matter who owns them: if the stack owns one of a hundred, that one is not a half.
  if (picks === 'share') {
    const share = Number.parseInt(input.settings?.['share'] ?? '50%', 10);
    const count = Math.max(1, Math.floor((healthy.length * share) / 100));
    const chosen = inOrderOf(input.seed, fit, (each) => each.name).slice(0, count);
    return asVictim(chosen, input.seed, healthy, input);
  }
  if (picks === 'zone') {
    const zones = [...new Set(fit.map(({ zone }) => zone))].sort();
    const zone = input.settings?.['zone'] ?? zones[hashSeed(input.seed) % zones.length] ?? '';
    const inside = healthy.filter((each) => each.zone === zone);
    if (inside.length === 0)
      return { refusal: `target group ${group} has no healthy ${words.thing} in ${zone}; it has some in ${zones.join(', ')}` };
    const others = inside.find((each) => objection(each) !== '');
    if (others !== undefined) return { refusal: `${titleOf(others)} is also in ${zone}: ${objection(others)}` };
    return asVictim(inside, input.settings?.['zone'] === undefined ? input.seed : '', healthy, input);
  }
  const chosen = fit[hashSeed(input.seed) % fit.length];
  return chosen === undefined ? { refusal: `target group ${group} has no healthy target` } : asVictim([chosen], input.seed, healthy, input);
}

/** Why this candidate cannot be the victim although it is healthy; empty if it can. */
function objectionOf(each: Candidate, { experiment, stack, fitness }: ChooseInput): string {
  // Ownership first: nothing else is reported about a target of somebody else.
  return ownedBy(stack, each, experiment) || experiment.accepts?.(each) || fitness?.(each).refusal || '';
}

const ownedBy = (stack: string, each: Candidate, { victims }: Of): string =>
  victims === 'instances' && each.stack !== stack
    ? `it has neither the tag of stack ${stack} nor the tag \`albedo:chaos\` with that name, so albedo must not break it`
    : '';

function asVictim(chosen: readonly Candidate[], seed: string, healthy: readonly Candidate[], input: ChooseInput): Choice {
  const { experiment, group, groupArn, fitness } = input;
  const [first] = chosen;
  if (first === undefined) return { refusal: `target group ${group} has no healthy target` };
  const { others: along = [], detail } = fitness?.(first) ?? { refusal: '' };
  const lost = [
    ...chosen,
    ...input.candidates.filter((each) => along.includes(each.instanceId) && !chosen.some((one) => one.instanceId === each.instanceId)),
  ];
  const stranger = lost.find((each) => ownedBy(input.stack, each, experiment) !== '');
  if (stranger !== undefined)
    return { refusal: `${titleOf(stranger)} would be lost with ${titleOf(first)}: ${ownedBy(input.stack, stranger, experiment)}` };
  const left = healthy.filter((each) => !lost.some((one) => keyOf(one, experiment) === keyOf(each, experiment)));
  if (left.length === 0)
    return {
      refusal: `all ${healthy.length} healthy targets of ${group} would be lost at once (${lost.map(({ name }) => name).join(', ')}), but one must stay in service`,
    };
  const others = lost.slice(1).map(memberOf);
  return {
    refusal: '',
    victim: {
      ...{ experiment: experiment.name, ...memberOf(first), group, groupArn, seed },
      ...(others.length === 0 ? {} : { others }),
      ...(detail === undefined ? {} : { detail }),
      stack: input.stack,
    },
  };
}

const memberOf = ({ instanceId, name, zone, port, registeredZone }: Candidate): Member => ({
  ...{ instanceId, name, zone, port },
  ...(registeredZone === undefined ? {} : { registeredZone }),
});

/** An order that depends only on the seed and the names. */
const inOrderOf = <T>(seed: string, list: readonly T[], name: (one: T) => string): readonly T[] =>
  [...list].sort((a, b) => hashSeed(`${seed} ${name(a)}`) - hashSeed(`${seed} ${name(b)}`));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function tooFew(group: string, candidates: readonly Candidate[], healthy: number, experiment: Of): string {
  const others = candidates.filter((each) => !isFit(each, experiment)).map((each) => tell(each, experiment));
  const why = others.length === 0 ? '' : `: ${others.join('; ')}`;
  return `target group ${group} has ${healthy} healthy target${healthy === 1 ? '' : 's'}, but two are needed so that one stays in service${why}`;
}

/** Why the fault must not happen now although the victim was fit when it was chosen; empty if it may happen. */
export function objectionTo(victim: Victim, candidates: readonly Candidate[], experiment: Of): string {
  const lost = new Set(membersOf(victim).map((each) => keyOf(each, experiment)));
  for (const member of membersOf(victim)) {
    const own = candidates.filter((each) => keyOf(each, experiment) === keyOf(member, experiment));
    const unfit = own.find((each) => !isFit(each, experiment));
    if (own.length === 0) return `${titleOf(member)} is no longer a target of ${victim.group}`;
    if (unfit !== undefined) return `${tell(unfit, experiment)}: the experiment needs a healthy ${experiment.words.thing}`;
  }
  const others = candidates.filter((each) => !lost.has(keyOf(each, experiment)));
  if (others.some((each) => isFit(each, experiment))) return '';
  const states = others.map((each) => tell(each, experiment)).join('; ');
  return `no other target of ${victim.group} is healthy, so none would stay in service${states === '' ? '' : `: ${states}`}`;
}
