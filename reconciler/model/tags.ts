import type { Kind } from './field.ts';
import type { Json } from './json.ts';
import { valueAt } from './paths.ts';

export type Tags = Readonly<Record<string, string>>;

/** `[{ Key, Value }]`, as AWS gives tags, as a map. */
export function tagsOf(list: Json | undefined): Tags {
  return Object.fromEntries(
    (Array.isArray(list) ? list : []).map((entry: Json) => [String(valueAt(entry, 'Key')), String(valueAt(entry, 'Value') ?? '')]),
  );
}

/** Tags that say whose an object is. Ownership rests on these two alone. */
export const STACK_TAG = 'albedo:stack';
export const ADDRESS_TAG = 'albedo:address';
/** Names the user's tags that albedo put on, parted by spaces, so that one dropped from the spec is known to be ours to remove. */
export const KEYS_TAG = 'albedo:tags';
/** On the load balancer: the commit whose spec verify last passed with. A memory, no part of what is compared or of a digest. */
export const VERIFIED_TAG = 'albedo:verified';
/** Which file of which repository the stack comes from: `shop/infra:environments/web.yaml`. A memory like the one above. */
export const SOURCE_TAG = 'albedo:source';
/** On what a load test breaks, for as long as it is broken: what, since when, until when, and by which run (`chaos/fault-mark.ts`). */
export const FAULT_TAG = 'albedo:fault';
/** On an instance that albedo did not make: the stack whose load tests may break it. Its owner puts it on, and nobody takes it off. */
export const CONSENT_TAG = 'albedo:chaos';
/** On a member of an Auto Scaling group: the name of the group, set by Auto Scaling (Auto Scaling user guide, tag lifecycle). */
export const AUTO_SCALING_TAG = 'aws:autoscaling:groupName';
/**
 * On every object of a preview: the pull request that it is of, `acme/shop/pull/12`. An ordinary tag that the spec of a preview is given, so
 * that what an interrupted run left has it too.
 */
export const PREVIEW_TAG = 'albedo-preview';
/** What a preview adds to names. */
export const previewSuffix = (number: number): string => `-pr-${number}`;
export const writePreview = (repository: string, number: number): string => `${repository}/pull/${number}`;
/** The number, where the tag is of this repository and the stack is called as its preview is. */
export function readPreview(tags: Tags, repository: string): { readonly stack: string; readonly number: number } | undefined {
  const { [STACK_TAG]: stack = '', [PREVIEW_TAG]: preview = '' } = tags;
  const number = Number(/^[1-9]\d{0,9}$/.exec(preview.slice(`${repository}/pull/`.length))?.[0]);
  return preview === writePreview(repository, number) && stack.endsWith(previewSuffix(number)) ? { stack, number } : undefined;
}

/** Tags that are memories. */
export const MEMORIES: readonly string[] = [VERIFIED_TAG, SOURCE_TAG, FAULT_TAG];
/** The kinds that carry the source: the first of them that a stack has. */
export const SOURCE_CARRIERS = ['loadBalancer', 'rule'] as const;

/**
 * The address of a rule that somebody else made on a listener that owns its rules (`ownsRules`), by its place. Names in a spec hold no
 * dots, so none of them has it.
 */
export const intruderAddress = (kind: string, parent: string, place: string): string =>
  `${kind}/${parent.slice(parent.indexOf('/') + 1)}.foreign.${place}`;
export const isIntruder = (address: string): boolean => /\.foreign\.[^.]+$/.test(address);

/** The longest value of a tag (EC2, ELBv2 and IAM API references). */
const LONGEST = 256;

/**
 * Tag keys as the value of one tag, parted by spaces; spaces and the escape itself as `=` and their code in hex, since tag
 * values may hold few other characters. Keys that do not fit are not remembered: dropped from the spec, they stay.
 */
export function rememberKeys(keys: readonly string[]): string {
  let text = '';
  for (const key of keys) {
    const next = `${text}${text === '' ? '' : ' '}${key.replace(/[=\p{Z}]/gu, (sign) => `=${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)}`;
    if (next.length <= LONGEST) text = next;
  }
  return text;
}

/** What `rememberKeys` wrote. */
export function recallKeys(text: string): readonly string[] {
  return text
    .split(' ')
    .filter((key) => key !== '')
    .map((key) => key.replace(/=([0-9a-f]{4})/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16))));
}

/** What a tag value may not hold, and the sign of the escape itself (EC2 user guide, tag restrictions). */
const escaped = (text: string, unfit: RegExp): string =>
  text.replace(unfit, (sign) => [...sign.split('')].map((unit) => `=${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''));
const unescaped = (text: string): string =>
  text.replace(/=([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

export interface Source {
  /** `owner/name`. */
  readonly repository: string;
  /** From the root of the repository, with `/`. */
  readonly path: string;
}

/** As the value of a tag; undefined where it does not fit. */
export function writeSource({ repository, path }: Source): string | undefined {
  const text = [repository, path].map((part) => escaped(part, /[^\p{L}\p{N}_./+\-@]/gu)).join(':');
  return text.length <= LONGEST ? text : undefined;
}

/** What `writeSource` wrote; undefined for anything else, and for a path that leads out of the repository. */
export function readSource(text: string): Source | undefined {
  const [repository = '', path = '', ...more] = text.split(':').map(unescaped);
  const plain = repository !== '' && path !== '' && more.length === 0 && !path.startsWith('/') && !path.split('/').includes('..');
  return plain ? { repository, path } : undefined;
}

/** How tags are changed after create, by service. EC2 CreateTags, ELBv2 AddTags, IAM TagServerCertificate API references. */
export const TAGGING = {
  ec2: { add: 'ec2:CreateTags', remove: 'ec2:DeleteTags', subject: 'Resources', list: true, removeParam: 'Tags' },
  elbv2: { add: 'elbv2:AddTags', remove: 'elbv2:RemoveTags', subject: 'ResourceArns', list: true, removeParam: 'TagKeys' },
  iam: {
    add: 'iam:TagServerCertificate',
    remove: 'iam:UntagServerCertificate',
    subject: 'ServerCertificateName',
    list: false,
    removeParam: 'TagKeys',
  },
} as const satisfies Record<Kind['service'], unknown>;
