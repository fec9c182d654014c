/** The role by which EventBridge Scheduler undoes faults on a sandbox: exactly what `albedo iam schedule` prints. */
import { CreateRoleCommand, type IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import type { ReadySpec } from '../../reconciler/config/read.ts';
import { rolePolicy } from '../../reconciler/iam/role-policy.ts';
import { scheduleTrust } from '../../reconciler/iam/trust.ts';

/** Makes it for one stack. Answers what environment.yaml names: the role with its path. */
export async function makeScheduleRole(
  iam: Pick<IAMClient, 'send'>,
  { stack }: ReadySpec,
  { account = '123456789012', path = '/' }: { readonly account?: string; readonly path?: string } = {},
): Promise<string> {
  const { region } = stack;
  const RoleName = 'albedo-schedule';
  const [document] = rolePolicy({ role: 'schedule', stacks: [stack], region, account });
  const trust = scheduleTrust({ account, region });
  await iam.send(new CreateRoleCommand({ RoleName, Path: path, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'undo', PolicyDocument: JSON.stringify(document) }));
  return `${path.slice(1)}${RoleName}`;
}
