import type { Problem } from '../errors.ts';
import { contains, overlap } from '../model/codec.ts';
import type { Desired, Given } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import type { Json, Position } from '../plan/types.ts';
import { type At, type Built, type SpecObject, asObject } from './build.ts';

/**
 * What AWS would refuse although every single value is legal: rules between fields and between resources. Each names the
 * place, the AWS rule and the way out, so that nothing is called on AWS before the spec can work.
 */
export function checkStack(built: Built, at: At): readonly Problem[] {
  const { desired, given } = built.stack;
  const problems: Problem[] = [];
  const report = (position: Position, path: string, message: string, hint: string): void => {
    problems.push({ ...position, path, message, hint, severity: 'error' });
  };
  const of = (kind: string) => desired.filter((resource) => resource.kind === kind);
  checkNetwork(of('vpc')[0], of('subnet'), given, at, report);
  checkLoadBalancer(of('loadBalancer')[0], of('subnet'), given, at, report);
  for (const group of of('targetGroup')) checkTargetGroup(group, at, report);
  checkListeners(of('listener'), at, report);
  checkTargets(of('targetGroup'), at, report);
  checkNames(desired, at, report);
  return problems;
}

type Report = (position: Position, path: string, message: string, hint: string) => void;

function checkNetwork(vpc: Desired | undefined, subnets: readonly Desired[], given: readonly Given[], at: At, report: Report): void {
  const range = vpc?.values['cidrBlock'];
  const seen: { name: string; cidr: string }[] = [];
  for (const subnet of subnets) {
    const name = nameOf(subnet.address);
    const cidr = String(subnet.values['cidrBlock']);
    const position = subnet.positions['cidrBlock'] ?? at(['network', 'subnets', name]);
    const path = `network.subnets.${name}.cidrBlock`;
    if (typeof range === 'string' && !contains(range, cidr)) report(position, path, `${cidr} is not within the VPC's ${range}`, `Choose a part of ${range} (InvalidSubnet.Range).`);
    for (const other of seen) {
      if (overlap(other.cidr, cidr)) report(position, path, `${cidr} overlaps ${other.cidr} of subnet ${other.name}`, 'Give each subnet addresses of its own (InvalidSubnet.Conflict).');
    }
    seen.push({ name, cidr });
  }
  if (vpc !== undefined) {
    for (const entry of given.filter((other) => other.address.startsWith('subnet/'))) {
      report(entry.position, `network.subnets.${nameOf(entry.address)}.id`, 'a subnet that exists already cannot be in a VPC that is made here', 'Give the VPC by id too: vpc: { id: vpc-… }.');
    }
  }
}

function checkLoadBalancer(balancer: Desired | undefined, subnets: readonly Desired[], given: readonly Given[], at: At, report: Report): void {
  if (balancer === undefined) return;
  const position = balancer.positions['subnets'] ?? at(['loadBalancer']);
  const chosen = refsIn(balancer.values['subnets']).map((ref) => ref.address);
  const zones = new Map<string, string>();
  for (const address of chosen) {
    const subnet = subnets.find((other) => other.address === address);
    if (subnet === undefined) continue;
    const zone = String(subnet.values['availabilityZone']);
    const other = zones.get(zone);
    if (other !== undefined) report(position, 'loadBalancer.subnets', `${nameOf(other)} and ${nameOf(address)} are both in ${zone}`, 'A load balancer takes one subnet of each zone (InvalidConfigurationRequest).');
    zones.set(zone, address);
  }
  const literal = (balancer.values['subnets'] as readonly Json[]).length - chosen.length;
  const known = chosen.some((address) => given.some((entry) => entry.address === address));
  if (zones.size < 2 && literal === 0 && !known) {
    report(position, 'loadBalancer.subnets', 'the subnets are all in one Availability Zone', 'A load balancer needs subnets in at least two zones (ValidationError).');
  }
}

/** ELBv2 API reference: CreateTargetGroup, TargetGroupAttribute; conflicts as in aws-load-balancer-controller issue 3686. */
function checkTargetGroup(group: Desired, at: At, report: Report): void {
  const name = nameOf(group.address);
  const place = (field: string) => group.positions[field] ?? at(['targetGroups', name], 'key');
  const path = (field: string) => `targetGroups.${name}.${field}`;
  const value = (field: string) => group.values[field];
  const [interval, timeout] = [Number(value('healthCheck.interval')), Number(value('healthCheck.timeout'))];
  if (timeout >= interval) report(place(group.positions['healthCheck.timeout'] === undefined ? 'healthCheck.interval' : 'healthCheck.timeout'), path('healthCheck.timeout'), `the timeout of ${timeout} s is not below the interval of ${interval} s`, 'Shorten the timeout or lengthen the interval.');
  const slow = Number(value('slowStart') ?? 0);
  if (slow > 0 && slow < 30) report(place('slowStart'), path('slowStart'), `a slow start of ${slow} s is too short`, 'Write 0 to turn it off, or 30s to 900s.');
  const algorithm = value('algorithm');
  if (slow > 0 && algorithm !== 'round_robin') report(place('slowStart'), path('slowStart'), `slow start does not go with ${String(algorithm)}`, 'Use round_robin, or slowStart: 0.');
  if (value('stickiness.enabled') === true && algorithm === 'weighted_random') report(place('algorithm'), path('algorithm'), 'weighted_random does not go with stickiness', 'Use another algorithm, or stickiness.enabled: false.');
}

/** One port, one listener (DuplicateListener); exactly one final action; HTTPS to HTTPS redirects to itself loop. */
function checkListeners(listeners: readonly Desired[], at: At, report: Report): void {
  const ports = new Map<number, string>();
  for (const listener of listeners) {
    const name = nameOf(listener.address);
    const port = Number(listener.values['port']);
    const other = ports.get(port);
    if (other !== undefined) report(listener.positions['port'] ?? at(['listeners', name]), `listeners.${name}.port`, `port ${port} is taken by listener ${other}`, 'Give each listener a port of its own (DuplicateListener).');
    ports.set(port, name);
    const action = asObject((listener.values['defaultActions'] as readonly Json[])[0]);
    if (action['type'] !== 'redirect') continue;
    const position = at(['listeners', name, 'redirect']);
    const path = `listeners.${name}.redirect`;
    const sameProtocol = action['protocol'] === '#{protocol}' || action['protocol'] === listener.values['protocol'];
    const samePort = action['port'] === '#{port}' || Number(action['port']) === port;
    if (sameProtocol && samePort && action['host'] === '#{host}' && action['path'] === '/#{path}') report(position, path, 'the redirect leads to itself', 'Change at least one of protocol, host, port and path (InvalidLoadBalancerAction).');
    if (action['protocol'] === 'HTTP' && listener.values['protocol'] === 'HTTPS') report(position, path, 'a redirect from HTTPS to HTTP is refused', 'Redirect to HTTPS, or drop the protocol.');
  }
}

/** What the listener section says twice or not at all; `forward`, `redirect` and `fixedResponse` exclude each other. */
export function checkActions(spec: Json, at: At): readonly Problem[] {
  return Object.entries(asObject(asObject(spec)['listeners'])).flatMap(([name, entry]): readonly Problem[] => {
    const said = ['forward', 'redirect', 'fixedResponse'].filter((key) => asObject(entry)[key] !== undefined);
    if (said.length === 1) return [];
    const position = said[1] === undefined ? at(['listeners', name], 'key') : at(['listeners', name, said[1]], 'key');
    return [{
      ...position, severity: 'error', path: `listeners.${name}`,
      message: said.length === 0 ? `listener ${name} does not say what to do with requests` : `listener ${name} says ${said.join(' and ')}`,
      hint: 'Write exactly one of forward, redirect and fixedResponse.',
    }];
  });
}

function checkTargets(groups: readonly Desired[], at: At, report: Report): void {
  for (const group of groups) {
    const seen = new Set<string>();
    for (const target of (group.values['targets'] ?? []) as readonly SpecObject[]) {
      const key = JSON.stringify(target);
      if (seen.has(key)) report(group.positions['targets'] ?? at([]), `targetGroups.${nameOf(group.address)}.targets`, 'a target is listed twice', 'List each instance and port once.');
      seen.add(key);
    }
  }
}

/** Two target groups cannot have one name in a region (DuplicateTargetGroupName). */
function checkNames(desired: readonly Desired[], at: At, report: Report): void {
  const seen = new Map<string, string>();
  for (const resource of desired) {
    const name = resource.values['name'];
    if (typeof name !== 'string') continue;
    const key = `${resource.kind}:${name}`;
    const other = seen.get(key);
    if (other !== undefined) report(resource.positions['name'] ?? at([]), `${resource.address}.name`, `the name ${name} is taken by ${other}`, 'Choose another name.');
    seen.set(key, resource.address);
  }
}

const nameOf = (address: string): string => address.slice(address.indexOf('/') + 1);
