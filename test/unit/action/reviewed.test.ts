/** What counts as reviewed and approved: each thing that a plan run, its file, a review or a label can get wrong is refused. */

import * as assert from 'uvu/assert';
import { requireApproved } from '../../../action/approval.ts';
import { stacksOfDiff } from '../../../action/concerned.ts';
import { type Context, readContext } from '../../../action/context.ts';
import { openGitHub } from '../../../action/github.ts';
import { type Inputs, readInputs } from '../../../action/inputs.ts';
import { blank } from '../../../action/outcome.ts';
import { pullOfCause } from '../../../action/pulls.ts';
import { parseResult, resultOf } from '../../../action/result.ts';
import { findReviewed, newestRun } from '../../../action/reviewed.ts';
import { EXIT, ReconcileError } from '../../../reconciler/errors.ts';
import { realClock } from '../../../reconciler/run/pipeline.ts';
import { type GitHub, startGitHub } from '../../support/github/server.ts';
import { suite } from '../../support/suite.ts';
import { plan, reportOf } from '../report/fixture.ts';

const REPOSITORY = 'acme/shop';
const WORKFLOW = '.github/workflows/plan.yml';
type All = { github: GitHub; head: string; number: number; context: Context };
const t = suite('what was reviewed', {} as All);

t.before.each(async (all) => {
  all.github = await startGitHub();
  const { state } = all.github;
  state.addRepository(REPOSITORY, { private: true });
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
/** What the jobs of an apply may; see apply.yml. */
const APPLY = { actions: 'read', contents: 'read', 'pull-requests': 'write', checks: 'write' } as const;
const clientOf = (all: All, permissions: Parameters<GitHub['state']['jobToken']>[1] = APPLY) =>
  openGitHub({
    apiUrl: all.github.url,
    clock: { ...realClock, sleep: async () => undefined },
    token: all.github.state.jobToken(REPOSITORY, permissions),
  });
const outcome = {
  ...{ ...blank('webserver', 'us-east-1', 'a.yaml', 0), state: 'unchanged' as const, exit: EXIT.ok },
  report: reportOf({ run: null, load: null }),
};

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
  findReviewed(clientOf(all), inputsOf(inputs), all.context, async () => [all.number]);
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
    assert.is(found?.runs?.[0]?.id, id);
  }
});

t('digests that were given need no run, and none at all asks for nothing', async (all) => {
  assert.equal([...((await find(all, { 'plan-digest': 'a'.repeat(12) }))?.digests ?? [])], [['', ['a'.repeat(12)]]]);
  assert.is(await find(all, {}), undefined);
});

const WRONG: Readonly<Record<string, readonly [faked: Faked, says: RegExp]>> = {
  'another workflow': [{ workflow: '.github/workflows/evil.yml' }, /belongs to .*evil\.yml, not to/],
  'a failed run': [{ conclusion: 'failure' }, /did not succeed/],
  'another event': [{ event: 'workflow_dispatch' }, /triggered by workflow_dispatch/],
  'another artifact': [{ artifact: 'other' }, /has no artifact albedo-plan/],
  'no result file': [{ file: () => ({ version: 1 }) }, /not a usable result file/],
  'a file with more in it': [{ file: (right) => ({ ...right, more: 1 }) }, /not a usable result file/],
  'a file of another run': [{ file: (right) => ({ ...right, run: { ...(right['run'] as object), id: 1 } }) }, /claims to be from run 1/],
  'a file of another pull request': [
    { file: (right) => ({ ...right, run: { ...(right['run'] as object), pullRequest: 77 } }) },
    /planned for #77/,
  ],
  'a file of another commit': [
    { file: (right) => ({ ...right, run: { ...(right['run'] as object), head: 'f'.repeat(40) } }) },
    /planned a commit that is not its head/,
  ],
  'a file of an apply': [{ file: (right) => ({ ...right, command: 'apply' }) }, /did not plan/],
};
for (const [name, [faked, says]] of Object.entries(WRONG))
  t(`${name} is not believed`, async (all) => {
    const id = planned(all, faked);
    assert.match(await refusal(find(all, { 'plan-run-id': String(id) })), says);
  });

t('a run that is red for the changes it found counts: fail-on-changes keeps nothing from being applied', async (all) => {
  const id = planned(all, { conclusion: 'failure', file: (right) => ({ ...right, exitCode: 2 }) });
  assert.is((await find(all, { 'plan-run-id': 'auto' }))?.runs?.[0]?.id, id);
});

t('a repetition of an earlier run is the newest: its attempt, and its file of the two', async (all) => {
  const { state } = all.github;
  const first = planned(all);
  planned(all, { file: (right) => ({ ...right, stacks: [] }) });
  const run = state.repository(REPOSITORY).runs.get(first);
  assert.ok(run);
  // GitHub keeps the id and counts the attempt up; what the attempt before left stays.
  state.repeatRun(REPOSITORY, first).startedAt = new Date(Date.now() + 5000).toISOString().replace(/\.\d+Z$/, 'Z');
  state.finishRun(REPOSITORY, first, 'success');
  const context: Context = { ...all.context, runId: first, attempt: 2, event: 'pull_request', pullRequest: all.number };
  const again = { ...outcome, report: { ...outcome.report, plan: { ...outcome.report.plan, digest: 'e'.repeat(64) } } } as typeof outcome;
  state.addArtifact(REPOSITORY, first, 'albedo-plan', {
    'result.json': JSON.stringify(resultOf({ ...inputsOf({}), command: 'plan' }, context, [again], 5)),
  });
  const found = await find(all, { 'plan-run-id': 'auto' });
  assert.is(found?.runs?.[0]?.id, first);
  assert.equal([...(found?.digests.values() ?? [])], [['e'.repeat(64)]]);
});

t('of several pull requests, as a merge queue brings them, the plans of all', async (all) => {
  const { state } = all.github;
  const one = { head: all.head, number: all.number };
  planned(all);
  all.head = state.commit(REPOSITORY, 'second', { files: { 'b.yaml': 'b' } }).sha;
  all.number = state.openPull(REPOSITORY, { title: 'Second', head: 'second', user: 'ana' } as never).number;
  all.context = { ...all.context, head: all.head };
  planned(all, { file: (right) => JSON.parse(JSON.stringify(right).replaceAll('"webserver"', '"second"')) as unknown });
  const numbers = [one.number, all.number];
  const found = await findReviewed(clientOf(all), inputsOf({ 'plan-run-id': 'auto' }), all.context, async () => numbers);
  assert.equal([...(found?.digests.keys() ?? [])].sort(), ['us-east-1/second', 'us-east-1/webserver']);
});

t('which run of a commit is the newest does not depend on the order of the list', () => {
  const run = (id: number, started: string, conclusion: string | null = 'success') => ({
    id,
    conclusion,
    run_started_at: started,
    created_at: '2026-01-01T00:00:00Z',
  });
  const runs = [run(1, '2026-01-03T00:00:00Z'), run(2, '2026-01-02T00:00:00Z'), run(3, '2026-01-04T00:00:00Z', 'cancelled')];
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ])
    assert.is(newestRun(order.map((at) => runs[at] ?? {}))?.['id'], 1);
  assert.is(newestRun([run(1, '2026-01-02T00:00:00Z'), run(2, '2026-01-02T00:00:00Z')])?.['id'], 2);
  assert.is(newestRun([run(5, '2026-01-02T00:00:00Z', null)])?.['id'], 5);
  assert.is(newestRun([]), undefined);
});

t('a push after the review: the run planned another commit', async (all) => {
  const id = planned(all);
  all.github.state.commit(REPOSITORY, 'change', { files: { 'a.yaml': 'b' } });
  assert.match(await refusal(find(all, { 'plan-run-id': String(id) })), 'the head of the pull request is');
  assert.match(await refusal(find(all, { 'plan-run-id': 'auto' })), 'succeeded on');
});

t('the digest of a label has to be of that run too', async (all) => {
  const id = String(planned(all));
  assert.is(await refusal(find(all, { 'plan-run-id': id, 'plan-digest': plan.digest.slice(0, 12) })), '');
  assert.match(await refusal(find(all, { 'plan-run-id': id, 'plan-digest': 'f'.repeat(12) })), 'is not what run');
});

interface Try {
  /** When the plan run ended; none is known when left out. */
  readonly at?: number;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly number?: number | undefined;
  /** The commit whose specs are applied. */
  readonly commit?: string;
  readonly permissions?: Parameters<GitHub['state']['jobToken']>[1];
  readonly runId?: number;
}

/** Outside of any repository, so that the commit is that of the run. */
async function approve(all: All, approval: string, { at, inputs = {}, permissions, runId, ...more }: Try = {}): Promise<string> {
  const here = process.cwd();
  process.chdir('/');
  process.env['GITHUB_SHA'] = more.commit ?? all.head;
  try {
    const number = 'number' in more ? more.number : all.number;
    const github = permissions === undefined ? clientOf(all) : clientOf(all, permissions);
    const reviewed =
      at === undefined
        ? undefined
        : {
            digests: new Map<string, readonly string[]>(),
            runs: [{ id: 1, head: more.commit ?? all.head, attempt: 1, failed: false, at, pull: 1, merged: true, base: '' }],
          };
    const context = runId === undefined ? all.context : { ...all.context, runId };
    return await refusal(
      requireApproved(
        github,
        inputsOf({ approval, ...inputs }),
        context,
        async () => (number === undefined ? [] : [number]),
        reviewed,
        outcome,
      ),
    );
  } finally {
    process.chdir(here);
    delete process.env['GITHUB_SHA'];
  }
}

t('approval by merge: merged, into the default branch, still on it, and what is applied is on it too', async (all) => {
  const { state } = all.github;
  assert.match(await approve(all, 'merge'), `GuardRefused: webserver is not approved: #${all.number} is not merged`);
  const merged = state.merge(REPOSITORY, all.number, 'ana', 'squash').sha;
  assert.is(await approve(all, 'merge', { commit: merged }), '');
  assert.is(await approve(all, 'merge', { commit: merged, number: undefined }), '', 'by hand, of the default branch');
  // The head was squashed: its commit is on no branch that counts.
  assert.match(await approve(all, 'merge', { commit: all.head }), 'is not on main');
  assert.match(await approve(all, 'merge', { commit: all.head, number: undefined }), 'is not on main');
  assert.match(await approve(all, 'merge', { commit: 'f'.repeat(40) }), 'cannot be read');
  assert.match(await approve(all, 'merge', { commit: '' }), 'is not on main');
  const later = state.commit(REPOSITORY, 'main', { files: { 'b.yaml': 'b' } }).sha;
  assert.is(await approve(all, 'merge', { commit: later }), '');
});

t('approval by merge: into another branch, or rewound from the default branch, does not count', async (all) => {
  const { state } = all.github;
  const main = state.repository(REPOSITORY).refs.get('refs/heads/main') ?? '';
  state.moveRef(REPOSITORY, 'refs/heads/release', main);
  state.commit(REPOSITORY, 'evil', { files: { 'a.yaml': 'evil' } });
  const aside = state.openPull(REPOSITORY, { title: 'Aside', head: 'evil', base: 'release', user: 'ana' } as never).number;
  const commit = state.merge(REPOSITORY, aside, 'ana', 'merge').sha;
  assert.match(await approve(all, 'merge', { number: aside, commit }), 'was merged into release, not into main');
  const merged = state.merge(REPOSITORY, all.number, 'ana', 'merge').sha;
  state.moveRef(REPOSITORY, 'refs/heads/main', main);
  assert.match(await approve(all, 'merge', { commit: merged }), 'is no longer on main');
});

t('approval by label: of this digest, put last by somebody who may write, after the plan', async (all) => {
  const { state } = all.github;
  const label = `apply:${plan.digest.slice(0, 12)}`;
  assert.match(
    await approve(all, 'label'),
    `GuardRefused: webserver is not approved: #${all.number} has no valid label apply:9f3c21a7be04`,
  );
  state.addLabels(REPOSITORY, all.number, ['apply:ffffffffffff', 'apply:', 'preview'], 'ben');
  assert.match(await approve(all, 'label'), 'no valid label');
  state.setRole(REPOSITORY, 'tim', 'triage');
  state.addLabels(REPOSITORY, all.number, [label], 'tim');
  assert.match(await approve(all, 'label'), 'was added by tim, who has no write access');
  state.removeLabel(REPOSITORY, all.number, label, 'ben');
  state.addLabels(REPOSITORY, all.number, [label], 'ben');
  assert.is(await approve(all, 'label'), '');
  assert.match(await approve(all, 'label', { at: Date.now() + 60_000 }), 'was added before the plan that it names');
  const evil = state.commit(REPOSITORY, 'evil', { files: { 'a.yaml': 'evil' } }).sha;
  assert.match(await approve(all, 'label', { commit: evil }), 'is not part of the current #1');
});

t('approval by review: of the head, by one who may write and wrote none of it, not withdrawn, and after the plan', async (all) => {
  const { state } = all.github;
  const at = Date.now() - 60_000;
  assert.match(await approve(all, 'review'), 'without plan-run-id the time of the plan is not known');
  assert.match(await approve(all, 'review', { at }), 'no one with write access, apart from its authors, approved');
  state.review(REPOSITORY, all.number, 'eve', 'APPROVED');
  assert.match(await approve(all, 'review', { at }), 'no one with write access');
  state.review(REPOSITORY, all.number, 'ben', 'APPROVED');
  assert.is(await approve(all, 'review', { at }), '');
  assert.match(await approve(all, 'review', { at: Date.now() + 60_000 }), 'no one');
  state.review(REPOSITORY, all.number, 'ben', 'CHANGES_REQUESTED');
  assert.match(await approve(all, 'review', { at }), 'ben asked for changes');
  state.review(REPOSITORY, all.number, 'ben', 'APPROVED');
  assert.is(await approve(all, 'review', { at }), '');
  // Ben pushes to the pull request of ana, and approves what he wrote.
  const head = state.commit(REPOSITORY, 'change', { files: { 'a.yaml': 'c' }, author: 'ben' }).sha;
  assert.match(await approve(all, 'review', { at, commit: head }), 'no one');
  state.review(REPOSITORY, all.number, 'ben', 'APPROVED');
  assert.match(await approve(all, 'review', { at, commit: head }), 'no one with write access, apart from its authors');
});

t('approval by environment: it asks for reviewers, and one of them approved this very run', async (all) => {
  const { state } = all.github;
  const run = state.addRun(REPOSITORY, { workflow: WORKFLOW, event: 'workflow_dispatch', headBranch: 'main', headSha: all.head });
  const attempt = (environment: string): Promise<string> =>
    approve(all, 'environment', { inputs: environment === '' ? {} : { environment }, runId: run.id });
  assert.match(await attempt(''), 'needs the input environment');
  assert.match(await attempt('albedo'), 'cannot be read');
  state.addEnvironment(REPOSITORY, 'albedo');
  assert.match(await attempt('albedo'), 'requires no reviewer');
  state.addEnvironment(REPOSITORY, 'prod', ['ben']);
  assert.match(await attempt('prod'), 'no reviewer of the environment prod approved run');
  state.approve(REPOSITORY, run.id, { user: 'ben', environment: 'albedo' });
  state.approve(REPOSITORY, run.id, { user: 'ben', environment: 'prod', state: 'rejected' });
  assert.match(await attempt('prod'), 'no reviewer');
  state.approve(REPOSITORY, run.id, { user: 'ben', environment: 'prod' });
  assert.is(await attempt('prod'), '');
});

t('what cannot be looked up is refused, whatever the approval', async (all) => {
  for (const approval of ['merge', 'label', 'review', 'environment']) {
    all.github.fail({ operation: 'pulls/get', times: 3, answer: { status: 503 } });
    assert.match(await approve(all, approval, { at: 0, inputs: { environment: 'prod' } }), 'cannot be read', approval);
    if (approval !== 'merge')
      assert.match(
        await approve(all, approval, { number: undefined, inputs: { environment: 'prod' } }),
        'does not belong to a pull request',
      );
  }
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
    ...['../../..', '/tmp/x', 'a/b', '.', 'x\0', ''].map((stack) => ({ ...right, stacks: [{ ...first, stack }] })),
    { ...right, stacks: [{ ...first, region: '../x' }] },
    { ...right, stacks: [{ ...first, headline: 'x'.repeat(501) }] },
    { ...right, run: { ...right.run, more: 1 } },
    null,
    [],
  ])
    assert.throws(() => read(bad), /not a usable result file/);
  assert.throws(() => parseResult('{', 'x'), /not JSON/);
});

t('a fork’s file speaks of the stacks that its pull request changes: one a file, and no invented ones', () => {
  const claimed = Array.from({ length: 200 }, (_, at) => ({ file: `environments/x${at}.yaml`, at }));
  const kept = (changed: readonly string[], all: readonly { file: string }[] = claimed) =>
    stacksOfDiff(all, changed).map(({ file }) => file);
  assert.equal(kept(['README.md']), []);
  assert.equal(kept(['environments/x7.yaml', 'environments/x9.yaml']), ['environments/x7.yaml', 'environments/x9.yaml']);
  assert.equal(kept(['a/b.yaml'], [{ file: './a/b.yaml' }, { file: 'a/b.yaml' }, { file: 'a/../a/b.yaml' }]), ['./a/b.yaml']);
  assert.equal(kept(['a/policy.yaml'], [{ file: 'a/b.yaml' }, { file: 'c/b.yaml' }]), ['a/b.yaml']);
});

t.run();
