/** Load balancers and target groups of a tiny AWS. ELBv2 API reference. */

import { ACCOUNT, balancersOf, type Operations, REGION, type Store, setAttributes, uses, type Wire } from './tiny-store.ts';

const ELB = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:`;
const LOAD_BALANCER_ATTRIBUTES = {
  'idle_timeout.timeout_seconds': '60',
  'client_keep_alive.seconds': '3600',
  'deletion_protection.enabled': 'false',
  'routing.http2.enabled': 'true',
  'routing.http.drop_invalid_header_fields.enabled': 'false',
  'routing.http.preserve_host_header.enabled': 'false',
  'routing.http.desync_mitigation_mode': 'defensive',
  'routing.http.xff_header_processing.mode': 'append',
  'routing.http.xff_client_port.enabled': 'false',
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
  'waf.fail_open.enabled': 'false',
  'access_logs.s3.enabled': 'false',
  'access_logs.s3.bucket': '',
};
const TARGET_GROUP_ATTRIBUTES = {
  'stickiness.enabled': 'false',
  'stickiness.type': 'lb_cookie',
  'stickiness.lb_cookie.duration_seconds': '86400',
  'stickiness.app_cookie.cookie_name': '',
  'stickiness.app_cookie.duration_seconds': '86400',
  'deregistration_delay.timeout_seconds': '300',
  'slow_start.duration_seconds': '0',
  'load_balancing.algorithm.type': 'round_robin',
};

export function balancerOperations(store: Store): Operations {
  const { objects, all, add, need, remove, refuse, next, bare, addTags, dropTags } = store;
  const zones = (ids: string[]): Wire[] => {
    const found = ids.map((id) => need(id, 'SubnetNotFound'));
    if (new Set(found.map((subnet) => subnet.AvailabilityZone)).size !== found.length)
      refuse('InvalidConfigurationRequest', 'two subnets in one zone');
    if (found.length < 2) refuse('ValidationError', 'At least two subnets in two different Availability Zones must be specified');
    return found.map((subnet) => ({ SubnetId: subnet.id, ZoneName: subnet.AvailabilityZone }));
  };
  const targetKey = (target: Wire): string => `${target.Id}:${target.Port}`;

  return {
    'elbv2:DescribeLoadBalancers': ({ LoadBalancerArns }) => ({
      LoadBalancers: all('balancer')
        .filter((object) => LoadBalancerArns?.includes(object.id) ?? true)
        .map(({ attributes: _a, Tags: _t, ...rest }) => bare(rest)),
    }),
    'elbv2:DescribeTargetGroups': ({ TargetGroupArns }) => ({
      TargetGroups: all('targets')
        .filter((object) => TargetGroupArns?.includes(object.id) ?? true)
        .map(({ attributes: _a, Tags: _t, members: _m, health: _h, ...rest }) => ({
          ...bare(rest),
          LoadBalancerArns: balancersOf(store, rest.TargetGroupArn),
        })),
    }),
    'elbv2:DescribeTags': ({ ResourceArns }) => {
      if (ResourceArns.length > 20) refuse('ValidationError', 'at most 20 ARNs');
      return {
        TagDescriptions: ResourceArns.map((ResourceArn: string) => ({ ResourceArn, Tags: need(ResourceArn, 'LoadBalancerNotFound').Tags })),
      };
    },
    'elbv2:DescribeLoadBalancerAttributes': ({ LoadBalancerArn }) => ({
      Attributes: Object.entries(need(LoadBalancerArn, 'LoadBalancerNotFound').attributes).map(([Key, Value]) => ({ Key, Value })),
    }),
    'elbv2:DescribeTargetGroupAttributes': ({ TargetGroupArn }) => ({
      Attributes: Object.entries(need(TargetGroupArn, 'TargetGroupNotFound').attributes).map(([Key, Value]) => ({ Key, Value })),
    }),
    // Nothing is checked behind no listener (Target.NotInUse); in use, the second look finds a target healthy.
    'elbv2:DescribeTargetHealth': ({ TargetGroupArn, Targets }) => {
      const group = need(TargetGroupArn, 'TargetGroupNotFound');
      if (balancersOf(store, TargetGroupArn).length === 0) group.health = {};
      const stateOf = (target: Wire): string => {
        const key = targetKey(target);
        if (!group.members.some((member: Wire) => targetKey(member) === key) || balancersOf(store, TargetGroupArn).length === 0)
          return 'unused';
        const state = group.health[key] === undefined ? 'initial' : 'healthy';
        group.health[key] = state;
        return state;
      };
      return {
        TargetHealthDescriptions: (Targets ?? group.members).map((Target: Wire) => ({
          Target,
          HealthCheckPort: String(Target.Port),
          TargetHealth: { State: stateOf(Target) },
        })),
      };
    },
    'elbv2:CreateLoadBalancer': (input) => {
      if (all('balancer').some((other) => other.LoadBalancerName === input.Name)) refuse('DuplicateLoadBalancerName');
      const AvailabilityZones = zones(input.Subnets);
      const { VpcId } = objects.get(input.Subnets[0]);
      for (const group of input.SecurityGroups) need(group, 'InvalidSecurityGroup');
      if (input.Scheme === 'internet-facing' && !all('gateway').some((gateway) => gateway.Attachments[0]?.VpcId === VpcId))
        refuse('InvalidSubnet', `VPC ${VpcId} has no internet gateway`);
      const id = `${ELB}loadbalancer/app/${input.Name}/${next(16)}`;
      const object = add('balancer', id, {
        LoadBalancerArn: id,
        LoadBalancerName: input.Name,
        Scheme: input.Scheme,
        IpAddressType: input.IpAddressType,
        AvailabilityZones,
        VpcId,
        SecurityGroups: input.SecurityGroups,
        Type: 'application',
        DNSName: `${input.Name}-${objects.size}.${REGION}.elb.amazonaws.com`,
        State: { Code: 'active' },
        attributes: { ...LOAD_BALANCER_ATTRIBUTES },
        Tags: input.Tags,
      });
      const { attributes: _a, Tags: _t, ...rest } = object;
      return { LoadBalancers: [bare(rest)] };
    },
    'elbv2:ModifyLoadBalancerAttributes': (input) =>
      setAttributes(store, need(input.LoadBalancerArn, 'LoadBalancerNotFound'), input.Attributes),
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
      if (need(LoadBalancerArn, 'LoadBalancerNotFound').attributes['deletion_protection.enabled'] === 'true')
        refuse('OperationNotPermitted', 'deletion protection is enabled');
      for (const listener of all('listener').filter((object) => object.LoadBalancerArn === LoadBalancerArn)) {
        for (const rule of all('rule').filter((object) => object.ListenerArn === listener.id)) remove(rule.id);
        remove(listener.id);
      }
      return remove(LoadBalancerArn);
    },
    'elbv2:CreateTargetGroup': (input) => {
      need(input.VpcId, 'ValidationError');
      if (all('targets').some((other) => other.TargetGroupName === input.Name)) refuse('DuplicateTargetGroupName');
      const id = `${ELB}targetgroup/${input.Name}/${next(16)}`;
      const { Name, Tags, ...rest } = input;
      add('targets', id, {
        TargetGroupArn: id,
        TargetGroupName: Name,
        ...structuredClone(rest),
        attributes: { ...TARGET_GROUP_ATTRIBUTES },
        members: [],
        health: {},
        Tags,
      });
      return { TargetGroups: [{ TargetGroupArn: id, TargetGroupName: Name }] };
    },
    'elbv2:ModifyTargetGroup': ({ TargetGroupArn, ...rest }) => {
      const group = need(TargetGroupArn, 'TargetGroupNotFound');
      Object.assign(group, structuredClone(rest));
      if (group.HealthCheckTimeoutSeconds >= group.HealthCheckIntervalSeconds)
        refuse('ValidationError', 'Health check interval must be greater than the timeout.');
      return {};
    },
    'elbv2:ModifyTargetGroupAttributes': (input) =>
      setAttributes(store, need(input.TargetGroupArn, 'TargetGroupNotFound'), input.Attributes),
    'elbv2:DeleteTargetGroup': ({ TargetGroupArn }) => {
      need(TargetGroupArn, 'TargetGroupNotFound');
      if ([...all('listener'), ...all('rule')].some((object) => uses(object, TargetGroupArn)))
        refuse('ResourceInUse', `${TargetGroupArn} is in use`);
      return remove(TargetGroupArn);
    },
    'elbv2:RegisterTargets': ({ TargetGroupArn, Targets }) => {
      const group = need(TargetGroupArn, 'TargetGroupNotFound');
      for (const target of Targets) {
        if (objects.get(target.Id)?.State.Name !== 'running') refuse('InvalidTarget', `${target.Id} is not in a running state`);
        if (objects.get(objects.get(target.Id).SubnetId)?.VpcId !== group.VpcId) refuse('InvalidTarget', 'in another VPC');
        if (!group.members.some((member: Wire) => targetKey(member) === targetKey(target)))
          group.members.push({ Id: target.Id, Port: target.Port });
      }
      return {};
    },
    'elbv2:DeregisterTargets': ({ TargetGroupArn, Targets }) => {
      const group = need(TargetGroupArn, 'TargetGroupNotFound');
      group.members = group.members.filter((member: Wire) => !Targets.some((target: Wire) => targetKey(target) === targetKey(member)));
      return {};
    },
    'elbv2:AddTags': ({ ResourceArns, Tags }) => {
      for (const arn of ResourceArns) addTags(need(arn, 'LoadBalancerNotFound'), Tags);
      return {};
    },
    'elbv2:RemoveTags': ({ ResourceArns, TagKeys }) => {
      for (const arn of ResourceArns) dropTags(need(arn, 'LoadBalancerNotFound'), TagKeys);
      return {};
    },
  };
}
