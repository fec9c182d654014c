import { appendFileSync } from 'node:fs';

const { env } = process;
for (const name of ['ROLE-TO-ASSUME', 'AWS-REGION', 'ALLOWED-ACCOUNT-IDS'])
  if (!env[`INPUT_${name}`]) throw new Error(`${name.toLowerCase()} is not said`);
// GitHub gives no token to a job without the permission, nor to a fork.
if (env.TEST_ID_TOKEN !== 'write') throw new Error('id-token: write is missing');
const variables = { ...JSON.parse(env.TEST_AWS), AWS_REGION: env['INPUT_AWS-REGION'] };
for (const [name, value] of Object.entries(variables)) appendFileSync(env.GITHUB_ENV, `${name}=${value}\n`);
process.stdout.write(`assumed ${env['INPUT_ROLE-TO-ASSUME']}\n`);
