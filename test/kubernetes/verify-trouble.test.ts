/** The command itself, with a cluster that is lost or refuses: no pass, and nothing is left unsaid. */
import { DescribeLoadBalancerAttributesCommand, DescribeLoadBalancersCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { type Bench as Aws, contractSuite, withAt } from '../support/contract-bench.ts';
import { until } from '../support/faults-cli.ts';
import { sampled } from '../support/sample.ts';
import { left } from './bench.ts';
import { missing } from './cluster.ts';
import { kubeconfigOfNobody, running, spec, story } from './story.ts';

const lacking = missing();
const t = contractSuite('verify from a cluster in trouble');

/** Of the one load balancer, seconds. */
async function idleTimeout({ elb }: Aws): Promise<string | undefined> {
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}));
  const { LoadBalancerArn } = LoadBalancers[0] ?? {};
  const { Attributes = [] } = await elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }));
  return Attributes.find(({ Key }) => Key === 'idle_timeout.timeout_seconds')?.Value;
}

const CASES: [string, (aws: Aws) => Promise<void>][] = [];
const rare = (...entry: (typeof CASES)[number]): void => void CASES.push(entry);

if (lacking === '') {
  rare('a cluster that cannot be used: what to do is said, nothing is broken and nothing is left', (aws) =>
    story(aws, 'unusable', async (_, start, place, env) => {
      const { KUBECONFIG = '', ALBEDO_KUBECTL = '' } = env;
      for (const [wrong, status, said, todo] of [
        [{ ALBEDO_KUBECTL: '/nonexistent/kubectl' }, 1, 'could not be started', 'Install kubectl'],
        [
          { KUBECONFIG: await kubeconfigOfNobody(place) },
          9,
          'kubectl get failed (exit status 1): The connection to the server 127.0.0.1:',
          'Check the kubeconfig',
        ],
      ] as const) {
        Object.assign(env, { KUBECONFIG, ALBEDO_KUBECTL, ...wrong });
        const { code, stdout, stderr } = await start().ended;
        assert.is(code, status, stdout + stderr);
        assert.match(stderr, said);
        assert.match(stderr, todo);
        assert.not.match(stderr, /stopping web|could not be deleted/);
      }
      assert.is(await running(aws), 2);
    }),
  );

  rare('apply --verify changes nothing where its load could not be sent', (aws) =>
    story(
      aws,
      'not-ready',
      async (_, start, place, env) => {
        const { ALBEDO_KUBECTL = '' } = env;
        for (const [wrong, status, said] of [
          [{ ALBEDO_KUBECTL: '/nonexistent/kubectl' }, 1, 'could not be started'],
          [
            { KUBECONFIG: await kubeconfigOfNobody(place) },
            9,
            'kubectl get failed (exit status 1): The connection to the server 127.0.0.1:',
          ],
        ] as const) {
          Object.assign(env, { ALBEDO_KUBECTL, ...wrong });
          const { code, stdout, stderr } = await start('--verify').ended;
          assert.is(code, status, stdout + stderr);
          assert.match(stderr, said);
        }
        assert.is(await idleTimeout(aws), '60', 'the stack is as it was');
      },
      { command: 'apply', asked: withAt(spec(), ['loadBalancer', 'idleTimeout'], '75s'), live: spec() },
    ),
  );

  rare('an API server that is lost for good: no verdict, what was stopped is started, and what is left is named', (aws) =>
    story(aws, 'lost', async (bench, start) => {
      const command = start();
      await command.says(/pods send for another/);
      await bench.cluster.loseServer();
      const { code, stdout, stderr } = await command.ended;
      assert.is(code, 9, stdout + stderr);
      assert.match(stderr, /the cluster did not say for \d+ s what the pods of job\/albedo-webserver-\w+ do: kubectl get failed/);
      assert.match(stderr, /could not be deleted: .*Kubernetes ends the pods by \d\d:\d\d UTC/);
      assert.not.match(stdout, /\bpass\b/i);
      assert.is(await running(aws), 2);
      await bench.cluster.againServer();
      assert.ok(left(bench, 'lost').length > 0);
      const [, typed = ''] = /To delete it now: `kubectl ([^`]+)`/.exec(stderr) ?? [];
      bench.cluster.kubectl('-n', 'lost', ...typed.split(' '));
      await until('the end of the Job', () => left(bench, 'lost').length === 0, 60_000);
    }),
  );

  for (const [name, act] of sampled(CASES, 4)) t(name, act);
} else t(`left out, for want of ${lacking}`, () => undefined);

t.run();
