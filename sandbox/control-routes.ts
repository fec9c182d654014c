/** What `/_sandbox/…` answers, in JSON: the state of the sandbox and its switches. */
import type { AutoScaling } from './auto-scaling.ts';
import type { SteppableClock } from './clock.ts';
import type { Experiments } from './experiments.ts';
import type { Faults } from './faults.ts';
import type { Rates } from './rates.ts';
import type { Recorder } from './recorder.ts';
import type { SafetyLever } from './safety-lever.ts';
import { supervisedProcesses } from './supervised-process.ts';
import type { Timings } from './types.ts';

export interface Controlled {
  readonly clock: SteppableClock;
  readonly timings: Timings;
  readonly faults: Faults;
  readonly rates: Rates;
  readonly recorder: Recorder;
  readonly shuffleSeed: number | undefined;
  readonly hostsFile: string;
  readonly autoScaling: AutoScaling;
  readonly experiments: Pick<Experiments, 'alarm'>;
  readonly safetyLever: SafetyLever;
  census(): Readonly<Record<string, number>>;
  reset(): Promise<void>;
}

type Route = (body: string) => unknown;
export type Control = (method: string, path: string, body: string) => Promise<{ readonly status: number; readonly body: unknown }>;

/** A route that throws answers 400 with the message; an unknown one 404 with the list of those there are. */
export function createControl(sandbox: Controlled): Control {
  const { clock, faults, rates, recorder } = sandbox;
  const routes: Readonly<Record<string, Route>> = {
    'GET status': () => ({
      ready: true,
      pid: process.pid,
      processes: supervisedProcesses(),
      now: new Date(clock.now()).toISOString(),
      calls: recorder.count(),
      hostsFile: sandbox.hostsFile,
      timings: sandbox.timings,
      throttle: rates.on,
      shuffleSeed: sandbox.shuffleSeed ?? null,
      resources: sandbox.census(),
    }),
    'GET calls': () => recorder.calls(),
    'POST reset': async () => {
      await sandbox.reset();
      return { reset: true };
    },
    'POST faults': (body) => {
      faults.set(JSON.parse(body));
      return { set: true };
    },
    'POST throttle': (body) => {
      rates.turn(readMember(body, 'on', isFlag, 'To switch the token buckets, send { "on": true } or { "on": false }.'));
      return { throttle: rates.on };
    },
    'POST auto-scaling': async (body) => {
      const words = 'To create a group, send { "name": "…", "instances": ["i-…"] }.';
      const name = readMember(body, 'name', isText, words);
      const instances = readMember(body, 'instances', areTexts, words);
      await sandbox.autoScaling.adopt(name, instances);
      return { name, instances };
    },
    'POST alarm': (body) => {
      const words = 'An alarm goes off with { "name": "…", "state": "ALARM", "region": "us-east-1" }, and ends with "OK".';
      const name = readMember(body, 'name', isText, words);
      const state = readMember(body, 'state', isAlarm, words);
      sandbox.experiments.alarm(readMember(body, 'region', isText, words), name, state);
      return { name, state };
    },
    'POST safety-lever': (body) => {
      const words =
        'To set the lever, send { "status": "engaged", "reason": "…", "region": "us-east-1" }; the status can also be "disengaged".';
      const status = readMember(body, 'status', isLever, words);
      const reason = readMember(body, 'reason', isText, words);
      sandbox.safetyLever.set(readMember(body, 'region', isText, words), { status, reason });
      return { status, reason };
    },
    'POST clock': (body) => {
      clock.advance(readMember(body, 'advance', isTime, 'To move the clock, send { "advance": milliseconds }.'));
      return { now: new Date(clock.now()).toISOString() };
    },
  };
  return async (method, path, body) => {
    const name = `${method} ${path}`;
    const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
    if (!route)
      return {
        status: 404,
        body: { error: `The sandbox has no ${method} /_sandbox/${path}. It has: ${Object.keys(routes).join(', ')}.` },
      };
    try {
      return { status: 200, body: await route(body) };
    } catch (error) {
      return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
    }
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
const isAlarm = (value: unknown): value is 'ALARM' | 'OK' => value === 'ALARM' || value === 'OK';
const isLever = (value: unknown): value is string => value === 'engaged' || value === 'disengaged';
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function readMember<T>(body: string, name: string, is: (value: unknown) => value is T, words: string): T {
  const parsed: unknown = JSON.parse(body);
  const value: unknown = typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>)[name] : undefined;
  if (!is(value)) throw new Error(words);
  return value;
}
