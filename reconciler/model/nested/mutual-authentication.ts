import { type Codec, flag, oneOf, reference } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { key, type ObjectOf, object, type SentObject } from '../rows.ts';

const verify = { when: { mode: ['verify'] } } as const;

const ROWS = {
  mode: key(
    'Mode',
    oneOf('off', 'passthrough', 'verify'),
    REQUIRED,
    'off; passthrough: forward the client certificate to targets without a check; verify: check it against a trust store.',
  ),
  trustStore: key(
    'TrustStoreArn',
    reference('trustStore', 'arn', { ready: true }),
    REQUIRED,
    'Name of the trust store, with verify.',
    verify,
  ),
  ignoreClientCertificateExpiry: key('IgnoreClientCertificateExpiry', flag(), false, 'Accept expired certificates, with verify.', verify),
  advertiseTrustStoreCaNames: key(
    'AdvertiseTrustStoreCaNames',
    oneOf('on', 'off'),
    'off',
    'Send clients the list of accepted authorities, with verify.',
    verify,
  ),
};

/**
 * Certificates of clients. Which parts go with which mode: `verify` needs a trust store and takes the rest; `off` and
 * `passthrough` take nothing else (MutualAuthenticationAttributes, ELBv2 API reference; Terraform provider issue 35452). Off
 * is always said: to the API a part left out means "unchanged".
 */
export function mutualAuthentication(): Codec<ObjectOf<typeof ROWS>, SentObject<typeof ROWS>> {
  const inner = object(ROWS, { type: 'mutual authentication', shown: ['TrustStoreAssociationStatus'] });
  return { ...inner, read: (wire, context) => inner.read(wire ?? { Mode: 'off' }, context) };
}
