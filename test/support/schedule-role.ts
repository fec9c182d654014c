/** The roles by which EventBridge Scheduler undoes faults and AWS FIS breaks on a sandbox: exactly what `albedo iam` prints. */
import { CreateRoleCommand, type IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import type { ReadySpec } from '../../reconciler/config/read.ts';
import { rolePolicy } from '../../reconciler/iam/role-policy.ts';
import { fisTrust, scheduleTrust } from '../../reconciler/iam/trust.ts';

const TRUSTS = { schedule: scheduleTrust, fis: fisTrust } as const;

/** Makes it for one stack. Answers what environment.yaml names: the role with its path. */
async function makeRole(
  role: keyof typeof TRUSTS,
  iam: Pick<IAMClient, 'send'>,
  { stack }: ReadySpec,
  { account = '123456789012', path = '/' }: { readonly account?: string; readonly path?: string } = {},
): Promise<string> {
  const { region } = stack;
  const RoleName = `albedo-${role}`;
  const [document] = rolePolicy({ role, stacks: [stack], region, account });
  const trust = TRUSTS[role]({ account, region });
  await iam.send(new CreateRoleCommand({ RoleName, Path: path, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument: JSON.stringify(document) }));
  return `${path.slice(1)}${RoleName}`;
}

type Rest = Parameters<typeof makeRole> extends [unknown, ...infer More] ? More : never;
export const makeScheduleRole = (...rest: Rest): Promise<string> => makeRole('schedule', ...rest);
export const makeFisRole = (...rest: Rest): Promise<string> => makeRole('fis', ...rest);
