/** Quotas of Elastic Load Balancing by which a plan can fail half-way (Limit, ELBv2 API reference): what a stack takes of each. */

import { canonical } from '../model/codec.ts';
import { asList, type Json } from '../model/json.ts';
import { listener } from '../model/kinds/listener.ts';
import { targetGroup } from '../model/kinds/target-group.ts';
import type { Observed, Stack } from '../model/model.ts';
import { type outputAt, refsIn, valueAt } from '../model/paths.ts';
import { valuesOf } from '../model/values.ts';
import type { World } from '../observe/snapshot.ts';
import type { Change } from '../plan/types.ts';

/** What is counted beside the spec: others' objects count too. */
export interface Beside {
  readonly observed: Observed;
  readonly world: World;
  readonly changes: readonly Change[];
}

export interface Quota {
  /** ELB's own name of it, in DescribeAccountLimits. */
  readonly name: string;
  /** As Service Quotas calls it. */
  readonly title: string;
  /** Kinds of which one more may be one too many; and the field by which an existing one may grow. */
  readonly kinds: readonly string[];
  readonly field?: string;
  /** What the spec alone takes. */
  readonly own: (stack: Stack) => number;
  /** What others take beside it, as far as it was read, once the plan has run. */
  readonly others?: (beside: Beside, stack: Stack) => number;
  /** Old ones that stand beside new ones while the plan runs. */
  readonly meanwhile?: (beside: Beside, stack: Stack) => number;
  /** Of the region, not of a load balancer: the kind of which stacks of one run take together. */
  readonly regional?: string;
  /** Cannot be raised (Application Load Balancers guide, "Quotas"). */
  readonly fixed?: true;
}

const countOf = (stack: Stack, kind: string): number => stack.desired.filter((entry) => entry.kind === kind).length;

/** Objects of a kind in the region that are not of this stack. */
const listed =
  (kind: string, counts: (object: Parameters<typeof outputAt>[0]) => boolean = () => true) =>
  ({ observed, world }: Beside): number => {
    const ours = new Set(observed.live.filter((entry) => entry.kind === kind).map(({ id }) => id));
    return [...(world.lists.get(kind) ?? [])].filter(([id, object]) => !ours.has(id) && counts(object)).length;
  };

/** Addresses of a kind whose old objects go only after the new ones have come. */
const leaving = (kind: string, { changes }: Beside): readonly Change[] =>
  changes.filter(({ address, verb }) => address.startsWith(`${kind}/`) && (verb === 'replace' || verb === 'destroy'));

/** Of these, groups that something leads to now: they leave it when the new ones are in service. */
function groupsLeaving(beside: Beside): number {
  const users = beside.observed.live.filter(({ kind }) => kind === 'listener' || kind === 'rule');
  const used = new Set<string>(users.flatMap(({ values }) => refsIn(Object.values(values))).map(({ address }) => address));
  return leaving('targetGroup', beside).filter(({ address }) => used.has(address)).length;
}

/** Groups of others to which rules of others on our listeners forward. */
function groupsOfOthers({ observed }: Beside): number {
  const ours = new Set(observed.live.map(({ id }) => id));
  return new Set((observed.foreign ?? []).flatMap(({ forwardsTo }) => forwardsTo).filter((arn) => !ours.has(arn))).size;
}

/** Certificates that a listener lets go when it has the new ones: those that are taken off, and those that are made anew. */
function certificatesLeaving({ observed, changes }: Beside, stack: Stack): number {
  const anew = new Set(changes.flatMap(({ address, verb }) => (verb === 'replace' ? [address as string] : [])));
  return stack.desired.reduce((sum, entry) => {
    if (entry.kind !== 'listener') return sum;
    const wanted = valuesOf(listener, entry).additionalCertificates;
    const live = asList(observed.live.find(({ address }) => address === entry.address)?.values['additionalCertificates']);
    if (wanted === undefined) return sum;
    const stay = new Set(wanted.map(canonical));
    const goes = (one: Json): boolean => !stay.has(canonical(one)) || refsIn(one).some(({ address }) => anew.has(address));
    return sum + live.filter(goes).length;
  }, 0);
}

const foreign =
  (kind: string) =>
  ({ observed }: Beside): number =>
    (observed.foreign ?? []).filter((entry) => entry.kind === kind).length;

/** Targets behind the load balancer, each as often as it is registered. */
const targetsOf = (stack: Stack): number =>
  stack.desired.reduce((sum, entry) => sum + (entry.kind === 'targetGroup' ? (valuesOf(targetGroup, entry).targets?.length ?? 0) : 0), 0);

const largestGroup = (stack: Stack): number =>
  Math.max(0, ...stack.desired.map((entry) => (entry.kind === 'targetGroup' ? (valuesOf(targetGroup, entry).targets?.length ?? 0) : 0)));

/** Groups that listeners and rules of the stack forward to. */
function groupsInUse(stack: Stack): number {
  const users = stack.desired.filter(({ kind }) => kind === 'listener' || kind === 'rule');
  return new Set(
    users
      .flatMap(({ values }) => refsIn(Object.values(values)))
      .flatMap(({ address }) => (address.startsWith('targetGroup/') ? [address] : [])),
  ).size;
}

export const QUOTAS: readonly Quota[] = [
  {
    name: 'application-load-balancers',
    title: 'Application Load Balancers per Region',
    kinds: ['loadBalancer'],
    own: (stack) => countOf(stack, 'loadBalancer'),
    others: listed('loadBalancer', (object) => valueAt(object, 'Type') === 'application'),
    meanwhile: (beside) => leaving('loadBalancer', beside).length,
    regional: 'loadBalancer',
  },
  {
    name: 'target-groups',
    title: 'Target Groups per Region',
    kinds: ['targetGroup'],
    own: (stack) => countOf(stack, 'targetGroup'),
    others: listed('targetGroup'),
    meanwhile: (beside) => leaving('targetGroup', beside).length,
    regional: 'targetGroup',
  },
  {
    name: 'target-groups-per-application-load-balancer',
    title: 'Target Groups per Application Load Balancer',
    kinds: ['listener', 'rule', 'targetGroup'],
    own: groupsInUse,
    others: groupsOfOthers,
    meanwhile: groupsLeaving,
    fixed: true,
  },
  {
    name: 'listeners-per-application-load-balancer',
    title: 'Listeners per Application Load Balancer',
    kinds: ['listener'],
    own: (stack) => countOf(stack, 'listener'),
    others: foreign('listener'),
  },
  {
    name: 'rules-per-application-load-balancer',
    title: 'Rules per Application Load Balancer',
    kinds: ['rule'],
    own: (stack) => countOf(stack, 'rule'),
    others: foreign('rule'),
  },
  {
    name: 'targets-per-application-load-balancer',
    title: 'Targets per Application Load Balancer',
    kinds: ['targetGroup'],
    field: 'targets',
    own: targetsOf,
  },
  {
    name: 'targets-per-target-group',
    title: 'Targets per Target Group per Region',
    kinds: ['targetGroup'],
    field: 'targets',
    own: largestGroup,
  },
  {
    name: 'certificates-per-application-load-balancer',
    title: 'Certificates per Application Load Balancer',
    kinds: ['listener'],
    field: 'additionalCertificates',
    own: (stack) =>
      stack.desired.reduce(
        (sum, entry) => sum + (entry.kind === 'listener' ? (valuesOf(listener, entry).additionalCertificates?.length ?? 0) : 0),
        0,
      ),
    meanwhile: certificatesLeaving,
  },
];

/** New ones of a kind, by quota and stack, that stacks planned from the same read are to make. */
const claims = new WeakMap<World, Map<string, Map<string, number>>>();

/** What other stacks of the run have claimed of a quota of the region. */
export function claimedByOthers({ name, regional }: Quota, world: World, stack: string): number {
  if (regional === undefined) return 0;
  return [...(claims.get(world)?.get(name) ?? [])].reduce((sum, [other, count]) => (other === stack ? sum : sum + count), 0);
}

/** Remembers what a stack will take, for those that are planned after it from the same read. */
export function claim({ name, regional }: Quota, { world, changes }: Beside, stack: string): void {
  if (regional === undefined) return;
  const coming = changes.filter(({ address, verb }) => address.startsWith(`${regional}/`) && (verb === 'create' || verb === 'replace'));
  const all = claims.get(world) ?? new Map<string, Map<string, number>>();
  claims.set(world, all);
  all.set(name, new Map(all.get(name)).set(stack, coming.length));
}

/** What to do where one is reached. */
export const raise = ({ title, fixed }: Quota, meanwhile: boolean): string => {
  const less = meanwhile ? 'make the change in two steps, first the one that makes room' : 'make the stack smaller';
  return fixed === true
    ? `The quota "${title}" cannot be raised: ${less}.`
    : `Raise the quota "${title}" in Service Quotas (Elastic Load Balancing), or ${less}.`;
};
