import { CloudError, type CloudErrorClass } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { valueAt } from '../model/paths.ts';
import type { CallCount } from '../plan/types.ts';
import type { CallOptions, Clock, Cloud, Retry } from '../run/port.ts';
import { ANSWERED_AT, checkAnswers, dateAnswers, type MiddlewareStack } from './answer.ts';
import { classify, describeThrown } from './classify.ts';
import { iamAction, type Operation, operationOf } from './operations.ts';
import { handlerFor } from './proxy.ts';
import { withRetry } from './retry.ts';
import type { Scheduler } from './scheduler.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface CloudOptions {
  readonly region: string;
  readonly clock: Clock;
  /** Variables that AWS tools know. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: as the variables and files that AWS tools share say. */
  readonly credentials?: Credentials;
  /** One address for all services. */
  readonly endpoint?: string;
  /** Default: as fast as AWS answers. */
  readonly scheduler?: Scheduler;
  /** Of calls that have none of their own: what to do about retries and about answers that take long. */
  readonly telling?: {
    readonly onRetry: (op: string, retry: Retry) => void;
    readonly onSlow: (op: string, nextMs: number, since: number) => void;
  };
  /** One line per call, for `--call-log` and the tests: never an input, an answer or a secret. */
  readonly log?: (line: CallLine) => void;
  /** Longest wait for a connection, and for an answer or its next part (ms). */
  readonly limits?: { readonly connect: number; readonly answer: number };
}

/** The SDK waits for ever by default; EC2's slowest calls take half a minute. */
const LIMITS = { connect: 5000, answer: 60_000 };

export interface CallLine {
  readonly op: string;
  readonly ms: number;
  readonly attempt: number;
  readonly poll: boolean;
  /** AWS code when refused. */
  readonly code?: string;
}

export interface CountingCloud extends Cloud {
  count(): CallCount;
  /** The same door with a count of its own: of one stack among several. What it counts, this one counts too. */
  apart?(): CountingCloud;
}

type Counts = { -readonly [Key in keyof CallCount]: Key extends 'byOperation' ? Record<string, number> : number };
const noCalls = (): Counts => ({ calls: 0, writes: 0, polls: 0, refused: 0, byOperation: {} });

interface SdkClient {
  readonly middlewareStack: MiddlewareStack;
  send(command: unknown, options?: { abortSignal?: AbortSignal }): Promise<Json>;
}

interface SdkModule {
  readonly Client: new (config: object) => SdkClient;
  readonly commands: Readonly<Record<string, new (input: never) => unknown>>;
  /** Some of its answers hold nothing, and have no body. */
  readonly mayBeEmpty?: boolean;
}

/** Loaded when first used: a plan that touches no certificate never loads the IAM client's code paths it does not need. */
const MODULES: Readonly<Record<string, () => Promise<unknown>>> = {
  ec2: () => import('./clients/ec2.ts'),
  elbv2: () => import('./clients/elbv2.ts'),
  fis: () => import('./clients/fis.ts'),
  iam: () => import('./clients/iam.ts'),
  scheduler: () => import('./clients/scheduler.ts'),
  ssm: () => import('./clients/ssm.ts'),
  sts: () => import('./clients/sts.ts'),
  tagging: () => import('./clients/tagging.ts'),
};

/**
 * The door to AWS. Endpoint, credentials, profile and proxy come from the usual AWS variables, as they are handed in, and the files
 * that AWS tools share; the SDK's own retries are off, since ours are visible and know what must not be repeated blindly.
 */
export function openCloud(options: CloudOptions): CountingCloud {
  const clients = new Map<string, Promise<{ client: SdkClient; commands: SdkModule['commands'] }>>();

  const limits = options.limits ?? LIMITS;
  // `requestTimeout` ends with the headers, `socketTimeout` watches the body; without `throw…` the SDK only warns.
  const timeouts = {
    connectionTimeout: limits.connect,
    requestTimeout: limits.answer,
    socketTimeout: limits.answer,
    throwOnRequestTimeout: true,
  };
  const { env } = options;

  const open = (service: string) => {
    const known = clients.get(service);
    if (known !== undefined) return known;
    const opening = (async () => {
      const load = MODULES[service];
      if (load === undefined) throw new Error(`no AWS client for ${service}`);
      const { Client, commands, mayBeEmpty = false } = (await load()) as SdkModule;
      const endpoint = endpointFor(service, options);
      const credentials = options.credentials ?? credentialsIn(env);
      const client = new Client({
        ...{ region: options.region, maxAttempts: 1, requestHandler: await handlerFor(env, timeouts) },
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(credentials === undefined ? {} : { credentials }),
        ...(credentials !== undefined || env['AWS_PROFILE'] === undefined ? {} : { profile: env['AWS_PROFILE'] }),
      });
      checkAnswers(client.middlewareStack, mayBeEmpty);
      dateAnswers(client.middlewareStack);
      return { client, commands };
    })();
    clients.set(service, opening);
    return opening;
  };

  const once = async (op: string, input: Json, call: CallOptions, attempt: number, counted: readonly Counts[]): Promise<Json> => {
    const [service = '', name = ''] = op.split(':');
    const operation = operationOf(op);
    const { client, commands } = await open(service);
    const Command = commands[name];
    if (Command === undefined) throw new Error(`no SDK command for ${op}`);
    const leave = await options.scheduler?.enter(op, operation.access, call);
    const started = options.clock.now();
    for (const counts of counted) {
      if (call.poll) counts.polls++;
      else {
        counts.calls++;
        counts.byOperation[op] = (counts.byOperation[op] ?? 0) + 1;
        if (operation.access === 'write') counts.writes++;
      }
    }
    const report = (code?: string) =>
      options.log?.({ op, ms: options.clock.now() - started, attempt, poll: call.poll === true, ...(code === undefined ? {} : { code }) });
    const answered = new AbortController();
    void sayWhileSlow(options.clock, call.onSlow, answered.signal);
    try {
      // The SDK wants a plain input object; ours is JSON that the operations table ties to this command.
      const answer = await client.send(new Command(input as never), call.signal === undefined ? {} : { abortSignal: call.signal });
      report();
      const { [ANSWERED_AT]: at, ...content } = plain(answer) as { readonly [key: string]: Json };
      return operation.dated === true && at !== undefined ? { ...content, [ANSWERED_AT]: at } : content;
    } catch (thrown) {
      call.signal?.throwIfAborted();
      const { code, status, message } = describeThrown(thrown);
      const kind = classify(code, status);
      if (kind === 'Throttled') options.scheduler?.refused(op, operation.access);
      if (kind !== 'Throttled' && kind !== 'Transient') for (const counts of counted) counts.refused++;
      report(code);
      throw new CloudError(op, code, kind, explain(op, code, kind, message, env['AWS_PROFILE']), { cause: thrown, attempts: attempt });
    } finally {
      answered.abort();
      leave?.();
    }
  };

  const counting = (counts: Counts, others: readonly Counts[]): CountingCloud => ({
    call: (op, input, own = {}) => {
      const { telling } = options;
      const call: CallOptions = {
        ...(telling === undefined
          ? {}
          : {
              onRetry: (retry: Retry) => telling.onRetry(op, retry),
              onSlow: (nextMs: number, since: number) => telling.onSlow(op, nextMs, since),
            }),
        ...own,
      };
      return allPages(operationOf(op), input, (page) =>
        withRetry(operationOf(op), options.clock, page, call, (attempt) => once(op, page, call, attempt, [counts, ...others])),
      );
    },
    count: () => ({ ...counts, byOperation: { ...counts.byOperation } }),
    apart: () => counting(noCalls(), [counts, ...others]),
  });
  return counting(noCalls(), []);
}

/** How often a call without an answer is told of (ms). */
const SLOW_MS = 10_000;

/** Until the signal fires. Never rejects. */
async function sayWhileSlow(clock: Clock, say: CallOptions['onSlow'], signal: AbortSignal): Promise<void> {
  if (say === undefined) return;
  const since = clock.now();
  try {
    for (;;) {
      await clock.sleep(SLOW_MS, signal);
      say(SLOW_MS, since);
    }
  } catch {
    // It has been answered.
  }
}

/** The variables that say an endpoint for one service (AWS SDKs and Tools reference guide, service-specific endpoints). */
const ENDPOINT_NAMES: Readonly<Record<string, string>> = {
  elbv2: 'ELASTIC_LOAD_BALANCING_V2',
  tagging: 'RESOURCE_GROUPS_TAGGING_API',
};

function endpointFor(service: string, { env, endpoint }: CloudOptions): string | undefined {
  const own = env[`AWS_ENDPOINT_URL_${ENDPOINT_NAMES[service] ?? service.toUpperCase()}`];
  return own === undefined || own === '' ? endpoint : own;
}

/** Keys that the variables hold; a profile goes before them, as in the SDK's own order. */
function credentialsIn(env: CloudOptions['env']): Credentials | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_PROFILE: profile,
  } = env;
  if (!accessKeyId || !secretAccessKey || profile) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/** What the SDK and AWS leave out: the profile that was meant, and the IAM action that is missing (EC2 never names it). */
function explain(op: string, code: string, kind: CloudErrorClass, message: string, profile: string | undefined): string {
  if (code === 'CredentialsProviderError' && profile !== undefined && !message.includes(profile))
    return `${message.replace(/\.$/, '')}; AWS_PROFILE is ${profile}`;
  return kind === 'Denied' && !message.includes(iamAction(op)) ? `${message} The action is ${iamAction(op)}.` : message;
}

/** Follows pages to the end; the answer is the first page's with the whole list in it. A repeated marker ends it. */
async function allPages(operation: Operation, input: Json, send: (input: Json) => Promise<Json>): Promise<Json> {
  const first = await send(input);
  const { pages } = operation;
  if (pages === undefined) return first;
  const list = [...((valueAt(first, pages.list) ?? []) as readonly Json[])];
  const seen = new Set<string>();
  let marker = valueAt(first, pages.answer);
  while (typeof marker === 'string' && marker !== '' && !seen.has(marker)) {
    seen.add(marker);
    const page = await send({ ...(input as { readonly [key: string]: Json }), [pages.send]: marker });
    list.push(...((valueAt(page, pages.list) ?? []) as readonly Json[]));
    marker = valueAt(page, pages.answer);
  }
  return { ...(first as { readonly [key: string]: Json }), [pages.list]: list };
}

/** The answer as JSON: dates become ISO texts, undefined goes, the SDK's own metadata goes. */
function plain(answer: unknown): Json {
  if (answer instanceof Date) return answer.toISOString();
  if (Array.isArray(answer)) return answer.map(plain);
  if (typeof answer === 'object' && answer !== null) {
    return Object.fromEntries(
      Object.entries(answer)
        .filter(([key, value]) => value !== undefined && key !== '$metadata')
        .map(([key, value]) => [key, plain(value)]),
    );
  }
  return answer as Json;
}
