import { appendFileSync } from 'node:fs';

const { env } = process;
for (const name of ['ROLE-TO-ASSUME', 'AWS-REGION', 'ALLOWED-ACCOUNT-IDS'])
  if (!env[`INPUT_${name}`]) throw new Error(`${name.toLowerCase()} is not said`);
// GitHub gives no token to a job without the permission, nor to a fork.
if (env.TEST_ID_TOKEN !== 'write') throw new Error('id-token: write is missing');
appendFileSync(
  env.GITHUB_ENV,
  [
    `AWS_REGION=${env['INPUT_AWS-REGION']}`,
    'AWS_ACCESS_KEY_ID=test',
    'AWS_SECRET_ACCESS_KEY=test',
    `AWS_ENDPOINT_URL=${env.TEST_AWS}`,
    '',
  ].join('\n'),
);
process.stdout.write(`assumed ${env['INPUT_ROLE-TO-ASSUME']}\n`);
