/** The smallest self-signed certificate that TLS takes, in DER by hand (RFC 5280): tests of TLS need one and no key on disk. */

import { createHash, generateKeyPairSync, sign } from 'node:crypto';

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const size = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

export function selfSigned(commonName: string): { readonly cert: string; readonly key: string; readonly fingerprint: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  // sha256WithRSAEncryption
  const algorithm = sequence(der(0x06, hex('2a864886f70d01010b')), der(0x05));
  const name = sequence(der(0x31, sequence(der(0x06, hex('550403')), der(0x0c, Buffer.from(commonName)))));
  const time = (ms: number): Buffer => der(0x18, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`));
  const validity = sequence(time(Date.now() - 60_000), time(Date.now() + 86_400_000));
  const toSign = sequence(der(0x02, hex('01')), algorithm, name, validity, name, publicKey.export({ type: 'spki', format: 'der' }));
  const certificate = sequence(toSign, algorithm, der(0x03, hex('00'), sign('sha256', toSign, privateKey)));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: createHash('sha256').update(certificate).digest('hex'),
  };
}
