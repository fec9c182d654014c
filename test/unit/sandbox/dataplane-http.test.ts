/** What the load balancer makes of requests at the edge of HTTP: sizes, missing hosts, old versions, stalled bodies, kept connections. */

import { createServer, type Server } from 'node:http';
import { connect as connectH2 } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';
import { instanceAddress } from './dataplane-target-servers.ts';
import {
  createWorld,
  EVERYWHERE,
  forward,
  makeCertificate,
  makeGroup,
  makeInstance,
  makeListener,
  makeLoadBalancer,
  type Running,
  setSecurityGroup,
  startWorld,
  type World,
} from './dataplane-world.ts';

const t = suite('data plane: the edges of HTTP');
const DNS = 'site-1.us-east-1.elb.amazonaws.com';

let world: World;
let running: Running;
let target: Server;
/** Of the target's requests: version, connection by number, headers. */
let seen: { readonly version: string; readonly connection: number; readonly headers: NodeJS.Dict<string | string[]> }[] = [];
const sockets: Socket[] = [];

const address = (port: number): { readonly host: string; readonly port: number } => {
  const [name, real] = (running.dataplane.hosts()[`${DNS}:${port}`] ?? '').split(':');
  return { host: String(name), port: Number(real) };
};

/** What comes back for these bytes until the load balancer closes the connection, or for `ms`. */
function say(port: number, bytes: string, ms = 5000): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connectTcp(address(port), () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}
const get = (extra = '', path = '/', version = '1.1'): string =>
  `GET ${path} HTTP/${version}\r\nHost: site.example\r\nConnection: close\r\n${extra}\r\n`;
const statusOf = (answer: string): number => Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0);

t.before(async () => {
  world = createWorld();
  setSecurityGroup(world, 'sg-lb', { ingress: [EVERYWHERE] });
  setSecurityGroup(world, 'sg-web', { ingress: [EVERYWHERE] });
  world.certificates.set('arn:cert', await makeCertificate('arn:cert', 'site.example'));
  world.loadBalancers = [makeLoadBalancer({ attributes: { 'idle_timeout.timeout_seconds': '2' } })];
  world.instances.set('i-1', makeInstance('i-1', 'a', { userData: '' }));
  const at = (name: string, more = {}) => makeGroup(name, ['i-1'], { targets: [{ id: 'i-1', port: 8080, registeredAt: 1 }], ...more });
  world.groups.push(at('web'), at('h2', { protocolVersion: 'HTTP2' }), at('grpc', { protocolVersion: 'GRPC' }));
  const secure = { protocol: 'HTTPS' as const, certificateArns: ['arn:cert'] };
  world.listeners.push(makeListener(80, forward('web')), makeListener(81, forward('h2')), makeListener(443, forward('web'), secure));
  world.listeners.push(makeListener(444, forward('h2'), secure), makeListener(445, forward('grpc'), secure));
  running = await startWorld(world);
  target = createServer({ maxHeaderSize: 131_072 }, (request, response) => {
    const connection = sockets.indexOf(request.socket);
    seen.push({ version: request.httpVersion, connection, headers: request.headers });
    if (request.url === '/cut') return void request.socket.destroy();
    if (request.url === '/large') response.setHeader('x-large', 'x'.repeat(Number(request.headers['x-size'] ?? 0)));
    request.resume();
    request.on('end', () => response.end('from the target'));
  });
  // Longer than a test; the load balancer's own idle timeout is shorter.
  target.keepAliveTimeout = 60_000;
  target.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => target.listen({ host: instanceAddress(running, 1), port: 8080 }, resolve));
  await running.step(() => world.health.get('i-1:8080')?.state === 'healthy');
  await running.dataplane.settled();
});
t.before.each(() => {
  seen = [];
});
t.after(async () => {
  await (running as Running | undefined)?.stop();
  for (const socket of sockets) socket.destroy();
  target.close();
});

t('request headers: 16 K a line, 64 K together', async () => {
  const header = (name: string, size: number): string => `${name}: ${'x'.repeat(size)}\r\n`;
  const many = (count: number): string => Array.from({ length: count }, (_, index) => header(`x-${index}`, 1000)).join('');
  assert.is(statusOf(await say(80, get(header('x-big', 16_000)))), 200);
  assert.is(statusOf(await say(80, get(header('x-big', 16_500)))), 400);
  assert.is(statusOf(await say(80, get(many(60)))), 200);
  assert.is(statusOf(await say(80, get(many(66)))), 400);
  assert.is(statusOf(await say(80, get(Array.from({ length: 200 }, (_, index) => `x-${index}: y\r\n`).join('')))), 200, 'more than 101');
  assert.is(statusOf(await say(80, get('', `/${'x'.repeat(16_000)}`))), 200);
  const long = await say(80, get('', `/${'x'.repeat(16_500)}`));
  assert.is(statusOf(long), 414);
  assert.match(long, /Server: awselb\/2\.0/i);
});

t('response headers: 32 K together', async () => {
  assert.is(statusOf(await say(80, get('X-Size: 15000\r\n', '/large'))), 200);
  assert.is(statusOf(await say(80, get('X-Size: 32000\r\n', '/large'))), 200);
  const refused = await say(80, get('X-Size: 33000\r\n', '/large'));
  assert.is(statusOf(refused), 502);
  assert.match(refused, /Server: awselb\/2\.0/i);
});

t('HTTP/1.1 without Host is a 400 of the load balancer, HTTP/1.0 without is served', async () => {
  const refused = await say(80, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
  assert.is(statusOf(refused), 400);
  assert.match(refused, /Server: awselb\/2\.0/i);
  assert.is(seen.length, 0);
  assert.is(statusOf(await say(80, 'GET / HTTP/1.0\r\n\r\n')), 200);
});

t('HTTP/1.0 from a client reaches the target as HTTP/1.1', async () => {
  assert.match(await say(80, get('', '/', '1.0')), /from the target$/);
  assert.match(await say(80, `POST / HTTP/1.0\r\nHost: site.example\r\nContent-Length: 5\r\n\r\nhello`), /from the target$/);
  await say(80, get());
  assert.equal(
    seen.map(({ version }) => version),
    ['1.1', '1.1', '1.1'],
  );
  for (const { headers } of seen) assert.is(headers['x-albedo-client-version'], undefined);
});

t('a client that stalls in its body gets 408', async () => {
  const answer = await say(80, 'POST / HTTP/1.1\r\nHost: site.example\r\nContent-Length: 100\r\n\r\nhello', 10_000);
  assert.is(statusOf(answer), 408);
  assert.match(answer, /Server: awselb\/2\.0/i);
});

t('connections to targets are used again; one that the target closes under a request is a 502', async () => {
  const before = sockets.length;
  for (let count = 0; count < 5; count++) assert.is(statusOf(await say(80, get())), 200);
  assert.ok(sockets.length - before <= 1, `${sockets.length - before} connections for 5 requests`);
  const connection = seen.at(-1)?.connection;
  assert.is(statusOf(await say(80, get('', '/cut'))), 502);
  assert.is(seen.at(-1)?.connection, connection, 'on a kept connection');
  assert.is(seen.length, 6, 'it is not tried again');
});

t('plain HTTP on the HTTPS port is told so in plain HTTP; TLS beside it is served', async () => {
  const answer = await say(443, get());
  assert.is(statusOf(answer), 400);
  assert.match(answer, /Server: awselb\/2\.0/i);
  assert.match(answer, /The plain HTTP request was sent to HTTPS port/);
  assert.is(seen.length, 0);
  const secured = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connectTls({ ...address(443), rejectUnauthorized: false }, () => socket.write(get()));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
  assert.is(statusOf(secured), 200);
});

t('464 for a version of HTTP that the group does not take', async () => {
  const refused = await say(81, get());
  assert.is(statusOf(refused), 464);
  assert.match(refused, /Server: awselb\/2\.0/i);
  const h2 = (port: number, method: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const { host, port: real } = address(port);
      const client = connectH2(`https://${host}:${real}`, { rejectUnauthorized: false });
      client.on('error', reject);
      const request = client.request({ ':method': method, ':path': '/', ':authority': 'site.example' });
      request.on('error', reject);
      request.on('response', (headers) => {
        resolve(Number(headers[':status']));
        client.destroy();
      });
      request.end();
    });
  assert.is(await h2(445, 'GET'), 464, 'gRPC is POST');
  assert.is(await h2(443, 'GET'), 200, 'a group of HTTP/1.1 takes either');
  // The target here speaks HTTP/1.1 only: past the load balancer's own check, that fails.
  for (const [port, method] of [
    [444, 'GET'],
    [445, 'POST'],
  ] as const)
    assert.is.not(await h2(port, method), 464);
  assert.equal(
    seen.map(({ version }) => version),
    ['1.1'],
  );
});

t.run();
