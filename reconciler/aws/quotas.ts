/** Refusals since there is no more to be had: which quota it is, as the Service Quotas console calls it, its value, how to raise it; or AWS itself has no more. */

import type { Json } from '../model/json.ts';
import { valueAt, valuesAt } from '../model/paths.ts';
import type { Cloud } from '../run/port.ts';

interface Quota {
  /** As the console has it (ELB, VPC, EC2 and IAM user guides, "Quotas"). */
  readonly name: string;
  readonly service: string;
  /** Its name in DescribeAccountLimits (ELBv2 API reference, Limit), which tells the account's own value. */
  readonly limit?: string;
  /** Cannot be raised. */
  readonly fixed?: true;
}

const ELB = 'Elastic Load Balancing (ELB)';
const VPC = 'Amazon Virtual Private Cloud (Amazon VPC)';
const EC2 = 'Amazon Elastic Compute Cloud (Amazon EC2)';

/** By AWS code: errors of each call in the ELBv2 API reference, "Error codes" of the EC2 API reference. */
const QUOTAS: Readonly<Record<string, Quota>> = {
  TooManyLoadBalancers: { name: 'Application Load Balancers per Region', service: ELB, limit: 'application-load-balancers' },
  TooManyListeners: { name: 'Listeners per Application Load Balancer', service: ELB, limit: 'listeners-per-application-load-balancer' },
  TooManyRules: { name: 'Rules per Application Load Balancer', service: ELB, limit: 'rules-per-application-load-balancer' },
  TooManyCertificates: {
    name: 'Certificates per Application Load Balancer',
    service: ELB,
    limit: 'certificates-per-application-load-balancer',
  },
  TooManyTargetGroups: { name: 'Target Groups per Region', service: ELB, limit: 'target-groups' },
  TooManyUniqueTargetGroupsPerLoadBalancer: {
    name: 'Target Groups per Application Load Balancer',
    service: ELB,
    limit: 'target-groups-per-application-load-balancer',
    fixed: true,
  },
  TooManyActions: {
    name: 'Target Groups per Action per Application Load Balancer',
    service: ELB,
    limit: 'target-groups-per-action-on-application-load-balancer',
    fixed: true,
  },
  TooManyTargets: { name: 'Targets per Target Group per Region', service: ELB, limit: 'targets-per-target-group' },
  TooManyRegistrationsForTargetId: {
    name: 'Number of times a target can be registered per Application Load Balancer',
    service: ELB,
    limit: 'target-id-registrations-per-application-load-balancer',
  },
  TooManyTrustStores: { name: 'Trust Stores per Account', service: ELB },
  TooManyTrustStoreRevocationEntries: { name: 'Revocation Entries per Trust Store', service: ELB },
  TooManyTags: { name: 'Tags per resource', service: ELB, fixed: true },
  CapacityUnitsLimitExceeded: { name: 'Reserved Application Load Balancer Capacity Units (LCU) per Region', service: ELB },
  VpcLimitExceeded: { name: 'VPCs per Region', service: VPC },
  SubnetLimitExceeded: { name: 'Subnets per VPC', service: VPC },
  InternetGatewayLimitExceeded: { name: 'Internet gateways per Region', service: VPC },
  RouteTableLimitExceeded: { name: 'Route tables per VPC', service: VPC },
  RouteLimitExceeded: { name: 'Routes per route table', service: VPC },
  SecurityGroupLimitExceeded: { name: 'VPC security groups per Region', service: VPC },
  RulesPerSecurityGroupLimitExceeded: { name: 'Inbound or outbound rules per security group', service: VPC },
  SecurityGroupsPerInterfaceLimitExceeded: { name: 'Security groups per network interface', service: VPC },
  NetworkInterfaceLimitExceeded: { name: 'Network interfaces per Region', service: VPC },
  VcpuLimitExceeded: { name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances', service: EC2 },
  InstanceLimitExceeded: { name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances', service: EC2 },
};

/** IAM's `LimitExceeded` says which: "Cannot exceed quota for ServerCertificatesPerAccount: 20". */
const IAM = /^Cannot exceed quota for (\w+): (\d+)/;

/** What a refusal at a quota means and what to do; undefined for any other refusal. Asks AWS for the value, and does without where it may not. */
export async function quotaHint(code: string, message: string, cloud: Cloud): Promise<string | undefined> {
  // EC2 API reference, "Server error codes".
  if (/^Insufficient\w*Capacity$/.test(code))
    return 'AWS has no such capacity in this zone at the moment: choose another instance type or a subnet in another zone, or wait.';
  const iam = code === 'LimitExceeded' ? IAM.exec(message) : null;
  const named = iam?.[1]?.replace(/([a-z])(?=[A-Z])/g, '$1 ').toLowerCase();
  const known: Quota | undefined = Object.hasOwn(QUOTAS, code) ? QUOTAS[code] : undefined;
  const quota: Quota | undefined =
    known ??
    (named !== undefined
      ? { name: named, service: 'AWS Identity and Access Management (IAM)' }
      : /^TooMany[A-Z]|LimitExceeded$/.test(code) && !/^Request|Throttl|TooManyRequests/.test(code)
        ? { name: code.replace(/^TooMany|LimitExceeded$/g, ''), service: 'the service' }
        : undefined);
  if (quota === undefined) return undefined;
  const value = (await ownValue(quota, cloud)) ?? iam?.[2] ?? /\b(\d+)\.?$/.exec(message)?.[1];
  const how =
    quota.fixed === true
      ? 'This quota cannot be raised: make the spec smaller.'
      : `Request an increase in the Service Quotas console (${quota.service}), delete what you do not need, or make the spec smaller.`;
  return `The quota is “${quota.name}” of ${quota.service}${value === undefined ? '' : `, ${value} in this account and region`}. ${how}`;
}

async function ownValue({ limit }: Quota, cloud: Cloud): Promise<string | undefined> {
  if (limit === undefined) return undefined;
  try {
    const limits = valuesAt(await cloud.call('elbv2:DescribeAccountLimits', {}, { once: true }), 'Limits[]');
    const own = limits.find((one: Json) => valueAt(one, 'Name') === limit);
    return own === undefined ? undefined : String(valueAt(own, 'Max'));
  } catch {
    // The message may have it.
    return undefined;
  }
}
