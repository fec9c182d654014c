/** The calls that launch, start, stop, end and change instances, with the refusals AWS answers and moto does not. */
import { createHash } from 'node:crypto';
import type { ApiCall } from '../types.ts';
import { ApiRefusal, codeOf, listParam } from '../wire.ts';
import { items, listOf, parseXml, rootOf, text, type XmlObject } from '../xml.ts';
import { askMoto, type Ec2Context, type Ec2Handler, ec2Answer, regionOf, rewrite } from './context.ts';
import { dressInstance } from './describe.ts';
import { STATE_CODES, type Transition } from './life-cycle.ts';

/** EC2 user guide: user data is limited to 16 KB before it is base64-encoded. */
const USER_DATA_LIMIT = 16_384;
const IDEMPOTENT_MISMATCH = 'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).';

/** SHA-256 over the parameters in name order, the token left out. */
export function fingerprint(params: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(params)
    .filter(([name]) => name !== 'ClientToken')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/** Answers the earlier request's result for a token seen before; refuses one used with other parameters. */
export function rememberedAnswer(context: Ec2Context, call: ApiCall) {
  const token = call.params['ClientToken'];
  if (token === undefined || token === '') return undefined;
  const remembered = context.tokens.get(`${call.region} ${call.action} ${token}`);
  if (remembered && remembered.fingerprint !== fingerprint(call.params))
    throw new ApiRefusal('IdempotentParameterMismatch', IDEMPOTENT_MISMATCH);
  return remembered;
}

export function remember(context: Ec2Context, call: ApiCall, answer: Awaited<ReturnType<Ec2Handler>>, ids: readonly string[]): void {
  const token = call.params['ClientToken'];
  if (token) context.tokens.set(`${call.region} ${call.action} ${token}`, { fingerprint: fingerprint(call.params), answer, ids });
}

export const runInstances: Ec2Handler = async (context, call) => {
  const { params } = call;
  const again = rememberedAnswer(context, call);
  if (again) {
    // boto3 issue 4406: since 2025 a token whose instance is terminated is refused rather than answered again.
    if (again.ids.some((id) => ['terminated', undefined].includes(context.lives.state(id)))) {
      throw new ApiRefusal(
        'IdempotentInstanceTerminated',
        'The client token you have provided is associated with a terminated instance. Please use a different client token.',
      );
    }
    return rewrite(again.answer, (content) => {
      for (const instance of items(content, 'instancesSet')) dressInstance(context, call.region, instance);
    });
  }
  const userData = readUserData(params['UserData'] ?? '');
  checkPlacement(context, call);
  await checkArchitecture(context, call);
  const answer = await askMoto(context, call);
  if (codeOf(answer) !== undefined) return answer;
  const instances = items(rootOf(parseXml(answer.body)).content, 'instancesSet');
  const ids = instances.map((instance) => text(instance, 'instanceId'));
  for (const id of ids) context.lives.born(id, { userData, clientToken: params['ClientToken'] ?? '' });
  await context.mirror.refresh(call.region, ['instances', 'interfaces', 'subnets']);
  const dressed = rewrite(answer, (content) => {
    // AWS answers `pending` here whatever happens next.
    for (const instance of items(content, 'instancesSet')) dressInstance(context, call.region, instance, 'pending');
  });
  remember(context, call, dressed, ids);
  return dressed;
};

function readUserData(encoded: string): string {
  if (encoded === '') return '';
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(encoded)) throw new ApiRefusal('InvalidParameterValue', 'Invalid BASE64 encoding of user data.');
  const decoded = Buffer.from(encoded, 'base64');
  if (decoded.length > USER_DATA_LIMIT) throw new ApiRefusal('InvalidParameterValue', `User data is limited to ${USER_DATA_LIMIT} bytes`);
  return decoded.toString('utf8');
}

/** Processors of types and images, by what moto tells of each; asked once. */
const architectures = new WeakMap<Ec2Context, Map<string, readonly string[]>>();

async function architectureOf(context: Ec2Context, call: ApiCall, what: 'type' | 'image', id: string): Promise<readonly string[]> {
  const known = architectures.get(context) ?? new Map<string, readonly string[]>();
  architectures.set(context, known);
  const key = `${call.region} ${id}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const [action, param] = what === 'type' ? ['DescribeInstanceTypes', 'InstanceType.1'] : ['DescribeImages', 'ImageId.1'];
  const answer = await askMoto(context, { ...call, action }, { [param]: id });
  const { content } = rootOf(parseXml(answer.body));
  // What does not exist is refused in its own words.
  const found =
    codeOf(answer) !== undefined
      ? []
      : what === 'image'
        ? items(content, 'imagesSet').map((image) => text(image, 'architecture'))
        : items(content, 'instanceTypeSet').flatMap((type) => listIn(type, 'processorInfo', 'supportedArchitectures'));
  known.set(key, found);
  return found;
}

/** Texts of a list that has no structure below its items. */
function listIn(node: XmlObject, ...path: readonly string[]): readonly string[] {
  const list = path.reduce<unknown>((at, key) => (at as XmlObject | undefined)?.[key], node);
  return [(list as XmlObject | undefined)?.['item'] ?? []].flat().map(String);
}

/** Words: the answer of RunInstances as users quote it (for one, terraform-aws-modules/terraform-aws-eks issue 2050: from memory). */
async function checkArchitecture(context: Ec2Context, call: ApiCall): Promise<void> {
  const { ImageId = '', InstanceType = 'm1.small' } = call.params;
  const [types, images] = await Promise.all([
    architectureOf(context, call, 'type', InstanceType),
    architectureOf(context, call, 'image', ImageId),
  ]);
  const [image] = images;
  if (image === undefined || types.length === 0 || types.includes(image)) return;
  throw new ApiRefusal(
    'InvalidParameterValue',
    `The architecture '${types.join(',')}' of the specified instance type does not match the architecture '${image}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
  );
}

/** The subnet exists and has room, and the groups belong to its VPC. */
function checkPlacement(context: Ec2Context, call: ApiCall): void {
  const { params } = call;
  const region = regionOf(context, call);
  const subnetId = params['SubnetId'] ?? params['NetworkInterface.1.SubnetId'];
  if (subnetId === undefined) {
    if ([...region.vpcs.values()].some((vpc) => vpc.isDefault)) return;
    throw new ApiRefusal('VPCIdNotSpecified', 'No default VPC for this user');
  }
  const subnet = region.subnets.get(subnetId);
  if (!subnet) throw new ApiRefusal('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
  for (const id of [...listParam(params, 'SecurityGroupId'), ...listParam(params, 'NetworkInterface.1.SecurityGroupId')]) {
    const group = region.groups.get(id);
    if (!group) throw new ApiRefusal('InvalidGroup.NotFound', `The security group '${id}' does not exist`);
    if (group.vpcId !== subnet.vpcId) {
      throw new ApiRefusal('InvalidParameter', `Security group ${id} and subnet ${subnetId} belong to different networks.`);
    }
  }
  const taken = context.interfaces.all().filter((one) => one.subnet.id === subnetId).length;
  if (Number(params['MinCount'] ?? '1') > subnet.freeAddresses - taken) {
    throw new ApiRefusal(
      'InsufficientFreeAddressesInSubnet',
      `There are not enough free addresses in subnet '${subnetId}' to satisfy the requested number of instances.`,
    );
  }
}

type Verb = 'start' | 'stop' | 'terminate';
const STEPS = {
  start: { to: 'pending', may: (context: Ec2Context, id: string) => context.lives.mayStart(id) },
  stop: { to: 'stopping', may: (context: Ec2Context, id: string) => context.lives.mayStop(id) },
  terminate: { to: 'shutting-down', may: (context: Ec2Context, id: string) => context.lives.mayTerminate(id) },
} as const;

/** Start, Stop and TerminateInstances: every instance is checked before any is changed, so one bad ID changes none. */
export function changeState(verb: Verb): Ec2Handler {
  return async (context, call) => {
    const ids = listParam(call.params, 'InstanceId');
    if (ids.length === 0) throw new ApiRefusal('MissingParameter', 'The request must contain the parameter InstanceId');
    const step = STEPS[verb];
    const moving = new Set(ids.filter((id) => step.may(context, id)));
    if (call.params['DryRun'] === 'true') return askMoto(context, call);
    if (moving.size > 0) {
      for (const id of moving) context.lives.demand(id).holdsPublicIp = (regionOf(context, call).instances.get(id)?.publicIp ?? '') !== '';
      const upstream: Record<string, string> = Object.fromEntries([...moving].map((id, index) => [`InstanceId.${index + 1}`, id]));
      const answer = await askMoto(context, call, upstream);
      if (codeOf(answer) !== undefined) return answer;
      // The instance's new public address must be known before anyone is told that it is starting.
      await context.mirror.refresh(call.region, ['instances', 'interfaces', 'subnets']);
    }
    const transitions = ids.map((id): Transition => {
      if (moving.has(id)) return context.lives.move(id, step.to);
      const state = context.lives.demand(id).state;
      return { id, previous: state, current: state };
    });
    return ec2Answer(call, { instancesSet: listOf(transitions.map(transitionElement)) });
  };
}

const transitionElement = (transition: Transition): XmlObject => ({
  instanceId: transition.id,
  currentState: { code: String(STATE_CODES[transition.current]), name: transition.current },
  previousState: { code: String(STATE_CODES[transition.previous]), name: transition.previous },
});

/** Attributes EC2 changes only on a stopped instance (API reference of ModifyInstanceAttribute). */
const NEEDS_STOPPED = ['InstanceType', 'Kernel', 'Ramdisk', 'UserData', 'EbsOptimized', 'EnaSupport', 'SriovNetSupport'] as const;
const ATTRIBUTE_WORDS: Readonly<Record<string, string>> = {
  instanceType: 'InstanceType',
  kernel: 'Kernel',
  ramdisk: 'Ramdisk',
  userData: 'UserData',
};

export const modifyInstanceAttribute: Ec2Handler = async (context, call) => {
  const { params } = call;
  const id = params['InstanceId'] ?? '';
  const life = context.lives.demand(id);
  const named = ATTRIBUTE_WORDS[params['Attribute'] ?? ''];
  const needsStopped = NEEDS_STOPPED.some((name) => name === named || params[`${name}.Value`] !== undefined || params[name] !== undefined);
  if (needsStopped && life.state !== 'stopped') {
    throw new ApiRefusal('IncorrectInstanceState', `The instance '${id}' is not in the 'stopped' state.`);
  }
  const userData = params['UserData.Value'] ?? (named === 'UserData' ? params['Value'] : undefined);
  const decoded = userData === undefined ? undefined : readUserData(userData);
  const encoded = params['UserData.Value'];
  // moto decodes this blob once too often: it gets it encoded once more.
  const sent = encoded === undefined ? params : { ...params, 'UserData.Value': Buffer.from(encoded).toString('base64') };
  const answer = await askMoto(context, call, sent);
  if (codeOf(answer) !== undefined) return answer;
  if (decoded !== undefined) life.userData = decoded;
  await moveInterfaces(context, call, id);
  return answer;
};

/** The groups of an instance are those of its interface; moto would leave the old ones there, held for ever. */
async function moveInterfaces(context: Ec2Context, call: ApiCall, instanceId: string): Promise<void> {
  const groups = listParam(call.params, 'GroupId');
  if (groups.length === 0) return;
  const named = Object.fromEntries(groups.map((group, index) => [`SecurityGroupId.${index + 1}`, group]));
  for (const one of regionOf(context, call).interfaces.values()) {
    if (one.instanceId !== instanceId) continue;
    await askMoto(context, { ...call, action: 'ModifyNetworkInterfaceAttribute' }, { NetworkInterfaceId: one.id, ...named });
  }
}

export const rebootInstances: Ec2Handler = async (context, call) => {
  for (const id of listParam(call.params, 'InstanceId')) {
    if (context.lives.demand(id).state !== 'running') {
      throw new ApiRefusal('IncorrectInstanceState', `The instance '${id}' is not in the 'running' state.`);
    }
  }
  return askMoto(context, call);
};
