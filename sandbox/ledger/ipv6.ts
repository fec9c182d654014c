/** IPv6 blocks of VPCs and subnets: what AWS refuses and moto takes, and states as AWS writes them. */
import ipaddr from 'ipaddr.js';
import type { ApiAnswer, ApiCall } from '../types.ts';
import { ApiRefusal } from '../wire.ts';
import { child, items, parseXml, rootOf, text, type XmlObject } from '../xml.ts';
import { askMoto, type Ec2Context, type Ec2Handler, regionOf, rewrite } from './context.ts';

/** moto writes a state as a Python dictionary: {'State': 'associated'}. */
const plain = (association: XmlObject): void => {
  const state = child(association, 'ipv6CidrBlockState');
  const word = /'State': '(\w+)'/.exec(text(state, 'state'))?.[1];
  if (word !== undefined) state['state'] = word;
};

/** An answer about subnets with every state as a word. */
export const plainStates = (answer: ApiAnswer): ApiAnswer =>
  rewrite(answer, (content) => {
    for (const subnet of [...items(content, 'subnetSet'), child(content, 'subnet')])
      for (const one of items(subnet, 'ipv6CidrBlockAssociationSet')) plain(one);
    const own = child(content, 'ipv6CidrBlockAssociation');
    if (Object.keys(own).length > 0) plain(own);
  });

/** The IPv6 blocks of a VPC, as moto has them. */
async function blocksOf(
  context: Ec2Context,
  call: ApiCall,
  vpcId: string,
): Promise<readonly { readonly id: string; readonly block: string }[]> {
  const answer = await askMoto(context, { ...call, action: 'DescribeVpcs' }, { 'VpcId.1': vpcId });
  return items(rootOf(parseXml(answer.body)).content, 'vpcSet').flatMap((vpc) =>
    items(vpc, 'ipv6CidrBlockAssociationSet')
      .filter((one) => !/disassoc/.test(text(one, 'ipv6CidrBlockState.state')))
      .map((one) => ({ id: text(one, 'associationId'), block: text(one, 'ipv6CidrBlock') })),
  );
}

const within = (inner: string, outer: string): boolean => {
  const [address, prefix] = ipaddr.IPv6.parseCIDR(inner);
  const whole = ipaddr.IPv6.parseCIDR(outer);
  return prefix >= whole[1] && address.match(whole);
};
const same = (one: string, other: string): boolean => within(one, other) && within(other, one);

/** A subnet's block is a /64 of its VPC's, and nobody else's (CreateSubnet, AssociateSubnetCidrBlock: EC2 API reference). */
export async function checkPart(context: Ec2Context, call: ApiCall, vpcId: string): Promise<void> {
  const block = call.params['Ipv6CidrBlock'];
  if (block === undefined) return;
  if (!ipaddr.IPv6.isValidCIDR(block))
    throw new ApiRefusal('InvalidParameterValue', `invalid value for parameter ipv6-cidr-block: ${block}`);
  const blocks = await blocksOf(context, call, vpcId);
  if (!block.endsWith('/64') || !blocks.some((one) => within(block, one.block)))
    throw new ApiRefusal('InvalidSubnet.Range', `The CIDR '${block}' is invalid.`);
  for (const subnet of regionOf(context, call).subnets.values())
    if (subnet.vpcId === vpcId && subnet.ipv6CidrBlock !== undefined && same(subnet.ipv6CidrBlock, block))
      throw new ApiRefusal('InvalidSubnet.Conflict', `The CIDR '${block}' conflicts with another subnet`);
}

export const associateSubnet: Ec2Handler = async (context, call) => {
  const subnet = regionOf(context, call).subnets.get(call.params['SubnetId'] ?? '');
  if (subnet === undefined) return askMoto(context, call);
  if (subnet.ipv6CidrBlock !== undefined)
    throw new ApiRefusal('InvalidParameterValue', `The subnet ${subnet.id} already has an IPv6 CIDR block associated with it`);
  await checkPart(context, call, subnet.vpcId);
  return plainStates(await askMoto(context, call));
};

/** Not while instances started there get an address of it: hashicorp/terraform-provider-aws issue 46017. */
export const disassociateSubnet: Ec2Handler = async (context, call) => {
  const id = call.params['AssociationId'] ?? '';
  const answer = await askMoto(context, { ...call, action: 'DescribeSubnets' }, {});
  const holder = items(rootOf(parseXml(answer.body)).content, 'subnetSet').find((subnet) =>
    items(subnet, 'ipv6CidrBlockAssociationSet').some((one) => text(one, 'associationId') === id),
  );
  if (holder === undefined)
    throw new ApiRefusal('InvalidSubnetCidrBlockAssociationID.NotFound', `The subnet CIDR block association ID '${id}' does not exist`);
  if (text(holder, 'assignIpv6AddressOnCreation') === 'true')
    throw new ApiRefusal(
      'InvalidCidrBlock.InUse',
      `The IPv6 CIDR block of subnet ${text(holder, 'subnetId')} cannot be disassociated while AssignIpv6AddressOnCreation is enabled`,
    );
  return plainStates(await askMoto(context, call));
};

/** Not while a subnet has a part of it: hashicorp/terraform-provider-aws issue 40791. */
export const disassociateVpc: Ec2Handler = async (context, call) => {
  const id = call.params['AssociationId'] ?? '';
  for (const vpcId of regionOf(context, call).vpcs.keys()) {
    const block = (await blocksOf(context, call, vpcId)).find((one) => one.id === id)?.block;
    if (block === undefined) continue;
    const user = [...regionOf(context, call).subnets.values()].find(
      (subnet) => subnet.vpcId === vpcId && subnet.ipv6CidrBlock !== undefined && within(subnet.ipv6CidrBlock, block),
    );
    if (user !== undefined)
      throw new ApiRefusal('InvalidCidrBlock.InUse', `The vpc ${vpcId} currently has a subnet within CIDR block ${block}`);
  }
  return askMoto(context, call);
};

/** AssignIpv6AddressOnCreation wants a block (ModifySubnetAttribute: InvalidParameterValue). */
export const modifySubnet: Ec2Handler = (context, call) => {
  const subnet = regionOf(context, call).subnets.get(call.params['SubnetId'] ?? '');
  if (call.params['AssignIpv6AddressOnCreation.Value'] === 'true' && subnet !== undefined && subnet.ipv6CidrBlock === undefined)
    throw new ApiRefusal('InvalidParameterValue', `Subnet ${subnet.id} does not have an IPv6 CIDR block`);
  return askMoto(context, call);
};
