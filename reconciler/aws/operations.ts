/**
 * Every AWS call albedo makes. One row says all the rest of the code needs to know about it: what repeats it bears, which
 * codes mean "not yet" or "there already", how its pages are followed, which IAM action allows it.
 */
export interface Operation {
  readonly access: 'read' | 'write';
  /** IAM action, where it is not `<service>:<command>`. */
  readonly action?: string;
  /** Request and answer key of the page marker, and the list that pages share. */
  readonly pages?: { readonly send: string; readonly answer: string; readonly list: string };
  /**
   * After a lost answer: `safe` to send again (idempotent by content, token or state), or `look` first, since a second
   * call may make a second object (CreateVpc and CreateInternetGateway take no ClientToken: EC2 API idempotency guide).
   */
  readonly repeat: 'safe' | 'look';
  /** AWS codes that mean "not yet", and for how many seconds that is believed. */
  readonly settle?: Readonly<Record<string, number>>;
  /** The same, only when the call names something that this run has made. */
  readonly fresh?: Readonly<Record<string, number>>;
  /** AWS codes that say that the effect is there already: believed after a look (`looks.ts`). */
  readonly done?: readonly string[];
  /** The answer says when it was given, by AWS's clock (`ANSWERED_AT`). */
  readonly dated?: true;
  /** Calls under way at once, below the executor's width. */
  readonly width?: number;
}

const read: Operation = { access: 'read', repeat: 'safe' };
const write: Operation = { access: 'write', repeat: 'safe' };
const ec2Pages = (list: string): Operation => ({ ...read, pages: { send: 'NextToken', answer: 'NextToken', list } });
const elbPages = (list: string): Operation => ({ ...read, pages: { send: 'Marker', answer: 'NextMarker', list } });
/** Interfaces of a deleted load balancer linger for minutes (Terraform provider, waitForALBNetworkInterfacesToDetach). */
const lingering = { DependencyViolation: 600 };
/** An IAM certificate is unknown to ELB for a while (Terraform provider retries five minutes; its issue 2053). */
const newCertificate = { CertificateNotFound: 300, UnsupportedCertificate: 60 };

export const OPERATIONS = {
  'sts:GetCallerIdentity': read,
  // Finds what tags name; see `observe/find.ts`. IAM calls the service `tag`.
  'tagging:GetResources': {
    ...read,
    action: 'tag:GetResources',
    pages: { send: 'PaginationToken', answer: 'PaginationToken', list: 'ResourceTagMappingList' },
  },
  'ssm:GetParameter': { ...read, dated: true },
  'ssm:PutParameter': write,
  'ssm:DeleteParameter': write,
  // Commands on the machine of a target, for load tests. A second one does no harm: a machine refuses a fault while it has one.
  'ssm:DescribeInstanceInformation': { ...read, pages: { send: 'NextToken', answer: 'NextToken', list: 'InstanceInformationList' } },
  'ssm:SendCommand': write,
  'ssm:GetCommandInvocation': read,

  // What undoes a fault when nobody else does, and who may forbid one. A lost answer is no harm: the token is the caller's.
  'scheduler:CreateSchedule': write,
  'scheduler:DeleteSchedule': write,
  'fis:GetSafetyLever': read,
  'fis:CreateExperimentTemplate': write,
  'fis:DeleteExperimentTemplate': write,
  'fis:ListExperimentTemplates': { ...read, pages: { send: 'nextToken', answer: 'nextToken', list: 'experimentTemplates' } },
  'fis:StartExperiment': write,
  'fis:GetExperiment': read,
  'fis:ListExperiments': { ...read, pages: { send: 'nextToken', answer: 'nextToken', list: 'experiments' } },
  'fis:StopExperiment': write,

  'ec2:DescribeVpcs': ec2Pages('Vpcs'),
  'ec2:DescribeSubnets': ec2Pages('Subnets'),
  'ec2:DescribeInternetGateways': ec2Pages('InternetGateways'),
  'ec2:DescribeRouteTables': ec2Pages('RouteTables'),
  'ec2:DescribeSecurityGroups': ec2Pages('SecurityGroups'),
  'ec2:DescribeSecurityGroupRules': ec2Pages('SecurityGroupRules'),
  'ec2:DescribeManagedPrefixLists': ec2Pages('PrefixLists'),
  'ec2:DescribeImages': read,
  'ec2:DescribeKeyPairs': read,
  'ec2:DescribeAvailabilityZones': read,
  'ec2:DescribeInstanceTypeOfferings': ec2Pages('InstanceTypeOfferings'),
  'ec2:DescribeInstances': ec2Pages('Reservations'),
  'ec2:DescribeNetworkInterfaces': ec2Pages('NetworkInterfaces'),
  'ec2:CreateVpc': { ...write, repeat: 'look' },
  'ec2:DeleteVpc': { ...write, settle: lingering },
  // Associating takes seconds, up to ten minutes (Terraform provider, vpc.go); a block goes when the last subnet has let go of its part.
  'ec2:AssociateVpcCidrBlock': { ...write, repeat: 'safe' },
  'ec2:DisassociateVpcCidrBlock': {
    ...write,
    settle: { 'InvalidCidrBlock.InUse': 300 },
    done: ['InvalidVpcCidrBlockAssociationID.NotFound'],
  },
  'ec2:CreateSubnet': { ...write, repeat: 'look' },
  'ec2:AssociateSubnetCidrBlock': write,
  'ec2:DisassociateSubnetCidrBlock': { ...write, done: ['InvalidSubnetCidrBlockAssociationID.NotFound'] },
  'ec2:ModifySubnetAttribute': write,
  'ec2:DeleteSubnet': { ...write, settle: lingering },
  'ec2:CreateInternetGateway': { ...write, repeat: 'look' },
  'ec2:AttachInternetGateway': { ...write, done: ['Resource.AlreadyAssociated'] },
  // "Network vpc-… has some mapped public address(es)": Terraform provider, vpc_internet_gateway.go; up to 20 minutes seen.
  'ec2:DetachInternetGateway': { ...write, settle: { DependencyViolation: 1200 }, done: ['Gateway.NotAttached'] },
  'ec2:DeleteInternetGateway': { ...write, settle: { DependencyViolation: 300 } },
  'ec2:CreateRouteTable': write,
  'ec2:CreateRoute': { ...write, done: ['RouteAlreadyExists'] },
  'ec2:ReplaceRoute': write,
  'ec2:DeleteRoute': { ...write, done: ['InvalidRoute.NotFound'] },
  'ec2:AssociateRouteTable': { ...write, done: ['Resource.AlreadyAssociated'] },
  'ec2:ReplaceRouteTableAssociation': write,
  'ec2:DisassociateRouteTable': { ...write, done: ['InvalidAssociationID.NotFound'] },
  'ec2:DeleteRouteTable': { ...write, settle: lingering },
  'ec2:CreateSecurityGroup': { ...write, repeat: 'look' },
  'ec2:AuthorizeSecurityGroupIngress': { ...write, done: ['InvalidPermission.Duplicate'] },
  'ec2:RevokeSecurityGroupIngress': { ...write, done: ['InvalidPermission.NotFound', 'InvalidSecurityGroupRuleId.NotFound'] },
  'ec2:AuthorizeSecurityGroupEgress': { ...write, done: ['InvalidPermission.Duplicate'] },
  'ec2:RevokeSecurityGroupEgress': { ...write, done: ['InvalidPermission.NotFound', 'InvalidSecurityGroupRuleId.NotFound'] },
  'ec2:ModifySecurityGroupRules': write,
  'ec2:UpdateSecurityGroupRuleDescriptionsIngress': write,
  'ec2:UpdateSecurityGroupRuleDescriptionsEgress': write,
  'ec2:DeleteSecurityGroup': { ...write, settle: { ...lingering, 'InvalidGroup.InUse': 600 } },
  // The bucket of RunInstances is small: 5 calls, refilled at 2 a second (EC2 API throttling guide).
  'ec2:RunInstances': { ...write, width: 2, settle: { InsufficientInstanceCapacity: 60 }, fresh: { InvalidParameterValue: 120 } },
  'ec2:ModifyInstanceAttribute': write,
  'ec2:TerminateInstances': write,
  'ec2:StopInstances': write,
  'ec2:StartInstances': { ...write, settle: { IncorrectInstanceState: 300 } },
  'ec2:CreateTags': write,
  'ec2:DeleteTags': write,

  'iam:ListServerCertificates': { ...read, pages: { send: 'Marker', answer: 'Marker', list: 'ServerCertificateMetadataList' } },
  'iam:GetServerCertificate': read,
  'iam:SimulatePrincipalPolicy': { ...read, pages: { send: 'Marker', answer: 'Marker', list: 'EvaluationResults' } },
  'iam:UploadServerCertificate': { ...write, repeat: 'look' },
  // "Certificate: ASCA… is currently in use by …": Terraform provider, server_certificate.go, retries 15 minutes.
  'iam:DeleteServerCertificate': { ...write, settle: { DeleteConflict: 900 } },
  'iam:TagServerCertificate': write,
  'iam:UntagServerCertificate': write,

  'elbv2:DescribeLoadBalancers': elbPages('LoadBalancers'),
  'elbv2:DescribeLoadBalancerAttributes': read,
  'elbv2:DescribeTargetGroups': elbPages('TargetGroups'),
  'elbv2:DescribeTargetGroupAttributes': read,
  'elbv2:DescribeTargetHealth': read,
  'elbv2:DescribeListeners': elbPages('Listeners'),
  'elbv2:DescribeRules': elbPages('Rules'),
  'elbv2:DescribeTrustStores': elbPages('TrustStores'),
  'elbv2:DescribeTrustStoreRevocations': elbPages('TrustStoreRevocations'),
  'elbv2:DescribeTrustStoreAssociations': elbPages('TrustStoreAssociations'),
  'elbv2:DescribeListenerAttributes': read,
  'elbv2:DescribeListenerCertificates': elbPages('Certificates'),
  'elbv2:DescribeCapacityReservation': read,
  'elbv2:DescribeTags': read,
  'elbv2:DescribeAccountLimits': elbPages('Limits'),
  'elbv2:DescribeSSLPolicies': elbPages('SslPolicies'),
  // "VPC vpc-… has no internet gateway" right after one was attached: openshift/installer issue 1110.
  'elbv2:CreateLoadBalancer': { ...write, fresh: { InvalidSubnet: 60, InvalidSecurityGroup: 60 } },
  'elbv2:ModifyLoadBalancerAttributes': write,
  'elbv2:SetSubnets': { ...write, fresh: { InvalidSubnet: 60 } },
  'elbv2:SetSecurityGroups': { ...write, fresh: { InvalidSecurityGroup: 60 } },
  'elbv2:SetIpAddressType': write,
  'elbv2:DeleteLoadBalancer': write,
  'elbv2:CreateTargetGroup': write,
  'elbv2:ModifyTargetGroup': write,
  'elbv2:ModifyTargetGroupAttributes': write,
  // In use for a while after the listener or rule let go: Terraform provider retries two minutes.
  'elbv2:DeleteTargetGroup': { ...write, settle: { ResourceInUse: 120 } },
  // "not in a running state": Terraform provider, target_group_attachment.go, retries ten minutes.
  'elbv2:RegisterTargets': { ...write, fresh: { InvalidTarget: 600 }, width: 4 },
  'elbv2:DeregisterTargets': { ...write, width: 4 },
  'elbv2:CreateListener': { ...write, fresh: newCertificate },
  'elbv2:ModifyListener': { ...write, fresh: newCertificate },
  'elbv2:DeleteListener': write,
  // Not idempotent: the second call finds its own priority in use.
  'elbv2:CreateRule': { ...write, repeat: 'look' },
  'elbv2:ModifyRule': write,
  'elbv2:DeleteRule': write,
  'elbv2:SetRulePriorities': write,
  'elbv2:ModifyListenerAttributes': write,
  'elbv2:AddListenerCertificates': { ...write, fresh: newCertificate },
  'elbv2:RemoveListenerCertificates': write,
  'elbv2:ModifyIpPools': write,
  // "PriorRequestNotComplete" is throttling; capacity may be short for a while (ModifyCapacityReservation, errors).
  'elbv2:ModifyCapacityReservation': { ...write, settle: { InsufficientCapacity: 60 } },
  'elbv2:CreateTrustStore': { ...write, repeat: 'look' },
  'elbv2:ModifyTrustStore': write,
  'elbv2:AddTrustStoreRevocations': write,
  'elbv2:RemoveTrustStoreRevocations': { ...write, done: ['RevocationIdNotFound'] },
  'elbv2:DeleteTrustStore': { ...write, settle: { TrustStoreInUse: 120 } },
  'elbv2:AddTags': write,
  'elbv2:RemoveTags': write,
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof OPERATIONS;

export function operationOf(name: string): Operation {
  const operation: Operation | undefined = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name as OperationName] : undefined;
  if (operation === undefined) throw new Error(`no such operation: ${name}`);
  return operation;
}

/** Prefix of the IAM action of a service key: ELBv2 shares `elasticloadbalancing` with the classic one. */
const IAM_PREFIX: Readonly<Record<string, string>> = { elbv2: 'elasticloadbalancing' };

/** `elbv2:CreateListener` -> `elasticloadbalancing:CreateListener`. */
export function iamAction(name: string): string {
  const [service = '', command = ''] = name.split(':');
  return operationOf(name).action ?? `${IAM_PREFIX[service] ?? service}:${command}`;
}
