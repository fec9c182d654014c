/** Shared by the commands about stacks: read specs, choose, run, and show the results. Everything else is in `reconciler/run`. */

import type { ToolName } from '../../scripts/setup/tools.mjs';
import { ReconcileError } from '../errors.ts';
import { visible } from '../report/format.ts';
import type { OverviewRow } from '../report/overview.ts';
import type { Since } from '../run/changed-since.ts';
import { envOf, type Scope, scopeKey } from '../run/group.ts';
import { folderOf } from '../run/identity.ts';
import type { Looked, Orphan } from '../run/orphans.ts';
import { type Beside, errorOf, exitWith, type Outcome, worstFirst } from '../run/outcome.ts';
import { openSession, type Session } from '../run/pipeline.ts';
import { writeReport } from '../run/report-files.ts';
import { runStacks } from '../run/run-stacks.ts';
import { sourcesOf } from '../run/source.ts';
import { type NamedSpec, readSpecs } from '../run/specs.ts';
import type { Work } from '../run/work.ts';
import {
  callLogger,
  listenForInterrupt,
  type Progress,
  paletteFor,
  print,
  printJson,
  progressFor,
  renderError,
  type Shared,
} from './shell.ts';

export interface Request {
  readonly command: Work['command'];
  readonly paths: readonly string[];
  readonly shared: Shared;
  /** Programs that the command needs. */
  readonly tools?: readonly ToolName[];
  readonly changedSince?: string | undefined;
  /** Stacks that no path names, since they have no file. */
  readonly given?: readonly NamedSpec[] | undefined;
  /** Also reports stacks in AWS whose file no longer exists. */
  readonly tellsOrphans?: boolean;
  /** Folder of the reports. */
  readonly report?: string | undefined;
  readonly work: (specs: readonly NamedSpec[], progress: Progress) => Omit<Work, 'command' | 'outDir' | 'tell'>;
  /** Prints one outcome for people: as soon as it is known, or with `inOrder` when all are. Other formats print its report. */
  readonly show: (outcome: Outcome, named: NamedSpec) => void;
  /** A summary for people after the outcomes; may be empty. */
  readonly also?: (outcome: Outcome, named: NamedSpec) => string;
  readonly inOrder?: boolean;
  /** Final work on all outcomes, in every format. */
  readonly after?: (outcomes: readonly Outcome[], specs: readonly NamedSpec[], beside: Beside) => Promise<void> | void;
  /** Whether the output has already reported this outcome. */
  readonly toldBy?: (outcome: Outcome) => boolean;
}

/** Runs a command for all its stacks and returns the worst exit status. With a format of one document (`--format json`), prints exactly that. */
export async function conduct(request: Request): Promise<number> {
  const { command, shared, report: folder } = request;
  const { format } = shared;
  const { specs, warnings, since } = await chooseSpecs(request);
  if (request.tools !== undefined && specs.length > 0) await (await import('./tools.ts')).ensureTools(request.tools, shared);
  const several = specs.length > 1;
  const placeOf = ({ spec }: NamedSpec): string => folderOf(folder ?? '', { stack: spec.stack.name, region: spec.stack.region }, several);
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  let outcomes: readonly Outcome[];
  let looked: Looked | undefined;
  try {
    for (const warning of warnings) progress.emit({ kind: 'warning', text: `${warning.file}:${warning.line}: ${warning.message}` });
    const session = { emit: progress.emit, signal: interrupt.signal, sourceOf: sourcesOf(process.env), ...callLogger(shared) };
    const sessions = new Map<string, Session>();
    const open = (scope: Scope): Session => {
      const opened = sessions.get(scopeKey(scope)) ?? openSession({ region: scope.region, env: envOf(scope, process.env), ...session });
      sessions.set(scopeKey(scope), opened);
      return opened;
    };
    outcomes = await runStacks(specs, open, {
      ...request.work(specs, progress),
      command,
      ...(folder === undefined ? {} : { outDir: placeOf }),
      tell: (outcome, named) => {
        if (folder !== undefined) writeReport(placeOf(named), outcome.report);
        progress.stop();
        if (request.inOrder !== true) showOne(request, outcome, named);
      },
    });
    if (request.tellsOrphans === true) looked = await lookAround(request.paths, specs, open);
  } finally {
    progress.stop();
    interrupt.done();
  }
  if (request.inOrder === true) for (const [index, outcome] of outcomes.entries()) showOne(request, outcome, specs[index] as NamedSpec);
  const beside: Beside = { ...(since === undefined ? {} : { since }), ...(looked === undefined ? {} : { looked }) };
  await request.after?.(outcomes, specs, beside);
  complain(outcomes, request.toldBy);
  if (format.prints === 'document') printJson((await import('../run/document.ts')).documentOf(command, outcomes, specs, beside));
  else if (format.prints === 'together') print(format.renderAll(outcomes.map(({ report }) => report)));
  else if (several) summarise(outcomes, shared);
  if (isProse(shared) && looked !== undefined) print(`\n${lookedText(looked)}`);
  return exitWith(command, outcomes, beside);
}

/** Whether standard output may contain sentences in addition to reports. */
const isProse = ({ format }: Shared): boolean => format.prints === 'told' || format.prints === 'reports';

function showOne({ shared, show, also }: Request, outcome: Outcome, named: NamedSpec): void {
  if (!isProse(shared)) return;
  if (shared.format.prints === 'told') show(outcome, named);
  else print(shared.format.render(outcome.report));
  const more = also?.(outcome, named) ?? '';
  if (more !== '') print(more);
}

async function lookAround(
  paths: readonly string[],
  specs: readonly NamedSpec[],
  open: (scope: Scope) => Session,
): Promise<Looked | undefined> {
  const { findOrphans, foldersOf } = await import('../run/orphans.ts');
  const known = foldersOf(paths, process.env);
  return known === undefined ? undefined : findOrphans(known, specs, open);
}

function lookedText({ orphans, lookedIn }: Looked): string {
  const regions = [...new Set(lookedIn.map(({ region }) => visible(region)))];
  const where = regions.length === 0 ? 'no region' : regions.join(', ');
  return [
    ...orphans.map(orphanText),
    `Looked for stacks whose file is gone in ${where}. To look in more regions, name them under regions in environment.yaml.`,
  ].join('\n');
}

function orphanText({ stack, region, file }: Orphan): string {
  const which = `--stack ${shellWord(stack)} --region ${shellWord(region)}`;
  return [
    `Stack ${visible(stack)} in ${visible(region)} exists in AWS, but its file ${visible(file)} is gone. If the file was moved, apply it at its new place.`,
    `  To remove the stack: albedo plan --destroy ${which}, then albedo destroy ${which}`,
  ].join('\n');
}

/** The specs that the paths name, or only those that changed since a commit. */
async function chooseSpecs({ paths, changedSince: ref, given, shared }: Request) {
  if (given !== undefined) return { specs: given, warnings: [], since: undefined };
  if (ref === undefined) return { ...(await readSpecs(paths, process.env)), since: undefined };
  let read: Pick<Awaited<ReturnType<typeof readSpecs>>, 'specs' | 'warnings'> = { specs: [], warnings: [] };
  let missing: unknown;
  try {
    read = await readSpecs(paths, process.env);
  } catch (thrown) {
    // The deleted file may have been the last spec of its folder.
    if (!(thrown instanceof ReconcileError) || thrown.code !== 'SpecNotFound') throw thrown;
    missing = thrown;
  }
  const { changedSince } = await import('../run/changed-since.ts');
  const since = changedSince(read.specs, paths, ref);
  if (missing !== undefined && since.gone.length === 0) throw missing;
  const files = new Set(since.concerned.map(({ file }) => file));
  if (isProse(shared)) print(sinceText(since, read.specs.length));
  return { specs: since.concerned, warnings: read.warnings.filter(({ file }) => files.has(file)), since };
}

function sinceText({ ref, commit, concerned, gone }: Since, all: number): string {
  return [
    concerned.length === 0
      ? `No stack is affected: none of ${all} has files that changed since ${ref}.`
      : `${concerned.length} of ${all} stacks have files that changed since ${ref}: ${concerned.map(({ file }) => visible(file)).join(', ')}`,
    ...gone.map(
      ({ file, stack, region }) =>
        `${visible(file)} was deleted since ${ref}: stack ${visible(stack)}${region === '' ? '' : ` in ${visible(region)}`} may still exist in AWS. Destroy it with the old file: git show ${shellWord(`${commit.slice(0, 12)}:${file}`)} | albedo destroy -`,
    ),
  ].join('\n');
}

/** Quotes a file name for a command that somebody may paste: names can contain anything. */
const shellWord = (text: string): string => (/^[\w.:/-]+$/.test(text) ? text : `'${visible(text).replaceAll("'", "'\\''")}'`);

/** Prints on standard error what ended stacks early; a shared message only once, with all its stacks. */
function complain(outcomes: readonly Outcome[], toldBy: Request['toldBy']): void {
  const said = new Map<string, { readonly error: ReconcileError; readonly about: string[] }>();
  for (const outcome of outcomes) {
    const error = errorOf(outcome) ?? stopped(outcome);
    if (error === undefined || toldBy?.(outcome) === true) continue;
    const key = `${error.code} ${error.message} ${error.hint}`;
    const entry = said.get(key) ?? { error, about: [] };
    entry.about.push(`${outcome.stack} in ${outcome.region}`);
    said.set(key, entry);
  }
  for (const { error, about } of said.values())
    process.stderr.write(renderError(error, outcomes.length > 1 ? about.join(', ') : undefined));
}

/** Why a rollback failed. */
function stopped({ report, stack }: Outcome): ReconcileError | undefined {
  const { rollback } = report;
  if (rollback?.error === undefined || rollback.error === null) return undefined;
  return new ReconcileError(rollback.error.code, `${stack}: ${rollback.sentence}`, { hint: rollback.error.hint });
}

function summarise(outcomes: readonly Outcome[], shared: Shared): void {
  const rows: OverviewRow[] = worstFirst(outcomes).map(({ report, ms }) => ({ report, ms }));
  if ('overview' in shared.format) print(shared.format.overview(rows, paletteFor(shared)));
}
