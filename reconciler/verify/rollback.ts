import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { type ReadySpec, readSpec } from '../config/read.ts';
import { CloudError, ReconcileError } from '../errors.ts';
import type { Policy } from '../model/policy.ts';
import { VERIFIED_TAG } from '../model/tags.ts';
import type { LiveRead } from '../observe/slice.ts';
import type { ReportVerdict } from '../report/report.ts';
import { type RollbackReport, shortId } from '../report/rollback.ts';
import { failureOf, requireAllowed } from '../run/exit-status.ts';
import { openRepository, type Repository } from '../run/git.ts';
import { type LockRequest, whileLocked } from '../run/lock.ts';
import { explainCloudError, type Preview, preview, type Reconciled, reconcile, type Session } from '../run/pipeline.ts';
import { readPlainText } from '../run/plain-file.ts';
import type { NamedSpec } from '../run/specs.ts';

/** That a missed objective is to be answered by the last good spec. */
export interface RollbackRequest {
  /** The commit to go back to, by any of its names; absent: the one that last passed, else the last with another spec. */
  readonly ref?: string;
  /** What the plan back may do: the same as any other. */
  readonly policy: Policy;
  /** Absent when the caller holds the lock already, or wants none. */
  readonly lock?: LockRequest;
}

/** A spec that is to be live again. */
export interface Goal {
  /** Full id. */
  readonly commit: string;
  readonly by: NonNullable<RollbackReport['by']>;
  readonly spec: ReadySpec;
}

/** Texts that differ in their line ends only are the same: git may change these on the way to the working tree. */
const plain = (text: Uint8Array): string => Buffer.from(text).toString('utf8').replaceAll('\r\n', '\n');

/** The spec and what it extends, from the folder of the spec. */
const pathsOf = ({ file, bases }: NamedSpec): readonly string[] => [
  basename(file),
  ...bases.map((base) => relative(dirname(file), base.file).replaceAll('\\', '/')),
];
const wholeNow = ({ text, bases }: NamedSpec): string => [text, ...bases.map((base) => base.text)].map(plain).join('\0');
/** Undefined where the commit has no such spec; a base that it has not is empty. */
function wholeAt(now: NamedSpec, repository: Repository, commit: string): string | undefined {
  const [own, ...bases] = pathsOf(now).map((path) => repository.textAt(commit, path));
  return own === undefined ? undefined : [own, ...bases.map((base) => base ?? new Uint8Array())].map(plain).join('\0');
}

/** The commit that verify last passed with, as the load balancer remembers it; what is no id of a commit is not believed. */
export function rememberedCommit(observation: LiveRead): string | undefined {
  const tag = observation.raws.find(({ kind }) => kind.name === 'loadBalancer')?.tags[VERIFIED_TAG];
  return tag !== undefined && /^[0-9a-f]{7,64}$/.test(tag) ? tag : undefined;
}

/**
 * Finds the last good spec: at the commit that was named; else at the one that verify last passed with; else at the last commit
 * before HEAD at which the file held another text. Never the text that is there now.
 * @throws ReconcileError `RollbackFailed` saying what is missing and what to do about it.
 */
export function findGoal(now: NamedSpec, remembered: string | undefined, ref?: string, open = openRepository): Goal {
  if (now.file === '<stdin>') throw impossible('a spec from standard input has no history', 'Name the file.');
  const repository = open(dirname(now.file));
  const name = ref ?? remembered;
  const by = ref !== undefined ? 'named' : remembered !== undefined ? 'verified' : 'history';
  const commit = name === undefined ? lastOther(now, repository) : repository.commitOf(name);
  if (commit === undefined) {
    const what = by === 'named' ? `there is no commit \`${name}\`` : `verify last passed at ${name}, and there is no such commit`;
    throw impossible(`${what}${repository.shallow ? ' in this clone, which is shallow' : ' in this repository'}`, howToGet(repository));
  }
  const text = repository.textAt(commit, basename(now.file));
  if (text === undefined) throw impossible(`there is no ${now.file} at ${shortId(commit)}`, 'Name a commit that has it: --rollback=REF.');
  if (wholeAt(now, repository, commit) === wholeNow(now)) {
    const known = by === 'verified' ? 'the spec is the one with which verify last passed' : 'the spec is the one that is there now';
    throw impossible(`${known} (${shortId(commit)}): there is nothing to go back to`, 'Name a commit with another one: --rollback=REF.');
  }
  return { commit, by, spec: readAt(now, repository, commit, text) };
}

/** The last commit at which the file held another text than now: HEAD itself, when the text now is not committed. */
function lastOther(now: NamedSpec, repository: Repository): string {
  const current = wholeNow(now);
  let commit = repository.commitOf('HEAD');
  while (commit !== undefined) {
    const text = wholeAt(now, repository, commit);
    if (text === undefined) break;
    if (text !== current) return commit;
    const change = repository.lastChange(commit, ...pathsOf(now));
    commit = change === undefined ? undefined : repository.commitOf(`${change}^`);
  }
  throw impossible(
    repository.shallow ? `no commit of this clone, which is shallow, has another ${now.file}` : `no earlier commit has another ${now.file}`,
    repository.shallow ? howToGet(repository) : 'This is its first version: fix it, or destroy the stack.',
  );
}

const howToGet = ({ shallow }: Repository): string =>
  shallow
    ? 'Fetch the history (`git fetch --unshallow`; `fetch-depth: 0` of actions/checkout), or name a commit that is there: --rollback=REF.'
    : 'Fetch the branch that has it, or name another commit: --rollback=REF.';

function impossible(message: string, hint: string, cause?: unknown): ReconcileError {
  return new ReconcileError('RollbackFailed', message, { hint, cause });
}

/** Files that the spec names are of the commit too; one that it has not, such as a key that is put there for a run, is of the disk. */
function readAt(now: NamedSpec, repository: Repository, commit: string, text: Uint8Array): ReadySpec {
  const file = `${shortId(commit)}:${now.file}`;
  const folder = dirname(now.file);
  const { spec, problems } = readSpec(text, file, {
    ...now.hashing,
    readText: (path) => {
      const old = isAbsolute(path) ? undefined : repository.textAt(commit, path);
      return old === undefined
        ? readPlainText(isAbsolute(path) ? path : join(folder, path), 1024 * 1024)
        : Buffer.from(old).toString('utf8');
    },
  });
  if (spec === undefined) {
    const first = problems.find(({ severity }) => severity === 'error');
    const where = first === undefined ? '' : `: line ${first.line}: ${first.message.replace(/\.$/, '')}`;
    throw impossible(`the spec of ${shortId(commit)} is not valid${where}`, 'Name a commit with a valid one: --rollback=REF.', {
      problems,
      sources: new Map([[file, text]]),
    });
  }
  const [old, own] = [spec.stack, now.spec.stack];
  if (old.name !== own.name || old.region !== own.region)
    throw impossible(
      `at ${shortId(commit)} ${now.file} was of another stack (${old.name} in ${old.region})`,
      'Name a commit at which it was of this stack: --rollback=REF.',
    );
  return spec;
}

const WHY = {
  named: 'as --rollback said',
  verified: 'where verify last passed',
  history: 'the last commit with another spec',
} as const satisfies Record<Goal['by'], string>;

/** What becomes of a verdict other than missed. */
export function notTried(verdict: ReportVerdict): RollbackReport | undefined {
  if (verdict !== 'inconclusive') return undefined;
  const sentence = 'not rolled back: an inconclusive run is no evidence against the spec';
  return { outcome: 'not-tried', commit: null, by: null, sentence, plan: null, run: null, error: null };
}

/** A rollback that did not come about. */
export function notPossible(error: ReconcileError): RollbackReport {
  return failed(error, { commit: null, by: null, plan: null, run: null });
}

function failed(error: ReconcileError, parts: Pick<RollbackReport, 'commit' | 'by' | 'plan' | 'run'>): RollbackReport {
  const where = parts.commit === null ? '' : ` to ${shortId(parts.commit)}`;
  const { code, message, hint } = error;
  return {
    ...parts,
    outcome: 'failed',
    sentence: `not rolled back${where}: ${message.replace(/\.$/, '')}`,
    error: { code, message, hint },
  };
}

const countOf = ({ plan: { changes } }: Preview): string => `${changes.length} change${changes.length === 1 ? '' : 's'}`;

/**
 * Makes the good spec live again through an ordinary plan: guarded, run and planned again. What goes wrong is in the answer, for
 * the report to hold it beside what was measured.
 */
export async function rollBack(goal: Goal, session: Session, request: RollbackRequest): Promise<RollbackReport> {
  const { commit, by, spec } = goal;
  let planned: Preview | undefined;
  let done: Reconciled | undefined;
  const parts = () => ({ commit, by, plan: planned?.plan ?? null, run: done?.run ?? null });
  try {
    const look = async (): Promise<Preview> => {
      planned = await preview(spec, session, request.policy);
      session.emit({
        kind: 'phase',
        phase: 'apply',
        text: `rolling back to ${shortId(commit)}, ${WHY[by]}: ${countOf(planned)}, digest ${planned.plan.digest.slice(0, 12)}`,
      });
      requireAllowed(planned);
      return planned;
    };
    done = await whileLocked(await look(), session, request.lock, look, (current, held) => reconcile(spec, current, held));
    if (session.signal.aborted || done.run?.outcome === 'cancelled')
      return failed(new ReconcileError('Interrupted', 'the rollback was interrupted'), parts());
    const failure = failureOf(done);
    if (failure !== undefined) return failed(failure, parts());
  } catch (thrown) {
    if (session.signal.aborted) return failed(new ReconcileError('Interrupted', 'the rollback was interrupted'), parts());
    const error = thrown instanceof CloudError ? explainCloudError(thrown) : thrown;
    if (error instanceof ReconcileError) return failed(error, parts());
    throw thrown;
  }
  const what = done.plan.changes.length === 0 ? 'nothing had to change back' : `${countOf(done)}, and a new plan of it is empty`;
  const next = 'the file still has the missed version: revert it before the next apply';
  return { ...parts(), outcome: 'done', sentence: `rolled back to ${shortId(commit)}, ${WHY[by]}: ${what}; ${next}`, error: null };
}

/**
 * Writes down on the load balancer the commit whose spec passed, for a later rollback. Only where the file is as HEAD has it; where
 * it is not, or there is no repository, nothing is known of any commit and nothing is written.
 */
export async function recordPass(now: NamedSpec, observation: LiveRead, session: Session, open = openRepository): Promise<void> {
  const balancer = observation.observed.live.find(({ kind }) => kind === 'loadBalancer');
  if (balancer === undefined || now.file === '<stdin>') return;
  const commit = committed(now, open)?.slice(0, 12);
  if (commit === undefined || rememberedCommit(observation) === commit) return;
  try {
    await session.cloud.call(
      'elbv2:AddTags',
      { ResourceArns: [balancer.id], Tags: [{ Key: VERIFIED_TAG, Value: commit }] },
      { signal: session.signal },
    );
  } catch (thrown) {
    if (!(thrown instanceof CloudError)) throw thrown;
    const text = `the pass of ${shortId(commit)} could not be recorded for a later rollback: ${thrown.message}`;
    session.emit({ kind: 'warning', text });
  }
}

/** HEAD, when the file is there as it was read. */
function committed(now: NamedSpec, open: typeof openRepository): string | undefined {
  try {
    const repository = open(dirname(now.file));
    const head = repository.commitOf('HEAD');
    return head !== undefined && wholeAt(now, repository, head) === wholeNow(now) ? head : undefined;
  } catch (thrown) {
    if (thrown instanceof ReconcileError) return undefined;
    throw thrown;
  }
}
