import { type Codec, integer, isRef, oneOf, reference, setOf, text } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { isObject, type Json } from '../json.ts';
import { ABSENT, key, object } from '../rows.ts';

/** The health reasons that say "not registered any more" although the target is still listed (DescribeTargetHealth API reference). */
const LEAVING: readonly Json[] = ['Target.DeregistrationInProgress', 'Target.NotRegistered'];

const isInstance = (id: Json): boolean => isRef(id) || String(id).startsWith('i-');
const isFunction = (id: Json): boolean => String(id).startsWith('arn:');

/** `config/complete.ts` fills in the group's port, since the API does the same and the health answer always names it. */
const targetPort = (): Codec<number | null, number | null> => ({
  ...integer(1, 65535),
  parse: (written) => (typeof written === 'number' ? written : null),
  say: (port, { values }) => (port === values?.['port'] ? undefined : port),
  write: (port) => port,
});

const target = object(
  {
    instance: key('Id', reference('instance', 'id', { ready: true }), REQUIRED, 'Name of an instance of this stack, or an instance id.', {
      as: 'id',
      says: isInstance,
    }),
    ip: key(
      'Id',
      text({
        pattern: '^(\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:]+:[0-9a-fA-F:]*)$',
        patternMessage: 'an IP address',
        example: '10.0.1.7',
        legal: 'plainNumbers',
      }),
      REQUIRED,
      'A private address, of a group with targetType ip.',
      { as: 'id', says: (id: Json) => !isInstance(id) && !isFunction(id) },
    ),
    lambda: key(
      'Id',
      text({
        pattern: '^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\\d{12}:function:.+$',
        patternMessage: 'the ARN of a Lambda function',
      }),
      REQUIRED,
      'A function that ELB may invoke, of a group with targetType lambda.',
      { as: 'id', says: isFunction },
    ),
    port: key('Port', targetPort(), null, 'The port on which this target listens. Default: the port of the group.'),
    // An address outside the VPC's subnets is in zone `all` (TargetDescription, ELBv2 API reference); AWS may show other zones.
    availabilityZone: key('AvailabilityZone', oneOf('all'), ABSENT, 'all, for an address outside the VPC.', {
      as: 'zone',
      says: (zone: Json) => zone === 'all',
    }),
  },
  { type: 'target', short: 'instance', exactlyOne: ['instance', 'ip', 'lambda'] },
);

/**
 * Targets: `web-1`, `{ instance: web-1, port: 9000 }`, `{ ip: 10.0.1.7 }` or `{ lambda: arn:… }`. Identity is id and port. They are
 * read where their health is (TargetHealthDescription, ELBv2 API reference).
 */
export function targets() {
  return setOf({
    ...target,
    read: (wire, context) => {
      const entry = isObject(wire) ? wire : {};
      const health = isObject(entry['TargetHealth']) ? entry['TargetHealth'] : {};
      const own = isObject(entry['Target']) ? entry['Target'] : {};
      if (health['State'] === 'draining' || LEAVING.includes(health['Reason'] ?? null) || typeof own['Id'] !== 'string') return undefined;
      const { Port: _port, AvailabilityZone: _zone, ...lambda } = own;
      return target.read(isFunction(own['Id']) ? lambda : own, context);
    },
  } satisfies typeof target);
}
