/** EC2's reads, rewritten to show what the ledger knows and moto does not: states, interfaces, addresses. */
import type { InstanceState } from '../types.ts';
import { ApiRefusal, filterParams, listParam } from '../wire.ts';
import { child, items, listOf, parseXml, rootOf, text, type XmlObject } from '../xml.ts';
import { askMoto, type Ec2Context, type Ec2Handler, ec2Answer, regionOf, rewrite } from './context.ts';
import { type Extractors, passes, takeFilters } from './filters.ts';
import { interfaceElement } from './interfaces.ts';
import { plainStates } from './ipv6.ts';
import { STATE_CODES } from './life-cycle.ts';

/** Puts the state of the clock's moment (or `shown`) on an instance's element, and takes off what that state has not got. */
export function dressInstance(context: Ec2Context, region: string, instance: XmlObject, shown?: InstanceState): void {
  const id = text(instance, 'instanceId');
  const state = shown ?? context.lives.state(id) ?? 'terminated';
  instance['instanceState'] = { code: String(STATE_CODES[state]), name: state };
  const groups = items(instance, 'networkInterfaceSet').flatMap((one) => items(one, 'groupSet'));
  if (items(instance, 'groupSet').length === 0) instance['groupSet'] = listOf(groups);
  for (const one of items(instance, 'networkInterfaceSet')) {
    const attachment = child(one, 'attachment');
    // The interface a launch makes goes with its instance (RunInstances: DeleteOnTermination is true by default).
    if (attachment['deviceIndex'] === '0') attachment['deleteOnTermination'] = 'true';
    if (text(one, 'association.publicIp') === '') delete one['association'];
  }
  const publicIp = context.mirror.region(region).instances.get(id)?.publicIp ?? '';
  if (publicIp === '' || state === 'stopped' || state === 'terminated') {
    delete instance['ipAddress'];
    instance['dnsName'] = '';
  }
  if (state === 'running' || state === 'pending') {
    instance['reason'] = '';
    delete instance['stateReason'];
  }
  if (state !== 'terminated') return;
  for (const name of ['privateIpAddress', 'subnetId', 'vpcId']) delete instance[name];
  instance['privateDnsName'] = '';
  instance['networkInterfaceSet'] = '';
  instance['groupSet'] = '';
  instance['blockDeviceMapping'] = '';
}

const interfacesOf =
  (path: string) =>
  (instance: XmlObject): string[] =>
    items(instance, 'networkInterfaceSet').map((one) => text(one, path));
const INSTANCE_FILTERS: Extractors = {
  'instance-state-name': (instance) => [text(instance, 'instanceState.name')],
  'instance-state-code': (instance) => [text(instance, 'instanceState.code')],
  'client-token': (instance) => [text(instance, 'clientToken')],
  'instance.group-id': (instance) => items(instance, 'groupSet').map((group) => text(group, 'groupId')),
  'instance.group-name': (instance) => items(instance, 'groupSet').map((group) => text(group, 'groupName')),
  'network-interface.network-interface-id': interfacesOf('networkInterfaceId'),
  'network-interface.subnet-id': interfacesOf('subnetId'),
  'network-interface.vpc-id': interfacesOf('vpcId'),
  'network-interface.description': interfacesOf('description'),
  'network-interface.group-id': (instance) =>
    items(instance, 'networkInterfaceSet').flatMap((one) => items(one, 'groupSet').map((group) => text(group, 'groupId'))),
};

export const describeInstances: Ec2Handler = async (context, call) => {
  for (const id of listParam(call.params, 'InstanceId')) context.lives.demand(id);
  const { filters, rest } = takeFilters(call.params, (name) => Object.hasOwn(INSTANCE_FILTERS, name));
  return rewrite(await askMoto(context, call, rest), (content) => {
    const reservations = items(content, 'reservationSet').filter((reservation) => {
      const shown = items(reservation, 'instancesSet').filter((instance) => {
        if (context.lives.state(text(instance, 'instanceId')) === undefined) return false;
        dressInstance(context, call.region, instance);
        return passes(instance, filters, INSTANCE_FILTERS);
      });
      reservation['instancesSet'] = listOf(shown);
      return shown.length > 0;
    });
    content['reservationSet'] = listOf(reservations);
  });
};

const isStateFilter = (name: string): boolean => name === 'instance-state-name' || name === 'instance-state-code';

export const describeInstanceStatus: Ec2Handler = async (context, call) => {
  for (const id of listParam(call.params, 'InstanceId')) context.lives.demand(id);
  const { filters, rest } = takeFilters(call.params, isStateFilter);
  const all = call.params['IncludeAllInstances'] === 'true';
  return rewrite(await askMoto(context, call, { ...rest, IncludeAllInstances: 'true' }), (content) => {
    const shown = items(content, 'instanceStatusSet').filter((status) => {
      const state = context.lives.state(text(status, 'instanceId'));
      if (state === undefined || (!all && state !== 'running')) return false;
      status['instanceState'] = { code: String(STATE_CODES[state]), name: state };
      if (state !== 'running') for (const name of ['instanceStatus', 'systemStatus']) status[name] = { status: 'not-applicable' };
      return passes(status, filters, INSTANCE_FILTERS);
    });
    content['instanceStatusSet'] = listOf(shown);
  });
};

const at =
  (path: string) =>
  (node: XmlObject): string[] =>
    [text(node, path)].filter((value) => value !== '');
const INTERFACE_FILTERS: Extractors = {
  'addresses.private-ip-address': (node) => items(node, 'privateIpAddressesSet').map((one) => text(one, 'privateIpAddress')),
  'association.public-ip': at('association.publicIp'),
  'association.ip-owner-id': at('association.ipOwnerId'),
  'attachment.attachment-id': at('attachment.attachmentId'),
  'attachment.device-index': at('attachment.deviceIndex'),
  'attachment.instance-id': at('attachment.instanceId'),
  'attachment.instance-owner-id': at('attachment.instanceOwnerId'),
  'attachment.status': at('attachment.status'),
  'availability-zone': at('availabilityZone'),
  description: at('description'),
  'group-id': (node) => items(node, 'groupSet').map((group) => text(group, 'groupId')),
  'group-name': (node) => items(node, 'groupSet').map((group) => text(group, 'groupName')),
  'interface-type': at('interfaceType'),
  'mac-address': at('macAddress'),
  'network-interface-id': at('networkInterfaceId'),
  'owner-id': at('ownerId'),
  'private-dns-name': at('privateDnsName'),
  'private-ip-address': at('privateIpAddress'),
  'requester-id': at('requesterId'),
  'requester-managed': at('requesterManaged'),
  'source-dest-check': at('sourceDestCheck'),
  status: at('status'),
  'subnet-id': at('subnetId'),
  'vpc-id': at('vpcId'),
};

/** moto's interfaces and those of the load balancers in one list; all filtering is done here. */
export const describeNetworkInterfaces: Ec2Handler = async (context, call) => {
  const region = regionOf(context, call);
  const answer = await askMoto(context, call, {});
  const filters = filterParams(call.params);
  const wanted = listParam(call.params, 'NetworkInterfaceId');
  const fromMoto = items(rootOf(parseXml(answer.body)).content, 'networkInterfaceSet').filter((node) => {
    const instanceId = text(node, 'attachment.instanceId');
    if (instanceId === '') return true;
    // moto keeps the interfaces of terminated instances, and shows no address on those of live ones.
    const state = context.lives.state(instanceId);
    if (state === undefined || state === 'terminated') return false;
    const publicIp = region.instances.get(instanceId)?.publicIp ?? '';
    if (publicIp !== '' && state !== 'stopped' && text(node, 'association.publicIp') === '')
      node['association'] = { ipOwnerId: 'amazon', publicIp };
    return true;
  });
  const groupName = (id: string): string => region.groups.get(id)?.name ?? '';
  const balancers = context.interfaces.all().filter((one) => one.region === call.region);
  const all = [...fromMoto, ...balancers.map((one) => interfaceElement(one, groupName))];
  for (const id of wanted) {
    if (!all.some((node) => text(node, 'networkInterfaceId') === id)) {
      throw new ApiRefusal('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`);
    }
  }
  const shown = all.filter(
    (node) => (wanted.length === 0 || wanted.includes(text(node, 'networkInterfaceId'))) && passes(node, filters, INTERFACE_FILTERS),
  );
  return ec2Answer(call, { networkInterfaceSet: listOf(shown) });
};

/** Free addresses without those the load balancers' interfaces hold. */
export const describeSubnets: Ec2Handler = async (context, call) =>
  rewrite(plainStates(await askMoto(context, call)), (content) => {
    for (const subnet of items(content, 'subnetSet')) {
      const taken = context.interfaces.all().filter((one) => one.subnet.id === text(subnet, 'subnetId')).length;
      subnet['availableIpAddressCount'] = String(Number(text(subnet, 'availableIpAddressCount')) - taken);
    }
  });
