/**
 * What the parts of the sandbox promise one another. Interfaces only: the ELBv2 server (`elbv2/`), the ledger over moto
 * (`ledger.ts`), the data plane (`dataplane/`) and the instances know each other through this file and nothing else.
 * Nothing here, or anywhere in `sandbox/`, may import from `reconciler/`: the sandbox must be able to contradict it.
 */

/** Time as the sandbox sees it. Real in normal use; tests step it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once after `ms` of this clock's time; the answer cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** One request to an AWS query-protocol API, already parsed and attributed by the gateway. */
export interface ApiCall {
  readonly service: string;
  readonly action: string;
  /** The form body, flat, as the query protocol sends it: `Subnets.member.1` -> `subnet-…`. */
  readonly params: Readonly<Record<string, string>>;
  readonly region: string;
  readonly account: string;
  readonly requestId: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

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
  updateLoadBalancer(lb: { readonly arn: string; readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] }): void;
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

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';

export interface TargetHealth {
  readonly state: TargetState;
  readonly reason?: string;
  readonly description?: string;
}

/** What the data plane reads of the ELBv2 state. All lists are snapshots. */
export interface LoadBalancerFacts {
  readonly arn: string;
  readonly name: string;
  readonly dnsName: string;
  readonly scheme: 'internet-facing' | 'internal';
  readonly state: 'provisioning' | 'active' | 'active_impaired' | 'failed';
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** An action as the API takes it (`Type`, `ForwardConfig`, …), defaults filled in. */
export type ActionFacts = Readonly<Record<string, unknown>> & { readonly Type: string };

export interface ListenerFacts {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly port: number;
  readonly sslPolicy?: string;
  /** The default certificate first, then the SNI ones. */
  readonly certificateArns: readonly string[];
  readonly defaultActions: readonly ActionFacts[];
  readonly attributes: Readonly<Record<string, string>>;
}

export interface RuleFacts {
  readonly arn: string;
  readonly listenerArn: string;
  readonly priority: number;
  readonly conditions: readonly Readonly<Record<string, unknown>>[];
  readonly actions: readonly ActionFacts[];
}

export interface TargetGroupFacts {
  readonly arn: string;
  readonly name: string;
  readonly targetType: 'instance' | 'ip' | 'lambda';
  readonly protocol?: 'HTTP' | 'HTTPS';
  readonly protocolVersion?: 'HTTP1' | 'HTTP2' | 'GRPC';
  readonly port?: number;
  readonly vpcId?: string;
  readonly healthCheck: {
    readonly enabled: boolean;
    readonly protocol: 'HTTP' | 'HTTPS';
    /** `traffic-port` or a port number. */
    readonly port: string;
    readonly path: string;
    readonly intervalSeconds: number;
    readonly timeoutSeconds: number;
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
    /** `200`, `200,202` or `200-299` (HTTP); gRPC codes for GRPC groups. */
    readonly matcher: string;
  };
  readonly attributes: Readonly<Record<string, string>>;
  readonly targets: readonly TargetFacts[];
  /** Load balancers whose listeners or rules forward here. */
  readonly loadBalancerArns: readonly string[];
}

export interface TargetFacts {
  readonly id: string;
  readonly port: number;
  /** Clock time (ms) of registration: health starts over when it changes. */
  readonly registeredAt: number;
  /** Set while the target drains: clock time (ms) at which it leaves. */
  readonly drainingUntil?: number;
}

export interface Elbv2State {
  loadBalancers(): readonly LoadBalancerFacts[];
  listeners(): readonly ListenerFacts[];
  /** In priority order, without the default rules. */
  rules(listenerArn: string): readonly RuleFacts[];
  targetGroups(): readonly TargetGroupFacts[];
  /** ARNs of the load balancers with a listener that uses this certificate (default or SNI). */
  certificateUsers(certificateArn: string): readonly string[];
  onChange(listener: () => void): () => void;
  /** What real health checks saw; DescribeTargetHealth answers it. Ignored for targets that are draining or unknown. */
  reportHealth(targetGroupArn: string, targetId: string, port: number, health: TargetHealth): void;
}

/** Durations in milliseconds of the sandbox's own time. The defaults are short enough to work with, long enough to be noticed. */
export interface Timings {
  readonly loadBalancerProvisioning: number;
  readonly instancePending: number;
  readonly instanceStopping: number;
  readonly instanceShuttingDown: number;
  /** Interfaces of a deleted load balancer stay this long. */
  readonly interfaceLinger: number;
  /** A new server certificate is unknown to ELB this long (CertificateNotFound). */
  readonly certificateVisible: number;
  /** A detached certificate still answers DeleteConflict this long. */
  readonly certificateRelease: number;
  /** Added to every API call before it is answered. */
  readonly callDelay: number;
}

/** One recorded API call, a line of JSON in the call log. Never holds a private key, secret or user data. */
export interface RecordedCall {
  readonly at: number;
  readonly service: string;
  readonly action: string;
  readonly region: string;
  /** SHA-256 of the sorted parameters. */
  readonly paramsHash: string;
  readonly status: number;
  /** AWS error code when refused. */
  readonly code?: string;
  readonly ms: number;
}
