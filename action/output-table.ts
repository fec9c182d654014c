/** The outputs of the action. All are texts; what was not measured, or does not apply, is empty. */
export const OUTPUTS = {
  'exit-code':
    'The exit code of the command line: 0, 1, 2 changes, 3 plan differs, 4 guard, 5 locked, 6 credentials, 8 objective missed, 9 inconclusive, 130 cancelled.',
  verdict:
    'changes, unchanged, applied, destroyed, pass, missed, inconclusive, refused, notReached or failed; for several stacks, separated by commas.',
  'has-changes': 'true if a plan has changes.',
  'to-add': 'Resources to create or to adopt.',
  'to-change': 'Resources to change in place.',
  'to-replace': 'Resources to replace.',
  'to-delete': 'Resources to delete.',
  'traffic-risk': 'none, shift or drop; the worst of all stacks.',
  'plan-digest': 'SHA-256 of the plan; for one stack only.',
  drifted: '`drift`: true if AWS differs from the spec, or something is not in service.',
  'failure-reason':
    'plan-changed, locked, denied, guard, partial, objective, inconclusive, cancelled, spec, input or error; empty on success.',
  'p95-steady': 'p95 before the fault, in ms.',
  'p95-fault': 'p95 during the fault, in ms.',
  'error-rate': 'Share of all requests that failed, 0 to 1.',
  'detect-ms': 'Time from the stop call until the target is not healthy.',
  'failover-ms': 'Time from the stop call to the last failed request.',
  'recovery-ms': 'Time from the start call until AWS reports the target as healthy.',
  'result-file': 'Path of the result file (schemas/result.schema.json).',
  'report-folder': 'Folder of the reports.',
  'comment-id': 'Id of the first comment that was written.',
  'comment-url': 'URL of that comment.',
  'issue-url': '`drift`: URL of the open issue.',
  'accept-url': '`drift` with `accept`: URL of the pull request.',
  environments:
    '`environments`: the contents of the environment.yaml of each folder of `spec`, as JSON by the last part of its path: spec, account, region, roles, githubEnvironment.',
  'github-requests': 'Number of requests sent to GitHub.',
} as const satisfies Record<string, string>;

export type OutputName = keyof typeof OUTPUTS;
