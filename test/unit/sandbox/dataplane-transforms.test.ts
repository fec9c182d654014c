/** Rules that rewrite, redirect, answer by themselves or match regular expressions, with a real target behind them. */

import * as assert from 'uvu/assert';
import type { ActionFacts, RuleFacts, TransformFacts } from '../../../sandbox/types.ts';
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
  makeRule,
  type Question,
  type Running,
  setSecurityGroup,
  startWorld,
  type World,
} from './dataplane-world.ts';

const t = suite('data plane: transforms and answers of rules');
const DNS = 'site-1.us-east-1.elb.amazonaws.com';

let world: World;
let running: Running;

const say = (text: string, contentType = 'text/plain'): ActionFacts => ({
  Type: 'fixed-response',
  FixedResponseConfig: { StatusCode: '200', ContentType: contentType, MessageBody: text },
});
const get = (path: string, question: Question = {}): Promise<Answer> => ask(running.dataplane, `${DNS}:80${path}`, question);
/** The headers a target sees. */
const seen = async (question: Question = {}): Promise<Record<string, string>> =>
  JSON.parse((await get('/headers', question)).body) as Record<string, string>;
const serve = async (rules: readonly RuleFacts[]): Promise<void> => {
  world.rules = [...rules];
  world.listeners = [
    makeListener(80, forward('web')),
    makeListener(443, forward('web'), { protocol: 'HTTPS', certificateArns: ['arn:cert'] }),
  ];
  world.changed();
  await running.dataplane.settled();
};
const path = (...values: readonly string[]): RuleFacts['conditions'] => [{ Field: 'path-pattern', PathPatternConfig: { Values: values } }];
const transformed = (rule: RuleFacts, ...transforms: readonly TransformFacts[]): RuleFacts => ({ ...rule, transforms });
const url = (Regex: string, Replace: string): TransformFacts => ({
  Type: 'url-rewrite',
  UrlRewriteConfig: { Rewrites: [{ Regex, Replace }] },
});
const host = (Regex: string, Replace: string): TransformFacts => ({
  Type: 'host-header-rewrite',
  HostHeaderRewriteConfig: { Rewrites: [{ Regex, Replace }] },
});

t.before(async () => {
  world = createWorld();
  setSecurityGroup(world, 'sg-lb', { ingress: [EVERYWHERE] });
  world.instances.set('i-1', makeInstance('i-1', 'a'));
  world.groups.push(makeGroup('web', ['i-1']));
  world.certificates.set('arn:cert', await makeCertificate('arn:cert', 'site.example'));
  world.listeners.push(makeListener(80, forward('web')));
  running = await startWorld(world);
});
// Without `?` a failed start would hide its reason behind this one's.
t.after(() => (running as Running | undefined)?.stop());

t('url-rewrite changes what the target is asked for, not the rule that is chosen', async () => {
  await serve([
    transformed(makeRule(80, 1, path('/api/*'), forward('web')), url('^/api/v[0-9]+/(.*)$', '/$1')),
    transformed(makeRule(80, 2, path('/named/*'), forward('web')), url('^/named/([a-z]+),([a-z]+)$', '/cookie?name=$2_$1')),
    transformed(makeRule(80, 3, path("/it's/*"), forward('web')), url('^/it\'s/(status|"x")\\)?$', '/$1')),
    transformed(makeRule(80, 4, path('/query'), forward('web')), url('^/query\\?to=([a-z]+)', '/$1')),
    transformed(makeRule(80, 5, path('/broken'), forward('web')), url('^/broken', 'no url')),
    transformed(makeRule(80, 6, path('/status'), say('never the target')), url('^/status', '/')),
  ]);
  assert.is((await get('/api/v2/status')).body, 'OK');
  assert.is((await get('/api/x/status')).status, 404, 'no match: as it was');
  assert.match(String((await get('/named/one,two')).headers['set-cookie']), /^two_one=/);
  assert.is((await get("/it's/status)")).body, 'OK');
  assert.is((await get('/query?to=status')).body, 'OK');
  assert.is((await get('/broken')).status, 500);
  assert.is((await get('/status')).body, 'never the target');
});

t('host-header-rewrite changes the Host header the target sees', async () => {
  const rules = [
    transformed(
      makeRule(80, 1, path('/headers'), forward('web')),
      host('^mywebsite-(.+).com$', 'internal.dev.$1.myweb.com'),
      url('^/headers$', '/headers?a=1'),
    ),
  ];
  const asked = async (name: string): Promise<string | undefined> => (await seen({ headers: { Host: name } }))['Host'];
  await serve(rules);
  assert.is(await asked('mywebsite-example.com'), 'internal.dev.example.myweb.com');
  assert.is(await asked('MyWebsite-Example.com'), 'internal.dev.Example.myweb.com');
  assert.is(await asked('other.com'), 'other.com');
  await serve([transformed(makeRule(80, 1, path('/headers'), forward('web')), host('^.*$', 'not a host'))]);
  assert.is((await get('/headers')).status, 500);
});

t('regular expressions in conditions: host with port, path, header', async () => {
  const regex = (
    Field: string,
    key: string,
    values: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): RuleFacts['conditions'] => [{ Field, [key]: { ...more, RegexValues: values } }];
  await serve([
    makeRule(80, 1, regex('host-header', 'HostHeaderConfig', ['^(a|b)[0-9]{2}\\.example\\.com$', '^c\\.example\\.com:8443$']), say('host')),
    makeRule(80, 2, regex('path-pattern', 'PathPatternConfig', ['^/(v1|v2)/[^/]+$', '\\.(png|gif)$']), say('path')),
    makeRule(
      80,
      3,
      regex('http-header', 'HttpHeaderConfig', ['^Mozilla/[0-9]+\\.0 \\(.*\\)$'], { HttpHeaderName: 'User-Agent' }),
      say('header'),
    ),
    makeRule(80, 4, [{ Field: 'path-pattern', RegexValues: ['^/short/[0-9]$'] }], say('short form')),
  ]);
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['/x', { Host: 'a12.example.com' }, 'host'],
    ['/x', { Host: 'B99.EXAMPLE.com' }, 'host'],
    ['/x', { Host: 'c.example.com:8443' }, 'host'],
    ['/v1/a', {}, 'path'],
    ['/a/b.gif?x=1', {}, 'path'],
    ['/status', { 'User-Agent': 'Mozilla/5.0 (X11)' }, 'header'],
    ['/short/7', {}, 'short form'],
    ['/V1/a', {}, '404'],
    ['/v1/a/b', {}, '404'],
    ['/x', { Host: 'a1.example.com' }, '404'],
  ];
  for (const [where, headers, expected] of cases) {
    const { status, body } = await get(where, { headers });
    assert.is(status === 404 ? '404' : body, expected, `${where} ${JSON.stringify(headers)}`);
  }
});

t('fixed responses have their content type and status', async () => {
  const types = ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'];
  await serve(
    types.map((type, index) =>
      makeRule(80, index + 1, path(`/${index}`), {
        Type: 'fixed-response',
        FixedResponseConfig: { StatusCode: String(200 + index * 75), ContentType: type, MessageBody: `{"a": "${index}"}` },
      }),
    ),
  );
  for (const [index, type] of types.entries()) {
    const { status, headers, body } = await get(`/${index}`);
    assert.equal([status, headers['content-type'], body], [200 + index * 75, type, `{"a": "${index}"}`]);
  }
});

t('redirects fill every placeholder', async () => {
  const to = (RedirectConfig: Readonly<Record<string, string>>): ActionFacts => ({
    Type: 'redirect',
    RedirectConfig: { StatusCode: 'HTTP_302', ...RedirectConfig },
  });
  const everything = to({
    Protocol: '#{protocol}',
    Host: '#{host}',
    Port: '#{port}',
    Path: '/from/#{host}/#{port}/#{protocol}/#{path}',
    Query: 'path=#{path}&port=#{port}&proto=#{protocol}&host=#{host}&#{query}',
  });
  await serve([
    makeRule(80, 1, path('/all/*'), everything),
    makeRule(443, 1, path('/all/*'), everything),
    makeRule(80, 2, path('/only'), to({ Host: 'elsewhere.example', Query: 'fixed=1' })),
  ]);
  const where = async (port: number, asked: string): Promise<unknown> =>
    (await ask(running.dataplane, `${DNS}:${port}${asked}`, { tls: port === 443, headers: { Host: 'a.example' } })).headers.location;
  assert.is(
    await where(80, '/all/x?q=1'),
    'http://a.example:80/from/a.example/80/http/all/x?path=all/x&port=80&proto=http&host=a.example&q=1',
  );
  assert.is(
    await where(443, '/all/x?q=1'),
    'https://a.example:443/from/a.example/443/https/all/x?path=all/x&port=443&proto=https&host=a.example&q=1',
  );
  assert.is(await where(80, '/only?q=1'), 'http://elsewhere.example:80/only?fixed=1');
});

t.run();
