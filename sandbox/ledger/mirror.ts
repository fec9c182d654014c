/**
 * What EC2 in moto holds, read after every write so that questions about it are answered at once and in one place. The
 * instances' states are moto's own here (it knows no transitions); `life-cycle.ts` says what a caller gets to see.
 */
import type { SecurityGroupFacts, SecurityGroupRule, SubnetFacts } from '../types.ts';
import type { Upstream } from '../upstream.ts';
import { ApiRefusal, codeOf } from '../wire.ts';
import { items, parseXml, rootOf, text, type XmlObject } from '../xml.ts';

export interface MirroredVpc {
  readonly id: string;
  readonly cidrBlock: string;
  readonly isDefault: boolean;
}

export type MirroredSubnet = SubnetFacts;

export type MirroredGroup = SecurityGroupFacts;

export interface MirroredInstance {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly privateIp: string;
  readonly publicIp: string;
  readonly securityGroupIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface MirroredGateway {
  readonly id: string;
  readonly vpcId: string;
}

export interface MirroredRouteTable {
  readonly id: string;
  readonly vpcId: string;
  readonly isMain: boolean;
  readonly associations: readonly { readonly id: string; readonly subnetId: string }[];
}

export interface MirroredInterface {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
  readonly instanceId: string;
}

/** One region's resources by ID. */
export interface Region {
  vpcs: ReadonlyMap<string, MirroredVpc>;
  subnets: ReadonlyMap<string, MirroredSubnet>;
  groups: ReadonlyMap<string, MirroredGroup>;
  instances: ReadonlyMap<string, MirroredInstance>;
  gateways: ReadonlyMap<string, MirroredGateway>;
  routeTables: ReadonlyMap<string, MirroredRouteTable>;
  interfaces: ReadonlyMap<string, MirroredInterface>;
}

export type MirroredKind = keyof Region;

export interface Mirror {
  region(name: string): Region;
  regions(): readonly Region[];
  /** Reads these kinds of one region from moto again. */
  refresh(region: string, kinds: readonly MirroredKind[]): Promise<void>;
  /** Leaves one thing out, as if it were gone, until its kind is read again or the answer is called. */
  leaveOut(region: string, kind: MirroredKind, id: string): () => void;
  /** Forgets one region, or all of them. */
  clear(region?: string): void;
  /** What there is now, as data, and back again. */
  save(): readonly (readonly [string, Region])[];
  load(state: readonly (readonly [string, Region])[]): void;
}

const EVERYTHING: readonly MirroredKind[] = ['vpcs', 'subnets', 'groups', 'instances', 'gateways', 'routeTables', 'interfaces'];

/** What a write may have changed, by the words in its name. An action that matches nothing may have changed anything. */
export function touchedBy(action: string, params: Readonly<Record<string, string>>): readonly MirroredKind[] {
  if (/Tags$/.test(action))
    return Object.entries(params).some(([name, value]) => name.startsWith('ResourceId') && value.startsWith('i-')) ? ['instances'] : [];
  if (/SecurityGroup/.test(action)) return ['groups'];
  if (/InternetGateway/.test(action)) return ['gateways'];
  if (/Route/.test(action)) return ['routeTables'];
  if (/Subnet/.test(action)) return ['subnets', 'routeTables'];
  if (/NetworkInterface/.test(action)) return ['interfaces', 'subnets', 'instances'];
  if (/Instance/.test(action)) return ['instances', 'interfaces', 'subnets'];
  if (/^(Create|Delete|Modify)Vpc(Attribute)?$/.test(action)) return ['vpcs', 'groups', 'routeTables'];
  if (/KeyPair|Volume|Snapshot|Image|LaunchTemplate/.test(action)) return [];
  return EVERYTHING;
}

export function createMirror(upstream: Upstream): Mirror {
  const regions = new Map<string, Region>();
  const regionOf = (name: string): Region => {
    let region = regions.get(name);
    if (!region) {
      region = {
        vpcs: new Map(),
        subnets: new Map(),
        groups: new Map(),
        instances: new Map(),
        gateways: new Map(),
        routeTables: new Map(),
        interfaces: new Map(),
      };
      regions.set(name, region);
    }
    return region;
  };

  /** Everything, over all pages: moto lists a hundred reservations at a time, those of instances long terminated among them. */
  async function list(region: string, action: string, set: string): Promise<XmlObject[]> {
    const found: XmlObject[] = [];
    for (let token = ''; ; ) {
      const page = token === '' ? '' : `&NextToken=${encodeURIComponent(token)}`;
      const answer = await upstream.send({ service: 'ec2', region, body: `Action=${action}&Version=2016-11-15${page}` });
      if (answer.status !== 200) {
        throw new ApiRefusal(
          'InternalError',
          `sandbox: its own ${action} in ${region} was refused (${codeOf(answer)}): the mirror of EC2 is out of date.`,
          500,
        );
      }
      const { content } = rootOf(parseXml(answer.body));
      found.push(...items(content, set));
      token = text(content, 'nextToken');
      if (token === '') return found;
    }
  }

  const readers: { readonly [K in MirroredKind]: (region: string) => Promise<Region[K]> } = {
    vpcs: async (region) => byId((await list(region, 'DescribeVpcs', 'vpcSet')).map(readVpc)),
    subnets: async (region) => byId((await list(region, 'DescribeSubnets', 'subnetSet')).map(readSubnet)),
    groups: async (region) => byId((await list(region, 'DescribeSecurityGroups', 'securityGroupInfo')).map(readGroup)),
    instances: async (region) =>
      byId(
        (await list(region, 'DescribeInstances', 'reservationSet'))
          .flatMap((reservation) => items(reservation, 'instancesSet'))
          .map(readInstance),
      ),
    gateways: async (region) => byId((await list(region, 'DescribeInternetGateways', 'internetGatewaySet')).map(readGateway)),
    routeTables: async (region) => byId((await list(region, 'DescribeRouteTables', 'routeTableSet')).map(readRouteTable)),
    interfaces: async (region) => byId((await list(region, 'DescribeNetworkInterfaces', 'networkInterfaceSet')).map(readInterface)),
  };
  async function read<K extends MirroredKind>(name: string, kind: K): Promise<void> {
    regionOf(name)[kind] = await readers[kind](name);
  }

  return {
    region: regionOf,
    regions: () => [...regions.values()],
    async refresh(region, kinds) {
      await Promise.all(kinds.map((kind) => read(region, kind)));
    },
    leaveOut(name, kind, id) {
      const region = regionOf(name);
      const whole: ReadonlyMap<string, unknown> = region[kind];
      Object.assign(region, { [kind]: new Map([...whole].filter(([one]) => one !== id)) });
      return () => void Object.assign(region, { [kind]: whole });
    },
    clear(region) {
      if (region === undefined) regions.clear();
      else regions.delete(region);
    },
    save: () => structuredClone([...regions]),
    load(state) {
      regions.clear();
      for (const [name, region] of structuredClone(state) as [string, Region][]) regions.set(name, region);
    },
  };
}

function byId<T extends { readonly id: string }>(list: readonly T[]): ReadonlyMap<string, T> {
  return new Map(list.map((one) => [one.id, one]));
}

const readVpc = (node: XmlObject): MirroredVpc => ({
  id: text(node, 'vpcId'),
  cidrBlock: text(node, 'cidrBlock'),
  isDefault: text(node, 'isDefault') === 'true',
});

function readSubnet(node: XmlObject): MirroredSubnet {
  // moto writes the state as a Python dictionary: {'State': 'associated'}.
  const blocks = items(node, 'ipv6CidrBlockAssociationSet').filter((one) => /\bassociated\b/.test(text(one, 'ipv6CidrBlockState.state')));
  const ipv6CidrBlock = text(blocks[0] ?? {}, 'ipv6CidrBlock');
  return {
    id: text(node, 'subnetId'),
    vpcId: text(node, 'vpcId'),
    availabilityZone: text(node, 'availabilityZone'),
    cidrBlock: text(node, 'cidrBlock'),
    freeAddresses: Number(text(node, 'availableIpAddressCount')),
    ...(ipv6CidrBlock === '' ? {} : { ipv6CidrBlock }),
  };
}

const readGroup = (node: XmlObject): MirroredGroup => ({
  id: text(node, 'groupId'),
  vpcId: text(node, 'vpcId'),
  name: text(node, 'groupName'),
  ingress: items(node, 'ipPermissions').map(readRule),
  egress: items(node, 'ipPermissionsEgress').map(readRule),
});

function readRule(node: XmlObject): SecurityGroupRule {
  const ports = text(node, 'fromPort') === '' ? {} : { fromPort: Number(text(node, 'fromPort')), toPort: Number(text(node, 'toPort')) };
  return {
    protocol: text(node, 'ipProtocol'),
    ...ports,
    cidrs: items(node, 'ipRanges').map((range) => text(range, 'cidrIp')),
    sourceGroupIds: items(node, 'groups').map((group) => text(group, 'groupId')),
  };
}

function readInstance(node: XmlObject): MirroredInstance {
  const attached = items(node, 'networkInterfaceSet').flatMap((one) => items(one, 'groupSet'));
  return {
    id: text(node, 'instanceId'),
    vpcId: text(node, 'vpcId'),
    subnetId: text(node, 'subnetId'),
    availabilityZone: text(node, 'placement.availabilityZone'),
    privateIp: text(node, 'privateIpAddress'),
    publicIp: text(node, 'ipAddress'),
    // moto leaves the instance's own group list empty and fills that of its interface.
    securityGroupIds: [...new Set([...items(node, 'groupSet'), ...attached].map((group) => text(group, 'groupId')))],
    tags: Object.fromEntries(items(node, 'tagSet').map((tag) => [text(tag, 'key'), text(tag, 'value')])),
  };
}

const readGateway = (node: XmlObject): MirroredGateway => ({
  id: text(node, 'internetGatewayId'),
  vpcId: text(items(node, 'attachmentSet')[0] ?? {}, 'vpcId'),
});

function readRouteTable(node: XmlObject): MirroredRouteTable {
  const associations = items(node, 'associationSet');
  return {
    id: text(node, 'routeTableId'),
    vpcId: text(node, 'vpcId'),
    isMain: associations.some((one) => text(one, 'main') === 'true'),
    associations: associations
      .filter((one) => text(one, 'subnetId') !== '')
      .map((one) => ({ id: text(one, 'routeTableAssociationId'), subnetId: text(one, 'subnetId') })),
  };
}

const readInterface = (node: XmlObject): MirroredInterface => ({
  id: text(node, 'networkInterfaceId'),
  vpcId: text(node, 'vpcId'),
  subnetId: text(node, 'subnetId'),
  groupIds: items(node, 'groupSet').map((group) => text(group, 'groupId')),
  instanceId: text(node, 'attachment.instanceId'),
});
