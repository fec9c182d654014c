import * as assert from 'uvu/assert';
import { type Bench, createBench, type Params } from '../../support/elbv2-bench.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 rules');

interface Stack {
  readonly bench: Bench;
  readonly TargetGroupArn: string;
  readonly ListenerArn: string;
  make(priority: number): string;
  /** Priorities as DescribeRules answers them. */
  priorities(): string[];
}
function createStack(options: Parameters<typeof createBench>[0] = {}): Stack {
  const bench = createBench(options);
  const TargetGroupArn = bench.targetGroup();
  const ListenerArn = bench.listener(bench.loadBalancer(), TargetGroupArn);
  return {
    bench,
    TargetGroupArn,
    ListenerArn,
    make: (priority) => bench.rule(ListenerArn, TargetGroupArn, priority),
    priorities: () =>
      bench
        .call('DescribeRules', { ListenerArn })
        .list('Rules')
        .map((rule) => (rule as { Priority: string }).Priority),
  };
}
const Actions = [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }];

t('rules are answered in order of priority, the default rule last', () => {
  const { bench, ListenerArn, make, priorities, TargetGroupArn } = createStack();
  for (const priority of [50_000, 9, 1, 10]) make(priority);
  assert.equal(priorities(), ['1', '9', '10', '50000', 'default']);
  const found = bench.call('DescribeRules', { ListenerArn });
  assert.match(found.text('Rules.0.RuleArn'), /:listener-rule\/app\/web\/[0-9a-f]{16}\/[0-9a-f]{16}\/[0-9a-f]{16}$/);
  assert.is(found.get('Rules.0.IsDefault'), 'false');
  assert.is(found.get('Rules.4.IsDefault'), 'true');
  assert.is(found.get('Rules.4.Conditions'), '');
  assert.is(found.get('Rules.4.Actions.0.TargetGroupArn'), TargetGroupArn);
  const facts = bench.elbv2.state.rules(ListenerArn);
  assert.equal(
    facts.map((rule) => rule.priority),
    [1, 9, 10, 50_000],
  );
  assert.equal(facts[0]?.conditions, [{ Field: 'path-pattern', Values: ['/1/*'], PathPatternConfig: { Values: ['/1/*'] } }]);
  assert.is(facts[0]?.actions[0]?.Type, 'forward');
  assert.equal(bench.elbv2.state.rules('nothing'), []);
});

/** Condition sent, condition answered; undefined: the same. */
const echoes: [sent: Params, answered?: unknown][] = [
  [
    { Field: 'host-header', Values: ['*.example.com'] },
    { Field: 'host-header', Values: ['*.example.com'], HostHeaderConfig: { Values: ['*.example.com'] } },
  ],
  [
    { Field: 'host-header', HostHeaderConfig: { Values: ['a.example.com', 'B-?.example.org'] } },
    {
      Field: 'host-header',
      Values: ['a.example.com', 'B-?.example.org'],
      HostHeaderConfig: { Values: ['a.example.com', 'B-?.example.org'] },
    },
  ],
  [
    { Field: 'path-pattern', Values: ['/img/*'] },
    { Field: 'path-pattern', Values: ['/img/*'], PathPatternConfig: { Values: ['/img/*'] } },
  ],
  [
    { Field: 'path-pattern', PathPatternConfig: { Values: [`/a_-.$/~"'@:+&`, '*.jpg'] } },
    { Field: 'path-pattern', Values: [`/a_-.$/~"'@:+&`, '*.jpg'], PathPatternConfig: { Values: [`/a_-.$/~"'@:+&`, '*.jpg'] } },
  ],
  [
    { Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/v[0-9]+/'] } },
    { Field: 'path-pattern', RegexValues: ['^/v[0-9]+/'], PathPatternConfig: { RegexValues: ['^/v[0-9]+/'] } },
  ],
  [
    { Field: 'host-header', RegexValues: ['^a|b$'] },
    { Field: 'host-header', RegexValues: ['^a|b$'], HostHeaderConfig: { RegexValues: ['^a|b$'] } },
  ],
  [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'User-Agent', Values: ['*Chrome*', 'x'] } }],
  [
    { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-A', RegexValues: ['^a'] } },
    { Field: 'http-header', RegexValues: ['^a'], HttpHeaderConfig: { HttpHeaderName: 'X-A', RegexValues: ['^a'] } },
  ],
  [{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET', 'MY-METHOD_'] } }],
  [{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'version', Value: 'v1' }, { Value: '*x*' }] } }],
  [{ Field: 'source-ip', SourceIpConfig: { Values: ['192.0.2.0/24', '2001:db8::/32'] } }],
];
for (const [sent, answered = sent] of echoes)
  t(`condition answered: ${JSON.stringify(sent)}`, () => {
    const { bench, ListenerArn } = createStack();
    const made = bench.call('CreateRule', { ListenerArn, Priority: 1, Conditions: [sent], Actions });
    assert.equal(made.get('Rules.0.Conditions'), [answered]);
    const RuleArn = made.text('Rules.0.RuleArn');
    assert.equal(bench.call('ModifyRule', { RuleArn, Conditions: [sent] }).get('Rules.0.Conditions'), [answered]);
  });

const long = 'x'.repeat(129);
const host = (...Values: string[]): Params => ({ Field: 'host-header', HostHeaderConfig: { Values } });
const path = (...Values: string[]): Params => ({ Field: 'path-pattern', PathPatternConfig: { Values } });
const header = (HttpHeaderName: string | undefined, ...Values: string[]): Params => ({
  Field: 'http-header',
  HttpHeaderConfig: { HttpHeaderName, Values },
});
const query = (...Values: Params[]): Params => ({ Field: 'query-string', QueryStringConfig: { Values } });
const method = (...Values: string[]): Params => ({ Field: 'http-request-method', HttpRequestMethodConfig: { Values } });
const source = (...Values: string[]): Params => ({ Field: 'source-ip', SourceIpConfig: { Values } });
const refused: [conditions: Params[], words: string | RegExp][] = [
  [[], 'A condition must be specified'],
  [[{ Values: ['/x'] }], 'A condition field must be specified'],
  [
    [{ Field: 'colour', Values: ['red'] }],
    "Condition field 'colour' must be one of '[path-pattern,host-header,http-header,http-request-method,query-string,source-ip]'",
  ],
  [[{ Field: 'f'.repeat(65) }], /at 'conditions.1.member.field'/],
  [[{ Field: 'path-pattern' }], 'A condition value must be specified'],
  [[{ Field: 'path-pattern', Values: [] }], 'A condition value must be specified'],
  [[{ Field: 'path-pattern', Values: ['/a', '/b'] }], "The 'path-pattern' field contains too many values; the limit is '1'"],
  [[{ Field: 'host-header', Values: ['a.com', 'b.com'] }], "The 'host-header' field contains too many values; the limit is '1'"],
  [
    [{ Field: 'host-header', Values: ['a.com'], HostHeaderConfig: { Values: ['a.com'] } }],
    "You cannot provide both Values and 'HostHeaderConfig' for a condition of type 'host-header'",
  ],
  [[{ Field: 'path-pattern', PathPatternConfig: { Values: ['/a'], RegexValues: ['a'] } }], /both values and regular expressions/],
  [
    [{ Field: 'path-pattern', HostHeaderConfig: { Values: ['a.com'] } }],
    "The 'HostHeaderConfig' field is not compatible with 'path-pattern'",
  ],
  [[{ Field: 'source-ip', Values: ['10.0.0.0/8'] }], "The 'Values' field is not compatible with 'source-ip'"],
  [[host('')], 'A condition value must be specified'],
  [[host(`${long}.com`)], "The 'host-header' value is too long; the limit is '128'"],
  [[host('a:b.com')], /character that is not valid/],
  [[host('localhost')], /at least one '\.'/],
  [[host('a.com1')], /alphabetical/],
  [[path(long)], /too long/],
  [[path('/a b')], /character that is not valid/],
  [[path('/a#b')], /character that is not valid/],
  [[{ Field: 'path-pattern', RegexValues: ['('] }], /regular expression/],
  [[{ Field: 'path-pattern', RegexValues: [long] }], /too long/],
  [[{ Field: 'http-header' }], "A 'HttpHeaderConfig' must be specified with 'http-header'"],
  [[header(undefined, 'a')], /HttpHeaderName/],
  [[header('x'.repeat(41), 'a')], "The 'HttpHeaderName' value is too long; the limit is '40'"],
  [[header('a b', 'a')], /not valid/],
  [[header('X-?', 'a')], /not valid/],
  [[header('Host', 'a')], /host-header/],
  [[header('X-A')], 'A condition value must be specified'],
  [[header('X-A', long)], /too long/],
  [[query()], 'A condition value must be specified'],
  [[query({ Key: 'a' })], /'Value' must be specified/],
  [[query({ Key: long, Value: 'a' })], /too long/],
  [[query({ Value: long })], /too long/],
  [[method('get')], /allowed characters/],
  [[method('X'.repeat(41))], /limit is '40'/],
  [[method()], 'A condition value must be specified'],
  [[source('10.0.0.1')], /not a valid CIDR/],
  [[source('10.0.0.0/33')], /not a valid CIDR/],
  [[{ Field: 'source-ip', SourceIpConfig: { IpAddressType: 'ipv4' } }], /IpAddressType/],
  [[host('a.com'), host('b.com')], "A rule can only have one 'host-header' condition"],
  [[path('/a'), path('/b')], /only have one/],
  [[method('GET'), method('PUT')], /only have one/],
  [[source('10.0.0.0/8'), source('11.0.0.0/8')], /only have one/],
  [[path('/1', '/2', '/3', '/4', '/5', '/6')], "A rule can only have '5' condition values"],
  [[path('/1', '/2', '/3'), host('a.com', 'b.com', 'c.com')], "A rule can only have '5' condition values"],
  [[path('/*/*/*/*/*/?')], "A rule can only have '5' condition wildcards"],
];
for (const [Conditions, words] of refused)
  t(`conditions refused: ${JSON.stringify(Conditions).slice(0, 100)}`, () => {
    const { bench, ListenerArn, priorities } = createStack();
    bench.refused('ValidationError', 'CreateRule', { ListenerArn, Priority: 1, Conditions, Actions }, words);
    assert.equal(priorities(), ['default']);
  });

t('several http-header and query-string conditions are fine; an escaped wildcard is none', () => {
  const { bench, ListenerArn } = createStack();
  const Conditions = [header('X-A', 'a'), header('X-B', 'b'), query({ Value: 'c' }), query({ Value: '\\*\\*\\*\\*\\*\\*' }), path('/*')];
  assert.is((bench.call('CreateRule', { ListenerArn, Priority: 1, Conditions, Actions }).get('Rules.0.Conditions') as unknown[]).length, 5);
});

// Application Load Balancers guide, "Add a listener rule".
for (const condition of [host('a_b.com'), header('X-*', 'a'), path('/$x'), source('2001:DB8::/32')])
  t(`a condition taken: ${JSON.stringify(condition)}`, () => {
    const { bench, ListenerArn } = createStack();
    bench.call('CreateRule', { ListenerArn, Priority: 1, Conditions: [condition], Actions });
  });

t('priorities: range, required, in use', () => {
  const { bench, ListenerArn, make } = createStack();
  make(100);
  const params = { ListenerArn, Conditions: [path('/x')], Actions };
  bench.refused('PriorityInUse', 'CreateRule', { ...params, Priority: 100 }, "Priority '100' is currently in use");
  bench.refused('ValidationError', 'CreateRule', { ...params, Priority: 0 }, /greater than or equal to 1/);
  bench.refused('ValidationError', 'CreateRule', { ...params, Priority: 50_001 }, /less than or equal to 50000/);
  bench.refused('ValidationError', 'CreateRule', params, 'A priority must be specified');
  bench.refused('ValidationError', 'CreateRule', { ...params, Priority: 1, Actions: [] }, 'An action must be specified');
  bench.refused(
    'ValidationError',
    'CreateRule',
    { ...params, Priority: 1, Transforms: [{ Type: 'url-rewrite' }] },
    /rewrite must be specified/,
  );
  make(1);
});

t('SetRulePriorities judges the new order as a whole', () => {
  const { bench, make, priorities, ListenerArn } = createStack();
  const [a, b, c] = [make(1), make(2), make(3)];
  const set = (...moves: [string, number][]): Params => ({ RulePriorities: moves.map(([RuleArn, Priority]) => ({ RuleArn, Priority })) });
  const order = () => bench.elbv2.state.rules(ListenerArn).map((rule) => [rule.arn, rule.priority]);
  const swapped = bench.call('SetRulePriorities', set([a, 2], [b, 1]));
  assert.equal(
    swapped.list('Rules').map((rule) => (rule as { Priority: string }).Priority),
    ['2', '1'],
  );
  assert.equal(order(), [
    [b, 1],
    [a, 2],
    [c, 3],
  ]);
  bench.call('SetRulePriorities', set([a, 3], [b, 2], [c, 1]));
  assert.equal(order(), [
    [c, 1],
    [b, 2],
    [a, 3],
  ]);
  bench.call('SetRulePriorities', set([c, 1], [b, 2]));
  bench.refused('PriorityInUse', 'SetRulePriorities', set([c, 7], [b, 3]), "Priority '3' is currently in use");
  bench.refused('ValidationError', 'SetRulePriorities', set([c, 7], [b, 7]), "Priority '7' was provided multiple times");
  bench.refused('ValidationError', 'SetRulePriorities', set([c, 7], [c, 8]), /provided multiple times/);
  bench.refused('ValidationError', 'SetRulePriorities', set([c, 0]));
  bench.refused('ValidationError', 'SetRulePriorities', { RulePriorities: [] });
  bench.refused('ValidationError', 'SetRulePriorities', { RulePriorities: [{ RuleArn: a }] });
  bench.refused(
    'RuleNotFound',
    'SetRulePriorities',
    set([c, 9], [`${a.slice(0, -16)}${'0'.repeat(16)}`, 10]),
    'One or more rules not found',
  );
  const standard = bench.call('DescribeRules', { ListenerArn }).text('Rules.3.RuleArn');
  bench.refused('OperationNotPermitted', 'SetRulePriorities', set([c, 9], [standard, 10]));
  const other = bench.listener(bench.elbv2.state.loadBalancers()[0]?.arn ?? '', bench.elbv2.state.targetGroups()[0]?.arn ?? '', {
    Port: 81,
  });
  bench.refused(
    'ValidationError',
    'SetRulePriorities',
    set([c, 9], [bench.rule(other, bench.elbv2.state.targetGroups()[0]?.arn ?? '', 1), 10]),
    /same listener/,
  );
  assert.equal(order(), [
    [c, 1],
    [b, 2],
    [a, 3],
  ]);
  assert.equal(priorities(), ['1', '2', '3', 'default']);
});

t('ModifyRule changes what it names; empty lists mean not changed', () => {
  const { bench, make } = createStack();
  const RuleArn = make(1);
  bench.refused('ValidationError', 'ModifyRule', { RuleArn }, 'Either conditions or actions must be specified');
  bench.refused(
    'ValidationError',
    'ModifyRule',
    { RuleArn, Conditions: [], Actions: [] },
    'Either conditions or actions must be specified',
  );
  const changed = bench.call('ModifyRule', { RuleArn, Conditions: [], Actions });
  assert.is(changed.get('Rules.0.Conditions.0.Values.0'), '/1/*');
  assert.is(changed.get('Rules.0.Actions.0.Type'), 'fixed-response');
  assert.is(bench.call('ModifyRule', { RuleArn, Conditions: [path('/new')] }).get('Rules.0.Actions.0.Type'), 'fixed-response');
});

t('the default rule is changed by ModifyListener only; deleting twice is RuleNotFound', () => {
  const { bench, make, ListenerArn } = createStack();
  const RuleArn = make(1);
  const standard = bench.call('DescribeRules', { ListenerArn }).text('Rules.1.RuleArn');
  bench.refused('OperationNotPermitted', 'ModifyRule', { RuleArn: standard, Actions });
  bench.refused('OperationNotPermitted', 'DeleteRule', { RuleArn: standard });
  bench.call('DeleteRule', { RuleArn });
  bench.refused('RuleNotFound', 'DeleteRule', { RuleArn }, 'One or more rules not found');
  bench.refused('RuleNotFound', 'ModifyRule', { RuleArn, Actions });
  assert.is(bench.call('DescribeRules', { RuleArns: [standard] }).get('Rules.0.IsDefault'), 'true');
  bench.refused('RuleNotFound', 'DescribeRules', { RuleArns: [standard, RuleArn] });
  bench.refused('ValidationError', 'DescribeRules', {}, /rule ARNs or a listener ARN/);
  bench.refused('ValidationError', 'DescribeRules', { ListenerArn, RuleArns: [standard] });
  bench.refused('ValidationError', 'DeleteRule', { RuleArn: 'r' }, "'r' is not a valid rule ARN");
  bench.refused('ListenerNotFound', 'CreateRule', {
    ListenerArn: `${ListenerArn.slice(0, -16)}${'0'.repeat(16)}`,
    Priority: 1,
    Conditions: [path('/x')],
    Actions,
  });
});

t('quota of rules counts all listeners of the load balancer, without default rules', () => {
  const { bench, make, ListenerArn } = createStack({ quotas: { rulesPerLoadBalancer: 3 } });
  for (const priority of [1, 2, 3]) make(priority);
  bench.refused('TooManyRules', 'CreateRule', { ListenerArn, Priority: 4, Conditions: [path('/x')], Actions });
});

t.run();
