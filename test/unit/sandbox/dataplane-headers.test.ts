/** What listeners and load balancers change on requests and answers, seen by a real target and a real client. */

import * as assert from 'uvu/assert';
import type { ActionFacts, RuleFacts } from '../../../sandbox/types.ts';
import { suite } from '../../support/suite.ts';
import {
  type Answer,
  ask,
  createWorld,
  EVERYWHERE,
  forward,
  makeCertificate,
  makeGroup,
  makeInstance,
  makeListener,
  makeLoadBalancer,
  makeRule,
  type Question,
  type Running,
  setSecurityGroup,
  startWorld,
  type World,
} from './dataplane-world.ts';

const t = suite('data plane: headers');
const DNS = 'site-1.us-east-1.elb.amazonaws.com';

let world: World;
let running: Running;

const say = (text: string, contentType = 'text/plain'): ActionFacts => ({
  Type: 'fixed-response',
  FixedResponseConfig: { StatusCode: '200', ContentType: contentType, MessageBody: text },
});
const get = (path: string, question: Question = {}): Promise<Answer> => ask(running.dataplane, `${DNS}:80${path}`, question);
/** The headers a target sees. */
const seen = async (question: Question = {}, port = 80): Promise<Record<string, string>> => {
  const { body } = await ask(running.dataplane, `${DNS}:${port}/headers`, { ...(port === 443 ? { tls: true } : {}), ...question });
  return JSON.parse(body) as Record<string, string>;
};
interface Setting {
  readonly lb?: Readonly<Record<string, string>>;
  readonly listener?: Readonly<Record<string, string>>;
  readonly rules?: readonly RuleFacts[];
  readonly otherPorts?: readonly number[];
}
const serve = async ({ lb = {}, listener = {}, rules = [], otherPorts = [] }: Setting): Promise<void> => {
  world.loadBalancers = [makeLoadBalancer({ attributes: lb })];
  world.rules = [...rules];
  world.listeners = [
    makeListener(80, forward('web'), { attributes: listener }),
    makeListener(443, forward('web'), {
      protocol: 'HTTPS',
      sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
      certificateArns: ['arn:cert'],
      attributes: listener,
    }),
    ...otherPorts.map((port) => makeListener(port, forward('web'))),
  ];
  world.changed();
  await running.dataplane.settled();
};
const path = (...values: readonly string[]): RuleFacts['conditions'] => [{ Field: 'path-pattern', PathPatternConfig: { Values: values } }];

t.before(async () => {
  world = createWorld();
  setSecurityGroup(world, 'sg-lb', { ingress: [EVERYWHERE] });
  world.instances.set('i-1', makeInstance('i-1', 'a'));
  world.groups.push(makeGroup('web', ['i-1']), makeGroup('empty', []));
  world.certificates.set('arn:cert', await makeCertificate('arn:cert', 'site.example'));
  world.listeners.push(makeListener(80, forward('web')));
  running = await startWorld(world);
});
// Without `?` a failed start would hide its reason behind this one's.
t.after(() => (running as Running | undefined)?.stop());

t('X-Forwarded-For: append, preserve, remove, with or without the port', async () => {
  const mode = 'routing.http.xff_header_processing.mode';
  const port = 'routing.http.xff_client_port.enabled';
  const came = async (headers: Readonly<Record<string, string>> = {}): Promise<string | undefined> =>
    (await seen({ headers }))['X-Forwarded-For'];
  const before = { 'X-Forwarded-For': '198.51.100.7' };
  await serve({});
  assert.equal([await came(), await came(before)], ['203.0.113.1', '198.51.100.7, 203.0.113.1']);
  await serve({ lb: { [port]: 'true' } });
  assert.match((await came()) ?? '', /^203\.0\.113\.1:\d+$/);
  assert.match((await came(before)) ?? '', /^198\.51\.100\.7, 203\.0\.113\.1:\d+$/);
  await serve({ lb: { [mode]: 'preserve', [port]: 'true' } });
  assert.equal([await came(), await came(before)], [undefined, '198.51.100.7']);
  await serve({ lb: { [mode]: 'remove' } });
  assert.equal([await came(), await came(before)], [undefined, undefined]);
});

t('Host: with the port of the listener, or as the client sent it', async () => {
  const question = { headers: { Host: 'shop.example' } };
  await serve({ otherPorts: [8080] });
  assert.is((await seen(question))['Host'], 'shop.example');
  assert.is((await seen(question, 8080))['Host'], 'shop.example:8080');
  await serve({ lb: { 'routing.http.preserve_host_header.enabled': 'true' }, otherPorts: [8080] });
  assert.is((await seen(question, 8080))['Host'], 'shop.example');
  assert.is((await seen({ headers: { Host: 'shop.example:81' } }))['Host'], 'shop.example:81');
});

t('header names that are not letters, digits and hyphens are dropped when asked to', async () => {
  // Flask drops names with underscores itself, so another odd one stands in.
  const headers = { 'X-Good-1': 'a', 'X.Odd': 'b', 'X~Odd': 'c' };
  await serve({});
  assert.equal([(await seen({ headers }))['X.Odd'], (await seen({ headers }))['X~Odd']], ['b', 'c']);
  await serve({ lb: { 'routing.http.drop_invalid_header_fields.enabled': 'true' } });
  const left = await seen({ headers });
  assert.equal([left['X-Good-1'], left['X.Odd'], left['X~Odd']], ['a', undefined, undefined]);
});

t('TLS version and cipher suite are told when asked to, under the names the listener gives them', async () => {
  const attribute = 'routing.http.x_amzn_tls_version_and_cipher_suite.enabled';
  await serve({});
  assert.is((await seen({}, 443))['X-Amzn-Tls-Version'], undefined);
  await serve({ lb: { [attribute]: 'true' } });
  const told = await seen({}, 443);
  assert.is(told['X-Amzn-Tls-Version'], 'TLSv1.3');
  assert.match(told['X-Amzn-Tls-Cipher-Suite'] ?? '', /^TLS_/);
  assert.is((await seen())['X-Amzn-Tls-Version'], undefined, 'not over plain HTTP');
  await serve({
    lb: { [attribute]: 'true' },
    listener: {
      'routing.http.request.x_amzn_tls_version.header_name': 'Tls-Is',
      'routing.http.request.x_amzn_tls_cipher_suite.header_name': 'Cipher-Is',
    },
  });
  const renamed = await seen({}, 443);
  assert.equal([renamed['Tls-Is'], renamed['X-Amzn-Tls-Version'], renamed['X-Amzn-Tls-Cipher-Suite']], ['TLSv1.3', undefined, undefined]);
  assert.match(renamed['Cipher-Is'] ?? '', /^TLS_/);
});

t('inserted response headers are on every answer: of targets, of rules, of the load balancer itself', async () => {
  const values: Readonly<Record<string, string>> = {
    strict_transport_security: 'max-age=31536000; includeSubDomains; preload',
    access_control_allow_origin: 'https://example.com',
    access_control_allow_methods: 'GET,POST,OPTIONS',
    access_control_allow_headers: 'Content-Type,X-Custom',
    access_control_allow_credentials: 'true',
    access_control_expose_headers: 'X-Instance',
    access_control_max_age: '600',
    content_security_policy: 'default-src \'self\'; img-src * data:; report-uri /csp?a=%20"b"',
    x_content_type_options: 'nosniff',
    x_frame_options: 'SAMEORIGIN',
  };
  const names = [
    'strict-transport-security',
    'access-control-allow-origin',
    'access-control-allow-methods',
    'access-control-allow-headers',
    'access-control-allow-credentials',
    'access-control-expose-headers',
    'access-control-max-age',
    'content-security-policy',
    'x-content-type-options',
    'x-frame-options',
  ];
  const listener = Object.fromEntries(Object.entries(values).map(([key, value]) => [`routing.http.response.${key}.header_value`, value]));
  const rules = [
    makeRule(80, 1, path('/fixed'), say('x')),
    makeRule(80, 2, path('/nobody'), forward('empty')),
    makeRule(80, 3, path('/moved'), { Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Path: '/' } }),
  ];
  await serve({ listener, rules });
  for (const [where, status] of [
    ['/status', 200],
    ['/fixed', 200],
    ['/nobody', 503],
    ['/moved', 301],
  ] as const) {
    const answer = await get(where);
    assert.is(answer.status, status);
    assert.equal(
      names.map((name) => answer.headers[name]),
      Object.values(values),
      where,
    );
  }
  await serve({ listener: Object.fromEntries(Object.keys(listener).map((key) => [key, ''])), rules });
  const { headers } = await get('/fixed');
  assert.equal(
    names.map((name) => headers[name]),
    names.map(() => undefined),
  );
});

t('the load balancer can keep its name to itself; the name of a target stays', async () => {
  const rules = [makeRule(80, 1, path('/fixed'), say('x')), makeRule(80, 2, path('/nobody'), forward('empty'))];
  const names = async (): Promise<readonly unknown[]> =>
    Promise.all(['/fixed', '/nobody', '/status'].map(async (where) => (await get(where)).headers['server']));
  await serve({ rules });
  const [fixed, nobody, target] = await names();
  assert.equal([fixed, nobody], ['awselb/2.0', 'awselb/2.0']);
  assert.match(String(target), /Werkzeug/);
  await serve({ rules, listener: { 'routing.http.response.server.enabled': 'false' } });
  assert.equal(await names(), [undefined, undefined, target]);
});

t.run();
