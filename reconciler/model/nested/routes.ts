import { type Codec, canonicalCidr, reference, setOf } from '../codec.ts';
import type { JsonObject } from '../json.ts';

/** Routes through an internet gateway: `{ destination, gateway }`. The local route and propagated ones are AWS's own. */
export function routes(): Codec {
  const gateway = reference('internetGateway', 'id');
  return setOf({
    type: 'route',
    schema: { type: 'object' },
    parse: (written) => {
      const route = written as JsonObject;
      return { destination: canonicalCidr(String(route['destination'])) ?? null, gateway: gateway.parse(route['gateway'] ?? null) };
    },
    write: (value) => {
      const route = value as JsonObject;
      return { DestinationCidrBlock: route['destination'] ?? null, GatewayId: route['gateway'] ?? null };
    },
    read: (wire, context) => {
      const route = wire as JsonObject;
      const target = route['GatewayId'];
      const destination = route['DestinationCidrBlock'];
      if (typeof target !== 'string' || !target.startsWith('igw-') || typeof destination !== 'string') return undefined;
      return { destination, gateway: gateway.read(target, context) ?? target };
    },
  });
}
