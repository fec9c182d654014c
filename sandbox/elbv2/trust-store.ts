/**
 * Trust stores: create from an object of S3, describe, replace the bundle, delete. Revocation lists are in
 * `trust-store-revocations.ts`. API reference, CreateTrustStore, ModifyTrustStore, DeleteTrustStore and the Describe calls.
 */
import { checkArn, trustStoreArn } from './arn.ts';
import { readBundle } from './ca-content.ts';
import { ApiError, noTrustStore, validation } from './errors.ts';
import type { Input } from './input.ts';
import type { Call, Operations, Server } from './operation.ts';
import { LARGEST_PAGE, pageOf } from './pages.ts';
import type { ListenerRecord, Store, TrustStoreRecord } from './store.ts';
import { readNewTags } from './tags.ts';
import type { XmlNode } from './xml.ts';

/** When the timings say nothing: long enough that a client has to wait, as at AWS. */
const CREATING_MS = 500;

export function isActive(record: TrustStoreRecord, now: number): boolean {
  return now >= record.activeAt;
}

function describe(record: TrustStoreRecord, server: Server): XmlNode {
  let revoked = 0;
  for (const { entries } of record.revocations.values()) revoked += entries;
  return {
    Name: record.name,
    TrustStoreArn: record.arn,
    Status: isActive(record, server.clock.now()) ? 'ACTIVE' : 'CREATING',
    NumberOfCaCertificates: record.certificates,
    TotalRevokedEntries: revoked,
  };
}

/** Text that must be there and not empty, as the service model says of required members. */
export function requiredText(input: Input, name: string): string {
  const value = input.text(name);
  if (value === undefined || value === '') input.violate(name, value, 'Member must not be null');
  return value ?? '';
}

/** The bundle an object of S3 holds, checked; CaCertificatesBundleNotFound when there is no such object or version. */
function readObject(input: Input, server: Server): { readonly pem: string; readonly certificates: number } {
  const bucket = requiredText(input, 'CaCertificatesBundleS3Bucket');
  const key = requiredText(input, 'CaCertificatesBundleS3Key');
  const version = input.text('CaCertificatesBundleS3ObjectVersion');
  input.settle();
  const content = server.objects.object(bucket, key, version);
  if (content === undefined)
    throw new ApiError(
      'CaCertificatesBundleNotFound',
      `The CA certificates bundle '${key}'${version === undefined ? '' : ` (version '${version}')`} in S3 bucket '${bucket}' does not exist`,
    );
  return readBundle(content, server.quotas.certificatesPerTrustStore);
}

function create({ input, store, server }: Call): XmlNode {
  const name = requiredText(input, 'Name');
  input.sized('Name', 1, 32);
  if (name !== '') input.matching('Name', /^([a-zA-Z0-9]+-)*[a-zA-Z0-9]+$/);
  const tags = readNewTags(input, server.quotas);
  const { pem, certificates } = readObject(input, server);
  if ([...store.trustStores.values()].some((known) => known.name === name))
    throw new ApiError('DuplicateTrustStoreName', `A trust store with the same name '${name}' exists`);
  if (store.trustStores.size >= server.quotas.trustStores)
    throw new ApiError('TooManyTrustStores', `You've reached the limit on the number of trust stores: ${server.quotas.trustStores}`);
  const creating = server.timings.trustStoreCreating ?? CREATING_MS;
  const record: TrustStoreRecord = {
    arn: trustStoreArn(store, name),
    name,
    sequence: store.nextSequence++,
    activeAt: server.clock.now() + creating,
    bundle: pem,
    certificates,
    revocations: new Map(),
    nextRevocationId: 1,
    tags,
  };
  store.trustStores.set(record.arn, record);
  server.wake(creating);
  return { TrustStores: [describe(record, server)] };
}

/** The trust store a call names; ValidationError or TrustStoreNotFound when it is not there. */
export function namedTrustStore({ input, store }: Pick<Call, 'input' | 'store'>): TrustStoreRecord {
  const arn = checkArn('trust store', input.text('TrustStoreArn'));
  const record = store.trustStores.get(arn);
  if (record === undefined) throw noTrustStore(arn);
  return record;
}

function list({ input, store, server }: Call): XmlNode {
  const arns = input.texts('TrustStoreArns') ?? [];
  const names = input.texts('Names') ?? [];
  if (arns.length > 0 && names.length > 0) throw validation('Trust store names and trust store ARNs cannot be specified at the same time');
  const all = [...store.trustStores.values()];
  for (const arn of arns) if (!store.trustStores.has(checkArn('trust store', arn))) throw noTrustStore(arn);
  for (const name of names) if (!all.some((record) => record.name === name)) throw noTrustStore(name);
  const named = arns.length + names.length > 0;
  const chosen = named ? all.filter((record) => arns.includes(record.arn) || names.includes(record.name)) : all;
  const page = pageOf(chosen, (record) => record.sequence, { input, server }, named ? LARGEST_PAGE : server.pageSize);
  return { TrustStores: page.items.map((record) => describe(record, server)), NextMarker: page.nextMarker };
}

function modify(call: Call): XmlNode {
  const record = namedTrustStore(call);
  const { pem, certificates } = readObject(call.input, call.server);
  record.bundle = pem;
  record.certificates = certificates;
  return { TrustStores: [describe(record, call.server)] };
}

function usersOf(store: Store, arn: string): ListenerRecord[] {
  return [...store.listeners.values()].filter((listener) => listener.mutualAuthentication.trustStoreArn === arn);
}

function remove(call: Call): XmlNode {
  const { arn } = namedTrustStore(call);
  const users = usersOf(call.store, arn);
  if (users.length > 0)
    throw new ApiError(
      'TrustStoreInUse',
      `Trust store '${arn}' is currently in use by: ${users.map((listener) => listener.arn).join(', ')}`,
    );
  call.store.trustStores.delete(arn);
  return {};
}

export const trustStoreOperations: Operations = {
  CreateTrustStore: {
    params: ['Name', 'CaCertificatesBundleS3Bucket', 'CaCertificatesBundleS3Key', 'CaCertificatesBundleS3ObjectVersion', 'Tags'],
    writes: true,
    run: create,
  },
  DescribeTrustStores: { params: ['TrustStoreArns', 'Names', 'Marker', 'PageSize'], writes: false, run: list },
  ModifyTrustStore: {
    params: ['TrustStoreArn', 'CaCertificatesBundleS3Bucket', 'CaCertificatesBundleS3Key', 'CaCertificatesBundleS3ObjectVersion'],
    writes: true,
    run: modify,
  },
  DeleteTrustStore: { params: ['TrustStoreArn'], writes: true, run: remove },
  DescribeTrustStoreAssociations: {
    params: ['TrustStoreArn', 'Marker', 'PageSize'],
    writes: false,
    run: (call) => {
      const users = usersOf(call.store, namedTrustStore(call).arn);
      const page = pageOf(users, (listener) => listener.sequence, call, call.server.pageSize);
      return { TrustStoreAssociations: page.items.map(({ arn }) => ({ ResourceArn: arn })), NextMarker: page.nextMarker };
    },
  },
  GetTrustStoreCaCertificatesBundle: {
    params: ['TrustStoreArn'],
    writes: false,
    run: (call) => {
      const record = namedTrustStore(call);
      return { Location: locationOf(record.bundle, call.server) };
    },
  },
};

/** An address where `pem` can be read, as AWS answers a presigned one. Where nothing serves it, a name that leads nowhere (RFC 2606). */
export function locationOf(pem: string, server: Server): string {
  return server.objects.share(Buffer.from(pem, 'utf8')) ?? 'https://trust-store-content.invalid/';
}
