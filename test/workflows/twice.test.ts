/** A team calls plan.yml twice in one run, once an environment: the same stack name in both, and neither takes the other's place. */
import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { parseResult } from '../../action/result.ts';
import { readMarker } from '../../reconciler/report/comment-marker.ts';
import { endedWith, openStory, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const FROM = `example/albedo@${'0123456789'.repeat(4)}`;
const ENVIRONMENTS = ['stage', 'prod'] as const;
const t = suite('two calls of a workflow', {} as { story: Story });

/** A caller of the team's own, with a job an environment. */
function caller(): string {
  const [repository = '', commit = ''] = FROM.split('@');
  const jobs = ENVIRONMENTS.map(
    (name) => `  ${name}:
    name: ${name}
    permissions: { actions: read, contents: read, id-token: write, pull-requests: write, checks: write }
    uses: ${repository}/.github/workflows/plan.yml@${commit} # v1.0.0
    with:
      spec: environments/${name}
      role: $\{{ vars.ALBEDO_PLAN_ROLE }}
      region: $\{{ vars.AWS_REGION }}
      account: $\{{ vars.AWS_ACCOUNT_ID }}
      artifact: plan-${name}
      comment-key: ${name}
      runner: '["ubuntu-24.04"]'
`,
  );
  return `name: plans\non:\n  pull_request:\npermissions: {}\njobs:\n${jobs.join('')}`;
}

t.before(async (all) => {
  all.story = await openStory({ copied: { from: FROM, files: { 'albedo-plan.yml': caller() } } });
});
t.after(({ story }) => story.stop());

t('each has its artifact and its comment, and rewrites its own', async ({ story }) => {
  const files = (seconds: number) =>
    Object.fromEntries(
      ENVIRONMENTS.map((name) => [
        `environments/${name}/webserver.yaml`,
        stackText().replace('idleTimeout: 90s', `idleTimeout: ${seconds}s`),
      ]),
    );
  const number = story.open('both', files(90));
  const end = endedWith(await story.plan(number), 'success');
  assert.equal(readdirSync(end.artifacts).sort(), ['plan-prod', 'plan-stage']);
  for (const name of ENVIRONMENTS) {
    const { stacks } = parseResult(end.artifact(`plan-${name}`, 'result.json'), name);
    assert.equal(
      stacks.map(({ stack, file }) => [stack, file]),
      [['webserver', `environments/${name}/webserver.yaml`]],
    );
  }
  const keys = () =>
    story
      .comments(number)
      .map(({ body }) => readMarker(body)?.key)
      .sort();
  assert.equal(keys(), ['prod', 'stage']);
  endedWith(await story.plan(number, 'synchronize'), 'success');
  assert.equal(keys(), ['prod', 'stage']);
});

t.run();
