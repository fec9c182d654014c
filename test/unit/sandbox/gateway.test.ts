/** The gateway alone, in front of services that only tell what reached them: routing, credentials, faults, records. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { createClock } from '../../../sandbox/clock.ts';
import { createFaults, type FaultRule } from '../../../sandbox/faults.ts';
import { type Answerer, type Gateway, startGateway } from '../../../sandbox/gateway.ts';
import { createRecorder, type Recorder } from '../../../sandbox/recorder.ts';
import { ApiRefusal } from '../../../sandbox/wire.ts';
import { suite } from '../../support/suite.ts';

interface Bench {
  readonly gateway: Gateway;
  readonly recorder: Recorder;
  readonly log: string[];
  /** Actions that had their effect, in order. */
  readonly effects: string[];
}

async function withGateway(faults: readonly FaultRule[], use: (bench: Bench) => Promise<void>): Promise<void> {
  const effects: string[] = [];
  const log: string[] = [];
  const recorder = createRecorder();
  const service: Answerer = (call) => {
    effects.push(`${call.service}:${call.action}@${call.region}`);
    if (call.action === 'Refuse') throw new ApiRefusal('Some.Code', 'said <so> & "so"', 409);
    if (call.action === 'Crash') throw new TypeError('broken');
    return { status: 200, contentType: 'text/xml', body: `<Answer>${JSON.stringify(call.params).length}</Answer>` };
  };
  const services = { ec2: service, iam: service, sts: service, ssm: service, elasticloadbalancing: service };
  const control = async () => ({ status: 200, body: {} });
  const gateway = await startGateway(0, {
    services,
    clock: createClock(),
    recorder,
    faults: createFaults(faults),
    callDelay: 0,
    control,
    log: (line) => log.push(line),
  });
  try {
    await use({ gateway, recorder, log, effects });
  } finally {
    await gateway.stop();
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

function ask(
  gateway: Gateway,
  options: { service?: string; key?: string; body?: string; path?: string; headers?: Record<string, string>; agent?: Agent },
): Promise<Answer> {
  const { service = 'ec2', key = 'sandbox', body = 'Action=DescribeVpcs&Version=2016-11-15' } = options;
  const authorization = `AWS4-HMAC-SHA256 Credential=${key}/20260101/eu-west-3/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    ...(service === '' ? {} : { Authorization: authorization }),
    ...options.headers,
  };
  // Every query names a version; a test that does not care about it leaves it out.
  const versions: Readonly<Record<string, string>> = {
    ec2: '2016-11-15',
    iam: '2010-05-08',
    sts: '2011-06-15',
    elasticloadbalancing: '2015-12-01',
  };
  const sent = /^Action=/.test(body) && !/Version=/.test(body) && versions[service] ? `${body}&Version=${versions[service]}` : body;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${gateway.endpoint}${options.path ?? '/'}`,
      { method: 'POST', headers, ...(options.agent ? { agent: options.agent } : {}) },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('error', reject);
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text, headers: incoming.headers }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(sent);
  });
}

/** The error a request ends with, when no answer comes. */
const failure = (answer: Promise<Answer>): Promise<string> =>
  answer.then(
    () => 'answered',
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );

const codeIn = (body: string): string => /<Code>([^<]*)</.exec(body)?.[1] ?? '';
const t = suite('sandbox gateway');

t('routes by the service and region of the signature', () =>
  withGateway([], async ({ gateway, effects }) => {
    await ask(gateway, { service: 'elasticloadbalancing', body: 'Action=DescribeRules&Version=2015-12-01' });
    await ask(gateway, { service: 'iam', body: 'Action=ListServerCertificates&Version=2010-05-08' });
    await ask(gateway, { service: 'ssm', body: '{"Name":"x"}', headers: { 'X-Amz-Target': 'AmazonSSM.GetParameter' } });
    assert.equal(effects, [
      'elasticloadbalancing:DescribeRules@eu-west-3',
      'iam:ListServerCertificates@eu-west-3',
      'ssm:GetParameter@eu-west-3',
    ]);
  }),
);

t('refuses another version of an API, or none, in the words of the service', () =>
  withGateway([], async ({ gateway, effects }) => {
    const cases: readonly [service: string, version: string, code: string, words: string][] = [
      ['elasticloadbalancing', '2015-12-02', 'InvalidAction', 'Could not find operation DescribeRules for version 2015-12-02'],
      ['iam', '', 'InvalidAction', 'Could not find operation DescribeRules for version'],
      ['sts', '2010-05-08', 'InvalidAction', 'for version 2010-05-08'],
      ['ec2', '1999-01-01', 'NoSuchVersion', 'The requested version (1999-01-01) of service AmazonEC2 does not exist'],
    ];
    for (const [service, version, code, words] of cases) {
      const answer = await ask(gateway, { service, body: `Action=DescribeRules&Version=${version}` });
      assert.is(answer.status, 400);
      assert.is(codeIn(answer.body), code);
      assert.ok(answer.body.includes(words), answer.body);
    }
    assert.equal(effects, []);
  }),
);

t('reads a presigned query as it reads a header', () =>
  withGateway([], async ({ gateway, effects }) => {
    const credential = encodeURIComponent('sandbox/20260101/us-east-2/sts/aws4_request');
    const answer = await ask(gateway, {
      service: '',
      body: '',
      path: `/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=${credential}`,
    });
    assert.is(answer.status, 200);
    assert.equal(effects, ['sts:GetCallerIdentity@us-east-2']);
  }),
);

t('keeps connections open for the next call', () =>
  withGateway([], async ({ gateway }) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let call = 0; call < 3; call++) await ask(gateway, { agent });
    const sockets = Object.values(agent.freeSockets).flat().length;
    agent.destroy();
    assert.is(sockets, 1);
  }),
);

t('refuses an unsigned request, an unknown service and the classic API', () =>
  withGateway([], async ({ gateway, effects }) => {
    const unsigned = await ask(gateway, { service: '' });
    assert.is(unsigned.status, 403);
    assert.is(codeIn(unsigned.body), 'MissingAuthenticationToken');
    const unknown = await ask(gateway, { service: 'lambda' });
    assert.is(unknown.status, 400);
    assert.match(unknown.body, 'lambda');
    const classic = await ask(gateway, { service: 'elasticloadbalancing', body: 'Action=DescribeLoadBalancers&Version=2012-06-01' });
    assert.is(classic.status, 400);
    assert.equal(effects, []);
  }),
);

t('writes refusals in the form of each service, escaped', () =>
  withGateway([], async ({ gateway }) => {
    const ec2 = await ask(gateway, { body: 'Action=Refuse' });
    assert.is(ec2.status, 409);
    assert.match(
      ec2.body,
      /^<\?xml[^>]*>\n<Response><Errors><Error><Code>Some.Code<\/Code><Message>said &lt;so&gt; &amp; &quot;so&quot;<\/Message>/,
    );
    const elb = await ask(gateway, { service: 'elasticloadbalancing', body: 'Action=Refuse' });
    assert.match(elb.body, /^<ErrorResponse xmlns="http:\/\/elasticloadbalancing[^"]*"><Error><Type>Sender<\/Type><Code>Some.Code</);
    const ssm = await ask(gateway, { service: 'ssm', body: '{}', headers: { 'X-Amz-Target': 'AmazonSSM.Refuse' } });
    assert.equal(JSON.parse(ssm.body), { __type: 'Some.Code', message: 'said <so> & "so"' });
  }),
);

t('turns a crash of its own into a refusal nobody retries, and logs it', () =>
  withGateway([], async ({ gateway, log }) => {
    const answer = await ask(gateway, { body: 'Action=Crash' });
    assert.is(answer.status, 400);
    assert.is(codeIn(answer.body), 'InvalidAction');
    assert.match(answer.body, 'sandbox gap');
    assert.ok(
      log.some((line) => line.includes('sandbox gap: ec2 Crash')),
      log.join('\n'),
    );
  }),
);

t('lets EXPIRED keys do nothing and DENIED keys only read', () =>
  withGateway([], async ({ gateway, effects }) => {
    assert.is(codeIn((await ask(gateway, { key: 'EXPIRED1', service: 'sts', body: 'Action=GetCallerIdentity' })).body), 'ExpiredToken');
    assert.is(codeIn((await ask(gateway, { key: 'DENIED1', body: 'Action=CreateVpc' })).body), 'UnauthorizedOperation');
    assert.is(
      codeIn((await ask(gateway, { key: 'DENIED1', service: 'iam', body: 'Action=UploadServerCertificate' })).body),
      'AccessDenied',
    );
    assert.equal(effects, []);
    assert.is((await ask(gateway, { key: 'DENIED1' })).status, 200);
  }),
);

t('records every call without its parameters', () =>
  withGateway([], async ({ gateway, recorder }) => {
    await ask(gateway, { body: 'Action=RunInstances&UserData=c2VjcmV0&A=1' });
    await ask(gateway, { body: 'Action=RunInstances&A=1&UserData=c2VjcmV0' });
    await ask(gateway, { body: 'Action=Refuse' });
    const calls = recorder.calls();
    assert.equal(
      calls.map((call) => [call.service, call.action, call.region, call.status, call.code]),
      [
        ['ec2', 'RunInstances', 'eu-west-3', 200, undefined],
        ['ec2', 'RunInstances', 'eu-west-3', 200, undefined],
        ['ec2', 'Refuse', 'eu-west-3', 409, 'Some.Code'],
      ],
    );
    assert.is(calls[0]?.paramsHash, calls[1]?.paramsHash, 'the order of parameters makes no difference');
    assert.not.match(JSON.stringify(calls), 'c2VjcmV0');
  }),
);

t('writes a call log of JSON lines, begun anew', () => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-recorder-'));
  const file = join(folder, 'log', 'calls.jsonl');
  const call = {
    at: 1,
    service: 'ec2',
    action: 'CreateVpc',
    region: 'eu-west-3',
    account: '123456789012',
    paramsHash: 'h',
    status: 200,
    ms: 2,
  };
  createRecorder(file).record({ ...call, action: 'Old' });
  const recorder = createRecorder(file);
  recorder.record(call);
  recorder.record({ ...call, status: 400, code: 'X' });
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  rmSync(folder, { recursive: true });
  assert.equal(lines, [call, { ...call, status: 400, code: 'X' }]);
});

t('throttles with the code and status of each service, as often as asked', () =>
  withGateway([{ match: { action: 'Describe*' }, times: 2, fault: 'throttle' }], async ({ gateway, effects }) => {
    const ec2 = await ask(gateway, {});
    assert.equal([ec2.status, codeIn(ec2.body)], [503, 'RequestLimitExceeded']);
    const elb = await ask(gateway, { service: 'elasticloadbalancing', body: 'Action=DescribeRules' });
    assert.equal([elb.status, codeIn(elb.body)], [400, 'Throttling']);
    assert.is((await ask(gateway, {})).status, 200);
    assert.is(effects.length, 1);
  }),
);

t('spoils the n-th matching call only', () =>
  withGateway([{ match: { service: 'ec2', action: 'CreateVpc', nth: 2 }, fault: 'error-before' }], async ({ gateway }) => {
    const statuses: number[] = [];
    for (let call = 0; call < 3; call++) statuses.push((await ask(gateway, { body: 'Action=CreateVpc' })).status);
    assert.equal(statuses, [200, 500, 200]);
  }),
);

t('tells an error before the effect from one after it', () =>
  withGateway([{ fault: 'error-before' }, { fault: 'error-after', match: { nth: 2 } }], async ({ gateway, effects }) => {
    assert.is((await ask(gateway, { body: 'Action=One' })).status, 500);
    assert.equal(effects, []);
    assert.is((await ask(gateway, { body: 'Action=Two' })).status, 500);
    assert.equal(effects, ['ec2:Two@eu-west-3']);
  }),
);

t('drops connections before and after the effect, and after a hold', () =>
  withGateway(
    [
      { fault: 'reset-before' },
      { fault: 'reset-after', match: { nth: 2 } },
      { fault: 'timeout', match: { nth: 3 }, holdMs: 30, effect: true },
    ],
    async ({ gateway, effects, recorder }) => {
      assert.is(await failure(ask(gateway, { body: 'Action=One' })), 'ECONNRESET');
      assert.equal(effects, []);
      assert.is(await failure(ask(gateway, { body: 'Action=Two' })), 'ECONNRESET');
      assert.equal(effects, ['ec2:Two@eu-west-3']);
      assert.is(await failure(ask(gateway, { body: 'Action=Three' })), 'ECONNRESET');
      assert.is(effects.length, 2);
      assert.equal(
        recorder.calls().map((call) => call.code),
        Array(3).fill('ConnectionDropped'),
      );
    },
  ),
);

t('cuts an answer in half after its effect', () =>
  withGateway([{ fault: 'truncate' }], async ({ gateway, effects }) => {
    assert.not.equal(await failure(ask(gateway, {})), 'answered');
    assert.is(effects.length, 1);
  }),
);

t('refuses fault rules it does not understand', () => {
  const faults = createFaults();
  assert.throws(() => faults.set([{ fault: 'explode' }]), /explode.*throttle/);
  assert.throws(() => faults.set({ fault: 'throttle' }), /list of rules/);
});

t('says which port is taken', () =>
  withGateway([], async ({ gateway, recorder }) => {
    const again = {
      services: {},
      clock: createClock(),
      recorder,
      faults: createFaults(),
      callDelay: 0,
      control: async () => ({ status: 200, body: {} }),
      log: () => undefined,
    };
    const error = await startGateway(gateway.port, again).then(
      () => undefined,
      (problem: NodeJS.ErrnoException) => problem.code,
    );
    assert.is(error, 'EADDRINUSE');
  }),
);

t('a web page cannot reach it: neither its control address nor its AWS', () =>
  withGateway([], async ({ gateway, effects }) => {
    const own = `127.0.0.1:${gateway.port}`;
    const cases: readonly (readonly [Record<string, string>, number])[] = [
      [{}, 200],
      [{ Host: `localhost:${gateway.port}` }, 200],
      [{ Origin: `http://${own}` }, 200],
      [{ 'Sec-Fetch-Site': 'same-origin' }, 200],
      [{ 'Sec-Fetch-Site': 'none' }, 200],
      // What a page of another site cannot help sending, with a form or with fetch.
      [{ Origin: 'https://evil.example' }, 403],
      [{ Origin: 'null' }, 403],
      [{ Origin: 'http://127.0.0.1:1' }, 403],
      [{ 'Sec-Fetch-Site': 'cross-site' }, 403],
      // A foreign name that DNS leads here.
      [{ Host: 'evil.example' }, 421],
      [{ Host: `127.0.0.1.evil.example:${gateway.port}` }, 421],
      [{ Host: 'evil.example', Origin: 'http://evil.example' }, 421],
    ];
    for (const [headers, status] of cases) {
      const told = JSON.stringify(headers);
      assert.is((await ask(gateway, { path: '/_sandbox/reset', service: '', body: '', headers })).status, status, told);
      const before = effects.length;
      assert.is((await ask(gateway, { headers })).status, status, told);
      assert.is(effects.length - before, status === 200 ? 1 : 0, told);
    }
  }),
);

t.run();
