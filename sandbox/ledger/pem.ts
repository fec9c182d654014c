/** Checks on uploaded certificates, with node:crypto: what IAM refuses, and the dates it reads out of them. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { ApiRefusal } from '../wire.ts';

export interface CheckedCertificate {
  /** Trimmed, line ends as \n: IAM gives PEM back this way. */
  readonly body: string;
  readonly chain: string;
  readonly privateKey: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const malformed = (message: string): ApiRefusal => new ApiRefusal('MalformedCertificate', message);

export function normalisePem(pem: string): string {
  return pem.replaceAll('\r', '').trim();
}

/**
 * Refuses what IAM refuses (API reference of UploadServerCertificate: MalformedCertificate, KeyPairMismatch; IAM user guide, "Manage
 * server certificates in IAM": valid at the time of upload. The code and words for that are from memory). One that is not valid yet is
 * taken: the clock here stands still while a client's may be days ahead. `now` in ms.
 */
export function checkCertificate(
  upload: { readonly body: string; readonly chain: string; readonly privateKey: string },
  now: number,
): CheckedCertificate {
  for (const [name, text, most] of [
    ['certificateBody', upload.body, 16_384],
    ['privateKey', upload.privateKey, 16_384],
    ['certificateChain', upload.chain, 2_097_152],
  ] as const)
    if (text.length > most)
      throw new ApiRefusal(
        'ValidationError',
        `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
      );
  const body = normalisePem(upload.body);
  const chain = normalisePem(upload.chain);
  const privateKey = normalisePem(upload.privateKey);
  if (blocksOf(body).length > 1)
    throw malformed('Unable to parse certificate. The body must hold one certificate; others belong in the chain.');
  const certificate = readCertificate(body);
  if (Date.parse(certificate.validTo) <= now) throw malformed('The certificate has expired.');
  checkChain(certificate, chain);
  if (/ENCRYPTED/.test(privateKey)) throw malformed('The private key is encrypted. Upload it without a passphrase.');
  const key = readKey(privateKey);
  const own = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const certified = certificate.publicKey.export({ type: 'spki', format: 'der' });
  if (!own.equals(certified)) throw new ApiRefusal('KeyPairMismatch', 'The public key certificate and the private key do not match.');
  return { body, chain, privateKey, expiresAt: Date.parse(certificate.validTo) };
}

/** Words: go-acme/lego#304; that text beside the certificates is refused too: aws/aws-cli#715. */
function checkChain(certificate: X509Certificate, chain: string): void {
  const blocks = blocksOf(chain);
  const rest = blocks.reduce((text, block) => text.replace(block, ''), chain).trim();
  const issuers = blocks.map(readCertificate);
  const wrong = issuers.findIndex((issuer, index) => {
    const issued = issuers[index - 1] ?? certificate;
    return !issued.checkIssued(issuer) || !issued.verify(issuer.publicKey);
  });
  if (wrong >= 0 || rest !== '')
    throw malformed(
      `Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: ${wrong}`,
    );
}

function blocksOf(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
}

function readCertificate(pem: string): X509Certificate {
  try {
    if (!pem.startsWith('-----BEGIN CERTIFICATE-----')) throw new TypeError('not PEM');
    return new X509Certificate(pem);
  } catch {
    throw malformed('Unable to parse certificate. Please ensure the certificate is in PEM format.');
  }
}

function readKey(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    throw malformed('Unable to parse key; the body is not a private key in PEM format.');
  }
}
