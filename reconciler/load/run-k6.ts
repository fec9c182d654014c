/**
 * Runs k6 and reads its points while they are written. Edge: child processes and files.
 * Progress comes from the points, never from k6's console, whose form changes with every version.
 */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Emit } from '../run/port.ts';
import { findK6 } from './find-k6.ts';
import { k6Arguments, k6Environment, toldOf } from './k6-command.ts';
import { outcomeOf } from './k6-exit.ts';
import { type K6Process, startK6 } from './k6-process.ts';
import { liveSeconds } from './live.ts';
import { mergeParts, type Part } from './merge.ts';
import { type Minding, minderFor } from './minder.ts';
import { findScript, openScript, placeOf, requireListener, SPARE_MS } from './open-script.ts';
import { type PointsFile, readPoints } from './points.ts';
import { type Shard, shardsOf } from './shards.ts';
import { tellLoad } from './tell-load.ts';
import type { K6Outcome, LoadRun, LoadSettings, VerifyTarget } from './types.ts';

const LOOK_MS = 500;
/** Until all processes are ready, and for each of them at least so much. */
const LEAD_MS = 3000;
const LEAD_EACH_MS = 1000;
/** Of what one needs alone, as part of all; each makes its users beside those of the others. */
const LEAD_TIMES = 3;
const MOST_LEAD_MS = 60_000;

export interface RunK6Input {
  readonly target: VerifyTarget;
  readonly settings: LoadSettings;
  /** Folder for `points.csv.gz`, or one for each shard; made when it is missing. */
  readonly outDir: string;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  /** Ends the load early and well: what was asked for was load until then. */
  readonly enough?: AbortSignal;
  /** Default: none is followed. */
  readonly redirects?: number;
  /** Most requests a second, whatever the script asks for. */
  readonly most?: number;
  /** So many k6 processes send it together; default: one. */
  readonly shards?: number;
  /** Milliseconds from when the script is known until they begin together; left out: as long as this machine needs. */
  readonly leadMs?: number;
  /** Only this one of them, and when all begin (milliseconds since the epoch): the others are sent from elsewhere. */
  readonly part?: { readonly shard: number; readonly startAt: number };
  /** Called once, when the first request is known: when it began, milliseconds since the epoch. */
  readonly onStart?: (at: number) => void;
  /** Who ends k6 and removes its folder when this process ends without doing so. Left out: a process beside this one. */
  readonly minding?: Minding;
  /** Where k6 is looked for, and what it is started with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder that the path of a script counts from; the one albedo runs in when left out. */
  readonly scripts?: string;
}

interface Sender {
  readonly shard: Shard;
  readonly k6: K6Process;
  readonly points: PointsFile;
}

/**
 * Sends the load and answers its samples, however k6 ended. Throws only when k6 cannot be started at all: no k6, no script, no
 * such listener, more shards than there is work for.
 */
export async function runK6(input: RunK6Input): Promise<LoadRun> {
  const { target, settings, emit, environment } = input;
  const listener = requireListener(target, settings);
  const { part } = input;
  const shards = shardsOf(input.shards ?? 1, settings, input.most).filter(({ shard }) => part === undefined || part.shard === shard);
  const script = findScript(settings, emit, input.scripts);
  const k6 = await findK6(environment);
  await mkdir(input.outDir, { recursive: true });
  const outDir = resolve(input.outDir);

  const totalMs = settings.duration * 1000;
  const packed = await mkdtemp(join(tmpdir(), 'albedo-k6-'));
  const minder = minderFor(input.minding, environment);
  minder.tidies(packed);
  const archive = join(packed, 'script.tar');
  const told = toldOf(target, listener, settings, {
    redirects: input.redirects ?? 0,
    machines: part === undefined ? 1 : (input.shards ?? 1),
  });
  const argumentsOf = (shard: Shard): string[] => k6Arguments({ ...told, archive, version: k6.version, shard });
  // k6 splits the value of --out at commas, which a folder's name may hold.
  const where = { cwd: outDir, env: k6Environment(environment, target.dnsName, Object.keys(told.hosts).length > 0) };
  let startAt: number | undefined;
  try {
    const openingAt = Date.now();
    const opened = await openScript(script, settings, told.hosts, k6, argumentsOf(shards[0] as Shard), packed, {
      ...{ ...where, minding: minder, signal: input.signal },
    });
    if (shards.length > 1 || part !== undefined) {
      opened.requireNoThresholds();
      const now = Date.now();
      startAt = part?.startAt ?? now + (input.leadMs ?? leadOf(shards.length, now - openingAt));
      const who = part === undefined ? `${shards.length} k6 processes begin together` : `shard ${part.shard} of ${input.shards} begins`;
      emit({ kind: 'phase', phase: 'load', text: `${who} in ${(Math.max(0, startAt - now) / 1000).toFixed(0)} s` });
      await writeFile(archive, opened.archiveAt(startAt, input.shards ?? 1));
    } else await writeFile(archive, opened.archive());
    await Promise.all(shards.map(({ pointsFile }) => rm(join(outDir, pointsFile), { force: true })));
  } catch (thrown) {
    await rm(packed, { recursive: true, force: true });
    minder.done();
    throw thrown;
  }

  const scripts = placeOf(settings, script);
  const live = liveSeconds();
  const points = readPoints(live);
  const begunAt = Date.now();
  const senders = shards.map((shard): Sender => {
    const file = points.file();
    const k6Process = startK6(k6.command, argumentsOf(shard), { ...where, scripts }, join(outDir, shard.pointsFile), file);
    const { pid } = k6Process;
    if (pid !== undefined) {
      minder.minds(pid);
      k6Process.ended.then(
        () => minder.ended(pid),
        () => undefined,
      );
    }
    return { shard, k6: k6Process, points: file };
  });
  const interrupt = (): void => {
    for (const each of senders) each.k6.interrupt();
  };
  let aborted = false;
  let enough = false;
  let timedOut = false;
  /** Shards that were ended because of another one. */
  const calledOff = new Set<Shard>();
  const onAbort = (): void => {
    aborted = true;
    interrupt();
  };
  input.signal?.addEventListener('abort', onAbort, { once: true });
  if (input.signal?.aborted === true) onAbort();
  const onEnough = (): void => {
    enough = true;
    interrupt();
  };
  input.enough?.addEventListener('abort', onEnough, { once: true });
  if (input.enough?.aborted === true) onEnough();
  const limit = setTimeout(
    () => {
      timedOut = true;
      interrupt();
    },
    Math.max(0, (startAt ?? begunAt) - begunAt) + totalMs + settings.timeout * 1000 + SPARE_MS,
  );
  // However this process ends, k6 must not go on sending.
  const onExit = (): void => {
    for (const each of senders) each.k6.kill();
  };
  process.once('exit', onExit);

  let startedAt: number | undefined;
  const look = async (): Promise<void> => {
    for (const each of senders) await each.k6.look();
    if (startedAt === undefined && points.counted().requests > 0) {
      startedAt = points.firstAt() ?? begunAt;
      live.begin(startedAt);
      input.onStart?.(startedAt);
    }
    if (startedAt !== undefined) tellLoad(emit, { startedAt, totalMs, now: Date.now(), points, live });
    // Without one of them it is not the load that was asked for: the others need not go on.
    if (senders.some((each) => hasFailed(each, aborted || enough)))
      for (const each of senders)
        if (each.k6.exitCode() === undefined) {
          calledOff.add(each.shard);
          each.k6.interrupt();
        }
  };
  const exitOf = ({ k6 }: Sender): K6Outcome => {
    const exit = timedOut ? 'timed-out' : outcomeOf(k6.exitCode() ?? null, aborted);
    return enough && exit === 'aborted' && !aborted ? 'done' : exit;
  };

  try {
    const all = Promise.all(senders.map((each) => each.k6.ended)).then(() => true);
    for (let over: boolean | undefined; over !== true; ) {
      over = await Promise.race([all, pause(LOOK_MS)]);
      await look();
    }
    const parts = senders.map((each): Part => {
      const { exceptions, lastException, lastError, thresholds } = each.k6.complaints();
      const log = each.k6.log();
      return {
        ...{ shard: each.shard, outcome: exitOf(each), exitCode: each.k6.exitCode() ?? null, exceptions, thresholds, log },
        said: lastException || lastError,
        calledOff: aborted || calledOff.has(each.shard),
        file: each.points.told(),
      };
    });
    return mergeParts(points.end(), parts, settings, {
      ...{ version: k6.version, begunAt, now: Date.now() },
      ...(startAt === undefined ? {} : { startAt }),
    });
  } finally {
    clearTimeout(limit);
    input.signal?.removeEventListener('abort', onAbort);
    input.enough?.removeEventListener('abort', onEnough);
    process.removeListener('exit', onExit);
    // One that could not be started leaves the others.
    for (const each of senders) if (each.k6.exitCode() === undefined) each.k6.kill();
    await rm(packed, { recursive: true, force: true });
    minder.done();
    for (const each of senders) await each.k6.close();
  }
}

/** How long (ms) so many processes may need until all are ready, where asking the script for its options took one of them `askedMs`. */
const leadOf = (shards: number, askedMs: number): number =>
  Math.min(MOST_LEAD_MS, LEAD_MS + Math.max(LEAD_EACH_MS, askedMs * LEAD_TIMES) * shards);

/** It has ended before its time, and nobody wanted that. */
const hasFailed = ({ k6 }: Sender, wanted: boolean): boolean => {
  const code = k6.exitCode();
  return !wanted && code !== undefined && outcomeOf(code, false) !== 'done';
};

const pause = (ms: number): Promise<undefined> =>
  new Promise((done) => {
    setTimeout(() => done(undefined), ms);
  });
