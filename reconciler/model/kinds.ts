import type { Field, Kind } from './field.ts';
import { listFields } from './field.ts';
import { certificate } from './kinds/certificate.ts';
import { instance } from './kinds/instance.ts';
import { listener } from './kinds/listener.ts';
import { loadBalancer } from './kinds/load-balancer.ts';
import { internetGateway, routeTable, subnet, vpc } from './kinds/network.ts';
import { rule } from './kinds/rule.ts';
import { securityGroup } from './kinds/security-group.ts';
import { targetGroup } from './kinds/target-group.ts';
import { trustStore } from './kinds/trust-store.ts';

/** All kinds, each before those that need it. The order is the rank used to sort a plan. */
export const KINDS: readonly Kind[] = [
  vpc,
  internetGateway,
  subnet,
  routeTable,
  securityGroup,
  instance,
  certificate,
  trustStore,
  targetGroup,
  loadBalancer,
  listener,
  rule,
];

const byName: ReadonlyMap<string, Kind> = new Map(KINDS.map((kind) => [kind.name, kind]));

/** The kind of a name or of an address. Throws on an unknown one: the caller made it up. */
export function kindOf(nameOrAddress: string): Kind {
  const name = nameOrAddress.split('/')[0] ?? nameOrAddress;
  const kind = byName.get(name);
  if (kind === undefined) throw new Error(`no such kind: ${name}`);
  return kind;
}

export function rankOf(address: string): number {
  return KINDS.findIndex((kind) => kind.name === address.split('/')[0]);
}

const flat = new Map(KINDS.map((kind) => [kind.name, listFields(kind.fields)]));

export function fieldsOf(kind: Kind): readonly (readonly [string, Field])[] {
  return flat.get(kind.name) ?? listFields(kind.fields);
}
