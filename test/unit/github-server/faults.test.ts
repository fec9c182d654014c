// Faults on purpose, pages and limits: what a client meets when GitHub is slow, busy or gone.
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { connect, REPO, refused, SHOP, startShop } from '../../support/github/bench.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const t = suite('github: faults, limits and pages');

let now = Date.parse('2026-11-22T10:00:00Z');
const { github, job } = await startShop({ now: () => new Date(now), pageCap: 2 });
const { state } = github;
const PULL = { ...REPO, issue_number: 1 };
const comment = (body = 'x') => job.issues.createComment({ ...PULL, body });
const count = (): number => state.repository(SHOP).comments.size;

t('a status for the nth request, so many times, and no longer', async () => {
  const fault = github.fail({ operation: 'issues/create-comment', nth: 2, times: 2, answer: { status: 502 } });
  await comment();
  assert.is((await refused(comment())).status, 502);
  assert.is((await refused(comment())).status, 502);
  await comment();
  assert.is(fault.struck(), 2);
  assert.is(count(), 2, 'what was spoilt had no effect');
});

t('a rule by method and path leaves others alone', async () => {
  const fault = github.fail({ method: 'patch', path: '/repos/*/issues/comments/*', answer: { status: 404 } });
  const [first] = [...state.repository(SHOP).comments.keys()];
  const comment_id = first ?? 0;
  assert.is((await job.issues.getComment({ ...REPO, comment_id })).status, 200);
  assert.is((await refused(job.issues.updateComment({ ...REPO, comment_id, body: 'y' }))).status, 404);
  assert.is((await job.issues.updateComment({ ...REPO, comment_id, body: 'y' })).status, 200);
  assert.is(fault.struck(), 1);
});

t('an answer that is lost after its effect', async () => {
  const before = count();
  github.fail({ operation: 'issues/create-comment', answer: 'reset', effect: true });
  await rejects(() => comment('made all the same'));
  assert.is(count(), before + 1);
  assert.is(github.requests().at(-1)?.status, 'dropped');
});

t('a connection that is dropped before it', async () => {
  const before = count();
  github.fail({ operation: 'issues/create-comment', answer: 'reset' });
  await rejects(() => comment());
  assert.is(count(), before);
});

t('no answer at all: the client gives up, or the server does in the end', async () => {
  github.fail({ operation: 'repos/get', answer: 'hang', holdMs: 20 });
  await rejects(() => job.repos.get(REPO));
  const fault = github.fail({ operation: 'repos/get', answer: 'hang' });
  const patience = new AbortController();
  const waiting = refused(job.repos.get({ ...REPO, request: { signal: patience.signal } }));
  while (fault.struck() === 0) await sleep(5);
  patience.abort();
  assert.match((await waiting).message, /abort/i);
  assert.is((await job.repos.get(REPO)).status, 200);
});

t('the secondary limit says when to come back', async () => {
  github.fail({ operation: 'issues/create-comment', answer: 'secondary-limit', status: 429, retryAfter: 7 });
  const told = await refused(comment());
  assert.equal([told.status, told.headers['retry-after']], [429, '7']);
  assert.match(told.message, /^You have exceeded a secondary rate limit/);
});

t('the primary limit says that nothing is left, and until when', async () => {
  github.fail({ operation: 'repos/get', answer: 'primary-limit' });
  const told = await refused(job.repos.get(REPO));
  assert.equal([told.status, told.headers['x-ratelimit-remaining']], [403, '0']);
  assert.ok(Number(told.headers['x-ratelimit-reset']) * 1000 > now);
});

t('a rule that could never strike is refused', () => {
  assert.throws(() => github.fail({ operation: 'issues/create-coment', answer: 'reset' }), /no operation issues\/create-coment/);
});

t('an hour has so many requests', async () => {
  const small = await startShop({ now: () => new Date(now), limits: { hourly: 2 } });
  const { headers } = await small.job.repos.get(REPO);
  assert.is(headers['x-ratelimit-remaining'], '1');
  await small.job.repos.get(REPO);
  const told = await refused(small.job.repos.get(REPO));
  assert.equal([told.status, /^API rate limit exceeded/.test(told.message)], [403, true]);
  assert.is((await small.job.rateLimit.get()).data.resources.core.remaining, 0);
  now += 3_600_000;
  assert.is((await small.job.repos.get(REPO)).status, 200);
  await small.github.stop();
});

t('a minute has so many writes; reading goes on', async () => {
  const small = await startShop({ now: () => new Date(now), limits: { writesPerMinute: 2 } });
  const write = () => small.job.issues.createComment({ ...PULL, body: 'x' });
  await write();
  await write();
  const told = await refused(write());
  assert.equal([told.status, told.headers['retry-after']], [403, '60']);
  assert.is((await small.job.issues.listComments(PULL)).data.length, 2);
  now += 60_000;
  assert.is((await write()).status, 201);
  await small.github.stop();
});

t('pages: links to the others, by the number of the repository', async () => {
  state.repository(SHOP).comments.clear();
  for (let i = 1; i <= 5; i += 1) state.comment(SHOP, 1, 'dana', `c${i}`);
  const first = await job.issues.listComments({ ...PULL, per_page: 100 });
  const url = `${github.url}/repositories/${state.repository(SHOP).id}/issues/1/comments?per_page=100`;
  assert.is(first.headers.link, `<${url}&page=2>; rel="next", <${url}&page=3>; rel="last"`);
  const last = await job.issues.listComments({ ...PULL, per_page: 100, page: 3 });
  assert.is(last.headers.link, `<${url}&page=2>; rel="prev", <${url}&page=1>; rel="first"`);
  assert.equal(
    last.data.map(({ body }) => body),
    ['c5'],
  );
  assert.equal((await job.issues.listComments({ ...PULL, page: 9 })).data, []);
  const all = await job.paginate(job.issues.listComments, { ...PULL, per_page: 100 });
  assert.equal(
    all.map(({ body }) => body),
    ['c1', 'c2', 'c3', 'c4', 'c5'],
  );
});

t('pages: without the cap no more than 100, and 30 when nothing is said', async () => {
  const wide = await startShop();
  for (let i = 0; i < 101; i += 1) wide.github.state.comment(SHOP, 1, 'dana', 'x');
  assert.is((await wide.job.issues.listComments(PULL)).data.length, 30);
  const most = await wide.job.issues.listComments({ ...PULL, per_page: 100 });
  assert.is(most.data.length, 100);
  assert.match(most.headers.link ?? '', /rel="next"/);
  await wide.github.stop();
});

t('an answer that has not changed costs nothing', async () => {
  const { headers } = await job.repos.get(REPO);
  const told = await refused(job.request('GET /repos/octo/shop', { headers: { 'if-none-match': headers.etag } }));
  assert.is(told.status, 304);
  assert.is(told.headers['x-ratelimit-remaining'], headers['x-ratelimit-remaining']);
});

t('below another base path, as on an Enterprise Server', async () => {
  const server = await startShop({ basePath: '/api/v3' });
  assert.match(server.github.url, /\/api\/v3$/);
  assert.is((await connect(server.github).repos.get(REPO)).status, 200);
  await server.github.stop();
});

t('none of it was a violation', () => github.stop());

t.run();
