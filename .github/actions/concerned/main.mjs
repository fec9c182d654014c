// A coarse look, without credentials and before anything is installed. In doubt the answer is yes: the plan itself looks closely.
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

const { env } = process;
const input = (name) => env[`INPUT_${name.toUpperCase()}`] ?? '';
const number = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8')).pull_request?.number;
const specs = input('spec')
  .split('\n')
  .map((line) => posix.normalize(line.trim()).replace(/\/$/, ''))
  .filter((line) => line !== '.' || input('spec').trim() === '.');
/** What albedo loads with where a spec names no script. */
const SCRIPTS = 'k6/';

/** Names of changed files; undefined where they are too many to ask for. */
async function changedFiles() {
  const names = [];
  for (let page = 1; page <= 5; page++) {
    const answer = await fetch(`${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/pulls/${number}/files?per_page=100&page=${page}`, {
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${input('github-token')}`,
        'user-agent': 'albedo',
        'x-github-api-version': '2022-11-28',
      },
      signal: AbortSignal.timeout(20_000),
    });
    if (!answer.ok) throw new Error(`GitHub answered ${answer.status}`);
    for (const { filename, previous_filename: previous } of await answer.json()) names.push(filename, ...(previous ? [previous] : []));
    if (!/rel="next"/.test(answer.headers.get('link') ?? '')) return names;
  }
  return undefined;
}

/** Whether a spec speaks of the file, or of the folder it lies in. */
function isNamed(file) {
  const words = [posix.basename(file), ...(file.includes('/') ? [`${posix.dirname(file)}/`] : [])].flatMap((word) => ['-e', word]);
  const { status } = spawnSync('git', ['grep', '-q', '-I', '-F', ...words, 'HEAD', '--', ...specs], { stdio: 'ignore' });
  return status !== 1;
}

const isConcerned = (file) =>
  file.startsWith(SCRIPTS) || specs.some((spec) => spec === '.' || file === spec || file.startsWith(`${spec}/`)) || isNamed(file);

let concerned = true;
try {
  const changed = number === undefined ? undefined : await changedFiles();
  concerned = changed === undefined || changed.some(isConcerned);
} catch (error) {
  process.stdout.write(`it is not known which files the pull request changes: ${error.message}\n`);
}
appendFileSync(env.GITHUB_OUTPUT, `concerned=${concerned}\n`);
process.stdout.write(concerned ? 'the pull request may change a stack\n' : 'the pull request changes no stack: there is nothing to plan\n');
