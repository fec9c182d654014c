/** What the doctor looks at, by area, and what to do about a finding. */
export const AREAS = {
  identity: 'The owner of the credentials: account, caller, region. If missing: set a profile or keys, or sign in.',
  clock: 'How far the clock of this machine is off. AWS refuses requests signed more than five minutes early or late: set the clock.',
  tools: 'Whether k6 is installed; load tests need it. If missing: `albedo setup k6`.',
  permissions: 'Whether the role has the permissions that a run needs. If missing: add the printed statement to a policy of the role.',
  schedule:
    'Whether an EventBridge schedule would undo a fault if albedo were killed (role chaos). If missing: set `scheduleRole` in environment.yaml, and allow this role to pass it.',
  fis: 'Whether the role that AWS FIS assumes (`fis.role` in environment.yaml) may be passed to AWS FIS, if a spec sets `by: fis` (role chaos). If missing: allow the chaos role to pass it.',
  token: 'Whether the trust policy of the role accepts the token of this workflow. If missing: `albedo iam trust` prints one that does.',
  quotas: 'Whether the stack fits into the quotas of the account. If missing: request a higher quota from AWS, or make the stack smaller.',
  orphans: 'Instances that a load test stopped and that were not started again. If missing: `albedo doctor --orphans` starts them.',
} as const;

export type Area = keyof typeof AREAS;
