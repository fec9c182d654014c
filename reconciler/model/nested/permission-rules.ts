import type { Member } from '../field.ts';
import type { Json, JsonObject } from '../json.ts';
import { isTold } from './peers.ts';

/**
 * The ids of single rules: DescribeSecurityGroupRules shows each rule of a group with one, and Revoke… takes them. Asked for when a rule
 * goes that names a prefix list or somebody else's group; a network, and a group of ours, tell a rule as well. Elements are turned
 * into the IpPermission that DescribeSecurityGroups shows for them, so that one codec reads both. Of protocols without ports
 * it answers -1 for both (EC2 API reference, SecurityGroupRule).
 */
export const ruleIds = (egress: boolean): NonNullable<Member['identify']> => ({
  op: 'ec2:DescribeSecurityGroupRules',
  filter: 'group-id',
  list: 'SecurityGroupRules',
  id: 'SecurityGroupRuleId',
  param: 'SecurityGroupRuleIds',
  needed: (value) => !isTold(value as JsonObject),
  where: (group) => ({ GroupId: group, IsEgress: egress }),
  element: permissionOf,
});

function permissionOf(rule: Json): Json {
  const {
    IpProtocol = null,
    FromPort = null,
    ToPort = null,
    CidrIpv4,
    CidrIpv6,
    PrefixListId,
    ReferencedGroupInfo,
    Description,
  } = rule as JsonObject;
  const remark: JsonObject = Description === undefined ? {} : { Description };
  return {
    IpProtocol,
    FromPort,
    ToPort,
    ...(CidrIpv4 === undefined ? {} : { IpRanges: [{ CidrIp: CidrIpv4, ...remark }] }),
    ...(CidrIpv6 === undefined ? {} : { Ipv6Ranges: [{ CidrIpv6, ...remark }] }),
    ...(PrefixListId === undefined ? {} : { PrefixListIds: [{ PrefixListId, ...remark }] }),
    ...(ReferencedGroupInfo === undefined ? {} : { UserIdGroupPairs: [{ ...(ReferencedGroupInfo as JsonObject), ...remark }] }),
  };
}
