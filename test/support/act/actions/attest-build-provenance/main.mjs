import { createHash } from 'node:crypto';
import { appendFileSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const { env } = process;
if (env.TEST_ID_TOKEN !== 'write') throw new Error('id-token: write is missing');
const patterns = env['INPUT_SUBJECT-PATH'].split('\n').filter((line) => line.trim() !== '');
for (const pattern of patterns) {
  const files = globSync(pattern.trim(), { cwd: env.GITHUB_WORKSPACE })
    .map((file) => (file.startsWith('/') ? file : join(env.GITHUB_WORKSPACE, file)))
    .filter((file) => statSync(file).isFile());
  // The real one: "Could not find subject at path".
  if (files.length === 0) throw new Error(`Could not find subject at path ${pattern}`);
  for (const file of files) {
    const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
    appendFileSync(env.TEST_CALLED, `attest ${file.split('/').at(-1)} sha256:${digest}\n`);
  }
}
