import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { hostname, userInfo } from 'node:os';
import { CloudError, ReconcileError } from '../errors.ts';
import { STACK_TAG } from '../model/tags.ts';
import { type Entry, type Holder, lockName, read, takeOver, whoseIs, written } from './lock-parameter.ts';
import { explainCloudError, type Preview, type Session } from './pipeline.ts';

/**
 * One apply at a time for a stack, also across repositories and machines: an SSM parameter that only one can create
 * (PutParameter with Overwrite false, SSM API reference). It costs two calls. See docs/adr/0006.
 */

/** How long a lock is believed without being renewed. A run that was killed holds others up for no longer. */
const LEASE_MS = 15 * 60_000;
const RENEW_MS = 5 * 60_000;
/** Clocks of two machines may differ by so much before an expired lock is taken over. */
const SKEW_MS = 60_000;
/** Between two looks at a lock that is waited for. */
const POLL_MS = 10_000;
/** Longest wait for the lock to be given back when the command ends. */
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
    };
  return { holder: `${userName()}@${hostname()}`, run: '' };
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
 * Does `work` on a plan while holding the lock of its stack; without a request, or when the plan is empty, it is just done.
 * Where another run held the lock since the plan was made, `again` makes and checks a new one first. `work` gets a session
 * that is interrupted when the lock is lost. Throws `Locked`, or `Denied` when the credentials may not lock.
 */
export async function whileLocked<T>(
  previewed: Preview,
  session: Session,
  request: LockRequest | undefined,
  again: () => Promise<Preview>,
  work: (current: Preview, session: Session) => Promise<T>,
): Promise<T> {
  if (request === undefined || previewed.plan.steps.length === 0) return work(previewed, session);
  return holding(previewed.plan.stack, session, request, async ({ waited, lost }) =>
    work(waited ? await again() : previewed, interruptedBy(session, lost)),
  );
}

/** The same for what needs no plan, such as a load test: nobody else may change the stack meanwhile. Without a request it is just done. */
export async function whileHeld<T>(
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
  // As the session's own: every call and wait listens to it.
  setMaxListeners(0, signal);
  return { ...session, signal };
}

/** Does `work` while holding the lock, and gives it back whatever happens. */
async function holding<T>(stack: string, session: Session, request: LockRequest, work: (lock: Lock) => Promise<T>): Promise<T> {
  const name = lockName(stack);
  const { cloud, clock, emit } = session;
  const id = randomUUID();
  const since = clock.now();
  const entryAt = (now: number): Entry => ({
    version: 1,
    id,
    holder: request.holder,
    run: request.run,
    since: new Date(since).toISOString(),
    until: new Date(now + LEASE_MS).toISOString(),
  });
  const lost = new AbortController();
  const ended = new AbortController();
  let sureAt = clock.now();

  /** Renews until the work ends. A renewal that fails is tried again; one that finds another's lock there ends the work. */
  const renew = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(RENEW_MS, ended.signal);
      try {
        const found = await read(cloud, name, { poll: true });
        if (ended.signal.aborted) return;
        if (found?.entry.id !== id) {
          const whose = found === undefined ? 'it is gone' : `it is ${whoseIs(found.entry)}`;
          return lost.abort(new ReconcileError('Locked', `${stack}: the lock was taken away while this run held it: ${whose}`));
        }
        await cloud.call('ssm:PutParameter', { ...written(name, entryAt(clock.now())), Overwrite: true }, { poll: true });
        sureAt = clock.now();
      } catch (thrown) {
        if (!(thrown instanceof CloudError)) throw thrown;
        emit({ kind: 'warning', text: `the lock of ${stack} could not be renewed (${thrown.awsCode})` });
      }
    }
  };
  const isOurs = async (): Promise<boolean> => (await read(cloud, name, { signal: AbortSignal.timeout(RELEASE_MS) }))?.entry.id === id;
  const release = async (sure: boolean): Promise<void> => {
    try {
      if (lost.signal.aborted || !(sure || (await isOurs()))) return;
      await cloud.call('ssm:DeleteParameter', { Name: name }, { signal: AbortSignal.timeout(RELEASE_MS) });
    } catch (thrown) {
      if (thrown instanceof CloudError && thrown.class === 'NotFound') return;
      const why = thrown instanceof CloudError ? thrown.awsCode : 'no answer';
      emit({
        kind: 'warning',
        text: `the lock of ${stack} could not be given back (${why}): it ends by itself at ${new Date(clock.now() + LEASE_MS).toISOString()}; --break-lock takes it before`,
      });
    }
  };

  let waited: boolean;
  try {
    waited = await acquire(stack, name, session, request, () => entryAt(clock.now()));
  } catch (thrown) {
    // What was cut off may have had its effect.
    if (session.signal.aborted) await release(false);
    throw thrown instanceof CloudError ? explainCloudError(thrown) : thrown;
  }
  sureAt = clock.now();
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
 * Gives back the lock that a run which was killed still holds; one of any other run stays. True when there was one. Throws what AWS says.
 */
export async function giveBack(stack: string, holder: Holder, { cloud, signal }: Session): Promise<boolean> {
  const name = lockName(stack);
  const found = await read(cloud, name, { signal });
  if (found === undefined || holder.run === '' || found.entry.run !== holder.run) return false;
  await cloud.call('ssm:DeleteParameter', { Name: name }, { signal });
  return true;
}

/** Holds the lock when it resolves. True: another's stood there before. */
async function acquire(stack: string, name: string, session: Session, request: LockRequest, entry: () => Entry): Promise<boolean> {
  const { cloud, clock, emit, signal } = session;
  const deadline = clock.now() + request.wait * 1000;
  let told = '';
  let broken: string | undefined;
  for (let before = false; ; before = true) {
    const mine = entry();
    try {
      await cloud.call(
        'ssm:PutParameter',
        { ...written(name, mine), Tier: 'Standard', Overwrite: false, Tags: [{ Key: STACK_TAG, Value: stack }] },
        { signal },
      );
      return before;
    } catch (thrown) {
      if (!(thrown instanceof CloudError)) throw thrown;
      if (thrown.class === 'Denied') throw refused(stack, thrown);
      if (thrown.class !== 'Exists') throw thrown;
    }
    const found = await read(cloud, name, { signal });
    if (found === undefined) continue;
    // The answer of an earlier try was lost.
    if (found.entry.id === mine.id) return before;
    const expired = clock.now() > Date.parse(found.entry.until) + SKEW_MS;
    // The lock that stood there when the flag was said; not one that came after it.
    broken ??= found.entry.id;
    if (expired || (request.force && found.entry.id === broken)) {
      const words = expired ? 'has ended without being given back' : 'is broken';
      emit({ kind: 'warning', text: `the lock of ${stack}, ${whoseIs(found.entry)}, ${words}` });
      if (await takeOver(cloud, name, found, entry(), signal)) return true;
      continue;
    }
    if (clock.now() >= deadline) throw locked(stack, found.entry, request.wait);
    if (told !== found.entry.id)
      emit({
        kind: 'warning',
        text: `waiting for the lock of ${stack}, ${whoseIs(found.entry)}, until ${found.entry.until} at the latest`,
      });
    told = found.entry.id;
    await clock.sleep(Math.min(POLL_MS, Math.max(1, deadline - clock.now())), signal);
  }
}

function locked(stack: string, entry: Entry, wait: number): ReconcileError {
  return new ReconcileError(
    'Locked',
    `${stack} is locked: ${whoseIs(entry)}, until ${entry.until} unless it is renewed${wait > 0 ? `; it was waited for ${wait} s` : ''}`,
  );
}

function refused(stack: string, cause: CloudError): ReconcileError {
  return new ReconcileError('Denied', `the lock of ${stack} cannot be taken: ${cause.message.replace(/\.$/, '')}; nothing was changed`, {
    cause,
    hint: 'Grant ssm:PutParameter, ssm:GetParameter, ssm:DeleteParameter and ssm:AddTagsToResource (`albedo iam policy` prints the statement), or use --no-lock and make sure that nobody else applies.',
  });
}
