import { X509Certificate } from 'node:crypto';
import type { Json } from '../model/json.ts';
import { fingerprintsOf } from '../model/pem.ts';

/** What the certificate fields of the model are read from. Unreadable PEM gives an empty object: everything then differs. */
export function decodeCertificate(pem: string, chain = ''): { readonly [key: string]: Json } {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return {};
  }
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice(4));
  const days = Math.round((Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000);
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength;
  return {
    commonName: /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '',
    subjectAlternativeNames: names,
    validDays: days,
    keyAlgorithm: bits === undefined ? (certificate.publicKey.asymmetricKeyType ?? '') : `RSA-${bits}`,
    fingerprint: fingerprintOf(pem),
    chainFingerprints: fingerprintsOf(chain, fingerprintOf),
    validTo: new Date(certificate.validTo).toISOString(),
  };
}

/** SHA-256 of the DER of the first certificate in PEM, hex, lower case. Throws when it is none. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
}
