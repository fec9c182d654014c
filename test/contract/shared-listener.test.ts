/** Rules and groups on a listener that another team owns: in a range of priorities, and nothing else of it is touched. */
import {
  CreateRuleCommand,
  DeleteListenerCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { ReconcileError } from '../../reconciler/errors.ts';
import { type Bench, changesOf, contractSuite, converge, look, namesOf, type Spec, withAt, writesOf } from '../support/contract-bench.ts';
import { handMadeBalancer, handMadeListener, handMadeNetwork, handMadeRule } from '../support/hand-made.ts';
import { rejects } from '../support/rejects.ts';

const t = contractSuite('a listener of another team', { dataplane: false, fresh: true });

interface Theirs {
  readonly listener: string;
  readonly spec: Spec;
}

const answer = (body: string) => ({ fixedResponse: { statusCode: '200', messageBody: body } });

async function makeTheirs(bench: Bench): Promise<Theirs> {
  const network = await handMadeNetwork(bench);
  const balancer = await handMadeBalancer(bench, network, 'platform');
  const fixed = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } } as const;
  const listener = await handMadeListener(bench, balancer, 80, fixed);
  for (const priority of [1, 100, 102, 49_000])
    await handMadeRule(
      bench,
      listener,
      priority,
      [{ Field: 'path-pattern', PathPatternConfig: { Values: [`/theirs-${priority}`] } }],
      [fixed],
    );
  const spec: Spec = {
    stack: 'guest',
    region: 'us-east-1',
    network: { vpc: { id: network.vpc } },
    targetGroups: { web: { targetType: 'ip', port: 8080, targets: [{ ip: '10.0.1.9' }] } },
    listeners: {
      shared: {
        arn: listener,
        priorities: '100-109',
        rules: { web: { if: { path: ['/web/*'] }, forward: 'web' }, hello: { if: { path: ['/hello'] }, ...answer('hello') } },
      },
    },
  };
  return { listener, spec };
}

async function rulesAt({ elb }: Bench, listener: string): Promise<readonly (readonly [string, string])[]> {
  const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn: listener }));
  return Rules.filter(({ IsDefault }) => IsDefault !== true)
    .map(({ Priority = '', Conditions = [] }) => [Priority, Conditions[0]?.PathPatternConfig?.Values?.[0] ?? ''] as const)
    .sort(([a], [b]) => Number(a) - Number(b));
}

const THEIRS = [
  ['1', '/theirs-1'],
  ['100', '/theirs-100'],
  ['102', '/theirs-102'],
  ['49000', '/theirs-49000'],
] as const;

/** Nobody serves: targets are healthy as soon as they are registered. */
function keepHealthy({ sandbox }: Bench): () => void {
  const timer = setInterval(() => {
    for (const { arn, targets } of sandbox.elbv2.targetGroups())
      for (const { id, port } of targets) sandbox.elbv2.reportHealth(arn, id, port, { state: 'healthy' });
  }, 50);
  return () => clearInterval(timer);
}

t('made in the range around those of others, changed, and destroyed without them', async (bench) => {
  const { listener, spec } = await makeTheirs(bench);
  const stop = keepHealthy(bench);
  try {
    const since = bench.sandbox.calls().length;
    const made = await converge(bench, spec);
    assert.equal([...namesOf(made.plan)].sort(), ['create rule/shared.hello', 'create rule/shared.web', 'create targetGroup/web']);
    assert.equal(
      made.plan.notes.filter(({ kind }) => kind === 'foreign'),
      [],
      'rules of others are no news here',
    );
    const rules = await rulesAt(bench, listener);
    const own = rules.filter(([, path]) => !path.startsWith('/theirs'));
    assert.equal(
      own.map(([, path]) => path),
      ['/web/*', '/hello'],
      'in the order of the file',
    );
    assert.ok(own.every(([priority]) => Number(priority) >= 100 && Number(priority) <= 109));
    assert.equal(
      rules.filter(([, path]) => path.startsWith('/theirs')),
      THEIRS,
    );
    const more = withAt(spec, ['listeners', 'shared', 'rules', 'first'], { priority: 101, if: { path: ['/first'] }, ...answer('first') });
    const moved = await converge(bench, more);
    assert.ok(
      (await rulesAt(bench, listener)).some(([priority, path]) => priority === '101' && path === '/first'),
      String(namesOf(moved.plan)),
    );
    const touched = new Set(writesOf(bench, since));
    for (const call of ['ModifyListener', 'DeleteListener', 'CreateListener', 'CreateLoadBalancer']) assert.not(touched.has(call), call);
    await converge(bench, more, 'destroy');
    assert.equal(await rulesAt(bench, listener), THEIRS);
    assert.equal((await bench.elb.send(new DescribeTargetGroupsCommand({}))).TargetGroups, []);
  } finally {
    stop();
  }
});

t('a new group is warmed up by a rule within the range before requests are led to it', async (bench) => {
  const { listener, spec } = await makeTheirs(bench);
  const stop = keepHealthy(bench);
  try {
    await converge(bench, spec);
    const replaced = withAt(spec, ['targetGroups', 'web', 'port'], 9090);
    const { plan } = await look(bench, replaced);
    const warm = plan.steps.find(({ id }) => id.startsWith('rule/shared.warm-up@web:create'));
    const { Priority, ListenerArn } = (warm?.input ?? {}) as { readonly Priority?: number; readonly ListenerArn?: string };
    assert.is(ListenerArn, listener);
    assert.ok(Priority !== undefined && Priority >= 100 && Priority <= 109 && ![100, 102].includes(Priority), String(Priority));
    await converge(bench, replaced);
    assert.is((await rulesAt(bench, listener)).length, THEIRS.length + 2, 'the warm-up is gone');
  } finally {
    stop();
  }
});

t('a range that others fill, a priority of theirs, and a listener that is not there are told before anything is made', async (bench) => {
  const { listener, spec } = await makeTheirs(bench);
  const since = bench.sandbox.calls().length;
  const said = async (wrong: Spec): Promise<string> => {
    const error = await rejects(look(bench, wrong), ReconcileError);
    return JSON.stringify([error.message, error.cause]);
  };
  assert.match(await said(withAt(spec, ['listeners', 'shared', 'priorities'], '100-102')), /1 are free for 2 rules/);
  assert.match(
    await said(withAt(spec, ['listeners', 'shared', 'rules', 'web', 'priority'], 102)),
    /Priority 102 is used by a rule that does not belong to this stack/,
  );
  assert.match(await said(withAt(spec, ['listeners', 'shared', 'arn'], listener.replace(/.{4}$/, '0000'))), /ListenerNotFound|not found/i);
  assert.equal(writesOf(bench, since), []);
});

t('destroyed although the listener is gone', async (bench) => {
  const { listener, spec } = await makeTheirs(bench);
  const stop = keepHealthy(bench);
  try {
    await converge(bench, spec);
    await bench.elb.send(new DeleteListenerCommand({ ListenerArn: listener }));
    await converge(bench, spec, 'destroy');
    assert.equal((await bench.elb.send(new DescribeTargetGroupsCommand({}))).TargetGroups, []);
  } finally {
    stop();
  }
});

t('drift: a rule of others that comes is passed over, one of ours that goes is made again', async (bench) => {
  const { listener, spec } = await makeTheirs(bench);
  const bare = withAt(withAt(spec, ['targetGroups'], undefined), ['listeners', 'shared', 'rules', 'web'], undefined);
  await converge(bench, bare);
  await bench.elb.send(
    new CreateRuleCommand({
      ListenerArn: listener,
      Priority: 105,
      Conditions: [{ Field: 'path-pattern', Values: ['/theirs-105'] }],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
    }),
  );
  assert.equal(changesOf((await look(bench, bare)).plan), []);
});

t.run();
