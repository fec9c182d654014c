/** The figures of the default branch: from its own runs only, the newest, whatever lies in an artifact. */

import * as assert from 'uvu/assert';
import { lastFigures } from '../../../action/baseline.ts';
import { readContext } from '../../../action/context.ts';
import { openGitHub } from '../../../action/github.ts';
import { blank } from '../../../action/outcome.ts';
import { type ResultFile, resultOf } from '../../../action/result.ts';
import { realClock } from '../../../reconciler/run/pipeline.ts';
import { type GitHub, startGitHub } from '../../support/github/server.ts';
import { suite } from '../../support/suite.ts';

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
const ask = ({ github }: { github: GitHub }, names = ['albedo-verify']) =>
  lastFigures(
    openGitHub({ apiUrl: github.url, clock: realClock, token: github.state.jobToken(REPOSITORY, { actions: 'read' }) }),
    names,
    context,
  );

interface Kept {
  readonly p95?: number;
  readonly branch?: string;
  readonly headRepository?: string;
  readonly name?: string;
  readonly command?: string;
  readonly text?: string;
}
function keep({ github: { state } }: { github: GitHub }, { p95 = 1, branch = 'main', name = 'albedo-verify', ...more }: Kept): number {
  const run = state.addRun(REPOSITORY, {
    ...{ workflow: '.github/workflows/albedo-verify.yml', event: 'push', headBranch: branch, conclusion: 'success' },
    headSha: state.repository(REPOSITORY).refs.get('refs/heads/main') ?? '',
    ...(more.headRepository === undefined ? {} : { headRepository: more.headRepository }),
  } as never);
  const inputs = { command: more.command ?? 'verify', sandbox: false } as never;
  const result = resultOf(inputs, context, [blank('web', 'us-east-1', 'web.yaml', 1)], 1);
  const [stack] = result.stacks;
  const file = { ...result, stacks: [{ ...stack, figures: { ...stack?.figures, p95Fault: p95 } }] } as ResultFile;
  state.addArtifact(REPOSITORY, run.id, name, { 'verify/result.json': more.text ?? JSON.stringify(file), 'result.json': '{}' });
  return run.id;
}

t('the newest load test of the default branch, by region and stack', async (all) => {
  keep(all, { p95: 1 });
  const run = keep(all, { p95: 2 });
  const found = await ask(all);
  assert.equal([...found.keys()], ['us-east-1/web']);
  assert.equal(found.get('us-east-1/web'), {
    ...{ branch: 'main', run },
    figures: { p95Steady: null, p95Fault: 2, errorRate: null, detectMs: null, failoverMs: null, recoveryMs: null },
  });
});

const WRONG: Readonly<Record<string, Kept>> = {
  'another branch': { branch: 'change' },
  'a branch of a fork by the same name': { headRepository: FORK },
  'another artifact': { name: 'other' },
  'an apply': { command: 'apply' },
  'no result file': { text: '{"version": 1}' },
  'no JSON': { text: 'x' },
};
for (const [what, kept] of Object.entries(WRONG))
  t(`${what} is nothing to compare with, and the one before it counts`, async (all) => {
    keep(all, { p95: 7 });
    keep(all, { p95: 8, ...kept });
    assert.is((await ask(all)).get('us-east-1/web')?.figures.p95Fault, 7);
  });

t('nothing there, and an event that names no branch: nothing is compared', async (all) => {
  assert.is((await ask(all)).size, 0);
  keep(all, {});
  assert.is((await lastFigures({} as never, ['albedo-verify'], { ...context, defaultBranch: '' })).size, 0);
});

t.run();
