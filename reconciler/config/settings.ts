import type { Experiment } from '../chaos/experiments/experiment.ts';
import { EXPERIMENTS } from '../chaos/experiments.ts';
import { RATES, SCOPES, TIMES } from '../load/objectives.ts';
import {
  type ChaosSettings,
  type FaultSettings,
  type LoadPath,
  type LoadSettings,
  type Objectives,
  PROFILES,
  type RateName,
  type TimeName,
} from '../load/types.ts';
import { parseDuration } from '../model/codec.ts';
import { asList, type Json } from '../model/json.ts';
import { valueAt } from '../model/paths.ts';
import { asObject, type SpecObject } from './draft.ts';

/** How the stack is to be proven. */
export interface VerifySettings {
  readonly load: LoadSettings;
  readonly chaos?: ChaosSettings;
  /** Two or more, in turn; then there is no `chaos`. */
  readonly experiments?: readonly ChaosSettings[];
  readonly objectives: Objectives;
}

/** From the `load`, `chaos` or `experiments`, and `objectives` of a valid spec, with defaults. A list of one is the same as that one. */
export function readSettings(spec: Json): VerifySettings {
  const top = asObject(spec);
  const load = asObject(top['load']);
  const said = top['experiments'] === undefined ? [top['chaos'] ?? null] : asList(top['experiments']);
  const [chaos, ...more] = said.map((each) => chaosOf(asObject(each))).filter((each) => each !== undefined);
  const listeners = asObject(top['listeners']);
  // By name, since the order of keys says nothing in YAML.
  const forwarding = Object.keys(listeners)
    .sort()
    .find((name) => asObject(listeners[name])['forward'] !== undefined);
  const listener = typeof load['listener'] === 'string' ? load['listener'] : forwarding;
  const profile = PROFILES.find((each) => each === load['profile']);
  const paths = asList(load['paths'] ?? []).map((each) => pathOf(asObject(each)));
  return {
    load: {
      script: text(load, 'script', 'k6/load.ts'),
      rate: Number.parseInt(text(load, 'rate', '50/s'), 10),
      duration: parseDuration(load['duration'] ?? '60s'),
      path: text(load, 'path', '/'),
      timeout: parseDuration(load['timeout'] ?? '5s'),
      ...(listener === undefined ? {} : { listener }),
      // What is left out stays out: it says the same as before these keys were there.
      ...(profile === undefined || profile === 'steady' ? {} : { profile }),
      ...(typeof load['peak'] === 'string' ? { peak: Number.parseInt(load['peak'], 10) } : {}),
      ...(paths.length === 0 ? {} : { paths }),
      ...(load['users'] === 'returning' ? { users: 'returning' as const } : {}),
    },
    ...(chaos === undefined ? {} : more.length === 0 ? { chaos } : { experiments: [chaos, ...more] }),
    objectives: readObjectives(asObject(top['objectives'])),
  };
}

const text = (value: SpecObject, key: string, fallback: string): string => (typeof value[key] === 'string' ? value[key] : fallback);

const pathOf = (said: SpecObject): LoadPath => ({
  path: text(said, 'path', '/'),
  weight: typeof said['weight'] === 'number' ? said['weight'] : 1,
  ...(typeof said['status'] === 'number' ? { status: said['status'] } : {}),
  ...(typeof said['body'] === 'string' ? { body: said['body'] } : {}),
});

/** The one experiment that is asked for. */
function chaosOf(chaos: SpecObject): ChaosSettings | undefined {
  const asked = EXPERIMENTS.find(({ name }) => chaos[name] !== undefined);
  if (asked === undefined) return undefined;
  return { [asked.name]: faultSettings(asObject(chaos[asked.name]), asked) };
}

function faultSettings(fault: SpecObject, { named, own, schema, refills }: Experiment): FaultSettings {
  const rows = own.flatMap((name): [string, string][] => {
    const said = fault[name] ?? valueAt(schema, `properties.${name}.default`);
    return said === undefined ? [] : [[name, String(said)]];
  });
  return {
    from: String(fault['from']),
    at: parseDuration(fault['at'] ?? '20s'),
    for: refills === true ? 0 : parseDuration(fault['for'] ?? '20s'),
    ...(named !== undefined && typeof fault[named] === 'string' ? { [named]: fault[named] } : {}),
    ...(typeof fault['seed'] === 'string' ? { seed: fault['seed'] } : {}),
    ...(rows.length === 0 ? {} : { own: Object.fromEntries(rows) }),
  };
}

/** `< 1%` -> 0.01 · `< 300ms` -> milliseconds for latencies, seconds for times. */
function readObjectives(said: SpecObject): Objectives {
  const scopes = SCOPES.map((scope) => [scope, boundsOf(asObject(said[scope]), RATES)] as const);
  return {
    ...boundsOf(said, [...RATES, ...TIMES]),
    ...Object.fromEntries(scopes.filter(([, limits]) => Object.keys(limits).length > 0)),
  };
}

function boundsOf(said: SpecObject, names: readonly (RateName | TimeName)[]): Readonly<Record<string, number>> {
  const entries = names.flatMap((name): [string, number][] => {
    const match = /^<\s*([\d.]+)\s*(%|ms|s|m)$/.exec(String(said[name] ?? ''));
    if (match === null) return [];
    const amount = Number(match[1]);
    if (name === 'errorRate') return [[name, amount / 100]];
    const milliseconds = amount * ({ ms: 1, s: 1000, m: 60000 }[match[2] ?? ''] ?? 1);
    return [[name, name === 'p95' || name === 'p99' ? milliseconds : milliseconds / 1000]];
  });
  return Object.fromEntries(entries);
}
