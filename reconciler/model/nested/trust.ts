import { type Codec, setOf, text } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { ABSENT, key, object, type SentObject } from '../rows.ts';

/** Tag values hold letters, digits, spaces and these signs; the place must fit, since a tag remembers it. */
const remembered = (maxLength: number) =>
  text({
    minLength: 1,
    maxLength,
    pattern: '^[A-Za-z0-9._/+=@: -]+$',
    patternMessage: 'letters, digits, spaces and ._/+=@:-',
  });

const bucketName = () =>
  text({
    minLength: 3,
    maxLength: 63,
    pattern: '^[a-z0-9][a-z0-9.-]*[a-z0-9]$',
    patternMessage: 'the name of an S3 bucket',
    legal: 'bucket',
  });

/** Three parameters of the API, whose names begin alike. */
const place = <const P extends string>(prefix: P) => ({
  bucket: key(`${prefix}Bucket` as const, bucketName(), REQUIRED, 'The bucket.'),
  key: key(`${prefix}Key` as const, remembered(150), REQUIRED, 'The key of the object.'),
  version: key(`${prefix}ObjectVersion` as const, remembered(40), ABSENT, 'The version of the object.'),
});

interface Place {
  readonly bucket: string;
  readonly key: string;
  readonly version?: string;
}

/** `bucket/key` or `bucket/key@version`: bucket names have no slash, versions no @. A key with an @ and no version ends in @. */
const format = ({ bucket, key, version }: Place): string =>
  `${bucket}/${key}${version === undefined ? (key.includes('@') ? '@' : '') : `@${version}`}`;

function split(text: string): Place {
  const slash = text.indexOf('/');
  const at = text.lastIndexOf('@');
  const version = at < 0 || at === text.length - 1 ? {} : { version: text.slice(at + 1) };
  return { bucket: text.slice(0, slash), key: text.slice(slash + 1, at < 0 ? undefined : at), ...version };
}

/** The normal form of a place is one text, which a tag remembers: AWS shows none of it. */
const asText = <W>(inner: Codec<Place, W>): Codec<string, W> => ({
  type: 'place in S3',
  schema: inner.schema,
  parse: (written) => format(inner.parse(written)),
  say: (value, context) => inner.say?.(split(value), context),
  write: (value) => inner.write(split(value)),
  read: (wire) => (typeof wire === 'string' ? wire : undefined),
});

const BUNDLE = place('CaCertificatesBundleS3');
const REVOCATION = place('S3');

/** Where the bundle of authorities is (CreateTrustStore, ELBv2 API reference). */
export const bundle = (): Codec<string, SentObject<typeof BUNDLE>> => asText(object(BUNDLE));

/** Lists of revoked certificates (CRL), each a place in S3 (RevocationContent, ELBv2 API reference). */
export const revocations = (): Codec<readonly string[], readonly SentObject<typeof REVOCATION>[]> => ({
  ...setOf(asText(object(REVOCATION, { constants: { RevocationType: 'CRL' } }))),
  type: 'list of places in S3',
});
