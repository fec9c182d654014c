import { EXPERIMENTS } from '../chaos/experiments.ts';
import type { ChaosSettings, FaultSettings, LoadSettings, Objectives } from '../load/types.ts';
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
  const chaos = chaosOf(asObject(top['chaos']));
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
    ...(chaos === undefined ? {} : { chaos }),
    objectives: readObjectives(asObject(top['objectives'])),
  };
}

const text = (value: SpecObject, key: string, fallback: string): string => (typeof value[key] === 'string' ? value[key] : fallback);

/** The one experiment that is asked for. */
function chaosOf(chaos: SpecObject): ChaosSettings | undefined {
  const asked = EXPERIMENTS.find(({ name }) => chaos[name] !== undefined);
  if (asked === undefined) return undefined;
  return { [asked.name]: faultSettings(asObject(chaos[asked.name]), asked.named) };
}

/** `named`: the row that names the victim. */
function faultSettings(fault: SpecObject, named: 'instance' | 'target'): FaultSettings {
  return {
    from: String(fault['from']),
    at: parseDuration(fault['at'] ?? '20s'),
    for: parseDuration(fault['for'] ?? '20s'),
    ...(typeof fault[named] === 'string' ? { [named]: fault[named] } : {}),
    ...(typeof fault['seed'] === 'string' ? { seed: fault['seed'] } : {}),
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
