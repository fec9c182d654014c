/** What IAM refuses of an uploaded certificate, known from its files alone. */

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { certificatesIn } from '../model/pem.ts';

/** The PEM texts of one certificate, as far as they can be read here; `chain` is absent where none is set. */
export interface CertificateTexts {
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly chain?: string;
}

/** A mistake in one of the texts, ready to be placed in the spec. `warning`: IAM takes it, and clients may not. */
export interface KeyPairProblem {
  readonly part: keyof CertificateTexts;
  readonly message: string;
  readonly hint: string;
  readonly severity: 'error' | 'warning';
}

/** UploadServerCertificate, IAM API reference: CertificateBody, PrivateKey, CertificateChain. */
const MOST_CHARACTERS: Readonly<Record<keyof CertificateTexts, number>> = { certificate: 16_384, privateKey: 16_384, chain: 2_097_152 };
const WORDS: Readonly<Record<keyof CertificateTexts, string>> = { certificate: 'certificate', privateKey: 'private key', chain: 'chain' };

/** Of what is sent: the certificate alone, without those that follow it in its file. */
const lengthOf = (part: keyof CertificateTexts, texts: CertificateTexts): number =>
  (part === 'certificate' ? (certificatesIn(texts.certificate ?? '')[0] ?? '') : (texts[part] ?? '')).trim().length;

/** IAM takes RSA and ECDSA keys (ELB user guide, "Certificates for your Application Load Balancer"). */
const KEY_TYPES = ['rsa', 'ec'];

/**
 * Checks that the parts are readable, belong together and are in the order IAM wants, and that `now` (milliseconds since the epoch)
 * is between the dates of the certificate. Sources: UploadServerCertificate in the IAM API reference (KeyPairMismatch,
 * MalformedCertificate); IAM user guide, "Managing server certificates in IAM" (unencrypted key; valid at the time of upload: from
 * memory); go-acme/lego#304 (order of the chain).
 */
export function checkKeyPair(texts: CertificateTexts, now: number): readonly KeyPairProblem[] {
  const problems: KeyPairProblem[] = [];
  const long = (Object.keys(MOST_CHARACTERS) as (keyof CertificateTexts)[]).filter((part) => lengthOf(part, texts) > MOST_CHARACTERS[part]);
  const report = (part: keyof CertificateTexts, message: string, hint: string, severity: 'error' | 'warning' = 'error') =>
    void problems.push({ part, message, hint, severity });
  for (const part of long)
    report(
      part,
      `The ${WORDS[part]} has ${lengthOf(part, texts)} characters, but IAM accepts at most ${MOST_CHARACTERS[part]}.`,
      part === 'certificate' ? 'Split its names over two certificates, or import it into ACM.' : 'Check that it is the right file.',
    );
  const [own, ...following] = texts.certificate === undefined ? [] : readAll(texts.certificate, 'certificate', report);
  const chain = texts.chain === undefined ? following : readAll(texts.chain, 'chain', report);
  if (own !== undefined) {
    checkDates(own, now, report);
    checkChain(own, chain, texts.chain === undefined ? 'certificate' : 'chain', now, report);
  }
  if (texts.privateKey !== undefined) checkKey(texts.privateKey, own, report);
  return problems;
}

type Report = (part: keyof CertificateTexts, message: string, hint: string, severity?: 'error' | 'warning') => void;

function readAll(pem: string, part: keyof CertificateTexts, report: Report): readonly X509Certificate[] {
  const blocks = certificatesIn(pem);
  if (blocks.length === 0) {
    const why = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem) ? 'the file holds a private key' : 'the file holds no PEM certificate';
    report(part, `No certificate was found: ${why}.`, 'Give a file that holds "-----BEGIN CERTIFICATE-----".');
    return [];
  }
  return blocks.flatMap((block, index) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      report(part, `Certificate ${index + 1} of ${blocks.length} cannot be read as X.509.`, 'Export it again as PEM.');
      return [];
    }
  });
}

function checkDates(own: X509Certificate, now: number, report: Report): void {
  if (Date.parse(own.validTo) <= now)
    report('certificate', `The certificate expired on ${day(own.validTo)}; IAM does not accept expired certificates.`, 'Renew it first.');
  if (Date.parse(own.validFrom) > now)
    report(
      'certificate',
      `The certificate is not valid before ${day(own.validFrom)}; IAM does not accept it earlier.`,
      'Use one that is valid now, and rotate to this one later.',
    );
}

function checkChain(
  own: X509Certificate,
  chain: readonly X509Certificate[],
  part: 'certificate' | 'chain',
  now: number,
  report: Report,
): void {
  let issued = own;
  for (const [index, issuer] of chain.entries()) {
    if (!issued.checkIssued(issuer) || !issued.verify(issuer.publicKey)) {
      report(
        part,
        `The chain breaks at its certificate ${index + 1}: ${nameOf(issuer.subject)} did not issue ${nameOf(issued.subject)}.`,
        `Begin with the certificate of ${nameOf(own.issuer)}; each one must be issued by the next.`,
      );
      return;
    }
    if (Date.parse(issuer.validTo) <= now)
      report(
        part,
        `${nameOf(issuer.subject)} in the chain expired on ${day(issuer.validTo)}.`,
        'Get the current chain from the issuer.',
        'warning',
      );
    issued = issuer;
  }
  // A root is in every client; an intermediate certificate mostly is in none.
  if (chain.length === 0 && own.subject !== own.issuer)
    report(
      'certificate',
      `The certificate was issued by ${nameOf(own.issuer)}, but the spec has no chain: clients may not trust it.`,
      'Add the intermediate certificates as `chain`, or to the same file.',
      'warning',
    );
}

function checkKey(pem: string, own: X509Certificate | undefined, report: Report): void {
  if (/ENCRYPTED/.test(pem)) {
    report(
      'privateKey',
      'The private key is encrypted; IAM accepts only keys without a passphrase.',
      'Decrypt it: openssl pkey -in KEY -out PLAIN_KEY',
    );
    return;
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    const why =
      certificatesIn(pem).length > 0
        ? 'the file holds a certificate'
        : /PUBLIC KEY/.test(pem)
          ? 'the file holds a public key'
          : 'the file is not a PEM private key';
    report(
      'privateKey',
      `The private key cannot be read: ${why}.`,
      'Give a file that begins with "-----BEGIN PRIVATE KEY-----" or with "RSA" or "EC" in it.',
    );
    return;
  }
  if (!KEY_TYPES.includes(key.asymmetricKeyType ?? ''))
    report(
      'privateKey',
      `A load balancer accepts RSA and ECDSA keys; this one is ${key.asymmetricKeyType}.`,
      'Create an RSA or ECDSA key and a certificate for it.',
    );
  else if (own !== undefined && !samePublicKey(key, own.publicKey))
    report(
      'privateKey',
      `The private key does not belong to the certificate of ${nameOf(own.subject)}.`,
      'Use the key that the certificate was created with.',
    );
}

function samePublicKey(key: KeyObject, certified: KeyObject): boolean {
  const spki = (of: KeyObject): Buffer => of.export({ type: 'spki', format: 'der' });
  return spki(createPublicKey(key)).equals(spki(certified));
}

const day = (date: string): string => new Date(date).toISOString().slice(0, 10);

/** The common name of a subject, or its first line. */
const nameOf = (subject: string): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.split('\n')[0] ?? subject;
