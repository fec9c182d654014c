/**
 * EC2: moto behind a ledger that keeps what moto lacks. Reads are moto's, rewritten; writes go one at a time, are checked
 * against the mirror first, and are followed by a fresh look at what they changed.
 */
import type { Order } from '../shuffle.ts';
import type { ApiAnswer, ApiCall, Clock, Elbv2State, Timings } from '../types.ts';
import type { Upstream } from '../upstream.ts';
import { ApiRefusal, codeOf } from '../wire.ts';
import { complete } from './complete.ts';
import { askMoto, type Ec2Context, type Ec2Handler } from './context.ts';
import { describeInstanceStatus, describeInstances, describeNetworkInterfaces, describeSubnets } from './describe.ts';
import { describeSecurityGroups, exact } from './exact-rules.ts';
import { changeRules, describeRules } from './group-rules.ts';
import { changeState, modifyInstanceAttribute, rebootInstances, runInstances } from './instances.ts';
import { createInterfaces } from './interfaces.ts';
import { associateSubnet, disassociateSubnet, disassociateVpc, modifySubnet } from './ipv6.ts';
import { createLifeCycle } from './life-cycle.ts';
import { createMirror, touchedBy } from './mirror.ts';
import { modifyRules } from './modify-rules.ts';
import * as network from './network.ts';
import { createNetworkView, type LedgerView } from './network-view.ts';
import { newRoute } from './routes.ts';

const READS: Readonly<Record<string, Ec2Handler>> = {
  DescribeInstances: describeInstances,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeNetworkInterfaces: describeNetworkInterfaces,
  DescribeSubnets: describeSubnets,
  DescribeSecurityGroups: describeSecurityGroups,
};

const WRITES: Readonly<Record<string, Ec2Handler>> = {
  RunInstances: runInstances,
  StartInstances: changeState('start'),
  StopInstances: changeState('stop'),
  TerminateInstances: changeState('terminate'),
  RebootInstances: rebootInstances,
  ModifyInstanceAttribute: modifyInstanceAttribute,
  CreateVpc: network.createVpc,
  DeleteVpc: network.deleteVpc,
  CreateSubnet: network.createSubnet,
  DeleteSubnet: network.deleteSubnet,
  ModifySubnetAttribute: modifySubnet,
  AssociateSubnetCidrBlock: associateSubnet,
  DisassociateSubnetCidrBlock: disassociateSubnet,
  DisassociateVpcCidrBlock: disassociateVpc,
  CreateSecurityGroup: network.createSecurityGroup,
  DeleteSecurityGroup: network.deleteSecurityGroup,
  AuthorizeSecurityGroupIngress: changeRules,
  AuthorizeSecurityGroupEgress: changeRules,
  RevokeSecurityGroupIngress: changeRules,
  RevokeSecurityGroupEgress: changeRules,
  ModifySecurityGroupRules: modifyRules,
  UpdateSecurityGroupRuleDescriptionsIngress: describeRules,
  UpdateSecurityGroupRuleDescriptionsEgress: describeRules,
  AttachInternetGateway: network.attachInternetGateway,
  DetachInternetGateway: network.detachInternetGateway,
  DeleteInternetGateway: network.deleteInternetGateway,
  CreateRouteTable: network.createRouteTable,
  DeleteRouteTable: network.deleteRouteTable,
  AssociateRouteTable: network.associateRouteTable,
  ReplaceRouteTableAssociation: network.replaceRouteTableAssociation,
  CreateRoute: newRoute(network.setRoute),
  ReplaceRoute: network.setRoute,
  DeleteNetworkInterface: network.guardInterface,
  DetachNetworkInterface: network.guardInterface,
  ModifyNetworkInterfaceAttribute: network.guardInterface,
};

/** Their handlers have refreshed the mirror themselves, before the life cycle moved on. */
const READS_BACK = new Set(['RunInstances', 'StartInstances', 'StopInstances', 'TerminateInstances']);

export interface Ec2Ledger {
  handle(call: ApiCall): Promise<ApiAnswer>;
  readonly network: LedgerView;
  /** Gets a region ready before anyone asks for it: the first question costs moto a second or two. */
  open(region: string): Promise<void>;
  /** Learns which load balancers are internal, whoever attached them. */
  connect(state: Pick<Elbv2State, 'loadBalancers' | 'onChange'>): void;
  /** Forgets everything the ledger added; moto is reset by its owner. Resolves when no write is under way. */
  reset(): Promise<void>;
  /** What the ledger added, as data, when no write is under way; and back again. */
  save(): Promise<Ec2State>;
  load(state: Ec2State): Promise<void>;
}

export interface Ec2State {
  readonly lives: ReturnType<Ec2Context['lives']['save']>;
  readonly interfaces: ReturnType<Ec2Context['interfaces']['save']>;
  readonly mirror: ReturnType<Ec2Context['mirror']['save']>;
  readonly tokens: Ec2Context['tokens'];
  readonly outposts: Ec2Context['outposts'];
}

export interface Ec2Options {
  readonly clock: Clock;
  readonly timings: Timings;
  readonly upstream: Upstream;
  /** How lists are put in order. */
  readonly order: Order;
  /** Start each region with AWS's default VPC (with its gateway and route). By default a region starts empty. */
  readonly defaultVpc?: boolean;
}

export function createEc2Ledger(options: Ec2Options): Ec2Ledger {
  const { clock, timings, upstream } = options;
  const listeners = new Set<() => void>();
  const onChange = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const context: Ec2Context = {
    clock,
    timings,
    upstream,
    order: options.order,
    mirror: createMirror(upstream),
    lives: createLifeCycle({ clock, timings, onChange }),
    interfaces: createInterfaces({ clock, lingerMs: timings.interfaceLinger, onChange }),
    tokens: new Map(),
    outposts: new Map(),
  };
  const opened = new Map<string, Promise<void>>();
  let last: Promise<unknown> = Promise.resolve();

  /** Writes wait for one another: a check on the mirror must still hold when moto gets the call. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const open = (region: string): Promise<void> => {
    let opening = opened.get(region);
    if (!opening) {
      opening = prepareRegion(context, region, options.defaultVpc ?? false);
      opened.set(region, opening);
      opening.catch(() => opened.delete(region));
    }
    return opening;
  };
  const write = async (call: ApiCall): Promise<ApiAnswer> => {
    const handler = exact(call.action, Object.hasOwn(WRITES, call.action) ? WRITES[call.action] : undefined);
    const answer = await (handler ? handler(context, call) : askMoto(context, call));
    if (codeOf(answer) === undefined) {
      if (!READS_BACK.has(call.action)) await context.mirror.refresh(call.region, touchedBy(call.action, call.params));
      onChange();
    }
    return answer;
  };

  return {
    network: createNetworkView(context, listeners),
    open,
    connect(state) {
      state.onChange(() => {
        for (const balancer of state.loadBalancers()) if (balancer.scheme === 'internal') context.interfaces.makeInternal(balancer.arn);
      });
    },
    async handle(call) {
      await open(call.region);
      if (call.params['DryRun'] === 'true' && !DRY_IN_MOTO.test(call.action))
        throw new ApiRefusal('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
      const isRead = /^(Describe|Get|List|Search)/.test(call.action);
      const answer = complete(context, call, await (isRead ? read(context, call) : inTurn(() => write(call))));
      // moto writes one constant in every answer.
      return { ...answer, body: answer.body.replace(/<(requestId|RequestID)>request-id</, `<$1>${call.requestId}<`) };
    },
    async save() {
      await Promise.allSettled([last, ...opened.values()]);
      const { lives, interfaces, mirror } = context;
      const [tokens, outposts] = [new Map(context.tokens), new Map(context.outposts)];
      return { lives: lives.save(), interfaces: interfaces.save(), mirror: mirror.save(), tokens, outposts };
    },
    async load(state) {
      await Promise.allSettled([last, ...opened.values()]);
      context.mirror.load(state.mirror);
      context.lives.load(state.lives);
      context.interfaces.load(state.interfaces);
      context.tokens.clear();
      for (const [token, answer] of state.tokens) context.tokens.set(token, answer);
      context.outposts.clear();
      for (const [subnet, outpost] of state.outposts) context.outposts.set(subnet, outpost);
      for (const region of opened.keys()) if (!state.mirror.some(([name]) => name === region)) opened.delete(region);
      onChange();
    },
    async reset() {
      await Promise.allSettled([last, ...opened.values()]);
      context.lives.clear();
      context.interfaces.clear();
      context.mirror.clear();
      context.tokens.clear();
      context.outposts.clear();
      opened.clear();
      onChange();
    },
  };
}

/** These moto tries out when it is asked to; of the others it does some in earnest, CreateVpc for one. */
const DRY_IN_MOTO = /^(Run|Start|Stop|Terminate)Instances$/;

function read(context: Ec2Context, call: ApiCall): Promise<ApiAnswer> {
  const handler = Object.hasOwn(READS, call.action) ? READS[call.action] : undefined;
  return handler ? handler(context, call) : askMoto(context, call);
}

/** moto gives every region a default VPC without a gateway. It goes, or gets the gateway and route AWS gives it. */
async function prepareRegion(context: Ec2Context, region: string, keep: boolean): Promise<void> {
  const { mirror } = context;
  await mirror.refresh(region, ['vpcs', 'subnets', 'routeTables']);
  const { vpcs, subnets, routeTables } = mirror.region(region);
  const vpc = [...vpcs.values()].find((one) => one.isDefault);
  if (!vpc) return;
  const ask = (action: string, params: Readonly<Record<string, string>>): Promise<ApiAnswer> =>
    askMoto(context, { service: 'ec2', action, params, region, account: '', requestId: '' });
  if (keep) {
    const created = await ask('CreateInternetGateway', {});
    const id = /<internetGatewayId>([^<]+)</.exec(created.body)?.[1] ?? '';
    await ask('AttachInternetGateway', { InternetGatewayId: id, VpcId: vpc.id });
    const main = [...routeTables.values()].find((table) => table.vpcId === vpc.id && table.isMain);
    if (main) await ask('CreateRoute', { RouteTableId: main.id, DestinationCidrBlock: '0.0.0.0/0', GatewayId: id });
  } else {
    for (const subnet of subnets.values()) await ask('DeleteSubnet', { SubnetId: subnet.id });
    await ask('DeleteVpc', { VpcId: vpc.id });
    mirror.clear(region);
    return;
  }
  await mirror.refresh(region, ['vpcs', 'subnets', 'groups', 'routeTables', 'gateways', 'instances', 'interfaces']);
}
