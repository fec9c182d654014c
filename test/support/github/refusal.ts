/** Answers of GitHub that are not what was asked for, in GitHub's words. */
import type { Json } from './schema.ts';

/** One entry of `errors` in a 422. */
export interface FieldError {
  readonly resource: string;
  readonly field: string;
  readonly code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom';
  readonly message?: string;
}

export class Refusal extends Error {
  readonly status: number;
  readonly extra: Json;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, message: string, extra: Json = {}, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.extra = extra;
    this.headers = headers;
  }
}

export const notFound = (): Refusal => new Refusal(404, 'Not Found');

export const invalid = (...errors: FieldError[]): Refusal => new Refusal(422, 'Validation Failed', errors.length === 0 ? {} : { errors });

/** What GitHub counts: UTF-16 units, line ends as sent. */
export const BODY_LIMIT = 65_536;

/** Of comments; the message names no field of the request. */
export function checkCommentBody(body: string): void {
  if (body.trim() === '') throw invalid({ resource: 'IssueComment', code: 'missing_field', field: 'body' });
  if (body.length > BODY_LIMIT)
    throw invalid({
      resource: 'IssueComment',
      code: 'unprocessable',
      field: 'data',
      message: `Body is too long (maximum is ${BODY_LIMIT} characters)`,
    });
}

/** Of issues and pull requests. */
export function checkText(resource: 'Issue' | 'PullRequest', title: string | undefined, body: string | null | undefined): void {
  if (title !== undefined && title.trim() === '') throw invalid({ resource, code: 'missing_field', field: 'title' });
  if ((title ?? '').length > 256)
    throw invalid({ resource, code: 'custom', field: 'title', message: 'title is too long (maximum is 256 characters)' });
  if ((body ?? '').length > BODY_LIMIT)
    throw invalid({ resource, code: 'custom', field: 'body', message: `body is too long (maximum is ${BODY_LIMIT} characters)` });
}

export const secondaryLimit = (status: 403 | 429 = 403, retryAfter = 60): Refusal =>
  new Refusal(
    status,
    'You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again later.',
    { documentation_url: 'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits' },
    { 'retry-after': String(retryAfter) },
  );

export const primaryLimit = (status: 403 | 429 = 403): Refusal =>
  new Refusal(status, 'API rate limit exceeded for installation ID 1.', {
    documentation_url: 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api',
  });
