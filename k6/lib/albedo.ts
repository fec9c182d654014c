/**
 * What a load script takes from albedo: `settings` says what is asked for, `scenario` makes k6's options of it, `record` says what came of
 * a request. `npm run generate` makes albedo.js and albedo.d.ts of it, which stand beside a script; docs/load-scripts.md is the contract.
 */

import type { RefinedResponse, ResponseType } from 'k6/http';
import { Trend } from 'k6/metrics';
import type { Options } from 'k6/options';

export interface Settings {
  /** Scheme, the load balancer's own DNS name, and the port if it is not the scheme's: `http://web-1.elb.amazonaws.com`. */
  readonly baseUrl: string;
  readonly path: string;
  /** New iterations a second, whether or not earlier ones have been answered. */
  readonly rate: number;
  readonly durationSeconds: number;
  /** The course of the rate; null: it is the same all the while. `seconds: 0` is a jump. */
  readonly course: { readonly from: number; readonly stages: readonly { readonly seconds: number; readonly rate: number }[] } | null;
  /** Several paths instead of one, by weight; empty: `path`. */
  readonly paths: readonly { readonly path: string; readonly weight: number; readonly status?: number; readonly body?: string }[];
  /** `returning`: a user keeps the cookies it was given. */
  readonly users: 'new' | 'returning';
  /** After this many seconds without an answer a request counts as failed. */
  readonly timeoutSeconds: number;
  /** Redirects that are followed; with 0 a redirect is an answer like any other. */
  readonly redirects: number;
  /** k6's `hosts` option: `name` or `name:port` to `address` or `address:port`. Empty: ask DNS. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Users that may wait for an answer at one time; beyond it k6 drops iterations, which albedo reports. */
  readonly maxUsers: number;
}

/** A number from the environment; a missing value takes the default, a wrong one stops the run before its first request. */
function positive(name: string, byDefault: number): number {
  const text = __ENV[name];
  if (text === undefined || text === '') return byDefault;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`${name} must be a number above 0, not "${text}"`);
  return value;
}

function mapping(name: string): Record<string, string> {
  const text = __ENV[name];
  if (text === undefined || text === '') return {};
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} must be a JSON object`);
  return Object.fromEntries(Object.entries(value).map(([key, address]) => [key, String(address)]));
}

export const settings: Settings = {
  baseUrl: __ENV['ALBEDO_BASE_URL'] ?? 'http://127.0.0.1:8080',
  path: __ENV['ALBEDO_PATH'] ?? '/',
  rate: positive('ALBEDO_RATE', 10),
  durationSeconds: positive('ALBEDO_DURATION', 10),
  course: JSON.parse(__ENV['ALBEDO_COURSE'] ?? 'null') as Settings['course'],
  paths: JSON.parse(__ENV['ALBEDO_PATHS'] ?? '[]') as Settings['paths'],
  users: __ENV['ALBEDO_USERS'] === 'returning' ? 'returning' : 'new',
  timeoutSeconds: positive('ALBEDO_TIMEOUT', 5),
  redirects: Number(__ENV['ALBEDO_REDIRECTS'] ?? 0),
  hosts: mapping('ALBEDO_HOSTS'),
  maxUsers: positive('ALBEDO_MAX_USERS', 2000),
};

/**
 * k6 options for an open model: iterations start at the given rate however slow the answers are, so a slow load balancer
 * meets the queue that real users would form, and slowness cannot hide by slowing the test.
 *
 * Users (VUs): by Little's law `rate × seconds waited` wait at one time. Half a second each is there from the start;
 * every request running into its timeout is the most there can be. k6 wants a whole `rate` per `timeUnit`, so a rate such as 0.5
 * is said as 5 in 10 seconds.
 */
export function scenario(from: Settings): Options {
  const unitSeconds = Number.isInteger(from.rate) ? 1 : 10;
  const peak = Math.max(from.rate, ...(from.course?.stages.map(({ rate }) => rate) ?? []));
  const most = Math.min(from.maxUsers, Math.ceil(peak * from.timeoutSeconds * 1.1) + 10);
  const users = { preAllocatedVUs: Math.min(most, Math.ceil(peak / 2) + 5), maxVUs: most };
  // A request that began in time is let finish or run into its own timeout, never cut off by the end of the run.
  const gracefulStop = `${Math.ceil(from.timeoutSeconds) + 1}s`;
  return {
    scenarios: {
      load:
        from.course === null
          ? {
              executor: 'constant-arrival-rate',
              rate: Math.max(1, Math.round(from.rate * unitSeconds)),
              timeUnit: `${unitSeconds}s`,
              duration: `${from.durationSeconds}s`,
              ...users,
              gracefulStop,
            }
          : {
              executor: 'ramping-arrival-rate',
              startRate: from.course.from,
              timeUnit: '1s',
              stages: from.course.stages.map(({ seconds, rate }) => ({ duration: `${seconds}s`, target: rate })),
              ...users,
              gracefulStop,
            },
    },
    hosts: { ...from.hosts },
    // Load balancers move: their DNS answers live 60 seconds, and all of their addresses are to be used.
    dns: { ttl: '30s', select: 'roundRobin', policy: 'preferIPv4' },
    // The certificate may be self-signed. That it is the right one is checked apart, by fingerprint.
    insecureSkipTLSVerify: true,
    discardResponseBodies: false,
    // Unless users return, every iteration is one never seen before: k6 empties the cookie jar. Connections are kept and used again.
    noCookiesReset: from.users === 'returning',
    userAgent: 'albedo-load/1',
    systemTags: ['status', 'method', 'name', 'error_code', 'expected_response', 'scenario'],
    // No thresholds: albedo judges from the points, by what AWS reported and not by the clock.
  };
}

/** Must stay the name that `reconciler/load/points.ts` looks for. Value: milliseconds from asking to the last byte. */
const request = new Trend('albedo_request', true);

/** An EC2 instance id, as the tutorial's webserver writes it on its page. */
const INSTANCE_ID = /\bi-[0-9a-f]{8,17}\b/;
/** What may be used as a tag: anything else from outside would let a server invent as many series as it likes. */
const TAG = /^[\w.:-]{1,64}$/;

/** Which instance answered, from the `X-Instance` header or else an instance id in the body. Empty: not told. */
export function instanceOf(response: RefinedResponse<ResponseType | undefined>): string {
  const header = response.headers['X-Instance'] ?? '';
  if (TAG.test(header)) return header;
  return typeof response.body === 'string' ? (INSTANCE_ID.exec(response.body)?.[0] ?? '') : '';
}

/** The status where one is named, else 200 to 399; and the text in the body. */
function isExpected(
  response: RefinedResponse<ResponseType | undefined>,
  { status, body }: { readonly status?: number; readonly body?: string },
): boolean {
  const right =
    status === undefined ? response.error_code === 0 && response.status >= 200 && response.status < 400 : response.status === status;
  return right && (body === undefined || (typeof response.body === 'string' && response.body.includes(body)));
}

/**
 * Must be called once with each response that is to be judged, also a failed one, right after it came.
 * `begunAt` is `Date.now()` from just before the request, `asked` the URL where redirects may have led to another.
 * `expected`: what the answer has to be where that is more than a status of 200 to 399.
 */
export function record(
  response: RefinedResponse<ResponseType | undefined>,
  begunAt: number,
  asked = response.url,
  expected: { readonly status?: number; readonly body?: string } = {},
): void {
  // k6's `duration` leaves out the waiting for a connection, which a user waits for all the same; `blocked` is that waiting,
  // connecting and handshake included (k6 source: lib/netext/httpext/tracer.go). Where no connection was made both are 0,
  // and the clock says how long the user waited; so it does after a redirect, where the timings are those of the last request alone.
  const { blocked, duration } = response.timings;
  request.add(duration > 0 && response.url === asked ? blocked + duration : Date.now() - begunAt, {
    status: String(response.status),
    // An address that is not the load balancer's (reconciler/load/bounds.ts); k6 has no code of its own for the way there.
    error_code: / is in a blacklisted range /.test(response.error) ? '1110' : String(response.error_code),
    instance: instanceOf(response),
    ...(expected.status === undefined && expected.body === undefined ? {} : { as_expected: isExpected(response, expected) ? 'yes' : 'no' }),
  });
}
