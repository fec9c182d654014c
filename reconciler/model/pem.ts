/** Text around certificates, as in OpenSSL's own output, is none of them. */
export const certificatesIn = (pem: string): readonly string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];

/** The private keys of a PEM text, without parameters of curves, certificates and what OpenSSL writes around them. */
export const privateKeysIn = (pem: string): readonly string[] =>
  [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----[\s\S]*?-----END \1PRIVATE KEY-----/g)].map(([block]) => `${block}\n`);

/** The fingerprints of all certificates in order, parted by blanks; empty where there is none. Throws for what is no certificate. */
export const fingerprintsOf = (pem: string, fingerprint: (pem: string) => string): string => certificatesIn(pem).map(fingerprint).join(' ');
