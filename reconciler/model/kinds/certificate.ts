import { days, deferred, setOf, text } from '../codec.ts';
import { create, DERIVED, NOWHERE, policy, UNMANAGED } from '../field.ts';
import { kind } from '../values.ts';

/**
 * A server certificate in IAM. Body, key and chain cannot change (UpdateServerCertificate takes name and path only), so
 * each of these fields is a `create` wire: a change uploads another certificate beside the old one. What is read comes
 * from the X.509 body that GetServerCertificate returns, decoded by `observe/x509.ts` into `Certificate`.
 */
/** The key of a deferred value: the text itself stays out of the model. */
const deferredKey = () => ({ ...text(), write: deferred });

export const certificate = kind({
  name: 'certificate',
  label: 'certificate',
  service: 'iam',
  fields: {
    commonName: create(
      undefined,
      text({
        pattern: '^(\\*\\.)?[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$',
        patternMessage: 'a host name of at most 64 characters',
        example: 'webserver.example',
        legal: 'certificateName',
      }),
      UNMANAGED,
      'The host name the certificate is for.',
      { read: 'Certificate.commonName' },
    ),
    subjectAlternativeNames: create(
      undefined,
      setOf(text({ minLength: 1, maxLength: 253, legal: 'certificateName' })),
      UNMANAGED,
      'More host names. Default: only the common name.',
      { read: 'Certificate.subjectAlternativeNames' },
    ),
    validFor: create(undefined, days(1, 3650), UNMANAGED, 'How many days the certificate is valid.', { read: 'Certificate.validDays' }),
    renewBefore: policy(
      days(1, 3649, '30d'),
      DERIVED,
      'From this many days before it expires, a plan renews it; fewer than validFor. Default: a third of validFor, at most 30 days.',
    ),
    // What is live is read with the clock of the observation (`observe/ending.ts`): a plan has none.
    renewal: create(undefined, text(), 'not due', 'Whether it expires within renewBefore.', {
      internal: true,
      read: 'Certificate.renewal',
    }),
    keyAlgorithm: create(undefined, text(), UNMANAGED, 'The kind of key.', { internal: true, read: 'Certificate.keyAlgorithm' }),
    chain: create('CertificateChain', deferredKey(), UNMANAGED, 'Intermediate certificates given in files.', {
      internal: true,
      read: NOWHERE,
    }),
    chainFingerprints: create(undefined, text(), UNMANAGED, 'SHA-256 of each certificate of the chain given in files.', {
      read: 'Certificate.chainFingerprints',
      internal: true,
    }),
    fingerprint: create(undefined, text(), UNMANAGED, 'SHA-256 of the certificate given in files.', {
      read: 'Certificate.fingerprint',
      internal: true,
    }),
  },
  read: {
    by: 'path',
    op: 'iam:ListServerCertificates',
    list: 'ServerCertificateMetadataList',
    tags: { at: 'ServerCertificate.Tags' },
    page: { param: 'MaxItems', size: 1000 },
    path: { param: 'PathPrefix', at: 'Path', region: '/albedo/{region}/', stack: '/albedo/{region}/{stack}/' },
    // No tag finds one of IAM's: one that an interrupted run left is seen by a destroy, which asks for the path.
    mentionedBy: { kind: 'listener', path: 'Certificates[].CertificateArn', whileDestroying: true },
    decoded: {
      by: 'x509',
      from: 'ServerCertificate.CertificateBody',
      chain: 'ServerCertificate.CertificateChain',
      as: 'Certificate',
      due: { end: 'validTo', days: 'renewBefore' },
    },
    details: [{ op: 'iam:GetServerCertificate', param: 'ServerCertificateName', from: 'ServerCertificateName', keep: 'ServerCertificate' }],
  },
  outputs: { id: 'ServerCertificateName', arn: 'Arn', name: 'ServerCertificateName' },
  create: {
    op: 'iam:UploadServerCertificate',
    answer: 'ServerCertificateMetadata',
    constants: {
      Path: '/albedo/{region}/{stack}/',
      CertificateBody: { $deferred: 'certificate:{address}:body' },
      PrivateKey: { $deferred: 'certificate:{address}:key' },
    },
    name: { param: 'ServerCertificateName', max: 128 },
    tags: { param: 'Tags' },
  },
  destroy: { op: 'iam:DeleteServerCertificate', param: 'ServerCertificateName' },
  awaits: [
    {
      // ELB learns of a new certificate seconds after IAM shows it, and answers CertificateNotFound until then (Terraform provider, issue 2053).
      name: 'ready',
      op: 'iam:GetServerCertificate',
      input: { ServerCertificateName: '{id}' },
      path: 'ServerCertificate.ServerCertificateMetadata.ServerCertificateName',
      anyOf: [],
      atLeast: 1,
      holdSeconds: 3,
      timeoutSeconds: 120,
      pollSeconds: 5,
      words: 'known to ELB',
    },
  ],
  risk: { replace: { risk: 'none', reason: 'listeners use the new certificate before the old one is deleted' } },
});
