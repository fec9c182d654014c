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
  /** Who calls; absent where the sandbox calls itself. */
  readonly accessKey?: string;
  readonly requestId: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Running instances, for whoever runs commands on them. */
export interface Machines {
  /** Whether the sandbox knows what runs on it. */
  knows(instanceId: string): boolean;
  /** Runs the lines of a shell script; undefined when there is no such machine. */
  run(instanceId: string, lines: readonly string[]): Promise<{ readonly code: number; readonly stderr: string } | undefined>;
}

export type * from './network-types.ts';

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
  readonly ipAddressType?: 'ipv4' | 'dualstack' | 'dualstack-without-public-ipv4';
  readonly state: 'provisioning' | 'active' | 'active_impaired' | 'failed';
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** An action as the API takes it (`Type`, `ForwardConfig`, …), defaults filled in. */
export type ActionFacts = Readonly<Record<string, unknown>> & { readonly Type: string };

/** How a listener treats client certificates; absent means `off`. As AWS's MutualAuthenticationAttributes. */
export interface MutualAuthenticationFacts {
  readonly mode: 'off' | 'passthrough' | 'verify';
  /** With `verify` always, otherwise never. */
  readonly trustStoreArn?: string;
  readonly ignoreClientCertificateExpiry?: boolean;
  readonly advertiseTrustStoreCaNames?: 'on' | 'off';
}

/** One rewrite: of the first match of `Regex`, with `$1`-`$9` for what its groups caught. */
export interface RewriteFacts {
  readonly Regex: string;
  readonly Replace: string;
}

/** A rule's transform as the API takes it; the two configurations exclude each other. */
export interface TransformFacts {
  readonly Type: 'host-header-rewrite' | 'url-rewrite';
  readonly HostHeaderRewriteConfig?: { readonly Rewrites: readonly RewriteFacts[] };
  readonly UrlRewriteConfig?: { readonly Rewrites: readonly RewriteFacts[] };
}

/** What a trust store holds, for TLS: the CA bundle and the revocation lists, all PEM. */
export interface TrustStoreContent {
  readonly bundle: string;
  readonly revocations: readonly string[];
}

/** Objects that API calls name by bucket and key (trust store bundles, revocation lists); this is the sandbox's whole S3. */
export interface ObjectView {
  /** The newest version when none is named. */
  object(bucket: string, key: string, version?: string): Uint8Array | undefined;
  /** Keeps `content` and answers where it can be read, as a presigned address of S3; undefined while nothing serves it. */
  share(content: Uint8Array): string | undefined;
}

export interface ListenerFacts {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly port: number;
  readonly sslPolicy?: string;
  /** The default certificate first, then the SNI ones. */
  readonly certificateArns: readonly string[];
  readonly defaultActions: readonly ActionFacts[];
  readonly mutualAuthentication?: MutualAuthenticationFacts;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface RuleFacts {
  readonly arn: string;
  readonly listenerArn: string;
  readonly priority: number;
  readonly conditions: readonly Readonly<Record<string, unknown>>[];
  readonly actions: readonly ActionFacts[];
  /** At most one of each type; absent or empty means none. */
  readonly transforms?: readonly TransformFacts[];
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
  /** Of `ip` targets: the zone of its subnet, `all` for an address outside the VPC. */
  readonly availabilityZone?: string;
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
  /** What a trust store holds now. Told through `onChange` when it changes. */
  trustStore?(arn: string): TrustStoreContent | undefined;
  /** How many trust stores there are, in all accounts and regions. */
  trustStoreCount?(): number;
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
  /** A new trust store is CREATING this long (TrustStoreNotReady). Absent: 500. */
  readonly trustStoreCreating?: number;
  /** A capacity reservation is pending, or rebalancing, this long. Absent: 1000. */
  readonly capacityProvisioning?: number;
  /** Added to every API call before it is answered. */
  readonly callDelay: number;
}

/** One recorded API call, a line of JSON in the call log. Never holds a private key, secret or user data. */
export interface RecordedCall {
  readonly at: number;
  readonly service: string;
  readonly action: string;
  readonly region: string;
  readonly account: string;
  /** SHA-256 of the sorted parameters. */
  readonly paramsHash: string;
  readonly status: number;
  /** AWS error code when refused. */
  readonly code?: string;
  readonly ms: number;
}
