import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { hostname, userInfo } from 'node:os';
import { CloudError, ReconcileError } from '../errors.ts';
import type { Note } from '../model/json.ts';
import { STACK_TAG } from '../model/tags.ts';
import { clockTime } from '../model/wait.ts';
import { ask, isNote } from './account-asked.ts';
import { type Entry, type Found, type Holder, lockName, read, takeOver, whoseIs, written } from './lock-parameter.ts';
import { explainCloudError, type Preview, type Session } from './pipeline.ts';

/**
 * One apply at a time for a stack, also across repositories and machines: an SSM parameter that only one can create
 * (PutParameter with Overwrite false, SSM API reference). It costs two calls. See docs/adr/0006.
 */

/**
 * How long a lock is believed without being renewed, by AWS's clock: machines' own may be wrong by hours. A run that was killed holds
 * others up for no longer.
 */
const LEASE_MS = 15 * 60_000;
const RENEW_MS = 5 * 60_000;
/** After a renewal that failed, and how long before the end of its lease a run that cannot renew it stops. */
const RENEW_AGAIN_MS = 30_000;
const STOP_BEFORE_MS = 2 * 60_000;
/** Between two lines about a lock that is waited for, less a look. */
const QUIET_MS = 20_000;
/** Between two looks at a lock that is waited for. */
const POLL_MS = 10_000;
/** Longest wait for the lock to be released when the command ends. */
const RELEASE_MS = 2500;

export interface LockRequest extends Holder {
  /** Seconds to wait for the lock of somebody else. */
  readonly wait: number;
  /** Takes the lock whoever holds it. */
  readonly force: boolean;
}

interface Lock {
  /** Somebody else's run ended, or was cut off, since the caller read what is live: a plan made before is stale. */
  readonly waited: boolean;
  /** Fires when somebody took the lock away; its reason says who. */
  readonly lost: AbortSignal;
}

/** This process, from the variables of GitHub Actions or the machine's own names. */
export function holderOf(env: Readonly<Record<string, string | undefined>>): Holder {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: attempt } = env;
  if (env['GITHUB_ACTIONS'] === 'true' && server !== undefined && repository !== undefined && run !== undefined)
    return {
      holder: `${env['GITHUB_ACTOR'] ?? 'a workflow'} in ${repository}`,
      run: `${server}/${repository}/actions/runs/${run}${attempt === undefined ? '' : `/attempts/${attempt}`}`,
      ...{ pid: process.pid, host: hostname() },
    };
  return { holder: `${userName()}@${hostname()}`, run: '', pid: process.pid, host: hostname() };
}

/** A user without an entry in the system's list, as in many containers, has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'somebody';
  }
}

/**
 * Runs `work` on a plan while holding the lock of its stack; without a request, or if the plan is empty, without the lock.
 * If another run has held the lock since the plan was made, `again` makes and checks a new plan first. `work` gets a session
 * that is interrupted if the lock is lost. Throws `Locked`, or `Denied` if the credentials may not lock.
 */
export async function whileLocked<T>(
  previewed: Preview,
  session: Session,
  request: LockRequest | undefined,
  again: () => Promise<Preview>,
  work: (current: Preview, session: Session) => Promise<T>,
): Promise<T> {
  if (request === undefined) return work(previewed, session);
  if (previewed.plan.steps.length === 0) {
    if (request.force) await removeDead(previewed.plan.stack, session, request);
    return work(previewed, session);
  }
  return holding(previewed.plan.stack, session, request, async ({ waited, lost }) =>
    work(waited ? await again() : previewed, interruptedBy(session, lost)),
  );
}

/** For `--break-lock` when there is nothing to do: removes the lock that a dead run left. */
export async function removeDead(stack: string, session: Session, request: LockRequest): Promise<void> {
  const found = await read(session.cloud, lockName(stack), { signal: session.signal }).catch((thrown: unknown) => {
    throw thrown instanceof CloudError ? notTaken(stack, thrown) : thrown;
  });
  if (found !== undefined) await holding(stack, session, request, async () => undefined);
}

/** The same for work without a plan, such as a load test: nobody else may change the stack meanwhile. Without a request there is no lock. */
export async function withLock<T>(
  stack: string,
  session: Session,
  request: LockRequest | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  if (request === undefined) return work(session);
  return holding(stack, session, request, ({ lost }) => work(interruptedBy(session, lost)));
}

function interruptedBy(session: Session, lost: AbortSignal): Session {
  const signal = AbortSignal.any([session.signal, lost]);
  // Every call and wait listens to it, as to the session's own signal.
  setMaxListeners(0, signal);
  return { ...session, signal };
}

/** Runs `work` while holding the lock, and releases it whatever happens. */
async function holding<T>(stack: string, session: Session, request: LockRequest, work: (lock: Lock) => Promise<T>): Promise<T> {
  const name = lockName(stack);
  const { cloud, clock, emit } = session;
  const id = randomUUID();
  const { holder, run, pid, host } = request;
  const entry: Entry = {
    ...{ version: 1, id, holder, run, since: new Date(clock.now()).toISOString() },
    ...(pid === undefined ? {} : { pid }),
    ...(host === undefined ? {} : { host }),
  };
  const lost = new AbortController();
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);
  let sureAt = clock.now();

  /** Renews until the work ends. A failed renewal is tried again; one that finds another run's lock ends the work. */
  const renew = async (): Promise<void> => {
    for (let pause = RENEW_MS; ; ) {
      await clock.sleep(pause, ended.signal);
      try {
        const found = await read(cloud, name, { poll: true });
        if (ended.signal.aborted) return;
        if (found?.entry.id !== id) {
          const whose = found === undefined ? 'it is gone' : `it is ${whoseIs(found)}`;
          return lost.abort(new ReconcileError('Locked', `${stack}: another run took the lock ${name} while this run held it: ${whose}`));
        }
        const sentAt = clock.now();
        await cloud.call('ssm:PutParameter', { ...written(name, entry), Overwrite: true }, { poll: true, signal: ended.signal });
        [sureAt, pause] = [sentAt, RENEW_MS];
      } catch (thrown) {
        if (!(thrown instanceof CloudError)) throw thrown;
        pause = RENEW_AGAIN_MS;
        // Others may take the lock soon, so this run must not continue as if it were the only one.
        if (clock.now() - sureAt > LEASE_MS - STOP_BEFORE_MS) {
          const why = `it could not be renewed for ${Math.round((clock.now() - sureAt) / 60_000)} minutes (${thrown.awsCode})`;
          return lost.abort(new ReconcileError('Locked', `${stack}: this run may have lost the lock ${name}: ${why}`));
        }
        emit({
          kind: 'warning',
          text: `the lock ${name} could not be renewed (${thrown.awsCode}); next try in ${RENEW_AGAIN_MS / 1000} s`,
        });
      }
    }
  };
  const isOurs = async (): Promise<boolean> => (await read(cloud, name, { signal: AbortSignal.timeout(RELEASE_MS) }))?.entry.id === id;
  const release = async (sure: boolean): Promise<void> => {
    try {
      if (lost.signal.aborted || !(sure || (await isOurs()))) return;
      await cloud.call('ssm:DeleteParameter', { Name: name }, { signal: AbortSignal.timeout(RELEASE_MS) });
    } catch (thrown) {
      // "Not found" is believed once a read confirms it.
      if (thrown instanceof CloudError && thrown.class === 'NotFound') return sure ? release(false) : undefined;
      const why = thrown instanceof CloudError ? thrown.awsCode : 'no answer';
      emit({
        kind: 'warning',
        text: `the lock ${name} could not be released (${why}): it expires within ${LEASE_MS / 60_000} minutes; --break-lock takes it sooner`,
      });
    }
  };

  let waited: boolean;
  try {
    [waited, sureAt] = await acquire(stack, name, session, request, entry);
  } catch (thrown) {
    // An interrupted call may have taken effect.
    if (session.signal.aborted) await release(false);
    throw thrown instanceof CloudError ? notTaken(stack, thrown) : thrown;
  }
  const renewing = renew().catch(() => undefined);
  try {
    return await work({ waited, lost: lost.signal });
  } finally {
    ended.abort();
    await renewing;
    await release(clock.now() - sureAt <= RENEW_MS);
  }
}

/**
 * Releases the lock that a killed run still holds; the lock of another run stays. Returns whether there was one. Throws errors of AWS.
 */
export async function releaseLock(stack: string, holder: Holder, session: Pick<Session, 'cloud' | 'signal'>): Promise<boolean> {
  return releaseWhere(stack, ({ run }) => holder.run !== '' && run === holder.run, session);
}

/** The same by the process that took the lock, which must have ended. The lock of another machine or process stays. */
export async function releaseLockOfProcess(
  stack: string,
  { pid, host }: { readonly pid: number; readonly host: string },
  session: Pick<Session, 'cloud' | 'signal'>,
): Promise<boolean> {
  return releaseWhere(stack, (entry) => entry.pid === pid && entry.host === host, session);
}

async function releaseWhere(
  stack: string,
  isTheirs: (entry: Entry) => boolean,
  { cloud, signal }: Pick<Session, 'cloud' | 'signal'>,
): Promise<boolean> {
  const name = lockName(stack);
  const found = await read(cloud, name, { signal });
  if (found === undefined || !isTheirs(found.entry)) return false;
  await cloud.call('ssm:DeleteParameter', { Name: name }, { signal });
  return true;
}

/** Resolves once it holds the lock: whether another run held it before, and when the successful write was sent. */
async function acquire(stack: string, name: string, session: Session, request: LockRequest, mine: Entry): Promise<[boolean, number]> {
  const { cloud, clock, emit, signal } = session;
  const deadline = clock.now() + request.wait * 1000;
  const began = clock.now();
  let told = { id: '', at: began };
  let broken: string | undefined;
  for (let before = false; ; before = true) {
    const sentAt = clock.now();
    try {
      await cloud.call(
        'ssm:PutParameter',
        { ...written(name, mine), Tier: 'Standard', Overwrite: false, Tags: [{ Key: STACK_TAG, Value: stack }] },
        { signal },
      );
      return [before, sentAt];
    } catch (thrown) {
      if (!(thrown instanceof CloudError)) throw thrown;
      if (thrown.class === 'Denied') throw refused(stack, thrown);
      if (thrown.class !== 'Exists') throw thrown;
    }
    const found = await read(cloud, name, { signal });
    if (found === undefined) continue;
    // An earlier try took the lock, but its answer was lost.
    if (found.entry.id === mine.id) return [before, sentAt];
    const ended = found.age !== undefined && found.age > LEASE_MS && found.entry.id !== '';
    // `--break-lock` breaks only the lock that existed at the start, not a later one.
    broken ??= found.entry.id;
    if (ended || (request.force && found.entry.id === broken)) {
      const words = ended ? 'expired without being released' : 'is broken';
      emit({ kind: 'warning', text: `the lock ${name}, ${whoseIs(found)}, ${words}` });
      if (await takeOver(cloud, name, found, mine, signal)) return [true, sentAt];
      continue;
    }
    const now = clock.now();
    if (now >= deadline) throw locked(stack, found, request.wait);
    const pause = Math.min(POLL_MS, Math.max(1, deadline - now));
    if (told.id !== found.entry.id || now + pause - told.at > QUIET_MS) {
      const seconds = Math.round((now - began) / 1000);
      emit({
        kind: 'warning',
        text: `waiting for the lock ${name}, ${whoseIs(found)}, ${seconds} s, until ${clockTime(deadline)} at most`,
      });
      told = { id: found.entry.id, at: now };
    }
    await clock.sleep(pause, signal);
  }
}

/** Who holds the lock that an apply of this plan would need, as a note; none when nobody does. Reads only. */
export async function lockNotes(stack: string, { cloud, signal }: Pick<Session, 'cloud' | 'signal'>): Promise<readonly Note[]> {
  const found = await ask('Whether another run holds the lock', () => read(cloud, lockName(stack), { signal }));
  if (found === undefined) return [];
  if (isNote(found)) return [found];
  const text =
    found.age !== undefined && found.age > LEASE_MS
      ? `a run ended without releasing the lock (${whoseIs(found)}): the next apply takes it`
      : `another run holds the lock, so an apply would wait or be refused: it is ${whoseIs(found)}; ${endOf(found)}`;
  return [{ kind: 'locked', text }];
}

/** `it ends by itself in 14 minutes unless it is renewed`, where that is known. */
function endOf({ age }: Found): string {
  if (age === undefined) return 'it is not known when it expires';
  return `it expires in ${Math.max(1, Math.round((LEASE_MS - age) / 60_000))} min unless it is renewed`;
}

function locked(stack: string, found: Found, wait: number): ReconcileError {
  const waited = wait > 0 ? `; this run waited ${wait} s` : '';
  return new ReconcileError('Locked', `${stack} is locked: ${lockName(stack)} is ${whoseIs(found)}; ${endOf(found)}${waited}`);
}

/** What AWS says when the lock is asked for. */
function notTaken(stack: string, cause: CloudError): ReconcileError {
  const { code, message, hint } = explainCloudError(cause);
  return new ReconcileError(
    code,
    `cannot take the lock ${lockName(stack)} of ${stack}: ${message.replace(/\.$/, '')}; nothing was changed`,
    {
      cause,
      hint: `${hint} Or use --no-lock, and make sure that no other run applies.`,
    },
  );
}

function refused(stack: string, cause: CloudError): ReconcileError {
  return new ReconcileError(
    'Denied',
    `cannot take the lock ${lockName(stack)} of ${stack}: ${cause.message.replace(/\.$/, '')}; nothing was changed`,
    {
      cause,
      hint: 'Grant ssm:PutParameter, ssm:GetParameter, ssm:DeleteParameter and ssm:AddTagsToResource (`albedo iam policy` prints the statement), or use --no-lock, and make sure that no other run applies.',
    },
  );
}
