import { type Codec, canonical, integer, isRef, type ReadContext, reference, setOf, sortSet, text } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { asList, isObject, type Json, type JsonObject } from '../json.ts';
import { ABSENT, key, object } from '../rows.ts';
import { ANY_ZONE } from '../zones.ts';

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

const zone = () =>
  text({
    pattern: `^(all|${ANY_ZONE})$`,
    patternMessage: 'all, or an Availability Zone such as us-east-1a',
    example: 'all',
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
      'A private address, for a group with targetType ip.',
      { as: 'id', says: (id: Json) => !isInstance(id) && !isFunction(id) },
    ),
    lambda: key(
      'Id',
      text({
        pattern: '^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\\d{12}:function:.+$',
        patternMessage: 'the ARN of a Lambda function',
      }),
      REQUIRED,
      'A function that ELB may invoke, for a group with targetType lambda.',
      { as: 'id', says: isFunction },
    ),
    port: key('Port', targetPort(), null, 'The port on which this target listens. Default: the port of the group.'),
    // AWS shows the zone of an address within the VPC where none was said (TargetDescription, ELBv2 API reference).
    availabilityZone: key('AvailabilityZone', zone(), ABSENT, 'For an address outside the VPC: all, or a zone if crossZone is "false".', {
      as: 'zone',
      says: (value: Json) => typeof value === 'string' && value !== '',
    }),
  },
  { type: 'target', short: 'instance', exactlyOne: ['instance', 'ip', 'lambda'] },
);

/**
 * Targets: `web-1`, `{ instance: web-1, port: 9000 }`, `{ ip: 10.0.1.7 }` or `{ lambda: arn:… }`. Identity is id and port. They are
 * read where their health is (TargetHealthDescription, ELBv2 API reference).
 */
export function targets() {
  const set = setOf({
    ...target,
    read: (wire, context) => {
      const entry = isObject(wire) ? wire : {};
      const health = isObject(entry['TargetHealth']) ? entry['TargetHealth'] : {};
      const own = isObject(entry['Target']) ? entry['Target'] : {};
      if (health['State'] === 'draining' || LEAVING.includes(health['Reason'] ?? null) || typeof own['Id'] !== 'string') return undefined;
      const { Port: _port, AvailabilityZone: _zone, ...lambda } = own;
      return target.read(isFunction(own['Id']) ? lambda : zoned(own, context), context);
    },
  } satisfies typeof target);
  return { ...set, settle: withZones };
}

/** A zone by its name means something only where requests stay in their zone; else AWS takes it for `all`, or tells where an address is. */
function zoned(own: JsonObject, { object: group }: ReadContext): JsonObject {
  const { AvailabilityZone: shown, ...bare } = own;
  const attributes = isObject(group) && Array.isArray(group['Attributes']) ? group['Attributes'].filter(isObject) : [];
  const stays = attributes.some(({ Key, Value }) => Key === 'load_balancing.cross_zone.enabled' && Value === 'false');
  return shown === 'all' || (stays && typeof shown === 'string') ? own : bare;
}

/** Who says no zone of a target means the one that AWS found. */
const withZones = (desired: Json, live: Json): Json =>
  sortSet(
    asList(desired).map((member) => {
      const found = asList(live).find((other) => isSame(member, other));
      return isObject(member) && member['zone'] === undefined && found !== undefined ? found : member;
    }),
  );

const isSame = (a: Json, b: Json): boolean =>
  isObject(a) && isObject(b) && a['port'] === b['port'] && canonical(a['id']) === canonical(b['id']);
