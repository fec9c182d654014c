/** The action: a load test of a pull request whose load the pods of a cluster send, as the comment and the outputs tell of it. */
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import type { Report } from '../../reconciler/report/report.ts';
import { environmentOf as awsOf } from '../../sandbox/control.ts';
import { openRunner, type Runner, type StepInput } from '../support/action-bench.ts';
import { type Bench as Aws, apply, contractSuite } from '../support/contract-bench.ts';
import { eventPayload } from '../support/github/events.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import { type Bench, environmentOf, left, makeNamespace, openBench } from './bench.ts';
import { missing } from './cluster.ts';
import { spec } from './story.ts';

const lacking = missing();
const t = contractSuite('the action with a cluster');

const REPOSITORY = 'acme/shop';
const FILE = 'environments/prod/webserver.yaml';

/** A pull request with the spec, and a step of its workflow that is given the cluster. */
async function step(
  aws: Aws,
  tell: (context: {
    readonly bench: Bench;
    readonly runner: Runner;
    readonly github: GitHub;
    inputOf(namespace: string): StepInput;
  }) => Promise<void>,
): Promise<void> {
  const [github, runner, bench] = [await startGitHub(), await openRunner(), await openBench()];
  try {
    await apply(aws, spec());
    await aws.sandbox.settled();
    const { state } = github;
    const text = stringify(spec());
    state.addRepository(REPOSITORY, { files: { 'README.md': 'x' } });
    const { sha } = state.commit(REPOSITORY, 'change', { files: { [FILE]: text } });
    const { number } = state.openPull(REPOSITORY, { title: 'A load balancer', head: 'change', user: 'ana' } as never);
    const token = state.jobToken(REPOSITORY, { 'pull-requests': 'write' });
    runner.write(FILE, text);
    runner.write('environments/prod/environment.yaml', 'loadPods: { labels: { example.com/team: shop } }\n');
    let run = 0;
    const inputOf = (namespace: string): StepInput => {
      const { KUBECONFIG = '', ALBEDO_KUBECTL = '' } = environmentOf(bench, 'default');
      return {
        inputs: {
          ...{ command: 'verify', spec: 'environments', 'github-token': token, 'job-token': token },
          ...{ engine: 'kubernetes', shards: '2', 'start-in': '25s', namespace },
        },
        ...{ repository: REPOSITORY, apiUrl: github.url, event: 'pull_request', sha, run: ++run },
        env: { ...awsOf(aws.sandbox), KUBECONFIG, ALBEDO_KUBECTL, ALBEDO_K6: bench.k6 },
        payload: eventPayload('pull_request', state, { repository: REPOSITORY, number, action: 'opened' }),
      };
    };
    await tell({ bench, runner, github, inputOf });
  } finally {
    await bench.stop();
    runner.remove();
    await github.stop();
  }
}

if (lacking === '')
  t('verify with engine: kubernetes is judged and told like any load; a cluster that refuses is no pass', (aws) =>
    step(aws, async ({ bench, runner, github, inputOf }) => {
      const comment = (): string => [...github.state.repository(REPOSITORY).comments.values()].at(-1)?.body ?? '';
      await makeNamespace(bench, 'action');
      const verify = runner.main(inputOf('action'));
      await verify.until(/pods send for another/);
      const team = ['get', 'pods', '-n', 'action', '-l', 'example.com/team=shop', '-o', 'name'];
      assert.is(
        bench.cluster
          .kubectl(...team)
          .trim()
          .split('\n').length,
        2,
        'the pods of environment.yaml',
      );
      const end = await verify.end;
      assert.is(end.code, 0, end.out);
      assert.equal([end.outputs['verdict'], end.outputs['exit-code'], end.outputs['failure-reason']], ['pass', '0', '']);
      assert.match(comment(), /✅/, comment());
      const { load } = JSON.parse(runner.read('.runner/temp/albedo-report/us-east-1/webserver/report.json')) as Report;
      assert.equal(
        load?.shards.map(({ exitCode, problem }) => [exitCode, problem]),
        [
          [0, ''],
          [0, ''],
        ],
      );
      assert.equal(left(bench, 'action'), []);

      // There the user has no role.
      bench.cluster.kubectl('create', 'namespace', 'foreign');
      const refused = await runner.main(inputOf('foreign')).end;
      assert.is(refused.code, 1, refused.out);
      assert.equal([refused.outputs['verdict'], refused.outputs['exit-code']], ['failed', '9'], refused.outputs['failure-reason']);
      for (const text of [refused.out, comment()]) assert.match(text, /jobs.batch is forbidden: User "loader" cannot list resource "jobs"/);
      assert.match(refused.out, 'docs/examples/kubernetes/role.yaml');
      assert.not.match(comment(), /✅/);
    }),
  );
else t(`left out, for want of ${lacking}`, () => undefined);

t.run();
