// What GitHub's description does not allow is a violation, in requests and answers alike, and fails the test at the end.

import * as assert from 'uvu/assert';
import { connect, REPO, refused, SHOP, startShop } from '../../support/github/bench.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const t = suite('github: what is not in the description');

const { github, job } = await startShop();
const PULL = { ...REPO, issue_number: 1 };

/** The violations of what `act` did, the only ones so far. */
async function violationsOf(act: () => Promise<unknown>): Promise<string[]> {
  assert.equal(github.violations(), []);
  await act();
  return github.takeViolations();
}

t('a property of the body: told, and otherwise overlooked as GitHub does', async () => {
  assert.equal(await violationsOf(() => job.issues.createComment({ ...PULL, body: 'x' })), []);
  const told = await violationsOf(() => job.request('POST /repos/octo/shop/issues/1/comments', { body: 'x', boddy: 'y' }));
  assert.equal(told, ['POST /repos/octo/shop/issues/1/comments: body: has a property "boddy" that is not in the description']);
});

t('a property of the wrong type, and one that is missing: 422', async () => {
  for (const body of [{ body: 7 }, {}]) {
    const told = await violationsOf(async () => {
      assert.is((await refused(job.request('POST /repos/octo/shop/issues/1/comments', body))).status, 422);
    });
    assert.is(told.length, 1);
    assert.match(told[0] ?? '', /body/);
  }
});

t('a property deep inside: annotations of a check run', async () => {
  const head = github.state.pullCommits(SHOP, 1).head.sha;
  const annotation = { path: 'a', start_line: 1, end_line: 1, annotation_level: 'warning', message: 'm' };
  const send = (each: object, count = 1) =>
    job.request('POST /repos/octo/shop/check-runs', {
      name: 'n',
      head_sha: head,
      output: { title: 't', summary: 's', annotations: new Array(count).fill(each) },
    } as never);
  assert.equal(await violationsOf(() => send(annotation, 50)), []);
  assert.match((await violationsOf(() => refused(send(annotation, 51))))[0] ?? '', /annotations: must NOT have more than 50 items/);
  assert.match((await violationsOf(() => send({ ...annotation, line: 3 })))[0] ?? '', /annotations\/0: has a property "line"/);
});

t('a query parameter of another name or value', async () => {
  assert.equal(await violationsOf(() => job.request('GET /repos/octo/shop/issues?labels=drift&state=all')), []);
  assert.match(
    (await violationsOf(() => job.request('GET /repos/octo/shop/issues?label=drift')))[0] ?? '',
    /query parameter label is not in/,
  );
  assert.match(
    (await violationsOf(() => job.request('GET /repos/octo/shop/issues?state=opened')))[0] ?? '',
    /state: must be equal to one of/,
  );
});

t('a path of no operation, and an operation that is not served', async () => {
  const lost = await violationsOf(async () => assert.is((await refused(job.request('GET /repos/octo/shop/isues'))).status, 404));
  assert.match(lost[0] ?? '', /no operation of the description/);
  const unserved = await violationsOf(async () => assert.is((await refused(job.repos.listReleases(REPO))).status, 500));
  assert.match(unserved[0] ?? '', /does not serve repos\/list-releases/);
});

t('headers: no User-Agent, an unknown Accept, an unknown version', async () => {
  const ask = (headers: Record<string, string>) => fetch(`${github.url}/repos/octo/shop`, { headers });
  assert.equal(
    await violationsOf(async () =>
      assert.is(
        (await ask({ 'user-agent': 'albedo', accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' })).status,
        200,
      ),
    ),
    [],
  );
  for (const [headers, status] of [
    [{ 'user-agent': '' }, 403],
    [{ 'user-agent': 'albedo', accept: 'text/html' }, 415],
    [{ 'user-agent': 'albedo', 'x-github-api-version': '1999-01-01' }, 400],
  ] as const) {
    const told = await violationsOf(async () => assert.is((await ask(headers)).status, status));
    assert.is(told.length, 1);
  }
});

t('a body that is not JSON', async () => {
  const headers = { 'user-agent': 'albedo', authorization: `Bearer ${github.state.userToken('dana')}`, 'content-type': 'application/json' };
  const send = () => fetch(`${github.url}/repos/octo/shop/issues/1/comments`, { method: 'POST', headers, body: '{"body":' });
  assert.match((await violationsOf(async () => assert.is((await send()).status, 400)))[0] ?? '', /not JSON/);
});

t('an answer of the server itself that does not fit', async () => {
  const comment = github.state.comment(SHOP, 1, 'dana', 'x');
  assert.equal(await violationsOf(() => job.issues.getComment({ ...REPO, comment_id: comment.id })), []);
  comment.updatedAt = 'yesterday';
  assert.match(
    (await violationsOf(() => job.issues.getComment({ ...REPO, comment_id: comment.id })))[0] ?? '',
    /answer\/updated_at: must match format "date-time"/,
  );
  github.state.repository(SHOP).comments.delete(comment.id);
});

t('everything is recorded in order, without the token', async () => {
  const before = github.requests().length;
  const dana = connect(github, github.state.userToken('dana'));
  await dana.issues.createComment({ ...PULL, body: 'first' });
  await dana.issues.listComments({ ...PULL, per_page: 5 });
  const [first, second] = github.requests().slice(before);
  assert.equal([first?.operation, first?.body, first?.status], ['issues/create-comment', { body: 'first' }, 201]);
  assert.equal([second?.path, second?.query], ['/repos/octo/shop/issues/1/comments', { per_page: '5' }]);
  assert.match(first?.token ?? '', /^dana-/);
  assert.not.match(JSON.stringify(github.requests()), /gh[ps]_/);
});

t('violations that nobody took fail the end; those that were taken do not', async () => {
  await job.request('GET /repos/octo/shop/issues?label=drift');
  assert.throws(() => github.assertClean(), /query parameter label/);
  await rejects(() => github.stop(), /What GitHub's description does not allow \(1\):\n- GET .*query parameter label/);
  github.takeViolations();
  await github.stop();
});

t.run();
