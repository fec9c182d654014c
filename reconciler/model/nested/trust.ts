import type { Codec, Schema } from '../codec.ts';
import type { Json, JsonObject } from '../json.ts';

/** Tag values hold letters, digits, spaces and these signs; the place must fit, since a tag remembers it. */
const KEY = {
  type: 'string',
  minLength: 1,
  maxLength: 150,
  pattern: '^[A-Za-z0-9._/+=@: -]+$',
  'x-pattern-message': 'letters, digits, spaces and ._/+=@:-',
};

const place: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['bucket', 'key'],
  properties: {
    bucket: {
      type: 'string',
      minLength: 3,
      maxLength: 63,
      pattern: '^[a-z0-9][a-z0-9.-]*[a-z0-9]$',
      'x-pattern-message': 'the name of an S3 bucket',
      description: 'The bucket.',
    },
    key: { ...KEY, description: 'The key of the object.' },
    version: { ...KEY, maxLength: 40, description: 'The version of the object.' },
  },
};

/** `bucket/key` or `bucket/key@version`: bucket names have no slash, versions no @. A key with an @ and no version ends in @. */
const format = (written: Json): string => {
  const said = written as JsonObject;
  return `${String(said['bucket'])}/${String(said['key'])}${said['version'] === undefined ? (String(said['key']).includes('@') ? '@' : '') : `@${String(said['version'])}`}`;
};

function split(text: string): { readonly bucket: string; readonly key: string; readonly version: string | undefined } {
  const slash = text.indexOf('/');
  const at = text.lastIndexOf('@');
  return {
    bucket: text.slice(0, slash),
    key: text.slice(slash + 1, at < 0 ? undefined : at),
    version: at < 0 || at === text.length - 1 ? undefined : text.slice(at + 1),
  };
}

const say = (value: Json): Json => {
  const { version, ...place } = split(String(value));
  return { ...place, ...(version === undefined ? {} : { version }) };
};

/** Where the bundle of authorities is. Three parameters of the API; the normal form is one text, which a tag remembers. */
export function bundle(): Codec {
  return {
    type: 'place in S3',
    schema: place,
    parse: format,
    say,
    write: (value) => {
      const { bucket, key, version } = split(String(value));
      return {
        CaCertificatesBundleS3Bucket: bucket,
        CaCertificatesBundleS3Key: key,
        ...(version === undefined ? {} : { CaCertificatesBundleS3ObjectVersion: version }),
      };
    },
    read: (wire) => (typeof wire === 'string' ? wire : undefined),
  };
}

/** Lists of revoked certificates (CRL), each a place in S3. */
export function revocations(): Codec {
  return {
    type: 'list of places in S3',
    schema: { type: 'array', items: place, uniqueItems: true },
    parse: (written) => [...new Set((written as readonly Json[]).map(format))].sort(),
    say: (value) => (value as readonly Json[]).map(say),
    write: (value) =>
      (value as readonly Json[]).map((entry) => {
        const { bucket, key, version } = split(String(entry));
        return { S3Bucket: bucket, S3Key: key, ...(version === undefined ? {} : { S3ObjectVersion: version }), RevocationType: 'CRL' };
      }),
    read: (wire) => (Array.isArray(wire) ? [...new Set(wire.map(String))].sort() : undefined),
  };
}
