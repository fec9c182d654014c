/** Text around certificates, as in OpenSSL's own output, is none of them. */
export const certificatesIn = (pem: string): readonly string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];

/** The fingerprints of all certificates in order, parted by blanks; empty where there is none. Throws for what is no certificate. */
export const fingerprintsOf = (pem: string, fingerprint: (pem: string) => string): string => certificatesIn(pem).map(fingerprint).join(' ');
