import { cpSync, existsSync, globSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const { env } = process;
const to = join(env.TEST_ARTIFACTS, env.GITHUB_RUN_ID, env.INPUT_NAME);
if (existsSync(to)) throw new Error(`an artifact ${env.INPUT_NAME} is there already`);
const patterns = env.INPUT_PATH.split('\n').filter((line) => line.trim() !== '');
const found = patterns.flatMap((pattern) => globSync(resolve(env.GITHUB_WORKSPACE, pattern.trim())));
// One folder is kept with what is in it, several paths by their names. The real one keeps the paths below their common folder.
const [only, ...more] = found;
if (only !== undefined) {
  mkdirSync(to, { recursive: true });
  // Hidden files are left out and links followed, as they are by the real one.
  const copy = (from, into) =>
    cpSync(from, into, { recursive: true, dereference: true, filter: (path) => !/(^|\/)\.[^/]+$/.test(path.slice(from.length)) });
  if (more.length === 0 && patterns.length === 1) copy(only, to);
  else for (const file of found) copy(file, join(to, basename(file)));
} else if (env['INPUT_IF-NO-FILES-FOUND'] === 'error') throw new Error(`No files were found with the provided path: ${env.INPUT_PATH}`);
else process.stdout.write('::warning::No files were found\n');
