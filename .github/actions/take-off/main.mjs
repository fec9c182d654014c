const { env } = process;
const input = (name) => env[`INPUT_${name.toUpperCase()}`] ?? '';
const path = `/repos/${env.GITHUB_REPOSITORY}/issues/${Number(input('number'))}/labels/${encodeURIComponent(input('label'))}`;

try {
  const answer = await fetch(`${env.GITHUB_API_URL}${path}`, {
    method: 'DELETE',
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${input('github-token')}`,
      'user-agent': 'albedo',
      'x-github-api-version': '2022-11-28',
    },
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok && answer.status !== 404) throw new Error(`GitHub answered ${answer.status} to DELETE ${path}`);
} catch (error) {
  process.stdout.write(`::error title=albedo::${error.message}\n`);
  process.exitCode = 1;
}
