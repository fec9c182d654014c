/** The proxy variables of the session, which the SDK does not know: a proxy on this machine sees what goes through it. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { openGitHub } from '../../../action/github.ts';
import { openCloud } from '../../../reconciler/aws/cloud.ts';
import { fetchFor, isDirect } from '../../../reconciler/aws/proxy.ts';
import { openSession, realClock } from '../../../reconciler/run/session.ts';
import { suite } from '../../support/suite.ts';

const t = suite<{ server: Server; port: number; seen: string[] }>('aws/proxy');

const IDENTITY = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
  <Account>210987654321</Account><Arn>arn:aws:iam::210987654321:user/a</Arn><UserId>A</UserId>
</GetCallerIdentityResult></GetCallerIdentityResponse>`;

t.before(async (context) => {
  const seen: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'Content-Type': 'text/xml' }).end(IDENTITY);
  });
  // A tunnel is asked for and refused: that it was asked for is enough.
  server.on('connect', (request: IncomingMessage, socket) => {
    seen.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(context, { server, seen, port: (server.address() as AddressInfo).port });
});
t.before.each(({ seen }) => void (seen.length = 0));
t.after(async ({ server }) => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const KEYS = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
const ask = (env: Readonly<Record<string, string>>, endpoint?: string) =>
  openCloud({
    region: 'us-east-1',
    env: { ...KEYS, ...env },
    clock: { ...realClock, sleep: async () => {} },
    ...(endpoint === undefined ? {} : { endpoint }),
  }).call('sts:GetCallerIdentity', {}, { once: true });

t('HTTP_PROXY is asked for an address without TLS', async ({ port, seen }) => {
  const answer = await ask({ HTTP_PROXY: `http://127.0.0.1:${port}` }, 'http://sts.albedo.invalid');
  assert.equal((answer as { Account?: string }).Account, '210987654321');
  assert.is(seen.length, 1);
  assert.match(seen[0] ?? '', /^POST http:\/\/sts\.albedo\.invalid(:80)?\//);
});

t("HTTPS_PROXY is asked for a tunnel to AWS's own address, in lower case too", async ({ port, seen }) => {
  for (const name of ['HTTPS_PROXY', 'https_proxy']) {
    seen.length = 0;
    await ask({ [name]: `127.0.0.1:${port}` }).then(
      () => assert.unreachable('the proxy refuses'),
      () => undefined,
    );
    assert.equal([...new Set(seen)], ['CONNECT sts.us-east-1.amazonaws.com:443']);
  }
});

t('this machine, and what NO_PROXY names, is asked directly', async ({ port, seen }) => {
  const answer = await ask({ HTTP_PROXY: 'http://127.0.0.1:9' }, `http://127.0.0.1:${port}`);
  assert.equal((answer as { Account?: string }).Account, '210987654321');
  assert.match(seen[0] ?? '', /^POST \//);
  const env = { NO_PROXY: 'a.example, .b.example,*.c.example,d.example:8080' };
  for (const [host, at, direct] of [
    ['a.example', '443', true],
    ['x.a.example', '443', true],
    ['xa.example', '443', false],
    ['x.b.example', '443', true],
    ['x.c.example', '443', true],
    ['d.example', '8080', true],
    ['d.example', '443', false],
    ['localhost', '80', true],
    ['e.example', '443', false],
  ] as const)
    assert.is(isDirect(env, host, at), direct, `${host}:${at}`);
  assert.ok(isDirect({ no_proxy: '*' }, 'e.example', '443'));
});

t('GitHub is asked through the proxy, with its token, method and body', async ({ port, seen, server }) => {
  const heard: string[] = [];
  const listen = (request: IncomingMessage) => {
    heard.push(`${request.headers.authorization}`);
    request.on('data', (chunk) => heard.push(String(chunk)));
  };
  server.on('request', listen);
  try {
    const env = { HTTP_PROXY: `http://127.0.0.1:${port}` };
    const github = openGitHub({ token: 'secret', apiUrl: 'http://api.github.invalid', clock: realClock, fetch: fetchFor(env) });
    const { status } = await github.call('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...{ owner: 'o', repo: 'r', issue_number: 1 },
      body: 'a comment',
    });
    assert.is(status, 200);
    assert.equal(seen, ['POST http://api.github.invalid/repos/o/r/issues/1/comments']);
    assert.equal(heard, ['token secret', '{"body":"a comment"}']);
    // A second one names its whole address too, though a connection might have been kept.
    await github.call('GET /user', {});
    assert.is(seen[1], 'GET http://api.github.invalid/user');
  } finally {
    server.off('request', listen);
  }
});

t('a redirect to another host is followed without the token, and one without end is an error', async ({ port }) => {
  const heard: (string | undefined)[] = [];
  const other = createServer((request, response) => {
    heard.push(request.headers.authorization);
    if (request.url?.startsWith('http://loop')) response.writeHead(302, { location: '/again' }).end();
    else if (request.url === 'http://one.invalid/file') response.writeHead(302, { location: 'http://two.invalid/file' }).end();
    else response.writeHead(200, { 'content-type': 'text/plain' }).end('the file');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const ask = fetchFor({ HTTP_PROXY: `http://127.0.0.1:${(other.address() as AddressInfo).port}` });
    const answer = await ask('http://one.invalid/file', { headers: { authorization: 'secret' } });
    assert.equal([answer.status, answer.url, await answer.text()], [200, 'http://two.invalid/file', 'the file']);
    assert.equal(heard, ['secret', undefined]);
    const error = await ask('http://loop.invalid/').then(
      () => undefined,
      (thrown: Error) => thrown.message,
    );
    assert.is(error, 'http://loop.invalid/ redirects more than 20 times');
    assert.is(fetchFor({}), fetch);
    assert.is(fetchFor({ NO_PROXY: '*', HTTP_PROXY: '' }), fetch);
  } finally {
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  }
  assert.ok(port > 0);
});

t('a session asks for its account once, with the keys that it was given', async ({ port, seen }) => {
  const session = openSession({
    region: 'us-east-1',
    env: {},
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    endpoint: `http://127.0.0.1:${port}`,
  });
  assert.equal([await session.account(), await session.account()], ['210987654321', '210987654321']);
  assert.is(seen.length, 1);
});

t.run();
