/** A list of two experiments, from the pull request to its comment: what came of each, and how it compares with the last runs of main. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readContext } from '../../action/context.ts';
import { blank } from '../../action/outcome.ts';
import { type Figures, type ResultFile, resultOf } from '../../action/result.ts';
import { loadDigest } from '../../reconciler/run/verify-terms.ts';
import { ROOT } from '../support/act/runner.ts';
import { ACCOUNT, endedWith, openStory, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { readStackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const EXPERIMENTS = `experiments:
  - deregisterTarget: { from: web, target: web-2, at: 3s, for: 3s }
  - stopInstance: { from: web, instance: web-1, at: 3s, for: 3s }`;
/** The project's own stack, with a load as short as it can be, and objectives that a busy machine meets too. */
const OWN = readFileSync(join(ROOT, 'environments/sandbox/webserver.yaml'), 'utf8')
  .replace(/^load: .*$/m, 'load: { script: k6/load.ts, rate: 10/s, duration: 60s }')
  .replace(/^chaos: .*$/m, EXPERIMENTS)
  .replace(/^objectives: .*$/m, 'objectives: { errorRate: "< 95%" }');
const t = suite('a list of experiments', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory({
    files: { [SPEC]: OWN },
    aws: { dataplane: true, healthy: false, timings: { instanceStopping: 300, instancePending: 100, loadBalancerProvisioning: 100 } },
  });
  all.story.vars = { ...ACCOUNT, ALBEDO_CHAOS_ROLE: 'arn:aws:iam::123456789012:role/albedo-chaos' };
});
t.after(({ story }) => story.stop());

/** A load test of main, as an earlier run of the workflow left it, of the same load and the same faults. */
function ranBefore({ github: { state } }: Story, figures: Figures): void {
  const { load, experiments = [] } = readStackText(OWN).settings;
  const of = experiments.map((chaos) => ({ name: Object.keys(chaos)[0], load: { chaos } }));
  const run = state.addRun(SHOP, {
    ...{ workflow: '.github/workflows/albedo-apply.yml', event: 'push', headBranch: 'main', conclusion: 'success' },
    headSha: state.repository(SHOP).refs.get('refs/heads/main') ?? '',
  } as never);
  const context = { ...readContext({ GITHUB_REPOSITORY: SHOP, GITHUB_RUN_ID: String(run.id) }), defaultBranch: 'main' };
  const told = resultOf({ command: 'verify', sandbox: false } as never, context, [blank('webserver', 'us-east-1', SPEC, 1)], 1);
  const digest = loadDigest({ settings: load, chaos: null, experiments: of as never });
  const file: ResultFile = { ...told, stacks: told.stacks.map((each) => ({ ...each, figures, load: digest })) };
  state.addArtifact(SHOP, run.id, 'albedo-verify', { 'result.json': JSON.stringify(file) });
}

/** So far apart that whatever is measured lies between them. */
const LEAST: Figures = { p95Steady: 1, p95Fault: 1, errorRate: 0, detectMs: 1, failoverMs: 1, recoveryMs: 1 };
const MOST: Figures = { p95Steady: 9000, p95Fault: 9000, errorRate: 0.9, detectMs: 90_000, failoverMs: 90_000, recoveryMs: 300_000 };

async function merged(story: Story, branch: string, idle: string): Promise<string> {
  const number = story.open(branch, { [SPEC]: OWN.replace('ipAddressType: ipv4', `ipAddressType: ipv4\n  idleTimeout: ${idle}`) });
  endedWith(await story.plan(number), 'success');
  endedWith(await story.merge(number), 'success');
  return story.comment(number);
}

/** The verdict of the list, and a part for each experiment in its order. */
function tellsOfBoth(body: string): void {
  assert.match(body, /^### ✅ <code>webserver<\/code>: survived 2 experiments: deregisterTarget of web-2, stopInstance of web-1\n/);
  assert.match(
    body,
    /<summary>✅ Experiment 1: deregisterTarget, web-2 deregistered: pass[\s\S]*<summary>✅ Experiment 2: stopInstance, web-1 stopped: pass/,
  );
}

t('the comment has the verdict of each, and nothing that is worse than in the last runs of main', async ({ story }) => {
  for (const figures of [LEAST, MOST]) ranBefore(story, figures);
  const body = await merged(story, 'usual', '71s');
  tellsOfBoth(body);
  assert.match(body, 'Nothing is worse than in the last 2 load tests of main by more than their usual variation.');
  assert.match(body, /\| recovery \| .* \| [\d.]+ s/, 'the worse of both recoveries, beside the last one');
});

t('a recovery that takes longer than in the last runs of main, beyond their noise, is said; what is as usual is not', async ({ story }) => {
  for (const recoveryMs of [300, 310, 305, 300, 320, 310]) ranBefore(story, { ...(recoveryMs % 20 === 0 ? LEAST : MOST), recoveryMs });
  const body = await merged(story, 'worse', '73s');
  tellsOfBoth(body);
  assert.match(body, '⚠️ Worse than in the last 6 load tests of main, by more than their usual variation: recovery.');
  assert.match(body, /\| recovery \| 0\.3 s \|/);
  assert.match(body, /\*\*[\d.]+ s\*\*, worse \(usual /);
});

t.run();
