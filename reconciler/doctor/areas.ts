/** What the doctor looks at, by area, and what to do about a finding. */
export const AREAS = {
  identity: 'Whose credentials these are: account, caller, region. Missing: set a profile or keys, or sign in.',
  clock: 'How far the clock of this machine is off. AWS refuses requests signed more than five minutes off: set the clock.',
  tools: 'Whether k6 is here, which load tests need. Missing: `albedo setup k6`.',
  permissions: 'Whether the role may call what a run calls. Missing: add the printed statement to a policy of the role.',
  schedule:
    'Whether an EventBridge schedule would undo a fault if albedo were killed (role chaos). Missing: set `scheduleRole` in environment.yaml, and allow this role to pass it.',
  token: "Whether the token of this workflow fits the role's trust policy. Missing: `albedo iam trust` prints one that fits.",
  quotas: 'Whether the stack fits the quotas of the account. Missing: ask AWS for a higher quota, or make the stack smaller.',
  orphans: 'Instances that a load test stopped and nobody started again. Missing: `albedo doctor --orphans` starts them.',
} as const;

export type Area = keyof typeof AREAS;
