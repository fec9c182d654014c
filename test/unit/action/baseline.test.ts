/** The figures of the default branch: from its own runs only, the newest, whatever lies in an artifact. */

import * as assert from 'uvu/assert';
import { lastFigures } from '../../../action/baseline.ts';
import { readContext } from '../../../action/context.ts';
import { openGitHub } from '../../../action/github.ts';
import { blank } from '../../../action/outcome.ts';
import { figuresOf, loadOf, type ResultFile, resultOf } from '../../../action/result.ts';
import { contentOf } from '../../../action/show.ts';
import { judgeInTurn } from '../../../reconciler/load/judge-in-turn.ts';
import { nameOf } from '../../../reconciler/run/identity.ts';
import { realClock } from '../../../reconciler/run/pipeline.ts';
import { type GitHub, startGitHub } from '../../support/github/server.ts';
import { suite } from '../../support/suite.ts';
import { usual } from '../load/samples.ts';
import { NOT_REACHED, twoFaults } from '../load/two-faults.ts';
import { load, reportOf } from '../report/fixture.ts';

const REPOSITORY = 'acme/shop';
const FORK = 'mallory/shop';
const t = suite('the figures of the default branch', {} as { github: GitHub });

t.before.each(async (all) => {
  all.github = await startGitHub();
  all.github.state.addRepository(REPOSITORY);
  all.github.state.addRepository(FORK, { forkOf: REPOSITORY } as never);
});
t.after.each(async (all) => {
  await all.github.stop();
});

const context = { ...readContext({ GITHUB_REPOSITORY: REPOSITORY, GITHUB_RUN_ID: '900' }), defaultBranch: 'main' };
const ask = ({ github }: { github: GitHub }, names = ['albedo-verify'], sandbox = false) =>
  lastFigures(
    openGitHub({ apiUrl: github.url, clock: realClock, token: github.state.jobToken(REPOSITORY, { actions: 'read' }) }),
    names,
    context,
    sandbox,
  );

interface Kept {
  readonly p95?: number;
  readonly branch?: string;
  readonly headRepository?: string;
  readonly name?: string;
  readonly command?: string;
  readonly text?: string;
  readonly sandbox?: boolean;
  readonly load?: string;
}
function keep({ github: { state } }: { github: GitHub }, { p95 = 1, branch = 'main', name = 'albedo-verify', ...more }: Kept): number {
  const run = state.addRun(REPOSITORY, {
    ...{ workflow: '.github/workflows/albedo-verify.yml', event: 'push', headBranch: branch, conclusion: 'success' },
    headSha: state.repository(REPOSITORY).refs.get('refs/heads/main') ?? '',
    ...(more.headRepository === undefined ? {} : { headRepository: more.headRepository }),
  } as never);
  const inputs = { command: more.command ?? 'verify', sandbox: more.sandbox ?? false } as never;
  const result = resultOf(inputs, context, [blank('web', 'us-east-1', 'web.yaml', 1)], 1);
  const [stack] = result.stacks;
  const file = {
    ...result,
    stacks: [{ ...stack, figures: { ...stack?.figures, p95Fault: p95 }, ...(more.load === undefined ? {} : { load: more.load }) }],
  } as ResultFile;
  state.addArtifact(REPOSITORY, run.id, name, { 'verify/result.json': more.text ?? JSON.stringify(file), 'result.json': '{}' });
  return run.id;
}

t('the newest load tests of the default branch, by region and stack', async (all) => {
  const same = 'a'.repeat(64);
  const runs = [1, 2, 3, 4, 5, 6, 7].map((p95) => keep(all, { p95, ...(p95 === 7 ? { load: same } : {}) }));
  const found = await ask(all);
  assert.equal([...found.keys()], ['us-east-1/web']);
  const [newest, ...older] = found.get('us-east-1/web') ?? [];
  assert.equal(newest, {
    ...{ branch: 'main', run: runs.at(-1), load: same },
    figures: { p95Steady: null, p95Fault: 7, errorRate: null, detectMs: null, failoverMs: null, recoveryMs: null },
  });
  assert.equal(
    older.map(({ figures, load: other }) => [figures.p95Fault, other]),
    [6, 5, 4, 3, 2].map((p95) => [p95, '']),
    'so many as it takes to see by how much they differ',
  );
});

const WRONG: Readonly<Record<string, Kept>> = {
  'another branch': { branch: 'change' },
  'a branch of a fork by the same name': { headRepository: FORK },
  'another artifact': { name: 'other' },
  'an apply': { command: 'apply' },
  'a run on the sandbox': { sandbox: true },
  'a digest that is none': { load: 'x' },
  'no result file': { text: '{"version": 1}' },
  'no JSON': { text: 'x' },
};
for (const [what, kept] of Object.entries(WRONG))
  t(`${what} is nothing to compare with, and the one before it counts`, async (all) => {
    keep(all, { p95: 7 });
    keep(all, { p95: 8, ...kept });
    assert.equal(
      (await ask(all)).get('us-east-1/web')?.map(({ figures }) => figures.p95Fault),
      [7],
    );
  });

t('the comment holds a load test against those of the same load and fault alone', () => {
  const report = reportOf({ load });
  const { load: same = '' } = loadOf(report);
  const figures = figuresOf(report);
  const shown = (...last: readonly string[]) =>
    contentOf(
      { ...blank('webserver', report.region, 'web.yaml', 1), stack: report.stack, report },
      {
        ...{ inputs: { command: 'verify', commentKey: '' } as never, context },
        last: new Map([[nameOf(report), last.map((each, index) => ({ branch: 'main', run: 500 - index, figures, load: each }))]]),
      },
      undefined,
    ).baseline;
  assert.match(same, /^[0-9a-f]{64}$/);
  assert.equal([shown(same, 'b'.repeat(64), same)?.earlier.length, shown(same)?.isLike], [2, true]);
  const later = shown('b'.repeat(64), '', same);
  assert.equal(
    [later?.run, later?.isLike, later?.earlier.length],
    [498, true, 1],
    'the newest with the same load is the one to compare with',
  );
  assert.is(shown('b'.repeat(64), '')?.isLike, false);
  assert.is(shown(), undefined);
  // Another rate, and a run that told nothing.
  assert.is.not(loadOf(reportOf({ load: { ...load, settings: { ...load.settings, rate: 51 } } })).load, same);
  assert.equal(loadOf(reportOf({ load: { ...load, verdict: 'inconclusive' } })), {});
});

t('several experiments: the worst of each figure, and only with the same ones', () => {
  const input = twoFaults({ ...usual, healthy: 52 });
  const both = reportOf({ load: judgeInTurn(input), victim: null });
  const { p95Steady, detectMs, recoveryMs, errorRate } = figuresOf(both);
  assert.equal([detectMs, recoveryMs], [1500, 12_000]);
  assert.ok(p95Steady !== null && p95Steady < 100 && errorRate !== null);
  const digest = (turns: typeof input.turns) => loadOf(reportOf({ load: { ...judgeInTurn({ ...input, turns }), verdict: 'missed' } })).load;
  assert.is(digest(input.turns), loadOf(both).load);
  const [first, second] = input.turns;
  assert.ok(first && second);
  const other = { ...second, chaos: { stopInstance: { from: 'web', at: 20, for: 21 } } };
  assert.is.not(digest([first, other]), loadOf(both).load);
  assert.is(figuresOf(reportOf({ load: judgeInTurn({ ...input, turns: [first, NOT_REACHED] }) })).recoveryMs, null);
});

t('nothing there, and an event that names no branch: nothing is compared', async (all) => {
  assert.is((await ask(all)).size, 0);
  keep(all, {});
  assert.is((await lastFigures({} as never, ['albedo-verify'], { ...context, defaultBranch: '' }, false)).size, 0);
});

t.run();
