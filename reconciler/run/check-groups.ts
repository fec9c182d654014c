/**
 * Listeners and target groups of others: what a forward asks of both, which `validate` checks where the spec has both. A group is looked at
 * in the list that the plan was made from, so this costs no call.
 */

import type { Problem } from '../errors.ts';
import { isIdOf } from '../model/ids.ts';
import type { Desired, Observed, Stack } from '../model/model.ts';
import { refsIn, textsIn, valueAt, valuesAt } from '../model/paths.ts';
import type { LiveRead } from '../observe/slice.ts';
import { mistake, vpcOf, type Written } from './account-asked.ts';

/** `vpc`: its id; null where it does not exist yet; undefined where there is none, or it is not known. The same of the others. */
interface Group {
  readonly name: string;
  readonly ours: boolean;
  readonly vpc: string | null | undefined;
  readonly protocol: string | undefined;
  readonly version: string | undefined;
  readonly addressType: string | undefined;
  /** Load balancers that use it. */
  readonly usedBy: readonly string[];
}

interface Listener {
  readonly ours: boolean;
  readonly protocol: string | undefined;
  /** Of its load balancer. */
  readonly balancer: {
    readonly arn: string | undefined;
    readonly vpc: string | null | undefined;
    readonly addressType: string | undefined;
  };
}

export function groupTroubles(written: readonly Written[], stack: Stack, read: LiveRead): readonly Problem[] {
  const resources = new Map(written.map((one) => [one.resource.address, one.resource]));
  return [...resources.values()].flatMap((resource) => {
    const listener = listenerOf(resource, stack, read);
    if (listener === undefined) return [];
    return Object.entries(resource.values).flatMap(([field, value]) =>
      groupsIn(value, stack, read).flatMap((group) =>
        listener.ours && group.ours
          ? []
          : [...troubles(group, listener)].map(([message, hint]) => mistake({ resource, field, value }, stack, message, hint)),
      ),
    );
  });
}

const VERSIONS_OF_TLS = ['HTTP2', 'GRPC'];

function* troubles(group: Group, { protocol, balancer }: Listener): Generator<readonly [message: string, hint: string]> {
  const { name, vpc, usedBy } = group;
  // "For Application Load Balancers, the supported protocols are HTTP and HTTPS" (ELBv2 API reference, CreateTargetGroup; a function has none).
  if (group.protocol !== undefined && !/^HTTPS?$/.test(group.protocol)) {
    yield [
      `${name} has the protocol ${group.protocol}: it is a target group of another type of load balancer.`,
      'Forward to a target group with the protocol HTTP or HTTPS.',
    ];
    return;
  }
  // "TargetGroupArn: must be in the same VPC", kubernetes-sigs/aws-load-balancer-controller#1045.
  if (vpc !== undefined && balancer.vpc !== undefined && vpc !== balancer.vpc)
    yield [
      `${name} ${vpc === null ? 'will be in a VPC that does not exist yet' : `is in ${vpc}`}, and the load balancer ${balancer.vpc === null ? 'in one that does not exist yet' : `is in ${balancer.vpc}`}.`,
      'A listener forwards only to target groups of the VPC of its load balancer.',
    ];
  // TargetGroupAssociationLimit, hashicorp/terraform-provider-aws#22005.
  const other = usedBy.find((arn) => arn !== balancer.arn);
  if (other !== undefined)
    yield [
      `${name} is used by another load balancer already: \`${other}\`.`,
      'A target group is for one load balancer. Use another one, or remove it from there first.',
    ];
  // kubernetes-sigs/aws-load-balancer-controller#1945 and #4497.
  if (protocol === 'HTTP' && group.version !== undefined && VERSIONS_OF_TLS.includes(group.version))
    yield [
      `${name} has the protocol version ${group.version}, and an HTTP listener cannot forward to it.`,
      'Forward to it from an HTTPS listener, or use a target group with the protocol version HTTP1.',
    ];
  // User guide, "Target groups for your Application Load Balancers", IP address type.
  if (group.addressType === 'ipv6' && balancer.addressType === 'ipv4')
    yield [
      `${name} has the IP address type ipv6, and the load balancer has ipv4.`,
      'Use a load balancer with `ipAddressType: dualstack`, or a target group with the IP address type ipv4.',
    ];
}

function groupsIn(value: Written['value'], stack: Stack, { observed, world }: LiveRead): readonly Group[] {
  const listed = world.lists.get('targetGroup');
  const given = textsIn(value).flatMap((arn): Group[] => {
    const group = isIdOf('targetGroup', arn) ? listed?.get(arn) : undefined;
    if (group === undefined) return [];
    const text = (path: string): string | undefined => textOf(valueAt(group, path));
    return [
      {
        ...{ name: `\`${arn}\``, ours: false, vpc: text('VpcId'), protocol: text('Protocol'), version: text('ProtocolVersion') },
        ...{ addressType: text('IpAddressType'), usedBy: valuesAt(group, 'LoadBalancerArns[]').map(String) },
      },
    ];
  });
  const own = refsIn(value).flatMap(({ address }): Group[] => {
    const group = stack.desired.find((one) => one.address === address && one.kind === 'targetGroup');
    if (group === undefined) return [];
    const { protocolVersion, ipAddressType, targetType } = group.values;
    return [
      {
        ...{ name: `\`${address.slice(address.indexOf('/') + 1)}\``, ours: true, protocol: undefined, usedBy: [] },
        vpc: targetType === 'lambda' ? undefined : vpcOf(stack, observed),
        ...{ version: textOf(protocolVersion), addressType: textOf(ipAddressType) },
      },
    ];
  });
  return [...given, ...own];
}

/** The listener that a resource is, or is a rule of; undefined for anything else, and where nothing is known of it. */
function listenerOf(resource: Desired, stack: Stack, { observed, world }: LiveRead): Listener | undefined {
  if (resource.kind === 'listener') return ownListener(resource, stack, observed);
  if (resource.kind !== 'rule') return undefined;
  const address = refsIn(resource.values['listener'])[0]?.address;
  if (address === undefined) return undefined;
  const own = stack.desired.find((one) => one.address === address);
  if (own !== undefined) return ownListener(own, stack, observed);
  const given = observed.existing[address];
  const arn = given?.['loadBalancer'];
  const balancer = arn === undefined ? undefined : world.lists.get('loadBalancer')?.get(arn);
  if (given === undefined || arn === undefined || balancer === undefined) return undefined;
  const [vpc, addressType] = [textOf(valueAt(balancer, 'VpcId')), textOf(valueAt(balancer, 'IpAddressType'))];
  return { ours: false, protocol: given['protocol'], balancer: { arn, vpc, addressType } };
}

function ownListener({ values }: Desired, stack: Stack, observed: Observed): Listener {
  const balancer = stack.desired.find(({ kind }) => kind === 'loadBalancer');
  return {
    ours: true,
    protocol: textOf(values['protocol']),
    balancer: {
      arn: observed.live.find(({ kind }) => kind === 'loadBalancer')?.id,
      vpc: vpcOf(stack, observed),
      addressType: textOf(balancer?.values['ipAddressType']),
    },
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
