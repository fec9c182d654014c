/** One point per request that says which instance answered: k6's own metrics cannot be tagged once the answer is there. */

import type { RefinedResponse, ResponseType } from 'k6/http';
import { Trend } from 'k6/metrics';

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
    error_code: String(response.error_code),
    instance: instanceOf(response),
    ...(expected.status === undefined && expected.body === undefined ? {} : { as_expected: isExpected(response, expected) ? 'yes' : 'no' }),
  });
}
