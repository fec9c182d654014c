/**
 * An account that others fill: load balancers of every type, target groups of every type and protocol, with the tags of other tools, in any
 * partition. Shapes: ELBv2 API reference (LoadBalancer, TargetGroup, Listener); ARNs: IAM user guide, partitions.
 */

import fc from 'fast-check';
import type { Cloud } from '../../reconciler/run/port.ts';
import type { TinyAws } from './tiny-aws.ts';
import { ACCOUNT, REGION, type Wire } from './tiny-store.ts';

export interface Place {
  readonly partition: string;
  readonly region: string;
}

/** Of each partition that the public knows, a region. */
export const PLACES: readonly Place[] = [
  { partition: 'aws', region: 'eu-central-1' },
  { partition: 'aws-cn', region: 'cn-northwest-1' },
  { partition: 'aws-us-gov', region: 'us-gov-west-1' },
];

/** The same text in another partition and region. */
export const moved = <T>(value: T, { partition, region }: Place): T =>
  JSON.parse(
    JSON.stringify(value ?? null)
      .replaceAll('arn:aws:', `arn:${partition}:`)
      .replaceAll(REGION, region),
  ) as T;
const home = <T>(value: T, { partition, region }: Place): T =>
  JSON.parse(
    JSON.stringify(value ?? null)
      .replaceAll(`arn:${partition}:`, 'arn:aws:')
      .replaceAll(region, REGION),
  ) as T;

export interface Elsewhere extends Cloud {
  /** The most calls that were under way at one time. */
  readonly most: () => number;
}

/** The tiny AWS, which knows one region, as it would answer in that place. Each answer takes a turn, so that calls overlap. */
export function elsewhere(aws: TinyAws, place: Place): Elsewhere {
  let [running, most] = [0, 0];
  return {
    most: () => most,
    call: async (op, input, options) => {
      most = Math.max(most, ++running);
      try {
        await new Promise((resolve) => setImmediate(resolve));
        return moved(await aws.call(op, home(input, place), options), place);
      } finally {
        running--;
      }
    },
  };
}

const TAGS: fc.Arbitrary<Wire[]> = fc.uniqueArray(
  fc.oneof(
    fc.record({ Key: fc.constantFrom('Name', 'elbv2.k8s.aws/cluster', 'aws:cloudformation:stack-name', 'team'), Value: fc.string() }),
    fc.constant({ Key: 'albedo:stack', Value: 'somebody-elses' }),
    fc.record({ Key: fc.constant('albedo:address'), Value: fc.constantFrom('loadBalancer/main', 'targetGroup/web', 'nonsense', '') }),
  ),
  { selector: ({ Key }) => Key, maxLength: 3 },
);

/** Types of a target group, with the protocols that AWS takes for each (ELBv2 API reference, CreateTargetGroup). */
const GROUPS: fc.Arbitrary<Wire> = fc.oneof(
  fc.constant({ TargetType: 'lambda' }),
  fc.record({ TargetType: fc.constant('alb'), Protocol: fc.constant('TCP'), Port: fc.constantFrom(80, 443) }),
  fc.record({
    TargetType: fc.constantFrom('instance', 'ip'),
    Protocol: fc.constantFrom('HTTP', 'HTTPS', 'TCP', 'TLS', 'UDP', 'TCP_UDP', 'QUIC', 'TCP_QUIC'),
    Port: fc.integer({ min: 1, max: 65535 }),
  }),
  fc.record({ TargetType: fc.constantFrom('instance', 'ip'), Protocol: fc.constant('GENEVE'), Port: fc.constant(6081) }),
);

const KINDS = { application: 'app', network: 'net', gateway: 'gwy' } as const;
const PROTOCOLS = { application: ['HTTP', 'HTTPS'], network: ['TCP', 'TLS', 'UDP', 'TCP_UDP', 'QUIC', 'TCP_QUIC'], gateway: [] } as const;

export interface Neighbour {
  readonly type: keyof typeof KINDS;
  readonly group: Wire;
  readonly tags: Wire[];
  readonly protocol: number;
  readonly rules: number;
}
export const NEIGHBOUR: fc.Arbitrary<Neighbour> = fc.record({
  type: fc.constantFrom('application', 'network', 'gateway'),
  group: GROUPS,
  tags: TAGS,
  protocol: fc.nat(9),
  rules: fc.nat(3),
});

/** Puts a load balancer with its listener, rules and group into the account. */
export function settle(aws: TinyAws, neighbour: Neighbour, number: number): void {
  // Of chance come objects without a prototype, unlike those of an answer.
  const { type, group, tags, protocol, rules } = structuredClone(neighbour);
  const hex = number.toString(16).padStart(16, '0');
  const arn = (path: string): string => `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:${path}`;
  const add = (kind: string, id: string, wire: Wire): void => void aws.objects.set(id, { type: kind, id, Tags: tags, ...wire });
  const name = `other-${number}`;
  const targets = arn(`targetgroup/${name}/f${hex.slice(1)}`);
  const VpcId = group.TargetType === 'lambda' ? {} : { VpcId: 'vpc-0feedfeedfeedfeed' };
  const named = { TargetGroupArn: targets, TargetGroupName: name, HealthCheckEnabled: true, ...VpcId, ...group };
  add('targets', targets, { ...named, attributes: {}, members: [], health: {} });
  const balancer = arn(`loadbalancer/${KINDS[type]}/${name}/f${hex.slice(1)}`);
  add('balancer', balancer, {
    ...{ LoadBalancerArn: balancer, LoadBalancerName: name, Type: type, IpAddressType: 'ipv4', State: { Code: 'active' } },
    // A Gateway Load Balancer has neither name in DNS, nor scheme (ELBv2 API reference, LoadBalancer).
    ...(type === 'gateway' ? {} : { Scheme: 'internal', DNSName: `internal-${name}-1.${REGION}.elb.amazonaws.com` }),
    ...{ VpcId: 'vpc-0feedfeedfeedfeed', AvailabilityZones: [{ ZoneName: `${REGION}a`, SubnetId: 'subnet-0feedfeedfeedfeed' }] },
    attributes: { 'deletion_protection.enabled': 'false' },
  });
  const listener = arn(`listener/${KINDS[type]}/${name}/f${hex.slice(1)}/f${hex.slice(1)}`);
  const protocols = PROTOCOLS[type];
  add('listener', listener, {
    ...{ ListenerArn: listener, LoadBalancerArn: balancer, attributes: {} },
    ...(protocols.length === 0 ? {} : { Port: 80, Protocol: protocols[protocol % protocols.length] }),
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targets, Order: 1 }],
  });
  if (type !== 'application') return;
  for (let index = 1; index <= rules; index++) {
    const rule = `${listener.replace(':listener/', ':listener-rule/')}/f${index}${hex.slice(2)}`;
    const then = { Actions: [{ Type: 'forward', TargetGroupArn: targets, Order: 1 }], Transforms: [] };
    add('rule', rule, { RuleArn: rule, ListenerArn: listener, Priority: String(index), Conditions: [{ Field: 'source-ip' }], ...then });
  }
}
