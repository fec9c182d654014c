/**
 * Refuses what no AWS API answers before the SDK reads it. The SDK takes an empty body for an empty list: a plan made of
 * that would make everything anew. A proxy's page, a captive portal or a wrong AWS_ENDPOINT_URL are told as what they are.
 */

interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  body?: unknown;
}

type Next = (args: unknown) => Promise<{ readonly response: unknown }>;

/** The part of an SDK client's middleware stack that is used here. */
export interface MiddlewareStack {
  add(
    middleware: (next: Next) => Next,
    options: { readonly step: 'deserialize' | 'initialize'; readonly priority: 'low'; readonly name: string },
  ): void;
}

/** Where the moment of an answer is put, by the service's own clock: ISO text of the header Date, to the second. */
export const ANSWERED_AT = 'AnsweredAt';

/** Has the moment of every answer kept beside it; the SDK's metadata has none. */
export function dateAnswers(stack: MiddlewareStack): void {
  stack.add(
    (next) => async (args) => {
      const result = (await next(args)) as { readonly response: HttpAnswer | undefined; readonly output?: Record<string, unknown> };
      const at = Date.parse(result.response?.headers['date'] ?? '');
      if (Number.isFinite(at) && result.output !== undefined) result.output[ANSWERED_AT] = new Date(at).toISOString();
      return result as never;
    },
    { step: 'initialize', priority: 'low', name: 'albedoAnswerDate' },
  );
}

/** Has every answer of the client looked at, nearest to the wire. `mayBeEmpty`: a success may have no body, if AWS numbered it. */
export function checkAnswers(stack: MiddlewareStack, mayBeEmpty = false): void {
  stack.add(
    (next) => async (args) => {
      const result = await next(args);
      const answer = result.response as HttpAnswer;
      const body = await collect(answer.body);
      answer.body = body;
      const { statusCode: status, headers } = answer;
      const nothing = mayBeEmpty && body.length === 0 && status < 300 && headers['x-amzn-requestid'] !== undefined;
      if ((status < 300 || status >= 400) && (nothing || isFromAws(body, answer))) return result;
      const type = answer.headers['content-type'] ?? 'no content type';
      const text = `the endpoint does not answer like AWS: HTTP ${status}, ${body.length === 0 ? 'an empty body' : type.split(';')[0]}`;
      throw Object.assign(new Error(text), { name: status >= 400 ? `HTTP${status}` : NOT_AWS, $metadata: { httpStatusCode: status } });
    },
    { step: 'deserialize', priority: 'low', name: 'albedoAnswerCheck' },
  );
}

export const NOT_AWS = 'NotAnAwsAnswer';

/**
 * Query and EC2 APIs answer in XML and JSON APIs in JSON, errors too; of an error, JSON without a type is a proxy's. The type stands in a header
 * where calls have paths (Smithy, AWS restJson1 protocol, operation error serialization).
 */
function isFromAws(body: Uint8Array, { statusCode: status, headers }: HttpAnswer): boolean {
  const begin = Buffer.from(body.subarray(0, 512)).toString('utf8').trimStart();
  if (begin.startsWith('{'))
    return status < 400 || headers['x-amzn-errortype'] !== undefined || /"(__type|code|Code)"/.test(Buffer.from(body).toString('utf8'));
  return /^(<\?xml[^>]*>\s*)?<(?!html)[A-Za-z]/i.test(begin);
}

async function collect(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
