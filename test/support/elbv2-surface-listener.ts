/** Surface cases of listeners, their actions left out. */
import * as assert from 'uvu/assert';
import type { Params } from './elbv2-bench.ts';
import { attributeCases, LAST, reads, type SurfaceCase, tagCases, type World } from './elbv2-surface.ts';
import { CERTIFICATES } from './sandbox-network.ts';

const create = (world: World, change: Params = {}): Params => ({
  LoadBalancerArn: world.loadBalancer('own'),
  Port: 443,
  Protocol: 'HTTPS',
  Certificates: [{ CertificateArn: CERTIFICATES.site }],
  DefaultActions: [LAST],
  ...change,
});

type Change = Params | ((world: World) => Params);
const existing = (change: Change, world: World): Params => (typeof change === 'function' ? change(world) : change);

/** A field of CreateListener and ModifyListener. */
function field(name: string, legal: Change, path: string, expected: unknown, illegal: Change, code = 'ValidationError'): SurfaceCase {
  return {
    row: `listener.${name}`,
    works(world) {
      const change = existing(legal, world);
      const made = world.call('CreateListener', create(world, change)).text('Listeners.0.ListenerArn');
      reads(world.call('DescribeListeners', { ListenerArns: [made] }), `Listeners.0.${path}`, expected);
      const ListenerArn = world.https();
      world.call('ModifyListener', { ListenerArn, ...change });
      reads(world.call('DescribeListeners', { ListenerArns: [ListenerArn] }), `Listeners.0.${path}`, expected);
    },
    refused(world) {
      const change = existing(illegal, world);
      world.refused(code, 'CreateListener', create(world, change));
      world.refused(code, 'ModifyListener', { ListenerArn: world.https(), ...change });
    },
  };
}

const verify =
  (more: Params = {}): Change =>
  (world) => ({ MutualAuthentication: { Mode: 'verify', TrustStoreArn: world.trustStore(), ...more } });
const NO_STORE = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/none/0123456789abcdef';
const extra = (world: World, certificate: Params): Params => ({ ListenerArn: world.https(), Certificates: [certificate] });
const plain: Params = { Protocol: 'HTTP', Certificates: undefined };

const REQUEST = [
  'mtls_clientcert_serial_number',
  'mtls_clientcert_issuer',
  'mtls_clientcert_subject',
  'mtls_clientcert_validity',
  'mtls_clientcert_leaf',
  'mtls_clientcert',
  'tls_version',
  'tls_cipher_suite',
];
const RESPONSE = {
  strict_transport_security: ['max-age=31536000; includeSubDomains; preload', 'forever'],
  access_control_allow_origin: ['https://example.com', 'example'],
  access_control_allow_methods: ['GET,POST', 'BREW'],
  access_control_allow_headers: ['X-A,X-B', 'a b'],
  access_control_allow_credentials: ['true', 'false'],
  access_control_expose_headers: ['*', 'a b'],
  access_control_max_age: ['600', '-1'],
  content_security_policy: ["default-src 'self'", 'caf\u00e9'],
  x_content_type_options: ['nosniff', 'sniff'],
  x_frame_options: ['SAMEORIGIN', 'NEVER'],
} as const;

export const listenerCases: readonly SurfaceCase[] = [
  field('Port', { Port: 8443 }, 'Port', 8443, { Port: 65536 }),
  {
    row: 'listener.Protocol',
    works(world) {
      const ListenerArn = world.https();
      world.call('ModifyListener', { ListenerArn, Protocol: 'HTTP' });
      reads(world.call('DescribeListeners', { ListenerArns: [ListenerArn] }), 'Listeners.0.Protocol', 'HTTP');
    },
    refused: (world) => {
      world.refused('ValidationError', 'CreateListener', create(world, { Protocol: 'TLS' }));
    },
  },
  field(
    'SslPolicy',
    { SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' },
    'SslPolicy',
    'ELBSecurityPolicy-TLS13-1-2-2021-06',
    { SslPolicy: 'None' },
    'SSLPolicyNotFound',
  ),
  field(
    'Certificates[].CertificateArn',
    { Certificates: [{ CertificateArn: CERTIFICATES.second }] },
    'Certificates.0.CertificateArn',
    CERTIFICATES.second,
    { Certificates: [{ CertificateArn: `${CERTIFICATES.site}-none` }] },
    'CertificateNotFound',
  ),
  {
    row: 'listener.Certificates[].IsDefault',
    works: (world) => reads(world.call('DescribeListenerCertificates', { ListenerArn: world.https() }), 'Certificates.0.IsDefault', true),
    refused: (world) => {
      world.refused(
        'ValidationError',
        'CreateListener',
        create(world, { Certificates: [{ CertificateArn: CERTIFICATES.site, IsDefault: true }] }),
      );
    },
  },
  {
    row: 'listener.(extra certificates) Certificates[].CertificateArn',
    works(world) {
      const params = extra(world, { CertificateArn: CERTIFICATES.second });
      world.call('AddListenerCertificates', params);
      const list = (): number =>
        world.call('DescribeListenerCertificates', { ListenerArn: params['ListenerArn'] }).list('Certificates').length;
      assert.is(list(), 2);
      world.call('RemoveListenerCertificates', params);
      assert.is(list(), 1);
    },
    refused(world) {
      world.refused('CertificateNotFound', 'AddListenerCertificates', extra(world, { CertificateArn: CERTIFICATES.fresh }));
      world.refused('OperationNotPermitted', 'RemoveListenerCertificates', extra(world, { CertificateArn: CERTIFICATES.site }));
    },
  },
  field(
    'MutualAuthentication.Mode',
    { MutualAuthentication: { Mode: 'passthrough' } },
    'MutualAuthentication',
    { Mode: 'passthrough' },
    { MutualAuthentication: { Mode: 'on' } },
  ),
  {
    row: 'listener.MutualAuthentication.TrustStoreArn',
    works(world) {
      const TrustStoreArn = world.trustStore();
      world.https({ MutualAuthentication: { Mode: 'verify', TrustStoreArn } });
      reads(
        world.call('DescribeListeners', { ListenerArns: [world.elbv2.state.listeners()[0]?.arn] }),
        'Listeners.0.MutualAuthentication.TrustStoreArn',
        TrustStoreArn,
      );
    },
    refused(world) {
      world.refused(
        'TrustStoreNotFound',
        'CreateListener',
        create(world, { MutualAuthentication: { Mode: 'verify', TrustStoreArn: NO_STORE } }),
      );
      world.refused('ValidationError', 'CreateListener', create(world, { MutualAuthentication: { Mode: 'verify' } }));
    },
  },
  {
    row: 'listener.MutualAuthentication.IgnoreClientCertificateExpiry',
    works(world) {
      const ListenerArn = world.https(existing(verify({ IgnoreClientCertificateExpiry: true }), world));
      reads(
        world.call('DescribeListeners', { ListenerArns: [ListenerArn] }),
        'Listeners.0.MutualAuthentication.IgnoreClientCertificateExpiry',
        true,
      );
    },
    refused: (world) => {
      const MutualAuthentication = { Mode: 'passthrough', IgnoreClientCertificateExpiry: true };
      world.refused('ValidationError', 'CreateListener', create(world, { MutualAuthentication }));
    },
  },
  {
    row: 'listener.MutualAuthentication.TrustStoreAssociationStatus',
    works(world) {
      const ListenerArn = world.https(existing(verify(), world));
      reads(
        world.call('DescribeListeners', { ListenerArns: [ListenerArn] }),
        'Listeners.0.MutualAuthentication.TrustStoreAssociationStatus',
        'active',
      );
    },
    refused: (world) => {
      world.refused('ValidationError', 'CreateListener', create(world, existing(verify({ TrustStoreAssociationStatus: 'active' }), world)));
    },
  },
  {
    row: 'listener.MutualAuthentication.AdvertiseTrustStoreCaNames',
    works(world) {
      const ListenerArn = world.https(existing(verify({ AdvertiseTrustStoreCaNames: 'on' }), world));
      reads(
        world.call('DescribeListeners', { ListenerArns: [ListenerArn] }),
        'Listeners.0.MutualAuthentication.AdvertiseTrustStoreCaNames',
        'on',
      );
    },
    refused: (world) => {
      world.refused('ValidationError', 'CreateListener', create(world, existing(verify({ AdvertiseTrustStoreCaNames: 'yes' }), world)));
    },
  },
  ...tagCases('listener', 'CreateListener', (world) => create(world, plain), 'Listeners.0.ListenerArn'),
  ...attributeCases('Listener', (world) => world.https(), [
    ...REQUEST.map((name) => [`routing.http.request.x_amzn_${name}.header_name`, 'X-Own', 'X Own'] as const),
    ['routing.http.response.server.enabled', 'false', 'off'],
    ...Object.entries(RESPONSE).map(([name, [legal, illegal]]) => [`routing.http.response.${name}.header_value`, legal, illegal] as const),
  ]),
];
