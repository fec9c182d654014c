import type { Json } from '../../plan/types.ts';
import { type Codec, reference, setOf } from '../codec.ts';

type Record = { readonly [key: string]: Json };

const instance = reference('instance', 'id', { ready: true });

/** The health reasons that say "not registered any more" although the target is still listed (DescribeTargetHealth API reference). */
const LEAVING = ['Target.DeregistrationInProgress', 'Target.NotRegistered'];

/**
 * Targets: `web-1` or `{ instance: web-1, port: 9000 }`. Identity is id and port. `build.ts` fills in the group's port,
 * since the API does the same and the health answer always names it.
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
          required: ['instance'],
          properties: {
            instance: { type: 'string', 'x-reference': 'instance', description: 'Name of an instance of this stack, or an instance id.' },
            port: { type: 'integer', minimum: 1, maximum: 65535, description: 'The port on which this target listens. Default: the port of the group.' },
          },
        },
      ],
    },
    parse: (written) => {
      const target: Record = typeof written === 'string' ? { instance: written } : (written as Record);
      return { id: instance.parse(target['instance'] ?? null), port: target['port'] ?? null };
    },
    write: (value) => {
      const target = value as Record;
      return { Id: target['id'] ?? null, Port: target['port'] ?? null };
    },
    read: (wire, context) => {
      const entry = wire as { readonly Target?: Record; readonly TargetHealth?: Record };
      if (LEAVING.includes(String(entry.TargetHealth?.['Reason'] ?? ''))) return undefined;
      if (entry.TargetHealth?.['State'] === 'draining') return undefined;
      const id = entry.Target?.['Id'];
      return typeof id === 'string' ? { id: instance.read(id, context) ?? id, port: entry.Target?.['Port'] ?? null } : undefined;
    },
  });
}
