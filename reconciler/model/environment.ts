import type { Schema } from './codec.ts';
import type { Json } from './json.ts';
import { type LoadPods, loadPodsSchema } from './load-pods.ts';
import { type LoadPolicy, loadSchema } from './policy.ts';
import { ACCOUNT, TOP } from './top.ts';

/** Whose roles an environment names. */
export const ROLES = ['plan', 'apply', 'chaos', 'preview'] as const;

/** By what AWS FIS breaks things. */
export interface FisEnvironment {
  /** Name of the IAM role that it assumes, behind its path if it has one. */
  readonly role: string;
  /** Names of CloudWatch alarms, each of which ends the experiment. */
  readonly alarms?: readonly string[];
}

/** An IAM role in an `environment.yaml`. */
const roleNamed = (example: string, description: string): Schema => ({
  type: 'string',
  pattern: '^([\\w+=,.@-]+/)*[\\w+=,.@-]{1,64}$',
  'x-pattern-message': `the name of an IAM role such as ${example}`,
  'x-example': example,
  description,
});

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
  readonly fis?: FisEnvironment;
  /** The GitHub environment whose rules hold for applies. */
  readonly githubEnvironment?: string;
  /** Bounds of load tests; beside those of a policy, both hold. */
  readonly load?: LoadPolicy;
  /** The pods that send a load from a cluster. */
  readonly loadPods?: LoadPods;
}

/** The JSON Schema of `environment.yaml`, which stands beside specs or above them. */
export function environmentSchema(): Schema {
  const properties: Readonly<Record<keyof Environment, Json>> = {
    account: {
      ...ACCOUNT,
      description:
        'The AWS account of all stacks in this folder and below, in quotes. With credentials of another account, albedo reads nothing.',
    },
    region: {
      ...(TOP['region'] as { readonly [key: string]: Json }),
      description: 'The region of all stacks in this folder and below. A spec with another region is refused.',
    },
    regions: {
      type: 'array',
      items: TOP['region'] ?? {},
      uniqueItems: true,
      maxItems: 50,
      description:
        'More regions in which `plan` and `drift` of the folder look for stacks whose file was deleted. The regions of the specs are always included.',
    },
    profile: {
      type: 'string',
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_+=,.@/-]{0,127}$',
      'x-pattern-message': 'the name of a profile in ~/.aws/config',
      description:
        'The AWS profile that the command line and the library use for all stacks in this folder and below, so that one run can cover several accounts. The action ignores it: it has one role for each run.',
    },
    roles: {
      type: 'object',
      additionalProperties: false,
      description:
        'Names of the GitHub repository variables with the role ARNs of this environment, for workflows that read them (`environments.yml`). An ARN is not a secret: only those that the trust policy of the role names can use the role.',
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
    scheduleRole: roleNamed(
      'albedo-schedule',
      'Name of the IAM role, with its path if it has one, that EventBridge Scheduler uses to undo a fault if albedo and its watchdog were killed. Without it a load test in AWS breaks nothing, unless `load.withoutSchedule` allows it.',
    ),
    fis: {
      type: 'object',
      additionalProperties: false,
      required: ['role'],
      description: 'For experiments that AWS FIS carries out (`by: fis`): its role, and the alarms that stop it.',
      properties: {
        role: roleNamed(
          'albedo-fis',
          'Name of the IAM role, with its path if it has one, that AWS FIS assumes to stop and start instances.',
        ),
        alarms: {
          type: 'array',
          // Quota of stop conditions in a template (FIS user guide).
          maxItems: 5,
          uniqueItems: true,
          items: {
            type: 'string',
            pattern: '^[^\\s\\x00-\\x1f:*]([^\\x00-\\x1f:*]{0,253}[^\\s\\x00-\\x1f:*])?$',
            'x-pattern-message': 'the name of a CloudWatch alarm',
            'x-example': 'shop-5xx',
          },
          description:
            'Names of CloudWatch alarms in the region of the stack. When one goes into ALARM, AWS FIS ends the experiment and starts the instances again. Default: none.',
        },
      },
    },
    githubEnvironment: {
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$',
      'x-pattern-message': 'the name of an environment of the GitHub repository',
      'x-example': 'prod',
      description: 'The GitHub environment, with its reviewers and branches, in which stacks in this folder and below are applied.',
    },
    load: loadSchema('What a load test of the stacks in this folder and below may do. If a policy.yaml has limits too, both apply.'),
    loadPods: loadPodsSchema,
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:albedo:environment:1',
    title: 'albedo environment',
    description: 'The account, region, roles and GitHub environment of the stacks in a folder and below it.',
    'x-name': 'environment',
    type: 'object',
    additionalProperties: false,
    properties,
  };
}
