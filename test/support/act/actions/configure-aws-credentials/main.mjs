import { appendFileSync } from 'node:fs';

const { env } = process;
for (const name of ['ROLE-TO-ASSUME', 'AWS-REGION', 'ALLOWED-ACCOUNT-IDS'])
  if (!env[`INPUT_${name}`]) throw new Error(`${name.toLowerCase()} is not said`);
// GitHub gives no token to a job without the permission, nor to a fork.
if (env.TEST_ID_TOKEN !== 'write') throw new Error('id-token: write is missing');
const aws = JSON.parse(env.TEST_AWS);
const region = env['INPUT_AWS-REGION'];
const role = env['INPUT_ROLE-TO-ASSUME'];

/** One call of STS; what it answers by name. Throws what it refuses, as the action shows it. */
async function ask(params, key, session) {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  if (key)
    headers.Authorization = `AWS4-HMAC-SHA256 Credential=${key}/20260101/${region}/sts/aws4_request, SignedHeaders=host, Signature=0`;
  if (session) headers['X-Amz-Security-Token'] = session;
  const body = new URLSearchParams({ Version: '2011-06-15', ...params }).toString();
  const answer = await (await fetch(aws.AWS_ENDPOINT_URL, { method: 'POST', headers, body })).text();
  const found = Object.fromEntries([...answer.matchAll(/<(\w+)>([^<]+)<\/\1>/g)].map(([, name, value]) => [name, value]));
  if (found.Code) throw new Error(`Could not assume role with OIDC: ${found.Message}`);
  return found;
}

/** As GitHub signs it, but for the signature, which the sandbox does not verify. */
const tokenOf = (claims) =>
  ['{"alg":"none"}', JSON.stringify({ ...claims, exp: Math.floor(Date.now() / 1000) + 300 }), '']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

async function assume() {
  const found = await ask({
    ...{ Action: 'AssumeRoleWithWebIdentity', RoleArn: role, RoleSessionName: 'GitHubActions' },
    WebIdentityToken: tokenOf(JSON.parse(env.TEST_CLAIMS)),
  });
  const { Account } = await ask({ Action: 'GetCallerIdentity' }, found.AccessKeyId, found.SessionToken);
  // The words of version 6.
  const allowed = env['INPUT_ALLOWED-ACCOUNT-IDS'].split(',').map((each) => each.trim());
  if (!allowed.includes(Account))
    throw new Error(
      `The account ID of the provided credentials (${Account}) does not match any of the expected account IDs: ${allowed.join(', ')}`,
    );
  return {
    AWS_ACCESS_KEY_ID: found.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: found.SecretAccessKey,
    AWS_SESSION_TOKEN: found.SessionToken,
  };
}

const variables = { ...aws, ...(env.TEST_CLAIMS ? await assume() : {}), AWS_REGION: region };
for (const [name, value] of Object.entries(variables)) appendFileSync(env.GITHUB_ENV, `${name}=${value}\n`);
process.stdout.write(`assumed ${role}\n`);
