/** Warnings about requests that do not arrive: at a listener, at a target, or with a health check. */

import { contains } from '../model/ipv4.ts';
import { asList } from '../model/json.ts';
import { targetGroup as targetGroupKind } from '../model/kinds/target-group.ts';
import type { Desired } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import { type Values, valuesOf } from '../model/values.ts';
import { asObject, type SpecObject } from './draft.ts';
import type { Warn } from './lint-rules.ts';

export function lintReach(desired: readonly Desired[], warn: Warn): void {
  const of = (kind: string) => desired.filter((resource) => resource.kind === kind);
  const [balancer] = of('loadBalancer');
  for (const group of of('targetGroup')) {
    lintChecks(group, desired, warn);
    if (balancer !== undefined) lintZones(group, balancer, desired, warn);
  }
  if (balancer === undefined || asList(balancer.values['securityGroups']).length === 0) return;
  for (const listener of of('listener'))
    if (!opens(balancer, Number(listener.values['port']), desired, () => true))
      warn(
        'listener-closed',
        listener,
        'port',
        `No security group of the load balancer has an ingress rule for port ${String(listener.values['port'])}.`,
        'Add one, such as { port: 443, from: 0.0.0.0/0 }.',
      );
}

/** A target in a zone without a node of the load balancer is `unused`: it gets no requests (ELB user guide, Availability Zones). */
function lintZones(group: Desired, balancer: Desired, desired: readonly Desired[], warn: Warn): void {
  const zoneOf = (subnet: string | undefined) => desired.find(({ address }) => address === subnet)?.values['availabilityZone'];
  const enabled = asList(balancer.values['subnets']).map((entry) => zoneOf(refsIn(entry)[0]?.address));
  // The zone of a subnet that is given by its id is known to AWS alone.
  if (enabled.includes(undefined)) return;
  for (const target of valuesOf(targetGroupKind, group).targets ?? []) {
    const instance = desired.find(({ address }) => address === refsIn(target.id)[0]?.address);
    const zone = zoneOf(refsIn(instance?.values['subnet'])[0]?.address);
    if (instance === undefined || zone === undefined || enabled.includes(zone)) continue;
    warn(
      'target-zone-disabled',
      group,
      'targets',
      `Target ${nameOf(instance)} is in ${String(zone)}, where the load balancer has no subnet: it gets no requests.`,
      'Add a subnet of that zone to the load balancer, or move the instance.',
    );
    return;
  }
}

function lintChecks(group: Desired, desired: readonly Desired[], warn: Warn): void {
  const values = valuesOf(targetGroupKind, group);
  for (const target of values.targets ?? []) {
    const instance = desired.find(({ address }) => address === refsIn(target.id)[0]?.address);
    if (instance === undefined || lets(instance, Number(checkPort(values, target.port)), desired)) continue;
    warn(
      'health-check-closed',
      group,
      'healthCheck.port',
      `No security group rule of ${nameOf(instance)} allows the health check on port ${checkPort(values, target.port)}.`,
      "Add an ingress rule from the load balancer's group.",
    );
    return;
  }
}

function checkPort({ 'healthCheck.port': port = 'traffic-port' }: Values<typeof targetGroupKind>, own: number | null): string {
  return port === 'traffic-port' ? String(own) : port;
}

/** Whether any group of the instance lets the load balancer in on the port. */
function lets(instance: Desired, port: number, desired: readonly Desired[]): boolean {
  const balancer = desired.find((other) => other.kind === 'loadBalancer');
  const sources = refsIn(balancer?.values['securityGroups']).map((ref) => ref.address as string);
  const range = String(desired.find((other) => other.kind === 'vpc')?.values['cidrBlock'] ?? '');
  return opens(instance, port, desired, (rule) => {
    const source = refsIn(rule['group'])[0]?.address;
    return typeof rule['cidr'] === 'string'
      ? range === '' || contains(rule['cidr'], range) || contains(range, rule['cidr'])
      : source === undefined || sources.includes(source);
  });
}

/** Whether any security group has a rule for TCP on the port, for somebody who is meant. Groups that are not in this file are believed. */
function opens(resource: Desired, port: number, desired: readonly Desired[], isMeant: (rule: SpecObject) => boolean): boolean {
  return asList(resource.values['securityGroups']).some((entry) => {
    const group = desired.find((other) => other.address === refsIn(entry)[0]?.address);
    if (group === undefined) return true;
    return asList(group.values['ingress']).some((item) => {
      const rule = asObject(item);
      const covered =
        rule['protocol'] === '-1' || (rule['protocol'] === 'tcp' && Number(rule['fromPort']) <= port && port <= Number(rule['toPort']));
      return covered && isMeant(rule);
    });
  });
}

const nameOf = (resource: Desired): string => resource.address.slice(resource.address.indexOf('/') + 1);
