import { type Codec, nameOf, reference } from '../codec.ts';
import type { JsonObject } from '../json.ts';

const trustStore = reference('trustStore', 'arn', { ready: true });

/**
 * Certificates of clients. Which parts go with which mode: `verify` needs a trust store and takes the rest; `off` and
 * `passthrough` take nothing else (MutualAuthenticationAttributes, ELBv2 API reference; Terraform provider issue 35452). Off
 * is always said: to the API a part left out means "unchanged".
 */
export function mutualAuthentication(): Codec {
  return {
    type: 'mutual authentication',
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['mode'],
      properties: {
        mode: {
          type: 'string',
          enum: ['off', 'passthrough', 'verify'],
          description: 'off; passthrough: hand the certificate to targets unchecked; verify: check it against a trust store.',
        },
        trustStore: { type: 'string', 'x-reference': 'trustStore', description: 'Name of the trust store, with verify.' },
        ignoreClientCertificateExpiry: {
          type: 'boolean',
          default: false,
          description: 'Accept certificates that have ended, with verify.',
        },
        advertiseTrustStoreCaNames: {
          type: 'string',
          enum: ['on', 'off'],
          default: 'off',
          description: 'Tell clients which authorities are accepted, with verify.',
        },
      },
      if: { properties: { mode: { const: 'verify' } } },
      then: { required: ['trustStore'] },
      else: { maxProperties: 1 },
    },
    parse: (written) => {
      const said = written as JsonObject;
      if (said['mode'] !== 'verify') return { mode: said['mode'] ?? 'off' };
      return {
        mode: 'verify',
        trustStore: trustStore.parse(said['trustStore'] ?? null),
        ignoreClientCertificateExpiry: said['ignoreClientCertificateExpiry'] ?? false,
        advertiseTrustStoreCaNames: said['advertiseTrustStoreCaNames'] ?? 'off',
      };
    },
    say: (value) => {
      const {
        mode = 'off',
        trustStore: store,
        ignoreClientCertificateExpiry: ended,
        advertiseTrustStoreCaNames: names,
      } = value as JsonObject;
      return {
        mode,
        ...(store === undefined ? {} : { trustStore: nameOf(store) }),
        ...(ended === true ? { ignoreClientCertificateExpiry: true } : {}),
        ...(names === 'on' ? { advertiseTrustStoreCaNames: 'on' } : {}),
      };
    },
    write: (value) => {
      const said = value as JsonObject;
      if (said['mode'] !== 'verify') return { Mode: said['mode'] ?? 'off' };
      return {
        Mode: 'verify',
        TrustStoreArn: said['trustStore'] ?? null,
        IgnoreClientCertificateExpiry: said['ignoreClientCertificateExpiry'] ?? false,
        AdvertiseTrustStoreCaNames: said['advertiseTrustStoreCaNames'] ?? 'off',
      };
    },
    read: (wire, context) => {
      const found = (wire ?? {}) as JsonObject;
      if (found['Mode'] !== 'verify') return { mode: found['Mode'] ?? 'off' };
      return {
        mode: 'verify',
        trustStore: trustStore.read(found['TrustStoreArn'], context) ?? null,
        ignoreClientCertificateExpiry: found['IgnoreClientCertificateExpiry'] ?? false,
        advertiseTrustStoreCaNames: found['AdvertiseTrustStoreCaNames'] ?? 'off',
      };
    },
  };
}
