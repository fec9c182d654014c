import { sortSet } from '../model/codec.ts';
import { type Address, asList, type Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import { ALL_OUT, ALL_OUT_IPV6 } from '../model/nested/permissions.ts';
import { asObject, type Draft, holds } from './draft.ts';

/** The security groups made on the user's behalf. One that the user writes under such a name is used instead. */
export const LOAD_BALANCER_GROUP = 'load-balancer';
export const INSTANCES_GROUP = 'instances';

/**
 * Adds what the user need not say: the gateway and the public routes of a VPC that is made here, the ties to the VPC, and
 * the security groups that the console would make "on your behalf" (load balancer: listener ports open to the world;
 * targets: traffic and health-check ports open to the load balancer only).
 */
export function completeStack(drafts: Draft[], tags: Readonly<Record<string, string>>): void {
  const vpc = { $ref: 'vpc/main.id' };
  const of = (kind: string) => drafts.filter((draft) => draft.kind.name === kind);
  if (of('vpc').length > 0) {
    drafts.push(derived('internetGateway/main', { vpc }, tags));
    drafts.push(
      derived(
        'routeTable/public',
        {
          vpc,
          routes: [...EVERYWHERE.IPv4, ...(hasIpv6(of('vpc')[0]) ? EVERYWHERE.IPv6 : [])].map((destination) => ({
            destination,
            gateway: { $ref: 'internetGateway/main.id' },
          })),
          subnets: sortSet(of('subnet').map((subnet) => ({ $ref: `${subnet.address}.id` }))),
        },
        tags,
      ),
    );
  }
  const groups = of('targetGroup');
  for (const group of groups) {
    if (group.values['targets'] === undefined) continue;
    group.values['targets'] = asList(group.values['targets']).map((target) => ({
      ...asObject(target),
      port: asObject(target)['port'] ?? group.values['port'] ?? null,
    }));
  }
  makeGroups(drafts, tags);
  for (const draft of drafts.filter((other) => ['subnet', 'securityGroup', 'targetGroup', 'loadBalancer'].includes(other.kind.name))) {
    const field = fieldsOf(draft.kind).find(([name]) => name === 'vpc')?.[1];
    if (field !== undefined && holds(field, draft.values)) draft.values['vpc'] = vpc;
  }
  for (const draft of of('rule'))
    draft.values['listener'] = { $ref: `${draft.address.replace('rule/', 'listener/').replace(/\.[^.]*$/, '')}.arn` };
  for (const draft of of('listener')) draft.values['loadBalancer'] = { $ref: 'loadBalancer/main.arn' };
}

const EVERYWHERE = { IPv4: ['0.0.0.0/0'], IPv6: ['::/0'] } as const;

const hasIpv6 = (vpc: Draft | undefined): boolean => ((vpc?.values['ipv6'] ?? []) as readonly Json[]).length > 0;

/**
 * From where clients come. A load balancer without public IPv4 addresses has none in its DNS name either (ELB user guide, "IP address
 * types"), so by IPv4 nobody is let in.
 */
function clientsOf({ values }: Draft): readonly string[] {
  if (values['ipAddressType'] === 'dualstack') return [...EVERYWHERE.IPv4, ...EVERYWHERE.IPv6];
  return values['ipAddressType'] === 'dualstack-without-public-ipv4' ? EVERYWHERE.IPv6 : EVERYWHERE.IPv4;
}

function makeGroups(drafts: Draft[], tags: Readonly<Record<string, string>>): void {
  const of = (kind: string) => drafts.filter((draft) => draft.kind.name === kind);
  for (const balancer of of('loadBalancer')) {
    if (balancer.values['securityGroups'] !== undefined) continue;
    balancer.values['securityGroups'] = [{ $ref: `securityGroup/${LOAD_BALANCER_GROUP}.id` }];
    const ports = [...new Set(of('listener').map((listener) => Number(listener.values['port'])))];
    if (!said(drafts, LOAD_BALANCER_GROUP))
      drafts.push(
        derived(
          `securityGroup/${LOAD_BALANCER_GROUP}`,
          {
            description: 'Clients to the load balancer, made by albedo',
            ingress: sortSet(
              ports.flatMap((port) => clientsOf(balancer).map((cidr) => ({ protocol: 'tcp', fromPort: port, toPort: port, cidr }))),
            ),
            ...(of('targetGroup').some((group) => group.values['ipAddressType'] === 'ipv6')
              ? { egress: sortSet([ALL_OUT, ALL_OUT_IPV6]) }
              : {}),
          },
          tags,
          balancer,
        ),
      );
  }
  const open = of('instance').filter((instance) => instance.values['securityGroups'] === undefined);
  if (open.length === 0) return;
  const sources = of('loadBalancer').flatMap((balancer) => asList(balancer.values['securityGroups']));
  const ports = of('targetGroup').flatMap((group) => {
    // Whoever registers targets that the spec leaves alone does so on the port of the group, unless it says another.
    const own = asList(group.values['targets'] ?? [group.values]).map((target) => asObject(target)['port']);
    // A group of functions has no port at all, and a health check may use that of the traffic.
    return [...own, group.values['healthCheck.port']].map((port) => Number(port ?? Number.NaN)).filter(Number.isInteger);
  });
  const allowed = [...new Set(ports)].flatMap((port) =>
    sources.map((source) => ({ protocol: 'tcp', fromPort: port, toPort: port, group: source })),
  );
  if (!said(drafts, INSTANCES_GROUP))
    drafts.push(
      derived(
        `securityGroup/${INSTANCES_GROUP}`,
        { description: 'The load balancer to its targets, made by albedo', ingress: sortSet(allowed) },
        tags,
        open[0],
      ),
    );
  for (const instance of open) instance.values['securityGroups'] = [{ $ref: `securityGroup/${INSTANCES_GROUP}.id` }];
}

const said = (drafts: readonly Draft[], group: string): boolean => drafts.some((draft) => draft.address === `securityGroup/${group}`);

/** A resource the user did not write: fields not given here have their defaults. It points to what it was made for. */
function derived(address: Address, values: { [field: string]: Json }, tags: Readonly<Record<string, string>>, because?: Draft): Draft {
  const kind = kindOf(address);
  const defaults = Object.fromEntries(
    fieldsOf(kind).flatMap(([name, field]) =>
      typeof field.default === 'symbol' || values[name] !== undefined ? [] : [[name, field.codec.parse(field.default)]],
    ),
  );
  return {
    kind,
    address,
    values: { ...defaults, ...values },
    tags: { ...tags },
    path: [],
    positions: {},
    ...(because?.position === undefined ? {} : { position: because.position }),
  };
}
