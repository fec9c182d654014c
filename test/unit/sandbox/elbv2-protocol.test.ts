import * as assert from 'uvu/assert';
import { createElbv2 } from '../../../sandbox/elbv2/server.ts';
import { errorXml, escapeXml, successXml } from '../../../sandbox/elbv2/xml.ts';
import { type Answer, type Bench, createBench, type Params, TIMINGS } from '../../support/elbv2-bench.ts';
import { CERTIFICATES, createFakeCertificates, createFakeNetwork } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 protocol, tags and pages');

t('answers and errors have the form the clients parse', () => {
  const namespace = 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/';
  assert.is(
    successXml('DoIt', { List: ['a', 1, true], Empty: [], Gone: undefined, Map: new Map([['k', '<v>']]) }, 'id-1'),
    `<DoItResponse xmlns="${namespace}"><DoItResult><List><member>a</member><member>1</member><member>true</member></List><Empty></Empty>` +
      '<Map><entry><key>k</key><value>&lt;v&gt;</value></entry></Map></DoItResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DoItResponse>',
  );
  assert.is(
    errorXml(400, 'Code', 'a & b', 'id-2'),
    `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>Code</Code><Message>a &amp; b</Message></Error><RequestId>id-2</RequestId></ErrorResponse>`,
  );
  assert.match(errorXml(500, 'InternalFailure', '', ''), /<Type>Receiver<\/Type>/);
  assert.is(escapeXml('a\u0000b\u001f\r\n\t"é\u{1f600}'), 'a\ufffdb\ufffd&#xD;\n\t&quot;é\u{1f600}');
});

t('operations that are not there answer 400 with a code, whether AWS has them or not', () => {
  const bench = createBench();
  bench.refused('InvalidAction', 'MakeCoffee', {}, 'Could not find operation MakeCoffee for version 2015-12-01');
  for (const action of ['constructor', 'toString', '__proto__']) bench.refused('InvalidAction', action, {});
  for (const action of ['DeleteSharedTrustStoreAssociation', 'GetResourcePolicy'])
    bench.refused('UnsupportedInSandbox', action, {}, /not served by this sandbox/);
});

t('odd parameters are refused or read as nothing, never a crash', () => {
  const bench = createBench();
  bench.refused(
    'ValidationError',
    'DescribeLoadBalancers',
    { Filter: 'x' },
    "'Filter' is not a parameter of DescribeLoadBalancers in API version 2015-12-01",
  );
  bench.refused('UnsupportedInSandbox', 'CreateListener', { AlpnPolicy: ['None'] }, /part of the AWS API/);
  bench.refused('ValidationError', 'DescribeLoadBalancers', { '.member.1': 'x' });
  bench.refused('ValidationError', 'DescribeLoadBalancers', { '__proto__.x': 'x' });
  const deep = Array(50).fill('a').join('.');
  bench.refused('ValidationError', 'CreateLoadBalancer', { [`Name.${deep}`]: 'x' });
  bench.refused('ValidationError', 'CreateRule', { 'Conditions.member.1': 'x', ListenerArn: 'x' });
  for (const odd of ['Names', 'Names.member', 'Names.member.0', 'Names.member.x', 'Names.member.1.x'])
    bench.elbv2.handle({
      service: 'elasticloadbalancing',
      action: 'DescribeLoadBalancers',
      params: { [odd]: 'x' },
      region: 'r',
      account: 'a',
      requestId: 'q',
    });
  // Positions count by number, not by text, and gaps do not matter.
  const arn = bench.loadBalancer('a');
  bench.call('AddTags', {
    ResourceArns: [arn],
    'Tags.member.10.Key': 'ten',
    'Tags.member.10.Value': '',
    'Tags.member.9.Key': 'nine',
    'Tags.member.9.Value': '',
  });
  assert.equal(
    bench
      .call('DescribeTags', { ResourceArns: [arn] })
      .list('TagDescriptions.0.Tags')
      .map((tag) => (tag as { Key: string }).Key),
    ['nine', 'ten'],
  );
});

t('a text where a structure belongs, and a list where a text does, are malformed', () => {
  const bench = createBench();
  const arn = bench.loadBalancer('a');
  bench.refused('MalformedInput', 'AddTags', { ResourceArns: [arn], 'Tags.member.1': 'x' }, 'Unexpected complex element termination');
  bench.refused('MalformedInput', 'DeleteLoadBalancer', { 'LoadBalancerArn.member.1': arn }, 'Start of list found where not expected');
  bench.call('AddTags', { ResourceArns: [arn], 'Tags.member.1.Key': 'x', 'Tags.member.1.Value': 'y' });
});

t('a defect of the sandbox is still XML, as a fault of the receiver', () => {
  const network = createFakeNetwork();
  const broken = {
    ...network,
    subnet: () => {
      throw new Error('cable cut');
    },
  };
  const bench = createBench();
  const elbv2 = createElbv2({ clock: bench.clock, network: broken, certificates: createFakeCertificates(0), timings: TIMINGS });
  const params = { Name: 'web', 'Subnets.member.1': 'subnet-00000000' };
  const answer = elbv2.handle({
    service: 'elasticloadbalancing',
    action: 'CreateLoadBalancer',
    params,
    region: 'us-east-1',
    account: '1',
    requestId: 'q',
  });
  assert.is(answer.status, 500);
  assert.is(answer.contentType, 'text/xml');
  assert.match(answer.body, /<Type>Receiver<\/Type><Code>InternalFailure<\/Code>.*cable cut/);
});

t('readers are not told of reads or of refused calls', () => {
  const bench = createBench();
  let told = 0;
  bench.elbv2.state.onChange(() => told++);
  bench.call('DescribeLoadBalancers');
  bench.refused('ValidationError', 'CreateLoadBalancer', {});
  assert.is(told, 0);
  bench.loadBalancer();
  assert.is(told, 1);
});

function everything(bench: Bench): Record<'load balancer' | 'target group' | 'listener' | 'rule' | 'default rule', string> {
  const loadBalancer = bench.loadBalancer();
  const group = bench.targetGroup();
  const listener = bench.listener(loadBalancer, group);
  const rule = bench.rule(listener, group, 1);
  const standard = bench.call('DescribeRules', { ListenerArn: listener }).text('Rules.1.RuleArn');
  return { 'load balancer': loadBalancer, 'target group': group, listener, rule, 'default rule': standard };
}
const tagsOf = (bench: Bench, arn: string): Record<string, string> =>
  Object.fromEntries(
    bench
      .call('DescribeTags', { ResourceArns: [arn] })
      .list('TagDescriptions.0.Tags')
      .map((tag) => Object.values(tag as Record<string, string>) as [string, string]),
  );

t('tags on everything: added, overwritten, removed', () => {
  const bench = createBench();
  for (const [what, arn] of Object.entries(everything(bench))) {
    assert.equal(tagsOf(bench, arn), {}, what);
    bench.call('AddTags', { ResourceArns: [arn], Tags: [{ Key: 'a', Value: '1' }, { Key: 'b' }] });
    bench.call('AddTags', { ResourceArns: [arn], Tags: [{ Key: 'a', Value: '2 é/@' }] });
    assert.equal(tagsOf(bench, arn), { a: '2 é/@', b: '' }, what);
    bench.call('RemoveTags', { ResourceArns: [arn], TagKeys: ['a', 'none'] });
    assert.equal(tagsOf(bench, arn), { b: '' }, what);
  }
});

t('tags given on create', () => {
  const bench = createBench();
  const Tags = [{ Key: 'Name', Value: 'x' }];
  const loadBalancer = bench.loadBalancer('web', { Tags });
  const group = bench.targetGroup('web', { Tags });
  const listener = bench.listener(loadBalancer, group, { Tags });
  const rule = bench.rule(listener, group, 1, { Tags });
  for (const arn of [loadBalancer, group, listener, rule]) assert.equal(tagsOf(bench, arn), { Name: 'x' });
});

t('what tag calls refuse, and that a refused AddTags leaves no trace', () => {
  const bench = createBench({ quotas: { tagsPerResource: 2 } });
  const all = everything(bench);
  const first = all['load balancer'];
  const second = all['target group'];
  bench.call('AddTags', { ResourceArns: [second], Tags: [{ Key: 'x' }] });
  bench.refused('TooManyTags', 'AddTags', { ResourceArns: [first, second], Tags: [{ Key: 'a' }, { Key: 'b' }] });
  assert.equal(tagsOf(bench, first), {});
  bench.call('AddTags', { ResourceArns: [second], Tags: [{ Key: 'x', Value: 'again' }, { Key: 'a' }] });
  const gone: Record<string, string> = {
    LoadBalancerNotFound: first,
    TargetGroupNotFound: second,
    ListenerNotFound: all.listener,
    RuleNotFound: all.rule,
  };
  for (const [code, arn] of Object.entries(gone)) {
    const missing = `${arn.slice(0, -16)}${'0'.repeat(16)}`;
    bench.refused(code, 'DescribeTags', { ResourceArns: [first, missing] });
    bench.refused(code, 'AddTags', { ResourceArns: [first, missing], Tags: [{ Key: 'a' }] });
    bench.refused(code, 'RemoveTags', { ResourceArns: [missing], TagKeys: ['a'] });
  }
  assert.equal(tagsOf(bench, first), {});
  const refusals: [action: string, code: string, params: Params][] = [
    ['AddTags', 'ValidationError', { ResourceArns: [first] }],
    ['AddTags', 'ValidationError', { Tags: [{ Key: 'a' }] }],
    ['AddTags', 'ValidationError', { ResourceArns: [first], Tags: [{ Value: 'a' }] }],
    ['AddTags', 'ValidationError', { ResourceArns: [first], Tags: [{ Key: '' }] }],
    ['AddTags', 'ValidationError', { ResourceArns: [first], Tags: [{ Key: 'aws:x' }] }],
    ['AddTags', 'DuplicateTagKeys', { ResourceArns: [first], Tags: [{ Key: 'a' }, { Key: 'a' }] }],
    ['AddTags', 'ValidationError', { ResourceArns: ['x'], Tags: [{ Key: 'a' }] }],
    [
      'AddTags',
      'TrustStoreNotFound',
      { ResourceArns: ['arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/a/0'], Tags: [{ Key: 'a' }] },
    ],
    ['RemoveTags', 'ValidationError', { ResourceArns: [first] }],
    ['RemoveTags', 'ValidationError', { ResourceArns: [first], TagKeys: ['aws:x'] }],
    ['DescribeTags', 'ValidationError', { ResourceArns: [] }],
    ['DescribeTags', 'ValidationError', { ResourceArns: Array(21).fill(first) }],
  ];
  for (const [action, code, params] of refusals) bench.refused(code, action, params);
  assert.is(bench.call('DescribeTags', { ResourceArns: Array(20).fill(first) }).list('TagDescriptions').length, 20);
});

/** Reads all pages; answers the items and the size of each page. */
function readAll(bench: Bench, action: string, list: string, params: Params): { readonly items: unknown[]; readonly sizes: number[] } {
  const items: unknown[] = [];
  const sizes: number[] = [];
  let answer: Answer = bench.call(action, params);
  for (;;) {
    items.push(...answer.list(list));
    sizes.push(answer.list(list).length);
    const Marker = answer.get('NextMarker');
    if (typeof Marker !== 'string') return { items, sizes };
    answer = bench.call(action, { ...params, Marker });
  }
}

t('every list comes in pages, complete and in the same order whatever their size', () => {
  const big = createBench();
  const small = createBench({ pageSize: 2 });
  for (const bench of [big, small]) {
    const groups = ['a', 'b', 'c', 'd', 'e'].map((name) => bench.targetGroup(name));
    const [loadBalancer = ''] = ['a', 'b', 'c', 'd', 'e'].map((name) => bench.loadBalancer(name));
    const listeners = groups.map((group, index) =>
      bench.listener(loadBalancer, group, { Port: 443 + index, Protocol: 'HTTPS', Certificates: [{ CertificateArn: CERTIFICATES.site }] }),
    );
    for (const priority of [5, 3, 1, 4]) bench.rule(listeners[0] ?? '', groups[0] ?? '', priority);
    for (const CertificateArn of [CERTIFICATES.site, CERTIFICATES.second])
      bench.call('AddListenerCertificates', { ListenerArn: listeners[0], Certificates: [{ CertificateArn }] });
    const lists: [action: string, list: string, params: Params, key: string, count: number][] = [
      ['DescribeLoadBalancers', 'LoadBalancers', {}, 'LoadBalancerName', 5],
      ['DescribeTargetGroups', 'TargetGroups', {}, 'TargetGroupName', 5],
      ['DescribeTargetGroups', 'TargetGroups', { LoadBalancerArn: loadBalancer }, 'TargetGroupName', 5],
      ['DescribeListeners', 'Listeners', { LoadBalancerArn: loadBalancer }, 'Port', 5],
      ['DescribeRules', 'Rules', { ListenerArn: listeners[0] }, 'Priority', 5],
      ['DescribeListenerCertificates', 'Certificates', { ListenerArn: listeners[0] }, 'CertificateArn', 3],
      ['DescribeAccountLimits', 'Limits', {}, 'Name', 22],
    ];
    for (const [action, list, params, key, count] of lists) {
      const of = (items: unknown[]) => items.map((item) => (item as Record<string, string>)[key]);
      const whole = readAll(bench, action, list, params);
      assert.is(whole.items.length, count, action);
      assert.equal(of(readAll(bench, action, list, { ...params, PageSize: 1 }).items), of(whole.items), action);
      assert.equal(of(readAll(bench, action, list, { ...params, PageSize: 3 }).items), of(whole.items), action);
      assert.is(Math.max(...whole.sizes), bench === small ? 2 : count, action);
      assert.is(Math.max(...readAll(bench, action, list, { ...params, PageSize: 400 }).sizes), bench === small ? 2 : count, action);
      bench.refused('ValidationError', action, { ...params, PageSize: 0 }, /at 'pageSize' .*greater than or equal to 1/);
      bench.refused('ValidationError', action, { ...params, PageSize: 401 }, /less than or equal to 400/);
      bench.refused('ValidationError', action, { ...params, Marker: 'zzz' }, "The marker 'zzz' is not valid");
    }
    assert.equal(
      readAll(bench, 'DescribeRules', 'Rules', { ListenerArn: listeners[0] }).items.map((rule) => (rule as { Priority: string }).Priority),
      ['1', '3', '4', '5', 'default'],
    );
  }
  // Named objects come in one page: 20 of them fit in any page of AWS.
  assert.equal(readAll(small, 'DescribeLoadBalancers', 'LoadBalancers', { Names: ['a', 'b', 'c'] }).sizes, [3]);
  assert.throws(() => createBench({ pageSize: 0 }), /pageSize/);
  assert.throws(() => createBench({ pageSize: 401 }), /pageSize/);
});

t('an object deleted between two pages hides no other', () => {
  const bench = createBench({ pageSize: 2 });
  const groups = ['a', 'b', 'c', 'd'].map((name) => bench.targetGroup(name));
  const first = bench.call('DescribeTargetGroups');
  bench.call('DeleteTargetGroup', { TargetGroupArn: groups[0] });
  bench.call('DeleteTargetGroup', { TargetGroupArn: groups[1] });
  const second = bench.call('DescribeTargetGroups', { Marker: first.text('NextMarker') });
  assert.equal(
    second.list('TargetGroups').map((group) => (group as { TargetGroupName: string }).TargetGroupName),
    ['c', 'd'],
  );
});

t.run();
