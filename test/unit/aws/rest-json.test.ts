/** Calls with paths and JSON, over a real socket: what is sent, and how answers of AWS, of a proxy and no answer are read. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { openCloud } from '../../../reconciler/aws/cloud.ts';
import { CloudError } from '../../../reconciler/errors.ts';
import { realClock } from '../../../reconciler/run/session.ts';
import { suite } from '../../support/suite.ts';

const t = suite('calls with paths');

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One call, answered so. */
async function call(op: string, input: object, { status = 200, headers = {}, body = '{}' }: Answer = {}, region = 'eu-west-1') {
  const seen: { request?: IncomingMessage; body: string } = { body: '' };
  const server = createServer((request, response) => {
    seen.request = request;
    request.on('data', (part: Buffer) => (seen.body += part.toString('utf8')));
    request.on('end', () =>
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': 'r-1', ...headers }).end(body),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cloud = openCloud({
    ...{ region, clock: realClock, env: {}, endpoint: `http://127.0.0.1:${port}` },
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  });
  try {
    const answer = await cloud.call(op, input as never, { once: true }).catch((thrown: unknown) => thrown);
    const { request } = seen;
    const scope = /Credential=key\/\d{8}\/([\w/-]+)\/aws4_request/.exec(request?.headers.authorization ?? '')?.[1];
    return { answer, sent: `${request?.method} ${request?.url}`, scope, body: seen.body };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const SCHEDULE = {
  ...{ Name: 'albedo.web.i-1', GroupName: 'default', ClientToken: 't', Description: 'd', ScheduleExpression: 'at(2026-11-30T12:00:00)' },
  ...{ FlexibleTimeWindow: { Mode: 'OFF' }, ActionAfterCompletion: 'DELETE' },
  Target: {
    ...{ Arn: 'arn:aws:scheduler:::aws-sdk:ec2:startInstances', RoleArn: 'arn:aws:iam::123456789012:role/r' },
    ...{ Input: '{"InstanceIds":["i-1"]}', RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 1 } },
  },
};

t('members stand in the path, behind the question mark or in the body, and the service signs as itself', async () => {
  const made = await call('scheduler:CreateSchedule', SCHEDULE, { body: '{"ScheduleArn":"arn:x","More":1}' });
  assert.equal([made.sent, made.scope], ['POST /schedules/albedo.web.i-1', 'eu-west-1/scheduler']);
  const { Name: _, ...rest } = SCHEDULE;
  assert.equal(JSON.parse(made.body), rest);
  assert.equal(made.answer, { ScheduleArn: 'arn:x' });
  const ended = await call('scheduler:DeleteSchedule', { Name: 'a b/c', GroupName: 'default' });
  assert.is(ended.sent, 'DELETE /schedules/a%20b%2Fc?groupName=default');
  const lever = await call(
    'fis:GetSafetyLever',
    { id: 'default' },
    { body: '{"safetyLever":{"id":"default","state":{"status":"engaged"}}}' },
  );
  assert.equal([lever.sent, lever.scope, lever.body], ['GET /safetyLevers/default', 'eu-west-1/fis', '']);
  assert.equal(lever.answer, { safetyLever: { id: 'default', state: { status: 'engaged' } } });
});

t('maps and lists go out and come back as they are', async () => {
  const template = {
    ...{ clientToken: 't', description: 'd', roleArn: 'arn:aws:iam::123456789012:role/r', tags: { 'albedo:stack': 'live' } },
    stopConditions: [{ source: 'none' }],
    targets: { one: { resourceType: 'aws:ec2:instance', selectionMode: 'ALL', resourceArns: ['arn:a', 'arn:b'] } },
    actions: {
      one: { actionId: 'aws:ec2:stop-instances', parameters: { startInstancesAfterDuration: 'PT60S' }, targets: { Instances: 'one' } },
    },
  };
  const made = await call('fis:CreateExperimentTemplate', template, { body: '{"experimentTemplate":{"id":"EXT1","targets":{}}}' });
  assert.equal(
    [made.sent, JSON.parse(made.body), made.answer],
    ['POST /experimentTemplates', template, { experimentTemplate: { id: 'EXT1' } }],
  );
  const state = {
    id: 'EXP1',
    state: { status: 'running', reason: 'r' },
    actions: { one: { state: { status: 'running' }, startTime: 1796058708.715 } },
  };
  const seen = await call('fis:GetExperiment', { id: 'EXP1' }, { body: JSON.stringify({ experiment: { ...state, more: 1 } }) });
  assert.equal([seen.sent, seen.answer], ['GET /experiments/EXP1', { experiment: state }]);
  const list = { experiments: [{ id: 'EXP1', tags: { a: 'b' } }] };
  const listed = await call('fis:ListExperiments', { maxResults: 100, experimentTemplateId: 'EXT1' }, { body: JSON.stringify(list) });
  assert.equal([listed.sent, listed.answer], ['GET /experiments?experimentTemplateId=EXT1&maxResults=100', list]);
});

t('an error says its code in a header, with a place behind it or not, or in the body', async () => {
  const rows: readonly [Answer, code: string, kind: string][] = [
    [{ status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException:http://x/' } }, 'AccessDeniedException', 'Denied'],
    [{ status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' } }, 'ResourceNotFoundException', 'NotFound'],
    [{ status: 429, headers: { 'x-amzn-errortype': 'ThrottlingException' } }, 'ThrottlingException', 'Throttled'],
    [{ status: 409, body: '{"__type":"ConflictException","Message":"there already"}' }, 'ConflictException', 'Invalid'],
    [{ status: 500, headers: { 'x-amzn-errortype': 'InternalServerException' } }, 'InternalServerException', 'Transient'],
  ];
  for (const [given, code, kind] of rows) {
    const { answer } = await call('scheduler:CreateSchedule', SCHEDULE, { body: '{"Message":"there already"}', ...given });
    assert.ok(answer instanceof CloudError, String(answer));
    assert.equal([answer.awsCode, answer.class], [code, kind]);
    assert.match(answer.message, 'there already');
  }
});

t('no body is an answer of a call that answers nothing, if AWS numbered it; everything else is no answer of AWS', async () => {
  assert.equal((await call('scheduler:DeleteSchedule', { Name: 'a' }, { body: '' })).answer, {});
  const rows: readonly [string, object, Answer][] = [
    ['fis:GetSafetyLever', { id: 'default' }, { body: '' }],
    ['scheduler:DeleteSchedule', { Name: 'a' }, { body: '<html>sign in</html>', headers: { 'content-type': 'text/html' } }],
    ['scheduler:DeleteSchedule', { Name: 'a' }, { status: 403, body: '{"error":"blocked by the proxy"}' }],
    ['scheduler:DeleteSchedule', { Name: 'a' }, { status: 403, body: '' }],
  ];
  for (const [op, input, given] of rows) {
    const { answer } = await call(op, input, given);
    assert.ok(answer instanceof CloudError, op);
    assert.match(answer.message, 'the endpoint does not answer like AWS');
  }
});

t.run();
