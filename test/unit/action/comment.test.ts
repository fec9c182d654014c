/** Finding and rewriting the comment, on a GitHub that pages by two and checks every request against GitHub's own description. */

import * as assert from 'uvu/assert';
import { openBoard } from '../../../action/comment.ts';
import { type GitHub as Client, GitHubFailure, identify, openGitHub, permissionFor } from '../../../action/github.ts';
import { type Marker, markerLine, readMarker } from '../../../reconciler/report/comment-marker.ts';
import { type GitHub, startGitHub } from '../../support/github/server.ts';
import { suite } from '../../support/suite.ts';

const REPOSITORY = 'acme/shop';
const BOT = 'github-actions[bot]';
const place = { owner: 'acme', repo: 'shop', number: 1 };
const key = { stack: 'web', region: 'us-east-1', key: '' };

const t = suite('the comment on GitHub', {} as { github: GitHub; token: string; pauses: number[] });

t.before.each(async (all) => {
  all.github = await startGitHub({ pageCap: 2 });
  all.pauses = [];
  const { state } = all.github;
  state.addRepository(REPOSITORY);
  state.commit(REPOSITORY, 'change', { files: { 'a.yaml': 'a' } });
  state.openPull(REPOSITORY, { title: 'Change', head: 'change', user: 'ana' } as never);
  all.token = state.jobToken(REPOSITORY, { 'pull-requests': 'write', actions: 'read' });
  for (const [id, attempt] of [
    [5, 1],
    [6, 9],
    [7, 2],
  ] as const)
    state.addRun(REPOSITORY, {
      ...{ id, attempt, workflow: '.github/workflows/plan.yml', event: 'pull_request', headBranch: 'change' },
      headSha: state.repository(REPOSITORY).refs.get('refs/heads/change') ?? '',
    });
});
t.after.each(async (all) => {
  await all.github.stop();
});

type All = { readonly github: GitHub; readonly token: string; readonly pauses: number[] };

/** Time passes only where the client waits, and is written down. */
function clientOf(all: All, more: { readonly requestMs?: number; readonly token?: string } = {}): Client {
  let now = 0;
  return openGitHub({
    apiUrl: all.github.url,
    clock: {
      now: () => now,
      random: () => 0.5,
      sleep: async (ms) => {
        now += ms;
        all.pauses.push(ms);
      },
    },
    token: all.token,
    ...more,
  });
}
const boardOf = (all: All, more: Parameters<typeof clientOf>[1] = {}) => openBoard(clientOf(all, more), place, async () => BOT);
const body = (run: number, text: string, more: Partial<Marker> = {}): string =>
  `${text}\n${markerLine({ ...key, run, attempt: 1, state: 'planned', head: '', digest: '', history: [], ...more })}`;
const bodies = ({ github }: All) => [...github.state.repository(REPOSITORY).comments.values()].map((each) => each.body);
const say =
  (text: string, run = 5) =>
  () => ({ body: body(run, text) });

t('made once, then rewritten in place, wherever it stands among the others', async (all) => {
  for (let each = 0; each < 5; each++) all.github.state.comment(REPOSITORY, 1, 'ana', `word ${each}`);
  const made = await boardOf(all).post(key, { run: 5, attempt: 1 }, say('first'));
  assert.is(made?.what, 'created');
  for (let each = 0; each < 3; each++) all.github.state.comment(REPOSITORY, 1, 'ana', `more ${each}`);
  const again = await boardOf(all).post(key, { run: 6, attempt: 1 }, say('second', 6));
  assert.equal([again?.what, again?.id, again?.url], ['updated', made?.id, made?.url]);
  assert.is(bodies(all).filter((each) => readMarker(each) !== undefined).length, 1);
  assert.match(bodies(all).join(), 'second');
});

t('a marker in a comment of somebody else is not ours, whatever it says', async (all) => {
  const forged = body(99_999, 'forged');
  all.github.state.comment(REPOSITORY, 1, 'mallory', forged);
  const made = await boardOf(all).post(key, { run: 5, attempt: 1 }, say('true'));
  assert.is(made?.what, 'created');
  assert.ok(bodies(all).includes(forged));
});

t('of two stacks, and of two workflows with keys of their own, each has one', async (all) => {
  const board = boardOf(all);
  for (const more of [{}, { stack: 'other' }, { key: 'preview' }, { region: 'eu-west-1' }])
    await board.post({ ...key, ...more }, { run: 5, attempt: 1 }, () => ({ body: body(5, 'x', more) }));
  await board.post(key, { run: 5, attempt: 1 }, say('y'));
  assert.is(bodies(all).length, 4);
});

t('a run never overwrites a later run, or a later attempt of itself', async (all) => {
  await boardOf(all).post(key, { run: 7, attempt: 2 }, () => ({ body: body(7, 'newest', { attempt: 2 }) }));
  for (const attempt of [
    { run: 6, attempt: 9 },
    { run: 7, attempt: 1 },
  ]) {
    const done = await boardOf(all).post(key, attempt, say('old'));
    assert.is(done?.what, 'late');
  }
  assert.match(bodies(all).join(), 'newest');
  assert.is((await boardOf(all).post(key, { run: 7, attempt: 2 }, say('same attempt')))?.what, 'updated');
});

t('a comment cannot be frozen: a run or an attempt that GitHub does not know of is none, whatever the comment claims', async (all) => {
  const board = boardOf(all);
  await board.post(key, { run: 5, attempt: 1 }, say('begun'));
  for (const [run, attempt] of [
    [Number.MAX_SAFE_INTEGER, 1],
    [5, 2],
    [7, 3],
    [8, 1],
  ] as const) {
    all.github.state.repository(REPOSITORY).comments.forEach((comment) => {
      comment.body = body(run, 'frozen', { attempt });
    });
    assert.is((await boardOf(all).post(key, { run: 5, attempt: 1 }, say('newer')))?.what, 'updated', `${run}/${attempt}`);
    assert.match(bodies(all).join(), 'newer');
  }
});

t('what was read is looked at again when it is old: a later run may have written meanwhile', async (all) => {
  let now = 0;
  const board = openBoard(
    clientOf(all),
    place,
    async () => BOT,
    () => now,
  );
  await board.post(key, { run: 5, attempt: 1 }, say('begun'));
  all.github.state.repository(REPOSITORY).comments.forEach((comment) => {
    comment.body = body(6, 'later');
  });
  assert.is((await board.post(key, { run: 5, attempt: 1 }, say('too soon to know')))?.what, 'updated');
  all.github.state.repository(REPOSITORY).comments.forEach((comment) => {
    comment.body = body(6, 'later');
  });
  now = 60_000;
  assert.is((await board.post(key, { run: 5, attempt: 1 }, say('old')))?.what, 'late');
  assert.match(bodies(all).join(), 'later');
});

t('two comments of two runs that began at once become one', async (all) => {
  for (const run of [5, 6]) all.github.state.comment(REPOSITORY, 1, BOT, body(run, `of ${run}`));
  const done = await boardOf(all).post(key, { run: 7, attempt: 1 }, say('third', 7));
  assert.is(done?.what, 'updated');
  assert.is(bodies(all).length, 1);
});

t('nothing is posted where there is nothing to say, and what was there can be taken away', async (all) => {
  const board = boardOf(all);
  assert.is(await board.post(key, { run: 5, attempt: 1 }, (before) => (before === undefined ? 'nothing' : 'remove')), undefined);
  assert.equal(bodies(all), []);
  await board.post(key, { run: 5, attempt: 1 }, say('x'));
  assert.is((await boardOf(all).post(key, { run: 6, attempt: 1 }, () => 'remove'))?.what, 'removed');
  assert.equal(bodies(all), []);
});

t('a comment that somebody removed after it was found is made anew', async (all) => {
  all.github.state.comment(REPOSITORY, 1, BOT, body(5, 'x'));
  const fault = all.github.fail({ operation: 'issues/update-comment', answer: { status: 404 } });
  assert.is((await boardOf(all).post(key, { run: 6, attempt: 1 }, say('y', 6)))?.what, 'created');
  assert.is(fault.struck(), 1);
});

t('a create whose answer was lost is not sent twice', async (all) => {
  all.github.fail({ operation: 'issues/create-comment', answer: 'reset', effect: true });
  assert.is((await boardOf(all).post(key, { run: 5, attempt: 1 }, say('x')))?.what, 'created');
  assert.is(bodies(all).length, 1);
  all.github.fail({ operation: 'issues/create-comment', answer: 'reset' });
  assert.is(
    (await boardOf(all).post({ ...key, key: 'k' }, { run: 5, attempt: 1 }, () => ({ body: body(5, 'x', { key: 'k' }) })))?.what,
    'created',
  );
  assert.is(bodies(all).length, 2);
});

const failure = async (work: Promise<unknown>): Promise<GitHubFailure> => {
  try {
    await work;
  } catch (error) {
    assert.instance(error, GitHubFailure);
    return error as GitHubFailure;
  }
  throw new Error('it did not fail');
};

t('outages are tried again a few times; limits are waited for when they are short', async (all) => {
  all.github.fail({ operation: 'issues/list-comments', answer: { status: 503 }, times: 2 });
  await boardOf(all).post(key, { run: 5, attempt: 1 }, say('x'));
  assert.is(all.pauses.length, 2);
  all.pauses.length = 0;
  all.github.fail({ operation: 'issues/update-comment', answer: 'secondary-limit', status: 429, retryAfter: 3 });
  await boardOf(all).post(key, { run: 6, attempt: 1 }, say('y', 6));
  assert.equal(all.pauses, [3000]);
  all.pauses.length = 0;
  all.github.fail({ operation: 'issues/update-comment', answer: 'secondary-limit', status: 403, retryAfter: 300 });
  assert.match((await failure(boardOf(all).post(key, { run: 7, attempt: 1 }, say('z', 7)))).message, 'rate limit');
  assert.equal(all.pauses, []);
});

t('what GitHub does not allow, and what never answers, is told with its cause', async (all) => {
  const mute = all.github.state.jobToken(REPOSITORY, { contents: 'read' });
  const denied = await failure(boardOf(all, { token: mute }).post(key, { run: 5, attempt: 1 }, say('x')));
  assert.match(denied.message, 'pull-requests: write');
  assert.is(denied.uncertain, false);
  assert.match(
    (await failure(boardOf(all, { token: 'ghp_wrong' }).post(key, { run: 5, attempt: 1 }, say('x')))).message,
    'the token is wrong',
  );
  const long = await failure(boardOf(all).post(key, { run: 5, attempt: 1 }, say('x'.repeat(70_000))));
  assert.is(long.status, 422);
  all.github.fail({ operation: 'issues/list-comments', answer: 'hang', times: 9 });
  const hung = await failure(boardOf(all, { requestMs: 40 }).post(key, { run: 5, attempt: 1 }, say('x')));
  assert.match(hung.message, 'time limit');
});

t('whose comments are ours follows from the token', async (all) => {
  const client = clientOf(all);
  assert.is(await identify(client, 'ghs_job', 'ghs_job'), BOT);
  assert.is(client.requests(), 0);
  const own = all.github.state.userToken('ana');
  assert.is(await identify(clientOf(all, { token: own }), own, 'ghs_job'), 'ana');
});

t('each route knows the permission it needs', () => {
  for (const [route, permission] of [
    ['GET /repos/{owner}/{repo}/issues/{issue_number}/comments', 'pull-requests: write'],
    ['PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', 'pull-requests: write'],
    ['PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', 'checks: write'],
    ['GET /repos/{owner}/{repo}/actions/runs/{run_id}', 'actions: read'],
    ['POST /repos/{owner}/{repo}/issues', 'issues: write'],
    ['GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', 'pull-requests: read'],
    ['GET /user', undefined],
  ] as const)
    assert.is(permissionFor(route), permission, route);
});

t(
  'a plan of an earlier commit is marked where the head could not be planned: once, of this key, and a new plan takes the mark off',
  async (all) => {
    const [old, fresh] = ['a'.repeat(40), 'b'.repeat(40)];
    const board = boardOf(all);
    const plan = (more: Partial<Marker>) => () => ({ body: body(5, 'the plan', { head: old, ...more }) });
    await board.post(key, { run: 5, attempt: 1 }, plan({}));
    await board.post({ ...key, key: 'preview' }, { run: 5, attempt: 1 }, plan({ key: 'preview' }));
    await board.post({ ...key, stack: 'done' }, { run: 5, attempt: 1 }, plan({ stack: 'done', state: 'applied' }));
    for (let time = 0; time < 2; time++) await boardOf(all).outdate('', fresh, { run: 6, attempt: 1 });
    const marked = bodies(all).filter((each) => each.startsWith('> [!WARNING]'));
    assert.is(marked.length, 1);
    assert.match(marked[0] ?? '', /earlier commit \(aaaaaaa\), and the head is bbbbbbb, which could not be planned\.\n\nthe plan/);
    assert.is(marked[0]?.split('earlier commit').length, 2);
    assert.is(readMarker(marked[0] ?? '')?.stack, 'web');
    // Of the head itself nothing is marked.
    await boardOf(all).outdate('preview', old, { run: 6, attempt: 1 });
    await boardOf(all).post(key, { run: 6, attempt: 1 }, () => ({ body: body(6, 'the new plan', { head: fresh }) }));
    assert.is(bodies(all).filter((each) => each.startsWith('> [!WARNING]')).length, 0);
  },
);

t.run();
