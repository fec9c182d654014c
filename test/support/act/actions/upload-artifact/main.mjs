import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const { env } = process;
const from = resolve(env.GITHUB_WORKSPACE, env.INPUT_PATH);
const to = join(env.TEST_ARTIFACTS, env.GITHUB_RUN_ID, env.INPUT_NAME);
if (existsSync(to)) throw new Error(`an artifact ${env.INPUT_NAME} is there already`);
if (existsSync(from)) {
  mkdirSync(to, { recursive: true });
  // Hidden files are left out and links followed, as they are by the real one.
  cpSync(from, to, { recursive: true, dereference: true, filter: (path) => !/(^|\/)\.[^/]+$/.test(path.slice(from.length)) });
} else process.stdout.write('::warning::No files were found\n');
