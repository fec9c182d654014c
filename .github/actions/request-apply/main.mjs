// The event says who labelled which commit; GitHub is asked whether that one may write, and whether that commit is still the head.
import { readFileSync } from 'node:fs';

const { env } = process;
const input = (name) => env[`INPUT_${name.toUpperCase()}`] ?? '';
const event = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8'));
const { action, pull_request: pull, repository, sender } = event;
const repo = `/repos/${env.GITHUB_REPOSITORY}`;
const APPROVAL = /^apply:([0-9a-f]{12,64})$/;

/** Answers the body, or undefined for one of the statuses in `instead`. */
async function ask(method, path, body, instead = []) {
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
  const text = await answer.text();
  if (answer.ok) return text === '' ? {} : JSON.parse(text);
  if (instead.includes(answer.status)) return undefined;
  throw new Error(`GitHub answered ${answer.status} to ${method} ${path}`);
}

/** From the repository: nobody needs a label of that name again. */
const takeOff = (name) => ask('DELETE', `${repo}/labels/${encodeURIComponent(name)}`, undefined, [404]);

async function requestApply(label) {
  const digest = APPROVAL.exec(label)?.[1];
  if (digest === undefined) return 'the label asks for nothing';
  const { permission } = (await ask('GET', `${repo}/collaborators/${encodeURIComponent(sender.login)}/permission`, undefined, [404])) ?? {};
  if (!['write', 'admin'].includes(permission)) {
    await takeOff(label);
    throw new Error('whoever put the label may not write to this repository; it was taken off, and nothing was started');
  }
  const now = await ask('GET', `${repo}/pulls/${pull.number}`);
  if (now.head.sha !== pull.head.sha) {
    await takeOff(label);
    throw new Error('the pull request has moved since it was labelled; the label was taken off, and nothing was started');
  }
  await ask('POST', `${repo}/actions/workflows/${input('workflow')}/dispatches`, {
    ref: repository.default_branch,
    inputs: { 'pull-request': String(pull.number), digest },
  });
  return `the apply of plan ${digest.slice(0, 12)} was started`;
}

try {
  if (action === 'labeled') process.stdout.write(`${await requestApply(event.label.name)}\n`);
} catch (error) {
  process.stdout.write(`::error title=albedo::${String(error.message).replaceAll('%', '%25').replaceAll('\n', '%0A')}\n`);
  process.exitCode = 1;
}
