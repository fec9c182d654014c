import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { type CallLine, type CountingCloud, type Credentials, openCloud } from '../aws/cloud.ts';
import { type Pace, paced, type Scheduler } from '../aws/scheduler.ts';
import { ReconcileError } from '../errors.ts';
import { noJournal } from '../execute/journal.ts';
import { valueAt } from '../model/paths.ts';
import { clockTime } from '../model/wait.ts';
import type { Clock, Emit, Journal } from './port.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Where texts beside a spec come from: the disk, or what a library holds in memory. */
export interface Files {
  /** Throws when there is no such file. */
  readText(path: string): string;
}

/** Everything that a run needs of the world around it, for one account and region. Nothing below the shells looks for it elsewhere. */
export interface Session {
  readonly region: string;
  readonly cloud: CountingCloud;
  readonly clock: Clock;
  readonly env: Env;
  readonly files: Files;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly journal: Journal;
  /** Calls go to a stand-in of AWS, such as a sandbox. */
  readonly standIn?: true;
  /** Shared by all sessions of a run in the same account and region. */
  readonly scheduler: Scheduler;
  /** What is written down of where a spec comes from, by its file (`run/source.ts`). Absent: nothing. */
  readonly sourceOf?: (file: string) => string | undefined;
  /** The account of the credentials, as STS tells it. Asked once. */
  account(): Promise<string>;
}

export interface SessionOptions {
  readonly region: string;
  /** The variables that AWS tools know: keys, profile, endpoints, proxies. A shell gives its own. */
  readonly env: Env;
  /** Default: as the variables, and the files that AWS tools share, say. */
  readonly credentials?: Credentials;
  /** One address for all services: a sandbox. Default: as AWS_ENDPOINT_URL says, else AWS's own. */
  readonly endpoint?: string;
  readonly clock?: Clock;
  readonly files?: Files;
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
  readonly journal?: Journal;
  readonly sourceOf?: Session['sourceOf'];
  /** A line for each call. */
  readonly log?: (line: CallLine) => void;
  /** Of a session of the same account and region that this one shares AWS's rates with. */
  readonly scheduler?: Scheduler;
  /** Longest wait for a connection and for an answer (ms). */
  readonly limits?: { readonly connect: number; readonly answer: number };
  /** How much of AWS's published rates is used; see `aws/scheduler.ts`. Ignored beside a scheduler. */
  readonly pace?: Pace;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
  random: () => Math.random(),
};

const onDisk: Files = { readText: (path) => readFileSync(path, 'utf8') };

export function openSession(options: SessionOptions): Session {
  const { region, env, clock = realClock, emit = () => {} } = options;
  const signal = options.signal ?? new AbortController().signal;
  // Every call and wait under way listens to it; that is no leak.
  setMaxListeners(0, signal);
  const endpoint = options.endpoint ?? env['AWS_ENDPOINT_URL'];
  const scheduler = options.scheduler ?? paced({ clock, emit, pace: options.pace ?? paceAt(endpoint) });
  const cloud = openCloud({
    ...{ region, clock, env, scheduler, telling: tellingCalls(clock, emit) },
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    ...(endpoint === undefined || endpoint === '' ? {} : { endpoint }),
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  let account: Promise<string> | undefined;
  return {
    ...{ region, cloud, clock, env, emit, signal, scheduler },
    ...(isAws(endpoint) ? {} : { standIn: true }),
    files: options.files ?? onDisk,
    journal: options.journal ?? noJournal,
    ...(options.sourceOf === undefined ? {} : { sourceOf: options.sourceOf }),
    account: () => {
      account ??= cloud.call('sts:GetCallerIdentity', {}, { signal }).then((answer) => String(valueAt(answer, 'Account')));
      return account;
    },
  };
}

/** Between two lines about calls that nothing else tells of; with ten seconds until the next occasion, no silence lasts thirty. */
const QUIET_MS = 20_000;

/** Tells of calls outside steps that are refused for now, or have had no answer for long. */
function tellingCalls(clock: Clock, emit: Emit): NonNullable<Parameters<typeof openCloud>[0]['telling']> {
  let saidAt = Number.NEGATIVE_INFINITY;
  const say = (text: string, since: number, nextMs: number): void => {
    const now = clock.now();
    if (now + nextMs - Math.max(saidAt, since) <= QUIET_MS) return;
    saidAt = now;
    emit({ kind: 'pace', text, seconds: Math.round((now - since) / 1000) });
  };
  return {
    onRetry: (op, { code, message, since, waitMs, until, throttled }) => {
      const what = throttled === true ? `AWS throttles ${op} (${code}) since ${clockTime(since)}` : `${op}: ${code}: ${message}`;
      say(`${what}; it is asked again${until === undefined ? '' : ` until ${clockTime(until)}`}`, since, waitMs);
    },
    onSlow: (op, nextMs, since) => say(`${op} has had no answer yet`, since, nextMs),
  };
}

/** What is published are AWS's own rates. Another endpoint has its own, or none: there they are kept to once it refuses. */
const paceAt = (endpoint: string | undefined): Pace => (isAws(endpoint) ? 0.5 : 'once refused');

const isAws = (endpoint = ''): boolean =>
  endpoint === '' || /^https?:\/\/[^/]*\.(amazonaws\.com(\.cn)?|api\.aws)(:\d+)?(\/|$)/.test(endpoint);

/** Throws `WrongAccount` when the credentials are of another account than the spec or its folder says. Before anything is read. */
export async function requireAccount(session: Pick<Session, 'account' | 'env'>, wanted: string | undefined, stack: string): Promise<void> {
  if (wanted === undefined) return;
  const actual = await session.account();
  if (actual === wanted) return;
  const profile = session.env['AWS_PROFILE'];
  throw new ReconcileError(
    'WrongAccount',
    `${stack} is for the account ${wanted}, and these credentials${profile === undefined ? '' : ` (AWS_PROFILE ${profile})`} are of ${actual}`,
  );
}
