/** What counts as reviewed and approved: each thing that a plan run, its file, a review or a label can get wrong is refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requireApproved } from '../../../action/approval.ts';
import { type Context, readContext } from '../../../action/context.ts';
import { openGitHub } from '../../../action/github.ts';
import { type Inputs, readInputs } from '../../../action/inputs.ts';
import { blank } from '../../../action/outcome.ts';
import { pullOfCause } from '../../../action/publish.ts';
import { parseResult, resultOf } from '../../../action/result.ts';
import { findReviewed } from '../../../action/reviewed.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { realClock } from '../../../reconciler/run/pipeline.ts';
import { type GitHub, startGitHub } from '../../support/github/server.ts';
import { plan, reportOf } from '../report/fixture.ts';

const REPOSITORY = 'acme/shop';
const WORKFLOW = '.github/workflows/plan.yml';
type All = { github: GitHub; head: string; number: number; context: Context };
const t = suite('what was reviewed', {} as All);

t.before.each(async (all) => {
  all.github = await startGitHub();
  const { state } = all.github;
  state.addRepository(REPOSITORY);
  all.head = state.commit(REPOSITORY, 'change', { files: { 'a.yaml': 'a' } }).sha;
  all.number = state.openPull(REPOSITORY, { title: 'Change', head: 'change', user: 'ana' } as never).number;
  state.setRole(REPOSITORY, 'ben', 'write');
  state.setRole(REPOSITORY, 'eve', 'read');
  all.context = { ...readContext({ GITHUB_REPOSITORY: REPOSITORY, GITHUB_RUN_ID: '900', GITHUB_EVENT_NAME: 'push' }), head: all.head };
});
t.after.each(async (all) => {
  await all.github.stop();
});

const inputsOf = (more: Readonly<Record<string, string>>): Inputs =>
  readInputs(
    Object.fromEntries(
      Object.entries({ command: 'apply', 'plan-workflow': WORKFLOW, ...more }).map(([name, value]) => [
        `INPUT_${name.toUpperCase()}`,
        value,
      ]),
    ),
  );
const clientOf = (all: All) =>
  openGitHub({
    apiUrl: all.github.url,
    clock: realClock,
    token: all.github.state.jobToken(REPOSITORY, { actions: 'read', contents: 'read', 'pull-requests': 'read', issues: 'read' }),
  });
const outcome = { ...blank('webserver', 'us-east-1', 'a.yaml', 0), report: reportOf({ run: null, load: null }) };

interface Faked {
  readonly workflow?: string;
  readonly event?: string;
  readonly conclusion?: 'success' | 'failure';
  readonly sha?: string;
  readonly headRepository?: string;
  readonly file?: (right: Record<string, unknown>) => unknown;
  readonly artifact?: string;
}

/** A run of the plan workflow with its result file; `faked` says what of it is wrong. */
function planned(all: All, faked: Faked = {}): number {
  const { state } = all.github;
  const run = state.addRun(REPOSITORY, {
    ...{ workflow: faked.workflow ?? WORKFLOW, event: faked.event ?? 'pull_request', headBranch: 'change', headSha: faked.sha ?? all.head },
    ...{ conclusion: faked.conclusion ?? 'success', actor: 'ana' },
    ...(faked.headRepository === undefined ? {} : { headRepository: faked.headRepository }),
  });
  const context: Context = { ...all.context, runId: run.id, event: 'pull_request', pullRequest: all.number };
  const right = JSON.parse(JSON.stringify(resultOf({ ...inputsOf({}), command: 'plan' }, context, [outcome], 5))) as Record<
    string,
    unknown
  >;
  state.addArtifact(REPOSITORY, run.id, faked.artifact ?? 'albedo-plan', { 'result.json': JSON.stringify(faked.file?.(right) ?? right) });
  return run.id;
}
const find = (all: All, inputs: Readonly<Record<string, string>>) =>
  findReviewed(clientOf(all), inputsOf(inputs), all.context, async () => all.number);
const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return '';
  } catch (error) {
    assert.instance(error, ReconcileError, String(error));
    return `${(error as ReconcileError).code}: ${(error as ReconcileError).message}`;
  }
};

t('a right run, named or found, gives the digests of its file', async (all) => {
  const id = planned(all);
  for (const said of [String(id), 'auto']) {
    const found = await find(all, { 'plan-run-id': said });
    assert.equal([...(found?.digests ?? [])], [['us-east-1/webserver', [plan.digest]]]);
    assert.is(found?.run?.id, id);
  }
});

t('digests that were given need no run, and none at all asks for nothing', async (all) => {
  assert.equal([...((await find(all, { 'plan-digest': 'a'.repeat(12) }))?.digests ?? [])], [['', ['a'.repeat(12)]]]);
  assert.is(await find(all, {}), undefined);
});

const WRONG: Readonly<Record<string, readonly [faked: Faked, says: RegExp]>> = {
  'another workflow': [{ workflow: '.github/workflows/evil.yml' }, /is of .*evil\.yml, not of/],
  'a failed run': [{ conclusion: 'failure' }, /did not end well/],
  'another event': [{ event: 'workflow_dispatch' }, /set off by workflow_dispatch/],
  'another artifact': [{ artifact: 'other' }, /has no artifact albedo-plan/],
  'no result file': [{ file: () => ({ version: 1 }) }, /no result file that can be used/],
  'a file with more in it': [{ file: (right) => ({ ...right, more: 1 }) }, /no result file that can be used/],
  'a file of another run': [{ file: (right) => ({ ...right, run: { ...(right['run'] as object), id: 1 } }) }, /says that it is of run 1/],
  'a file of another pull request': [
    { file: (right) => ({ ...right, run: { ...(right['run'] as object), pullRequest: 77 } }) },
    /planned for #77/,
  ],
  'a file of another commit': [
    { file: (right) => ({ ...right, run: { ...(right['run'] as object), head: 'f'.repeat(40) } }) },
    /another commit/,
  ],
  'a file of an apply': [{ file: (right) => ({ ...right, command: 'apply' }) }, /did not plan/],
};
for (const [name, [faked, says]] of Object.entries(WRONG))
  t(`${name} is not believed`, async (all) => {
    const id = planned(all, faked);
    assert.match(await refusal(find(all, { 'plan-run-id': String(id) })), says);
  });

t('a push after the review: the run planned another commit', async (all) => {
  const id = planned(all);
  all.github.state.commit(REPOSITORY, 'change', { files: { 'a.yaml': 'b' } });
  assert.match(await refusal(find(all, { 'plan-run-id': String(id) })), 'the head of the pull request is');
  assert.match(await refusal(find(all, { 'plan-run-id': 'auto' })), 'ended well on');
});

t('the digest of a label has to be of that run too', async (all) => {
  const id = String(planned(all));
  assert.is(await refusal(find(all, { 'plan-run-id': id, 'plan-digest': plan.digest.slice(0, 12) })), '');
  assert.match(await refusal(find(all, { 'plan-run-id': id, 'plan-digest': 'f'.repeat(12) })), 'is not what run');
});

const approve = async (all: All, approval: string, at?: number) =>
  refusal(
    requireApproved(
      clientOf(all),
      inputsOf({ approval }),
      all.context,
      async () => all.number,
      at === undefined ? undefined : { digests: new Map(), run: { id: 1, head: all.head, at } },
      outcome,
    ),
  );

t('approval by label: the label of this digest and no other', async (all) => {
  assert.match(await approve(all, 'label'), 'GuardRefused: webserver is not approved: no label apply:9f3c21a7be04');
  all.github.state.addLabels(REPOSITORY, all.number, ['apply:ffffffffffff', 'apply:', 'preview']);
  assert.match(await approve(all, 'label'), 'no label');
  all.github.state.addLabels(REPOSITORY, all.number, [`apply:${plan.digest.slice(0, 12)}`]);
  assert.is(await approve(all, 'label'), '');
});

t('approval by review: of the head, by one who may write, not the author, not withdrawn, and after the plan', async (all) => {
  const { state } = all.github;
  assert.match(await approve(all, 'review'), 'nobody with write access approved');
  state.review(REPOSITORY, all.number, 'eve', 'APPROVED');
  assert.match(await approve(all, 'review'), 'nobody with write access approved');
  state.review(REPOSITORY, all.number, 'ben', 'APPROVED');
  assert.is(await approve(all, 'review'), '');
  assert.match(await approve(all, 'review', Date.now() + 60_000), 'nobody');
  state.review(REPOSITORY, all.number, 'ben', 'CHANGES_REQUESTED');
  assert.match(await approve(all, 'review'), 'nobody');
  state.review(REPOSITORY, all.number, 'ben', 'APPROVED');
  assert.is(await approve(all, 'review'), '');
  state.commit(REPOSITORY, 'change', { files: { 'a.yaml': 'c' } });
  assert.match(await approve(all, 'review'), 'nobody');
});

t('merge and environment are GitHub’s own to check', async (all) => {
  for (const approval of ['merge', 'environment']) assert.is(await approve(all, approval), '');
  assert.is(all.github.requests().length, 0);
});

t('the pull request of a fork’s run is found by its head, and only while it is its head', async (all) => {
  const { state } = all.github;
  state.fork(REPOSITORY, 'mallory');
  const head = state.commit('mallory/shop', 'idea', { files: { 'a.yaml': 'z' } }).sha;
  const { number } = state.openPull(REPOSITORY, { title: 'Idea', head: 'mallory:idea', user: 'mallory' } as never);
  const cause = { id: 1, head, owner: 'mallory', branch: 'idea' };
  assert.is(await pullOfCause(clientOf(all), { ...all.context, cause }), number);
  assert.is(await pullOfCause(clientOf(all), { ...all.context, cause: { ...cause, head: all.head } }), undefined);
});

t('a result file is what its schema says, and nothing else', (all) => {
  const right = resultOf({ ...inputsOf({}), command: 'plan' }, all.context, [outcome], 5);
  const read = (value: unknown) => parseResult(JSON.stringify(value), 'x');
  assert.equal(read(right).stacks.length, 1);
  const [first] = right.stacks;
  for (const bad of [
    { ...right, version: 2 },
    { ...right, stacks: [{ ...first, state: 'odd' }] },
    { ...right, stacks: [{ ...first, headline: 'x'.repeat(501) }] },
    { ...right, run: { ...right.run, more: 1 } },
    null,
    [],
  ])
    assert.throws(() => read(bad), /no result file/);
  assert.throws(() => parseResult('{', 'x'), /no JSON/);
});

t.run();
