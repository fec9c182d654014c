/**
 * Reading AWS requests and writing AWS errors, for the protocols the sandbox speaks: query (ELBv2, IAM, STS), EC2's own
 * query (other error and list forms), and JSON 1.1 (SSM).
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiAnswer } from './types.ts';

/** The account of every access key that names none; moto's own, so that ARNs from either side agree. */
export const ACCOUNT = '123456789012';

export const SERVICES = ['elasticloadbalancing', 'ec2', 'iam', 'sts', 'ssm', 'tagging', 'scheduler', 'fis'] as const;
export type Service = (typeof SERVICES)[number];

/** What the Authorization header (or a presigned query) says about the caller. The signature itself is not checked. */
export interface Credential {
  readonly accessKey: string;
  readonly region: string;
  readonly service: string;
}

/** A request refused the way AWS would: thrown anywhere below the gateway, written there in the service's own form. */
export class ApiRefusal extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'ApiRefusal';
    this.code = code;
    this.status = status;
  }
}

const SCOPE = /Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/;

/** Undefined when the request carries no SigV4 credential. */
export function readCredential(headers: IncomingHttpHeaders, query: string): Credential | undefined {
  const header = headers.authorization;
  const source = header ?? (query.includes('X-Amz-Credential=') ? `Credential=${new URLSearchParams(query).get('X-Amz-Credential')}` : '');
  const match = SCOPE.exec(source);
  if (!match) return undefined;
  const [, accessKey = '', region = '', service = ''] = match;
  return { accessKey, region, service };
}

/** A form body or query string as one flat record. A name given twice keeps its last value. */
export function readForm(form: string): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(form)) params[name] = value;
  return params;
}

/** The values of a list parameter: `InstanceId.1`, `InstanceId.2` … for `InstanceId`; `X.member.1` … for `X.member`. */
export function listParam(params: Readonly<Record<string, string>>, name: string): string[] {
  const found: string[] = [];
  for (let index = 1; ; index++) {
    const value = params[`${name}.${index}`];
    if (value === undefined) return found;
    found.push(value);
  }
}

/** EC2's `Filter.N.Name` / `Filter.N.Value.M`, in order. */
export function filterParams(params: Readonly<Record<string, string>>): { readonly name: string; readonly values: readonly string[] }[] {
  const filters: { name: string; values: string[] }[] = [];
  for (let index = 1; params[`Filter.${index}.Name`] !== undefined; index++) {
    filters.push({ name: params[`Filter.${index}.Name`] ?? '', values: listParam(params, `Filter.${index}.Value`) });
  }
  return filters;
}

const NAMESPACES: Readonly<Record<string, string>> = {
  elasticloadbalancing: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
};

export const XML_TYPE = 'text/xml;charset=UTF-8';
const JSON_TYPE = 'application/x-amz-json-1.1';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeXml = (value: string): string => value.replace(/[&<>"]/g, (found) => escapes[found] ?? found);

/** An error answer in the form of `service`; `json` for services the gateway does not know but that were called in JSON. */
export function errorAnswer(
  service: string,
  requestId: string,
  error: { readonly code: string; readonly message: string; readonly status: number },
  json = service === 'ssm',
): ApiAnswer {
  const { status } = error;
  if (json) return { status, contentType: JSON_TYPE, body: JSON.stringify({ __type: error.code, message: error.message }) };
  const code = `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>`;
  if (service === 'ec2') {
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${code}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
    return { status, contentType: XML_TYPE, body };
  }
  const type = status >= 500 ? 'Receiver' : 'Sender';
  const xmlns = NAMESPACES[service];
  const body = `<ErrorResponse${xmlns ? ` xmlns="${xmlns}"` : ''}><Error><Type>${type}</Type>${code}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { status, contentType: XML_TYPE, body };
}

/** The AWS error code in an answer, undefined when it is none. */
export function codeOf(answer: ApiAnswer): string | undefined {
  if (answer.status < 400) return undefined;
  const match = /<Code>([^<]*)<\/Code>/.exec(answer.body) ?? /"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"/.exec(answer.body);
  return match?.[1] ?? 'Unknown';
}
