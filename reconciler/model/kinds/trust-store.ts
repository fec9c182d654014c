import { physicalName } from '../codec.ts';
import { create, DERIVED, modify, REQUIRED } from '../field.ts';
import { bundle, revocations } from '../nested/trust.ts';
import { ELB_PAGE, ELB_TAGS } from '../read.ts';
import { kind } from '../values.ts';

/** Rows of the ELBv2 API reference: CreateTrustStore, ModifyTrustStore, AddTrustStoreRevocations. AWS never tells where a bundle came from: tags remember it. */
export const trustStore = kind({
  name: 'trustStore',
  label: 'trust store',
  service: 'elbv2',
  fields: {
    name: create('Name', physicalName(), DERIVED, 'The name in AWS, at most 32 characters. Default: made from the stack and this name.', {
      read: 'Name',
    }),
    bundle: modify(
      '*',
      bundle(),
      REQUIRED,
      'The S3 object with the certificates of the accepted authorities (CA bundle). albedo does not detect a changed file: use a new key or version.',
      { tag: 'albedo:bundle', risk: { risk: 'drop', reason: 'clients whose authority is not in the new bundle are refused' } },
    ),
    revocations: {
      wire: {
        how: 'member',
        member: {
          add: 'elbv2:AddTrustStoreRevocations',
          remove: 'elbv2:RemoveTrustStoreRevocations',
          each: 'RevocationContents',
          read: 'TrustStoreRevocations[]',
          handle: 'RevocationId',
          handleParam: 'RevocationIds',
          remember: { tag: 'albedo:crl', answer: 'TrustStoreRevocations[0].RevocationId' },
        },
      },
      codec: revocations(),
      default: [],
      doc: 'Lists of revoked certificates in S3.',
      risk: { risk: 'drop', reason: 'clients whose certificate is in {added} are refused', when: { change: 'added' } },
    },
  },
  read: {
    by: 'listed',
    op: 'elbv2:DescribeTrustStores',
    list: 'TrustStores',
    tags: ELB_TAGS,
    page: ELB_PAGE,
    mentionedBy: { kind: 'listener', path: 'MutualAuthentication.TrustStoreArn' },
    details: [{ op: 'elbv2:DescribeTrustStoreRevocations', param: 'TrustStoreArn', from: 'TrustStoreArn', keep: 'TrustStoreRevocations' }],
  },
  adoptable: 'truststore/',
  outputs: { id: 'TrustStoreArn', arn: 'TrustStoreArn', name: 'Name' },
  create: {
    op: 'elbv2:CreateTrustStore',
    answer: 'TrustStores[0]',
    name: { param: 'Name', max: 32 },
    tags: { param: 'Tags' },
    find: { take: { Names: ['Name'] }, same: { path: 'Name', param: 'Name' } },
  },
  modify: { op: 'elbv2:ModifyTrustStore', param: 'TrustStoreArn' },
  destroy: { op: 'elbv2:DeleteTrustStore', param: 'TrustStoreArn' },
  // Load balancers or listeners, also of accounts that it is shared with (DescribeTrustStoreAssociations, ELBv2 API reference).
  users: [
    {
      ...{ op: 'elbv2:DescribeTrustStoreAssociations', param: 'TrustStoreArn', list: 'TrustStoreAssociations[]' },
      ...{ id: 'ResourceArn', label: 'the resource' },
    },
  ],
  awaits: [
    {
      // A listener is refused with TrustStoreNotReady while its trust store is being made (CreateListener and ModifyListener, errors).
      name: 'ready',
      op: 'elbv2:DescribeTrustStores',
      input: { TrustStoreArns: ['{id}'] },
      path: 'TrustStores[].Status',
      anyOf: ['ACTIVE'],
      atLeast: 1,
      timeoutSeconds: 300,
      pollSeconds: 5,
      words: 'active',
    },
  ],
  risk: { replace: { risk: 'none', reason: 'listeners use the new one before the old one is deleted' } },
});
