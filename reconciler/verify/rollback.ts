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

/** Asks for a rollback to the last good spec if an objective is missed. */
export interface RollbackRequest {
  /** The commit to roll back to, by any of its names; absent: the one that last passed, otherwise the last one with another spec. */
  readonly ref?: string;
  /** The policy for the plan of the rollback, as for any other plan. */
  readonly policy: Policy;
  /** Absent if the caller already holds the lock, or wants none. */
  readonly lock?: LockRequest;
}

/** The spec to roll back to. */
export interface Goal {
  /** Full id. */
  readonly commit: string;
  readonly by: NonNullable<RollbackReport['by']>;
  readonly spec: ReadySpec;
}

/** Ignores differences in line endings, which git may change in the working tree. */
const plain = (text: Uint8Array): string => Buffer.from(text).toString('utf8').replaceAll('\r\n', '\n');

/** Paths of the spec and the files that it extends, relative to the folder of the spec. */
const pathsOf = ({ file, bases }: NamedSpec): readonly string[] => [
  basename(file),
  ...bases.map((base) => relative(dirname(file), base.file).replaceAll('\\', '/')),
];
const wholeNow = ({ text, bases }: NamedSpec): string => [text, ...bases.map((base) => base.text)].map(plain).join('\0');
/** Undefined if the commit has no such spec; a base file that it lacks counts as empty. */
function wholeAt(now: NamedSpec, repository: Repository, commit: string): string | undefined {
  const [own, ...bases] = pathsOf(now).map((path) => repository.textAt(commit, path));
  return own === undefined ? undefined : [own, ...bases.map((base) => base ?? new Uint8Array())].map(plain).join('\0');
}

/** The commit where verify last passed, from a tag of the load balancer; undefined if the tag is not a commit id. */
export function rememberedCommit(observation: LiveRead): string | undefined {
  const tag = observation.raws.find(({ kind }) => kind.name === 'loadBalancer')?.tags[VERIFIED_TAG];
  return tag !== undefined && /^[0-9a-f]{7,64}$/.test(tag) ? tag : undefined;
}

/**
 * Finds the last good spec: at the commit that was named; otherwise where verify last passed; otherwise at the last commit before HEAD
 * in which the file had another text. Never returns the current text.
 * @throws ReconcileError `RollbackFailed` saying what is missing and what to do about it.
 */
export function findGoal(now: NamedSpec, remembered: string | undefined, ref?: string, open = openRepository): Goal {
  if (now.file === '<stdin>') throw impossible('a spec from standard input has no history', 'Name the file.');
  const repository = open(dirname(now.file));
  const name = ref ?? remembered;
  const by = ref !== undefined ? 'named' : remembered !== undefined ? 'verified' : 'history';
  const commit = name === undefined ? lastOther(now, repository) : repository.commitOf(name);
  if (commit === undefined) {
    const what = by === 'named' ? `there is no commit \`${name}\`` : `verify last passed at commit ${name}, which is missing`;
    throw impossible(`${what}${repository.shallow ? ' in this shallow clone' : ' in this repository'}`, howToGet(repository));
  }
  const text = repository.textAt(commit, basename(now.file));
  if (text === undefined) throw impossible(`there is no ${now.file} at ${shortId(commit)}`, 'Name a commit that has it: --rollback=REF.');
  if (wholeAt(now, repository, commit) === wholeNow(now)) {
    const known =
      by === 'verified' ? 'the current spec is the one with which verify last passed' : 'the spec of that commit is the current one';
    throw impossible(`${known} (${shortId(commit)}): there is nothing to roll back to`, 'Name a commit with another spec: --rollback=REF.');
  }
  return { commit, by, spec: readAt(now, repository, commit, text) };
}

/** The last commit in which the file had another text than now: HEAD itself, if the current text is not committed. */
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
    repository.shallow
      ? `no commit of this shallow clone has another version of ${now.file}`
      : `no earlier commit has another version of ${now.file}`,
    repository.shallow ? howToGet(repository) : 'This is its first version: fix it, or destroy the stack.',
  );
}

const howToGet = ({ shallow }: Repository): string =>
  shallow
    ? 'Fetch the history (`git fetch --unshallow`; `fetch-depth: 0` of actions/checkout), or name a commit that is in the clone: --rollback=REF.'
    : 'Fetch the branch that has it, or name another commit: --rollback=REF.';

function impossible(message: string, hint: string, cause?: unknown): ReconcileError {
  return new ReconcileError('RollbackFailed', message, { hint, cause });
}

/** Files that the spec names are read from the commit too; a file that is not in it, such as a key that is created for a run, is read from disk. */
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
    throw impossible(`the spec of ${shortId(commit)} is not valid${where}`, 'Name a commit with a valid spec: --rollback=REF.', {
      problems,
      sources: new Map([[file, text]]),
    });
  }
  const [old, own] = [spec.stack, now.spec.stack];
  if (old.name !== own.name || old.region !== own.region)
    throw impossible(
      `at ${shortId(commit)} ${now.file} described another stack (${old.name} in ${old.region})`,
      'Name a commit in which it describes this stack: --rollback=REF.',
    );
  return spec;
}

const WHY = {
  named: 'the commit of --rollback',
  verified: 'the commit where verify last passed',
  history: 'the last commit with another spec',
} as const satisfies Record<Goal['by'], string>;

/** The rollback report for a verdict other than missed. */
export function notTried(verdict: ReportVerdict): RollbackReport | undefined {
  if (verdict !== 'inconclusive') return undefined;
  const sentence = 'not rolled back: an inconclusive run is no evidence against the spec';
  return { outcome: 'not-tried', commit: null, by: null, sentence, plan: null, run: null, error: null };
}

/** The report of a rollback that was not possible. */
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
 * Applies the good spec with an ordinary plan: checked by the guard, run, and planned again. Errors are part of the result, so that the
 * report shows them next to the measurements.
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
  const what = done.plan.changes.length === 0 ? 'no change was necessary' : `${countOf(done)}, and a new plan is empty`;
  const next = 'the file still has the version that missed its objectives: revert it before the next apply';
  return { ...parts(), outcome: 'done', sentence: `rolled back to ${shortId(commit)}, ${WHY[by]}: ${what}; ${next}`, error: null };
}

/**
 * Records in a tag of the load balancer the commit whose spec passed, for a later rollback. Only if the file is the same as in HEAD;
 * otherwise, or without a repository, the commit is not known and nothing is recorded.
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

/** HEAD, if its file is the same as the one that was read. */
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
