/**
 * Account quotas. Defaults: Application Load Balancers guide, "Quotas for your Application Load
 * Balancers"; names: API reference, "Limit".
 */
export interface Quotas {
  readonly loadBalancers: number;
  readonly listenersPerLoadBalancer: number;
  /** Beside the default certificates. */
  readonly certificatesPerLoadBalancer: number;
  /** Beside the default rules. */
  readonly rulesPerLoadBalancer: number;
  readonly targetGroups: number;
  readonly targetGroupsPerLoadBalancer: number;
  readonly targetGroupsPerAction: number;
  readonly targetsPerLoadBalancer: number;
  readonly targetsPerTargetGroup: number;
  /** How often one instance or address may be registered behind one load balancer. */
  readonly registrationsPerTargetId: number;
  readonly conditionValuesPerRule: number;
  readonly conditionWildcardsPerRule: number;
  readonly actionsPerRule: number;
  readonly securityGroupsPerLoadBalancer: number;
  readonly tagsPerResource: number;
  readonly trustStores: number;
  readonly certificatesPerTrustStore: number;
  readonly revocationsPerTrustStore: number;
  readonly revocationEntriesPerTrustStore: number;
  /** Listeners of one load balancer that verify client certificates. */
  readonly verifyingListenersPerLoadBalancer: number;
  readonly capacityUnitsPerLoadBalancer: number;
  /** AWS gives 0 until it is asked for more; here as if it had been asked. */
  readonly capacityUnitsPerRegion: number;
}

export const DEFAULT_QUOTAS: Quotas = {
  loadBalancers: 50,
  listenersPerLoadBalancer: 50,
  certificatesPerLoadBalancer: 25,
  rulesPerLoadBalancer: 100,
  targetGroups: 3000,
  targetGroupsPerLoadBalancer: 100,
  targetGroupsPerAction: 5,
  targetsPerLoadBalancer: 1000,
  targetsPerTargetGroup: 1000,
  registrationsPerTargetId: 1000,
  conditionValuesPerRule: 5,
  conditionWildcardsPerRule: 5,
  actionsPerRule: 5,
  securityGroupsPerLoadBalancer: 5,
  tagsPerResource: 50,
  trustStores: 20,
  certificatesPerTrustStore: 25,
  revocationsPerTrustStore: 30,
  revocationEntriesPerTrustStore: 500_000,
  verifyingListenersPerLoadBalancer: 2,
  capacityUnitsPerLoadBalancer: 15_000,
  capacityUnitsPerRegion: 15_000,
};

export function limitsOf(quotas: Quotas): { readonly Name: string; readonly Max: string }[] {
  const rows: [string, number][] = [
    ['application-load-balancers', quotas.loadBalancers],
    ['target-groups', quotas.targetGroups],
    ['targets-per-application-load-balancer', quotas.targetsPerLoadBalancer],
    ['listeners-per-application-load-balancer', quotas.listenersPerLoadBalancer],
    ['rules-per-application-load-balancer', quotas.rulesPerLoadBalancer],
    ['condition-values-per-alb-rule', quotas.conditionValuesPerRule],
    ['condition-wildcards-per-alb-rule', quotas.conditionWildcardsPerRule],
    ['target-groups-per-application-load-balancer', quotas.targetGroupsPerLoadBalancer],
    ['target-groups-per-action-on-application-load-balancer', quotas.targetGroupsPerAction],
    ['certificates-per-application-load-balancer', quotas.certificatesPerLoadBalancer],
    ['targets-per-target-group', quotas.targetsPerTargetGroup],
    ['target-id-registrations-per-application-load-balancer', quotas.registrationsPerTargetId],
    // Of the two other types, which are not served: AWS answers them all the same (defaults of their guides, "Quotas").
    ['network-load-balancers', 50],
    ['targets-per-network-load-balancer', 3000],
    ['targets-per-availability-zone-per-network-load-balancer', 500],
    ['listeners-per-network-load-balancer', 50],
    ['target-groups-per-action-on-network-load-balancer', 1],
    ['certificates-per-network-load-balancer', 25],
    ['gateway-load-balancers', 100],
    ['gateway-load-balancers-per-vpc', 100],
    ['geneve-target-groups', 100],
    ['targets-per-availability-zone-per-gateway-load-balancer', 300],
  ];
  return rows.map(([Name, max]) => ({ Name, Max: String(max) }));
}
