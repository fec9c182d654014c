import type { ChaosSettings, LoadSettings, Objectives } from '../load/types.ts';
import { parseDuration } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import { asObject, type SpecObject } from './draft.ts';

/** How the stack is to be proven. */
export interface VerifySettings {
  readonly load: LoadSettings;
  readonly chaos?: ChaosSettings;
  readonly objectives: Objectives;
}

/** From the `load`, `chaos` and `objectives` of a valid spec, with defaults. */
export function readSettings(spec: Json): VerifySettings {
  const top = asObject(spec);
  const load = asObject(top['load']);
  const stop = asObject(top['chaos'])['stopInstance'];
  const listeners = asObject(top['listeners']);
  // By name, since the order of keys says nothing in YAML.
  const forwarding = Object.keys(listeners)
    .sort()
    .find((name) => asObject(listeners[name])['forward'] !== undefined);
  const listener = typeof load['listener'] === 'string' ? load['listener'] : forwarding;
  return {
    load: {
      script: text(load, 'script', 'k6/load.ts'),
      rate: Number.parseInt(text(load, 'rate', '50/s'), 10),
      duration: parseDuration(load['duration'] ?? '60s'),
      path: text(load, 'path', '/'),
      timeout: parseDuration(load['timeout'] ?? '5s'),
      ...(listener === undefined ? {} : { listener }),
    },
    ...(stop === undefined ? {} : { chaos: { stopInstance: stopOf(asObject(stop)) } }),
    objectives: readObjectives(asObject(top['objectives'])),
  };
}

const text = (value: SpecObject, key: string, fallback: string): string => (typeof value[key] === 'string' ? value[key] : fallback);

function stopOf(stop: SpecObject): ChaosSettings['stopInstance'] {
  return {
    from: String(stop['from']),
    at: parseDuration(stop['at'] ?? '20s'),
    for: parseDuration(stop['for'] ?? '20s'),
    ...(typeof stop['instance'] === 'string' ? { instance: stop['instance'] } : {}),
    ...(typeof stop['seed'] === 'string' ? { seed: stop['seed'] } : {}),
  };
}

/** `< 1%` -> 0.01 · `< 300ms` -> milliseconds for latencies, seconds for times. */
function readObjectives(said: SpecObject): Objectives {
  const bound = (name: string, unit: 'ratio' | 'ms' | 's'): number | undefined => {
    const match = /^<\s*([\d.]+)\s*(%|ms|s|m)$/.exec(String(said[name] ?? ''));
    if (match === null) return undefined;
    const amount = Number(match[1]);
    if (unit === 'ratio') return amount / 100;
    const milliseconds = amount * ({ ms: 1, s: 1000, m: 60000 }[match[2] ?? ''] ?? 1);
    return unit === 'ms' ? milliseconds : milliseconds / 1000;
  };
  const entries = (
    [
      ['errorRate', 'ratio'],
      ['p95', 'ms'],
      ['p99', 'ms'],
      ['failover', 's'],
      ['recovery', 's'],
      ['detection', 's'],
    ] as const
  )
    .map(([name, unit]) => [name, bound(name, unit)] as const)
    .filter((entry): entry is readonly [(typeof entry)[0], number] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}
