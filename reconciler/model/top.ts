import { type Schema, seconds } from './codec.ts';
import { LINTS } from './lints.ts';
import { REGION } from './zones.ts';

/** The keys of a stack file that are no AWS resource. */
/** An account is said as a text: a number would lose its leading zeros. */
export const ACCOUNT: Schema = {
  type: 'string',
  pattern: '^\\d{12}$',
  'x-pattern-message': 'the 12 digits of an AWS account, in quotes',
  'x-example': '123456789012',
  description: 'The AWS account of the stack, in quotes. With credentials of another account, albedo reads nothing.',
};

export const TOP: Readonly<Record<string, Schema>> = {
  stack: {
    type: 'string',
    pattern: '^[a-z][a-z0-9-]{0,30}[a-z0-9]$',
    'x-pattern-message': '2 to 32 lower-case letters, digits and hyphens, beginning with a letter, not ending with a hyphen',
    'x-example': 'webserver',
    description: 'The name of the stack. With the account and the region it identifies all its resources; a new name means a new stack.',
  },
  region: {
    type: 'string',
    pattern: `^${REGION}$`,
    'x-pattern-message': 'an AWS region such as us-east-1',
    'x-example': 'us-east-1',
    description: 'The AWS region.',
  },
  account: ACCOUNT,
  extends: {
    type: 'string',
    pattern: '^[^/\\\\~].*\\.ya?ml$',
    'x-pattern-message': 'the path of one YAML file such as ../base/webserver.yaml',
    'x-example': '../base/webserver.yaml',
    description:
      'The path of a base file, relative to this file. This file is merged over it: objects are merged key by key, `null` removes a key, any other value replaces the value there (RFC 7396). File paths in the base are relative to this file. `albedo show` prints the result. A base file that names no stack is not a spec by itself.',
  },
  tags: {
    type: 'object',
    description: 'Tags for all resources of the stack, in addition to the two tags by which albedo recognizes them.',
    propertyNames: {
      pattern: '^(?![aA][wW][sS]:|[aA][lL][bB][eE][dD][oO]:)[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128}$',
      'x-pattern-message': 'a tag key of at most 128 characters that does not begin with aws: or albedo:',
    },
    additionalProperties: {
      type: 'string',
      maxLength: 256,
      pattern: '^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$',
      'x-pattern-message': 'letters, digits, spaces and _.:/=+-@',
    },
    maxProperties: 40,
  },
  ignore: {
    type: 'array',
    uniqueItems: true,
    items: {
      type: 'string',
      pattern: '^[A-Za-z0-9_*.:/=+@ -]+$',
      'x-pattern-message': 'a path such as targetGroups.web.targets',
      'x-example': 'targetGroups.web.targets',
    },
    description:
      'Fields with another owner: paths such as targetGroups.web.targets, listeners.http.forward or loadBalancer.tags.Cost; * matches any name. albedo sets them when it creates the resource, and does not change them later.',
  },
  adopt: {
    type: 'object',
    description:
      'Existing resources that this stack adopts, by address and ARN: `targetGroup/web: arn:…`. With consent (--adopt) they get the tags of the stack; after that, the entry has no effect.',
    additionalProperties: {
      type: 'string',
      'x-example': 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef',
    },
  },
  rollout: {
    type: 'object',
    additionalProperties: false,
    description: 'How instances are replaced: new instances are healthy before the same number of old ones is drained and terminated.',
    properties: {
      maxSurge: {
        anyOf: [
          { type: 'integer', minimum: 1, maximum: 1000 },
          {
            type: 'string',
            pattern: '^([1-9]\\d?|100)%$',
            'x-pattern-message': 'a number of instances, or a share of them such as "25%"',
            'x-example': '25%',
          },
        ],
        default: 1,
        description:
          'How many are replaced at a time: a number, or a share of all instances, rounded up. 100% starts all new ones before any old one is stopped.',
      },
    },
  },
  lint: {
    type: 'object',
    additionalProperties: false,
    description: 'Warnings about settings that AWS accepts but that often cause problems.',
    properties: {
      silence: {
        type: 'array',
        uniqueItems: true,
        items: { type: 'string', enum: Object.keys(LINTS) },
        description: 'Names of warnings that are not shown for this stack.',
      },
    },
  },
};

const percent = '^<\\s*\\d+(\\.\\d+)?\\s*%$';
const span = '^<\\s*\\d+(\\.\\d+)?\\s*(ms|s|m)$';
const below = (pattern: string, example: string, description: string): Schema => ({
  type: 'string',
  pattern,
  'x-pattern-message': `an upper bound such as "${example}"`,
  'x-example': example,
  description,
});

/** Bounds on rates and latencies, `of the whole run`. */
const rates = (when: string): Readonly<Record<string, Schema>> => ({
  errorRate: below(percent, '< 1%', `Failed requests divided by all requests, ${when}.`),
  p95: below(span, '< 300ms', `95 of 100 requests ${when} are answered within this time.`),
  p99: below(span, '< 1s', `99 of 100 requests ${when} are answered within this time.`),
});
const ratesOf = (when: string): Schema => ({
  type: 'object',
  additionalProperties: false,
  description: `Upper bounds on the requests ${when}.`,
  properties: rates(when),
});

/** Most experiments of one load test. */
const MOST_EXPERIMENTS = 20;

/** How the stack is proven: load, chaos and what it must hold. `experiments`: what may be said under `chaos`, by experiment. */
export const verifyRows = (experiments: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> => ({
  load: {
    type: 'object',
    additionalProperties: false,
    description: 'The load of `albedo verify`, which k6 sends.',
    properties: {
      script: {
        type: 'string',
        minLength: 1,
        default: 'k6/load.ts',
        description: 'The k6 script, relative to the folder where albedo runs. The default requests one path at a constant rate.',
      },
      rate: {
        type: 'string',
        pattern: '^[1-9]\\d{0,3}/s$',
        default: '50/s',
        'x-pattern-message': 'requests a second such as 50/s',
        description: 'Requests per second, whether or not earlier ones were answered.',
      },
      duration: { ...seconds(5, 3600).schema, default: '60s', description: 'Duration of the load.' },
      path: {
        type: 'string',
        pattern: '^/',
        default: '/',
        'x-pattern-message': 'a path that starts with /',
        description: 'The path that is asked for.',
      },
      profile: {
        type: 'string',
        enum: ['steady', 'ramp', 'spike', 'soak', 'breakpoint'],
        default: 'steady',
        description:
          'How the rate changes: `steady`; `ramp` rises to the rate in half of the time; `spike` has the peak for a fifth of the time, in the middle; `soak` is steady for ten minutes or more; `breakpoint` rises from the rate to the peak.',
      },
      peak: {
        type: 'string',
        pattern: '^[1-9]\\d{0,3}/s$',
        'x-pattern-message': 'requests a second such as 150/s',
        'x-example': '150/s',
        description: 'Highest rate of `spike` (default: three times the rate) and `breakpoint` (ten times).',
      },
      paths: {
        type: 'array',
        minItems: 1,
        maxItems: 50,
        description: 'Several paths instead of one, requested in proportion to their weights.',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['path'],
          properties: {
            path: {
              type: 'string',
              pattern: '^/',
              'x-pattern-message': 'a path that starts with /',
              description: 'The path that is asked for.',
            },
            weight: { type: 'integer', minimum: 1, maximum: 1000, default: 1, description: 'Relative to the weights of the other paths.' },
            status: {
              type: 'integer',
              minimum: 200,
              maximum: 599,
              description: 'The only status that counts as a success. Default: 200 to 399.',
            },
            body: { type: 'string', minLength: 1, maxLength: 1000, description: 'Text that the body must contain.' },
          },
        },
      },
      users: {
        type: 'string',
        enum: ['new', 'returning'],
        default: 'new',
        description: 'new: each request comes from a new user. returning: users send the cookies they received.',
      },
      timeout: { ...seconds(1, 60).schema, default: '5s', description: 'Time after which a request counts as failed.' },
      listener: {
        type: 'string',
        'x-reference': 'listener',
        description: 'The listener under load. Default: the first by name that forwards.',
      },
    },
  },
  chaos: {
    type: 'object',
    additionalProperties: false,
    description: 'The fault during the load.',
    properties: experiments,
  },
  experiments: {
    type: 'array',
    minItems: 1,
    maxItems: MOST_EXPERIMENTS,
    description:
      'Experiments that run in turn under one load, in place of `chaos`. Each entry has the same form as `chaos`. Between two experiments the steady state must return: for 5 s, every target that was healthy before is healthy, and no more requests fail than `before.errorRate` allows, or `errorRate`, or none. `at` of the next experiment counts from then. If the steady state does not return in time, the rest does not run, and the load test does not pass.',
    items: { type: 'object', additionalProperties: false, description: 'One experiment.', properties: experiments },
  },
  objectives: {
    type: 'object',
    additionalProperties: false,
    description:
      'Upper limits. If one is missed, `albedo verify` ends with exit 8. Without objectives the result is inconclusive (exit 9).',
    properties: {
      ...rates('of the whole run'),
      before: ratesOf('before the fault'),
      during: ratesOf('from the fault until the target is healthy again'),
      after: ratesOf('after the target is healthy again'),
      eachPhase: ratesOf('of the worst of the three phases'),
      failover: below(span, '< 25s', 'From stopping the instance to the last request lost to it.'),
      recovery: below(span, '< 60s', 'From starting the instance to its target being healthy.'),
      shareBack: below(span, '< 90s', 'From starting the instance to its having 80 % of a fair share of the requests again.'),
      detection: below(span, '< 20s', 'From stopping the instance to its target being out of service.'),
    },
  },
});
