/**
 * AWS behind the `Cloud` port, as small as the tutorial's stack allows: objects in memory, the dependency errors that AWS
 * answers, no time and no data plane. Written from the API references and not from albedo's tables, so that a wrong row
 * shows. It refuses where AWS would make a caller wait, so that a plan in the wrong order fails instead of getting slow.
 */

import { classify } from '../../reconciler/aws/classify.ts';
import { CloudError } from '../../reconciler/errors.ts';
import type { Json } from '../../reconciler/plan/types.ts';
import type { Cloud } from '../../reconciler/port.ts';

// biome-ignore lint/suspicious/noExplicitAny: wire objects, read and changed the way the API describes them
type Wire = any;

export interface TinyAws extends Cloud {
  readonly calls: { readonly op: string; readonly input: Wire }[];
  readonly objects: Map<string, Wire>;
  /** Runs after every write. */
  onWrite: (op: string) => void;
  all(type: string): Wire[];
}

const REGION = 'us-east-1';
const ACCOUNT = '123456789012';
const ELB = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:`;

const LOAD_BALANCER_ATTRIBUTES = {
  'idle_timeout.timeout_seconds': '60', 'client_keep_alive.seconds': '3600', 'deletion_protection.enabled': 'false', 'routing.http2.enabled': 'true',
  'routing.http.drop_invalid_header_fields.enabled': 'false', 'routing.http.preserve_host_header.enabled': 'false', 'routing.http.desync_mitigation_mode': 'defensive',
  'routing.http.xff_header_processing.mode': 'append', 'routing.http.xff_client_port.enabled': 'false', 'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
  'waf.fail_open.enabled': 'false', 'access_logs.s3.enabled': 'false', 'access_logs.s3.bucket': '',
};
const TARGET_GROUP_ATTRIBUTES = {
  'stickiness.enabled': 'false', 'stickiness.type': 'lb_cookie', 'stickiness.lb_cookie.duration_seconds': '86400', 'stickiness.app_cookie.cookie_name': '',
  'stickiness.app_cookie.duration_seconds': '86400', 'deregistration_delay.timeout_seconds': '300', 'slow_start.duration_seconds': '0', 'load_balancing.algorithm.type': 'round_robin',
};

const LISTENER_ATTRIBUTES = { 'routing.http.response.server.enabled': 'true' };

export function tinyAws(): TinyAws {
  const objects = new Map<string, Wire>();
  const calls: { op: string; input: Wire }[] = [];
  let count = 0;
  const all = (type: string): Wire[] => [...objects.values()].filter((object) => object.type === type);
  const refuse = (code: string, message = code): never => {
    throw new CloudError('tiny', code, classify(code, 400), message);
  };
  const add = (type: string, id: string, wire: Wire): Wire => {
    objects.set(id, { type, id, ...wire });
    return objects.get(id);
  };
  const need = (id: string, code: string): Wire => objects.get(id) ?? refuse(code, `${code} ${id}`);
  const hex = (prefix: string): string => `${prefix}-${(++count).toString(16).padStart(17, '0')}`;
  const specTags = (input: Wire): Wire[] => input.TagSpecifications?.[0]?.Tags ?? [];
  const match = (object: Wire, filters: Wire[] = []): boolean =>
    filters.every(({ Name, Values }: Wire) => {
      if (Name.startsWith('tag:')) return Values.includes(object.Tags.find((tag: Wire) => tag.Key === Name.slice(4))?.Value);
      if (Name === 'instance-state-name') return Values.includes(object.State.Name);
      return refuse('InvalidParameterValue', `filter ${Name}`);
    });
  const select = (type: string, input: Wire, ids: string): Wire[] => all(type).filter((object) => match(object, input.Filters) && (input[ids] === undefined || input[ids].includes(object.id)));
  const bare = ({ type: _type, id: _id, ...wire }: Wire): Wire => structuredClone(wire);
  const range = (cidr: string): [number, number] => {
    const [address = '', size = ''] = cidr.split('/');
    const base = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
    return [base, base + 2 ** (32 - Number(size))];
  };
  const addTags = (object: Wire, tags: Wire[]): void => {
    for (const tag of tags) object.Tags = [...object.Tags.filter((other: Wire) => other.Key !== tag.Key), tag];
  };
  const dropTags = (object: Wire, keys: string[]): void => {
    object.Tags = object.Tags.filter((tag: Wire) => !keys.includes(tag.Key));
  };
  const rules = (permissions: Wire[]): string[] =>
    permissions.flatMap((entry) => [...(entry.IpRanges ?? []), ...(entry.UserIdGroupPairs ?? [])].map((peer: Wire) => JSON.stringify([entry.IpProtocol, entry.FromPort ?? null, entry.ToPort ?? null, peer.CidrIp ?? peer.GroupId])));
  const authorize = (list: string) => (input: Wire): Wire => {
    const group = need(input.GroupId, 'InvalidGroup.NotFound');
    for (const entry of input.IpPermissions) for (const pair of entry.UserIdGroupPairs ?? []) need(pair.GroupId, 'InvalidGroup.NotFound');
    if (rules(input.IpPermissions).some((rule) => rules(group[list]).includes(rule))) refuse('InvalidPermission.Duplicate');
    group[list].push(...structuredClone(input.IpPermissions));
    return {};
  };
  const revoke = (list: string) => (input: Wire): Wire => {
    const group = need(input.GroupId, 'InvalidGroup.NotFound');
    for (const rule of rules(input.IpPermissions)) {
      if (!rules(group[list]).includes(rule)) refuse('InvalidPermission.NotFound');
      group[list] = group[list].filter((entry: Wire) => !rules([entry]).includes(rule));
    }
    return {};
  };
  const listenerOf = (listener: Wire, input: Wire): void => {
    for (const key of ['Protocol', 'Port', 'SslPolicy', 'Certificates', 'DefaultActions']) if (input[key] !== undefined) listener[key] = structuredClone(input[key]);
    if (listener.Protocol === 'HTTP') for (const key of ['SslPolicy', 'Certificates']) delete listener[key];
    if (listener.Protocol === 'HTTPS') listener.SslPolicy ??= 'ELBSecurityPolicy-2016-08';
    if (listener.Protocol === 'HTTPS' && listener.Certificates === undefined) refuse('CertificateNotFound', 'A certificate must be specified for HTTPS listeners');
    for (const { CertificateArn } of listener.Certificates ?? []) if (!all('certificate').some((other) => other.Arn === CertificateArn)) refuse('CertificateNotFound');
    for (const action of listener.DefaultActions) {
      if (action.TargetGroupArn === undefined) continue;
      need(action.TargetGroupArn, 'TargetGroupNotFound');
      if (all('listener').some((other) => other.LoadBalancerArn !== listener.LoadBalancerArn && uses(other, action.TargetGroupArn))) refuse('TargetGroupAssociationLimit');
      action.ForwardConfig = { TargetGroups: [{ TargetGroupArn: action.TargetGroupArn, Weight: 1 }], TargetGroupStickinessConfig: { Enabled: false } };
    }
    if (all('listener').some((other) => other !== listener && other.LoadBalancerArn === listener.LoadBalancerArn && other.Port === listener.Port)) refuse('DuplicateListener');
  };
  const uses = (object: Wire, group: string): boolean => (object.DefaultActions ?? object.Actions).some((action: Wire) => action.TargetGroupArn === group);
  const describe = (list: string) => (input: Wire): Wire => {
    const group = need(input.GroupId, 'InvalidGroup.NotFound');
    for (const entry of input.IpPermissions) {
      const [rule = ''] = rules([entry]);
      if (!rules(group[list]).includes(rule)) refuse('InvalidPermission.NotFound');
      group[list] = group[list].map((other: Wire) => (rules([other]).includes(rule) ? structuredClone(entry) : other));
    }
    return {};
  };
  const attributes = (object: Wire, list: Wire[]): Wire => {
    for (const { Key, Value } of list) {
      if (!(Key in object.attributes)) refuse('ValidationError', `Attribute key '${Key}' is not recognized`);
      if (typeof Value !== 'string') refuse('ValidationError', 'not a text');
      object.attributes[Key] = Value;
    }
    return { Attributes: list };
  };
  const zones = (ids: string[]): Wire[] => {
    const found = ids.map((id) => need(id, 'SubnetNotFound'));
    if (new Set(found.map((subnet) => subnet.AvailabilityZone)).size !== found.length) refuse('InvalidConfigurationRequest', 'two subnets in one zone');
    if (found.length < 2) refuse('ValidationError', 'At least two subnets in two different Availability Zones must be specified');
    return found.map((subnet) => ({ SubnetId: subnet.id, ZoneName: subnet.AvailabilityZone }));
  };
  const remove = (id: string): Wire => {
    objects.delete(id);
    return {};
  };
  const targetKey = (target: Wire): string => `${target.Id}:${target.Port}`;

  const OPERATIONS: { [op: string]: (input: Wire) => Wire } = {
    'sts:GetCallerIdentity': () => ({ Account: ACCOUNT }),
    'ssm:GetParameter': () => ({ Parameter: { Value: 'ami-0123456789abcdef0' } }),

    'ec2:DescribeVpcs': (input) => ({ Vpcs: select('vpc', input, 'VpcIds').map(bare) }),
    'ec2:DescribeSubnets': (input) => ({ Subnets: select('subnet', input, 'SubnetIds').map(bare) }),
    'ec2:DescribeInternetGateways': (input) => ({ InternetGateways: select('gateway', input, 'InternetGatewayIds').map(bare) }),
    'ec2:DescribeRouteTables': (input) => ({ RouteTables: select('table', input, 'RouteTableIds').map(bare) }),
    'ec2:DescribeSecurityGroups': (input) => ({ SecurityGroups: select('group', input, 'GroupIds').map(bare) }),
    'ec2:DescribeInstances': (input) => ({ Reservations: select('instance', input, 'InstanceIds').map((object) => ({ Instances: [bare(object)] })) }),
    'ec2:DescribeNetworkInterfaces': () => ({ NetworkInterfaces: [] }),
    'ec2:CreateVpc': (input) => {
      const id = hex('vpc');
      return { Vpc: bare(add('vpc', id, { VpcId: id, CidrBlock: input.CidrBlock, Tags: specTags(input) })) };
    },
    'ec2:DeleteVpc': ({ VpcId }) => {
      need(VpcId, 'InvalidVpcID.NotFound');
      if (['subnet', 'group', 'table'].some((type) => all(type).some((object) => object.VpcId === VpcId)) || all('gateway').some((object) => object.Attachments[0]?.VpcId === VpcId)) refuse('DependencyViolation', `${VpcId} has dependencies`);
      return remove(VpcId);
    },
    'ec2:CreateSubnet': (input) => {
      const vpc = need(input.VpcId, 'InvalidVpcID.NotFound');
      const [from, to] = range(input.CidrBlock);
      const [first, last] = range(vpc.CidrBlock);
      if (from < first || to > last) refuse('InvalidSubnet.Range');
      for (const other of all('subnet').filter((subnet) => subnet.VpcId === input.VpcId)) {
        const [start, end] = range(other.CidrBlock);
        if (from < end && start < to) refuse('InvalidSubnet.Conflict', `${input.CidrBlock} conflicts with ${other.CidrBlock}`);
      }
      const id = hex('subnet');
      return { Subnet: bare(add('subnet', id, { SubnetId: id, VpcId: input.VpcId, CidrBlock: input.CidrBlock, AvailabilityZone: input.AvailabilityZone, MapPublicIpOnLaunch: false, Tags: specTags(input) })) };
    },
    'ec2:ModifySubnetAttribute': (input) => {
      need(input.SubnetId, 'InvalidSubnetID.NotFound').MapPublicIpOnLaunch = input.MapPublicIpOnLaunch.Value;
      return {};
    },
    'ec2:DeleteSubnet': ({ SubnetId }) => {
      need(SubnetId, 'InvalidSubnetID.NotFound');
      if (all('instance').some((object) => object.SubnetId === SubnetId && object.State.Name !== 'terminated') || all('balancer').some((object) => object.AvailabilityZones.some((zone: Wire) => zone.SubnetId === SubnetId))) refuse('DependencyViolation', `${SubnetId} has dependencies`);
      for (const table of all('table')) table.Associations = table.Associations.filter((entry: Wire) => entry.SubnetId !== SubnetId);
      return remove(SubnetId);
    },
    'ec2:CreateInternetGateway': (input) => {
      const id = hex('igw');
      return { InternetGateway: bare(add('gateway', id, { InternetGatewayId: id, Attachments: [], Tags: specTags(input) })) };
    },
    'ec2:AttachInternetGateway': (input) => {
      need(input.VpcId, 'InvalidVpcID.NotFound');
      const gateway = need(input.InternetGatewayId, 'InvalidInternetGatewayID.NotFound');
      if (all('gateway').some((other) => other.Attachments[0]?.VpcId === input.VpcId)) refuse('InvalidParameterValue', 'the VPC has a gateway already');
      gateway.Attachments = [{ State: 'available', VpcId: input.VpcId }];
      return {};
    },
    'ec2:DetachInternetGateway': (input) => {
      const gateway = need(input.InternetGatewayId, 'InvalidInternetGatewayID.NotFound');
      if (gateway.Attachments[0]?.VpcId !== input.VpcId) refuse('Gateway.NotAttached');
      const inside = (id: string) => objects.get(id)?.VpcId === input.VpcId;
      if (all('instance').some((object) => object.State.Name === 'running' && inside(object.SubnetId)) || all('balancer').some((object) => object.VpcId === input.VpcId)) refuse('DependencyViolation', 'some mapped public addresses');
      gateway.Attachments = [];
      return {};
    },
    'ec2:DeleteInternetGateway': (input) => {
      if (need(input.InternetGatewayId, 'InvalidInternetGatewayID.NotFound').Attachments.length > 0) refuse('DependencyViolation');
      for (const table of all('table')) table.Routes = table.Routes.filter((route: Wire) => route.GatewayId !== input.InternetGatewayId);
      return remove(input.InternetGatewayId);
    },
    'ec2:CreateRouteTable': (input) => {
      const vpc = need(input.VpcId, 'InvalidVpcID.NotFound');
      const id = hex('rtb');
      return { RouteTable: bare(add('table', id, { RouteTableId: id, VpcId: input.VpcId, Routes: [{ DestinationCidrBlock: vpc.CidrBlock, GatewayId: 'local' }], Associations: [], Tags: specTags(input) })) };
    },
    'ec2:CreateRoute': (input) => {
      const table = need(input.RouteTableId, 'InvalidRouteTableID.NotFound');
      const gateway = need(input.GatewayId, 'InvalidInternetGatewayID.NotFound');
      if (gateway.Attachments[0]?.VpcId !== table.VpcId) refuse('InvalidParameterValue', 'route table and gateway belong to different networks');
      if (table.Routes.some((route: Wire) => route.DestinationCidrBlock === input.DestinationCidrBlock)) refuse('RouteAlreadyExists');
      table.Routes.push({ DestinationCidrBlock: input.DestinationCidrBlock, GatewayId: input.GatewayId });
      return {};
    },
    'ec2:ReplaceRoute': (input) => {
      const route = need(input.RouteTableId, 'InvalidRouteTableID.NotFound').Routes.find((entry: Wire) => entry.DestinationCidrBlock === input.DestinationCidrBlock) ?? refuse('InvalidRoute.NotFound');
      need(input.GatewayId, 'InvalidInternetGatewayID.NotFound');
      route.GatewayId = input.GatewayId;
      return {};
    },
    'ec2:DeleteRoute': (input) => {
      const table = need(input.RouteTableId, 'InvalidRouteTableID.NotFound');
      if (Object.keys(input).some((key) => !['RouteTableId', 'DestinationCidrBlock'].includes(key))) refuse('UnknownParameter');
      if (!table.Routes.some((route: Wire) => route.DestinationCidrBlock === input.DestinationCidrBlock)) refuse('InvalidRoute.NotFound');
      table.Routes = table.Routes.filter((route: Wire) => route.DestinationCidrBlock !== input.DestinationCidrBlock);
      return {};
    },
    'ec2:AssociateRouteTable': (input) => {
      const table = need(input.RouteTableId, 'InvalidRouteTableID.NotFound');
      need(input.SubnetId, 'InvalidSubnetID.NotFound');
      if (all('table').some((other) => other.Associations.some((entry: Wire) => entry.SubnetId === input.SubnetId))) refuse('Resource.AlreadyAssociated');
      table.Associations.push({ RouteTableAssociationId: hex('rtbassoc'), RouteTableId: table.id, SubnetId: input.SubnetId });
      return {};
    },
    'ec2:DisassociateRouteTable': ({ AssociationId }) => {
      const table = all('table').find((other) => other.Associations.some((entry: Wire) => entry.RouteTableAssociationId === AssociationId)) ?? refuse('InvalidAssociationID.NotFound');
      table.Associations = table.Associations.filter((entry: Wire) => entry.RouteTableAssociationId !== AssociationId);
      return {};
    },
    'ec2:DeleteRouteTable': ({ RouteTableId }) => {
      if (need(RouteTableId, 'InvalidRouteTableID.NotFound').Associations.length > 0) refuse('DependencyViolation', `${RouteTableId} has associations`);
      return remove(RouteTableId);
    },
    'ec2:CreateSecurityGroup': (input) => {
      need(input.VpcId, 'InvalidVpcID.NotFound');
      if (all('group').some((other) => other.VpcId === input.VpcId && other.GroupName === input.GroupName)) refuse('InvalidGroup.Duplicate');
      const id = hex('sg');
      add('group', id, { GroupId: id, GroupName: input.GroupName, Description: input.Description, VpcId: input.VpcId, IpPermissions: [], IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }], Tags: specTags(input) });
      return { GroupId: id, Tags: specTags(input) };
    },
    'ec2:AuthorizeSecurityGroupIngress': authorize('IpPermissions'),
    'ec2:AuthorizeSecurityGroupEgress': authorize('IpPermissionsEgress'),
    'ec2:RevokeSecurityGroupIngress': revoke('IpPermissions'),
    'ec2:RevokeSecurityGroupEgress': revoke('IpPermissionsEgress'),
    'ec2:UpdateSecurityGroupRuleDescriptionsIngress': describe('IpPermissions'),
    'ec2:UpdateSecurityGroupRuleDescriptionsEgress': describe('IpPermissionsEgress'),
    'ec2:DeleteSecurityGroup': ({ GroupId }) => {
      need(GroupId, 'InvalidGroup.NotFound');
      const pairs = (group: Wire): Wire[] => [...group.IpPermissions, ...group.IpPermissionsEgress].flatMap((entry: Wire) => entry.UserIdGroupPairs ?? []);
      if (
        all('instance').some((object) => object.State.Name !== 'terminated' && object.SecurityGroups.some((entry: Wire) => entry.GroupId === GroupId)) ||
        all('balancer').some((object) => object.SecurityGroups.includes(GroupId)) ||
        all('group').some((other) => other.id !== GroupId && pairs(other).some((pair) => pair.GroupId === GroupId))
      ) refuse('DependencyViolation', `${GroupId} has a dependent object`);
      return remove(GroupId);
    },
    'ec2:RunInstances': (input) => {
      const subnet = need(input.SubnetId, 'InvalidSubnetID.NotFound');
      for (const group of input.SecurityGroupIds) if (need(group, 'InvalidGroup.NotFound').VpcId !== subnet.VpcId) refuse('InvalidParameter', 'group and subnet belong to different networks');
      if (!/^ami-/.test(input.ImageId)) refuse('InvalidAMIID.Malformed');
      const id = hex('i');
      const object = add('instance', id, { InstanceId: id, InstanceType: input.InstanceType, ImageId: input.ImageId, SubnetId: input.SubnetId, KeyName: input.KeyName, SecurityGroups: input.SecurityGroupIds.map((GroupId: string) => ({ GroupId })), State: { Name: 'running' }, Placement: { AvailabilityZone: subnet.AvailabilityZone }, Tags: specTags(input) });
      return { Instances: [bare(object)] };
    },
    'ec2:ModifyInstanceAttribute': (input) => {
      for (const group of input.Groups) need(group, 'InvalidGroup.NotFound');
      need(input.InstanceId, 'InvalidInstanceID.NotFound').SecurityGroups = input.Groups.map((GroupId: string) => ({ GroupId }));
      return {};
    },
    'ec2:TerminateInstances': ({ InstanceIds }) => {
      for (const id of InstanceIds) need(id, 'InvalidInstanceID.NotFound').State = { Name: 'terminated' };
      return {};
    },
    'ec2:CreateTags': ({ Resources, Tags }) => {
      for (const id of Resources) addTags(need(id, 'InvalidID'), Tags);
      return {};
    },
    'ec2:DeleteTags': ({ Resources, Tags }) => {
      for (const id of Resources) dropTags(need(id, 'InvalidID'), Tags.map((tag: Wire) => tag.Key));
      return {};
    },

    'iam:ListServerCertificates': ({ PathPrefix }) => ({ ServerCertificateMetadataList: all('certificate').filter((object) => object.Path.startsWith(PathPrefix)).map(({ ServerCertificateName, Arn, Path }) => ({ ServerCertificateName, Arn, Path })) }),
    'iam:GetServerCertificate': ({ ServerCertificateName }) => {
      const object = need(`cert:${ServerCertificateName}`, 'NoSuchEntity');
      return { ServerCertificate: { ServerCertificateMetadata: { ServerCertificateName, Arn: object.Arn, Path: object.Path }, CertificateBody: object.body, Tags: object.Tags } };
    },
    'iam:UploadServerCertificate': (input) => {
      const id = `cert:${input.ServerCertificateName}`;
      if (objects.has(id)) refuse('EntityAlreadyExists');
      const object = add('certificate', id, { ServerCertificateName: input.ServerCertificateName, Path: input.Path, Arn: `arn:aws:iam::${ACCOUNT}:server-certificate${input.Path}${input.ServerCertificateName}`, body: input.CertificateBody, Tags: input.Tags });
      return { ServerCertificateMetadata: { ServerCertificateName: object.ServerCertificateName, Arn: object.Arn, Path: object.Path } };
    },
    'iam:DeleteServerCertificate': ({ ServerCertificateName }) => {
      const object = need(`cert:${ServerCertificateName}`, 'NoSuchEntity');
      if (all('listener').some((listener) => listener.Certificates?.some((entry: Wire) => entry.CertificateArn === object.Arn))) refuse('DeleteConflict');
      return remove(object.id);
    },
    'iam:TagServerCertificate': ({ ServerCertificateName, Tags }) => {
      addTags(need(`cert:${ServerCertificateName}`, 'NoSuchEntity'), Tags);
      return {};
    },
    'iam:UntagServerCertificate': ({ ServerCertificateName, TagKeys }) => {
      dropTags(need(`cert:${ServerCertificateName}`, 'NoSuchEntity'), TagKeys);
      return {};
    },

    'elbv2:DescribeLoadBalancers': ({ LoadBalancerArns }) => ({ LoadBalancers: all('balancer').filter((object) => LoadBalancerArns?.includes(object.id) ?? true).map(({ attributes: _a, Tags: _t, ...rest }) => bare(rest)) }),
    'elbv2:DescribeTargetGroups': () => ({ TargetGroups: all('targets').map(({ attributes: _a, Tags: _t, members: _m, ...rest }) => bare(rest)) }),
    'elbv2:DescribeListeners': ({ LoadBalancerArn }) => ({ Listeners: all('listener').filter((object) => object.LoadBalancerArn === need(LoadBalancerArn, 'LoadBalancerNotFound').id).map(({ Tags: _t, attributes: _a, ...rest }) => bare(rest)) }),
    'elbv2:DescribeTags': ({ ResourceArns }) => {
      if (ResourceArns.length > 20) refuse('ValidationError', 'at most 20 ARNs');
      return { TagDescriptions: ResourceArns.map((ResourceArn: string) => ({ ResourceArn, Tags: need(ResourceArn, 'LoadBalancerNotFound').Tags })) };
    },
    'elbv2:DescribeLoadBalancerAttributes': ({ LoadBalancerArn }) => ({ Attributes: Object.entries(need(LoadBalancerArn, 'LoadBalancerNotFound').attributes).map(([Key, Value]) => ({ Key, Value })) }),
    'elbv2:DescribeTargetGroupAttributes': ({ TargetGroupArn }) => ({ Attributes: Object.entries(need(TargetGroupArn, 'TargetGroupNotFound').attributes).map(([Key, Value]) => ({ Key, Value })) }),
    'elbv2:DescribeTargetHealth': ({ TargetGroupArn }) => ({ TargetHealthDescriptions: need(TargetGroupArn, 'TargetGroupNotFound').members.map((Target: Wire) => ({ Target, HealthCheckPort: String(Target.Port), TargetHealth: { State: 'healthy' } })) }),
    'elbv2:CreateLoadBalancer': (input) => {
      if (all('balancer').some((other) => other.LoadBalancerName === input.Name)) refuse('DuplicateLoadBalancerName');
      const AvailabilityZones = zones(input.Subnets);
      const { VpcId } = objects.get(input.Subnets[0]);
      for (const group of input.SecurityGroups) need(group, 'InvalidSecurityGroup');
      if (input.Scheme === 'internet-facing' && !all('gateway').some((gateway) => gateway.Attachments[0]?.VpcId === VpcId)) refuse('InvalidSubnet', `VPC ${VpcId} has no internet gateway`);
      const id = `${ELB}loadbalancer/app/${input.Name}/${(++count).toString(16).padStart(16, '0')}`;
      const object = add('balancer', id, { LoadBalancerArn: id, LoadBalancerName: input.Name, Scheme: input.Scheme, IpAddressType: input.IpAddressType, AvailabilityZones, VpcId, SecurityGroups: input.SecurityGroups, Type: 'application', DNSName: `${input.Name}-${count}.${REGION}.elb.amazonaws.com`, State: { Code: 'active' }, attributes: { ...LOAD_BALANCER_ATTRIBUTES }, Tags: input.Tags });
      const { attributes: _a, Tags: _t, ...rest } = object;
      return { LoadBalancers: [bare(rest)] };
    },
    'elbv2:ModifyLoadBalancerAttributes': (input) => attributes(need(input.LoadBalancerArn, 'LoadBalancerNotFound'), input.Attributes),
    'elbv2:SetSubnets': (input) => {
      need(input.LoadBalancerArn, 'LoadBalancerNotFound').AvailabilityZones = zones(input.Subnets);
      return {};
    },
    'elbv2:SetSecurityGroups': (input) => {
      for (const group of input.SecurityGroups) need(group, 'InvalidSecurityGroup');
      need(input.LoadBalancerArn, 'LoadBalancerNotFound').SecurityGroups = input.SecurityGroups;
      return {};
    },
    'elbv2:SetIpAddressType': (input) => {
      need(input.LoadBalancerArn, 'LoadBalancerNotFound').IpAddressType = input.IpAddressType;
      return {};
    },
    'elbv2:DeleteLoadBalancer': ({ LoadBalancerArn }) => {
      if (need(LoadBalancerArn, 'LoadBalancerNotFound').attributes['deletion_protection.enabled'] === 'true') refuse('OperationNotPermitted', 'deletion protection is enabled');
      for (const listener of all('listener').filter((object) => object.LoadBalancerArn === LoadBalancerArn)) {
        for (const rule of all('rule').filter((object) => object.ListenerArn === listener.id)) remove(rule.id);
        remove(listener.id);
      }
      return remove(LoadBalancerArn);
    },
    'elbv2:CreateTargetGroup': (input) => {
      need(input.VpcId, 'ValidationError');
      if (all('targets').some((other) => other.TargetGroupName === input.Name)) refuse('DuplicateTargetGroupName');
      const id = `${ELB}targetgroup/${input.Name}/${(++count).toString(16).padStart(16, '0')}`;
      const { Name, Tags, ...rest } = input;
      add('targets', id, { TargetGroupArn: id, TargetGroupName: Name, ...structuredClone(rest), attributes: { ...TARGET_GROUP_ATTRIBUTES }, members: [], Tags });
      return { TargetGroups: [{ TargetGroupArn: id, TargetGroupName: Name }] };
    },
    'elbv2:ModifyTargetGroup': ({ TargetGroupArn, ...rest }) => {
      const group = need(TargetGroupArn, 'TargetGroupNotFound');
      Object.assign(group, structuredClone(rest));
      if (group.HealthCheckTimeoutSeconds >= group.HealthCheckIntervalSeconds) refuse('ValidationError', 'Health check interval must be greater than the timeout.');
      return {};
    },
    'elbv2:ModifyTargetGroupAttributes': (input) => attributes(need(input.TargetGroupArn, 'TargetGroupNotFound'), input.Attributes),
    'elbv2:DeleteTargetGroup': ({ TargetGroupArn }) => {
      need(TargetGroupArn, 'TargetGroupNotFound');
      if ([...all('listener'), ...all('rule')].some((object) => uses(object, TargetGroupArn))) refuse('ResourceInUse', `${TargetGroupArn} is in use`);
      return remove(TargetGroupArn);
    },
    'elbv2:RegisterTargets': ({ TargetGroupArn, Targets }) => {
      const group = need(TargetGroupArn, 'TargetGroupNotFound');
      for (const target of Targets) {
        if (objects.get(target.Id)?.State.Name !== 'running') refuse('InvalidTarget', `${target.Id} is not in a running state`);
        if (objects.get(objects.get(target.Id).SubnetId)?.VpcId !== group.VpcId) refuse('InvalidTarget', 'in another VPC');
        if (!group.members.some((member: Wire) => targetKey(member) === targetKey(target))) group.members.push({ Id: target.Id, Port: target.Port });
      }
      return {};
    },
    'elbv2:DeregisterTargets': ({ TargetGroupArn, Targets }) => {
      const group = need(TargetGroupArn, 'TargetGroupNotFound');
      group.members = group.members.filter((member: Wire) => !Targets.some((target: Wire) => targetKey(target) === targetKey(member)));
      return {};
    },
    'elbv2:CreateListener': (input) => {
      need(input.LoadBalancerArn, 'LoadBalancerNotFound');
      const id = `${ELB}listener/app/${input.LoadBalancerArn.split('/').slice(-2).join('/')}/${(++count).toString(16).padStart(16, '0')}`;
      const listener: Wire = { type: 'listener', id, ListenerArn: id, LoadBalancerArn: input.LoadBalancerArn, attributes: { ...LISTENER_ATTRIBUTES }, Tags: input.Tags };
      listenerOf(listener, input);
      objects.set(id, listener);
      return { Listeners: [bare(listener)] };
    },
    'elbv2:ModifyListener': (input) => {
      listenerOf(need(input.ListenerArn, 'ListenerNotFound'), input);
      return {};
    },
    'elbv2:DeleteListener': ({ ListenerArn }) => {
      need(ListenerArn, 'ListenerNotFound');
      for (const rule of all('rule').filter((object) => object.ListenerArn === ListenerArn)) remove(rule.id);
      return remove(ListenerArn);
    },
    'elbv2:DescribeTrustStores': () => ({ TrustStores: [] }),
    'elbv2:DescribeListenerAttributes': ({ ListenerArn }) => ({ Attributes: Object.entries(need(ListenerArn, 'ListenerNotFound').attributes).map(([Key, Value]) => ({ Key, Value })) }),
    'elbv2:DescribeRules': ({ ListenerArn }) => ({
      Rules: [
        { RuleArn: `${need(ListenerArn, 'ListenerNotFound').id}/default`, Priority: 'default', IsDefault: true, Conditions: [], Actions: [] },
        ...all('rule').filter((object) => object.ListenerArn === ListenerArn).map(({ ListenerArn: _l, Tags: _t, ...rest }) => ({ ...bare(rest), IsDefault: false })),
      ],
    }),
    'elbv2:CreateRule': (input) => {
      need(input.ListenerArn, 'ListenerNotFound');
      if (all('rule').some((rule) => rule.ListenerArn === input.ListenerArn && rule.Priority === String(input.Priority))) refuse('PriorityInUse');
      for (const { TargetGroupArn } of input.Actions) if (TargetGroupArn !== undefined) need(TargetGroupArn, 'TargetGroupNotFound');
      const id = `${input.ListenerArn.replace(':listener/', ':listener-rule/')}/${(++count).toString(16).padStart(16, '0')}`;
      const object = add('rule', id, { RuleArn: id, ListenerArn: input.ListenerArn, Priority: String(input.Priority), Conditions: input.Conditions, Actions: input.Actions, Transforms: input.Transforms ?? [], Tags: input.Tags });
      const { ListenerArn: _l, Tags: _t, ...rest } = object;
      return { Rules: [bare(rest)] };
    },
    'elbv2:ModifyRule': ({ RuleArn, ResetTransforms, ...rest }) => {
      Object.assign(need(RuleArn, 'RuleNotFound'), structuredClone(rest), ResetTransforms ? { Transforms: [] } : {});
      return {};
    },
    'elbv2:SetRulePriorities': ({ RulePriorities }) => {
      for (const { RuleArn, Priority } of RulePriorities) need(RuleArn, 'RuleNotFound').Priority = String(Priority);
      const places = all('rule').map((rule) => `${rule.ListenerArn} ${rule.Priority}`);
      if (new Set(places).size !== places.length) refuse('PriorityInUse');
      return {};
    },
    'elbv2:DeleteRule': ({ RuleArn }) => {
      need(RuleArn, 'RuleNotFound');
      return remove(RuleArn);
    },
    'elbv2:ModifyListenerAttributes': (input) => attributes(need(input.ListenerArn, 'ListenerNotFound'), input.Attributes),
    'elbv2:AddTags': ({ ResourceArns, Tags }) => {
      for (const arn of ResourceArns) addTags(need(arn, 'LoadBalancerNotFound'), Tags);
      return {};
    },
    'elbv2:RemoveTags': ({ ResourceArns, TagKeys }) => {
      for (const arn of ResourceArns) dropTags(need(arn, 'LoadBalancerNotFound'), TagKeys);
      return {};
    },
  };

  const aws: TinyAws = {
    calls, objects, all, onWrite: () => {},
    call: async (op, input) => {
      calls.push({ op, input });
      const before = JSON.stringify(input);
      if (before.includes('$ref') || before.includes('$material')) throw new Error(`${op} was sent a placeholder: ${before}`);
      const answer: Json = OPERATIONS[op]?.(structuredClone(input)) ?? refuse('InvalidAction', op);
      if (!/:(Describe|List|Get)/.test(op)) aws.onWrite(op);
      return structuredClone(answer);
    },
  };
  return aws;
}
