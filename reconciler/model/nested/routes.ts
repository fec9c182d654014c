/** Routes of a route table. Rows: Route and CreateRoute, EC2 API reference. */
import { type Codec, isRef, reference, setOf, text } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { canonicalCidr } from '../ipv4.ts';
import { canonicalCidr6 } from '../ipv6.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { ABSENT, key, object, SPREAD, type Spreads } from '../rows.ts';
import { UNKNOWN } from '../unknown.ts';

const canonical = (written: string): string => canonicalCidr(written) ?? canonicalCidr6(written) ?? written;

type Destination = { readonly destination: string };
type SentDestination = {
  readonly DestinationCidrBlock?: string;
  readonly DestinationIpv6CidrBlock?: string;
  readonly DestinationPrefixListId?: string;
};

/** An IPv4 or IPv6 network, canonical, or a prefix list: what alone identifies a route. */
const destination: Codec<Destination, SentDestination> & Spreads = {
  type: 'network or prefix list',
  schema: { type: 'string' },
  keys: ['destination'],
  members: ['DestinationCidrBlock', 'DestinationIpv6CidrBlock', 'DestinationPrefixListId'],
  parse: (written) => ({ destination: canonical(String(written)) }),
  say: (value) => value.destination,
  write: ({ destination: said }) =>
    isList(said)
      ? { DestinationPrefixListId: said }
      : said.includes(':')
        ? { DestinationIpv6CidrBlock: said }
        : { DestinationCidrBlock: said },
  read: (wire) => {
    const [found] = Object.values(isObject(wire) ? wire : {}).filter((each) => typeof each === 'string' && each !== '');
    return typeof found === 'string' ? { destination: canonical(found) } : undefined;
  },
};
const isList = (said: Json): boolean => String(said).startsWith('pl-');

/** The id or ARN of what no spec names. */
const id = () => text();

/** What AWS shows of a route and no call sets. */
const seen = <T extends string | boolean>(is: Json, value: T): Codec<T, never> => ({
  ...(text() as Codec<Json, Json> as Codec<T, never>),
  write: () => null as never,
  read: (wire) => (wire === is ? value : undefined),
});

const REST = {
  gateway: key('GatewayId', reference('internetGateway', 'id'), ABSENT, 'An internet gateway, or a VPN gateway.'),
  natGateway: key('NatGatewayId', id(), ABSENT, 'A NAT gateway.'),
  instance: key('InstanceId', id(), ABSENT, 'An instance.'),
  networkInterface: key('NetworkInterfaceId', id(), ABSENT, 'A network interface.'),
  transitGateway: key('TransitGatewayId', id(), ABSENT, 'A transit gateway.'),
  peering: key('VpcPeeringConnectionId', id(), ABSENT, 'A peering connection.'),
  egressOnlyGateway: key('EgressOnlyInternetGatewayId', id(), ABSENT, 'An egress-only internet gateway.'),
  carrierGateway: key('CarrierGatewayId', id(), ABSENT, 'A carrier gateway.'),
  localGateway: key('LocalGatewayId', id(), ABSENT, 'A local gateway.'),
  coreNetwork: key('CoreNetworkArn', id(), ABSENT, 'A core network.'),
  odbNetwork: key('OdbNetworkArn', id(), ABSENT, 'An Oracle Database network.'),
  endpoint: key('VpcEndpointId', id(), ABSENT, 'The endpoint of a Gateway Load Balancer.'),
  state: key('State', seen('blackhole', 'blackhole'), ABSENT, 'A blackhole route: its destination no longer exists.'),
  local: key('Origin', seen('CreateRouteTable', true), ABSENT, 'The route of the VPC itself, with a changed destination.'),
};

/** Two members that differ only in these are one route. */
export const ROUTE_KEYS: readonly string[] = [...Object.keys(REST), UNKNOWN];

/** Made by route propagation, a route server or the VPC itself, and gone with what made them (EC2 API reference, Route.Origin). */
const NOT_BY_HAND: readonly (Json | undefined)[] = ['EnableVgwRoutePropagation', 'Advertisement'];

/**
 * Routes, each to one target. The local route, propagated ones, and those that a gateway endpoint keeps (a prefix list by `vpce-…`,
 * which only ModifyVpcEndpoint changes) are not ours to judge.
 */
export function routes() {
  const route = object({ destination: key(SPREAD, destination, REQUIRED, 'The destination addresses.'), ...REST }, { type: 'route' });
  return setOf({
    ...route,
    read: (wire, context) => {
      if (!isObject(wire) || NOT_BY_HAND.includes(wire['Origin']) || wire['GatewayId'] === 'local') return undefined;
      const value = route.read(plain(wire), context);
      if (!isObject(value) || value['destination'] === undefined) return undefined;
      if (value['endpoint'] !== undefined && isList(value['destination'])) return undefined;
      const { state, ...rest } = value;
      // What leads to a resource of ours that is gone is mended by making that one again.
      return state === undefined || isRef(value['gateway']) ? rest : value;
    },
  });
}

/** Without what says nothing. An instance is answered with its interface, and the endpoint of a Gateway Load Balancer as a gateway. */
function plain({ InstanceOwnerId: _owner, State: state, Origin: origin, ...route }: JsonObject): JsonObject {
  const { GatewayId: gateway = null, ...others } = route;
  const isEndpoint = String(gateway).startsWith('vpce-');
  return {
    ...others,
    ...(isEndpoint ? { VpcEndpointId: gateway } : { GatewayId: gateway }),
    ...((others['InstanceId'] ?? '') === '' ? {} : { NetworkInterfaceId: null }),
    State: state === 'blackhole' ? state : null,
    Origin: origin === 'CreateRouteTable' ? origin : null,
  };
}
