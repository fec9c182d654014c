/**
 * The one port of the sandbox. Every AWS call arrives here, is attributed to a service by its signature's credential
 * scope, answered by the ELBv2 server or by moto behind the ledger, and recorded. Signatures are not verified; a missing
 * one is refused, and two kinds of access key misbehave on purpose, so that a client's errors can be tried out:
 * `EXPIRED…` is refused as expired, `DENIED…` may read and not write. Which account a call is for is in its access key.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accountOfKey } from './access-keys.ts';
import { denied, expired, type Faults } from './faults.ts';
import type { ObjectAnswer, Objects } from './objects.ts';
import type { Rates } from './rates.ts';
import { hashParams, type Recorder } from './recorder.ts';
import { REST_ROUTES, readRest } from './rest-json.ts';
import type { ApiAnswer, ApiCall, Clock } from './types.ts';
import { refuseWebPage } from './web-pages.ts';
import { ACCOUNT, ApiRefusal, type Credential, codeOf, errorAnswer, readCredential, readForm, SERVICES } from './wire.ts';

/** Larger than any call the sandbox knows (a certificate upload is the largest, under 64 KB). */
const BODY_LIMIT = 1_048_576;

const PAGE: ApiAnswer = {
  status: 503,
  contentType: 'text/html',
  body: '<html><head><title>503 Service Temporarily Unavailable</title></head><body><h1>503</h1></body></html>',
};

const OBJECTS = '/_sandbox/objects/';

/** What answers the calls of one service. `target` and `json` are set for JSON services only. */
export type Answerer = (call: ApiCall, json?: { readonly target: string; readonly body: string }) => ApiAnswer | Promise<ApiAnswer>;

export interface GatewayOptions {
  readonly services: Readonly<Record<string, Answerer>>;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly faults: Faults;
  /** Refuses what comes too often; absent: nothing does. */
  readonly rates?: Pick<Rates, 'take'>;
  /** The last answer of each read, for faults that show it again. Absent: none does. */
  readonly seen?: Map<string, ApiAnswer>;
  /** Milliseconds of real time added to every call. */
  readonly callDelay: number;
  /** Answers `/_sandbox/…`. */
  readonly control: (method: string, path: string, body: string) => Promise<{ readonly status: number; readonly body: unknown }>;
  /** Answers `/_sandbox/objects/…`; absent: as `control` does. */
  readonly objects?: Pick<Objects, 'serve'>;
  readonly log: (line: string) => void;
}

export interface Gateway {
  readonly port: number;
  readonly endpoint: string;
  stop(): Promise<void>;
}

interface Reading {
  readonly call: ApiCall;
  readonly credential: Credential | undefined;
  readonly json: { readonly target: string; readonly body: string } | undefined;
  /** The API version that a query names. */
  readonly version: string | undefined;
}

/** Listens on 127.0.0.1; port 0 takes any free one. A taken port rejects with the system's EADDRINUSE. */
export async function startGateway(port: number, options: GatewayOptions): Promise<Gateway> {
  const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      options.log(`gateway: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
      response.end('sandbox: internal error, see its log');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, resolve);
  });
  const address = server.address() as AddressInfo;
  return { port: address.port, endpoint: `http://127.0.0.1:${address.port}`, stop: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function serve(options: GatewayOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refused = refuseWebPage(request.headers);
  if (refused !== undefined) {
    request.resume();
    const { status, error } = refused;
    return send(response, { status, contentType: 'application/json', body: JSON.stringify({ error }) }, randomUUID());
  }
  const bytes = await readBody(request);
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  if (options.objects && path.startsWith(OBJECTS)) {
    const method = request.method ?? 'GET';
    if (bytes === undefined)
      return send(response, { status: 413, contentType: 'text/plain', body: `An object has at most ${BODY_LIMIT} bytes.` }, randomUUID());
    return send(response, options.objects.serve(method, path.slice(OBJECTS.length), query, bytes), randomUUID());
  }
  const body = bytes?.toString('utf8');
  if (path.startsWith('/_sandbox/')) {
    const answer = await options.control(request.method ?? 'GET', path.slice('/_sandbox/'.length), body ?? '');
    return send(response, { status: answer.status, contentType: 'application/json', body: JSON.stringify(answer.body) }, randomUUID());
  }
  const reading = read(request, path, query, body ?? '');
  const { call } = reading;
  const started = performance.now();
  const at = options.clock.now();
  if (options.callDelay > 0) await pause(options.callDelay);
  const spoil = options.faults.next(call.service, call.action);
  const dropped = spoil?.do === 'drop';
  const tooOften = options.rates?.take(call);
  const real = (): Promise<ApiAnswer> => (body === undefined ? Promise.resolve(tooLarge(call)) : answerCall(options, reading));
  const isRead = /^(Describe|Get|List|Search)/.test(call.action);
  const asked = `${call.account} ${call.service} ${call.region} ${call.action} ${hashParams(call.params)}`;
  let answer: ApiAnswer;
  if (tooOften) answer = errorAnswer(call.service, call.requestId, refusalParts(tooOften), reading.json !== undefined);
  else if (spoil?.do === 'refuse') {
    if (spoil.when === 'after') await real();
    answer = errorAnswer(call.service, call.requestId, refusalParts(spoil.refusal), reading.json !== undefined);
  } else if (dropped && spoil.when === 'before') answer = { status: 0, contentType: '', body: '' };
  else if (spoil?.do === 'page') answer = PAGE;
  else {
    const before = isRead ? options.seen?.get(asked) : undefined;
    answer = await real();
    if (spoil?.do === 'twice') await real();
    if (isRead && answer.status === 200) options.seen?.set(asked, answer);
    if (spoil?.do === 'stale' && before !== undefined) answer = before;
  }
  const code = dropped ? 'ConnectionDropped' : codeOf(answer);
  options.recorder.record({
    at,
    service: call.service,
    action: call.action,
    region: call.region,
    account: call.account,
    paramsHash: hashParams(call.params),
    status: answer.status,
    ...(code === undefined ? {} : { code }),
    ms: Math.round((performance.now() - started) * 10) / 10,
  });
  if (dropped) {
    if (spoil.holdMs > 0) await pause(spoil.holdMs);
    request.socket.resetAndDestroy();
    return;
  }
  send(response, answer, call.requestId, { at: options.clock.now(), truncated: spoil?.do === 'truncate' });
}

function read(request: IncomingMessage, path: string, query: string, body: string): Reading {
  const credential = readCredential(request.headers, query);
  const target = request.headers['x-amz-target'];
  const requestId = randomUUID();
  const { service: scope = '', region = 'us-east-1', accessKey = '' } = credential ?? {};
  const common = { service: scope, region, account: accountOfKey(accessKey) ?? ACCOUNT, accessKey, requestId };
  if (typeof target === 'string') {
    const action = target.split('.').at(-1) ?? target;
    return { credential, json: { target, body }, version: undefined, call: { ...common, action, params: { body } } };
  }
  if (Object.hasOwn(REST_ROUTES, scope)) {
    const rest = readRest(scope, { method: request.method ?? 'GET', path, query, body }) ?? { action: '', body };
    const json = { target: rest.action, body: rest.body };
    return { credential, json, version: undefined, call: { ...common, action: rest.action, params: { body: rest.body } } };
  }
  const { Action = '', Version, ...params } = { ...readForm(query), ...readForm(body) };
  // Classic load balancers sign as the same service; only the version tells them apart.
  const service = isUnsigned(Action) && credential === undefined ? 'sts' : common.service;
  if (service === 'elasticloadbalancing' && Version === '2012-06-01')
    return { credential, json: undefined, version: Version, call: { ...common, service: `${service}-classic`, action: Action, params } };
  return { credential, json: undefined, version: Version, call: { ...common, service, action: Action, params } };
}

async function answerCall(options: GatewayOptions, reading: Reading): Promise<ApiAnswer> {
  const { call, credential, json } = reading;
  try {
    if (!credential && !isUnsigned(call.action)) {
      throw new ApiRefusal(
        'MissingAuthenticationToken',
        'Request is missing Authentication Token: sign it with any access key, for example AWS_ACCESS_KEY_ID=sandbox.',
        403,
      );
    }
    const { accessKey = '' } = credential ?? {};
    if (accessKey.startsWith('EXPIRED')) throw expired(call.service);
    const answerer = Object.hasOwn(options.services, call.service) ? options.services[call.service] : undefined;
    if (!answerer) {
      throw new ApiRefusal(
        'InvalidAction',
        `sandbox: the service "${call.service}" is not part of the sandbox, which answers ${SERVICES.join(', ')} (load balancers by API version 2015-12-01).`,
      );
    }
    if (call.action === '') throw new ApiRefusal('MissingAction', 'The request names no action (parameter Action).');
    if (!json) checkVersion(call, reading.version);
    if (accessKey.startsWith('DENIED') && !/^(Describe|Get|List|Search)/.test(call.action)) throw denied(call.service, call.action);
    return await answerer(call, json);
  } catch (error) {
    if (error instanceof ApiRefusal) return errorAnswer(call.service, call.requestId, refusalParts(error), json !== undefined);
    options.log(`sandbox gap: ${call.service} ${call.action}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const message = `sandbox gap: ${call.service} ${call.action} failed inside the sandbox, see its log. Real AWS may well accept it.`;
    return errorAnswer(call.service, call.requestId, { code: 'InvalidAction', message, status: 400 }, json !== undefined);
  }
}

/** The one call without a signature: a token of an identity provider stands in for it (STS API reference). */
const isUnsigned = (action: string): boolean => action === 'AssumeRoleWithWebIdentity';

/** The one version of each query API that is served. */
const VERSIONS: Readonly<Record<string, string>> = {
  elasticloadbalancing: '2015-12-01',
  ec2: '2016-11-15',
  iam: '2010-05-08',
  sts: '2011-06-15',
};

/** Refuses a call of another version in AWS's words; EC2 at AWS serves older ones too, which nobody sends any more. */
function checkVersion({ service, action }: ApiCall, version: string | undefined): void {
  if (version === VERSIONS[service]) return;
  if (service === 'ec2') {
    if (version === undefined) throw new ApiRefusal('MissingParameter', 'The request must contain the parameter Version');
    throw new ApiRefusal('NoSuchVersion', `The requested version (${version}) of service AmazonEC2 does not exist`);
  }
  throw new ApiRefusal('InvalidAction', `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`);
}

const refusalParts = (refusal: ApiRefusal) => ({ code: refusal.code, message: refusal.message, status: refusal.status });

function tooLarge(call: ApiCall): ApiAnswer {
  return errorAnswer(call.service, call.requestId, {
    code: 'RequestEntityTooLarge',
    message: `The request is larger than ${BODY_LIMIT} bytes.`,
    status: 413,
  });
}

/** Undefined when the body is over the limit. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= BODY_LIMIT) chunks.push(chunk);
  }
  return size > BODY_LIMIT ? undefined : Buffer.concat(chunks);
}

/** `at`: the moment that the answer is dated with, ms; by default that of the machine. */
function send(
  response: ServerResponse,
  answer: ApiAnswer | ObjectAnswer,
  requestId: string,
  { at = Date.now(), truncated = false }: { readonly at?: number; readonly truncated?: boolean } = {},
): void {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body, 'utf8') : Buffer.from(answer.body);
  response.writeHead(answer.status, {
    ...{ 'Content-Type': answer.contentType, 'Content-Length': body.length, 'x-amzn-RequestId': requestId },
    Date: new Date(at).toUTCString(),
  });
  if (!truncated) {
    response.end(body);
    return;
  }
  // Half of what was promised, then the end of the connection.
  response.write(body.subarray(0, body.length / 2), () => response.socket?.destroy());
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
