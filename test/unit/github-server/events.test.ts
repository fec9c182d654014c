// The payloads that the runner writes to GITHUB_EVENT_PATH, against GitHub's description of its webhooks.

import * as assert from 'uvu/assert';
import { SHOP } from '../../support/github/bench.ts';
import { eventPayload, judgeEvent } from '../../support/github/events.ts';
import { createState } from '../../support/github/state.ts';
import { suite } from '../../support/suite.ts';

const t = suite('github: payloads of events');

const state = createState();
state.api = 'https://api.github.com';
state.addRepository(SHOP, { files: { 'specs/shop.yaml': 'weight: 100\n' } });
const began = state.commit(SHOP, 'weights', { files: { 'specs/shop.yaml': 'weight: 90\n' }, author: 'dana' });
const issue = state.openPull(SHOP, { head: 'weights', title: 'Move weights', user: 'dana', labels: ['apply:9f3c'] });
state.fork(SHOP, 'eve');
state.commit('eve/shop', 'idle', { files: { 'specs/idle.yaml': 'idle: 75\n' }, author: 'eve' });
const forked = state.openPull(SHOP, { head: 'eve:idle', title: 'Idle', user: 'eve' });
const base = { repository: SHOP, sender: 'dana' };
const pull = { ...base, number: issue.number };

/** As a test wants to look at it. */
interface Payload {
  readonly action?: string;
  readonly sender: { readonly login: string };
  readonly repository: { readonly full_name: string; readonly default_branch: string };
  readonly pull_request: {
    readonly merged: boolean;
    readonly head: { readonly sha: string; readonly repo: { readonly full_name: string } };
  };
}
const read = (payload: object): Payload => payload as unknown as Payload;

for (const action of ['opened', 'reopened', 'ready_for_review', 'synchronize', 'labeled', 'unlabeled'] as const)
  t(`pull_request ${action}, from a branch and from a fork`, () => {
    const label = action.endsWith('labeled') ? { label: 'apply:9f3c' } : {};
    for (const { number } of [issue, forked]) {
      const payload = eventPayload('pull_request', state, { ...base, number, action, ...label });
      assert.equal(judgeEvent('pull_request', payload), []);
      assert.equal([read(payload).action, read(payload).sender.login, read(payload).repository.full_name], [action, 'dana', SHOP]);
    }
  });

t('a pull request from a fork names the repository of its head', () => {
  const payload = eventPayload('pull_request', state, { ...base, number: forked.number, action: 'opened' });
  assert.is(read(payload).pull_request.head.repo.full_name, 'eve/shop');
});

t('a push to the branch: before, after, and the new head', () => {
  const next = state.commit(SHOP, 'weights', { files: { 'specs/shop.yaml': 'weight: 80\n' }, author: 'dana' });
  const payload = eventPayload('pull_request', state, { ...pull, action: 'synchronize' });
  assert.equal([payload['before'], payload['after'], read(payload).pull_request.head.sha], [began.sha, next.sha, next.sha]);
});

t('merge_group: a branch of the queue with the merge', () => {
  const payload = eventPayload('merge_group', state, pull);
  assert.equal(judgeEvent('merge_group', payload), []);
  const group = payload['merge_group'] as { head_ref: string; head_sha: string; base_sha: string };
  assert.is(group.head_ref, `refs/heads/gh-readonly-queue/main/pr-${issue.number}-${group.base_sha}`);
  assert.is(state.findCommit(group.head_sha).tree.get('specs/shop.yaml'), 'weight: 80\n');
});

t('workflow_run', () => {
  const seed = { workflow: '.github/workflows/static.yml', event: 'pull_request', headBranch: 'idle', headRepository: 'eve/shop' };
  const { head } = state.pullCommits(SHOP, forked.number);
  const run = state.addRun(SHOP, { ...seed, headSha: head.sha, conclusion: 'success' });
  for (const action of ['requested', 'completed'] as const)
    assert.equal(judgeEvent('workflow_run', eventPayload('workflow_run', state, { ...base, run: run.id, action })), []);
});

t('closed by merging, and the push that comes of it', () => {
  const merged = state.merge(SHOP, issue.number, 'octo');
  const closed = eventPayload('pull_request', state, { ...pull, action: 'closed' });
  assert.equal(judgeEvent('pull_request', closed), []);
  assert.is(read(closed).pull_request.merged, true);
  const push = eventPayload('push', state, { ...base, ref: 'refs/heads/main' });
  assert.equal(judgeEvent('push', push), []);
  assert.equal([push['after'], (push['head_commit'] as { modified: string[] }).modified], [merged.sha, ['specs/shop.yaml']]);
  assert.is((push['commits'] as unknown[]).length, 3, 'both commits of the branch, and the merge');
});

t('workflow_dispatch, and schedule, which no description has', () => {
  const asked = { ...base, workflow: '.github/workflows/apply.yml', inputs: { target: 'shop' } };
  const dispatch = eventPayload('workflow_dispatch', state, asked);
  assert.equal(judgeEvent('workflow_dispatch', dispatch), []);
  assert.equal(dispatch['inputs'], { target: 'shop' });
  const schedule = eventPayload('schedule', state, { repository: SHOP, schedule: '17 * * * *', workflow: '.github/workflows/drift.yml' });
  assert.equal(Object.keys(schedule), ['schedule', 'workflow', 'repository', 'sender']);
  assert.is(read(schedule).repository.default_branch, 'main');
});

t('what a payload has not in the description is told', () => {
  const payload = eventPayload('pull_request', state, { ...pull, action: 'opened' });
  assert.match(judgeEvent('pull_request', { ...payload, approved: true })[0] ?? '', /property "approved"/);
  const { number: _, ...without } = payload;
  assert.match(judgeEvent('pull_request', without)[0] ?? '', /'number'/);
  assert.match(judgeEvent('pull_request', { ...payload, action: 'merged' })[0] ?? '', /no webhook pull-request-merged/);
});

t.run();
