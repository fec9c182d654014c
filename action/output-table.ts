/** The outputs of the action. All are texts; what was not measured, or does not apply, is empty. */
export const OUTPUTS = {
  'exit-code':
    'The exit code of the command line: 0, 1, 2 changes, 3 plan differs, 4 guard, 5 locked, 6 credentials, 8 objective missed, 9 inconclusive, 130 cancelled.',
  verdict:
    'changes, unchanged, applied, destroyed, pass, missed, inconclusive, refused, notReached or failed; for several stacks, separated by commas.',
  'has-changes': 'true when a plan has changes.',
  'to-add': 'Resources to create or to adopt.',
  'to-change': 'Resources to change in place.',
  'to-replace': 'Resources to replace.',
  'to-delete': 'Resources to delete.',
  'traffic-risk': 'none, shift or drop; the worst of all stacks.',
  'plan-digest': 'SHA-256 of the plan; for one stack only.',
  drifted: '`drift`: true when AWS differs from the spec, or something is not in service.',
  'failure-reason':
    'plan-changed, locked, denied, guard, partial, objective, inconclusive, cancelled, spec, input or error; empty when all went well.',
  'p95-steady': 'ms, before the fault.',
  'p95-fault': 'ms, during the fault.',
  'error-rate': '0 to 1, of all requests.',
  'detect-ms': 'Stop call to not healthy.',
  'failover-ms': 'Stop call to the last failed request.',
  'recovery-ms': 'Start call to a fair share of requests.',
  'result-file': 'Path of the result file (schemas/result.schema.json).',
  'report-folder': 'Folder of the reports.',
  'comment-id': 'Id of the first comment that was written.',
  'comment-url': 'Its address.',
  'issue-url': '`drift`: address of the open issue.',
  'accept-url': '`drift` with `accept`: address of the pull request.',
  environments:
    '`environments`: the contents of the environment.yaml of each folder of `spec`, as JSON by the last part of its path: spec, account, region, roles, githubEnvironment.',
  'github-requests': 'Number of requests sent to GitHub.',
} as const satisfies Record<string, string>;

export type OutputName = keyof typeof OUTPUTS;
