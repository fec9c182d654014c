import { appendFileSync } from 'node:fs';

const { env } = process;
const input = (name) => env[`INPUT_${name.toUpperCase()}`] ?? '';
/** Of a hundred pull requests each, those that changed last. */
const PAGES = 20;
const repo = `/repos/${env.GITHUB_REPOSITORY}`;

async function ask(method, path) {
  const answer = await fetch(`${env.GITHUB_API_URL}${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${input('github-token')}`,
      'user-agent': 'albedo',
      'x-github-api-version': '2022-11-28',
    },
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status} to ${method} ${path}`);
  return answer;
}

try {
  const oldest = Date.now() - Number(input('days')) * 86_400_000;
  const numbers = [];
  // Pull requests, since issues need a permission of their own. Closed ones too: the label stays until a destroy has succeeded.
  for (let page = 1; page <= PAGES; page++) {
    const answer = await ask('GET', `${repo}/pulls?state=all&sort=updated&direction=desc&per_page=100&page=${page}`);
    for (const pull of await answer.json()) {
      const own = pull.head.repo?.full_name === env.GITHUB_REPOSITORY;
      const ended = pull.state === 'closed' || Date.parse(pull.updated_at) < oldest;
      if (own && ended && pull.labels.some(({ name }) => name === input('label'))) numbers.push(pull.number);
    }
    if (!/rel="next"/.test(answer.headers.get('link') ?? '')) break;
  }
  appendFileSync(env.GITHUB_OUTPUT, `numbers=${JSON.stringify(numbers)}\n`);
  process.stdout.write(`previews that are to end: ${numbers.join(', ') || 'none'}\n`);
} catch (error) {
  process.stdout.write(`::error title=albedo::${error.message}\n`);
  process.exitCode = 1;
}
