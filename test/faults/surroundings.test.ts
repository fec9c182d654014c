/**
 * The real command in bad surroundings: each ends by itself, with one clear sentence and what to do next, the exit status
 * that is promised, no stack trace, and nothing written to AWS.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { openCloud } from '../../reconciler/aws/cloud.ts';
import { CloudError } from '../../reconciler/errors.ts';
import { explainCloudError } from '../../reconciler/run/pipeline.ts';
import { type Bench, fastClock, isWrite, planOnce, readStack, startBench } from '../support/faults-bench.ts';
import { type Ended, isWithin, makePlace, type Place, runCommand } from '../support/faults-cli.ts';
import { wantsAll } from '../support/faults-matrix.ts';
import { rejects } from '../support/rejects.ts';
import { suite } from '../support/suite.ts';

const t = suite('bad surroundings');

let bench: Bench;
let place: Place;
let file = '';

t.before(async () => {
  bench = await startBench();
  place = makePlace();
  file = place.stack();
  // The first read of a region opens it, and its counts with it.
  await planOnce(readStack());
});
t.after(async () => {
  await bench.stop();
  assert.equal(place.left(), [], 'processes are left');
  place.remove();
});

/** One sentence, one hint, no more: a stack trace or a dump would be longer. */
function checkWords(ended: Ended, exit: number, words: RegExp): void {
  const said = ended.stderr.slice(ended.stderr.indexOf('albedo:'));
  assert.is(ended.code, exit, `exit ${ended.code}: ${ended.stderr}`);
  assert.match(said, words);
  assert.not.match(said, /^\s+at /m, 'a stack trace');
  assert.not.match(said, /defect of albedo|undefined|\[object/);
  assert.ok(said.split('\n').filter((line) => line.trim() !== '').length <= 3, `more than a sentence and a hint:\n${said}`);
}

const writes = (): number => bench.sandbox.calls().filter((call) => isWrite(call) && (call.code ?? '') === '').length;

async function check(args: readonly string[], env: Readonly<Record<string, string>>, exit: number, words: RegExp): Promise<Ended> {
  const before = { writes: writes(), census: bench.sandbox.census() };
  const ended = await runCommand(place, args, env);
  checkWords(ended, exit, words);
  assert.equal({ writes: writes(), census: bench.sandbox.census() }, before, 'it wrote');
  return ended;
}

/** A server on loopback that does with each request what it is told. */
async function serve(answer: Parameters<typeof createServer>[1]): Promise<{ readonly url: string; close(): void }> {
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on('end', () => (answer as (...args: unknown[]) => void)(request, response));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const without = (...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(bench.env).filter(([name]) => !names.includes(name)));

t('no credentials: exit 6, whether or not the instance metadata may be asked', async () => {
  const env = without('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY');
  const metadata = await serve(() => undefined);
  try {
    const words = /^albedo: AWS credentials were not found .*\n {2}Set AWS_ACCESS_KEY_ID/;
    await check(['apply', file], { ...env, AWS_EC2_METADATA_DISABLED: 'true' }, 6, words);
    // On a laptop nothing is at 169.254.169.254, and some networks swallow what is sent there.
    const asked = await check(['apply', file], { ...env, AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url }, 6, words);
    assert.ok(await isWithin(asked.ms, 20_000, place), `it waited ${asked.ms} ms for instance metadata that never come`);
  } finally {
    metadata.close();
  }
});

t('a profile that does not exist: exit 6, and it is named', async () => {
  await check(
    ['plan', file],
    { ...without('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'), AWS_PROFILE: 'no-such-profile' },
    6,
    /no-such-profile/,
  );
});

t('expired credentials: exit 6', async () => {
  await check(
    ['apply', file],
    { ...bench.env, AWS_ACCESS_KEY_ID: 'EXPIRED1' },
    6,
    /^albedo: AWS does not accept the credentials: .*(Expired|expired).*\n {2}.*renew/,
  );
});

t('credentials that may read only: a plan works, an apply ends with exit 6 and the action', async () => {
  const env = { ...bench.env, AWS_ACCESS_KEY_ID: 'DENIED1' };
  const planned = await runCommand(place, ['plan', file], env);
  assert.is(planned.code, 2, planned.stderr);
  const census = bench.sandbox.census();
  const locking = await runCommand(place, ['apply', file, '--quiet'], env);
  assert.is(locking.code, 6, `${locking.stdout}${locking.stderr}`);
  assert.match(
    locking.stderr,
    /cannot take the lock .*of webserver: .*AccessDenied.*ssm:PutParameter|ssm:PutParameter.*nothing was changed/,
  );
  const ended = await runCommand(place, ['apply', file, '--no-lock'], env);
  assert.is(ended.code, 6, `${ended.stdout}${ended.stderr}`);
  for (const action of ['ec2:CreateVpc', 'ec2:CreateInternetGateway', 'iam:UploadServerCertificate'])
    assert.match(ended.stdout, new RegExp(`(UnauthorizedOperation|AccessDenied).*${action}`));
  assert.match(ended.stderr, /albedo: webserver: 3 of \d+ steps failed.*\n {2}Grant these actions/);
  assert.not.match(ended.stdout + ended.stderr, /^\s+at /m);
  assert.equal(bench.sandbox.census(), census);
});

t('the region of the spec counts, not the one of the environment', async () => {
  const from = bench.sandbox.calls().length;
  const ended = await runCommand(place, ['plan', file], { ...bench.env, AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'mars-1' });
  assert.is(ended.code, 2, ended.stderr);
  const regions = new Set(
    bench.sandbox
      .calls()
      .slice(from)
      .filter((call) => call.service === 'ec2')
      .map((call) => call.region),
  );
  assert.equal([...regions], ['us-east-1']);
});

t('an endpoint where nobody listens: exit 1, and where it looked', async () => {
  const closed = await serve(() => undefined);
  closed.close();
  await check(
    ['plan', file],
    { ...bench.env, AWS_ENDPOINT_URL: closed.url },
    1,
    /^albedo: AWS cannot be reached for \S+: .*127\.0\.0\.1:\d+\.\n {2}.*AWS_ENDPOINT_URL/,
  );
});

t('an endpoint that is no address at all: exit 1', async () => {
  await check(['plan', file], { ...bench.env, AWS_ENDPOINT_URL: 'localhost without scheme' }, 1, /^albedo: .*\n {2}.*AWS_ENDPOINT_URL/);
});

t('an endpoint that answers pages: exit 1', async () => {
  const page = await serve((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>\n<html><body>Sign in<br></body></html>'),
  );
  try {
    await check(
      ['plan', file],
      { ...bench.env, AWS_ENDPOINT_URL: page.url },
      1,
      /^albedo: AWS gives no proper answer .*HTTP 200, text\/html\.\n {2}.*AWS_ENDPOINT_URL/,
    );
  } finally {
    page.close();
  }
});

t('what no AWS answers is never taken for an empty account', async () => {
  const form = { status: 200, type: 'text/xml', body: '' };
  const odd = await serve((_, response) => response.writeHead(form.status, { 'content-type': form.type }).end(form.body));
  Object.assign(process.env, { AWS_ENDPOINT_URL: odd.url });
  const cloud = openCloud({ env: process.env, region: 'us-east-1', clock: fastClock() });
  const calls = ['ec2:DescribeVpcs', 'elbv2:DescribeLoadBalancers', 'iam:ListServerCertificates', 'sts:GetCallerIdentity'] as const;
  try {
    for (const next of [
      { status: 200, type: 'text/xml', body: '' },
      { status: 200, type: 'text/html', body: '<html></html>' },
      { status: 302, type: 'text/html', body: '<html></html>' },
      { status: 404, type: 'text/html', body: '<html></html>' },
      { status: 502, type: 'text/html', body: '<html></html>' },
      { status: 200, type: 'text/xml', body: '<DescribeVpcsResponse><vpcSet>' },
      { status: 200, type: 'application/json', body: '{}' },
      { status: 200, type: 'text/plain', body: 'OK' },
      { status: 403, type: 'application/json', body: '{"message":"Forbidden"}' },
    ]) {
      Object.assign(form, next);
      for (const op of calls) {
        const error = await rejects<CloudError>(() => cloud.call(op, {}), CloudError);
        assert.is(explainCloudError(error).code, 'EndpointUnreachable', `${op}, ${JSON.stringify(next)}: ${error.awsCode}`);
      }
    }
  } finally {
    Object.assign(process.env, { AWS_ENDPOINT_URL: bench.env['AWS_ENDPOINT_URL'] });
    odd.close();
  }
});

t('an endpoint that never answers, or stops in the middle, is given up after its limit', async () => {
  const form = { begin: false };
  const mute = await serve((_, response) => {
    if (form.begin) response.writeHead(200, { 'content-type': 'text/xml' }).write('<DescribeVpcsResponse>');
  });
  Object.assign(process.env, { AWS_ENDPOINT_URL: mute.url });
  try {
    for (const begin of [false, true]) {
      form.begin = begin;
      const tries: string[] = [];
      const cloud = openCloud({
        env: process.env,
        region: 'us-east-1',
        clock: fastClock(),
        limits: { connect: 200, answer: 300 },
        log: (line) => tries.push(line.code ?? ''),
      });
      const error = await rejects<CloudError>(() => cloud.call('ec2:DescribeVpcs', {}), CloudError);
      assert.is(error.class, 'Transient');
      assert.is(tries.length, 2, `tried ${tries.length} times`);
      assert.is(explainCloudError(error).code, 'EndpointUnreachable');
    }
  } finally {
    Object.assign(process.env, { AWS_ENDPOINT_URL: bench.env['AWS_ENDPOINT_URL'] });
    mute.close();
  }
});

if (wantsAll) {
  t('the command itself gives up an endpoint that never answers, within the two minutes of two tries', async () => {
    const mute = await serve(() => undefined);
    try {
      const ended = await check(
        ['plan', file],
        { ...bench.env, AWS_ENDPOINT_URL: mute.url },
        1,
        /^albedo: AWS gives no proper answer .*60000 ms/,
      );
      assert.ok(ended.ms < 140_000);
    } finally {
      mute.close();
    }
  });
}

t('a spec that is not there, a spec that is none, and an unknown option: exit 1', async () => {
  await check(['apply', `${place.folder}/nowhere.yaml`], bench.env, 1, /^albedo: .*nowhere\.yaml/);
  await check(['apply', place.file('none.yaml', 'stack: [')], bench.env, 1, /albedo: \d+ mistakes? in the spec/);
  const ended = await runCommand(place, ['apply', file, '--alow-replace', 'x'], bench.env);
  assert.is(ended.code, 1);
  assert.match(ended.stderr, /--allow-replace/);
});

t('a load script or a k6 that is missing: told before anything is stopped', async () => {
  const applied = await runCommand(place, ['apply', file, '--quiet'], bench.env);
  assert.is(applied.code, 0, applied.stdout + applied.stderr);
  const script = place.stack(
    {},
    'load: { script: k6/none.ts, rate: 1/s, duration: 10s }\nchaos: { stopInstance: { from: web, at: 2s, for: 2s } }\n',
  );
  const out = ['--report', `${place.folder}/out`, '--no-lock'];
  const hosts = { ALBEDO_HOSTS_FILE: bench.sandbox.hostsFile };
  await check(['verify', script, ...out], { ...bench.env, ...hosts }, 9, /^albedo: the load script k6\/none\.ts does not exist/);
  const load = place.stack({}, 'load: { script: k6/load.ts, rate: 1/s, duration: 10s }\n');
  await check(
    ['verify', load, ...out],
    { ...bench.env, ...hosts, ALBEDO_K6: `${place.folder}/no-k6` },
    1,
    /^albedo: ALBEDO_K6 names .*no-k6, which is not a working k6\.\n {2}.*setup/,
  );
  assert.not.ok(
    bench.sandbox.calls().some((call) => call.action === 'StopInstances'),
    'an instance was stopped',
  );
});

t('sandbox up on a port that is taken: exit 1, and another port', async () => {
  const taken = await serve(() => undefined);
  const port = new URL(taken.url).port;
  try {
    await check(['sandbox', 'up', '--port', port], bench.env, 1, new RegExp(`^albedo: Port ${port} is taken .*--port \\d+`));
    const status = await runCommand(place, ['sandbox', 'status'], bench.env);
    assert.match(status.stdout, /No sandbox is up/);
  } finally {
    taken.close();
  }
});

t('sandbox up by a Node that does not run TypeScript', async () => {
  const env = { ...bench.env, NODE_OPTIONS: '--no-experimental-strip-types' };
  try {
    assert.match((await runCommand(place, ['sandbox', 'up', '--port', '0'], env)).stdout, /AWS_ENDPOINT_URL/);
  } finally {
    assert.is((await runCommand(place, ['sandbox', 'down'], env)).code, 0);
  }
});

t('sandbox up without the Python it needs: exit 1, and what to run', async () => {
  await check(
    ['sandbox', 'up', '--port', '0'],
    { ...bench.env, ALBEDO_PYTHON: `${place.folder}/python` },
    1,
    /^albedo: .*ALBEDO_PYTHON.*\n?.*setup/s,
  );
});

t.run();
