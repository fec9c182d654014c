/** Quotas of Elastic Load Balancing by which a plan can fail half-way (Limit, ELBv2 API reference): what a stack takes of each. */

import { listener } from '../model/kinds/listener.ts';
import { targetGroup } from '../model/kinds/target-group.ts';
import type { Observed, Stack } from '../model/model.ts';
import { type outputAt, refsIn, valueAt } from '../model/paths.ts';
import { valuesOf } from '../model/values.ts';
import type { World } from '../observe/snapshot.ts';
import type { Change } from '../plan/types.ts';

/** What is counted beside the spec: others' objects count too. */
interface Beside {
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
}

const countOf = (stack: Stack, kind: string): number => stack.desired.filter((entry) => entry.kind === kind).length;

/** Objects of a kind in the region that are not of this stack; new ones stand beside old ones for a while. */
const listed =
  (kind: string, counts: (object: Parameters<typeof outputAt>[0]) => boolean = () => true) =>
  ({ observed, world, changes }: Beside): number => {
    const ours = new Set(observed.live.filter((entry) => entry.kind === kind).map(({ id }) => id));
    const strangers = [...(world.lists.get(kind) ?? [])].filter(([id, object]) => !ours.has(id) && counts(object)).length;
    const twice = changes.filter(
      ({ address, verb }) => address.startsWith(`${kind}/`) && (verb === 'replace' || verb === 'destroy'),
    ).length;
    return strangers + twice;
  };

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
  },
  {
    name: 'target-groups',
    title: 'Target Groups per Region',
    kinds: ['targetGroup'],
    own: (stack) => countOf(stack, 'targetGroup'),
    others: listed('targetGroup'),
  },
  {
    name: 'target-groups-per-application-load-balancer',
    title: 'Target Groups per Application Load Balancer',
    kinds: ['listener', 'rule', 'targetGroup'],
    own: groupsInUse,
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
  },
];

/** How to raise one. */
export const raise = ({ title }: Quota): string =>
  `Raise the quota "${title}" in Service Quotas (Elastic Load Balancing), or make the stack smaller.`;
