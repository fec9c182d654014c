/** What the server remembers: one `Store` per account and region, plain records, mutated only by the operations. */
import type { ActionFacts, MutualAuthenticationFacts, TargetHealth, TransformFacts } from '../types.ts';

export interface Tagged {
  readonly tags: Map<string, string>;
}

export interface LoadBalancerRecord extends Tagged {
  readonly arn: string;
  /** The last part of the ARN, as in the description of its network interfaces. */
  readonly id: string;
  readonly name: string;
  readonly dnsName: string;
  readonly scheme: 'internet-facing' | 'internal';
  readonly vpcId: string;
  /** Order of creation within the store. */
  readonly sequence: number;
  /** Clock times, ms. */
  readonly createdAt: number;
  readonly activeAt: number;
  ipAddressType: 'ipv4' | 'dualstack' | 'dualstack-without-public-ipv4';
  subnetIds: readonly string[];
  securityGroupIds: readonly string[];
  readonly attributes: Map<string, string>;
  readonly customerOwnedIpv4Pool?: string;
  ipv4IpamPoolId?: string;
  capacity?: CapacityRecord;
  /** Clock times (ms) of the requests that lowered the reserved capacity. */
  capacityDecreases: readonly number[];
}

export interface CapacityRecord {
  readonly units: number;
  /** Clock times, ms. */
  readonly modifiedAt: number;
  /** Pending, or rebalancing, until then. */
  readyAt: number;
  rebalancing: boolean;
}

export interface HealthCheck {
  enabled: boolean;
  /** Absent for lambda groups. */
  protocol?: 'HTTP' | 'HTTPS';
  port?: string;
  path: string;
  intervalSeconds: number;
  timeoutSeconds: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
  matcher: string;
}

export interface TargetRecord {
  readonly id: string;
  /** 0 for a Lambda function, which has none. */
  readonly port: number;
  readonly availabilityZone?: string;
  registeredAt: number;
  drainingUntil?: number;
  /** What the last real health check said; absent until one has. */
  health?: TargetHealth;
}

export interface TargetGroupRecord extends Tagged {
  readonly arn: string;
  readonly name: string;
  readonly sequence: number;
  readonly targetType: 'instance' | 'ip' | 'lambda';
  readonly protocol?: 'HTTP' | 'HTTPS';
  readonly protocolVersion?: 'HTTP1' | 'HTTP2' | 'GRPC';
  readonly port?: number;
  readonly vpcId?: string;
  readonly ipAddressType?: 'ipv4' | 'ipv6';
  readonly targetControlPort?: number;
  healthCheck: HealthCheck;
  readonly attributes: Map<string, string>;
  /** By `id|port`. */
  readonly targets: Map<string, TargetRecord>;
  /** Terminated instances that have left by themselves, by `id|port`: until when (clock, ms) they count as draining. */
  readonly departed: Map<string, number>;
  /** The load balancer whose listeners or rules forward here; a group serves one at most. */
  loadBalancerArn?: string;
}

/** An action as it is answered; the client secret is not kept, only that there is one. */
export interface ActionRecord {
  readonly facts: ActionFacts;
  readonly hasSecret: boolean;
  readonly targetGroupArns: readonly string[];
}

export interface RuleRecord extends Tagged {
  readonly arn: string;
  readonly listenerArn: string;
  /** Order of creation within the store. */
  readonly sequence: number;
  priority: number;
  conditions: readonly Readonly<Record<string, unknown>>[];
  actions: readonly ActionRecord[];
  transforms: readonly TransformFacts[];
}

export interface ListenerRecord extends Tagged {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly sequence: number;
  readonly defaultRuleArn: string;
  readonly defaultRuleTags: Map<string, string>;
  protocol: 'HTTP' | 'HTTPS';
  port: number;
  sslPolicy: string | undefined;
  defaultCertificateArn: string | undefined;
  /** Added for SNI; may hold the default one too. */
  extraCertificateArns: readonly string[];
  defaultActions: readonly ActionRecord[];
  /** `off` for HTTP listeners too, which are answered without it. */
  mutualAuthentication: MutualAuthenticationFacts;
  readonly attributes: Map<string, string>;
  /** Without the default rule. */
  readonly rules: Map<string, RuleRecord>;
}

export interface RevocationRecord {
  readonly id: number;
  readonly pem: string;
  readonly entries: number;
}

export interface TrustStoreRecord extends Tagged {
  readonly arn: string;
  readonly name: string;
  readonly sequence: number;
  /** Clock time, ms. */
  readonly activeAt: number;
  /** PEM, as it was in the bucket when it was taken over: ELB keeps a copy. */
  bundle: string;
  certificates: number;
  readonly revocations: Map<number, RevocationRecord>;
  nextRevocationId: number;
}

export interface Store {
  readonly account: string;
  readonly region: string;
  readonly loadBalancers: Map<string, LoadBalancerRecord>;
  readonly targetGroups: Map<string, TargetGroupRecord>;
  readonly listeners: Map<string, ListenerRecord>;
  readonly trustStores: Map<string, TrustStoreRecord>;
  nextSequence: number;
}

export function createStore(account: string, region: string): Store {
  return {
    account,
    region,
    loadBalancers: new Map(),
    targetGroups: new Map(),
    listeners: new Map(),
    trustStores: new Map(),
    nextSequence: 1,
  };
}

export function targetKey(id: string, port: number): string {
  return `${id}|${port}`;
}

/** Listeners of one load balancer, oldest first. */
export function listenersOf(store: Store, loadBalancerArn: string): ListenerRecord[] {
  const out: ListenerRecord[] = [];
  for (const listener of store.listeners.values()) if (listener.loadBalancerArn === loadBalancerArn) out.push(listener);
  return out;
}

/** Rules of a listener by priority, the default rule left out. */
export function rulesInOrder(listener: ListenerRecord): RuleRecord[] {
  return [...listener.rules.values()].sort((a, b) => a.priority - b.priority);
}

/** The rule and its listener. */
export function findRule(store: Store, arn: string): { readonly listener: ListenerRecord; readonly rule: RuleRecord } | undefined {
  for (const listener of store.listeners.values()) {
    const rule = listener.rules.get(arn);
    if (rule !== undefined) return { listener, rule };
  }
  return undefined;
}

/** Every action list of a load balancer: default actions and rules of all its listeners. */
export function actionListsOf(store: Store, loadBalancerArn: string): (readonly ActionRecord[])[] {
  const out: (readonly ActionRecord[])[] = [];
  for (const listener of listenersOf(store, loadBalancerArn)) {
    out.push(listener.defaultActions);
    for (const rule of listener.rules.values()) out.push(rule.actions);
  }
  return out;
}

/** Target groups that a load balancer's listeners and rules forward to. */
export function groupsUsedBy(store: Store, loadBalancerArn: string): Set<string> {
  const out = new Set<string>();
  for (const actions of actionListsOf(store, loadBalancerArn))
    for (const action of actions) for (const arn of action.targetGroupArns) out.add(arn);
  return out;
}

/**
 * Brings `loadBalancerArn` of every group up to date after listeners or rules changed. A group that comes into use, or goes
 * out of it, starts its health over: what was seen before says nothing any more.
 */
export function refreshAssociations(store: Store): void {
  const users = new Map<string, string>();
  for (const listener of store.listeners.values()) {
    const note = (actions: readonly ActionRecord[]): void => {
      for (const action of actions) for (const arn of action.targetGroupArns) users.set(arn, listener.loadBalancerArn);
    };
    note(listener.defaultActions);
    for (const rule of listener.rules.values()) note(rule.actions);
  }
  for (const group of store.targetGroups.values()) {
    const user = users.get(group.arn);
    if (user === group.loadBalancerArn) continue;
    for (const target of group.targets.values()) delete target.health;
    if (user === undefined) delete group.loadBalancerArn;
    else group.loadBalancerArn = user;
  }
}
