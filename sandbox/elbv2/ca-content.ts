/**
 * What trust stores are made of: bundles of CA certificates and revocation lists, in PEM. Requirements on keys and
 * signatures: Application Load Balancers guide, "Mutual authentication with TLS", "Before you begin"; sizes: "Quotas".
 */
import { X509Certificate } from 'node:crypto';
import { childrenOf, countChildren, GENERALIZED_TIME, INTEGER, readSigned, SEQUENCE, UTC_TIME } from './der.ts';
import { ApiError } from './errors.ts';

const LARGEST_CERTIFICATE = 16 * 1024;
const LARGEST_LIST = 50 * 1024 * 1024;
/** SHA-256, -384 and -512 with RSA (RFC 4055: PSS, PKCS #1) and with ECDSA (RFC 5758). */
const SIGNATURES = new Set([
  '1.2.840.113549.1.1.10',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
]);
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;

interface Block {
  readonly label: string;
  readonly der: Uint8Array;
}

/** All PEM blocks; undefined when there is none, or one that is not base64. */
function readBlocks(content: Uint8Array): readonly Block[] | undefined {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  const blocks: Block[] = [];
  for (const [, label = '', body = ''] of text.matchAll(BLOCK)) {
    const compact = body.replace(/\s+/g, '');
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined;
    blocks.push({ label, der: Buffer.from(compact, 'base64') });
  }
  // A block that begins and never ends would otherwise go unseen.
  const begun = text.match(/-----BEGIN /g)?.length ?? 0;
  return blocks.length === 0 || begun > blocks.length ? undefined : blocks;
}

const badBundle = (why: string): ApiError => new ApiError('InvalidCaCertificatesBundle', `The CA certificates bundle is not valid: ${why}`);
const badList = (why: string): ApiError => new ApiError('InvalidRevocationContent', `The revocation content is not valid: ${why}`);

function readAuthority(block: Block, place: string): X509Certificate {
  if (block.label !== 'CERTIFICATE' && block.label !== 'TRUSTED CERTIFICATE')
    throw badBundle(`it must hold certificates only, but has '${block.label}'`);
  if (block.der.length > LARGEST_CERTIFICATE) throw badBundle(`${place} is larger than ${LARGEST_CERTIFICATE} bytes`);
  try {
    return new X509Certificate(block.der);
  } catch {
    throw badBundle(`${place} is not an X.509 certificate`);
  }
}

function checkKey(certificate: X509Certificate, place: string): void {
  const key = certificate.publicKey;
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const rsa = key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'rsa-pss';
  if (rsa ? modulusLength < 2048 || modulusLength > 8192 : key.asymmetricKeyType !== 'ec' || !CURVES.has(namedCurve))
    throw badBundle(`the key of ${place} must be RSA of 2048 to 8192 bits or ECDSA on P-256, P-384 or P-521`);
}

/**
 * Checks a bundle and answers it as text with the number of its certificates. InvalidCaCertificatesBundle when it is not PEM,
 * holds something else than CA certificates, or more than `most` of them.
 */
export function readBundle(content: Uint8Array, most: number): { readonly pem: string; readonly certificates: number } {
  const blocks = readBlocks(content);
  if (blocks === undefined) throw badBundle('it holds no certificates in PEM format');
  if (blocks.length > most) throw badBundle(`it holds ${blocks.length} certificates, the limit is ${most}`);
  for (const [index, block] of blocks.entries()) {
    const place = `certificate ${index + 1}`;
    const certificate = readAuthority(block, place);
    if (!certificate.ca) throw badBundle(`${place} (${certificate.subject.replace(/\n/g, ', ')}) is not a CA certificate`);
    checkKey(certificate, place);
    if (!SIGNATURES.has(readSigned(certificate.raw).algorithm))
      throw badBundle(`${place} must be signed with SHA-256, SHA-384 or SHA-512 and RSA or ECDSA`);
  }
  return { pem: Buffer.from(content).toString('utf8'), certificates: blocks.length };
}

/** Number of entries of one list (RFC 5280, section 5.1: TBSCertList). */
function countRevoked(der: Uint8Array): number {
  const { signed, algorithm } = readSigned(der);
  if (!SIGNATURES.has(algorithm)) throw badList('it must be signed with SHA-256, SHA-384 or SHA-512 and RSA or ECDSA');
  const fields = childrenOf(der, signed);
  // version, where there is one; signature; issuer; thisUpdate; then, if given, nextUpdate and the entries.
  const rest = fields.slice(fields[0]?.tag === INTEGER ? 3 : 2);
  const isTime = (tag: number | undefined): boolean => tag === UTC_TIME || tag === GENERALIZED_TIME;
  if (!isTime(rest[0]?.tag)) throw new RangeError('not a revocation list');
  const entries = rest[isTime(rest[1]?.tag) ? 2 : 1];
  return entries?.tag === SEQUENCE ? countChildren(der, entries) : 0;
}

/**
 * Checks a revocation file and answers it as text with the number of revoked certificates. InvalidRevocationContent when it is
 * not PEM, not a revocation list, or signed with another algorithm. Whether a CA of the trust store issued it is not checked.
 */
export function readRevocations(content: Uint8Array): { readonly pem: string; readonly entries: number } {
  if (content.length > LARGEST_LIST) throw badList(`it is larger than ${LARGEST_LIST} bytes`);
  const blocks = readBlocks(content);
  if (blocks === undefined) throw badList('it holds no revocation list in PEM format');
  let entries = 0;
  for (const block of blocks) {
    if (block.label !== 'X509 CRL') throw badList(`it must hold revocation lists only, but has '${block.label}'`);
    try {
      entries += countRevoked(block.der);
    } catch (error) {
      if (error instanceof RangeError) throw badList(error.message);
      throw error;
    }
  }
  return { pem: Buffer.from(content).toString('utf8'), entries };
}
