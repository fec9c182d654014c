import { type Codec, canonicalCidr, isRef, reference, setOf } from '../codec.ts';
import { canonicalCidr6 } from '../ipv6.ts';
import type { Json, JsonObject } from '../json.ts';

/** Target of a route in the normal form -> parameter of CreateRoute and member of Route (EC2 API reference). */
const TARGETS: Readonly<Record<string, string>> = {
  gateway: 'GatewayId',
  natGateway: 'NatGatewayId',
  instance: 'InstanceId',
  networkInterface: 'NetworkInterfaceId',
  transitGateway: 'TransitGatewayId',
  peering: 'VpcPeeringConnectionId',
  egressOnlyGateway: 'EgressOnlyInternetGatewayId',
  carrierGateway: 'CarrierGatewayId',
  localGateway: 'LocalGatewayId',
  coreNetwork: 'CoreNetworkArn',
  odbNetwork: 'OdbNetworkArn',
  endpoint: 'VpcEndpointId',
};

/** All but the destination, which alone identifies a route: two members that differ in these are one route. */
export const ROUTE_KEYS: readonly string[] = [...Object.keys(TARGETS), 'state', 'other', 'local'];

/** Members of Route that name no target. */
const NO_TARGET = new Set([
  'DestinationCidrBlock',
  'DestinationIpv6CidrBlock',
  'DestinationPrefixListId',
  'Origin',
  'State',
  'InstanceOwnerId',
]);

/** Made by route propagation, a route server or the VPC itself, and gone with what made them (EC2 API reference, Route.Origin). */
const NOT_BY_HAND = new Set(['EnableVgwRoutePropagation', 'Advertisement']);

/**
 * Routes: `{ destination, <target> }` with one of the targets above, an IPv4 or IPv6 network or a prefix list as destination.
 * `state: blackhole` where what it leads to is gone and not ours; `local: true` of the route of the VPC itself that somebody led
 * elsewhere; `other` for a target that this version has no word for. The local route, propagated ones, and those that a
 * gateway endpoint keeps (a prefix list by `vpce-…`, which only ModifyVpcEndpoint changes) are not ours to judge.
 */
export function routes(): Codec {
  const gateway = reference('internetGateway', 'id');
  return setOf({
    type: 'route',
    schema: { type: 'object' },
    parse: (written) => {
      const route = written as JsonObject;
      return { destination: canonicalDestination(String(route['destination'])) ?? null, gateway: gateway.parse(route['gateway'] ?? null) };
    },
    write: (value) => {
      const route = value as JsonObject;
      return {
        [destinationParam(route['destination'] ?? null)]: route['destination'] ?? null,
        ...Object.fromEntries(
          Object.entries(TARGETS).flatMap(([key, param]): [string, Json][] => (route[key] === undefined ? [] : [[param, route[key]]])),
        ),
        ...(route['other'] as JsonObject | undefined),
      };
    },
    read: (wire, context) => {
      const route = wire as JsonObject;
      const destination = destinationOf(route);
      if (destination === undefined || NOT_BY_HAND.has(String(route['Origin'] ?? '')) || route['GatewayId'] === 'local') return undefined;
      const target = targetOf(route);
      if (typeof target['endpoint'] === 'string' && destination.startsWith('pl-')) return undefined;
      const own =
        typeof target['gateway'] === 'string'
          ? { ...target, gateway: gateway.read(target['gateway'], context) ?? target['gateway'] }
          : target;
      return {
        destination,
        ...own,
        ...(route['State'] === 'blackhole' && !isRef(own['gateway']) ? { state: 'blackhole' } : {}),
        ...(route['Origin'] === 'CreateRouteTable' ? { local: true } : {}),
      };
    },
  });
}

const canonicalDestination = (text: string): string | undefined => canonicalCidr(text) ?? canonicalCidr6(text);

const destinationParam = (destination: Json): string =>
  String(destination).startsWith('pl-')
    ? 'DestinationPrefixListId'
    : String(destination).includes(':')
      ? 'DestinationIpv6CidrBlock'
      : 'DestinationCidrBlock';

function destinationOf(route: JsonObject): string | undefined {
  const { DestinationCidrBlock: four, DestinationIpv6CidrBlock: six, DestinationPrefixListId: list } = route;
  if (typeof four === 'string' && four !== '') return canonicalCidr(four) ?? four;
  if (typeof six === 'string' && six !== '') return canonicalCidr6(six) ?? six;
  return typeof list === 'string' && list !== '' ? list : undefined;
}

/** An instance is answered with its interface, and the endpoint of a Gateway Load Balancer as a gateway. */
function targetOf(route: JsonObject): JsonObject {
  const named = Object.entries(TARGETS).filter(([, param]) => typeof route[param] === 'string' && route[param] !== '');
  const target = Object.fromEntries(named.map(([key, param]): [string, Json] => [key, route[param] ?? null]));
  if (target['instance'] !== undefined) return { instance: target['instance'] };
  if (String(target['gateway'] ?? '').startsWith('vpce-')) return { endpoint: target['gateway'] ?? null };
  if (named.length > 0) return target;
  const other = Object.fromEntries(Object.entries(route).filter(([key, value]) => !NO_TARGET.has(key) && value !== null && value !== ''));
  return { other };
}
