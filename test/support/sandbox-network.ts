/** A network and a certificate store made by hand, for tests of the sandbox's ELBv2 server: facts are set, calls are noted. */
import type {
  CertificateView,
  InstanceFacts,
  InstanceState,
  NetworkView,
  SecurityGroupFacts,
  ServerCertificateFacts,
  SubnetFacts,
} from '../../sandbox/types.ts';

export interface FakeNetwork extends NetworkView {
  readonly subnetFacts: Map<string, SubnetFacts>;
  readonly groupFacts: Map<string, SecurityGroupFacts>;
  readonly instanceFacts: Map<string, InstanceFacts>;
  readonly vpcFacts: Map<string, { readonly id: string; readonly hasGateway: boolean; readonly defaultSecurityGroupId: string }>;
  /** `attach …`, `update …`, `detach …` with the ARN, in the order they came. */
  readonly notes: string[];
  setInstance(id: string, state: InstanceState | 'gone'): void;
}

export const VPC = 'vpc-0aaaaaaaaaaaaaaaa';
export const OTHER_VPC = 'vpc-0bbbbbbbbbbbbbbbb';
/** Zones a, b, a again, c; a full one (d), one of the other VPC, a /28 (e). */
export const SUBNETS = {
  a: 'subnet-000000000000000aa',
  b: 'subnet-000000000000000bb',
  a2: 'subnet-00000000000000aa2',
  c: 'subnet-000000000000000cc',
  full: 'subnet-000000000000000dd',
  other: 'subnet-000000000000000ff',
  small: 'subnet-000000000000000ee',
} as const;
export const GROUPS = {
  default: 'sg-0000000000000000d',
  web: 'sg-00000000000000001',
  more: 'sg-00000000000000002',
  other: 'sg-0000000000000000f',
} as const;
/** Two in zones a and b, a stopped one, one of the other VPC, one in zone c. */
export const INSTANCES = {
  one: 'i-00000000000000001',
  two: 'i-00000000000000002',
  stopped: 'i-00000000000000003',
  other: 'i-00000000000000004',
  far: 'i-00000000000000005',
} as const;

export function createFakeNetwork(): FakeNetwork {
  const subnetFacts = new Map<string, SubnetFacts>();
  const groupFacts = new Map<string, SecurityGroupFacts>();
  const instanceFacts = new Map<string, InstanceFacts>();
  const vpcFacts = new Map<string, { readonly id: string; readonly hasGateway: boolean; readonly defaultSecurityGroupId: string }>();
  const listeners = new Set<() => void>();
  const notes: string[] = [];
  const subnet = (id: string, zone: string, cidrBlock: string, freeAddresses = 251, vpcId = VPC): void => {
    subnetFacts.set(id, { id, vpcId, availabilityZone: `us-east-1${zone}`, cidrBlock, freeAddresses });
  };
  const group = (id: string, name: string, vpcId = VPC): void => {
    groupFacts.set(id, { id, vpcId, name, ingress: [], egress: [] });
  };
  const instance = (id: string, zone: string, state: InstanceState, privateIp: string, vpcId = VPC): void => {
    const availabilityZone = `us-east-1${zone}`;
    const subnetId = zone === 'b' ? SUBNETS.b : SUBNETS.a;
    instanceFacts.set(id, {
      id,
      vpcId,
      subnetId,
      availabilityZone,
      state,
      privateIp,
      securityGroupIds: [GROUPS.web],
      userData: '',
      tags: {},
    });
  };
  vpcFacts.set(VPC, { id: VPC, hasGateway: true, defaultSecurityGroupId: GROUPS.default });
  vpcFacts.set(OTHER_VPC, { id: OTHER_VPC, hasGateway: false, defaultSecurityGroupId: GROUPS.other });
  subnet(SUBNETS.a, 'a', '10.0.1.0/24');
  subnet(SUBNETS.b, 'b', '10.0.2.0/24');
  subnet(SUBNETS.a2, 'a', '10.0.3.0/24');
  subnet(SUBNETS.c, 'c', '10.0.4.0/24');
  subnet(SUBNETS.full, 'd', '10.0.5.0/24', 7);
  subnet(SUBNETS.small, 'e', '10.0.6.0/28', 11);
  subnet(SUBNETS.other, 'b', '10.9.0.0/24', 251, OTHER_VPC);
  group(GROUPS.default, 'default');
  group(GROUPS.web, 'web');
  group(GROUPS.more, 'more');
  group(GROUPS.other, 'default', OTHER_VPC);
  instance(INSTANCES.one, 'a', 'running', '10.0.1.10');
  instance(INSTANCES.two, 'b', 'running', '10.0.2.10');
  instance(INSTANCES.stopped, 'a', 'stopped', '10.0.1.11');
  instance(INSTANCES.other, 'b', 'running', '10.9.0.10', OTHER_VPC);
  instance(INSTANCES.far, 'c', 'running', '10.0.4.10');
  return {
    subnetFacts,
    groupFacts,
    instanceFacts,
    vpcFacts,
    notes,
    subnet: (id) => subnetFacts.get(id),
    subnets: () => [...subnetFacts.values()],
    vpc: (id) => vpcFacts.get(id),
    securityGroup: (id) => groupFacts.get(id),
    instance: (id) => instanceFacts.get(id),
    instances: () => [...instanceFacts.values()],
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    attachLoadBalancer: (lb) => notes.push(`attach ${lb.arn} ${lb.subnetIds.join(',')} ${lb.securityGroupIds.join(',')}`),
    updateLoadBalancer: (lb) => notes.push(`update ${lb.arn} ${lb.subnetIds.join(',')} ${lb.securityGroupIds.join(',')}`),
    detachLoadBalancer: (arn) => notes.push(`detach ${arn}`),
    setInstance(id, state) {
      const known = instanceFacts.get(id);
      if (state === 'gone') instanceFacts.delete(id);
      else if (known !== undefined) instanceFacts.set(id, { ...known, state });
      for (const listener of [...listeners]) listener();
    },
  };
}

export const CERTIFICATES = {
  site: 'arn:aws:iam::123456789012:server-certificate/site',
  second: 'arn:aws:iam::123456789012:server-certificate/second',
  /** Uploaded, but ELB sees it only 5 s after the start of the test clock. */
  fresh: 'arn:aws:iam::123456789012:server-certificate/fresh',
} as const;

export interface FakeCertificates extends CertificateView {
  readonly facts: Map<string, ServerCertificateFacts>;
}

/** `start`: the clock time (ms) the test begins at. */
export function createFakeCertificates(start: number): FakeCertificates {
  const facts = new Map<string, ServerCertificateFacts>();
  const put = (arn: string, visibleToElbAt: number): void => {
    const name = arn.slice(arn.lastIndexOf('/') + 1);
    facts.set(arn, { arn, name, body: '', chain: '', privateKey: '', visibleToElbAt });
  };
  put(CERTIFICATES.site, start);
  put(CERTIFICATES.second, start);
  put(CERTIFICATES.fresh, start + 5000);
  return { facts, serverCertificate: (arn) => facts.get(arn) };
}
