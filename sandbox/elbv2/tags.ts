/** Tags of every resource: AddTags, RemoveTags, DescribeTags, and the tags that a create call carries. */
import type { Order } from '../shuffle.ts';
import { kindOfArn, type ResourceKind } from './arn.ts';
import { ApiError, noListener, noLoadBalancer, noRule, noTargetGroup, noTrustStore, validation } from './errors.ts';
import type { Input } from './input.ts';
import type { Operations } from './operation.ts';
import type { Quotas } from './quotas.ts';
import { findRule, type Store } from './store.ts';
import type { XmlNode } from './xml.ts';

/** Characters of keys and values: service model, TagKey and TagValue. */
const TAG_TEXT = /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u;
/** API reference, DescribeTags: "up to 20 resources in a single call". */
const ARNS_PER_CALL = 20;

function checkKey(entry: Input, key: string | undefined): string {
  if (key === undefined) throw validation('A tag key must be specified');
  if (!TAG_TEXT.test(key)) entry.violate('Key', key, `Member must satisfy regular expression pattern: ${TAG_TEXT.source}`);
  return key;
}

function refuseReserved(key: string): void {
  // API reference, Tag: the prefix aws: is reserved, in any case of letters.
  if (/^aws:/i.test(key)) throw validation(`Tag key '${key}' is not valid: aws: prefixed tag key names are not allowed for external use`);
}

/** Reads `Tags` of a call. Absent: no tags. */
export function readTags(input: Input): Map<string, string> {
  const out = new Map<string, string>();
  const entries = input.list('Tags');
  if (entries === undefined) return out;
  if (entries.length === 0) input.violate('Tags', '[]', 'Member must have length greater than or equal to 1');
  const doubled = new Set<string>();
  for (const entry of entries) {
    const key = checkKey(entry, entry.sized('Key', 1, 128));
    const value = entry.sized('Value', 0, 256) ?? '';
    if (!TAG_TEXT.test(value)) entry.violate('Value', value, `Member must satisfy regular expression pattern: ${TAG_TEXT.source}`);
    if (out.has(key)) doubled.add(key);
    out.set(key, value);
  }
  input.settle();
  for (const key of out.keys()) refuseReserved(key);
  if (doubled.size > 0) throw new ApiError('DuplicateTagKeys', `Tag key was specified more than once: ${[...doubled].join(', ')}`);
  return out;
}

/** TooManyTags when `count` tags are more than a resource may carry. */
export function checkTagCount(count: number, quotas: Quotas): void {
  if (count > quotas.tagsPerResource)
    throw new ApiError('TooManyTags', `You've reached the limit on the number of tags per resource: ${quotas.tagsPerResource}`);
}

/** Tags of a create call: read and counted. */
export function readNewTags(input: Input, quotas: Quotas): Map<string, string> {
  const tags = readTags(input);
  checkTagCount(tags.size, quotas);
  return tags;
}

const NOT_FOUND: Readonly<Record<ResourceKind, (arn: string) => ApiError>> = {
  'load balancer': noLoadBalancer,
  'target group': noTargetGroup,
  listener: noListener,
  rule: noRule,
  'trust store': noTrustStore,
};

function tagsOfArn(store: Store, kind: ResourceKind, arn: string): Map<string, string> | undefined {
  if (kind === 'load balancer') return store.loadBalancers.get(arn)?.tags;
  if (kind === 'target group') return store.targetGroups.get(arn)?.tags;
  if (kind === 'trust store') return store.trustStores.get(arn)?.tags;
  if (kind === 'listener') return store.listeners.get(arn)?.tags;
  const found = findRule(store, arn);
  if (found !== undefined) return found.rule.tags;
  for (const listener of store.listeners.values()) if (listener.defaultRuleArn === arn) return listener.defaultRuleTags;
  return undefined;
}

/** The tags of every resource named; one that is missing fails the whole call, as at AWS. */
function resolve(input: Input, store: Store): [string, Map<string, string>][] {
  const arns = input.texts('ResourceArns') ?? [];
  if (arns.length === 0) throw validation('A resource ARN must be specified');
  return arns.map((arn) => {
    const kind = kindOfArn(arn);
    if (kind === undefined) throw validation(`'${arn}' is not a valid resource ARN`);
    const tags = tagsOfArn(store, kind, arn);
    if (tags === undefined) throw NOT_FOUND[kind](arn);
    return [arn, tags];
  });
}

function describe(tags: ReadonlyMap<string, string>, order: Order): readonly XmlNode[] {
  return order.arrange(
    [...tags].map(([Key, Value]) => ({ Key, Value })),
    ({ Key }) => Key,
  );
}

export const tagOperations: Operations = {
  AddTags: {
    params: ['ResourceArns', 'Tags'],
    writes: true,
    run: ({ input, store, server }) => {
      const added = readTags(input);
      if (added.size === 0) throw validation('A tag must be specified');
      const resources = resolve(input, store);
      // All resources are checked before the first is changed: a refused call must leave no trace.
      for (const [, tags] of resources) checkTagCount(new Set([...tags.keys(), ...added.keys()]).size, server.quotas);
      for (const [, tags] of resources) for (const [key, value] of added) tags.set(key, value);
      return {};
    },
  },
  RemoveTags: {
    params: ['ResourceArns', 'TagKeys'],
    writes: true,
    run: ({ input, store }) => {
      const keys = input.texts('TagKeys') ?? [];
      if (keys.length === 0) throw validation('A tag key must be specified');
      for (const key of keys) refuseReserved(key);
      for (const [, tags] of resolve(input, store)) for (const key of keys) tags.delete(key);
      return {};
    },
  },
  DescribeTags: {
    params: ['ResourceArns'],
    writes: false,
    run: ({ input, store, server }) => {
      const asked = input.texts('ResourceArns') ?? [];
      if (asked.length > ARNS_PER_CALL)
        input.violate('ResourceArns', `[${asked.join(', ')}]`, `Member must have length less than or equal to ${ARNS_PER_CALL}`);
      input.settle();
      const all = resolve(input, store).map(([ResourceArn, tags]) => ({ ResourceArn, Tags: describe(tags, server.order) }));
      return { TagDescriptions: server.order.arrange(all, (_, index) => String(index)) };
    },
  },
};
