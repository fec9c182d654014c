/** AWS FIS in the sandbox: what is refused, and that an experiment stops and starts as its role, until an alarm, the lever or a call ends it. */
import { createHash } from 'node:crypto';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import { DEFAULT_TIMINGS } from '../../../sandbox/timings.ts';
import { clientOptions, type Ec2Bench, ec2Suite, group, stateOf, subnet, vpc } from '../../support/ec2-bench.ts';

const t = ec2Suite('sandbox: experiments of FIS');
const ACCOUNT = '123456789012';
const ALARM = `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:shop-5xx`;

async function ask({ sandbox }: Ec2Bench, method: string, path: string, body?: unknown, key = 'sandbox', region = 'us-east-1') {
  const answer = await fetch(`${sandbox.endpoint}${path}`, {
    method,
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261130/${region}/fis/aws4_request, Signature=x` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: whatever the answer holds
  const json = (await answer.json()) as any;
  return { status: answer.status, code: json['__type'] as string | undefined, json };
}

const SOURCE = {
  StringEquals: { 'aws:SourceAccount': ACCOUNT },
  ArnLike: { 'aws:SourceArn': `arn:aws:fis:us-east-1:${ACCOUNT}:experiment/*` },
};
/** A role that lets FIS in, and may what it needs on instances of the stack. Answers its ARN. */
async function role({ sandbox }: Ec2Bench, service = 'fis.amazonaws.com', stack = 'live', condition: object = SOURCE): Promise<string> {
  const RoleName = `r-${createHash('sha256')
    .update(JSON.stringify([service, stack, condition]))
    .digest('hex')
    .slice(0, 12)}`;
  const iam = new IAMClient(clientOptions(sandbox));
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole', Condition: condition }],
  };
  const may = {
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Allow', Action: ['ec2:StopInstances', 'ec2:StartInstances'], Resource: '*' },
        Condition: { StringEquals: { 'aws:ResourceTag/albedo:stack': stack } },
      },
    ],
  };
  const made = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument: JSON.stringify(may) }));
  iam.destroy();
  return made.Role?.Arn ?? '';
}

async function running(bench: Ec2Bench): Promise<string> {
  const vpcId = await vpc(bench);
  const made = await bench.ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: bench.image, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1, SubnetId: await subnet(bench, vpcId) },
      SecurityGroupIds: [await group(bench, vpcId)],
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'albedo:stack', Value: 'live' }] }],
    }),
  );
  bench.sandbox.clock.advance(DEFAULT_TIMINGS.instancePending);
  return made.Instances?.[0]?.InstanceId ?? '';
}

const template = (roleArn: string, id: string, more: object = {}) => ({
  ...{ clientToken: 'a', description: 'd', roleArn, tags: { 'albedo:stack': 'live' } },
  stopConditions: [{ source: 'aws:cloudwatch:alarm', value: ALARM }],
  targets: {
    one: { resourceType: 'aws:ec2:instance', selectionMode: 'ALL', resourceArns: [`arn:aws:ec2:us-east-1:${ACCOUNT}:instance/${id}`] },
  },
  actions: {
    stop: { actionId: 'aws:ec2:stop-instances', parameters: { startInstancesAfterDuration: 'PT1M30S' }, targets: { Instances: 'one' } },
  },
  ...more,
});
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Begins an experiment; answers how it is now, and a way to let time pass. */
/** What instances do takes time of its own, however far the clock is moved. */
const PATIENCE_MS = 60_000;

async function begin(bench: Ec2Bench, body: object) {
  const made = await ask(bench, 'POST', '/experimentTemplates', body);
  assert.is(made.status, 200, JSON.stringify(made.json));
  const started = await ask(bench, 'POST', '/experiments', { clientToken: 's', experimentTemplateId: made.json.experimentTemplate.id });
  assert.is(started.json.experiment?.state.status, 'pending', JSON.stringify(started.json));
  const { id } = started.json.experiment;
  const now = async () => (await ask(bench, 'GET', `/experiments/${id}`)).json.experiment;
  const until = async (status: string) => {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
      if ((await now()).state.status === status) return now();
      bench.sandbox.clock.advance(250);
      await turn();
    }
    return now();
  };
  return { id: String(id), template: String(made.json.experimentTemplate.id), now, until };
}
const became = async (bench: Ec2Bench, id: string, state: string): Promise<string | undefined> => {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end && (await stateOf(bench, id)) !== state; ) await turn();
  return stateOf(bench, id);
};

t('pending, initiating, running; the instance stops, and starts again when the time is over', async (bench) => {
  const id = await running(bench);
  const { now, until } = await begin(bench, template(await role(bench), id));
  assert.is((await until('initiating')).actions.stop.state.status, 'pending');
  const { actions } = await until('running');
  assert.is(actions.stop.state.status, 'running');
  assert.ok(Math.abs(actions.stop.startTime - bench.sandbox.clock.now() / 1000) < 5);
  assert.is(await became(bench, id, 'stopping'), 'stopping');
  bench.sandbox.clock.advance(DEFAULT_TIMINGS.instanceStopping);
  assert.is(await became(bench, id, 'stopped'), 'stopped');
  bench.sandbox.clock.advance(89_000 - DEFAULT_TIMINGS.instanceStopping);
  await turn();
  assert.equal([(await now()).state.status, await stateOf(bench, id)], ['running', 'stopped'], 'it came too early');
  assert.is((await until('completed')).actions.stop.state.status, 'completed');
  assert.is(await became(bench, id, 'pending'), 'pending');
});

t('an alarm, the lever and StopExperiment end it: the instance starts, and the reason says by whom', async (bench) => {
  const { sandbox } = bench;
  const post = async (path: string, body: unknown) =>
    (await fetch(`${sandbox.endpoint}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) })).status;
  const ends: readonly [() => Promise<number>, RegExp][] = [
    [() => post('alarm', { name: 'shop-5xx', state: 'ALARM', region: 'us-east-1' }), /halted by stop condition/],
    [() => post('safety-lever', { status: 'engaged', reason: 'sale', region: 'us-east-1' }), /lever/],
    [async () => (await ask(bench, 'DELETE', `/experiments/${sandbox.experiments.states()[0]?.id}`)).status, /by user/],
  ];
  for (const [end, reason] of ends) {
    await sandbox.reset();
    const id = await running(bench);
    const { until } = await begin(bench, template(await role(bench), id));
    await until('running');
    assert.is(await became(bench, id, 'stopping'), 'stopping');
    assert.is(await end(), 200);
    const { state } = await until('stopped');
    assert.is(state.status, 'stopped');
    assert.match(state.reason, reason);
    sandbox.clock.advance(1000);
    assert.match((await stateOf(bench, id)) ?? '', /pending|running/);
  }
  for (const body of [{}, { name: 'a', state: 'RINGS', region: 'us-east-1' }, { name: 'a', state: 'OK' }])
    assert.is(await post('alarm', body), 400, JSON.stringify(body));
});

t('before it runs nothing is stopped: a role that lets it not in, an alarm that is in ALARM, a call that ends it', async (bench) => {
  const { sandbox } = bench;
  const rows: readonly [string, () => Promise<string>, (experiment: string) => Promise<unknown>, string][] = [
    ['no role', async () => `arn:aws:iam::${ACCOUNT}:role/none`, async () => undefined, 'failed'],
    ['of another service', () => role(bench, 'scheduler.amazonaws.com'), async () => undefined, 'failed'],
    [
      'of another region',
      () => role(bench, 'fis.amazonaws.com', 'live', { ArnLike: { 'aws:SourceArn': 'arn:aws:fis:eu-west-1:*:experiment/*' } }),
      async () => undefined,
      'failed',
    ],
    ['alarm', () => role(bench), async () => sandbox.experiments.alarm('us-east-1', 'shop-5xx', 'ALARM'), 'stopped'],
    [
      'ended',
      () => role(bench, 'fis.amazonaws.com', 'live', {}),
      (experiment) => ask(bench, 'DELETE', `/experiments/${experiment}`),
      'stopped',
    ],
  ];
  for (const [name, roleOf, meanwhile, status] of rows) {
    await sandbox.reset();
    const own = await running(bench);
    const { until, id: experiment } = await begin(bench, template(await roleOf(), own));
    await meanwhile(experiment);
    const { state, actions } = await until(status);
    assert.equal([state.status, actions.stop.state.status], [status, 'cancelled'], name);
    assert.is(await stateOf(bench, own), 'running', name);
  }
});

t('a role that may not stop this instance: it fails, and the instance runs', async (bench) => {
  const id = await running(bench);
  const { until } = await begin(bench, template(await role(bench, 'fis.amazonaws.com', 'other'), id));
  const { state, actions } = await until('failed');
  assert.equal([state.status, actions.stop.state.status], ['failed', 'failed']);
  assert.match(state.reason, 'its role may not ec2:StopInstances');
  assert.is(await stateOf(bench, id), 'running');
});

t('the same token is the same template and the same experiment; another request with it is refused', async (bench) => {
  const body = template(await role(bench), 'i-0abc');
  const first = await ask(bench, 'POST', '/experimentTemplates', body);
  const again = await ask(bench, 'POST', '/experimentTemplates', body);
  assert.equal([again.status, again.json], [200, first.json]);
  assert.is((await ask(bench, 'POST', '/experimentTemplates', { ...body, description: 'e' })).code, 'ConflictException');
  const experimentTemplateId = first.json.experimentTemplate.id;
  const start = (token: string) => ask(bench, 'POST', '/experiments', { clientToken: token, experimentTemplateId });
  const [one, two, other] = [await start('s'), await start('s'), await start('u')];
  assert.is(one.json.experiment.id, two.json.experiment.id);
  assert.is.not(one.json.experiment.id, other.json.experiment.id);
  assert.is(bench.sandbox.census()['experimentTemplates'], 1);
  const listed = await ask(bench, 'GET', `/experiments?maxResults=100&experimentTemplateId=${experimentTemplateId}`);
  assert.is(listed.json.experiments.length, 2);
  assert.equal((await ask(bench, 'GET', '/experiments?experimentTemplateId=EXTnone')).json, { experiments: [] });
  assert.equal((await ask(bench, 'GET', '/experimentTemplates', undefined, 'sandbox', 'eu-west-1')).json, { experimentTemplates: [] });
});

t('a template that is deleted is gone, and its experiment goes on; what is not there, or has ended, is refused', async (bench) => {
  const id = await running(bench);
  const { template: own, id: experiment, until } = await begin(bench, template(await role(bench), id));
  assert.is((await ask(bench, 'DELETE', `/experimentTemplates/${own}`)).status, 200);
  assert.is(bench.sandbox.census()['experimentTemplates'], 0);
  assert.is((await until('completed')).state.status, 'completed');
  assert.is((await ask(bench, 'DELETE', `/experiments/${experiment}`)).code, 'ValidationException');
  for (const [method, path] of [
    ['GET', '/experimentTemplates/EXTnone'],
    ['DELETE', `/experimentTemplates/${own}`],
    ['GET', '/experiments/EXPnone'],
    ['DELETE', '/experiments/EXPnone'],
  ] as const)
    assert.is((await ask(bench, method, path)).code, 'ResourceNotFoundException', path);
  assert.is((await ask(bench, 'POST', '/experiments', { clientToken: 'x', experimentTemplateId: own })).code, 'ResourceNotFoundException');
  assert.is((await ask(bench, 'DELETE', `/experiments/${experiment}`, undefined, 'DENIED')).code, 'AccessDeniedException');
});

t('what the model, the quotas and the action do not have is refused', async (bench) => {
  const good = template(await role(bench), 'i-0abc');
  const arn = good.targets.one.resourceArns[0] ?? '';
  const aim = (more: object) => ({ ...good, targets: { one: { ...good.targets.one, ...more } } });
  const act = (more: object) => ({ ...good, actions: { stop: { ...good.actions.stop, ...more } } });
  const lasts = (text: string) => act({ parameters: { startInstancesAfterDuration: text } });
  const bad: readonly [string, object][] = [
    ['no token', { ...good, clientToken: undefined }],
    ['a token with a blank', { ...good, clientToken: 'a b' }],
    ['no role', { ...good, roleArn: undefined }],
    ['a role by name', { ...good, roleArn: 'a-role-with-a-long-name' }],
    ['no stop condition', { ...good, stopConditions: [] }],
    ['none beside an alarm', { ...good, stopConditions: [...good.stopConditions, { source: 'none' }] }],
    [
      'six alarms',
      { ...good, stopConditions: Array.from({ length: 6 }, (_, index) => ({ source: 'aws:cloudwatch:alarm', value: `${ALARM}${index}` })) },
    ],
    ['an alarm by name', { ...good, stopConditions: [{ source: 'aws:cloudwatch:alarm', value: 'an-alarm-with-a-long-name' }] }],
    [
      'an alarm of another region',
      { ...good, stopConditions: [{ source: 'aws:cloudwatch:alarm', value: ALARM.replace('us-east-1', 'eu-west-1') }] },
    ],
    ['six ARNs', aim({ resourceArns: Array.from({ length: 6 }, () => arn) })],
    ['no ARN', aim({ resourceArns: [] })],
    ['an instance of another account', aim({ resourceArns: [arn.replace(ACCOUNT, '210987654321')] })],
    ['a stranger to the model', aim({ resourceArn: arn })],
    ['no actions', { ...good, actions: {} }],
    ['another target', act({ targets: { Instances: 'two' } })],
    ['another name of the target', act({ targets: { Instance: 'one' } })],
    ['another parameter', act({ parameters: { duration: 'PT1M' } })],
    ['a parameter that is no text', act({ parameters: { startInstancesAfterDuration: 60 } })],
    ['under a minute', lasts('PT59S')],
    ['over twelve hours', lasts('PT12H1S')],
    ['no duration', lasts('60s')],
    ['tags as a list', { ...good, tags: [{ Key: 'a', Value: 'b' }] }],
  ];
  for (const [name, body] of bad) {
    const { status, code } = await ask(bench, 'POST', '/experimentTemplates', body);
    assert.equal([status, code], [400, 'ValidationException'], name);
  }
  assert.is(bench.sandbox.census()['experimentTemplates'], 0);
  for (const [index, body] of [good, lasts('PT60S'), lasts('PT12H'), { ...good, stopConditions: [{ source: 'none' }] }].entries())
    assert.is((await ask(bench, 'POST', '/experimentTemplates', { ...body, clientToken: `${index}` })).status, 200);
});

t('an engaged lever lets none begin', async (bench) => {
  const made = await ask(bench, 'POST', '/experimentTemplates', template(await role(bench), 'i-0abc'));
  bench.sandbox.safetyLever.set('us-east-1', { status: 'engaged', reason: 'sale' });
  const start = () => ask(bench, 'POST', '/experiments', { clientToken: 's', experimentTemplateId: made.json.experimentTemplate.id });
  assert.is((await start()).code, 'ConflictException');
  bench.sandbox.safetyLever.set('us-east-1', { status: 'disengaged', reason: '' });
  assert.is((await start()).status, 200);
});

t('it is put back with all else that was kept, and goes on from there', async (bench) => {
  const id = await running(bench);
  const { until, now } = await begin(bench, template(await role(bench), id));
  await until('running');
  await became(bench, id, 'stopping');
  const back = await bench.sandbox.keep();
  await until('completed');
  await back();
  assert.is((await now()).state.status, 'running');
  assert.is((await until('completed')).state.status, 'completed');
});

t.run();
