import { type Schema, seconds } from './codec.ts';
import type { Json } from './json.ts';
import { KINDS } from './kinds.ts';

/**
 * What an environment, or the person who runs albedo, consents to beyond the commit. What is left out is not allowed, but for
 * the number of deletions, which has no bound then. Lists hold addresses (`loadBalancer/main`) or `*` for everything.
 */
export interface Policy {
  /** Most objects that one plan may delete. */
  readonly maxDeletes?: number;
  readonly allowReplace?: readonly string[];
  readonly allowDrop?: readonly string[];
  readonly allowDestroy?: readonly string[];
  readonly allowDestroyForeign?: readonly string[];
  /** Objects that nobody tagged may be taken over. */
  readonly allowAdopt?: boolean;
  /** Stacks whose objects may be taken over. Said by a flag only: it is for one time. */
  readonly adoptFrom?: readonly string[];
  /** Repositories, `owner/name`, from which stacks may have been applied before. */
  readonly movedFrom?: readonly string[];
  /** What a load test may do. */
  readonly load?: LoadPolicy;
  /** What the environment of the folder allows a load test: both hold. Said by `environment.yaml` only. */
  readonly loadAround?: LoadPolicy;
}

/** Bounds of load tests, as the file has them; what is left out is not bounded. */
export interface LoadPolicy {
  /** Whether load tests are allowed. */
  readonly allow?: boolean;
  /** `100/s` */
  readonly maxRate?: string;
  readonly maxDuration?: Json;
  /** Whether an instance may be stopped. */
  readonly stopInstances?: boolean;
  readonly maxStop?: Json;
  /** Whether a fault may happen that no schedule of EventBridge would undo. */
  readonly withoutSchedule?: boolean;
  /** UTC, `07:00-19:00`; over midnight where the second is earlier. */
  readonly hours?: string;
}

/** Names of the lists of a policy. */
export type Consent = 'allowReplace' | 'allowDrop' | 'allowDestroy' | 'allowDestroyForeign';

/** What an address looks like, or `*`. */
const ADDRESS_OR_ALL = `^(\\*|(${KINDS.map((kind) => kind.name).join('|')})/[a-z][a-z0-9.-]{0,127})$`;
const ADDRESS_WORDS = 'an address such as loadBalancer/main, or * in quotes';

const addresses = (description: string): Schema => ({
  type: 'array',
  uniqueItems: true,
  items: { type: 'string', pattern: ADDRESS_OR_ALL, 'x-pattern-message': ADDRESS_WORDS, 'x-example': 'loadBalancer/main' },
  description,
});

/** The bounds of load tests, as `policy.yaml` and `environment.yaml` have them. */
export const loadSchema = (description: string): Schema => ({
  type: 'object',
  additionalProperties: false,
  description,
  properties: {
    allow: { type: 'boolean', default: true, description: 'Whether load tests are allowed.' },
    maxRate: {
      type: 'string',
      pattern: '^[1-9]\\d{0,3}/s$',
      'x-pattern-message': 'requests a second such as 100/s',
      'x-example': '100/s',
      description: 'Maximum requests per second.',
    },
    maxDuration: { ...seconds(5, 3600).schema, description: 'Maximum duration of the load.' },
    stopInstances: {
      type: 'boolean',
      default: true,
      description: 'Whether a load test may stop an instance or disturb a target in another way.',
    },
    maxStop: { ...seconds(1, 3600).schema, description: 'Maximum time for which it is stopped or disturbed.' },
    withoutSchedule: {
      type: 'boolean',
      default: false,
      description:
        'Whether a load test may break something although no EventBridge schedule would undo it: `scheduleRole` is not set, or the schedule cannot be created.',
    },
    hours: {
      type: 'string',
      pattern: '^([01]\\d|2[0-3]):[0-5]\\d-([01]\\d|2[0-3]):[0-5]\\d$',
      'x-pattern-message': 'two times of the day in UTC such as 07:00-19:00',
      'x-example': '07:00-19:00',
      description: 'Time of day, in UTC, in which load may be sent. May cross midnight.',
    },
  },
});

/** The JSON Schema of `policy.yaml`, which stands beside the specs of an environment. */
export function policySchema(): Schema {
  const properties: Readonly<Record<Exclude<keyof Policy, 'adoptFrom' | 'loadAround'>, Json>> = {
    maxDeletes: {
      type: 'integer',
      minimum: 0,
      maximum: 100000,
      description: 'Maximum number of resources that one plan may delete. Default: no limit.',
    },
    allowReplace: addresses('Resources that may be replaced although clients notice, such as a load balancer, whose DNS name changes.'),
    allowDrop: addresses('Resources that may change although requests or connections are lost.'),
    allowDestroy: addresses(
      'Resources that an apply may delete although requests or connections are lost. `albedo destroy` has its own confirmation.',
    ),
    allowDestroyForeign: addresses(
      'Resources that may be deleted or replaced although other owners have listeners or rules on them, which AWS deletes too. `albedo destroy` needs this as well.',
    ),
    allowAdopt: {
      type: 'boolean',
      default: false,
      description: 'Resources without an owner tag may be adopted if the spec lists them under adopt.',
    },
    movedFrom: {
      type: 'array',
      uniqueItems: true,
      items: {
        type: 'string',
        pattern: '^[\\w.-]+(/[\\w.-]+)+$',
        'x-pattern-message': 'the name of a repository such as shop/infra',
        'x-example': 'shop/infra',
      },
      description: 'Repositories that applied these stacks before: the specs were moved here, or the repository was renamed.',
    },
    load: loadSchema('What a load test of these stacks may do. A key that is left out sets no limit.'),
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:albedo:policy:1',
    title: 'albedo policy',
    description: 'What the stacks of one folder may do without further consent.',
    'x-name': 'policy',
    type: 'object',
    additionalProperties: false,
    properties,
  };
}

/** The flags widen the lists of a policy; a number takes the place of its number. */
export function widen(policy: Policy, flags: Policy): Policy {
  const list = (key: Consent | 'adoptFrom' | 'movedFrom') => [...new Set([...(policy[key] ?? []), ...(flags[key] ?? [])])];
  const maxDeletes = flags.maxDeletes ?? policy.maxDeletes;
  return {
    ...(maxDeletes === undefined ? {} : { maxDeletes }),
    allowReplace: list('allowReplace'),
    allowDrop: list('allowDrop'),
    allowDestroy: list('allowDestroy'),
    allowDestroyForeign: list('allowDestroyForeign'),
    allowAdopt: policy.allowAdopt === true || flags.allowAdopt === true,
    adoptFrom: list('adoptFrom'),
    movedFrom: list('movedFrom'),
    ...(policy.load === undefined ? {} : { load: policy.load }),
    ...(policy.loadAround === undefined ? {} : { loadAround: policy.loadAround }),
  };
}

/** Whether one of these lists of a policy holds an address. */
export const consents = (policy: Policy, address: string, ...lists: readonly Consent[]): boolean =>
  lists.some((list) => policy[list]?.some((entry) => entry === '*' || entry === address) === true);
