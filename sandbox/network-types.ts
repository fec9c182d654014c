/** The EC2 and certificate side as the other parts of the sandbox see it: a part of `types.ts`, which exports all of this. */

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

export interface SubnetFacts {
  readonly id: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
  readonly cidrBlock: string;
  /** Addresses AWS would still hand out (five of each subnet are reserved). */
  readonly freeAddresses: number;
  /** The IPv6 block, when the subnet has one: `dualstack` load balancers need it in every subnet. */
  readonly ipv6CidrBlock?: string;
  /** The Outpost it is on. */
  readonly outpostArn?: string;
}

export interface SecurityGroupRule {
  /** `tcp`, `udp`, `icmp` or `-1` for all. */
  readonly protocol: string;
  /** Inclusive; absent for protocol `-1`. */
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly cidrs: readonly string[];
  readonly sourceGroupIds: readonly string[];
}

export interface SecurityGroupFacts {
  readonly id: string;
  readonly vpcId: string;
  readonly name: string;
  readonly ingress: readonly SecurityGroupRule[];
  readonly egress: readonly SecurityGroupRule[];
}

export interface InstanceFacts {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly state: InstanceState;
  readonly privateIp: string;
  readonly securityGroupIds: readonly string[];
  /** Decoded user data, empty when none was given. */
  readonly userData: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The EC2 side as the ELBv2 server and the data plane see it. Answers come from a mirror: no call costs a round trip. */
export interface NetworkView {
  subnet(id: string): SubnetFacts | undefined;
  /** All subnets. ELB decides by them whether an `ip` target lies in the VPC; without this call that check is skipped. */
  subnets?(): readonly SubnetFacts[];
  /** `hasGateway`: an internet gateway is attached. `defaultSecurityGroupId`: what a load balancer without groups gets. */
  vpc(id: string): { readonly id: string; readonly hasGateway: boolean; readonly defaultSecurityGroupId: string } | undefined;
  securityGroup(id: string): SecurityGroupFacts | undefined;
  instance(id: string): InstanceFacts | undefined;
  instances(): readonly InstanceFacts[];
  /** Told after any change to what the calls above answer. The answer unsubscribes. */
  onChange(listener: () => void): () => void;
  /** One interface per subnet, description `ELB app/<name>/<id>`, requester amazon-elb. */
  attachLoadBalancer(lb: {
    readonly arn: string;
    readonly name: string;
    readonly id: string;
    readonly subnetIds: readonly string[];
    readonly securityGroupIds: readonly string[];
    /** Interfaces of an internet-facing one (also when absent) hold a public address, which keeps the gateway attached. */
    readonly scheme?: 'internet-facing' | 'internal';
  }): void;
  /** The same load balancer with other subnets or groups. */
  updateLoadBalancer(lb: {
    readonly arn: string;
    readonly subnetIds: readonly string[];
    readonly securityGroupIds: readonly string[];
  }): void;
  /** Interfaces linger for the configured time after this. */
  detachLoadBalancer(arn: string): void;
}

export interface ServerCertificateFacts {
  readonly arn: string;
  readonly name: string;
  readonly body: string;
  readonly chain: string;
  readonly privateKey: string;
  /** Clock time (ms) from which ELB sees it; before that ELB answers CertificateNotFound. */
  readonly visibleToElbAt: number;
}

export interface CertificateView {
  serverCertificate(arn: string): ServerCertificateFacts | undefined;
}
