/** Trust stores and mutual TLS of listeners: what goes with what, what is in use, which content is taken. */
import { X509Certificate } from 'node:crypto';
import * as assert from 'uvu/assert';
import { createAuthority } from '../../support/certificate-authority.ts';
import { createBench, type Params } from '../../support/elbv2-bench.ts';
import { createAuthorities, createWorld, TRUST_STORE } from '../../support/elbv2-surface.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 trust stores');
const authorities = await createAuthorities();
const [leaf, weakSignature, smallKey, rsa] = await Promise.all([
  createAuthority('leaf', { ca: false }),
  createAuthority('sha1', { hash: 'SHA-1' }),
  createAuthority('small', { rsaBits: 1024 }),
  createAuthority('rsa', { rsaBits: 2048 }),
]);
const weakList = await authorities.one.crl(1, 'SHA-1');
const emptyList = await authorities.one.crl(0);
const manyList = await authorities.two.crl(1000);
const KEY = { CaCertificatesBundleS3Bucket: 'trust' };

t('a new trust store is CREATING, cannot be used, then ACTIVE, and listeners of the state are told', () => {
  const world = createWorld(authorities);
  const TrustStoreArn = world.call('CreateTrustStore', TRUST_STORE).text('TrustStores.0.TrustStoreArn');
  assert.match(TrustStoreArn, /^arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore\/clients\/[0-9a-f]{16}$/);
  const status = (): unknown => world.call('DescribeTrustStores').get('TrustStores.0.Status');
  assert.is(status(), 'CREATING');
  const ListenerArn = world.https();
  const MutualAuthentication = { Mode: 'verify', TrustStoreArn };
  world.refused('TrustStoreNotReady', 'ModifyListener', { ListenerArn, MutualAuthentication });
  let told = 0;
  world.elbv2.state.onChange(() => told++);
  world.settle();
  assert.ok(told > 0);
  assert.is(status(), 'ACTIVE');
  world.call('ModifyListener', { ListenerArn, MutualAuthentication });
});

t('names are unique and counted', () => {
  const objects = createWorld(authorities).objects;
  const bench = createBench({ objects, quotas: { trustStores: 2 } });
  bench.call('CreateTrustStore', TRUST_STORE);
  bench.refused('DuplicateTrustStoreName', 'CreateTrustStore', TRUST_STORE);
  bench.call('CreateTrustStore', { ...TRUST_STORE, Name: 'b' });
  bench.refused('TooManyTrustStores', 'CreateTrustStore', { ...TRUST_STORE, Name: 'c' });
  for (const Name of ['', 'a_b', '-a', 'a-', 'x'.repeat(33)])
    bench.refused('ValidationError', 'CreateTrustStore', { ...TRUST_STORE, Name });
  bench.refused('ValidationError', 'CreateTrustStore', { Name: 'd' }, /caCertificatesBundleS3Bucket.*caCertificatesBundleS3Key/);
  bench.refused('TrustStoreNotFound', 'DescribeTrustStores', { Names: ['d'] });
  bench.refused('ValidationError', 'DescribeTrustStores', { Names: ['b'], TrustStoreArns: ['x'] });
});

const broken: [what: string, content: string, words: RegExp][] = [
  ['no PEM', 'hello', /no certificates in PEM/],
  ['nothing', '', /no certificates in PEM/],
  ['a block cut off', authorities.one.pem + authorities.two.pem.slice(0, 200), /no certificates in PEM/],
  ['not base64', '-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----', /no certificates in PEM/],
  ['not a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', /certificate 1 is not an X.509/],
  ['a revocation list', authorities.list, /certificates only, but has 'X509 CRL'/],
  ['a leaf', authorities.one.pem + leaf.pem, /certificate 2 \(CN=leaf\) is not a CA certificate/],
  ['SHA-1', weakSignature.pem, /SHA-256, SHA-384 or SHA-512/],
  ['RSA of 1024 bits', smallKey.pem, /RSA of 2048 to 8192 bits/],
  ['26 certificates', authorities.one.pem.repeat(26), /26 certificates, the limit is 25/],
];
for (const [what, content, words] of broken)
  t(`a bundle is refused for ${what}, and the store keeps what it had`, () => {
    const world = createWorld(authorities);
    const TrustStoreArn = world.trustStore();
    world.objects.put('trust', 'bad.pem', content);
    const params = { TrustStoreArn, ...KEY, CaCertificatesBundleS3Key: 'bad.pem' };
    world.refused('InvalidCaCertificatesBundle', 'ModifyTrustStore', params, words);
    assert.is(world.elbv2.state.trustStore?.(TrustStoreArn)?.bundle, authorities.one.pem);
  });

t('bundles may have words between certificates, RSA beside ECDSA, and stay when their object goes', () => {
  const world = createWorld(authorities);
  world.objects.put('trust', 'all.pem', `# ours\r\n${authorities.one.pem.replaceAll('\n', '\r\n')}\n# theirs\n${rsa.pem}`);
  const TrustStoreArn = world.trustStore({ CaCertificatesBundleS3Key: 'all.pem' });
  world.objects.remove('trust', 'all.pem');
  const bundle = world.elbv2.state.trustStore?.(TrustStoreArn)?.bundle ?? '';
  const blocks = bundle.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  assert.equal(
    blocks.map((block) => new X509Certificate(block).subject),
    ['CN=one', 'CN=rsa'],
  );
  world.refused('CaCertificatesBundleNotFound', 'ModifyTrustStore', { TrustStoreArn, ...KEY, CaCertificatesBundleS3Key: 'all.pem' });
});

t('revocation lists are counted, numbered, never renumbered, and refused whole', () => {
  const world = createWorld(authorities);
  const TrustStoreArn = world.trustStore();
  world.objects.put('trust', 'empty.pem', emptyList);
  world.objects.put('trust', 'both.pem', authorities.list + manyList);
  const add = (...keys: string[]): Params => ({ TrustStoreArn, RevocationContents: keys.map((S3Key) => ({ S3Bucket: 'trust', S3Key })) });
  const added = world.call('AddTrustStoreRevocations', add('empty.pem', 'both.pem')).list('TrustStoreRevocations');
  const entry = (id: number, entries: number) => ({
    TrustStoreArn,
    RevocationId: String(id),
    RevocationType: 'CRL',
    NumberOfRevokedEntries: String(entries),
  });
  assert.equal(added, [entry(1, 0), entry(2, 1003)]);
  assert.equal(world.elbv2.state.trustStore?.(TrustStoreArn)?.revocations, [emptyList, authorities.list + manyList]);
  world.call('RemoveTrustStoreRevocations', { TrustStoreArn, RevocationIds: [2] });
  world.refused('RevocationIdNotFound', 'GetTrustStoreRevocationContent', { TrustStoreArn, RevocationId: 2 });
  world.refused('RevocationIdNotFound', 'DescribeTrustStoreRevocations', { TrustStoreArn, RevocationIds: [1, 2] });
  world.refused('RevocationContentNotFound', 'AddTrustStoreRevocations', add('list.pem', 'none.pem'));
  world.refused('RevocationIdNotFound', 'RemoveTrustStoreRevocations', { TrustStoreArn, RevocationIds: [1, 9] });
  assert.equal(world.call('AddTrustStoreRevocations', add('list.pem')).list('TrustStoreRevocations'), [entry(3, 3)]);
  assert.equal(world.call('DescribeTrustStoreRevocations', { TrustStoreArn }).list('TrustStoreRevocations'), [entry(1, 0), entry(3, 3)]);
  assert.is(world.call('DescribeTrustStores').get('TrustStores.0.TotalRevokedEntries'), '3');
});

const brokenLists: [what: string, content: string, words: RegExp][] = [
  ['no PEM', 'hello', /no revocation list in PEM/],
  ['a certificate', authorities.one.pem, /revocation lists only/],
  ['SHA-1', weakList, /SHA-256, SHA-384 or SHA-512/],
  ['bytes cut off', authorities.list.replace(/\n[^\n]+\n-----END/, '\n-----END'), /longer than what holds it|ends early/],
  ['a certificate called a list', authorities.one.pem.replaceAll('CERTIFICATE', 'X509 CRL'), /not a revocation list/],
];
for (const [what, content, words] of brokenLists)
  t(`a revocation list is refused for ${what}`, () => {
    const world = createWorld(authorities);
    world.objects.put('trust', 'bad.pem', content);
    const params = { TrustStoreArn: world.trustStore(), RevocationContents: [{ S3Bucket: 'trust', S3Key: 'bad.pem' }] };
    world.refused('InvalidRevocationContent', 'AddTrustStoreRevocations', params, words);
  });

t('quotas of lists and entries', () => {
  const { objects } = createWorld(authorities);
  const contents = (count: number): Params => ({ RevocationContents: Array(count).fill({ S3Bucket: 'trust', S3Key: 'list.pem' }) });
  for (const quotas of [{ revocationsPerTrustStore: 2 }, { revocationEntriesPerTrustStore: 8 }]) {
    const bench = createBench({ objects, quotas });
    const TrustStoreArn = bench.call('CreateTrustStore', TRUST_STORE).text('TrustStores.0.TrustStoreArn');
    bench.refused('TooManyTrustStoreRevocationEntries', 'AddTrustStoreRevocations', { TrustStoreArn, ...contents(3) });
    bench.call('AddTrustStoreRevocations', { TrustStoreArn, ...contents(2) });
    bench.refused('TooManyTrustStoreRevocationEntries', 'AddTrustStoreRevocations', { TrustStoreArn, ...contents(1) });
  }
});

t('a trust store in use cannot be deleted and says by whom', () => {
  const world = createWorld(authorities);
  const TrustStoreArn = world.trustStore();
  const ListenerArn = world.https({ MutualAuthentication: { Mode: 'verify', TrustStoreArn } });
  assert.equal(world.call('DescribeTrustStoreAssociations', { TrustStoreArn }).list('TrustStoreAssociations'), [
    { ResourceArn: ListenerArn },
  ]);
  world.refused('TrustStoreInUse', 'DeleteTrustStore', { TrustStoreArn });
  world.call('ModifyListener', { ListenerArn, MutualAuthentication: { Mode: 'off' } });
  assert.equal(world.call('DescribeTrustStoreAssociations', { TrustStoreArn }).list('TrustStoreAssociations'), []);
  world.call('DeleteTrustStore', { TrustStoreArn });
  world.refused('TrustStoreNotFound', 'DeleteTrustStore', { TrustStoreArn });
  assert.is(world.elbv2.state.trustStore?.(TrustStoreArn), undefined);
  assert.is(world.elbv2.state.trustStoreCount?.(), 0);
});

t('modes: what each takes, what a change leaves alone, what HTTP loses', () => {
  const world = createWorld(authorities);
  const TrustStoreArn = world.trustStore();
  const ListenerArn = world.https();
  const answered = (): unknown => world.call('DescribeListeners', { ListenerArns: [ListenerArn] }).get('Listeners.0.MutualAuthentication');
  const modify = (MutualAuthentication: Params): void => {
    world.call('ModifyListener', { ListenerArn, MutualAuthentication });
  };
  assert.equal(answered(), { Mode: 'off' });
  const words = 'Mutual Authentication mode passthrough does not support trust store';
  for (const Mode of ['off', 'passthrough'])
    for (const more of [{ TrustStoreArn }, { IgnoreClientCertificateExpiry: false }, { AdvertiseTrustStoreCaNames: 'off' }] as Params[]) {
      const refusedWith = Mode === 'passthrough' && 'TrustStoreArn' in more ? words : undefined;
      world.refused('ValidationError', 'ModifyListener', { ListenerArn, MutualAuthentication: { Mode, ...more } }, refusedWith);
    }
  const verified = {
    Mode: 'verify',
    TrustStoreArn,
    IgnoreClientCertificateExpiry: 'true',
    TrustStoreAssociationStatus: 'active',
    AdvertiseTrustStoreCaNames: 'on',
  };
  modify({ Mode: 'verify', TrustStoreArn, IgnoreClientCertificateExpiry: true, AdvertiseTrustStoreCaNames: 'on' });
  assert.equal(answered(), verified);
  world.call('ModifyListener', { ListenerArn, Port: 8443 });
  assert.equal(answered(), verified, 'a call that says nothing of it changes nothing');
  assert.equal(world.elbv2.state.listeners()[0]?.mutualAuthentication, {
    mode: 'verify',
    trustStoreArn: TrustStoreArn,
    ignoreClientCertificateExpiry: true,
    advertiseTrustStoreCaNames: 'on',
  });
  modify({ Mode: 'verify', TrustStoreArn });
  assert.equal(
    answered(),
    { ...verified, IgnoreClientCertificateExpiry: 'false', AdvertiseTrustStoreCaNames: 'off' },
    'and one that does says all of it',
  );
  world.call('ModifyListener', { ListenerArn, Protocol: 'HTTP' });
  assert.is(answered(), undefined);
  assert.equal(world.elbv2.state.listeners()[0]?.mutualAuthentication, { mode: 'off' });
});

t('two listeners of a load balancer verify at most', () => {
  const world = createWorld(authorities);
  const TrustStoreArn = world.trustStore();
  const MutualAuthentication = { Mode: 'verify', TrustStoreArn };
  const first = world.https({ MutualAuthentication });
  const LoadBalancerArn = first.replace(':listener/', ':loadbalancer/').replace(/\/[0-9a-f]+$/, '');
  world.https({ LoadBalancerArn, Port: 444, MutualAuthentication });
  const third = world.https({ LoadBalancerArn, Port: 445 });
  world.refused('OperationNotPermitted', 'ModifyListener', { ListenerArn: third, MutualAuthentication });
  world.call('ModifyListener', { ListenerArn: first, MutualAuthentication });
});

t.run();
