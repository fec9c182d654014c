/**
 * ModifySecurityGroupRules, for rules from or to another security group and from IPv4 blocks: ports, protocol and description change, the id
 * and the tags stay. moto keeps a description that is left out, and takes ports of any order (EC2 API reference).
 */
import type { ApiCall } from '../types.ts';
import { ApiRefusal, codeOf } from '../wire.ts';
import { items, parseXml, rootOf, text, type XmlObject } from '../xml.ts';
import { askMoto, type Ec2Context, type Ec2Handler } from './context.ts';

const PEERS = ['ReferencedGroupId', 'CidrIpv4', 'CidrIpv6', 'PrefixListId'] as const;
const THERE: Readonly<Record<(typeof PEERS)[number], string>> = {
  ReferencedGroupId: 'referencedGroupInfo.groupId',
  CidrIpv4: 'cidrIpv4',
  CidrIpv6: 'cidrIpv6',
  PrefixListId: 'prefixListId',
};

export const modifyRules: Ec2Handler = async (context, call) => {
  const { params } = call;
  const group = params['GroupId'] ?? '';
  if (group === '') throw new ApiRefusal('MissingParameter', 'The request must contain the parameter GroupId');
  const rules = await rulesOf(context, call, group);
  const indices = [...new Set(Object.keys(params).flatMap((key) => /^SecurityGroupRule\.(\d+)\./.exec(key)?.[1] ?? []))];
  if (indices.length === 0) throw new ApiRefusal('MissingParameter', 'The request must contain the parameter SecurityGroupRules');
  const changed = indices.map((index) => {
    const at = (name: string): string | undefined => params[`SecurityGroupRule.${index}.SecurityGroupRule.${name}`];
    const id = params[`SecurityGroupRule.${index}.SecurityGroupRuleId`] ?? '';
    const rule = rules.find((each) => text(each, 'securityGroupRuleId') === id);
    if (rule === undefined)
      throw new ApiRefusal('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`);
    const peers = PEERS.filter((name) => at(name) !== undefined);
    const [peer] = peers;
    if (peers.length !== 1 || peer === undefined)
      throw new ApiRefusal(
        'MissingParameter',
        'The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId',
      );
    if (text(rule, THERE[peer]) === '')
      throw new ApiRefusal(
        'InvalidParameterValue',
        `Invalid rule type for security group rule '${id}'. You may not specify ${peer} for it.`,
      );
    if (peer !== 'CidrIpv4' && at(peer) !== text(rule, THERE[peer]))
      throw new ApiRefusal('InvalidAction', `sandbox gap: ModifySecurityGroupRules with another ${peer} is not part of the sandbox.`);
    const [from, to] = [Number(at('FromPort')), Number(at('ToPort'))];
    if (at('IpProtocol') === undefined)
      throw new ApiRefusal(
        'InvalidParameterValue',
        "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
      );
    if (!Number.isInteger(from) || !Number.isInteger(to) || from > to || from < -1 || to > 65_535)
      throw new ApiRefusal('InvalidParameterValue', 'Invalid value for portRange. Must specify both from and to ports with TCP/UDP.');
    const same = rules.some(
      (each) =>
        each !== rule &&
        text(each, 'isEgress') === text(rule, 'isEgress') &&
        text(each, THERE[peer]) === at(peer) &&
        text(each, 'ipProtocol') === at('IpProtocol') &&
        text(each, 'fromPort') === String(from) &&
        text(each, 'toPort') === String(to),
    );
    if (same)
      throw new ApiRefusal(
        'InvalidPermission.Duplicate',
        `the specified rule "peer: ${at(peer)}, ${at('IpProtocol')?.toUpperCase()}, ALLOW" already exists`,
      );
    return { rule, peer, said: at('Description') ?? '', wanted: { protocol: at('IpProtocol') ?? '', from, to, source: at(peer) ?? '' } };
  });
  // moto would write the description of a rule from a group into its block.
  const answer = await askMoto(
    context,
    call,
    Object.fromEntries(Object.entries(params).filter(([name]) => !name.endsWith('.Description'))),
  );
  if (codeOf(answer) !== undefined) return answer;
  for (const { rule, peer, said, wanted } of changed) {
    const list = peer === 'ReferencedGroupId' ? 'Groups.1' : 'IpRanges.1';
    const direction = text(rule, 'isEgress') === 'true' ? 'Egress' : 'Ingress';
    await askMoto(
      context,
      { ...call, action: `UpdateSecurityGroupRuleDescriptions${direction}` },
      {
        ...{ GroupId: group, 'IpPermissions.1.IpProtocol': wanted.protocol },
        ...{ 'IpPermissions.1.FromPort': String(wanted.from), 'IpPermissions.1.ToPort': String(wanted.to) },
        [`IpPermissions.1.${list}.${peer === 'ReferencedGroupId' ? 'GroupId' : 'CidrIp'}`]: wanted.source,
        [`IpPermissions.1.${list}.Description`]: said,
      },
    );
  }
  return answer;
};

async function rulesOf(context: Ec2Context, call: ApiCall, group: string): Promise<readonly XmlObject[]> {
  const answer = await askMoto(
    context,
    { ...call, action: 'DescribeSecurityGroupRules' },
    { 'Filter.1.Name': 'group-id', 'Filter.1.Value.1': group },
  );
  return items(rootOf(parseXml(answer.body)).content, 'securityGroupRuleSet');
}
