/** On the sandbox: a change that empties a path asks for consent, targets left out stay, and what is of others goes only by consent. */

import { RevokeSecurityGroupIngressCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateRuleCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { describeDrift } from '../../reconciler/drift/describe.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { guard } from '../../reconciler/plan/guard.ts';
import type { Plan } from '../../reconciler/plan/types.ts';
import { type Bench, changesOf, contractSuite, converge, look, ready, type Spec } from '../support/contract-bench.ts';

const t = contractSuite('serving');

const group = (targets?: readonly Json[]): Json => ({
  port: 8080,
  deregistrationDelay: '1s',
  healthCheck: { path: '/status', interval: '5s', timeout: '2s' },
  ...(targets === undefined ? {} : { targets }),
});

const spec = (blue: Json, forward: Json, more: Spec = {}): Spec => ({
  stack: 'bluegreen',
  region: 'us-east-1',
  lint: { silence: ['plain-http'] },
  network: {
    vpc: { cidrBlock: '10.0.0.0/16' },
    subnets: {
      a: { availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24' },
      b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' },
    },
  },
  instances: { 'web-1': { subnet: 'a', app: 'flask-webserver' }, 'web-2': { subnet: 'b', app: 'flask-webserver' } },
  targetGroups: { blue, green: group() },
  loadBalancer: { name: 'bluegreen', subnets: ['a', 'b'] },
  listeners: { http: { protocol: 'HTTP', port: 80, forward }, ...more },
});
const BOTH = ['web-1', 'web-2'];
const weights = (blue: number, green: number): Json => ({
  targetGroups: [
    { targetGroup: 'blue', weight: blue },
    { targetGroup: 'green', weight: green },
  ],
});
const ALT: Spec = { alt: { protocol: 'HTTP', port: 8081, forward: 'blue' } };
const BASE = spec(group(BOTH), 'blue', ALT);

/** What guard says without any policy. */
async function refused(bench: Bench, wanted: Spec, mode: Plan['mode'] = 'apply', policy = {}): Promise<readonly string[]> {
  const { plan, observation } = await look(bench, wanted, mode);
  return guard(plan, observation.observed, policy).map(({ rule, address }) => `${rule} ${address}`);
}

const idOf = async (bench: Bench, address: string): Promise<string> =>
  (await look(bench, BASE)).observation.observed.live.find((entry) => entry.address === address)?.id ?? '';

t('what empties a path asks for consent', async (bench) => {
  await converge(bench, BASE);
  for (const [wanted, address] of [
    [spec(group([]), 'blue', ALT), 'targetGroup/blue'],
    [spec(group(BOTH), 'green', ALT), 'listener/http'],
    [spec(group(BOTH), weights(0, 0), ALT), 'listener/http'],
    [spec(group(BOTH), weights(50, 50), ALT), 'listener/http'],
  ] as const)
    assert.equal(await refused(bench, wanted), [`drop ${address}`]);
  assert.equal(await refused(bench, spec(group(BOTH), weights(1, 0), ALT)), []);
});

t('targets that are left out stay, whoever registered them', async (bench) => {
  const left = spec(group(), 'blue', ALT);
  assert.equal(changesOf((await look(bench, left)).plan), []);
  const [green, instance] = [await idOf(bench, 'targetGroup/green'), await idOf(bench, 'instance/web-1')];
  await bench.elb.send(new RegisterTargetsCommand({ TargetGroupArn: green, Targets: [{ Id: instance, Port: 8080 }] }));
  // Filled by others, it may serve: it is warmed up before requests go there.
  const moved = spec(group(), 'green', ALT);
  assert.equal(await refused(bench, moved), []);
  await converge(bench, moved);
  const states = async (): Promise<readonly (string | undefined)[]> => {
    const { TargetHealthDescriptions: targets = [] } = await bench.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: green }));
    return targets.map(({ TargetHealth }) => TargetHealth?.State);
  };
  // A check that comes too late on a busy machine makes it unhealthy for a moment.
  for (let tries = 0; tries < 120 && !(await states()).includes('healthy'); tries++)
    await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(await states(), ['healthy']);
  await converge(bench, BASE);
});

t('listeners and rules of others go with ours only by consent, and hold what they use', async (bench) => {
  const [alt, balancer, green] = [
    await idOf(bench, 'listener/alt'),
    await idOf(bench, 'loadBalancer/main'),
    await idOf(bench, 'targetGroup/green'),
  ];
  const fixed = { Type: 'fixed-response' as const, FixedResponseConfig: { StatusCode: '200' } };
  const rule = (Priority: number, path: string, action: object) =>
    bench.elb.send(
      new CreateRuleCommand({
        ListenerArn: alt,
        Priority,
        Conditions: [{ Field: 'path-pattern', Values: [path] }],
        Actions: [action as typeof fixed],
      }),
    );
  await rule(5, '/theirs/*', fixed);
  await bench.elb.send(new CreateListenerCommand({ LoadBalancerArn: balancer, Protocol: 'HTTP', Port: 9000, DefaultActions: [fixed] }));
  const { plan } = await look(bench, BASE);
  assert.equal(plan.notes.filter(({ kind }) => kind === 'foreign').length, 2);
  const without = spec(group(BOTH), 'blue');
  assert.equal(await refused(bench, without), ['foreign listener/alt', 'destroy listener/alt']);
  assert.equal(await refused(bench, without, 'apply', { allowDestroy: ['*'], allowDestroyForeign: ['listener/alt'] }), []);
  assert.equal(await refused(bench, BASE, 'destroy'), ['foreign loadBalancer/main', 'foreign listener/alt']);
  assert.equal(await refused(bench, BASE, 'destroy', { allowDestroyForeign: ['loadBalancer/main'] }), []);
  await rule(6, '/more/*', { Type: 'forward', TargetGroupArn: green });
  const { targetGroups } = BASE as { targetGroups: { blue: Json } };
  const noGreen: Spec = { ...BASE, targetGroups: { blue: targetGroups.blue } };
  assert.ok((await refused(bench, noGreen)).includes('in-use targetGroup/green'));
});

t('what is lost now, and what does not run, is told', async (bench) => {
  const group1 = await idOf(bench, 'securityGroup/load-balancer');
  await bench.ec2.send(
    new RevokeSecurityGroupIngressCommand({
      GroupId: group1,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    }),
  );
  await bench.ec2.send(new StopInstancesCommand({ InstanceIds: [await idOf(bench, 'instance/web-2')] }));
  // The instance stops, and the load balancer finds out, after a while.
  const isTold = ({ plan }: Awaited<ReturnType<typeof look>>): boolean =>
    plan.notes.filter(({ kind, text }) => kind === 'unfinished' && /stopped|unused|unhealthy/.test(text)).length >= 2;
  let previewed = await look(bench, BASE);
  for (let tries = 0; tries < 60 && !isTold(previewed); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    previewed = await look(bench, BASE);
  }
  const drift = describeDrift({ file: 'x.yaml', spec: ready(BASE) }, previewed);
  assert.equal(
    drift.differences.map(({ address, grade }) => [address, grade]),
    [['securityGroup/load-balancer', 'drop']],
  );
  assert.match(drift.differences[0]?.losses?.join() ?? '', /connect to listener http \(HTTP 80\)/);
  const told = drift.notes.flatMap(({ kind, address, text }) => (kind === 'unfinished' ? [`${address} ${text}`] : [])).join('\n');
  assert.match(told, /instance\/web-2 it is stop/);
  assert.match(told, /targetGroup\/blue target web-2 is (unhealthy|unused)/);
});

t.run();
