import { appendFileSync } from 'node:fs';

const { env } = process;
const input = (name) => env[`INPUT_${name.toUpperCase()}`] ?? '';
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
  if (!answer.ok && !(method === 'DELETE' && answer.status === 404))
    throw new Error(`GitHub answered ${answer.status} to ${method} ${path}`);
  return answer;
}

try {
  const oldest = Date.now() - Number(input('days')) * 86_400_000;
  const label = encodeURIComponent(input('label'));
  const numbers = [];
  // Pages are followed to their end before any label is taken off: that would move them.
  for (let page = 1; ; page++) {
    const answer = await ask('GET', `${repo}/issues?state=open&labels=${label}&per_page=100&page=${page}`);
    const issues = await answer.json();
    for (const issue of issues) if (issue.pull_request !== undefined && Date.parse(issue.updated_at) < oldest) numbers.push(issue.number);
    if (!/rel="next"/.test(answer.headers.get('link') ?? '')) break;
  }
  for (const number of numbers) await ask('DELETE', `${repo}/issues/${number}/labels/${label}`);
  appendFileSync(env.GITHUB_OUTPUT, `numbers=${JSON.stringify(numbers)}\n`);
  process.stdout.write(`previews that are too old: ${numbers.join(', ') || 'none'}\n`);
} catch (error) {
  process.stdout.write(`::error title=albedo::${error.message}\n`);
  process.exitCode = 1;
}
