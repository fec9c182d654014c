/**
 * A load that is sent from elsewhere: waits for it, and reads what each machine handed in from a folder. The files come from jobs that may
 * run anybody's script, so links are refused, sizes are bounded, and what is not of the exact form makes the shard count as missing. Edge: files.
 */

import { constants, createReadStream, existsSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { ReconcileError } from '../errors.ts';
import { linkIn, readPlainText, requirePlain } from '../run/plain-file.ts';
import type { Clock, Emit } from '../run/port.ts';
import { type LoadPlan, MOST_SLIP, readSlip, slipFile } from './load-plan.ts';
import { mergeParts, type Part } from './merge.ts';
import { type FileRead, type PointsFile, readPoints, type Span } from './points.ts';
import { LATE_MS, type Shard, shardsOf } from './shards.ts';
import type { LoadRun, LoadSettings } from './types.ts';

const LOOK_MS = 1000;
/** No silence is longer. */
const SAY_MS = 20_000;
/** k6 writes about 16 rows of 110 bytes for a request; a script may ask several times in an iteration. */
const BYTES_EACH = 16 * 1024;
const LEAST_BYTES = 64 * 1024 * 1024;
/** Requests of the set-up of a script come before the start, by so much at most. */
const SETUP_MS = 10 * 60_000;
/** The clocks of the machines are not the same. */
const CLOCK_MS = 60_000;

export interface CollectInput {
  readonly plan: LoadPlan;
  /** Holds `shard-N.json` and `points-N.csv.gz`, or a folder for each shard that does. */
  readonly folder: string;
  /** How long to wait for the files after the end of the load, milliseconds. */
  readonly waitMs: number;
  readonly settings: LoadSettings;
  /** Of the load balancer that exists now. */
  readonly dnsName: string;
  /** Bound of the policy now, requests a second. */
  readonly most?: number;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly onStart?: (at: number) => void;
  /** Left out: that of this machine. */
  readonly clock?: Pick<Clock, 'now' | 'sleep'>;
}

const machineClock: Required<CollectInput>['clock'] = { now: () => Date.now(), sleep: (ms) => sleep(ms) };

/** Waits for the load and answers it as `runK6` does. Throws `LoadFailed` when the plan is for another load, or its start is over. */
export async function collectShards(input: CollectInput): Promise<LoadRun> {
  const { plan, folder, waitMs, settings, emit, signal, onStart, clock = machineClock } = input;
  requireSame(input, clock.now());
  const shards = shardsOf(plan.shards, settings, plan.most);
  const say = (text: string): void => emit({ kind: 'phase', phase: 'load', text });
  const until = async (time: number, text: (left: number) => string, over: () => boolean = () => false): Promise<void> => {
    for (let said = 0; signal?.aborted !== true && !over() && clock.now() < time; ) {
      if (clock.now() - said >= SAY_MS) {
        said = clock.now();
        say(text(Math.ceil((time - said) / 1000)));
      }
      await clock.sleep(Math.max(1, Math.min(LOOK_MS, time - clock.now())));
    }
  };
  await until(plan.startAt, (left) => `${plan.shards} machines start together in ${left} s`);
  if (signal?.aborted !== true) onStart?.(plan.startAt);
  const end = plan.startAt + (settings.duration + settings.timeout) * 1000;
  await until(end, (left) => `${plan.shards} machines send for another ${left} s; then their measurements are read`);
  const missing = (): number[] => shards.filter(({ shard }) => placeOf(folder, shard) === undefined).map(({ shard }) => shard);
  await until(
    end + waitMs,
    (left) => `waiting ${left} s at most for ${missing().length} of ${plan.shards} shards: ${missing().slice(0, 10).join(', ')}`,
    () => missing().length === 0,
  );

  const points = readPoints();
  const parts: Part[] = [];
  let version = '';
  for (const shard of shards) {
    const { part, k6 } = await readPart(shard, plan, folder, settings, points.file.bind(points), signal?.aborted === true);
    version ||= k6;
    parts.push(part);
  }
  const run = mergeParts(points.end(), parts, settings, { version, startAt: plan.startAt, begunAt: plan.startAt, now: clock.now() });
  return signal?.aborted === true ? { ...run, outcome: 'aborted' } : run;
}

/** The load was divided by the rate of the plan; of another one, the parts would not add up. */
function requireSame({ plan, settings, dnsName, most }: CollectInput, now: number): void {
  if (plan.dnsName !== dnsName)
    throw new ReconcileError('LoadFailed', `the load plan sends to a different load balancer than that of ${plan.stack}`, {
      hint: 'Create it again with `albedo load plan`: the load balancer was replaced, or the plan belongs to another stack.',
    });
  if (most !== undefined && (plan.most === undefined || plan.most > most))
    throw new ReconcileError('LoadFailed', `the load plan is not limited to the ${most} requests per second that the policy allows`, {
      hint: 'Create it again with `albedo load plan`, with the policy of this commit.',
    });
  if (JSON.stringify(sorted(plan.settings)) !== JSON.stringify(sorted(settings)))
    throw new ReconcileError('LoadFailed', `the load plan of ${plan.stack} has a different load than the spec`, {
      hint: 'Create it again with `albedo load plan`, from the spec of this commit.',
    });
  const late = now - plan.startAt;
  if (late > 0)
    throw new ReconcileError('LoadFailed', `the load of the plan started ${Math.ceil(late / 1000)} s ago`, {
      hint: 'Start verify earlier: give `albedo load plan` a later start with --start-in.',
    });
}

const sorted = (settings: LoadSettings): unknown => Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));

/** Where both files of a shard are; undefined while one is not there. */
function placeOf(folder: string, shard: number): string | undefined {
  const below = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? [each.name] : []))
    : [];
  return ['', ...below]
    .map((name) => join(folder, name))
    .find((place) => [slipFile(shard), `points-${shard}.csv.gz`].every((name) => existsSync(join(place, name))));
}

async function readPart(
  shard: Shard,
  plan: LoadPlan,
  folder: string,
  settings: LoadSettings,
  open: (within: Span) => PointsFile,
  calledOff: boolean,
): Promise<{ readonly part: Part; readonly k6: string }> {
  const none = missingPart(shard, calledOff);
  const place = placeOf(folder, shard.shard);
  if (place === undefined) return { part: none, k6: '' };
  try {
    // The folder of a shard may be a link as well.
    if (place !== folder && linkIn(place) !== undefined) return { part: { ...none, objection: 'its folder is a link' }, k6: '' };
    const slip = readSlip(readPlainText(join(place, slipFile(shard.shard)), MOST_SLIP), plan, shard.shard);
    if (typeof slip === 'string') return { part: { ...none, objection: slip }, k6: '' };
    const { told, objection } = await readMeasured(join(place, `points-${shard.shard}.csv.gz`), shard, plan.startAt, settings, open);
    const { outcome, exitCode, exceptions, thresholds, said } = slip;
    return {
      part: { shard, outcome, exitCode, exceptions, thresholds, said, log: said === '' ? [] : [said], calledOff, file: told, objection },
      k6: slip.k6,
    };
  } catch (thrown) {
    return {
      part: { ...none, objection: `its files cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}` },
      k6: '',
    };
  }
}

/** Of a shard of which nothing is known. */
export const missingPart = (shard: Shard, calledOff: boolean): Part => ({
  ...{ shard, outcome: 'missing', exitCode: null, exceptions: 0, said: '', thresholds: [], log: [], calledOff },
  file: { requests: 0, iterations: 0, dropped: 0, firstAt: undefined, malformed: 0 },
});

/** When the requests of a shard may have been, and how many bytes its points may have. */
export function boundsOf(shard: Shard, startAt: number, settings: LoadSettings): { readonly within: Span; readonly most: number } {
  const to = startAt + (settings.duration + settings.timeout) * 1000 + LATE_MS + CLOCK_MS;
  return { within: { from: startAt - SETUP_MS - CLOCK_MS, to }, most: Math.max(LEAST_BYTES, shard.planned * BYTES_EACH) };
}

/** Points that another machine wrote, in a gzip. `objection`: why they are not believed, in a clause; may be empty. Throws where it is none. */
export async function readMeasured(
  path: string,
  shard: Shard,
  startAt: number,
  settings: LoadSettings,
  open: (within: Span) => PointsFile,
): Promise<{ readonly told: FileRead; readonly objection: string }> {
  const { within, most } = boundsOf(shard, startAt, settings);
  const file = open(within);
  await readBounded(path, most, file);
  const told = file.told();
  return { told, objection: told.malformed === 0 ? '' : `${told.malformed} rows of its points cannot be read` };
}

/** A gzip of what may be any size is let go on to so many bytes. */
async function readBounded(path: string, most: number, file: PointsFile): Promise<void> {
  requirePlain(path);
  const handle = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  let bytes = 0;
  const decoder = new StringDecoder('utf8');
  try {
    // The stream closes the file, however it ends: `pipeline` sees to that.
    await pipeline(createReadStream('', { fd: handle }), createGunzip(), async (source: AsyncIterable<Buffer>) => {
      for await (const piece of source) {
        bytes += piece.length;
        if (bytes > most) throw new Error('too long');
        file.push(decoder.write(piece));
      }
    });
  } catch (thrown) {
    // The pipeline may throw that it was broken off, and not what broke it off.
    throw bytes > most ? new Error(`its points have over ${Math.floor(most / 1024 / 1024)} MiB`) : thrown;
  }
}
