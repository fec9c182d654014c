import type { OPERATIONS, OperationName } from './operations.ts';

/**
 * What IAM checks each write against: types of ARNs, by how a policy can fence them. From the Service Authorization
 * Reference (August 2026); types that it names and these calls never touch (pools, launch templates) are left out.
 */
export interface Scope {
  /** Made by the call: fenced by the stack tag in the request. */
  readonly made?: readonly ArnType[];
  /** Changed by the call: fenced by the stack tag on it. */
  readonly ours?: readonly ArnType[];
  /** Pointed to by the call: fenced as ours, or named by its id where the spec does. */
  readonly used?: readonly ArnType[];
  /** No tag can fence it: fenced by its ARN, as far as that goes. */
  readonly any?: readonly ArnType[];
  /** What is tagged in the call, where it is not what the call is checked against. */
  readonly tagged?: readonly ArnType[];
}

type Writes = { [Name in OperationName]: (typeof OPERATIONS)[Name]['access'] extends 'write' ? Name : never }[OperationName];

export type ArnType =
  | 'vpc'
  | 'subnet'
  | 'internet-gateway'
  | 'route-table'
  | 'security-group'
  | 'security-group-rule'
  | 'instance'
  | 'volume'
  | 'network-interface'
  | 'image'
  | 'key-pair'
  | 'server-certificate'
  | 'given-certificate'
  | 'lock'
  | 'shell-document'
  | 'schedule'
  | 'safety-lever'
  | 'fis-action'
  | 'experiment-template'
  | 'experiment'
  | 'parameter'
  | 'loadbalancer'
  | 'targetgroup'
  | 'listener'
  | 'listener-rule'
  | 'truststore';

const rules: Scope = { ours: ['security-group'] };
const balancer: Scope = { ours: ['loadbalancer'] };
const group: Scope = { ours: ['targetgroup'] };
const listener: Scope = { ours: ['listener'] };
const rule: Scope = { ours: ['listener-rule'] };
const store: Scope = { ours: ['truststore'] };
const instance: Scope = { ours: ['instance'] };
const certificate: Scope = { any: ['server-certificate'] };
const EC2 = ['vpc', 'subnet', 'internet-gateway', 'route-table', 'security-group', 'instance', 'volume', 'network-interface'] as const;
const ELB = ['loadbalancer', 'targetgroup', 'listener', 'listener-rule', 'truststore'] as const;

export const SCOPES: Readonly<Record<Writes, Scope>> = {
  'ssm:PutParameter': { any: ['lock'], tagged: ['lock'] },
  'ssm:DeleteParameter': { any: ['lock'] },
  // Schedules have no tags: their names begin with the stack.
  'scheduler:CreateSchedule': { any: ['schedule'] },
  'scheduler:DeleteSchedule': { any: ['schedule'] },
  'fis:CreateExperimentTemplate': { made: ['experiment-template'], any: ['fis-action'] },
  'fis:DeleteExperimentTemplate': { ours: ['experiment-template'] },
  'fis:StartExperiment': { made: ['experiment'], ours: ['experiment-template'] },
  'fis:StopExperiment': { ours: ['experiment'] },
  'ssm:SendCommand': { ours: ['instance'], any: ['shell-document'] },

  'ec2:CreateVpc': { made: ['vpc'] },
  'ec2:DeleteVpc': { ours: ['vpc'] },
  'ec2:AssociateVpcCidrBlock': { ours: ['vpc'] },
  'ec2:DisassociateVpcCidrBlock': { ours: ['vpc'] },
  'ec2:AssociateSubnetCidrBlock': { ours: ['subnet'] },
  'ec2:DisassociateSubnetCidrBlock': { ours: ['subnet'] },
  'ec2:CreateSubnet': { made: ['subnet'], used: ['vpc'] },
  'ec2:ModifySubnetAttribute': { ours: ['subnet'] },
  'ec2:DeleteSubnet': { ours: ['subnet'] },
  'ec2:CreateInternetGateway': { made: ['internet-gateway'] },
  'ec2:AttachInternetGateway': { ours: ['internet-gateway'], used: ['vpc'] },
  'ec2:DetachInternetGateway': { ours: ['internet-gateway'], used: ['vpc'] },
  'ec2:DeleteInternetGateway': { ours: ['internet-gateway'] },
  'ec2:CreateRouteTable': { made: ['route-table'], used: ['vpc'] },
  'ec2:CreateRoute': { ours: ['route-table'] },
  'ec2:ReplaceRoute': { ours: ['route-table'] },
  'ec2:DeleteRoute': { ours: ['route-table'] },
  'ec2:AssociateRouteTable': { ours: ['route-table'], used: ['subnet'] },
  'ec2:ReplaceRouteTableAssociation': { ours: ['route-table'], used: ['subnet'] },
  'ec2:DisassociateRouteTable': { ours: ['route-table'], used: ['subnet'] },
  'ec2:DeleteRouteTable': { ours: ['route-table'] },
  'ec2:CreateSecurityGroup': { made: ['security-group'], used: ['vpc'] },
  'ec2:AuthorizeSecurityGroupIngress': rules,
  'ec2:RevokeSecurityGroupIngress': rules,
  'ec2:AuthorizeSecurityGroupEgress': rules,
  'ec2:RevokeSecurityGroupEgress': rules,
  'ec2:ModifySecurityGroupRules': { ours: ['security-group'], any: ['security-group-rule'] },
  'ec2:UpdateSecurityGroupRuleDescriptionsIngress': rules,
  'ec2:UpdateSecurityGroupRuleDescriptionsEgress': rules,
  'ec2:DeleteSecurityGroup': rules,
  'ec2:RunInstances': { made: ['instance', 'volume', 'network-interface'], used: ['security-group', 'subnet'], any: ['image', 'key-pair'] },
  'ec2:ModifyInstanceAttribute': { ours: ['instance'], used: ['security-group'] },
  'ec2:TerminateInstances': instance,
  'ec2:StopInstances': instance,
  'ec2:StartInstances': instance,
  'ec2:CreateTags': { ours: EC2 },
  'ec2:DeleteTags': { ours: EC2 },

  // No key of IAM's reaches the tags of a certificate: the path, which holds region and stack, is the fence.
  'iam:UploadServerCertificate': { ...certificate, tagged: ['server-certificate'] },
  'iam:DeleteServerCertificate': certificate,
  'iam:TagServerCertificate': certificate,
  'iam:UntagServerCertificate': certificate,

  'elbv2:CreateLoadBalancer': { made: ['loadbalancer'] },
  'elbv2:ModifyLoadBalancerAttributes': balancer,
  'elbv2:SetSubnets': balancer,
  'elbv2:SetSecurityGroups': balancer,
  'elbv2:SetIpAddressType': balancer,
  'elbv2:ModifyIpPools': balancer,
  'elbv2:ModifyCapacityReservation': balancer,
  'elbv2:DeleteLoadBalancer': balancer,
  'elbv2:CreateTargetGroup': { made: ['targetgroup'] },
  'elbv2:ModifyTargetGroup': group,
  'elbv2:ModifyTargetGroupAttributes': group,
  'elbv2:DeleteTargetGroup': group,
  'elbv2:RegisterTargets': group,
  'elbv2:DeregisterTargets': group,
  // Checked against what the new one belongs to.
  'elbv2:CreateListener': { ...balancer, tagged: ['listener'] },
  'elbv2:ModifyListener': listener,
  'elbv2:DeleteListener': listener,
  'elbv2:ModifyListenerAttributes': listener,
  'elbv2:AddListenerCertificates': listener,
  'elbv2:RemoveListenerCertificates': listener,
  'elbv2:CreateRule': { used: ['listener'], tagged: ['listener-rule'] },
  'elbv2:ModifyRule': rule,
  'elbv2:DeleteRule': rule,
  // The one call of the service that knows no condition on tags.
  'elbv2:SetRulePriorities': { any: ['listener-rule'] },
  'elbv2:CreateTrustStore': { made: ['truststore'] },
  'elbv2:ModifyTrustStore': store,
  'elbv2:AddTrustStoreRevocations': store,
  'elbv2:RemoveTrustStoreRevocations': store,
  'elbv2:DeleteTrustStore': store,
  'elbv2:AddTags': { ours: ELB },
  'elbv2:RemoveTags': { ours: ELB },
};

/** Reads that IAM checks against an ARN; all others know none, and a policy must say `*`. */
export const READ_SCOPES: Readonly<Partial<Record<OperationName, Scope>>> = {
  'iam:GetServerCertificate': { any: ['server-certificate', 'given-certificate'] },
  'ssm:GetParameter': { any: ['lock', 'parameter'] },
  'fis:GetSafetyLever': { any: ['safety-lever'] },
  'fis:GetExperiment': { ours: ['experiment'] },
};

/** Calls that anybody may make who has credentials (STS API reference): no policy names them. */
export const FREE: ReadonlySet<string> = new Set(['sts:GetCallerIdentity'] satisfies OperationName[]);

/** The permission that a call also needs if it sets tags (tagging while creating: EC2, ELB, IAM, SSM and FIS guides). */
export const TAGGED_BY: Readonly<Record<string, string>> = {
  ec2: 'ec2:CreateTags',
  elbv2: 'elasticloadbalancing:AddTags',
  iam: 'iam:TagServerCertificate',
  ssm: 'ssm:AddTagsToResource',
  fis: 'fis:TagResource',
};
