import type { Schema } from './codec.ts';
import type { Json } from './json.ts';
import { type LoadPolicy, loadSchema } from './policy.ts';
import { ACCOUNT, TOP } from './top.ts';

/** Whose roles an environment names. */
export const ROLES = ['plan', 'apply', 'chaos', 'preview'] as const;

/** What holds for all stacks of a folder and of those below it. */
export interface Environment {
  /** 12 digits. */
  readonly account?: string;
  readonly region?: string;
  /** Where stacks whose file is gone are looked for, beside the regions that specs are of. */
  readonly regions?: readonly string[];
  /** Name of a profile in the shared AWS files. */
  readonly profile?: string;
  /** Variables of the repository that hold the ARNs of the roles. */
  readonly roles?: Readonly<Partial<Record<(typeof ROLES)[number], string>>>;
  /** The IAM role by which EventBridge Scheduler undoes a fault: its name, behind its path if it has one. */
  readonly scheduleRole?: string;
  /** The GitHub environment whose rules hold for applies. */
  readonly githubEnvironment?: string;
  /** Bounds of load tests; beside those of a policy, both hold. */
  readonly load?: LoadPolicy;
}

/** The JSON Schema of `environment.yaml`, which stands beside specs or above them. */
export function environmentSchema(): Schema {
  const properties: Readonly<Record<keyof Environment, Json>> = {
    account: {
      ...ACCOUNT,
      description: 'The AWS account of all stacks here and below, in quotes. With credentials of another one nothing is read.',
    },
    region: {
      ...(TOP['region'] as { readonly [key: string]: Json }),
      description: 'The region of all stacks here and below: a spec of another one is a mistake.',
    },
    regions: {
      type: 'array',
      items: TOP['region'] ?? {},
      uniqueItems: true,
      maxItems: 50,
      description:
        'Further regions in which `plan` and `drift` of the folder look for live stacks whose file is gone. Those that specs are of are looked in anyway.',
    },
    profile: {
      type: 'string',
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_+=,.@/-]{0,127}$',
      'x-pattern-message': 'the name of a profile in ~/.aws/config',
      description:
        'The AWS profile whose credentials the command line and the library use for all stacks here and below, so that one run can be about several accounts. The action has one role for a run and passes over it.',
    },
    roles: {
      type: 'object',
      additionalProperties: false,
      description:
        'Names of the variables of the GitHub repository that hold the ARNs of the roles of this environment, for workflows that ask for them (`environments.yml`). An ARN is no secret, and may be of use to nobody whom the trust policy of the role does not name.',
      properties: Object.fromEntries(
        ROLES.map((role) => [
          role,
          {
            type: 'string',
            pattern: '^(?!GITHUB_)[A-Z_][A-Z0-9_]{0,99}$',
            'x-pattern-message': 'the name of a variable, in capitals',
            'x-example': `PROD_${role.toUpperCase()}_ROLE`,
            description: `The variable that holds the ARN of the role for ${role}.`,
          },
        ]),
      ),
    },
    scheduleRole: {
      type: 'string',
      pattern: '^([\\w+=,.@-]+/)*[\\w+=,.@-]{1,64}$',
      'x-pattern-message': 'the name of a role of the account such as albedo-schedule',
      'x-example': 'albedo-schedule',
      description:
        'The IAM role of this account by which EventBridge Scheduler undoes a fault of a load test, should albedo and its watchdog both be gone: its name, behind its path if it has one. Without it a load test at AWS breaks nothing, unless `load.withoutSchedule` consents to that.',
    },
    githubEnvironment: {
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$',
      'x-pattern-message': 'the name of an environment of the GitHub repository',
      'x-example': 'prod',
      description: 'The GitHub environment in which stacks here and below are applied, with its reviewers and branches.',
    },
    load: loadSchema('What a load test of the stacks here and below may do. Where a policy.yaml has bounds too, both hold.'),
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:albedo:environment:1',
    title: 'albedo environment',
    description: 'Which account, region, roles and GitHub environment the stacks of a folder, and of those below it, belong to.',
    'x-name': 'environment',
    type: 'object',
    additionalProperties: false,
    properties,
  };
}
