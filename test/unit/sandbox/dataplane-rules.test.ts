/** Listeners, rules and TLS through a real HAProxy, with Flask behind it only where a target has to answer. */

import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect as connectH2 } from 'node:http2';
import { join } from 'node:path';
import { connect as connectTls, createSecureContext } from 'node:tls';
import * as assert from 'uvu/assert';
import type { ActionFacts, RuleFacts } from '../../../sandbox/types.ts';
import { suite } from '../../support/suite.ts';
import {
  type Answer,
  ask,
  cookiesOf,
  createWorld,
  EVERYWHERE,
  forward,
  makeCertificate,
  makeGroup,
  makeInstance,
  makeListener,
  makeRule,
  type Question,
  type Running,
  setSecurityGroup,
  startWorld,
  type World,
} from './dataplane-world.ts';

const t = suite('data plane: rules');
const DNS = 'site-1.us-east-1.elb.amazonaws.com';

let world: World;
let running: Running;

const say = (text: string, more: Readonly<Record<string, string>> = {}): ActionFacts => ({
  Type: 'fixed-response',
  FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: text, ...more },
});
const get = (path: string, question: Question = {}): Promise<Answer> => ask(running.dataplane, `${DNS}:80${path}`, question);
const getTls = (path: string, serverName: string): Promise<Answer> =>
  ask(running.dataplane, `${DNS}:443${path}`, { tls: true, serverName });
const serve = async (rules: readonly RuleFacts[], fallback: ActionFacts = say('default')): Promise<void> => {
  world.rules = [...rules];
  world.listeners = [makeListener(80, fallback), ...world.listeners.filter(({ port }) => port !== 80)];
  world.changed();
  await running.dataplane.settled();
};
/** Asks in turn and compares the bodies. */
const expect = async (cases: readonly (readonly [string, Question, string])[]): Promise<void> => {
  for (const [path, question, body] of cases) assert.is((await get(path, question)).body, body, `${path} ${JSON.stringify(question)}`);
};

t.before(async () => {
  world = createWorld();
  setSecurityGroup(world, 'sg-lb', { ingress: [EVERYWHERE] });
  world.instances.set('i-1', makeInstance('i-1', 'a'));
  world.instances.set('i-2', makeInstance('i-2', 'b'));
  world.groups.push(makeGroup('blue', ['i-1']), makeGroup('green', ['i-2']), makeGroup('empty', []));
  world.listeners.push(makeListener(80, say('default')));
  running = await startWorld(world);
});
// Without `?` a failed start would hide its reason behind this one's.
t.after(() => (running as Running | undefined)?.stop());

t('the first rule whose conditions all hold wins', async () => {
  await serve([
    makeRule(80, 1, [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/img/*.png', '/a?c'] } }], say('path')),
    makeRule(
      80,
      2,
      [
        { Field: 'host-header', HostHeaderConfig: { Values: ['*.Example.com'] } },
        { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['PUT', 'PURGE'] } },
      ],
      say('host and method'),
    ),
    makeRule(
      80,
      3,
      [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'User-Agent', Values: ['*Chrome*', 'curl/?.*'] } }],
      say('header'),
    ),
    makeRule(
      80,
      4,
      [{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'version', Value: 'v?' }, { Value: 'beta*' }] } }],
      say('query'),
    ),
    makeRule(
      80,
      5,
      [
        { Field: 'path-pattern', Values: ['/short'] },
        { Field: 'source-ip', SourceIpConfig: { Values: ['203.0.113.0/24', '2001:db8::/32'] } },
      ],
      say('source'),
    ),
    makeRule(
      80,
      6,
      [
        { Field: 'path-pattern', Values: ['/elsewhere'] },
        { Field: 'source-ip', SourceIpConfig: { Values: ['127.0.0.0/8'] } },
      ],
      say('loopback'),
    ),
    makeRule(80, 7, [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/v[0-9]+/'] } }], say('regex')),
  ]);
  await expect([
    ['/img/a/b.png?x=1', {}, 'path'],
    ['/abc', {}, 'path'],
    ['/abbc', {}, 'default'],
    ['/ABC', {}, 'default'],
    ['/img/axpng', {}, 'default'],
    ['/', { method: 'PUT', headers: { Host: 'WWW.example.com:80' } }, 'host and method'],
    ['/', { method: 'GET', headers: { Host: 'www.example.com' } }, 'default'],
    ['/', { method: 'PUT', headers: { Host: 'example.com' } }, 'default'],
    ['/', { method: 'PURGE', headers: { Host: 'a.b.example.com' } }, 'host and method'],
    ['/', { headers: { 'User-Agent': 'Mozilla chrome/1' } }, 'header'],
    ['/', { headers: { 'User-Agent': 'curl/8.1' } }, 'header'],
    ['/?a=1&VERSION=V2', {}, 'query'],
    ['/?version=v22', {}, 'default'],
    ['/?x=beta-3', {}, 'query'],
    ['/?x=alpha&y=1', {}, 'default'],
    ['/short', {}, 'source'],
    ['/elsewhere', {}, 'default'],
    ['/v12/x', {}, 'regex'],
  ]);
});

t('patterns and bodies cannot break out of the configuration', async () => {
  const body = 'a "b" \'c\' \\d #e $HOME %[src] {f} é\n  http-request deny\r\n\ttab';
  await serve([
    makeRule(80, 1, [{ Field: 'path-pattern', Values: ["/it's+(1).$x"] }], say(body)),
    makeRule(
      80,
      2,
      [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Odd', Values: ['a b"c#\\d'] } }],
      say('x'.repeat(1024)),
    ),
    makeRule(80, 3, [{ Field: 'path-pattern', Values: ['/empty'] }], say('', { StatusCode: '503' })),
  ]);
  await expect([
    ["/it's+(1).$x", {}, body],
    ['/its', {}, 'default'],
    ['/', { headers: { 'X-Odd': 'A b"c#\\d' } }, 'x'.repeat(1024)],
    ['/empty', {}, ''],
  ]);
  assert.is((await get('/empty')).status, 503);
});

t('redirects keep what they do not change', async () => {
  const to = (config: Readonly<Record<string, string>>): ActionFacts => ({
    Type: 'redirect',
    RedirectConfig: { StatusCode: 'HTTP_301', ...config },
  });
  await serve(
    [
      makeRule(
        80,
        1,
        [{ Field: 'path-pattern', Values: ['/old/*'] }],
        to({ Path: '/new/#{path}', Query: 'from=#{host}&#{query}', StatusCode: 'HTTP_302' }),
      ),
      makeRule(
        80,
        2,
        [{ Field: 'path-pattern', Values: ['/away'] }],
        to({ Host: 'www.#{host}', Port: '8443', Protocol: 'HTTPS', Path: '/100%/x y', Query: '' }),
      ),
    ],
    to({ Protocol: 'HTTPS', Port: '443' }),
  );
  const where = async (path: string): Promise<string> => {
    const { status, headers } = await get(path, { headers: { Host: 'example.com:80' } });
    return `${status} ${headers.location}`;
  };
  assert.is(await where('/a/b?c=d&e'), '301 https://example.com:443/a/b?c=d&e');
  assert.is(await where('/'), '301 https://example.com:443/');
  assert.is(await where('/old/x?y'), '302 http://example.com:80/new/old/x?from=example.com&y');
  assert.is(await where('/away?z'), '301 https://www.example.com:8443/100%/x y');
});

t('weights share the requests; group stickiness keeps a client with its group', async () => {
  const weighted = (blue: number, green: number, sticky: boolean): ActionFacts => ({
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: 'arn:tg/blue', Weight: blue },
        { TargetGroupArn: 'arn:tg/green', Weight: green },
      ],
      TargetGroupStickinessConfig: { Enabled: sticky, DurationSeconds: 60 },
    },
  });
  const tally = async (count: number, question: Question = {}): Promise<Record<string, number>> => {
    const seen: Record<string, number> = { 'i-1': 0, 'i-2': 0 };
    for (let i = 0; i < count; i++) {
      const who = String((await get('/', question)).headers['x-instance']);
      seen[who] = (seen[who] ?? 0) + 1;
    }
    return seen;
  };
  await serve([], weighted(1, 0, false));
  assert.equal(await tally(5), { 'i-1': 5, 'i-2': 0 });
  await serve([], weighted(4, 4, true));
  const seen = await tally(60);
  assert.ok((seen['i-1'] ?? 0) > 10 && (seen['i-2'] ?? 0) > 10, JSON.stringify(seen));
  const first = await get('/');
  assert.match(cookiesOf(first), /^AWSALBTG=.*; AWSALBTGCORS=/);
  const who = String(first.headers['x-instance']);
  assert.is((await tally(12, { headers: { Cookie: cookiesOf(first) } }))[who], 12);
  await serve([], forward('empty'));
  assert.is((await get('/')).status, 503);
});

t('HTTPS serves the certificate of the name asked for, over HTTP/2 and 1.1, and leaves no key on a disk', async () => {
  const [first, second] = await Promise.all([makeCertificate('arn:cert/1', 'one.example'), makeCertificate('arn:cert/2', 'two.example')]);
  world.certificates.set(first.arn, first);
  world.certificates.set(second.arn, second);
  const listener = makeListener(443, forward('blue'), {
    protocol: 'HTTPS',
    sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    certificateArns: [first.arn, second.arn],
  });
  world.listeners = [...world.listeners.filter(({ port }) => port !== 443), listener];
  world.changed();
  await running.dataplane.settled();
  const served = async (name: string): Promise<string> => new X509Certificate((await getTls('/headers', name)).certificate ?? '').subject;
  assert.is(await served('one.example'), 'CN=one.example');
  assert.is(await served('two.example'), 'CN=two.example');
  assert.is(await served('other.example'), 'CN=one.example');
  const seen = JSON.parse((await getTls('/headers', 'one.example')).body) as Record<string, string>;
  assert.is(seen['X-Forwarded-Proto'], 'https');
  assert.is(seen['X-Forwarded-Port'], '443');
  const [host, port] = (running.dataplane.hosts()[`${DNS}:443`] ?? '').split(':');
  const h2 = connectH2(`https://${host}:${port}`, { rejectUnauthorized: false, servername: 'one.example' });
  const status = await new Promise<number>((resolve, reject) => {
    h2.on('error', reject);
    h2.request({ ':path': '/status' })
      .on('error', reject)
      .on('response', (headers) => resolve(Number(headers[':status'])))
      .resume();
  });
  h2.close();
  assert.is(status, 200);
  for (const name of readdirSync(running.runDir)) {
    if (name.endsWith('.sock')) continue;
    assert.not.match(readFileSync(join(running.runDir, name), 'utf8'), /PRIVATE KEY/, name);
  }
  assert.equal(
    readdirSync('/dev/shm').filter((name) => name.startsWith(`albedo-${process.pid}-`)),
    [],
  );
  // Replaced by another one under way: the new one is served.
  world.listeners = [...world.listeners.filter((other) => other.port !== 443), { ...listener, certificateArns: [second.arn] }];
  world.changed();
  await running.dataplane.settled();
  assert.is(await served('one.example'), 'CN=two.example');
});

t('the security policy decides the TLS versions', async () => {
  const [host, port] = (running.dataplane.hosts()[`${DNS}:443`] ?? '').split(':');
  const version = (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
    new Promise((resolve) => {
      const socket = connectTls({
        host: String(host),
        port: Number(port),
        rejectUnauthorized: false,
        secureContext: createSecureContext({ minVersion: 'TLSv1', maxVersion, ciphers: 'ALL:@SECLEVEL=0' }),
      });
      socket.on('secureConnect', () => {
        resolve(String(socket.getProtocol()));
        socket.destroy();
      });
      socket.on('error', () => resolve('refused'));
    });
  const policy = async (name: string): Promise<void> => {
    world.listeners = world.listeners.map((listener) => (listener.port === 443 ? { ...listener, sslPolicy: name } : listener));
    world.changed();
    await running.dataplane.settled();
  };
  assert.equal([await version('TLSv1.1'), await version('TLSv1.2'), await version('TLSv1.3')], ['refused', 'TLSv1.2', 'TLSv1.3']);
  await policy('ELBSecurityPolicy-2016-08');
  assert.equal([await version('TLSv1.1'), await version('TLSv1.3')], ['TLSv1.1', 'TLSv1.2']);
  await policy('ELBSecurityPolicy-TLS13-1-3-2021-06');
  assert.equal([await version('TLSv1.2'), await version('TLSv1.3')], ['refused', 'TLSv1.3']);
});

t('a configuration HAProxy refuses is logged, and the one before goes on serving', async () => {
  await serve([], say('before'));
  await serve(
    [makeRule(80, 1, [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['(unclosed'] } }], say('never'))],
    say('after'),
  );
  assert.is((await get('/')).body, 'before');
  assert.ok(
    running.log.some((line) => line.includes('HAProxy refuses the configuration')),
    running.log.join('\n'),
  );
  await serve([], say('repaired'));
  assert.is((await get('/')).body, 'repaired');
});

t('what is not served is said, not passed over', async () => {
  await serve([], { Type: 'authenticate-oidc', Order: 1, AuthenticateOidcConfig: {} });
  assert.is((await get('/')).status, 501);
  assert.ok(running.log.some((line) => line.includes('authenticate-oidc is not served')));
});

t.run();
