/** VPCs, subnets, gateways, routes and groups: what AWS refuses while something depends on it, and moto lets go. */
import type { ApiAnswer, ApiCall } from '../types.ts';
import { ApiRefusal, codeOf } from '../wire.ts';
import { child, parseXml, rootOf, text } from '../xml.ts';
import { canonicalise, readBlock } from './cidr.ts';
import { askMoto, dependencyViolation, type Ec2Context, type Ec2Handler, regionOf, rewrite } from './context.ts';
import { remember, rememberedAnswer } from './instances.ts';
import { checkPart, plainStates } from './ipv6.ts';
import type { MirroredKind, Region } from './mirror.ts';

/** VPC and subnet blocks are /16 to /28 (VPC user guide, "VPC CIDR blocks" and "Subnet sizing"). */
function checkSize(cidr: string | undefined, code: 'InvalidVpc.Range' | 'InvalidSubnet.Range'): void {
  const block = readBlock(cidr ?? '');
  if (block && (block.prefix < 16 || block.prefix > 28)) throw new ApiRefusal(code, `The CIDR '${cidr}' is invalid.`);
}

export const createVpc: Ec2Handler = (context, call) => {
  checkSize(call.params['CidrBlock'], 'InvalidVpc.Range');
  return askMoto(context, call, canonicalise(call.params));
};

/** moto makes a subnet in a zone of any region. Words: the answer of CreateSubnet as users quote it. */
function checkZone({ region, params }: ApiCall): void {
  const zone = params['AvailabilityZone'];
  if (zone === undefined || zone.startsWith(region)) return;
  throw new ApiRefusal(
    'InvalidParameterValue',
    `Value (${zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${region}a, ${region}b.`,
  );
}

export const createSubnet: Ec2Handler = async (context, call) => {
  checkSize(call.params['CidrBlock'], 'InvalidSubnet.Range');
  checkZone(call);
  await checkPart(context, call, call.params['VpcId'] ?? '');
  const answer = plainStates(await askMoto(context, call, canonicalise(call.params)));
  if (codeOf(answer) !== undefined) return answer;
  const { OutpostArn: outpost = '' } = call.params;
  if (outpost !== '') context.outposts.set(text(rootOf(parseXml(answer.body)).content, 'subnet.subnetId'), outpost);
  // moto gives public addresses in the first subnet of a zone; AWS in those of the default VPC only.
  const isDefault = regionOf(context, call).vpcs.get(call.params['VpcId'] ?? '')?.isDefault ?? false;
  if (isDefault || text(rootOf(parseXml(answer.body)).content, 'subnet.mapPublicIpOnLaunch') !== 'true') return answer;
  const id = text(rootOf(parseXml(answer.body)).content, 'subnet.subnetId');
  await askMoto(context, { ...call, action: 'ModifySubnetAttribute' }, { SubnetId: id, 'MapPublicIpOnLaunch.Value': 'false' });
  return rewrite(answer, (content) => {
    child(content, 'subnet')['mapPublicIpOnLaunch'] = 'false';
  });
};

/**
 * CreateSecurityGroup: names of at most 255 characters that do not begin with `sg-`, descriptions of its own characters (EC2 API
 * reference; the words of the first are from memory, of the others as EC2 answers them for rules).
 */
export const createSecurityGroup: Ec2Handler = async (context, call) => {
  const { GroupName = '', GroupDescription = '' } = call.params;
  if (GroupName.startsWith('sg-'))
    throw new ApiRefusal(
      'InvalidParameterValue',
      `Value (${GroupName}) for parameter GroupName is invalid. Group names may not be in the format 'sg-*'.`,
    );
  if (GroupName.length > 255 || GroupDescription.length > 255)
    throw new ApiRefusal('InvalidParameterValue', 'The name and the description of a security group have at most 255 characters');
  if (!/^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]*$/.test(GroupDescription))
    throw new ApiRefusal(
      'InvalidParameterValue',
      `Value (${GroupDescription}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.`,
    );
  return askMoto(context, call);
};

/** Whether an instance still occupies its subnet and groups: until it is terminated. */
const occupies = (context: Ec2Context, id: string): boolean => !['terminated', undefined].includes(context.lives.state(id));

/** An interface of moto's that still exists for AWS: those of terminated instances are gone there. */
const stands = (context: Ec2Context, instanceId: string): boolean => instanceId === '' || occupies(context, instanceId);

/**
 * Does what ends one thing. Load balancers answer at once and moto takes its time: in between nobody may be put into what
 * is about to go, so it is gone from the start, and back when moto refuses.
 */
async function whileGone(
  context: Ec2Context,
  call: ApiCall,
  [kind, id]: readonly [kind: MirroredKind, id: string],
  end: () => Promise<ApiAnswer> = () => askMoto(context, call),
): Promise<ApiAnswer> {
  const putBack = context.mirror.leaveOut(call.region, kind, id);
  try {
    const answer = await end();
    if (codeOf(answer) !== undefined) putBack();
    return answer;
  } catch (error) {
    putBack();
    throw error;
  }
}

export const deleteSubnet: Ec2Handler = async (context, call) => {
  const id = call.params['SubnetId'] ?? '';
  const region = regionOf(context, call);
  const used =
    [...region.instances.values()].some((instance) => instance.subnetId === id && occupies(context, instance.id)) ||
    [...region.interfaces.values()].some((one) => one.subnetId === id && stands(context, one.instanceId)) ||
    context.interfaces.all().some((one) => one.subnet.id === id);
  if (used) throw dependencyViolation(`The subnet '${id}' has dependencies and cannot be deleted.`);
  return whileGone(context, call, ['subnets', id], async () => {
    // A deleted subnet takes its route table association along; moto would keep it and then hold on to the table.
    for (const association of [...region.routeTables.values()].flatMap((table) => table.associations)) {
      if (association.subnetId !== id) continue;
      await askMoto(context, { ...call, action: 'DisassociateRouteTable' }, { AssociationId: association.id });
    }
    return askMoto(context, call);
  });
};

export const deleteSecurityGroup: Ec2Handler = async (context, call) => {
  const { params } = call;
  const region = regionOf(context, call);
  const group =
    params['GroupId'] !== undefined
      ? region.groups.get(params['GroupId'])
      : [...region.groups.values()].find((one) => one.name === params['GroupName']);
  if (!group) return askMoto(context, call);
  if (group.name === 'default') {
    throw new ApiRefusal('CannotDelete', `the specified group: "${group.id}" name: "default" cannot be deleted by a user`);
  }
  const referenced = [...region.groups.values()].some(
    (other) => other.id !== group.id && [...other.ingress, ...other.egress].some((rule) => rule.sourceGroupIds.includes(group.id)),
  );
  const used =
    [...region.instances.values()].some((instance) => instance.securityGroupIds.includes(group.id) && occupies(context, instance.id)) ||
    [...region.interfaces.values()].some((one) => one.groupIds.includes(group.id) && stands(context, one.instanceId)) ||
    context.interfaces.all().some((one) => one.groupIds.includes(group.id));
  if (referenced || used) throw dependencyViolation(`resource ${group.id} has a dependent object`);
  return whileGone(context, call, ['groups', group.id]);
};

export const attachInternetGateway: Ec2Handler = async (context, call) => {
  const id = call.params['InternetGatewayId'] ?? '';
  const vpcId = call.params['VpcId'] ?? '';
  const { gateways, vpcs } = regionOf(context, call);
  if (!vpcs.has(vpcId)) throw new ApiRefusal('InvalidVpcID.NotFound', `The vpc ID '${vpcId}' does not exist`);
  const attachedTo = gateways.get(id)?.vpcId ?? '';
  if (attachedTo !== '') throw new ApiRefusal('Resource.AlreadyAssociated', `resource ${id} is already attached to network ${attachedTo}`);
  if ([...gateways.values()].some((gateway) => gateway.vpcId === vpcId)) {
    throw new ApiRefusal('InvalidParameterValue', `Network ${vpcId} already has an internet gateway attached`);
  }
  return askMoto(context, call);
};

export const detachInternetGateway: Ec2Handler = async (context, call) => {
  const id = call.params['InternetGatewayId'] ?? '';
  const vpcId = call.params['VpcId'] ?? '';
  const region = regionOf(context, call);
  const gateway = region.gateways.get(id);
  if (gateway && gateway.vpcId !== vpcId) throw new ApiRefusal('Gateway.NotAttached', `resource ${id} is not attached to network ${vpcId}`);
  if (gateway && hasPublicAddress(context, region, vpcId)) {
    throw dependencyViolation(
      `Network ${vpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
    );
  }
  return whileGone(context, call, ['gateways', id]);
};

function hasPublicAddress(context: Ec2Context, region: Region, vpcId: string): boolean {
  if (context.interfaces.all().some((one) => one.subnet.vpcId === vpcId && one.publicIp !== '')) return true;
  return [...region.instances.values()].some((instance) => {
    if (instance.vpcId !== vpcId) return false;
    const life = context.lives.find(instance.id);
    if (life?.state === 'stopping' || life?.state === 'shutting-down') return life.holdsPublicIp;
    return instance.publicIp !== '' && occupies(context, instance.id) && life?.state !== 'stopped';
  });
}

export const deleteInternetGateway: Ec2Handler = async (context, call) => {
  const id = call.params['InternetGatewayId'] ?? '';
  if ((regionOf(context, call).gateways.get(id)?.vpcId ?? '') !== '') {
    throw dependencyViolation(`The internetGateway '${id}' has dependencies and cannot be deleted.`);
  }
  return askMoto(context, call);
};

export const deleteVpc: Ec2Handler = async (context, call) => {
  const id = call.params['VpcId'] ?? '';
  const region = regionOf(context, call);
  const inside = (one: { readonly vpcId: string }): boolean => one.vpcId === id;
  const used =
    [...region.subnets.values()].some(inside) ||
    [...region.gateways.values()].some(inside) ||
    [...region.groups.values()].some((group) => inside(group) && group.name !== 'default') ||
    [...region.routeTables.values()].some((table) => inside(table) && !table.isMain);
  if (used) throw dependencyViolation(`The vpc '${id}' has dependencies and cannot be deleted.`);
  return askMoto(context, call);
};

export const deleteRouteTable: Ec2Handler = async (context, call) => {
  const id = call.params['RouteTableId'] ?? '';
  const table = regionOf(context, call).routeTables.get(id);
  if (table && (table.isMain || table.associations.length > 0)) {
    throw dependencyViolation(`The routeTable '${id}' has dependencies and cannot be deleted.`);
  }
  return askMoto(context, call);
};

export const createRouteTable: Ec2Handler = async (context, call) => {
  const again = rememberedAnswer(context, call);
  if (again) return again.answer;
  const answer = await askMoto(context, call);
  if (codeOf(answer) === undefined)
    remember(context, call, answer, [text(rootOf(parseXml(answer.body)).content, 'routeTable.routeTableId')]);
  return answer;
};

/** CreateRoute and ReplaceRoute: an internet gateway must be attached to the table's VPC. */
export const setRoute: Ec2Handler = async (context, call) => {
  const { params } = call;
  const { gateways, routeTables } = regionOf(context, call);
  const gatewayId = params['GatewayId'] ?? '';
  const table = routeTables.get(params['RouteTableId'] ?? '');
  if (table && gatewayId.startsWith('igw-')) {
    const gateway = gateways.get(gatewayId);
    if (!gateway) throw new ApiRefusal('InvalidGatewayID.NotFound', `The gateway ID '${gatewayId}' does not exist`);
    if (gateway.vpcId !== table.vpcId) {
      throw new ApiRefusal(
        'InvalidParameterValue',
        `route table ${table.id} and network gateway ${gatewayId} belong to different networks`,
      );
    }
  }
  return askMoto(context, call, canonicalise(params));
};

export const associateRouteTable: Ec2Handler = async (context, call) => {
  const { params } = call;
  const { routeTables, subnets } = regionOf(context, call);
  const table = routeTables.get(params['RouteTableId'] ?? '');
  const subnet = subnets.get(params['SubnetId'] ?? '');
  if (table && subnet) {
    if (table.vpcId !== subnet.vpcId) {
      throw new ApiRefusal('InvalidParameterValue', `Route table ${table.id} and subnet ${subnet.id} belong to different networks`);
    }
    const other = [...routeTables.values()].some(
      (one) => one.id !== table.id && one.associations.some((association) => association.subnetId === subnet.id),
    );
    if (other) {
      throw new ApiRefusal(
        'Resource.AlreadyAssociated',
        `the specified association for route table ${table.id} conflicts with an existing association`,
      );
    }
  }
  return askMoto(context, call);
};

export const replaceRouteTableAssociation: Ec2Handler = async (context, call) => {
  const { params } = call;
  const { routeTables } = regionOf(context, call);
  const table = routeTables.get(params['RouteTableId'] ?? '');
  const holder = [...routeTables.values()].find((one) => one.associations.some(({ id }) => id === params['AssociationId']));
  if (table && holder && table.vpcId !== holder.vpcId) {
    throw new ApiRefusal('InvalidParameterValue', `Route table ${table.id} and route table ${holder.id} belong to different networks`);
  }
  return askMoto(context, call);
};

/** Interfaces of a load balancer belong to Elastic Load Balancing: no one else may change them. */
export const guardInterface: Ec2Handler = async (context, call) => {
  const { params } = call;
  const id = params['NetworkInterfaceId'];
  const attachment = params['AttachmentId'] ?? params['Attachment.AttachmentId'];
  const owned = context.interfaces.all().find((one) => one.id === id || one.attachmentId === attachment);
  if (!owned) return askMoto(context, call);
  if (call.action === 'DeleteNetworkInterface') {
    throw new ApiRefusal('InvalidParameterValue', `Network interface '${owned.id}' is currently in use.`);
  }
  throw new ApiRefusal('OperationNotPermitted', "You are not allowed to manage 'ela-attach' attachments.");
};
