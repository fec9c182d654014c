// The number is the event's; the text was made by albedo, which has escaped what students wrote.
import { readFileSync } from 'node:fs';

const { env } = process;
const input = (name) => env[`INPUT_${name.toUpperCase()}`] ?? '';
const { number } = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8')).pull_request;
const repo = `/repos/${env.GITHUB_REPOSITORY}`;
const MARKER = '<!-- albedo course -->';
/** GitHub takes 65,536 characters (REST reference, issue comments: validation failed beyond). */
const LONGEST = 60_000;

async function ask(method, path, body) {
  const answer = await fetch(`${env.GITHUB_API_URL}${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${input('github-token')}`,
      'user-agent': 'albedo',
      'x-github-api-version': '2022-11-28',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    signal: AbortSignal.timeout(20_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status} to ${method} ${path}`);
  return { data: await answer.json(), more: /rel="next"/.test(answer.headers.get('link') ?? '') };
}

/** Only what a workflow wrote: anybody can put the marker into a comment of their own. */
const isOurs = ({ user, body }) => user?.login === 'github-actions[bot]' && body?.trimEnd().endsWith(MARKER);

async function find() {
  for (let page = 1; page <= 20; page++) {
    const { data, more } = await ask('GET', `${repo}/issues/${number}/comments?per_page=100&page=${page}`);
    const found = data.find(isOurs);
    if (found !== undefined || !more) return found?.id;
  }
  return undefined;
}

try {
  const text = readFileSync(input('file'), 'utf8').trimEnd();
  const shown =
    text.length <= LONGEST ? text : `${text.slice(0, text.lastIndexOf('\n', LONGEST))}\n\nThe rest is in the summary of the run.`;
  const body = `${shown}\n\n${MARKER}`;
  const id = await find();
  await (id === undefined
    ? ask('POST', `${repo}/issues/${number}/comments`, { body })
    : ask('PATCH', `${repo}/issues/comments/${id}`, { body }));
  process.stdout.write(id === undefined ? 'commented\n' : 'the comment was changed\n');
} catch (error) {
  process.stdout.write(`::error title=albedo::${String(error.message).replaceAll('%', '%25').replaceAll('\n', '%0A')}\n`);
  process.exitCode = 1;
}
