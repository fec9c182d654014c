import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const { env } = process;
const from = join(env.GITHUB_WORKSPACE, env.INPUT_PATH);
const to = join(env.TEST_ARTIFACTS, env.GITHUB_RUN_ID, env.INPUT_NAME);
if (existsSync(to)) throw new Error(`an artifact ${env.INPUT_NAME} is there already`);
if (existsSync(from)) {
  mkdirSync(to, { recursive: true });
  // Hidden files are left out, as they are by the real one.
  cpSync(from, to, { recursive: true, filter: (path) => !/(^|\/)\.[^/]+$/.test(path.slice(from.length)) });
} else process.stdout.write('::warning::No files were found\n');
