import { claimsOf, missesOf, type TrustDocument } from '../iam/trust.ts';

/** GitHub's token of this job, by its claims. The token itself goes nowhere but to `claimsOf`. */
export interface TokenReport {
  readonly state: 'ok' | 'missing' | 'unchecked';
  readonly detail: string;
}

/** The claims that trust policies rest on. None of them is a secret. */
const TOLD = ['sub', 'aud', 'repository_id', 'repository_owner_id', 'environment', 'ref', 'job_workflow_ref', 'event_name'] as const;

/**
 * Asks GitHub for the token of this job, as configure-aws-credentials does, and compares its claims with a trust policy
 * (GitHub, "OpenID Connect reference"). Outside of GitHub Actions there is nothing to check.
 */
export async function checkToken(
  env: Readonly<Record<string, string | undefined>>,
  trust: TrustDocument | undefined,
  ask: typeof fetch = fetch,
): Promise<TokenReport> {
  if (env['GITHUB_ACTIONS'] !== 'true') return { state: 'unchecked', detail: 'this is not a GitHub Actions job' };
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = env;
  if (url === undefined || bearer === undefined)
    return {
      state: 'missing',
      detail: 'the job may not request a token: set `permissions: id-token: write`. A pull request from a fork never gets one.',
    };
  let claims: Readonly<Record<string, unknown>>;
  try {
    const answer = await ask(`${url}&audience=sts.amazonaws.com`, {
      headers: { Authorization: `Bearer ${bearer}` },
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) return { state: 'unchecked', detail: `GitHub answered HTTP ${answer.status} to the request for the token` };
    const { value } = (await answer.json()) as { value?: unknown };
    claims = claimsOf(String(value), (text) => Buffer.from(text, 'base64url').toString('utf8'));
  } catch (thrown) {
    return { state: 'unchecked', detail: `GitHub returned no token: ${thrown instanceof Error ? thrown.name : 'no answer'}` };
  }
  const said = TOLD.filter((name) => claims[name] !== undefined)
    .map((name) => `${name} ${String(claims[name])}`)
    .join(', ');
  if (trust === undefined)
    return {
      state: 'unchecked',
      detail: `its claims: ${said}. To compare them, pass the trust policy of the role with --trust FILE.`,
    };
  const misses = missesOf(trust, claims);
  if (misses.length === 0) return { state: 'ok', detail: said };
  return {
    state: 'missing',
    detail: misses
      .map(
        ({ claim, wanted, has }) => `${claim} is ${has === '' ? 'not in the token' : has}, but the policy requires ${wanted.join(' or ')}`,
      )
      .join('; '),
  };
}
