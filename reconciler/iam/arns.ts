import type { ArnType } from '../aws/scopes.ts';
import { EXPERIMENTS } from '../chaos/experiments.ts';
import { schedulesOf } from '../chaos/schedule.ts';
import type { Stack } from '../model/model.ts';
import { valuesAt } from '../model/paths.ts';

/** Where a policy is to hold. */
export interface Where {
  readonly region: string;
  /** Twelve digits, or `*`. */
  readonly account: string;
  /** Names of the stacks; none: all. */
  readonly stacks: readonly string[];
  /** ARNs of what the specs point to by id. */
  readonly existing: Readonly<Partial<Record<ArnType, readonly string[]>>>;
  /** ARNs of what the specs adopt. */
  readonly adopted: readonly string[];
}

/** The partition of a region: ARNs of China and GovCloud begin otherwise (AWS General Reference, ARNs). */
export const partitionOf = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';

/** All ARNs of a type that a call for these stacks can meet. Forms: Service Authorization Reference. */
export function arnsOf(type: ArnType, { region, account, stacks, existing }: Where): readonly string[] {
  const partition = partitionOf(region);
  const arn = (service: string, rest: string, place = `${region}:${account}`) => `arn:${partition}:${service}:${place}:${rest}`;
  const names = stacks.length === 0 ? ['*'] : stacks;
  switch (type) {
    case 'image':
      return [arn('ec2', 'image/*', `${region}:`)];
    case 'server-certificate':
      return names.map((stack) => arn('iam', `server-certificate/albedo/${region}/${stack}/*`, `:${account}`));
    case 'given-certificate':
      return existing['given-certificate'] ?? [];
    case 'lock':
      return names.map((stack) => arn('ssm', `parameter/albedo/${stack}/lock`));
    case 'shell-document':
      return [arn('ssm', 'document/AWS-RunShellScript', `${region}:`)];
    case 'schedule':
      return names.map((stack) => arn('scheduler', `schedule/default/${schedulesOf(stack)}`));
    case 'safety-lever':
      return [arn('fis', 'safety-lever/default')];
    case 'fis-action':
      return EXPERIMENTS.flatMap(({ fis }) => (fis === undefined ? [] : [arn('fis', `action/${fis.actionId}`)]));
    case 'experiment-template':
    case 'experiment':
      return [arn('fis', `${type}/*`)];
    case 'parameter':
      return [arn('ssm', 'parameter/aws/service/*', `${region}:`)];
    case 'loadbalancer':
    case 'listener':
    case 'listener-rule':
      return [arn('elasticloadbalancing', `${type}/app/*`)];
    case 'targetgroup':
    case 'truststore':
      return [arn('elasticloadbalancing', `${type}/*`)];
    default:
      return [arn('ec2', `${type}/*`)];
  }
}

/** Where these stacks stand; they are of one region. */
export function whereOf(stacks: readonly Stack[], region: string, account: string): Where {
  const ec2 = (type: string, id: string) => `arn:${partitionOf(region)}:ec2:${region}:${account}:${type}/${id}`;
  const ids = (kind: string): readonly string[] =>
    stacks.flatMap((stack) =>
      stack.existing.filter((entry) => entry.address.startsWith(`${kind}/`)).flatMap((entry) => namesIn(entry.lookup?.input)),
    );
  const sorted = (list: readonly string[]) => [...new Set(list)].sort();
  return {
    region,
    account,
    stacks: sorted(stacks.map((stack) => stack.name)),
    existing: {
      vpc: sorted(ids('vpc').map((id) => ec2('vpc', id))),
      subnet: sorted(ids('subnet').map((id) => ec2('subnet', id))),
      'security-group': sorted([...ids('securityGroup'), ...stacks.flatMap(literalGroups)].map((id) => ec2('security-group', id))),
      listener: sorted(ids('listener')),
      // Its path is not known: the name ends the ARN.
      'given-certificate': sorted(
        ids('certificate').map((name) => `arn:${partitionOf(region)}:iam::${account}:server-certificate/*${name}`),
      ),
    },
    adopted: sorted(stacks.flatMap((stack) => stack.adopt.map((entry) => entry.id))),
  };
}

/** The ids in the input of a look-up: `{ VpcIds: ['vpc-1'] }`. */
const namesIn = (input: unknown): readonly string[] =>
  Object.values((input ?? {}) as Readonly<Record<string, unknown>>)
    .flat()
    .filter((id): id is string => typeof id === 'string');

/** Security groups that instances are given by id, in the place of a name. */
const literalGroups = (stack: Stack): readonly string[] =>
  stack.desired.flatMap((entry) =>
    valuesAt(entry.values['securityGroups'] ?? [], '[]').filter((id): id is string => /^sg-/.test(String(id))),
  );
