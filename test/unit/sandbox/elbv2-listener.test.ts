import * as assert from 'uvu/assert';
import { type Bench, createBench, type Params } from '../../support/elbv2-bench.ts';
import { CERTIFICATES, OTHER_VPC } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 listeners');

interface Stack {
  readonly bench: Bench;
  readonly LoadBalancerArn: string;
  readonly TargetGroupArn: string;
}
function createStack(options: Parameters<typeof createBench>[0] = {}): Stack {
  const bench = createBench(options);
  return { bench, LoadBalancerArn: bench.loadBalancer(), TargetGroupArn: bench.targetGroup() };
}
const cert = (...names: (keyof typeof CERTIFICATES)[]) => names.map((name) => ({ CertificateArn: CERTIFICATES[name] }));
const HTTPS = { Protocol: 'HTTPS', Port: 443, Certificates: cert('site') };

t('an HTTP listener: both forms of the forward, no policy, no certificates', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn);
  assert.match(ListenerArn, /:listener\/app\/web\/[0-9a-f]{16}\/[0-9a-f]{16}$/);
  assert.equal(bench.call('DescribeListeners', { LoadBalancerArn }).all, {
    Listeners: [
      {
        ListenerArn,
        LoadBalancerArn,
        Port: '80',
        Protocol: 'HTTP',
        DefaultActions: [
          {
            Type: 'forward',
            TargetGroupArn,
            ForwardConfig: { TargetGroups: [{ TargetGroupArn, Weight: '1' }], TargetGroupStickinessConfig: { Enabled: 'false' } },
          },
        ],
      },
    ],
  });
});

t('an HTTPS listener: default policy, default certificate without IsDefault', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn, HTTPS);
  const found = bench.call('DescribeListeners', { ListenerArns: [ListenerArn] });
  assert.is(found.get('Listeners.0.SslPolicy'), 'ELBSecurityPolicy-2016-08');
  assert.equal(found.get('Listeners.0.Certificates'), [{ CertificateArn: CERTIFICATES.site }]);
  assert.equal(found.get('Listeners.0.MutualAuthentication'), { Mode: 'off' });
  const facts = bench.elbv2.state.listeners()[0];
  assert.is(facts?.sslPolicy, 'ELBSecurityPolicy-2016-08');
  assert.equal(facts?.certificateArns, [CERTIFICATES.site]);
  assert.equal(bench.elbv2.state.certificateUsers(CERTIFICATES.site), [LoadBalancerArn]);
});

const refusals: [code: string, params: Params, words?: string | RegExp][] = [
  ['ValidationError', { Port: undefined }, 'A listener port must be specified'],
  ['ValidationError', { Protocol: undefined }, 'A listener protocol must be specified'],
  ['ValidationError', { Port: 0 }, /at 'port'/],
  ['ValidationError', { Port: 65536 }, /at 'port'/],
  ['ValidationError', { Protocol: 'GOPHER' }, /enum value set/],
  ['ValidationError', { Protocol: 'TCP' }, "Listener protocol 'TCP' must be one of 'HTTP, HTTPS'"],
  ['ValidationError', { DefaultActions: undefined }, 'An action must be specified'],
  ['ValidationError', { DefaultActions: [] }, 'An action must be specified'],
  ['ValidationError', { ...HTTPS, Certificates: undefined }, 'A certificate must be specified for HTTPS listeners'],
  ['ValidationError', { ...HTTPS, Certificates: [] }, 'A certificate must be specified for HTTPS listeners'],
  [
    'ValidationError',
    { ...HTTPS, Certificates: cert('site', 'second') },
    "Up to '1' certificate ARNs can be specified, but '2' were specified",
  ],
  ['ValidationError', { ...HTTPS, Certificates: [{ CertificateArn: CERTIFICATES.site, IsDefault: true }] }, /isDefault/],
  ['ValidationError', { ...HTTPS, Certificates: [{ CertificateArn: 'site' }] }, "Certificate ARN 'site' is not valid"],
  [
    'CertificateNotFound',
    { ...HTTPS, Certificates: [{ CertificateArn: 'arn:aws:iam::123456789012:server-certificate/no' }] },
    /^Certificate 'arn:.*\/no' not found$/,
  ],
  ['CertificateNotFound', { ...HTTPS, Certificates: cert('fresh') }],
  ['SSLPolicyNotFound', { ...HTTPS, SslPolicy: 'ELBSecurityPolicy-None' }],
  ['ValidationError', { SslPolicy: 'ELBSecurityPolicy-2016-08' }, /protocol 'HTTP'/],
  ['ValidationError', { Certificates: cert('site') }, /protocol 'HTTP'/],
  ['ValidationError', { MutualAuthentication: { Mode: 'off' } }, /HTTPS listeners/],
  ['ValidationError', { ...HTTPS, MutualAuthentication: { Mode: 'maybe' } }],
  ['ValidationError', { ...HTTPS, MutualAuthentication: { Mode: 'verify', TrustStoreArn: 'x' } }, "'x' is not a valid trust store ARN"],
  ['UnsupportedInSandbox', { AlpnPolicy: ['HTTP2Only'] }],
  ['DuplicateTagKeys', { Tags: [{ Key: 'a' }, { Key: 'a' }] }],
];
for (const [code, change, words] of refusals)
  t(`CreateListener refuses ${JSON.stringify(change).slice(0, 90)}`, () => {
    const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
    const params = { LoadBalancerArn, Port: 80, Protocol: 'HTTP', DefaultActions: [{ Type: 'forward', TargetGroupArn }], ...change };
    bench.refused(code, 'CreateListener', params, words);
    assert.equal(bench.call('DescribeListeners', { LoadBalancerArn }).list('Listeners'), []);
    assert.equal(bench.call('DescribeTargetGroups').list('TargetGroups.0.LoadBalancerArns'), []);
  });

t('every policy of DescribeSSLPolicies can be used', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn, HTTPS);
  const names = bench
    .call('DescribeSSLPolicies')
    .list('SslPolicies')
    .map((policy) => (policy as { Name: string }).Name);
  assert.ok(names.length > 20);
  for (const SslPolicy of names)
    assert.is(bench.call('ModifyListener', { ListenerArn, SslPolicy }).get('Listeners.0.SslPolicy'), SslPolicy);
  const one = bench.call('DescribeSSLPolicies', { Names: ['ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09'] });
  assert.equal(one.get('SslPolicies.0.SslProtocols'), ['TLSv1.2', 'TLSv1.3']);
  assert.equal(one.get('SslPolicies.0.Ciphers.0'), { Name: 'TLS_AES_128_GCM_SHA256', Priority: '1' });
  bench.refused('SSLPolicyNotFound', 'DescribeSSLPolicies', { Names: [names[0] ?? '', 'nope'] });
  bench.refused('ValidationError', 'DescribeSSLPolicies', { LoadBalancerType: 'classic' });
});

t('a certificate is unknown until ELB sees it', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  bench.clock.advance(4999);
  const params = { LoadBalancerArn, ...HTTPS, Certificates: cert('fresh'), DefaultActions: [{ Type: 'forward', TargetGroupArn }] };
  bench.refused('CertificateNotFound', 'CreateListener', params);
  bench.clock.advance(1);
  bench.call('CreateListener', params);
});

t('the same settings again give the same listener, others on that port DuplicateListener', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  const arn = bench.listener(LoadBalancerArn, TargetGroupArn);
  assert.is(bench.listener(LoadBalancerArn, TargetGroupArn), arn);
  const forward = [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn }] } }];
  assert.is(bench.listener(LoadBalancerArn, TargetGroupArn, { DefaultActions: forward }), arn);
  const words = `A listener already exists on this port for this load balancer '${LoadBalancerArn}'`;
  for (const change of [
    { DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }] },
    { ...HTTPS, Port: 80 },
  ])
    bench.refused(
      'DuplicateListener',
      'CreateListener',
      { LoadBalancerArn, Port: 80, Protocol: 'HTTP', DefaultActions: forward, ...change },
      words,
    );
});

t('ModifyListener: a taken port, a free one, the same one', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn);
  bench.listener(LoadBalancerArn, TargetGroupArn, { Port: 81 });
  bench.refused('ValidationError', 'ModifyListener', { ListenerArn, Port: 81 }, "Listener port '81' is already in use");
  assert.is(bench.call('ModifyListener', { ListenerArn, Port: 80 }).get('Listeners.0.Port'), '80');
  assert.is(bench.call('ModifyListener', { ListenerArn, Port: 82 }).get('Listeners.0.Port'), '82');
  bench.refused('ValidationError', 'ModifyListener', { ListenerArn, Port: 0 });
  bench.refused('ListenerNotFound', 'ModifyListener', { ListenerArn: `${ListenerArn.slice(0, -16)}${'0'.repeat(16)}`, Port: 83 });
});

t('HTTPS to HTTP drops policy and certificates; back again needs both', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn, HTTPS);
  bench.call('AddListenerCertificates', { ListenerArn, Certificates: cert('second') });
  const plain = bench.call('ModifyListener', { ListenerArn, Protocol: 'HTTP' });
  assert.is(plain.get('Listeners.0.SslPolicy'), undefined);
  assert.is(plain.get('Listeners.0.Certificates'), undefined);
  assert.equal(bench.call('DescribeListenerCertificates', { ListenerArn }).list('Certificates'), []);
  assert.equal(bench.elbv2.state.certificateUsers(CERTIFICATES.second), []);
  const policy = { SslPolicy: 'ELBSecurityPolicy-2016-08' };
  bench.refused(
    'ValidationError',
    'ModifyListener',
    { ListenerArn, Protocol: 'HTTPS' },
    'A certificate must be specified for HTTPS listeners',
  );
  bench.refused(
    'ValidationError',
    'ModifyListener',
    { ListenerArn, Protocol: 'HTTPS', ...policy },
    'A certificate must be specified for HTTPS listeners',
  );
  bench.refused(
    'ValidationError',
    'ModifyListener',
    { ListenerArn, Protocol: 'HTTPS', Certificates: cert('site') },
    /SSL policy must be specified/,
  );
  bench.refused('ValidationError', 'ModifyListener', { ListenerArn, Certificates: cert('site') }, /protocol 'HTTP'/);
  bench.refused('CertificateNotFound', 'ModifyListener', { ListenerArn, Protocol: 'HTTPS', ...policy, Certificates: cert('fresh') });
  assert.is(bench.call('DescribeListeners', { LoadBalancerArn }).get('Listeners.0.Protocol'), 'HTTP');
  bench.call('ModifyListener', { ListenerArn, Protocol: 'HTTPS', ...policy, Certificates: cert('site') });
  assert.is(bench.elbv2.state.listeners()[0]?.protocol, 'HTTPS');
});

t('ModifyListener changes what it names and nothing else', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn, HTTPS);
  bench.call('ModifyListener', { ListenerArn, Certificates: cert('second') });
  bench.call('ModifyListener', { ListenerArn, SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' });
  bench.call('ModifyListener', { ListenerArn, Port: 8443, MutualAuthentication: { Mode: 'off' }, DefaultActions: [] });
  const found = bench.call('DescribeListeners', { LoadBalancerArn });
  assert.equal(found.get('Listeners.0.Certificates'), cert('second'));
  assert.is(found.get('Listeners.0.SslPolicy'), 'ELBSecurityPolicy-TLS13-1-2-2021-06');
  assert.is(found.get('Listeners.0.Port'), '8443');
  assert.is(found.get('Listeners.0.DefaultActions.0.TargetGroupArn'), TargetGroupArn);
});

t('certificates for SNI: one a call, twice is fine, the default may be among them and cannot be removed', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn, HTTPS);
  const certificates = () => bench.call('DescribeListenerCertificates', { ListenerArn }).list('Certificates');
  bench.call('AddListenerCertificates', { ListenerArn, Certificates: cert('second') });
  assert.equal(bench.call('AddListenerCertificates', { ListenerArn, Certificates: cert('second') }).list('Certificates'), [
    { CertificateArn: CERTIFICATES.second, IsDefault: 'false' },
  ]);
  assert.equal(certificates(), [
    { CertificateArn: CERTIFICATES.site, IsDefault: 'true' },
    { CertificateArn: CERTIFICATES.second, IsDefault: 'false' },
  ]);
  assert.equal(bench.call('DescribeListeners', { LoadBalancerArn }).get('Listeners.0.Certificates'), cert('site'));
  assert.equal(bench.elbv2.state.listeners()[0]?.certificateArns, [CERTIFICATES.site, CERTIFICATES.second]);
  bench.call('AddListenerCertificates', { ListenerArn, Certificates: cert('site') });
  assert.is(certificates().length, 3);
  bench.call('RemoveListenerCertificates', { ListenerArn, Certificates: cert('site') });
  bench.refused('OperationNotPermitted', 'RemoveListenerCertificates', { ListenerArn, Certificates: cert('site') });
  bench.call('RemoveListenerCertificates', { ListenerArn, Certificates: cert('second') });
  bench.call('RemoveListenerCertificates', { ListenerArn, Certificates: cert('second') });
  assert.is(certificates().length, 1);
  bench.refused('CertificateNotFound', 'AddListenerCertificates', { ListenerArn, Certificates: cert('fresh') });
  bench.refused('ValidationError', 'AddListenerCertificates', { ListenerArn, Certificates: cert('site', 'second') }, /Up to '1'/);
  bench.refused('ValidationError', 'AddListenerCertificates', { ListenerArn, Certificates: [] });
  bench.refused('ValidationError', 'RemoveListenerCertificates', { ListenerArn, Certificates: cert('site', 'second') });
  const plain = bench.listener(LoadBalancerArn, TargetGroupArn);
  bench.refused('InvalidConfigurationRequest', 'AddListenerCertificates', { ListenerArn: plain, Certificates: cert('second') });
});

t('quotas: listeners and certificates per load balancer', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack({
    quotas: { listenersPerLoadBalancer: 1, certificatesPerLoadBalancer: 1 },
  });
  const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn, HTTPS);
  bench.refused('TooManyListeners', 'CreateListener', {
    LoadBalancerArn,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn }],
  });
  bench.call('AddListenerCertificates', { ListenerArn, Certificates: cert('second') });
  bench.refused('TooManyCertificates', 'AddListenerCertificates', { ListenerArn, Certificates: cert('site') });
});

t('a group serves one load balancer, of its own VPC', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  bench.listener(LoadBalancerArn, TargetGroupArn);
  const other = bench.loadBalancer('other');
  const create = (loadBalancer: string, group: string) => ({
    LoadBalancerArn: loadBalancer,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: group }],
  });
  bench.refused(
    'TargetGroupAssociationLimit',
    'CreateListener',
    create(other, TargetGroupArn),
    /cannot be associated with more than one load balancer/,
  );
  bench.refused('TargetGroupNotFound', 'CreateListener', create(other, `${TargetGroupArn.slice(0, -16)}${'0'.repeat(16)}`));
  bench.refused('ValidationError', 'CreateListener', create(other, 'web'), "'web' is not a valid target group ARN");
  const stranger = bench.targetGroup('stranger', { VpcId: OTHER_VPC });
  bench.refused(
    'InvalidConfigurationRequest',
    'CreateListener',
    create(other, stranger),
    `Target group '${stranger}' is in a different VPC than load balancer '${other}'`,
  );
  bench.call('DeleteLoadBalancer', { LoadBalancerArn });
  bench.call('CreateListener', create(other, TargetGroupArn));
});

t('groups that speak HTTP/2 or gRPC need an HTTPS listener', () => {
  const { bench, LoadBalancerArn } = createStack();
  for (const ProtocolVersion of ['HTTP2', 'GRPC']) {
    const TargetGroupArn = bench.targetGroup(ProtocolVersion, { ProtocolVersion });
    const DefaultActions = [{ Type: 'forward', TargetGroupArn }];
    bench.refused(
      'InvalidLoadBalancerAction',
      'CreateListener',
      { LoadBalancerArn, Port: 80, Protocol: 'HTTP', DefaultActions },
      `Listener protocol 'HTTP' is not supported with a target group with the protocol-version '${ProtocolVersion}'`,
    );
    const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn, { ...HTTPS, Port: ProtocolVersion === 'GRPC' ? 444 : 443 });
    bench.refused('InvalidLoadBalancerAction', 'ModifyListener', { ListenerArn, Protocol: 'HTTP' });
  }
});

t('describe and delete', () => {
  const { bench, LoadBalancerArn, TargetGroupArn } = createStack();
  const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn);
  bench.refused('ValidationError', 'DescribeListeners', {}, 'You must specify either listener ARNs or a load balancer ARN');
  bench.refused('ValidationError', 'DescribeListeners', { LoadBalancerArn, ListenerArns: [ListenerArn] });
  bench.call('DeleteListener', { ListenerArn });
  bench.refused('ListenerNotFound', 'DeleteListener', { ListenerArn }, 'One or more listeners not found');
  bench.refused('ListenerNotFound', 'DescribeListeners', { ListenerArns: [ListenerArn] });
  bench.call('DeleteTargetGroup', { TargetGroupArn });
  bench.call('DeleteLoadBalancer', { LoadBalancerArn });
  bench.refused('LoadBalancerNotFound', 'DescribeListeners', { LoadBalancerArn });
});

t.run();
