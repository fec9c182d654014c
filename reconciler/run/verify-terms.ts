/**
 * How a stack is proven after an apply (load, chaos, objectives), as something that is reviewed like what is applied: it is part of the
 * digest of a plan, held against the policy of the folder, and told in words.
 */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Fault, faultsOf, subjectOf, wordsOf } from '../chaos/experiments.ts';
import { parseExtended, type ReadBase } from '../config/extend.ts';
import { readSettings, type VerifySettings } from '../config/settings.ts';
import { ReconcileError } from '../errors.ts';
import { readScript } from '../load/k6-archive.ts';
import { RATES, SCOPES, TIMES } from '../load/objectives.ts';
import { loadText, peakRate } from '../load/profile.ts';
import type { LoadReport, Objectives } from '../load/types.ts';
import { parseDuration } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import type { LoadPolicy, Policy } from '../model/policy.ts';
import { digestOf } from '../plan/digest.ts';
import type { Refusal } from '../plan/guard.ts';
import { brokenIn } from '../report/experiments.ts';

/** Changes with all that a load test does: the settings, and every file that the script can see. Empty: albedo's own script. */
export function verifyDigest(settings: VerifySettings): string {
  return digestOf({ settings: plain(settings), script: scriptDigest(settings.load.script) });
}

/** The same for two load tests that sent the same load and had the same faults. */
export const loadDigest = (load: Pick<LoadReport, 'settings' | 'chaos' | 'experiments'>): string =>
  digestOf({ settings: plain(load.settings), chaos: plain(brokenIn(load)) });

const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

function scriptDigest(path: string): Json {
  if (!existsSync(resolve(path))) return '';
  const { main, files } = readScript(path);
  return [
    main,
    ...[...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, content]): Json => [name, Buffer.from(content).toString('base64')]),
  ];
}

/** Of a spec's text, as it was at another commit, and of what it extended there; undefined for what cannot be read. */
export function settingsIn(text: Uint8Array, file: string, readBase: ReadBase): VerifySettings | undefined {
  const { value } = parseExtended(text, file, readBase);
  return value === undefined ? undefined : readSettings(value);
}

/** Settings by their names, as a spec has them; times in seconds. */
function fieldsOf(settings: VerifySettings): ReadonlyMap<string, string> {
  const { load, objectives } = settings;
  const entries: readonly (readonly [string, unknown, string])[] = [
    ['load.script', load.script, ''],
    ['load.rate', load.rate, '/s'],
    ['load.duration', load.duration, 's'],
    ['load.path', load.path, ''],
    ['load.profile', load.profile, ''],
    ['load.peak', load.peak, '/s'],
    ['load.paths', load.paths === undefined ? undefined : JSON.stringify(load.paths), ''],
    ['load.users', load.users, ''],
    ['load.timeout', load.timeout, 's'],
    ['load.listener', load.listener, ''],
    ...faultsOf(settings).flatMap(({ experiment, settings: said }, index) =>
      Object.entries({ ...said, ...said.own, own: undefined }).map(
        ([key, value]) =>
          [`${placeOf(settings, index)}.${experiment.name}.${key}`, value, key === 'at' || key === 'for' ? 's' : ''] as const,
      ),
    ),
    ...objectiveEntries(objectives),
  ];
  return new Map(entries.flatMap(([name, value, unit]) => (value === undefined ? [] : [[name, `${String(value)}${unit}`] as const])));
}

/** Where a spec has it. */
const placeOf = ({ experiments }: VerifySettings, index: number): string => (experiments === undefined ? 'chaos' : `experiments[${index}]`);

const unitOf = (name: string): string => (name === 'errorRate' ? '' : name === 'p95' || name === 'p99' ? 'ms' : 's');

function objectiveEntries(objectives: Objectives): readonly (readonly [string, unknown, string])[] {
  return [
    ...[...RATES, ...TIMES].map((name) => [`objectives.${name}`, objectives[name], unitOf(name)] as const),
    ...SCOPES.flatMap((scope) => RATES.map((name) => [`objectives.${scope}.${name}`, objectives[scope]?.[name], unitOf(name)] as const)),
  ];
}

/** What is another in the load test, one line a setting: `load.rate: 10/s → 5000/s`. */
export function verifyChanges(before: VerifySettings, after: VerifySettings): readonly string[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => `${name}: ${old.get(name) ?? 'nothing'} → ${now.get(name) ?? 'nothing'}`);
}

/** What a load test does to a stack: `50 requests/s for 60 s; one of the 2 instances of web is stopped for 20 s`; several, joined by `, then`. */
export function verifyText(settings: VerifySettings, instancesOf: (group: string) => number | undefined): string {
  const { load } = settings;
  const sent = `${loadText(load)} for ${load.duration} s`;
  const faults = faultsOf(settings);
  const { thing, done } = wordsOf(undefined);
  if (faults.length === 0) return `${sent}; no ${thing} is ${done}`;
  return `${sent}; ${faults.map((fault) => faultText(fault, instancesOf(fault.settings.from))).join(', then ')}`;
}

function faultText(fault: Fault, count?: number): string {
  const { experiment, settings } = fault;
  return `${subjectOf(fault, count)} ${experiment.words.done}${experiment.refills === true ? '' : ` for ${settings.for} s`}`;
}

/** What the folder's policy does not allow a load test to do, whenever it would run. */
export function verifyRefusals(stack: string, settings: VerifySettings, policy: Policy): readonly Refusal[] {
  return boundsOf(policy).flatMap(({ allowed, where }) =>
    objections(settings, allowed, where).map(({ reason, key }) => ({
      ...{ rule: 'load', address: `stack/${stack}`, label: 'stack', reason },
      remedy: `Change it in the spec, or load.${key} in the ${where} of its folder.`,
    })),
  );
}

/** Each holds by itself. */
const boundsOf = ({ load, loadAround }: Policy): readonly { readonly allowed: LoadPolicy; readonly where: string }[] => [
  ...(load === undefined ? [] : [{ allowed: load, where: 'policy' }]),
  ...(loadAround === undefined ? [] : [{ allowed: loadAround, where: 'environment' }]),
];

/** Most requests a second that anything may send, whatever a script asks for; undefined where nothing bounds them. */
export function mostRequests(policy: Policy): number | undefined {
  const all = boundsOf(policy).flatMap(({ allowed: { maxRate } }) => (maxRate === undefined ? [] : [Number.parseInt(maxRate, 10)]));
  return all.length === 0 ? undefined : Math.min(...all);
}

/** Whether a fault may happen that no schedule would undo: one of them says so, and none the contrary. */
export function mayBeUnscheduled(policy: Policy): boolean {
  const said = boundsOf(policy).map(({ allowed }) => allowed.withoutSchedule);
  return said.includes(true) && !said.includes(false);
}

function objections(settings: VerifySettings, allowed: LoadPolicy, where: string): { readonly reason: string; readonly key: string }[] {
  const { load } = settings;
  const faults = faultsOf(settings);
  const limit = (key: 'maxRate' | 'maxDuration' | 'maxStop', value: number | undefined, what: string) => {
    const most = allowed[key];
    if (most === undefined || value === undefined) return [];
    const bound = key === 'maxRate' ? Number.parseInt(String(most), 10) : parseDuration(most);
    return value <= bound ? [] : [{ key, reason: `${what}, and the ${where} allows ${String(most)} at most` }];
  };
  return [
    ...(allowed.allow === false ? [{ key: 'allow', reason: `a load test is asked for, and the ${where} allows none` }] : []),
    ...limit('maxRate', peakRate(load), `the load is ${loadText(load)}`),
    ...limit('maxDuration', load.duration, `the load takes ${load.duration} s`),
    // Whatever takes a target away: else another experiment would be a way around the policy.
    ...(allowed.stopInstances === false
      ? faults.map((fault) => ({
          key: 'stopInstances',
          reason: `${subjectOf(fault)} ${fault.experiment.words.done}, and the ${where} allows it for none`,
        }))
      : []),
    ...faults.flatMap((fault) =>
      limit('maxStop', fault.settings.for, `${subjectOf(fault)} ${fault.experiment.words.done} for ${fault.settings.for} s`),
    ),
  ];
}

/** Throws `GuardRefused` where a load test may not run, or not now. `now` in milliseconds since the epoch. */
export function requireVerifyAllowed(stack: string, settings: VerifySettings, policy: Policy, now: number): void {
  const [first] = verifyRefusals(stack, settings, policy);
  if (first !== undefined) throw new ReconcileError('GuardRefused', `${stack}: ${first.reason}; no load was sent`, { hint: first.remedy });
  for (const { allowed, where } of boundsOf(policy)) {
    const { hours } = allowed;
    if (hours === undefined || isWithin(hours, now)) continue;
    throw new ReconcileError(
      'GuardRefused',
      `${stack}: it is ${new Date(now).toISOString().slice(11, 16)} UTC, and load is allowed from ${hours.replace('-', ' to ')} UTC; no load was sent`,
      { hint: `Run the load test again within these hours, or change load.hours in the ${where} of its folder.` },
    );
  }
}

/** `22:00-06:00` goes over midnight. */
export function isWithin(hours: string, now: number): boolean {
  const [from = 0, to = 0] = hours.split('-').map((time) => {
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    return hour * 60 + minute;
  });
  const at = new Date(now).getUTCHours() * 60 + new Date(now).getUTCMinutes();
  return from <= to ? at >= from && at < to : at >= from || at < to;
}
