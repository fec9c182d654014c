/** The ranges IAM sets on names, paths, tags and pages of its server certificate calls (API reference). */
import { ApiRefusal } from '../wire.ts';

const invalid = (message: string): ApiRefusal => new ApiRefusal('ValidationError', message);

export function checkName(name: string): string {
  if (/^[\w+=,.@-]{1,128}$/.test(name)) return name;
  throw invalid(
    `The specified value for serverCertificateName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_- and be 1 to 128 long.`,
  );
}

export function checkPath(path: string): string {
  if (path.length <= 512 && (path === '/' || /^\/[\x21-\x7e]*\/$/.test(path))) return path;
  throw invalid(
    'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
  );
}

/** `Tags.member.N.Key` and `.Value`, in order. */
export function tagsParam(params: Readonly<Record<string, string>>): [string, string][] {
  const tags: [string, string][] = [];
  for (let index = 1; ; index++) {
    const key = params[`Tags.member.${index}.Key`];
    if (key === undefined) return tags;
    tags.push([key, params[`Tags.member.${index}.Value`] ?? '']);
  }
}

/** At most 50 tags together with those `present`, no key twice, nothing under `aws:`. */
export function checkTags(tags: readonly (readonly [string, string])[], present: ReadonlyMap<string, string> = new Map()) {
  const keys = tags.map(([key]) => key);
  if (new Set(keys.map((key) => key.toLowerCase())).size !== keys.length) {
    throw new ApiRefusal('InvalidInput', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  for (const [key, value] of tags) {
    if (key.length < 1 || key.length > 128) throw invalid('A tag key must be 1 to 128 characters long.');
    if (value.length > 256) throw invalid('A tag value must be at most 256 characters long.');
    if (key.toLowerCase().startsWith('aws:'))
      throw new ApiRefusal('InvalidInput', 'Tag keys that begin with aws: are reserved for AWS use.');
  }
  if (new Set([...present.keys(), ...keys]).size > 50)
    throw new ApiRefusal('LimitExceeded', 'Cannot exceed quota for TagsPerServerCertificate: 50', 409);
  return tags;
}

/** One page by MaxItems (1-1000, 100 by default) and Marker, with IsTruncated and the next Marker. */
export function page<T>(all: readonly T[], params: Readonly<Record<string, string>>) {
  const size = Number(params['MaxItems'] ?? '100');
  if (!Number.isInteger(size) || size < 1 || size > 1000) throw invalid('MaxItems must be a whole number from 1 to 1000.');
  const marker = params['Marker'];
  const start = marker === undefined ? 0 : Number(Buffer.from(marker, 'base64').toString('utf8'));
  if (!Number.isInteger(start) || start < 0 || start > all.length) throw invalid('Invalid Marker.');
  const end = start + size;
  const truncated = end < all.length;
  const rest: Record<string, string> = { IsTruncated: String(truncated) };
  if (truncated) rest['Marker'] = Buffer.from(String(end)).toString('base64');
  return { shown: all.slice(start, end), rest };
}
