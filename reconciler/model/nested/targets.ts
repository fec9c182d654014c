import { type Codec, isRef, nameOf, reference, setOf } from '../codec.ts';
import type { JsonObject } from '../json.ts';

const instance = reference('instance', 'id', { ready: true });

/** The health reasons that say "not registered any more" although the target is still listed (DescribeTargetHealth API reference). */
const LEAVING = ['Target.DeregistrationInProgress', 'Target.NotRegistered'];

/**
 * Targets: `web-1`, `{ instance: web-1, port: 9000 }`, `{ ip: 10.0.1.7 }` or `{ lambda: arn:… }`. Identity is id and port.
 * `complete.ts` fills in the group's port, since the API does the same and the health answer always names it. An address
 * outside the VPC's subnets is in zone `all` (RegisterTargets, TargetDescription in the ELBv2 API reference).
 */
export function targets(): Codec {
  return setOf({
    type: 'target',
    schema: {
      anyOf: [
        { type: 'string', 'x-reference': 'instance' },
        {
          type: 'object',
          additionalProperties: false,
          oneOf: [{ required: ['instance'] }, { required: ['ip'] }, { required: ['lambda'] }],
          'x-exactly-one': ['instance', 'ip', 'lambda'],
          properties: {
            instance: { type: 'string', 'x-reference': 'instance', description: 'Name of an instance of this stack, or an instance id.' },
            ip: {
              type: 'string',
              pattern: '^(\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:]+:[0-9a-fA-F:]*)$',
              'x-pattern-message': 'an IP address',
              'x-example': '10.0.1.7',
              description: 'A private address, of a group with targetType ip.',
            },
            lambda: {
              type: 'string',
              pattern: '^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\\d{12}:function:.+$',
              'x-pattern-message': 'the ARN of a Lambda function',
              description: 'A function that ELB may invoke, of a group with targetType lambda.',
            },
            port: {
              type: 'integer',
              minimum: 1,
              maximum: 65535,
              description: 'The port on which this target listens. Default: the port of the group.',
            },
            availabilityZone: { type: 'string', enum: ['all'], description: 'all, for an address outside the VPC.' },
          },
        },
      ],
    },
    parse: (written) => {
      const target: JsonObject = typeof written === 'string' ? { instance: written } : (written as JsonObject);
      const zone = target['availabilityZone'] === undefined ? {} : { zone: target['availabilityZone'] };
      const other = target['ip'] ?? target['lambda'];
      if (other !== undefined) return { id: other, port: target['port'] ?? null, ...zone };
      const name = target['instance'] ?? null;
      return { id: instance.parse(name), port: target['port'] ?? null, ...zone };
    },
    say: (value, { values }) => {
      const { id = null, port = null, zone } = value as JsonObject;
      const more = {
        ...(port === null || port === values?.['port'] ? {} : { port }),
        ...(zone === undefined ? {} : { availabilityZone: zone }),
      };
      const name = nameOf(id);
      if (isRef(id) || String(id).startsWith('i-')) return Object.keys(more).length === 0 ? name : { instance: name, ...more };
      return { [String(id).startsWith('arn:') ? 'lambda' : 'ip']: id, ...more };
    },
    write: (value) => {
      const target = value as JsonObject;
      return {
        Id: target['id'] ?? null,
        ...(target['port'] === null || target['port'] === undefined ? {} : { Port: target['port'] }),
        ...(target['zone'] === undefined ? {} : { AvailabilityZone: target['zone'] }),
      };
    },
    read: (wire, context) => {
      const entry = wire as { readonly Target?: JsonObject; readonly TargetHealth?: JsonObject };
      if (LEAVING.includes(String(entry.TargetHealth?.['Reason'] ?? ''))) return undefined;
      if (entry.TargetHealth?.['State'] === 'draining') return undefined;
      const id = entry.Target?.['Id'];
      if (typeof id !== 'string') return undefined;
      const lambda = id.startsWith('arn:');
      const zone = !lambda && entry.Target?.['AvailabilityZone'] === 'all' ? { zone: 'all' } : {};
      return {
        id: id.startsWith('i-') ? (instance.read(id, context) ?? id) : id,
        port: lambda ? null : (entry.Target?.['Port'] ?? null),
        ...zone,
      };
    },
  });
}
