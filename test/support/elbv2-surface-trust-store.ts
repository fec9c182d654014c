/** Surface cases of trust stores and their revocation lists. */
import * as assert from 'uvu/assert';
import type { Params } from './elbv2-bench.ts';
import { reads, type SurfaceCase, TRUST_STORE, tagCases, type World } from './elbv2-surface.ts';

/** A field of CreateTrustStore with what it does to the answer. */
const store = (field: string, check: (world: World) => void, illegal: Params, code: string): SurfaceCase => ({
  row: `trustStore.${field}`,
  works: check,
  refused: (world) => {
    world.refused(code, 'CreateTrustStore', { ...TRUST_STORE, ...illegal });
  },
});

const certificates = (world: World, TrustStoreArn: string): unknown =>
  world.call('DescribeTrustStores', { TrustStoreArns: [TrustStoreArn] }).get('TrustStores.0.NumberOfCaCertificates');

const FILE: Params = { S3Bucket: 'trust', S3Key: 'list.pem', RevocationType: 'CRL' };
const add = (world: World, content: Params): Params => ({
  TrustStoreArn: world.trustStore(),
  RevocationContents: [{ ...FILE, ...content }],
});

function revocation(field: string, works: (world: World) => Params, illegal: Params, code: string): SurfaceCase {
  return {
    row: `trustStore.RevocationContents[].${field}`,
    works(world) {
      const params = works(world);
      reads(world.call('AddTrustStoreRevocations', params), 'TrustStoreRevocations.0.RevocationType', 'CRL');
      const answer = world.call('DescribeTrustStoreRevocations', { TrustStoreArn: params['TrustStoreArn'] });
      reads(answer, 'TrustStoreRevocations.0.NumberOfRevokedEntries', 3);
      reads(answer, 'TrustStoreRevocations.0.RevocationId', 1);
      reads(world.call('DescribeTrustStores'), 'TrustStores.0.TotalRevokedEntries', 3);
    },
    refused: (world) => {
      world.refused(code, 'AddTrustStoreRevocations', add(world, illegal));
    },
  };
}

export const trustStoreCases: readonly SurfaceCase[] = [
  store(
    'Name',
    (world) => {
      world.trustStore({ Name: 'my-clients' });
      const answer = world.call('DescribeTrustStores', { Names: ['my-clients'] });
      reads(answer, 'TrustStores.0.Name', 'my-clients');
      reads(answer, 'TrustStores.0.Status', 'ACTIVE');
    },
    { Name: 'a--b' },
    'ValidationError',
  ),
  store(
    'CaCertificatesBundleS3Bucket',
    (world) => assert.is(certificates(world, world.trustStore()), '1'),
    { CaCertificatesBundleS3Bucket: 'other' },
    'CaCertificatesBundleNotFound',
  ),
  store(
    'CaCertificatesBundleS3Key',
    (world) => {
      const TrustStoreArn = world.trustStore();
      world.objects.put('trust', 'both.pem', world.authorities.one.pem + world.authorities.two.pem);
      world.call('ModifyTrustStore', { TrustStoreArn, CaCertificatesBundleS3Bucket: 'trust', CaCertificatesBundleS3Key: 'both.pem' });
      assert.is(certificates(world, TrustStoreArn), '2');
      assert.is(world.elbv2.state.trustStore?.(TrustStoreArn)?.bundle, world.authorities.one.pem + world.authorities.two.pem);
    },
    { CaCertificatesBundleS3Key: 'list.pem' },
    'InvalidCaCertificatesBundle',
  ),
  store(
    'CaCertificatesBundleS3ObjectVersion',
    (world) => {
      const CaCertificatesBundleS3ObjectVersion = world.objects.put(
        'trust',
        'one.pem',
        world.authorities.one.pem + world.authorities.two.pem,
      );
      world.objects.put('trust', 'one.pem', world.authorities.one.pem);
      assert.is(certificates(world, world.trustStore({ CaCertificatesBundleS3ObjectVersion })), '2');
    },
    { CaCertificatesBundleS3ObjectVersion: 'none' },
    'CaCertificatesBundleNotFound',
  ),
  ...tagCases('trustStore', 'CreateTrustStore', () => TRUST_STORE, 'TrustStores.0.TrustStoreArn'),
  revocation('S3Bucket', (world) => add(world, {}), { S3Bucket: 'other' }, 'RevocationContentNotFound'),
  revocation('S3Key', (world) => add(world, {}), { S3Key: 'one.pem' }, 'InvalidRevocationContent'),
  revocation(
    'S3ObjectVersion',
    (world) => {
      const S3ObjectVersion = world.objects.put('trust', 'list.pem', world.authorities.list);
      world.objects.put('trust', 'list.pem', 'not a list');
      return add(world, { S3ObjectVersion });
    },
    { S3ObjectVersion: 'none' },
    'RevocationContentNotFound',
  ),
  revocation('RevocationType', (world) => add(world, {}), { RevocationType: 'OCSP' }, 'ValidationError'),
  {
    row: 'trustStore.RevocationIds[]',
    works(world) {
      const params = add(world, {});
      world.call('AddTrustStoreRevocations', params);
      world.call('AddTrustStoreRevocations', params);
      world.call('RemoveTrustStoreRevocations', { TrustStoreArn: params['TrustStoreArn'], RevocationIds: [1] });
      const left = world.call('DescribeTrustStoreRevocations', { TrustStoreArn: params['TrustStoreArn'] }).list('TrustStoreRevocations');
      assert.equal(
        left.map((one) => (one as { RevocationId: string }).RevocationId),
        ['2'],
      );
    },
    refused(world) {
      const TrustStoreArn = world.trustStore();
      world.refused('RevocationIdNotFound', 'RemoveTrustStoreRevocations', { TrustStoreArn, RevocationIds: [7] });
      world.refused('ValidationError', 'RemoveTrustStoreRevocations', { TrustStoreArn, RevocationIds: ['x'] });
    },
  },
];
