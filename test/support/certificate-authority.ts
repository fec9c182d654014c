/** CA certificates, leaves and revocation lists made by an independent library, for what trust stores take and refuse. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

export interface Authority {
  readonly pem: string;
  /** A certificate of this CA for a host name, and its key; both PEM, until 2036. */
  issue(host: string): Promise<{ readonly body: string; readonly key: string }>;
  /** A revocation list of this CA with `count` entries; `hash` for one that AWS refuses. */
  crl(count: number, hash?: 'SHA-256' | 'SHA-1'): Promise<string>;
}

export interface AuthorityOptions {
  /** Default true. */
  readonly ca?: boolean;
  readonly curve?: 'P-256' | 'P-384';
  readonly hash?: 'SHA-256' | 'SHA-1';
  /** RSA of this many bits instead of an elliptic curve. */
  readonly rsaBits?: number;
}

const FROM = new Date('2026-01-01T00:00:00Z');
const UNTIL = new Date('2036-01-01T00:00:00Z');

/** A self-signed certificate. */
export async function createAuthority(name: string, options: AuthorityOptions = {}): Promise<Authority> {
  const { ca = true, curve = 'P-256', hash = 'SHA-256', rsaBits } = options;
  const algorithm =
    rsaBits === undefined
      ? { name: 'ECDSA', namedCurve: curve, hash }
      : { name: 'RSASSA-PKCS1-v1_5', modulusLength: rsaBits, publicExponent: new Uint8Array([1, 0, 1]), hash };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys: keys as never,
    notBefore: FROM,
    notAfter: UNTIL,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(ca, undefined, true)],
  });
  return {
    pem: `${certificate.toString('pem')}\n`,
    async issue(host) {
      const own = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
      const issued = await x509.X509CertificateGenerator.create({
        subject: `CN=${host}`,
        issuer: certificate.subject,
        publicKey: own.publicKey as never,
        signingKey: keys.privateKey as never,
        signingAlgorithm: algorithm,
        notBefore: FROM,
        notAfter: UNTIL,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
        ],
      });
      const der = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      const key = x509.PemConverter.encode(der, 'PRIVATE KEY');
      return { body: `${issued.toString('pem')}\n`, key: `${key}\n` };
    },
    async crl(count, crlHash = 'SHA-256') {
      const list = await x509.X509CrlGenerator.create({
        issuer: certificate.subject,
        thisUpdate: FROM,
        nextUpdate: UNTIL,
        entries: Array.from({ length: count }, (_, index) => ({
          serialNumber: (index + 1).toString(16).padStart(4, '0'),
          revocationDate: FROM,
        })),
        signingAlgorithm: { ...algorithm, hash: crlHash },
        signingKey: keys.privateKey as never,
      });
      // RFC 7468, section 6, calls it so; the library writes CRL alone.
      return `${list.toString('pem').replaceAll(/(BEGIN|END) CRL/g, '$1 X509 CRL')}\n`;
    },
  };
}
