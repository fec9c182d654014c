/** Regular expressions, transforms and token validation: what a rule may say beyond plain values. */

import * as assert from 'uvu/assert';
import { regexProblem } from '../../../sandbox/elbv2/regexes.ts';
import type { Params } from '../../support/elbv2-bench.ts';
import { createAuthorities, createWorld, LAST } from '../../support/elbv2-surface.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 transforms');
const authorities = await createAuthorities();

t('regular expressions that AWS has', () => {
  for (const pattern of [
    '^/api/v[0-9]+/(.*)$',
    'a|b',
    '(?i)chrome',
    '(?:a)(b)',
    'a\\++',
    '[+*]+',
    '[]a]+',
    '\\\\1',
    '(?<word>a)',
    'a{2,3}',
    '\\d+\\.',
    '[(?=]',
  ])
    assert.is(regexProblem(pattern), undefined, pattern);
});

const unsupported: [pattern: string, words: RegExp][] = [
  ['a(?=b)', /lookaheads/],
  ['a(?!b)', /lookaheads/],
  ['(?<=a)b', /lookbehinds/],
  ['(?<!a)b', /lookbehinds/],
  ['(a)\\1', /backreferences/],
  ['(?<x>a)\\k<x>', /backreferences/],
  ['(?P=x)', /backreferences/],
  ['(?>a)', /atomic/],
  ['a++', /possessive/],
  ['a*+', /possessive/],
  ['a{2}+', /possessive/],
  ['(?R)', /recursion/],
  ['(a)(?1)', /recursion/],
  ['\\p{L}', /Unicode/],
  ['\\P{L}', /Unicode/],
  ['(', /does not compile/],
  ['[z-a]', /does not compile/],
];
for (const [pattern, words] of unsupported)
  t(`the regular expression ${pattern} is refused`, () => {
    assert.match(regexProblem(pattern) ?? '', words);
    const world = createWorld(authorities);
    const RuleArn = world.ownRule();
    world.refused('ValidationError', 'ModifyRule', { RuleArn, Conditions: [{ Field: 'path-pattern', RegexValues: [pattern] }] }, words);
    world.refused('ValidationError', 'ModifyRule', { RuleArn, Transforms: [url(pattern, 'x')] }, words);
  });

const url = (Regex: string | undefined, Replace: string | undefined): Params => ({
  Type: 'url-rewrite',
  UrlRewriteConfig: { Rewrites: [{ Regex, Replace }] },
});
const host = (Regex: string, Replace: string): Params => ({
  Type: 'host-header-rewrite',
  HostHeaderRewriteConfig: { Rewrites: [{ Regex, Replace }] },
});

t('one transform of each type, kept apart from the conditions, gone when reset', () => {
  const world = createWorld(authorities);
  const Transforms = [host('^(.+)\\.example\\.com$', '$1.internal'), url('^/old/(.*)$', '/new/$1')];
  const RuleArn = world.ownRule({ Transforms });
  const answered = (): unknown => world.call('DescribeRules', { RuleArns: [RuleArn] }).get('Rules.0.Transforms');
  assert.equal(answered(), Transforms);
  const listenerArn = world.elbv2.state.listeners()[0]?.arn ?? '';
  assert.equal(world.elbv2.state.rules(listenerArn)[0]?.transforms, Transforms);
  world.call('ModifyRule', { RuleArn, Conditions: [{ Field: 'path-pattern', Values: ['/b'] }] });
  assert.equal(answered(), Transforms);
  world.call('ModifyRule', { RuleArn, Transforms: [url('^/a$', '/b')] });
  assert.equal(answered(), [url('^/a$', '/b')], 'the whole list is replaced');
  world.call('ModifyRule', { RuleArn, ResetTransforms: false, Actions: [LAST] });
  assert.equal(answered(), [url('^/a$', '/b')]);
  world.call('ModifyRule', { RuleArn, ResetTransforms: true });
  assert.is(answered(), '');
  world.refused('ValidationError', 'ModifyRule', { RuleArn, ResetTransforms: false }, 'Either conditions or actions must be specified');
  world.refused('ValidationError', 'ModifyRule', { RuleArn, Transforms: [] }, 'Either conditions or actions must be specified');
  const defaultRule = world.call('DescribeRules', { ListenerArn: listenerArn }).list('Rules').at(-1) as { readonly RuleArn: string };
  world.refused('OperationNotPermitted', 'ModifyRule', { RuleArn: defaultRule.RuleArn, Transforms }, /Default rule/);
});

const broken: [transforms: readonly Params[], words: RegExp][] = [
  [[{ Type: 'path-rewrite' }], /enum value set: \[host-header-rewrite, url-rewrite\]/],
  [[{ UrlRewriteConfig: { Rewrites: [] } }], /transforms.1.member.type/],
  [[{ Type: 'url-rewrite' }], /A rewrite must be specified/],
  [[{ ...host('a', 'b'), Type: 'url-rewrite' }], /cannot specify the following fields: 'HostHeaderRewriteConfig'/],
  [[url('a', 'b'), url('c', 'd')], /only have one 'url-rewrite'/],
  [
    [
      {
        Type: 'url-rewrite',
        UrlRewriteConfig: {
          Rewrites: [
            { Regex: 'a', Replace: 'b' },
            { Regex: 'c', Replace: 'd' },
          ],
        },
      },
    ],
    /Up to '1' rewrites/,
  ],
  [[url(undefined, 'b')], /regex/],
  [[url('a', undefined)], /replace/],
  [[url('x'.repeat(1025), 'b')], /less than or equal to 1024/],
  [[url('(a)', '$2')], /capture group \$2/],
];
for (const [Transforms, words] of broken)
  t(`transforms refused: ${JSON.stringify(Transforms).slice(0, 90)}`, () => {
    const world = createWorld(authorities);
    world.refused('ValidationError', 'ModifyRule', { RuleArn: world.ownRule(), Transforms }, words);
  });

const jwt = (change: Params): Params => ({
  Type: 'jwt-validation',
  Order: 1,
  JwtValidationConfig: { JwksEndpoint: 'https://id.example.com/keys', Issuer: 'me', ...change },
});
const claim = (change: Params = {}): Params => ({ Format: 'single-string', Name: 'sub', Values: ['a'], ...change });

t('token validation: read back whole, HTTPS only, before the last action', () => {
  const world = createWorld(authorities);
  const AdditionalClaims = [claim(), claim({ Name: 'scope', Format: 'space-separated-values', Values: ['r', 'w'] })];
  const RuleArn = world.ownRule({ Actions: [jwt({ AdditionalClaims }), LAST] });
  const answered = world.call('DescribeRules', { RuleArns: [RuleArn] }).get('Rules.0.Actions.0');
  assert.equal(answered, { ...jwt({ AdditionalClaims }), Order: '1' });
  const refused = (claims: readonly Params[], words: RegExp): void => {
    world.refused('ValidationError', 'ModifyRule', { RuleArn, Actions: [jwt({ AdditionalClaims: claims }), LAST] }, words);
  };
  refused([claim({ Values: ['a', 'b'] })], /one value only/);
  refused([claim({ Format: 'space-separated-values', Values: ['a b'] })], /cannot include spaces/);
  refused([claim({ Values: [] })], /values/);
  refused([claim({ Values: ['x'.repeat(257)] })], /too long/);
  refused([claim(), claim()], /more than once/);
  refused(
    Array.from({ length: 11 }, (_, index) => claim({ Name: `c${index}` })),
    /Up to '10' additional claims/,
  );
  for (const Name of ['exp', 'iss', 'nbf', 'iat']) refused([claim({ Name })], /validated by default/);
  world.refused(
    'InvalidLoadBalancerAction',
    'ModifyRule',
    {
      RuleArn,
      Actions: [
        { ...jwt({}), Order: 50_000 },
        { ...LAST, Order: 1 },
      ],
    },
    /last action/,
  );
  world.refused('InvalidLoadBalancerAction', 'ModifyListener', { ListenerArn: world.elbv2.state.listeners()[0]?.arn, Protocol: 'HTTP' });
});

t.run();
