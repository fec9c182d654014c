/**
 * The Resource Groups Tagging API, as far as finding load balancers and what is under them goes: GetResources of ELBv2's resources.
 * As on AWS its knowledge is old: what is gone is named for a while yet, with the tags it had (aws-sdk issues 676 and 302).
 */
import type { ApiAnswer, ApiCall, Clock, Elbv2State } from './types.ts';
import { ApiRefusal } from './wire.ts';

/** How long what is gone is still named (ms); hours were seen on AWS. */
const GHOST_MS = 60_000;
/** API reference: ResourcesPerPage is at most 100, a filter has at most 20 values. */
const PAGE = 100;
const MOST_VALUES = 20;

interface Known {
  readonly tags: Readonly<Record<string, string>>;
  goneAt?: number;
}

interface Request {
  readonly ResourceTypeFilters?: readonly string[];
  readonly TagFilters?: readonly { readonly Key?: string; readonly Values?: readonly string[] }[];
  readonly ResourcesPerPage?: number;
  readonly PaginationToken?: string;
}

export interface Tagging {
  answer(call: ApiCall, json?: { readonly target: string; readonly body: string }): ApiAnswer;
  reset(): void;
  save(): ReadonlyMap<string, Known>;
  load(state: ReadonlyMap<string, Known>): void;
}

export function createTagging(options: {
  readonly clock: Clock;
  readonly state: Elbv2State;
  readonly handle: (call: ApiCall) => ApiAnswer;
}): Tagging {
  const known = new Map<string, Known>();

  /** What there is now is learnt, what is no more is on its way to be forgotten. */
  const learn = (call: ApiCall): void => {
    const { state } = options;
    const arns = [
      ...state.loadBalancers().map(({ arn }) => arn),
      ...state.targetGroups().map(({ arn }) => arn),
      ...state.listeners().flatMap(({ arn }) => [arn, ...state.rules(arn).map((rule) => rule.arn)]),
    ].filter((arn) => isHere(arn, call));
    const now = options.clock.now();
    const there = new Set(arns);
    for (const [arn, entry] of known) {
      if (there.has(arn) || !isHere(arn, call)) continue;
      entry.goneAt ??= now;
      if (now - entry.goneAt > GHOST_MS) known.delete(arn);
    }
    for (let at = 0; at < arns.length; at += 20) {
      const params = Object.fromEntries(arns.slice(at, at + 20).map((arn, index) => [`ResourceArns.member.${index + 1}`, arn]));
      const { body } = options.handle({ ...call, service: 'elasticloadbalancing', action: 'DescribeTags', params });
      for (const part of body.split('<ResourceArn>').slice(1)) known.set(part.slice(0, part.indexOf('<')), { tags: tagsIn(part) });
    }
  };

  return {
    answer(call, json) {
      if (call.action !== 'GetResources' || json === undefined)
        throw new ApiRefusal('UnknownOperationException', `sandbox: the tagging API answers GetResources only, not ${call.action}.`);
      const request = JSON.parse(json.body || '{}') as Request;
      const size = request.ResourcesPerPage ?? PAGE;
      if (size < 1 || size > PAGE) throw new ApiRefusal('InvalidParameterException', `ResourcesPerPage is 1 to ${PAGE}, not ${size}.`);
      for (const { Values = [] } of request.TagFilters ?? [])
        if (Values.length > MOST_VALUES)
          throw new ApiRefusal('InvalidParameterException', `A tag filter has at most ${MOST_VALUES} values.`);
      learn(call);
      const found = [...known]
        .filter(([arn, { tags }]) => isHere(arn, call) && isOfType(arn, request) && hasTags(tags, request))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const from = Number(request.PaginationToken || 0);
      const ResourceTagMappingList = found.slice(from, from + size).map(([ResourceARN, { tags }]) => ({
        ResourceARN,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }));
      const PaginationToken = from + size < found.length ? String(from + size) : '';
      return { status: 200, contentType: 'application/x-amz-json-1.1', body: JSON.stringify({ ResourceTagMappingList, PaginationToken }) };
    },
    reset: () => known.clear(),
    save: () => structuredClone(known),
    load(state) {
      known.clear();
      for (const [arn, entry] of structuredClone(state)) known.set(arn, entry);
    },
  };
}

/** Of the region and account that are asked. */
const isHere = (arn: string, { region, account }: ApiCall): boolean => arn.split(':').slice(3, 5).join() === `${region},${account}`;

const tagsIn = (xml: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...xml.matchAll(/<Key>([^<]*)<\/Key>\s*(?:<Value>([^<]*)<\/Value>|<Value\/>)?/g)].map(([, key = '', value = '']) => [key, value]),
  );

/** `elasticloadbalancing:listener` is every listener, `elasticloadbalancing:listener/app` those of Application Load Balancers. */
const isOfType = (arn: string, { ResourceTypeFilters: types = [] }: Request): boolean =>
  types.length === 0 ||
  types.some((type) => arn.includes(`:${type.slice(type.indexOf(':') + 1)}/`) && type.startsWith('elasticloadbalancing'));

const hasTags = (tags: Readonly<Record<string, string>>, { TagFilters: filters = [] }: Request): boolean =>
  Object.keys(tags).length > 0 &&
  filters.every(({ Key = '', Values = [] }) => Object.hasOwn(tags, Key) && (Values.length === 0 || Values.includes(tags[Key] ?? '')));
