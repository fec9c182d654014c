/** The client's connection: which protocol it speaks, how long it is kept. */
import { connect as connectH2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';
import {
  createWorld,
  EVERYWHERE,
  makeCertificate,
  makeListener,
  makeLoadBalancer,
  pause,
  type Running,
  setSecurityGroup,
  startWorld,
  type World,
} from './dataplane-world.ts';

const t = suite('data plane: connections');
const DNS = 'site-1.us-east-1.elb.amazonaws.com';
const FIXED = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', MessageBody: 'x' } };

let world: World;
let running: Running;

/** With these attributes of the load balancer. */
const serve = async (attributes: Readonly<Record<string, string>> = {}): Promise<void> => {
  world.loadBalancers = [makeLoadBalancer({ attributes })];
  world.changed();
  await running.dataplane.settled();
};

t.before(async () => {
  world = createWorld();
  setSecurityGroup(world, 'sg-lb', { ingress: [EVERYWHERE] });
  world.certificates.set('arn:cert', await makeCertificate('arn:cert', 'site.example'));
  world.listeners.push(makeListener(80, FIXED), makeListener(443, FIXED, { protocol: 'HTTPS', certificateArns: ['arn:cert'] }));
  running = await startWorld(world);
});
// Without `?` a failed start would hide its reason behind this one's.
t.after(() => (running as Running | undefined)?.stop());

const address = (port: number): { readonly host: string; readonly port: number } => {
  const [name, real] = (running.dataplane.hosts()[`${DNS}:${port}`] ?? '').split(':');
  return { host: String(name), port: Number(real) };
};
/** The protocol a client that speaks both gets. */
const negotiated = (): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ ...address(443), rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
      resolve(socket.alpnProtocol);
      socket.destroy();
    });
    socket.on('error', reject);
  });

t('HTTP/2 can be switched off', async () => {
  await serve();
  assert.is(await negotiated(), 'h2');
  await serve({ 'routing.http2.enabled': 'false' });
  assert.is(await negotiated(), 'http/1.1');
});

t('changes right after one another: what is settled is what is served, and by no old configuration', async () => {
  for (let turn = 0; turn < 8; turn++) {
    const on = turn % 2 === 0;
    await serve({ 'routing.http2.enabled': String(on) });
    assert.is(await negotiated(), on ? 'h2' : 'http/1.1', `turn ${turn}`);
  }
});

t('HTTP/2 is for HTTPS listeners only', async () => {
  await serve();
  const outcome = (url: string): Promise<unknown> =>
    new Promise((resolve) => {
      const session = connectH2(url, { rejectUnauthorized: false });
      const end = (what: unknown): void => {
        resolve(what);
        session.destroy();
      };
      session.on('error', () => end('refused')).on('close', () => end('refused'));
      session
        .request({ ':path': '/' })
        .on('error', () => end('refused'))
        .on('response', (headers) => end(headers[':status']));
    });
  const url = (scheme: string, port: number): string => `${scheme}://${address(port).host}:${address(port).port}`;
  assert.equal([await outcome(url('https', 443)), await outcome(url('http', 80))], [200, 'refused']);
});

/** The first line of the answer to a request of these lines. */
const rawly = (...lines: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp(address(80));
    let answer = '';
    socket.on('connect', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
      socket.end();
    });
    socket.on('error', reject).on('close', () => resolve(answer.split('\r\n')[0] ?? ''));
  });

t('requests that could be read in two ways, or not at all, are refused', async () => {
  await serve();
  const host = `Host: ${DNS}`;
  assert.match(await rawly('GET / HTTP/1.1', host), / 200 /);
  assert.match(await rawly('GET / HTTP/1.1', host, 'X(Y): 1'), / 400 /, 'a name that is no token');
  assert.match(await rawly('POST / HTTP/1.1', host, 'Content-Length: 1', 'Content-Length: 2', '', 'x'), / 400 /, 'two lengths');
  assert.match(await rawly('GET / HTTP/1.1', host, 'Transfer-Encoding: chunked, nonsense'), / (400|422) /, 'an unknown coding');
});

/** Asks on one connection every 400 ms; how many answers came before it was closed, and what the last one said of it. */
const onOneConnection = (most: number): Promise<{ readonly answers: number; readonly last: string }> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp(address(80));
    let answers = 0;
    let last = '';
    const again = (): void => void socket.write(`GET /status HTTP/1.1\r\nHost: ${DNS}\r\n\r\n`);
    socket.on('connect', again);
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      if (!chunk.toString().startsWith('HTTP/1.1')) return;
      answers += 1;
      last = chunk.toString();
      if (answers === most) socket.end();
      else void pause(400).then(() => socket.writable && again());
    });
    socket.on('close', () => resolve({ answers, last }));
  });

t('client_keep_alive: a connection old enough ends with an answer that says so', async () => {
  await serve({ 'client_keep_alive.seconds': '1' });
  const { answers, last } = await onOneConnection(8);
  assert.ok(answers < 8, `${answers} answers`);
  assert.match(last, /\r\nconnection: close\r\n/i);
  await serve();
  const kept = await onOneConnection(8);
  assert.is(kept.answers, 8);
  assert.not.match(kept.last, /connection: close/i);
});

t('idle_timeout: a connection that says nothing is closed', async () => {
  await serve({ 'idle_timeout.timeout_seconds': '1' });
  const began = Date.now();
  await new Promise<void>((resolve, reject) => {
    const socket = connectTcp(address(80));
    socket.on('error', reject);
    socket.on('connect', () => socket.write(`GET /status HTTP/1.1\r\nHost: ${DNS}\r\n\r\n`));
    socket.resume().on('close', () => resolve());
  });
  assert.ok(Date.now() - began >= 900, 'not before its time');
});

t.run();
