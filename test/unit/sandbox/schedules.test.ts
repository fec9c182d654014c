/** EventBridge Scheduler and FIS's safety lever in the sandbox: what is refused, and that a schedule makes its call when it is due, as its role. */
import { createHash } from 'node:crypto';
import { RunInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import { DEFAULT_TIMINGS } from '../../../sandbox/timings.ts';
import { clientOptions, type Ec2Bench, ec2Suite, group, stateOf, subnet, vpc } from '../../support/ec2-bench.ts';

const t = ec2Suite('sandbox: schedules and the safety lever');
const ACCOUNT = '123456789012';
const GROUP = `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule-group/default`;

/** One request with a path, signed for a service as far as the sandbox looks. */
async function ask({ sandbox }: Ec2Bench, service: string, method: string, path: string, body?: unknown, key = 'sandbox') {
  const answer = await fetch(`${sandbox.endpoint}${path}`, {
    method,
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261130/us-east-1/${service}/aws4_request, Signature=x` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, code: json['__type'] as string | undefined, message: String(json['message'] ?? ''), json };
}

const trust = (more: object = {}, service = 'scheduler.amazonaws.com') => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole', ...more }],
});
const may = (Condition: object = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'ec2:StartInstances', Resource: `arn:aws:ec2:us-east-1:${ACCOUNT}:instance/*`, Condition }],
});
const OURS = { StringEquals: { 'aws:ResourceTag/albedo:stack': 'live' } };

/** A role with a trust policy and, if given, a policy of its own. Answers its ARN. */
async function role({ sandbox }: Ec2Bench, trusted: object, policy?: object): Promise<string> {
  const RoleName = `r-${createHash('sha256')
    .update(JSON.stringify([trusted, policy]))
    .digest('hex')
    .slice(0, 12)}`;
  const iam = new IAMClient(clientOptions(sandbox));
  const made = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trusted) }));
  if (policy !== undefined)
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument: JSON.stringify(policy) }));
  iam.destroy();
  return made.Role?.Arn ?? '';
}

/** A stopped instance with the tag of a stack. */
async function stopped(bench: Ec2Bench, stack = 'live'): Promise<string> {
  const vpcId = await vpc(bench);
  const made = await bench.ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: bench.image, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1, SubnetId: await subnet(bench, vpcId) },
      SecurityGroupIds: [await group(bench, vpcId)],
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'albedo:stack', Value: stack }] }],
    }),
  );
  const id = made.Instances?.[0]?.InstanceId ?? '';
  bench.sandbox.clock.advance(DEFAULT_TIMINGS.instancePending);
  await bench.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  bench.sandbox.clock.advance(DEFAULT_TIMINGS.instanceStopping);
  assert.is(await stateOf(bench, id), 'stopped');
  return id;
}

const at = ({ sandbox }: Ec2Bench, ms: number): string => `at(${new Date(sandbox.clock.now() + ms).toISOString().slice(0, 19)})`;
function schedule(bench: Ec2Bench, RoleArn: string, id: string, more: object = {}, target: object = {}) {
  return {
    ...{ ScheduleExpression: at(bench, 60_000), FlexibleTimeWindow: { Mode: 'OFF' }, ActionAfterCompletion: 'DELETE' },
    Target: { Arn: 'arn:aws:scheduler:::aws-sdk:ec2:startInstances', RoleArn, Input: JSON.stringify({ InstanceIds: [id] }), ...target },
    ...more,
  };
}
const create = (bench: Ec2Bench, body: unknown, name = 'one') => ask(bench, 'scheduler', 'POST', `/schedules/${name}`, body);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** What became of the instance some time after the schedule is due. */
async function after(bench: Ec2Bench, id: string, ms = 61_000): Promise<string | undefined> {
  bench.sandbox.clock.advance(ms);
  for (let tries = 0; tries < 100 && (await stateOf(bench, id)) === 'stopped'; tries++) await turn();
  return stateOf(bench, id);
}

t('a schedule starts the instance when it is due and not before, by what its role may, and is gone', async (bench) => {
  const id = await stopped(bench);
  const arn = await role(
    bench,
    trust({ Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': GROUP } } }),
    may(OURS),
  );
  const made = await create(bench, schedule(bench, arn, id));
  assert.equal([made.status, made.json], [200, { ScheduleArn: `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/default/one` }]);
  assert.is(bench.sandbox.census()['schedules'], 1);
  const shown = await ask(bench, 'scheduler', 'GET', '/schedules/one?groupName=default');
  assert.equal([shown.json['Name'], shown.json['State'], shown.json['GroupName']], ['one', 'ENABLED', 'default']);
  bench.sandbox.clock.advance(58_000);
  await turn();
  assert.is(await stateOf(bench, id), 'stopped');
  assert.is(await after(bench, id, 3000), 'pending');
  assert.is(bench.sandbox.census()['schedules'], 0);
});

for (const [name, policy, stack] of [
  ['what its role may not', undefined, 'live'],
  ['an instance of another stack', may(OURS), 'other'],
] as const)
  t(`it does not do ${name}`, async (bench) => {
    const id = await stopped(bench, stack);
    const arn = await role(bench, trust({ Sid: `S${stack}` }), policy);
    assert.is((await create(bench, schedule(bench, arn, id))).status, 200);
    assert.is(await after(bench, id), 'stopped');
  });

t('one that is deleted does nothing, nor one that is switched off; one that is not told to go stays', async (bench) => {
  const id = await stopped(bench);
  const arn = await role(bench, trust(), may());
  await create(bench, schedule(bench, arn, id));
  assert.is((await ask(bench, 'scheduler', 'DELETE', '/schedules/one?groupName=default&clientToken=t')).status, 200);
  assert.is(await after(bench, id), 'stopped');
  await create(bench, schedule(bench, arn, id, { State: 'DISABLED' }));
  assert.is(await after(bench, id), 'stopped');
  await create(bench, schedule(bench, arn, id, { ActionAfterCompletion: 'NONE' }));
  assert.is(await after(bench, id), 'pending');
  assert.is(bench.sandbox.census()['schedules'], 1);
});

t('a role that is not there, or lets in somebody else, makes no schedule', async (bench) => {
  const rows = [
    `arn:aws:iam::${ACCOUNT}:role/none`,
    await role(bench, trust({}, 'ec2.amazonaws.com'), may()),
    await role(
      bench,
      trust({ Condition: { StringEquals: { 'aws:SourceArn': `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/default/one` } } }),
    ),
  ];
  for (const arn of rows) {
    const { status, code, message } = await create(bench, schedule(bench, arn, 'i-1'));
    assert.equal([status, code], [400, 'ValidationException']);
    assert.is(message, 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.');
  }
  assert.is(bench.sandbox.census()['schedules'], 0);
});

t('the same again is the same; another of the name is refused', async (bench) => {
  const arn = await role(bench, trust(), may());
  const first = schedule(bench, arn, 'i-1', { ClientToken: 'a' });
  assert.is((await create(bench, first)).status, 200);
  assert.is((await create(bench, first)).status, 200);
  for (const other of [
    { ...first, ClientToken: 'b' },
    { ...first, Description: 'another' },
  ]) {
    const { status, code } = await create(bench, other);
    assert.equal([status, code], [409, 'ConflictException']);
  }
  assert.is(bench.sandbox.census()['schedules'], 1);
});

t('what the model does not have is refused, and so is what has passed', async (bench) => {
  const arn = await role(bench, trust(), may());
  const good = schedule(bench, arn, 'i-1');
  const rows: readonly [name: string, body: unknown][] = [
    ['a b', good],
    ['x'.repeat(65), good],
    ['one', { ...good, ScheduleExpression: undefined }],
    ['one', { ...good, ScheduleExpression: 'at(2026-11-30 12:00)' }],
    ['one', { ...good, ScheduleExpression: 'at(2026-02-30T12:00:00)' }],
    ['one', { ...good, ScheduleExpression: at(bench, -1000) }],
    ['one', { ...good, FlexibleTimeWindow: undefined }],
    ['one', { ...good, FlexibleTimeWindow: { Mode: 'SOMETIMES' } }],
    ['one', { ...good, ActionAfterCompletion: 'REMOVE' }],
    ['one', { ...good, Nonsense: 1 }],
    ['one', { ...good, ClientToken: 'no spaces' }],
    ['one', schedule(bench, arn, 'i-1', {}, { RetryPolicy: { MaximumRetryAttempts: 186 } })],
    ['one', schedule(bench, arn, 'i-1', {}, { RetryPolicy: { MaximumEventAgeInSeconds: 59 } })],
    ['one', schedule(bench, arn, 'i-1', {}, { Input: '{' })],
    ['one', schedule(bench, arn, 'i-1', {}, { Arn: 'arn:aws:scheduler:::aws-sdk:ec2:describeInstances' })],
    ['one', schedule(bench, 'albedo-schedule', 'i-1')],
    ['one', 'no object'],
  ];
  for (const [name, body] of rows) {
    const { status, code } = await create(bench, body, encodeURIComponent(name));
    assert.equal([status, code], [400, 'ValidationException'], JSON.stringify([name, body]));
  }
  for (const method of ['GET', 'DELETE']) {
    const { status, code } = await ask(bench, 'scheduler', method, '/schedules/none');
    assert.equal([status, code], [404, 'ResourceNotFoundException']);
  }
  assert.is((await ask(bench, 'scheduler', 'GET', '/schedules/one?groupName=mine')).code, 'ResourceNotFoundException');
  assert.is((await ask(bench, 'scheduler', 'POST', '/schedule-groups/mine', {})).status, 400);
  assert.equal((await ask(bench, 'scheduler', 'DELETE', '/schedules/one', undefined, 'DENIED')).code, 'AccessDeniedException');
});

t('it is put back with all else that was kept', async (bench) => {
  const id = await stopped(bench);
  const arn = await role(bench, trust(), may());
  await create(bench, schedule(bench, arn, id));
  const back = await bench.sandbox.keep();
  await ask(bench, 'scheduler', 'DELETE', '/schedules/one');
  assert.is(bench.sandbox.census()['schedules'], 0);
  await back();
  assert.is(bench.sandbox.census()['schedules'], 1);
  assert.is(await after(bench, id), 'pending');
});

t('the lever is there once, disengaged, and moves; moved to where it is, it is refused', async (bench) => {
  const lever = async () => (await ask(bench, 'fis', 'GET', '/safetyLevers/default')).json['safetyLever'];
  const state = (status: string, reason: string) => ({
    ...{ id: 'default', arn: `arn:aws:fis:us-east-1:${ACCOUNT}:safety-lever/default`, state: { status, reason } },
  });
  assert.equal(await lever(), state('disengaged', ''));
  const move = (body: unknown) => ask(bench, 'fis', 'PATCH', '/safetyLevers/default/state', body);
  assert.is((await move({ state: { status: 'engaged', reason: 'sale' } })).status, 200);
  assert.equal(await lever(), state('engaged', 'sale'));
  assert.is((await move({ state: { status: 'engaged', reason: 'another' } })).code, 'ConflictException');
  for (const body of [{}, { state: { status: 'engaged' } }, { state: { status: 'engaging', reason: 'x' } }])
    assert.is((await move(body)).code, 'ValidationException', JSON.stringify(body));
  assert.is((await ask(bench, 'fis', 'GET', '/safetyLevers/other')).code, 'ResourceNotFoundException');
  assert.is((await move({ state: { status: 'disengaged', reason: 'over' } })).status, 200);
  assert.equal(await lever(), state('disengaged', 'over'));
});

t('the lever is moved by hand too', async (bench) => {
  const post = async (body: unknown) =>
    (await fetch(`${bench.sandbox.endpoint}/_sandbox/safety-lever`, { method: 'POST', body: JSON.stringify(body) })).status;
  assert.is(await post({ status: 'engaged', reason: 'sale', region: 'us-east-1' }), 200);
  const { json } = await ask(bench, 'fis', 'GET', '/safetyLevers/default');
  assert.match(JSON.stringify(json), '"status":"engaged","reason":"sale"');
  for (const body of [{ status: 'engaging', reason: 'x', region: 'us-east-1' }, { status: 'engaged', region: 'us-east-1' }, {}])
    assert.is(await post(body), 400, JSON.stringify(body));
});

t.run();
