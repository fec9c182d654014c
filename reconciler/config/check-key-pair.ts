/** What IAM refuses of an uploaded certificate, known from its files alone. */

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { certificatesIn, privateKeysIn } from '../model/pem.ts';

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
/** Those that a load balancer can use: what ACM has (ACM user guide, "Prerequisites for importing ACM certificates"). */
const RSA_BITS = { least: 1024, most: 4096 };
const CURVES: readonly unknown[] = ['prime256v1', 'secp384r1', 'secp521r1'];

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
  const leaf = own === undefined || texts.chain !== undefined ? own : lastIssued([own, ...chain]);
  if (own !== undefined && leaf !== own && leaf !== undefined)
    report(
      'certificate',
      `The file begins with ${nameOf(own.subject)}, which issues certificates; that of ${nameOf(leaf.subject)} has to come first.`,
      'Put it first, then the certificate that issued it, and so on.',
    );
  else if (own !== undefined) {
    checkDates(own, now, report);
    checkChain(own, chain, texts.chain === undefined ? 'certificate' : 'chain', now, report);
  }
  if (texts.privateKey !== undefined) checkKey(texts.privateKey, leaf, report);
  return problems;
}

type Report = (part: keyof CertificateTexts, message: string, hint: string, severity?: 'error' | 'warning') => void;

function readAll(pem: string, part: keyof CertificateTexts, report: Report): readonly X509Certificate[] {
  const blocks = certificatesIn(pem);
  if (blocks.length === 0) {
    const why = contentOf(pem) ?? 'the file holds no PEM certificate';
    report(part, `No certificate was found: ${why}.`, hintFor(pem, 'x509') ?? 'Give a file that holds "-----BEGIN CERTIFICATE-----".');
    return [];
  }
  return blocks.flatMap((block, index) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      report(
        part,
        `Certificate ${index + 1} of ${blocks.length} cannot be read as X.509${hasNoLines(block) ? ': it is all on one line' : ''}.`,
        hasNoLines(block) ? 'Write real line ends, not `\\n` or spaces.' : 'Export it again as PEM.',
      );
      return [];
    }
  });
}

/** The certificate of a file from which no other of it was issued; the first one where several are so, and where each issued one. */
function lastIssued(all: readonly X509Certificate[]): X509Certificate | undefined {
  const isIssuer = (one: X509Certificate): boolean => all.some((other) => other !== one && other.checkIssued(one));
  const leaves = all.filter((one) => !isIssuer(one));
  return leaves.length === 1 ? leaves[0] : all[0];
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
  const blocks = privateKeysIn(pem);
  if (blocks.length > 1) {
    report('privateKey', `The file holds ${blocks.length} private keys.`, 'Give a file with the key of the certificate alone.');
    return;
  }
  if (/ENCRYPTED/.test(blocks[0] ?? pem)) {
    report(
      'privateKey',
      'The private key is encrypted; IAM accepts only keys without a passphrase.',
      'Decrypt it: openssl pkey -in KEY -out PLAIN_KEY',
    );
    return;
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(blocks[0] ?? pem);
  } catch {
    const why =
      (blocks.length === 0 ? contentOf(pem) : undefined) ??
      (hasNoLines(pem) ? 'it is all on one line' : 'the file is not a PEM private key');
    report(
      'privateKey',
      `The private key cannot be read: ${why}.`,
      hintFor(pem, 'pkey') ?? 'Give a file that begins with "-----BEGIN PRIVATE KEY-----" or with "RSA" or "EC" in it.',
    );
    return;
  }
  if (!KEY_TYPES.includes(key.asymmetricKeyType ?? ''))
    report(
      'privateKey',
      `A load balancer accepts RSA and ECDSA keys; this one is ${key.asymmetricKeyType}.`,
      'Create an RSA or ECDSA key and a certificate for it.',
    );
  else if (unusable(key) !== undefined)
    report(
      'privateKey',
      `A load balancer cannot use ${unusable(key)}.`,
      'Create an RSA key of 2048 to 4096 bits, or an ECDSA key of the curve P-256, P-384 or P-521, and a certificate for it.',
    );
  else if (own !== undefined && !samePublicKey(key, own.publicKey))
    report(
      'privateKey',
      `The private key does not belong to the certificate of ${nameOf(own.subject)}.`,
      'Use the key that the certificate was created with.',
    );
}

/** Size or curve of a key that no load balancer takes, in words. */
function unusable({ asymmetricKeyDetails: { modulusLength: bits, namedCurve: curve } = {} }: KeyObject): string | undefined {
  if (bits !== undefined && (bits < RSA_BITS.least || bits > RSA_BITS.most)) return `an RSA key of ${bits} bits`;
  return curve === undefined || CURVES.includes(curve) ? undefined : `an ECDSA key of the curve ${curve}`;
}

/** What a file holds instead of what is wanted of it, as far as its beginning tells. */
function contentOf(pem: string): string | undefined {
  const [, label = ''] = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem) ?? [];
  if (pem.trim() === '') return 'the file is empty';
  if (isBinary(pem)) return 'the file is binary (DER)';
  if (label !== '' && !pem.includes(`-----END ${label}-----`)) return 'the end of the PEM block is missing';
  const held = /(PRIVATE KEY|PUBLIC KEY|CERTIFICATE REQUEST|CERTIFICATE)$/.exec(label)?.[1];
  return held === undefined
    ? undefined
    : held === 'CERTIFICATE' && label !== held
      ? `its block is called "${label}"`
      : `the file holds a ${held.toLowerCase()}`;
}

/** DER is a sequence of more than 255 bytes. What is no UTF-8 was read as a sign for that. */
const isBinary = (text: string): boolean => /^0[\u0082\uFFFD]/.test(text);
const hasNoLines = (pem: string): boolean => pem.includes('-----BEGIN') && !/[\r\n]/.test(pem.trim());

function hintFor(pem: string, command: 'x509' | 'pkey'): string | undefined {
  if (isBinary(pem)) return `Convert it: openssl ${command} -inform DER -in FILE -out NEW_FILE`;
  return hasNoLines(pem) ? 'Write real line ends, not `\\n` or spaces.' : undefined;
}

function samePublicKey(key: KeyObject, certified: KeyObject): boolean {
  const spki = (of: KeyObject): Buffer => of.export({ type: 'spki', format: 'der' });
  return spki(createPublicKey(key)).equals(spki(certified));
}

const day = (date: string): string => new Date(date).toISOString().slice(0, 10);

/** The common name of a subject, or its first line. */
const nameOf = (subject: string): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.split('\n')[0] ?? subject;
