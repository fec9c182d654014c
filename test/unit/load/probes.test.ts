import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import * as assert from 'uvu/assert';
import { parseSetCookie } from '../../../reconciler/load/cookies.ts';
import { runProbes } from '../../../reconciler/load/probes.ts';
import { connectTo } from '../../../reconciler/load/requests.ts';
import type { VerifyTarget } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';
import { selfSigned } from './self-signed.ts';

const IDS = ['i-0a1b2c3d4e5f60001', 'i-0a1b2c3d4e5f60002'];
const DNS = 'shop-1.us-east-1.elb.example';

/** How the server behaves; set by each test. */
interface Manners {
  sticky?: { seconds: number; heeds: boolean };
  pinned?: boolean;
  status?: number;
  silent?: boolean;
  anonymous?: boolean;
}

const t = suite('probes', {
  manners: {} as Manners,
  plain: 0,
  tls: 0,
  fingerprint: '',
  seen: [] as { host: string; sni: string | false }[],
  servers: [] as Server[],
});

t.before(async (context) => {
  let n = 0;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const { manners } = context;
    if (manners.silent === true) return;
    n++;
    const held = /AWSALB=(\d)/.exec(request.headers.cookie ?? '')?.[1];
    const which = manners.pinned === true ? 0 : manners.sticky?.heeds === true && held !== undefined ? Number(held) : n % 2;
    context.seen.push({ host: request.headers.host ?? '', sni: (request.socket as { servername?: string }).servername ?? false });
    if (manners.sticky !== undefined) {
      const expires = new Date(Date.now() + manners.sticky.seconds * 1000).toUTCString();
      response.setHeader('Set-Cookie', [
        `AWSALB=${which}; Expires=${expires}; Path=/`,
        `AWSALBCORS=${which}; Expires=${expires}; Path=/; SameSite=None; Secure`,
      ]);
    }
    response.statusCode = manners.status ?? 200;
    response.end(manners.anonymous === true ? 'Hello' : `Hello from ${IDS[which]}`);
  };
  const listen = (server: Server): Promise<number> =>
    new Promise((done) => {
      context.servers.push(server);
      server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port));
    });
  const { cert, key, fingerprint } = selfSigned('webserver.example');
  context.fingerprint = fingerprint;
  context.plain = await listen(createServer(serve));
  context.tls = await listen(createTlsServer({ cert, key }, serve));
});

t.before.each((context) => {
  context.manners = {};
  context.seen.length = 0;
});

t.after((context) => {
  for (const server of context.servers) {
    (server as Server & { closeAllConnections(): void }).closeAllConnections();
    server.close();
  }
});

const targetOf = (
  context: { plain: number; tls: number },
  more: { seconds?: number; fingerprint?: string; type?: 'lb_cookie' | 'app_cookie'; https?: boolean } = {},
): VerifyTarget => ({
  stack: 'shop',
  dnsName: DNS,
  hosts: { [`${DNS}:80`]: `127.0.0.1:${context.plain}`, [`${DNS}:443`]: `127.0.0.1:${context.tls}` },
  listeners: [
    more.https === true
      ? {
          name: 'https',
          protocol: 'HTTPS',
          port: 443,
          ...(more.fingerprint === undefined ? {} : { certificateFingerprint: more.fingerprint }),
        }
      : { name: 'http', protocol: 'HTTP', port: 80 },
  ],
  groups: [
    {
      name: 'web',
      arn: 'arn:web',
      ...(more.seconds === undefined ? {} : { stickiness: { enabled: true, type: more.type ?? 'lb_cookie', seconds: more.seconds } }),
      healthCheck: { intervalSeconds: 10, timeoutSeconds: 5, healthyThreshold: 2, unhealthyThreshold: 2 },
      targets: IDS.map((instanceId, n) => ({ instanceId, name: `web-${n}`, port: 8080, zone: 'a' })),
    },
  ],
});
const outcomes = async (target: VerifyTarget, more: { timeout?: number; healthy?: number } = {}): Promise<Record<string, string>> => {
  const results = await runProbes({
    target,
    path: '/',
    timeout: more.timeout ?? 2,
    ...(more.healthy === undefined ? {} : { healthy: more.healthy }),
  });
  return Object.fromEntries(results.map((each) => [each.name, each.outcome]));
};

t('no stickiness wanted and none there', async (context) => {
  assert.equal(await outcomes(targetOf(context)), { 'http: answers': 'pass', 'http: spread': 'pass', 'http: no stickiness': 'pass' });
  assert.ok(context.seen.every((each) => each.host === DNS));
});

t('no stickiness wanted, but a cookie is set', async (context) => {
  context.manners = { sticky: { seconds: 60, heeds: true } };
  assert.equal(await outcomes(targetOf(context)), { 'http: answers': 'pass', 'http: spread': 'pass', 'http: no stickiness': 'failed' });
});

t('stickiness of a day, kept', async (context) => {
  context.manners = { sticky: { seconds: 86_400, heeds: true } };
  assert.equal(await outcomes(targetOf(context, { seconds: 86_400 })), {
    'http: answers': 'pass',
    'http: spread': 'pass',
    'http: stickiness': 'pass',
    'http: cookie lifetime': 'pass',
  });
});

t('a cookie that nobody heeds, and that lasts too short', async (context) => {
  context.manners = { sticky: { seconds: 3600, heeds: false } };
  const results = await runProbes({ target: targetOf(context, { seconds: 86_400 }), path: '/', timeout: 2 });
  assert.equal(
    results.slice(2).map((each) => [each.name, each.outcome, each.expected]),
    [
      ['http: stickiness', 'failed', 'one instance'],
      ['http: cookie lifetime', 'failed', '86400 s'],
    ],
  );
  assert.ok(/^3(600|599) s$/.test(results[3]?.got ?? ''), results[3]?.got);
});

t('stickiness wanted and no cookie set', async (context) => {
  assert.equal(await outcomes(targetOf(context, { seconds: 60 })), {
    'http: answers': 'pass',
    'http: spread': 'pass',
    'http: stickiness': 'failed',
    'http: cookie lifetime': 'failed',
  });
});

t('an application’s own cookie is not ours to try', async (context) => {
  assert.is((await outcomes(targetOf(context, { seconds: 60, type: 'app_cookie' })))['http: stickiness'], 'skipped');
});

t('everything from one instance is no spread, unless only one is healthy', async (context) => {
  context.manners = { pinned: true };
  assert.is((await outcomes(targetOf(context)))['http: spread'], 'failed');
  assert.is((await outcomes(targetOf(context), { healthy: 1 }))['http: spread'], 'skipped');
});

t('answers that do not tell their instance', async (context) => {
  context.manners = { anonymous: true };
  assert.is((await outcomes(targetOf(context)))['http: spread'], 'skipped');
});

t('an error page, and no answer at all', async (context) => {
  context.manners = { status: 503 };
  assert.is((await outcomes(targetOf(context)))['http: answers'], 'failed');
  context.manners = { silent: true };
  const results = await runProbes({ target: targetOf(context), path: '/', timeout: 0.3 });
  assert.is(results.length, 1);
  assert.match(results[0]?.detail ?? '', 'no answer within 0.3 s');
});

t('the served certificate and the TLS version; SNI and Host keep the name', async (context) => {
  const good = await outcomes(targetOf(context, { https: true, fingerprint: context.fingerprint.toUpperCase() }));
  assert.is(good['https: certificate'], 'pass');
  assert.is(good['https: TLS version'], 'pass');
  assert.is(good['https: answers'], 'pass');
  assert.ok(
    context.seen.length > 0 && context.seen.every((each) => each.host === DNS && each.sni === DNS),
    JSON.stringify(context.seen[0]),
  );
  assert.is((await outcomes(targetOf(context, { https: true, fingerprint: 'ab'.repeat(32) })))['https: certificate'], 'failed');
  assert.is((await outcomes(targetOf(context, { https: true })))['https: certificate'], 'skipped');
});

t('a connection refused is a failed probe', async (context) => {
  const target = { ...targetOf(context), hosts: { [DNS]: '127.0.0.1:1' } };
  assert.equal(await outcomes(target), { 'http: answers': 'failed' });
});

t('mapped hosts, as k6 has them', () => {
  const table: [Record<string, string>, string, number][] = [
    [{}, 'a.example', 80],
    [{ 'a.example': '127.0.0.2' }, '127.0.0.2', 80],
    [{ 'a.example': '127.0.0.2:8080' }, '127.0.0.2', 8080],
    [{ 'a.example': '127.0.0.2', 'a.example:80': '127.0.0.3:81' }, '127.0.0.3', 81],
    [{ 'a.example:443': '127.0.0.3:81' }, 'a.example', 80],
    [{ 'a.example': '::1' }, '::1', 80],
    [{ 'a.example': '[::1]:81' }, '::1', 81],
  ];
  for (const [hosts, host, port] of table) assert.equal(connectTo(hosts, 'a.example', 80), { host, port });
});

t('cookies: Max-Age before Expires, and neither', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const expires = 'Expires=Thu, 01 Jan 2026 00:01:00 GMT';
  assert.equal(parseSetCookie(`AWSALB=a=b; ${expires}; Path=/`, now), { name: 'AWSALB', value: 'a=b', lifetime: 60 });
  assert.is(parseSetCookie(`AWSALB=x; Max-Age=5; ${expires}`, now)?.lifetime, 5);
  assert.is(parseSetCookie('a=b', now)?.lifetime, null);
  assert.is(parseSetCookie('nonsense', now), undefined);
});

t.run();
