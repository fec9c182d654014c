/** Certificate authorities for tests: they sign client certificates and revocation lists. Nothing is written anywhere. */
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;

/** PEM, both. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface ClientOptions {
  /** Hexadecimal. */
  readonly serial: string;
  readonly from?: Date;
  readonly until?: Date;
}

export interface Authority {
  readonly cert: string;
  /** A client certificate with this distinguished name. */
  client(name: string, options: ClientOptions): Promise<ClientCertificate>;
  /** An authority under this one. */
  authority(name: string): Promise<Authority>;
  /** The list of these revoked serial numbers, by default good until tomorrow. */
  revoke(serials: readonly string[], until?: Date): Promise<string>;
}

type Keys = webcrypto.CryptoKeyPair;

const makeKeys = async (): Promise<Keys> => (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as Keys;

async function pemOf(keys: Keys): Promise<string> {
  const text = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${text.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

async function sign(
  subject: string,
  issuer: string,
  publicKey: unknown,
  signingKey: unknown,
  options: ClientOptions,
  isAuthority: boolean,
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: options.serial,
    subject,
    issuer,
    notBefore: options.from ?? new Date(Date.now() - DAY),
    notAfter: options.until ?? new Date(Date.now() + DAY),
    signingAlgorithm: ALGORITHM,
    publicKey: publicKey as never,
    signingKey: signingKey as never,
    extensions: [new x509.BasicConstraintsExtension(isAuthority, undefined, true)],
  });
  return `${certificate.toString('pem')}\n`;
}

export async function makeAuthority(name: string, parent?: { readonly name: string; readonly keys: Keys }): Promise<Authority> {
  const keys = await makeKeys();
  const cert = await sign(name, parent?.name ?? name, keys.publicKey, (parent?.keys ?? keys).privateKey, { serial: '01' }, true);
  return {
    cert,
    async client(subject, options) {
      const own = await makeKeys();
      return { cert: await sign(subject, name, own.publicKey, keys.privateKey, options, false), key: await pemOf(own) };
    },
    authority: (child) => makeAuthority(child, { name, keys }),
    async revoke(serials, until = new Date(Date.now() + DAY)) {
      const list = await x509.X509CrlGenerator.create({
        issuer: name,
        thisUpdate: new Date(Date.now() - 2 * DAY),
        nextUpdate: until,
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey as never,
        entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date(Date.now() - DAY) })),
      });
      // RFC 7468, 6: OpenSSL knows it under this label only.
      return `${list.toString('pem').replaceAll(' CRL-----', ' X509 CRL-----').replaceAll('X509 X509', 'X509')}\n`;
    },
  };
}
