/** Meddling with each field of the table, made of the trials by which albedo's own changes are proved. */
import * as assert from 'uvu/assert';
import type { Json } from '../../reconciler/model/json.ts';
import { type Bench, converge, type Spec } from './contract-bench.ts';
import { IN_PLACE, liveStack, withEdits } from './contract-in-place.ts';
import { bothWaysOut, meddle } from './contract-outside.ts';
import { immutable, specsOf } from './contract-run.ts';
import { listWritables, type Writable } from './contract-trials.ts';
import { at } from './contract-view.ts';
import { wideStack, wideTrials } from './contract-wide.ts';
import { entryOf, placeOf } from './contract-wide-run.ts';

export interface Meddling {
  readonly address: string;
  readonly spec: Spec;
  readonly outside: Spec;
  readonly fields: readonly string[];
  /** Other resources that the accepted values have consequences for. */
  readonly follows?: readonly string[];
}

export const IN_TABLE = listWritables().filter((one) => !immutable(one));
/** What AWS never shows cannot be found: the place of a bundle and the lists in S3, and the secret of a client. */
export const UNSEEN = /^trustStore |authenticateOidc\.clientSecret/;
/** Its secret is remembered beside the client it was for; another client needs it anew, and only an apply writes that. */
const NEEDS_SECRET = /authenticateOidc\.clientId$/;
/** What is only set together with another resource, or has one value. */
export const TIED = ['loadBalancer ipAddressType', 'loadBalancer crossZone'];
/** What a step works out when it runs, and a prefix list by its name, which live values tell by its id: network-ipv6.test.ts. */
export const WORKED_OUT = /^subnet ipv6$|\.prefixList$/;

export function wideMeddling(writable: Writable, versions: readonly string[]): Meddling | undefined {
  const trial = wideTrials(versions)[writable.key];
  if (trial === undefined) return undefined;
  const place = [...entryOf(writable, trial.on), trial.at ?? placeOf(writable)].join('/');
  const existing = withEdits(wideStack(), trial.existing ?? []);
  const last = trial.values.at(-1) as Json;
  // What is left alone when it is not said has to be said to be found.
  const spec = trial.values.length > 1 ? withEdits(existing, [[place, trial.values[0]]]) : existing;
  const fields = (trial.fields?.at(-1) ?? writable.name).split(' ');
  return { address: `${writable.kind.name}/${trial.on}`, spec, outside: withEdits(existing, [[place, last]]), fields };
}

export function liveMeddling(writable: Writable): Meddling | undefined {
  const trial = IN_PLACE[writable.key];
  if (trial === undefined || WORKED_OUT.test(writable.key)) return undefined;
  const { before, after } = specsOf(liveStack(), writable, trial);
  const address = `${writable.kind.name}/${trial.on}`;
  const own = trial.also?.find((line) => line.startsWith(`update ${address} `));
  const follows = (trial.also ?? []).map((line) => line.split(' ')[1] ?? '').filter((other) => other !== address);
  return { address, spec: before, outside: after, fields: own === undefined ? [writable.name] : own.split(' ').slice(2), follows };
}

export async function runMeddling(bench: Bench, writable: Writable, { address, spec, outside, fields, follows }: Meddling): Promise<void> {
  await converge(bench, spec);
  assert.ok((await meddle(bench, outside, address)) > 0, 'something is sent');
  const found = await bothWaysOut(bench, spec, { address, fields, follows: follows ?? [], sayable: !NEEDS_SECRET.test(writable.key) });
  const own = found.fields.find(({ field }) => field === writable.name);
  const saidIn = (from: Spec): Json | undefined =>
    at(from, [...entryOf(writable, address.slice(address.indexOf('/') + 1)), ...writable.name.split('.')]) as Json | undefined;
  // Both values are told as a spec says them; of what is spread over several keys there is no one value in the spec.
  if (writable.field.spread !== true && own?.live !== undefined && saidIn(outside) !== undefined)
    assert.equal(writable.field.codec.parse(own.live), writable.field.codec.parse(saidIn(outside) ?? null), 'the live value');
  if (writable.field.spread !== true && own?.spec !== undefined && saidIn(spec) !== undefined)
    assert.equal(writable.field.codec.parse(own.spec), writable.field.codec.parse(saidIn(spec) ?? null), 'the value of the spec');
  assert.ok(own?.live !== undefined || own?.spec !== undefined, 'a value is told');
}
