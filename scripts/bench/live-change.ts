/** A load balancer that serves 200 requests a second while it is changed: how many of them fail, change by change. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadySpec } from '../../reconciler/config/read.ts';
import type { LoadedApply } from '../../reconciler/load/under-load-types.ts';
import { openSession, preview, type Reconciled, reconcile } from '../../reconciler/run/pipeline.ts';
import { reconcileUnderLoad } from '../../reconciler/run/under-load.ts';
import type { RecordedCall } from '../../sandbox/types.ts';
import { type LiveChange, liveChanges } from './live-specs.ts';
import { oneTarget } from './one-target.ts';
import type { Row } from './rows.ts';
import { startWorld, type World } from './world.ts';

/** Answers of AWS that a plan in the right order never meets; repeating a call until it passes is not that. */
const NEVER = ['ResourceInUse', 'PriorityInUse', 'DuplicateTargetGroupName', 'TargetGroupAssociationLimit', 'DependencyViolation'];

export interface LiveOptions {
  /** Requests a second. */
  readonly rate: number;
  /** Only changes with this in their name. */
  readonly only: string;
  readonly say: (text: string) => void;
}

interface Measured {
  readonly rows: readonly Row[];
  /** Codes with which steps failed. */
  readonly failed: readonly string[];
}

/** Each change is made and taken back under load. */
export async function liveChange(options: LiveOptions): Promise<readonly Row[]> {
  const world = await startWorld();
  const folder = mkdtempSync(join(tmpdir(), 'albedo-live-'));
  const measured: Measured[] = [];
  try {
    for (const change of liveChanges().filter(({ name }) => name.includes(options.only)))
      measured.push(await measure(change, world, folder, options));
    const refused = (await world.calls()).filter((call) => call.status >= 400);
    return [
      ...measured.flatMap(({ rows }) => rows),
      ...('one target'.includes(options.only) ? await oneTarget(world) : []),
      ...refusals(
        measured.flatMap(({ failed }) => failed),
        refused,
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await world.stop();
  }
}

function refusals(failed: readonly string[], refused: readonly RecordedCall[]): readonly Row[] {
  return [
    count('steps that failed in all of these', failed.length, [...new Set(failed)].join(', ')),
    ...NEVER.map((code) => {
      const calls = refused.filter((call) => call.code === code);
      const actions = [...new Set(calls.map((call) => call.action))].join(', ');
      const detail = calls.length === 0 ? 'and no call was refused so' : `${calls.length} calls were, and were repeated: ${actions}`;
      return count(`steps that failed with ${code}`, failed.filter((each) => each === code).length, detail);
    }),
  ];
}

const count = (name: string, measured: number, detail: string): Row => ({ name, measured, limit: 0, unit: '', kind: 'count', detail });

async function measure(change: LiveChange, world: World, folder: string, { rate, say }: LiveOptions): Promise<Measured> {
  say(`live: ${change.name}`);
  await bring(change.before, world);
  const there = await loaded(change.after, rate, world, folder);
  const back = await loaded(change.before, rate, world, folder);
  const loads = [there.load, back.load];
  const blames = loads.flatMap((load) => load.blames);
  for (const blame of blames)
    say(
      `  ${blame.during} while and ${blame.after} after “${blame.title}” (${blame.step}), ${blame.firstAfterMs.toFixed(0)} to ${blame.lastAfterMs.toFixed(0)} ms from its start: ${blame.failures.map(({ what, count }) => `${what} ×${count}`).join(', ')}`,
    );
  const sum = (of: (load: LoadedApply) => number) => loads.reduce((total, load) => total + of(load), 0);
  const extra = [
    blames[0] === undefined ? '' : `most in “${blames[0].title}”`,
    sum((load) => load.failedBefore) === 0 ? '' : `${sum((load) => load.failedBefore)} before the first step`,
    sum((load) => load.dropped) === 0 ? '' : `${sum((load) => load.dropped)} were never sent`,
  ].filter((part) => part !== '');
  const detail = `of ${sum((load) => load.overall.count)}, there and back in ${there.load.steps} and ${back.load.steps} steps${extra.map((part) => `; ${part}`).join('')}`;
  const row = count(
    `live, failed requests: ${change.name}`,
    sum((load) => load.overall.failed),
    detail,
  );
  say(`  ${row.measured} failed ${detail}`);
  return { rows: [row], failed: [...there.failed, ...back.failed] };
}

/** Without load, to where the change begins. Throws when that does not come about: nothing would be measured. */
async function bring(spec: ReadySpec, world: World): Promise<void> {
  const session = openSession({ region: spec.stack.region, env: process.env });
  const done = await reconcile(spec, await preview(spec, session), session);
  const left = done.check?.changes.length ?? 0;
  if (failedIn(done).length > 0 || left > 0)
    throw new Error(`the stack did not come to where the change begins: ${failedIn(done).join(', ') || `${left} changes left`}`);
  await world.settled();
}

async function loaded(
  spec: ReadySpec,
  rate: number,
  world: World,
  folder: string,
): Promise<{ readonly load: LoadedApply; readonly failed: readonly string[] }> {
  const session = openSession({ region: spec.stack.region, env: process.env });
  const previewed = await preview(spec, session);
  if (previewed.plan.steps.length === 0) throw new Error('there is nothing to change');
  const hosts = JSON.parse(readFileSync(world.hostsFile, 'utf8')) as Record<string, string>;
  const { done, underLoad } = await reconcileUnderLoad(spec, previewed, session, { rate, outDir: folder, hosts });
  if (underLoad.kind === 'not-loaded') throw new Error(`nothing was loaded: ${underLoad.because}`);
  await world.settled();
  return { load: underLoad, failed: failedIn(done) };
}

const failedIn = (done: Reconciled): readonly string[] =>
  (done.run?.steps ?? []).filter((step) => step.outcome !== 'done').map((step) => step.error?.code ?? step.outcome);
