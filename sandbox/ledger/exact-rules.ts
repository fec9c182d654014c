/**
 * Rules of security groups one by one, as AWS takes them: all of a call or nothing, duplicates and absent ones refused, descriptions of
 * prefix lists kept. moto adds what comes before a duplicate, revokes no IPv6 egress rule in a VPC without IPv6 and says that
 * it did, and forgets those descriptions. EC2 API reference of the calls; words of refusals as Terraform's issues quote them.
 */
import type { ApiCall } from '../types.ts';
import { ApiRefusal, codeOf, listParam } from '../wire.ts';
import { items, parseXml, rootOf, text, type XmlObject } from '../xml.ts';
import { canonicalise } from './cidr.ts';
import { askMoto, type Ec2Context, type Ec2Handler, rewrite } from './context.ts';

interface Rule {
  readonly key: string;
  readonly protocol: string;
  readonly hasPorts: boolean;
  readonly peer: string;
  readonly description: string | undefined;
}

const REMARK = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/;
const PEERS: readonly (readonly [list: string, name: string])[] = [
  ['IpRanges', 'CidrIp'],
  ['Ipv6Ranges', 'CidrIpv6'],
  ['PrefixListIds', 'PrefixListId'],
  ['Groups', 'GroupId'],
];

/** Descriptions of rules by prefix list, by group, direction and rule. */
const remarks = new WeakMap<Ec2Context, Map<string, string>>();
const remarksOf = (context: Ec2Context): Map<string, string> => {
  const own = remarks.get(context) ?? new Map<string, string>();
  remarks.set(context, own);
  return own;
};

const keyOf = (protocol: string, from: string, to: string, peer: string): string =>
  [protocol, ...(/^(tcp|udp|icmp|icmpv6)$/.test(protocol) ? [from, to] : []), peer.toLowerCase()].join(' ');

/** The rules of a call's IpPermissions, one for each peer. */
function asked(params: Readonly<Record<string, string>>): readonly Rule[] {
  const rules: Rule[] = [];
  for (let index = 1; params[`IpPermissions.${index}.IpProtocol`] !== undefined; index++) {
    const at = (name: string): string => params[`IpPermissions.${index}.${name}`] ?? '';
    for (const [list, name] of PEERS)
      for (let each = 1; at(`${list}.${each}.${name}`) !== ''; each++) {
        const protocol = at('IpProtocol');
        const peer = at(`${list}.${each}.${name}`);
        rules.push({
          key: keyOf(protocol, at('FromPort'), at('ToPort'), peer),
          protocol,
          hasPorts: at('FromPort') !== '' && at('ToPort') !== '',
          peer,
          description: params[`IpPermissions.${index}.${list}.${each}.Description`],
        });
      }
  }
  return rules;
}

/** Ids of what stands, by key. */
async function standing(context: Ec2Context, call: ApiCall, egress: boolean): Promise<ReadonlyMap<string, string>> {
  const params = { 'Filter.1.Name': 'group-id', 'Filter.1.Value.1': call.params['GroupId'] ?? '' };
  const answer = await askMoto(context, { ...call, action: 'DescribeSecurityGroupRules' }, params);
  const found = new Map<string, string>();
  for (const rule of items(rootOf(parseXml(answer.body)).content, 'securityGroupRuleSet')) {
    if ((text(rule, 'isEgress') === 'true') !== egress) continue;
    const peer = ['cidrIpv4', 'cidrIpv6', 'prefixListId', 'referencedGroupInfo.groupId']
      .map((path) => text(rule, path))
      .find((value) => value !== '');
    found.set(keyOf(text(rule, 'ipProtocol'), text(rule, 'fromPort'), text(rule, 'toPort'), peer ?? ''), text(rule, 'securityGroupRuleId'));
  }
  return found;
}

async function checkLists(context: Ec2Context, call: ApiCall, rules: readonly Rule[]): Promise<void> {
  for (const id of new Set(rules.map(({ peer }) => peer).filter((peer) => peer.startsWith('pl-')))) {
    const answer = await askMoto(context, { ...call, action: 'DescribeManagedPrefixLists' }, { 'PrefixListId.1': id });
    if (items(rootOf(parseXml(answer.body)).content, 'prefixListSet').length === 0)
      throw new ApiRefusal('InvalidPrefixListID.NotFound', `The prefix list ID '${id}' does not exist`);
  }
}

function checkRule({ protocol, hasPorts, description }: Rule): void {
  if ((protocol === 'tcp' || protocol === 'udp') && !hasPorts)
    throw new ApiRefusal('InvalidParameterValue', 'Invalid value for portRange. Must specify both from and to ports with TCP/UDP.');
  if (description !== undefined && !REMARK.test(description))
    throw new ApiRefusal(
      'InvalidParameterValue',
      'Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*',
    );
}

/** The handler of an action, made exact where it changes rules. */
export function exact(action: string, inner: Ec2Handler | undefined): Ec2Handler | undefined {
  const verb = /^(Authorize|Revoke|Update)SecurityGroup(RuleDescriptions)?(Ingress|Egress)$/.exec(action);
  if (verb === null || inner === undefined) return inner;
  const egress = verb[3] === 'Egress';
  return async (context, call) => {
    const params = canonicalise(call.params);
    const group = params['GroupId'] ?? '';
    const rules = asked(params);
    const place = (rule: Rule): string => `${group} ${egress} ${rule.key}`;
    if (group === '' || (rules.length === 0 && listParam(params, 'SecurityGroupRuleId').length === 0)) return inner(context, call);
    const there = await standing(context, call, egress);
    for (const rule of rules) checkRule(rule);
    if (verb[1] === 'Revoke') return revoke(context, call, params, rules, there, place);
    if (verb[1] === 'Authorize') {
      if (new Set(rules.map(({ key }) => key)).size < rules.length)
        throw new ApiRefusal('InvalidParameterValue', 'The same permission must not appear multiple times');
      const twice = rules.find(({ key }) => there.has(key));
      if (twice !== undefined)
        throw new ApiRefusal(
          'InvalidPermission.Duplicate',
          `the specified rule "peer: ${twice.peer}, ${twice.protocol.toUpperCase()}, ALLOW" already exists`,
        );
      await checkLists(context, call, rules);
    } else if (rules.some(({ key }) => !there.has(key)))
      throw new ApiRefusal('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
    const answer = await inner(context, { ...call, params: withPorts(params) });
    if (codeOf(answer) === undefined)
      for (const rule of rules) {
        if (!rule.peer.startsWith('pl-')) continue;
        if ((rule.description ?? '') === '') remarksOf(context).delete(place(rule));
        else remarksOf(context).set(place(rule), rule.description ?? '');
      }
    return answer;
  };
}

async function revoke(
  context: Ec2Context,
  call: ApiCall,
  params: Readonly<Record<string, string>>,
  rules: readonly Rule[],
  there: ReadonlyMap<string, string>,
  place: (rule: Rule) => string,
) {
  const named = listParam(params, 'SecurityGroupRuleId');
  const unknown = named.find((id) => ![...there.values()].includes(id));
  if (unknown !== undefined)
    throw new ApiRefusal('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${unknown}' does not exist`);
  if (rules.some(({ key }) => !there.has(key)))
    throw new ApiRefusal('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
  const ids = [...named, ...rules.map(({ key }) => there.get(key) ?? '')];
  for (const rule of rules) remarksOf(context).delete(place(rule));
  return askMoto(context, call, {
    GroupId: params['GroupId'] ?? '',
    ...Object.fromEntries(ids.map((id, index) => [`SecurityGroupRuleId.${index + 1}`, id])),
  });
}

/** moto wants ports of every protocol but -1. */
function withPorts(params: Readonly<Record<string, string>>): Record<string, string> {
  const full = { ...params };
  for (const [name, value] of Object.entries(params)) {
    if (!name.endsWith('.IpProtocol') || value === '-1') continue;
    const prefix = name.slice(0, -'IpProtocol'.length);
    full[`${prefix}FromPort`] ??= '-1';
    full[`${prefix}ToPort`] ??= '-1';
  }
  return full;
}

/** DescribeSecurityGroups with the descriptions of rules by prefix list. */
export const describeSecurityGroups: Ec2Handler = async (context, call) =>
  rewrite(await askMoto(context, call), (content) => {
    for (const group of items(content, 'securityGroupInfo'))
      for (const [list, egress] of [
        ['ipPermissions', false],
        ['ipPermissionsEgress', true],
      ] as const)
        for (const permission of items(group, list)) {
          const [protocol, from, to] = ['ipProtocol', 'fromPort', 'toPort'].map((name) => text(permission, name));
          for (const one of items(permission, 'prefixListIds'))
            describeList(
              context,
              one,
              `${text(group, 'groupId')} ${egress} ${keyOf(protocol ?? '', from ?? '', to ?? '', text(one, 'prefixListId'))}`,
            );
        }
  });

function describeList(context: Ec2Context, node: XmlObject, place: string): void {
  const said = remarksOf(context).get(place);
  if (said !== undefined) node['description'] = said;
}
