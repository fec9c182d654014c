/**
 * Revocation lists of trust stores: add files from S3, describe, remove, and where to read one. API reference,
 * AddTrustStoreRevocations, RemoveTrustStoreRevocations, DescribeTrustStoreRevocations, GetTrustStoreRevocationContent.
 */
import { readRevocations } from './ca-content.ts';
import { ApiError, validation } from './errors.ts';
import type { Input } from './input.ts';
import type { Call, Operations, Server } from './operation.ts';
import { pageOf } from './pages.ts';
import type { RevocationRecord, TrustStoreRecord } from './store.ts';
import { locationOf, namedTrustStore, requiredText } from './trust-store.ts';
import type { XmlNode } from './xml.ts';

function describe(record: TrustStoreRecord, revocation: RevocationRecord): XmlNode {
  return {
    TrustStoreArn: record.arn,
    RevocationId: revocation.id,
    RevocationType: 'CRL',
    NumberOfRevokedEntries: revocation.entries,
  };
}

const unknownId = (id: number): ApiError =>
  new ApiError('RevocationIdNotFound', `The revocation ID '${id}' does not exist in the trust store`);

function readFile(entry: Input, server: Server): { readonly pem: string; readonly entries: number } {
  const bucket = requiredText(entry, 'S3Bucket');
  const key = requiredText(entry, 'S3Key');
  const version = entry.text('S3ObjectVersion');
  entry.choice('RevocationType', ['CRL'] as const);
  entry.settle();
  const content = server.objects.object(bucket, key, version);
  if (content === undefined)
    throw new ApiError(
      'RevocationContentNotFound',
      `The revocation file '${key}'${version === undefined ? '' : ` (version '${version}')`} in S3 bucket '${bucket}' does not exist`,
    );
  return readRevocations(content);
}

function add(call: Call): XmlNode {
  const { input, server } = call;
  const record = namedTrustStore(call);
  const entries = input.list('RevocationContents') ?? [];
  if (entries.length === 0) throw validation('A revocation content must be specified');
  // All are read before the first is kept: a refused call leaves no trace.
  const files = entries.map((entry) => readFile(entry, server));
  const { revocationsPerTrustStore, revocationEntriesPerTrustStore } = server.quotas;
  const total = [...record.revocations.values(), ...files].reduce((sum, file) => sum + file.entries, 0);
  if (record.revocations.size + files.length > revocationsPerTrustStore)
    throw new ApiError(
      'TooManyTrustStoreRevocationEntries',
      `You've reached the limit on the number of revocation lists per trust store: ${revocationsPerTrustStore}`,
    );
  if (total > revocationEntriesPerTrustStore)
    throw new ApiError(
      'TooManyTrustStoreRevocationEntries',
      `You've reached the limit on the number of revocation entries per trust store: ${revocationEntriesPerTrustStore}`,
    );
  const added = files.map((file): RevocationRecord => ({ id: record.nextRevocationId++, ...file }));
  for (const revocation of added) record.revocations.set(revocation.id, revocation);
  return { TrustStoreRevocations: added.map((revocation) => describe(record, revocation)) };
}

/** Revocation IDs of a call: whole numbers, each of them known to the trust store. */
function readIds(input: Input, record: TrustStoreRecord): readonly number[] {
  const ids = (input.texts('RevocationIds') ?? []).map((text) => {
    if (!/^[0-9]{1,15}$/.test(text)) input.violate('RevocationIds', text, 'Member must be an integer');
    return Number(text);
  });
  input.settle();
  for (const id of ids) if (!record.revocations.has(id)) throw unknownId(id);
  return ids;
}

function remove(call: Call): XmlNode {
  const record = namedTrustStore(call);
  const ids = readIds(call.input, record);
  if (ids.length === 0) throw validation('A revocation ID must be specified');
  for (const id of ids) record.revocations.delete(id);
  return {};
}

function list(call: Call): XmlNode {
  const record = namedTrustStore(call);
  const ids = readIds(call.input, record);
  const chosen = [...record.revocations.values()].filter(({ id }) => ids.length === 0 || ids.includes(id));
  const page = pageOf(chosen, ({ id }) => id, call, call.server.pageSize);
  return { TrustStoreRevocations: page.items.map((revocation) => describe(record, revocation)), NextMarker: page.nextMarker };
}

export const revocationOperations: Operations = {
  AddTrustStoreRevocations: { params: ['TrustStoreArn', 'RevocationContents'], writes: true, run: add },
  RemoveTrustStoreRevocations: { params: ['TrustStoreArn', 'RevocationIds'], writes: true, run: remove },
  DescribeTrustStoreRevocations: { params: ['TrustStoreArn', 'RevocationIds', 'Marker', 'PageSize'], writes: false, run: list },
  GetTrustStoreRevocationContent: {
    params: ['TrustStoreArn', 'RevocationId'],
    writes: false,
    run: (call) => {
      const record = namedTrustStore(call);
      const id = call.input.integer('RevocationId', 0, Number.MAX_SAFE_INTEGER);
      if (id === undefined) call.input.violate('RevocationId', undefined, 'Member must not be null');
      call.input.settle();
      const revocation = record.revocations.get(id ?? 0);
      if (revocation === undefined) throw unknownId(id ?? 0);
      return { Location: locationOf(revocation.pem, call.server) };
    },
  },
};
