/** Surface cases of rules, their actions left out. */
import * as assert from 'uvu/assert';
import type { Params } from './elbv2-bench.ts';
import { LAST, PATH, reads, type SurfaceCase, tagCases } from './elbv2-surface.ts';

/** A list of CreateRule and ModifyRule with one legal and one illegal member. */
function ruleField(
  name: string,
  list: 'Conditions' | 'Transforms',
  legal: Params,
  path: string,
  expected: unknown,
  illegal: Params | readonly Params[],
): SurfaceCase {
  const refused = Array.isArray(illegal) ? (illegal as readonly Params[]) : [illegal as Params];
  return {
    row: `rule.${name}`,
    works(world) {
      const made = world.ownRule({ [list]: [legal] });
      reads(world.call('DescribeRules', { RuleArns: [made] }), `Rules.0.${list}.0.${path}`, expected);
      const RuleArn = world.ownRule();
      world.call('ModifyRule', { RuleArn, [list]: [legal] });
      reads(world.call('DescribeRules', { RuleArns: [RuleArn] }), `Rules.0.${list}.0.${path}`, expected);
    },
    refused(world) {
      world.refused('ValidationError', 'CreateRule', {
        ListenerArn: world.https(),
        Priority: 1,
        Conditions: [PATH],
        Actions: [LAST],
        [list]: refused,
      });
      world.refused('ValidationError', 'ModifyRule', { RuleArn: world.ownRule(), [list]: refused });
    },
  };
}

const condition = (name: string, legal: Params, path: string, expected: unknown, illegal: Params): SurfaceCase =>
  ruleField(`Conditions[].${name}`, 'Conditions', legal, path, expected, illegal);
/** A condition's list of texts under `config`. */
const values = (Field: string, config: string, list: string, legal: string, illegal: string, more: Params = {}): SurfaceCase =>
  condition(`${config}.${list}[]`, { Field, [config]: { ...more, [list]: [legal] } }, `${config}.${list}.0`, legal, {
    Field,
    [config]: { ...more, [list]: [illegal] },
  });
const HEADER: Params = { HttpHeaderName: 'X-A' };
const query = (pair: Params): Params => ({ Field: 'query-string', QueryStringConfig: { Values: [pair] } });

const rewrite = (Type: string, config: string, change: Params = {}): Params => ({
  Type,
  [config]: { Rewrites: [{ Regex: '^/a/(.*)$', Replace: '/$1', ...change }] },
});
const transform = (Type: string, config: string): SurfaceCase[] => [
  ruleField(
    `Transforms[].${config}.Rewrites[].Regex`,
    'Transforms',
    rewrite(Type, config),
    `${config}.Rewrites.0.Regex`,
    '^/a/(.*)$',
    rewrite(Type, config, { Regex: '(?=a)(b)' }),
  ),
  ruleField(
    `Transforms[].${config}.Rewrites[].Replace`,
    'Transforms',
    rewrite(Type, config),
    `${config}.Rewrites.0.Replace`,
    '/$1',
    rewrite(Type, config, { Replace: 'x'.repeat(1025) }),
  ),
];
const URL_REWRITE = rewrite('url-rewrite', 'UrlRewriteConfig');

export const ruleCases: readonly SurfaceCase[] = [
  {
    row: 'rule.Priority',
    works(world) {
      const RuleArn = world.ownRule({ Priority: 50_000 });
      reads(world.call('DescribeRules', { RuleArns: [RuleArn] }), 'Rules.0.Priority', 50_000);
      world.call('SetRulePriorities', { RulePriorities: [{ RuleArn, Priority: 7 }] });
      reads(world.call('DescribeRules', { RuleArns: [RuleArn] }), 'Rules.0.Priority', 7);
    },
    refused(world) {
      world.refused('ValidationError', 'CreateRule', { ListenerArn: world.https(), Priority: 50_001, Conditions: [PATH], Actions: [LAST] });
      world.refused('ValidationError', 'SetRulePriorities', { RulePriorities: [{ RuleArn: world.ownRule(), Priority: 0 }] });
    },
  },
  condition('Field', PATH, 'Field', 'path-pattern', { Field: 'colour', Values: ['red'] }),
  condition('Values[]', PATH, 'PathPatternConfig.Values.0', '/a', { Field: 'path-pattern', Values: ['/a', '/b'] }),
  condition('RegexValues[]', { Field: 'path-pattern', RegexValues: ['^/a'] }, 'PathPatternConfig.RegexValues.0', '^/a', {
    Field: 'source-ip',
    RegexValues: ['^1'],
  }),
  values('host-header', 'HostHeaderConfig', 'Values', '*.example.com', 'example'),
  values('host-header', 'HostHeaderConfig', 'RegexValues', '^a\\.example\\.com$', '(?!a)b'),
  values('path-pattern', 'PathPatternConfig', 'Values', '/a/*', '/a b'),
  values('path-pattern', 'PathPatternConfig', 'RegexValues', '^/[0-9]+$', '(a'),
  condition(
    'HttpHeaderConfig.HttpHeaderName',
    { Field: 'http-header', HttpHeaderConfig: { ...HEADER, Values: ['1'] } },
    'HttpHeaderConfig.HttpHeaderName',
    'X-A',
    {
      Field: 'http-header',
      HttpHeaderConfig: { HttpHeaderName: 'Host', Values: ['1'] },
    },
  ),
  values('http-header', 'HttpHeaderConfig', 'Values', '*Chrome*', 'x'.repeat(129), HEADER),
  values('http-header', 'HttpHeaderConfig', 'RegexValues', '^a+b', '^a++b', HEADER),
  condition(
    'QueryStringConfig.Values[].Key',
    query({ Key: 'version', Value: 'v1' }),
    'QueryStringConfig.Values.0.Key',
    'version',
    query({ Key: 'x'.repeat(129), Value: 'v1' }),
  ),
  condition(
    'QueryStringConfig.Values[].Value',
    query({ Value: '*beta*' }),
    'QueryStringConfig.Values.0.Value',
    '*beta*',
    query({ Key: 'version' }),
  ),
  values('http-request-method', 'HttpRequestMethodConfig', 'Values', 'PURGE', 'get'),
  values('source-ip', 'SourceIpConfig', 'Values', '2001:db8::/32', '192.0.2.1'),
  ruleField('Transforms[].Type', 'Transforms', URL_REWRITE, 'Type', 'url-rewrite', [URL_REWRITE, URL_REWRITE]),
  ...transform('host-header-rewrite', 'HostHeaderRewriteConfig'),
  ...transform('url-rewrite', 'UrlRewriteConfig'),
  {
    row: 'rule.ResetTransforms',
    works(world) {
      const RuleArn = world.ownRule({ Transforms: [URL_REWRITE] });
      world.call('ModifyRule', { RuleArn, Transforms: [], Actions: [LAST] });
      assert.is(world.call('DescribeRules', { RuleArns: [RuleArn] }).list('Rules.0.Transforms').length, 1, 'an empty list changes nothing');
      world.call('ModifyRule', { RuleArn, ResetTransforms: true });
      assert.equal(world.call('DescribeRules', { RuleArns: [RuleArn] }).list('Rules.0.Transforms'), []);
    },
    refused: (world) => {
      world.refused('ValidationError', 'ModifyRule', { RuleArn: world.ownRule(), Transforms: [URL_REWRITE], ResetTransforms: true });
    },
  },
  ...tagCases(
    'rule',
    'CreateRule',
    (world) => ({ ListenerArn: world.https(), Priority: 1, Conditions: [PATH], Actions: [LAST] }),
    'Rules.0.RuleArn',
  ),
];
