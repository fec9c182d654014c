/** `albedo load`: load that several machines send together. These commands break nothing; only `albedo verify` runs experiments and judges. */

import { EXIT, ReconcileError } from '../errors.ts';
import { LIBRARY, writeLibrary } from '../load/k6-archive.ts';
import type { LoadPlan } from '../load/load-plan.ts';
import { runK6 } from '../load/run-k6.ts';
import { envOf, scopeOf } from '../run/group.ts';
import { openSession } from '../run/pipeline.ts';
import { type NamedSpec, readSpecs } from '../run/specs.ts';
import { readPlanFile, writePlanFile, writeSlip } from '../verify/load-files.ts';
import { planLoad } from '../verify/plan-load.ts';
import { readDuration } from '../verify/send-options.ts';
import { readHosts } from '../verify/target.ts';
import { callLogger, listenForInterrupt, print, progressFor, type Shared } from './shell.ts';

export interface LoadPlanFlags {
  readonly shards: number;
  readonly startIn: string;
  readonly out: string;
}

export interface LoadShardFlags {
  readonly shard: number;
  readonly out: string;
}

/** Writes a plan for one stack: needs to read it, and changes nothing. */
export async function loadPlanCommand(path: string, flags: LoadPlanFlags, shared: Shared): Promise<number> {
  const startAt = Date.now() + readDuration('--start-in', flags.startIn);
  const { plan } = await loadPlanOf(path, { shards: flags.shards, startAt }, shared);
  writePlanFile(flags.out, plan);
  const progress = await progressFor(shared);
  progress.emit({ kind: 'phase', phase: 'load', text: `${flags.out}: ${plan.shards} shards start at ${new Date(startAt).toISOString()}` });
  progress.stop();
  return EXIT.ok;
}

/** Reads one stack and returns its load plan, and its spec. */
export async function loadPlanOf(
  path: string,
  { shards, startAt }: { readonly shards: number; readonly startAt: number },
  shared: Shared,
): Promise<{ readonly plan: LoadPlan; readonly named: NamedSpec }> {
  const { specs } = await readSpecs([path], process.env);
  const named = specs[0];
  if (specs.length !== 1 || named === undefined)
    throw new ReconcileError('SpecInvalid', `a load plan is for one stack, but ${path} has ${specs.length} specs`, {
      hint: 'Name one file.',
    });
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  try {
    const scope = scopeOf(named);
    const session = openSession({
      ...{ region: scope.region, env: envOf(scope, process.env), emit: progress.emit, signal: interrupt.signal },
      ...callLogger(shared),
    });
    return { plan: await planLoad(named, session, { shards, startAt, hosts: readHosts(process.env) }), named };
  } finally {
    progress.stop();
    interrupt.done();
  }
}

/** Writes the library that load scripts import, and its types for editors, into the folder of the scripts. */
export async function loadLibCommand(folder: string): Promise<number> {
  print(
    `${writeLibrary(folder).join('\n')}\n\nIn a script in the same folder: import { record, scenario, settings } from './${LIBRARY.code}';`,
  );
  return EXIT.ok;
}

/** Sends one part of a planned load. Needs k6 and the script, and no credentials. Exit 9 if the part was not sent as planned. */
export async function loadShardCommand(path: string, flags: LoadShardFlags, shared: Shared): Promise<number> {
  const plan = readPlanFile(path);
  if (flags.shard > plan.shards)
    throw new ReconcileError('LoadFailed', `there is no shard ${flags.shard}: the load plan has ${plan.shards} shards`);
  await (await import('./tools.ts')).ensureTools(['k6'], shared);
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  try {
    const run = await runK6({
      target: { stack: plan.stack, dnsName: plan.dnsName, listeners: [plan.listener], groups: [], hosts: plan.hosts },
      settings: { ...plan.settings, listener: plan.listener.name },
      ...{ outDir: flags.out, emit: progress.emit, signal: interrupt.signal, environment: process.env },
      ...{ shards: plan.shards, part: { shard: flags.shard, startAt: plan.startAt } },
      ...(plan.most === undefined ? {} : { most: plan.most }),
    });
    writeSlip(flags.out, plan, flags.shard, run);
    const problem = run.shards[0]?.problem ?? '';
    if (problem === '') return EXIT.ok;
    progress.emit({ kind: 'warning', text: `shard ${flags.shard} of ${plan.shards}: ${problem}` });
    return EXIT.inconclusive;
  } finally {
    progress.stop();
    interrupt.done();
  }
}
