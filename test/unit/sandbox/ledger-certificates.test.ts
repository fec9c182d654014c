/** IAM's server certificates as the ledger keeps them: checks with real keys, delays by the clock, no key given away. */
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import * as assert from 'uvu/assert';
import { createClock } from '../../../sandbox/clock.ts';
import { type Certificates, createCertificates } from '../../../sandbox/ledger/certificates.ts';
import { withTimings } from '../../../sandbox/timings.ts';
import { ApiRefusal } from '../../../sandbox/wire.ts';
import { child, items, parseXml, rootOf, text, type XmlObject } from '../../../sandbox/xml.ts';
import { suite } from '../../support/suite.ts';

interface Pair {
  readonly body: string;
  readonly privateKey: string;
}

x509.cryptoProvider.set(webcrypto as never);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function makePair(commonName: string): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2027-01-01T00:00:00Z'),
    signingAlgorithm: ALGORITHM,
    keys: keys as never,
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    body: certificate.toString('pem'),
    privateKey: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
  };
}

const site = await makePair('site');
const other = await makePair('other');
const LOAD_BALANCER = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1';

function bench(options: { readonly quota?: number } = {}) {
  const clock = createClock({ manual: true, start: Date.parse('2026-06-01T12:00:00Z') });
  const timings = withTimings({ certificateVisible: 1000, certificateRelease: 2000 });
  return { clock, iam: createCertificates({ clock, timings, ...options }) };
}

function call(iam: Certificates, action: string, params: Record<string, string>): XmlObject {
  const answer = iam.handle({ service: 'iam', action, params, region: 'us-east-1', account: '123456789012', requestId: 'r' });
  assert.is(answer.status, 200);
  return child(rootOf(parseXml(answer.body)).content, `${action}Result`);
}

const upload = (iam: Certificates, name: string, pair: Pair = site, more: Record<string, string> = {}): XmlObject =>
  call(iam, 'UploadServerCertificate', { ServerCertificateName: name, CertificateBody: pair.body, PrivateKey: pair.privateKey, ...more });

function refused(act: () => unknown): ApiRefusal {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiRefusal) return error;
    throw error;
  }
  throw new Error('expected a refusal, but the call was accepted');
}

const t = suite('sandbox ledger certificates');

t('an upload answers real dates, an ID of its own, path and tags', () => {
  const { iam } = bench();
  const result = upload(iam, 'site', site, { Path: '/albedo/web/', 'Tags.member.1.Key': 'k', 'Tags.member.1.Value': 'v' });
  const metadata = child(result, 'ServerCertificateMetadata');
  assert.is(text(metadata, 'Arn'), 'arn:aws:iam::123456789012:server-certificate/albedo/web/site');
  assert.is(text(metadata, 'UploadDate'), '2026-06-01T12:00:00Z');
  assert.is(text(metadata, 'Expiration'), '2027-01-01T00:00:00Z');
  assert.match(text(metadata, 'ServerCertificateId'), /^ASCA[A-Z2-7]{17}$/);
  assert.not.equal(
    text(metadata, 'ServerCertificateId'),
    text(child(upload(iam, 'second'), 'ServerCertificateMetadata'), 'ServerCertificateId'),
  );
  assert.equal(items(result, 'Tags'), [{ Key: 'k', Value: 'v' }]);
});

t('what is no certificate, no key or no pair is refused', () => {
  const { iam } = bench();
  assert.is(refused(() => upload(iam, 'a', { ...site, body: 'x' })).code, 'MalformedCertificate');
  assert.is(refused(() => upload(iam, 'a', { ...site, privateKey: 'x' })).code, 'MalformedCertificate');
  assert.is(refused(() => upload(iam, 'a', { ...site, body: site.body + site.body })).code, 'MalformedCertificate');
  assert.is(refused(() => upload(iam, 'a', site, { CertificateChain: 'x' })).code, 'MalformedCertificate');
  assert.is(refused(() => upload(iam, 'a', { ...site, privateKey: other.privateKey })).code, 'KeyPairMismatch');
  assert.is(refused(() => upload(iam, 'no spaces')).code, 'ValidationError');
  assert.is(refused(() => upload(iam, 'a', site, { Path: 'albedo' })).code, 'ValidationError');
  assert.equal(iam.names(), []);
});

t('names are unique, missing ones are told, and the quota holds', () => {
  const { iam } = bench({ quota: 2 });
  upload(iam, 'one');
  const taken = refused(() => upload(iam, 'one', other));
  assert.equal([taken.code, taken.status], ['EntityAlreadyExists', 409]);
  upload(iam, 'two');
  assert.is(refused(() => upload(iam, 'three')).code, 'LimitExceeded');
  for (const action of ['GetServerCertificate', 'DeleteServerCertificate', 'UpdateServerCertificate', 'ListServerCertificateTags']) {
    const missing = refused(() => call(iam, action, { ServerCertificateName: 'none' }));
    assert.equal([missing.code, missing.status], ['NoSuchEntity', 404], action);
  }
});

t('a read gives the body back normalised, and never the key', () => {
  const { iam } = bench();
  upload(iam, 'site', { ...site, body: `\r\n${site.body.replaceAll('\n', '\r\n')}\r\n` });
  const answer = iam.handle({
    service: 'iam',
    action: 'GetServerCertificate',
    params: { ServerCertificateName: 'site' },
    region: 'us-east-1',
    account: '1',
    requestId: 'r',
  });
  assert.not.match(answer.body, 'PRIVATE KEY');
  const result = child(rootOf(parseXml(answer.body)).content, 'GetServerCertificateResult.ServerCertificate');
  assert.is(text(result, 'CertificateBody'), site.body.trim());
});

t('lists go by path and page by page', () => {
  const { iam } = bench();
  for (const name of ['c', 'a', 'b']) upload(iam, name, site, { Path: '/x/' });
  upload(iam, 'elsewhere');
  const names = (result: XmlObject): string[] =>
    items(result, 'ServerCertificateMetadataList').map((one) => text(one, 'ServerCertificateName'));
  const first = call(iam, 'ListServerCertificates', { PathPrefix: '/x/', MaxItems: '2' });
  assert.equal([names(first), text(first, 'IsTruncated')], [['a', 'b'], 'true']);
  const second = call(iam, 'ListServerCertificates', { PathPrefix: '/x/', MaxItems: '2', Marker: text(first, 'Marker') });
  assert.equal([names(second), text(second, 'IsTruncated'), text(second, 'Marker')], [['c'], 'false', '']);
  assert.is(names(call(iam, 'ListServerCertificates', {})).length, 4);
  assert.is(refused(() => call(iam, 'ListServerCertificates', { Marker: 'zork' })).code, 'ValidationError');
});

t('tags change one by one, and an update renames', () => {
  const { iam } = bench();
  upload(iam, 'site');
  call(iam, 'TagServerCertificate', {
    ServerCertificateName: 'site',
    'Tags.member.1.Key': 'a',
    'Tags.member.1.Value': '1',
    'Tags.member.2.Key': 'b',
    'Tags.member.2.Value': '2',
  });
  call(iam, 'TagServerCertificate', { ServerCertificateName: 'site', 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': '3' });
  call(iam, 'UntagServerCertificate', { ServerCertificateName: 'site', 'TagKeys.member.1': 'b' });
  call(iam, 'UpdateServerCertificate', { ServerCertificateName: 'site', NewServerCertificateName: 'renamed', NewPath: '/p/' });
  assert.equal(items(call(iam, 'ListServerCertificateTags', { ServerCertificateName: 'renamed' }), 'Tags'), [{ Key: 'a', Value: '3' }]);
  assert.ok(iam.serverCertificate('arn:aws:iam::123456789012:server-certificate/p/renamed'));
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`Tags.member.${index + 1}.Key`, `k${index}`]));
  assert.is(refused(() => call(iam, 'TagServerCertificate', { ServerCertificateName: 'renamed', ...many })).code, 'LimitExceeded');
});

t('Elastic Load Balancing sees a certificate only after a while', () => {
  const { iam, clock } = bench();
  upload(iam, 'site');
  const seen = iam.serverCertificate('arn:aws:iam::123456789012:server-certificate/site');
  assert.is(seen?.visibleToElbAt, clock.now() + 1000);
  assert.is(seen?.privateKey, site.privateKey.trim());
  assert.is(iam.serverCertificate('arn:aws:iam::123456789012:server-certificate/none'), undefined);
});

t('a used certificate cannot be deleted, nor for a while after', () => {
  const { iam, clock } = bench();
  let users: string[] = [];
  let tell: () => void = () => undefined;
  iam.connect({
    certificateUsers: () => users,
    onChange: (listener) => {
      tell = listener;
      return () => undefined;
    },
  });
  upload(iam, 'site');
  users = [LOAD_BALANCER];
  tell();
  const remove = (): unknown => call(iam, 'DeleteServerCertificate', { ServerCertificateName: 'site' });
  const conflict = refused(remove);
  assert.equal([conflict.code, conflict.status], ['DeleteConflict', 409]);
  assert.match(
    conflict.message,
    /^Certificate: ASCA\w+ is currently in use by arn:aws:elasticloadbalancing:.*\/web\/1\. Please remove it first before deleting it from IAM\.$/,
  );
  users = [];
  tell();
  clock.advance(1999);
  assert.is(refused(remove).code, 'DeleteConflict');
  clock.advance(1);
  remove();
  assert.equal(iam.names(), []);
});

t.run();
