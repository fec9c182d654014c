/**
 * The inputs of the action, one row each. From the rows come `action.yml`, the table in the README, what is read and what is refused.
 * A value comes in as text, as `with:` gives it; an empty one means that it was not said.
 */

export const COMMANDS = ['plan', 'apply', 'verify', 'report', 'drift', 'destroy', 'previews', 'environments', 'doctor'] as const;
export type ActionCommand = (typeof COMMANDS)[number];

export type InputKind =
  | { readonly kind: 'text' }
  /** One entry a line; blanks around it and empty lines are dropped. */
  | { readonly kind: 'lines' }
  | { readonly kind: 'flag' }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'number'; readonly least: number; readonly most: number }
  | { readonly kind: 'pattern'; readonly pattern: RegExp; readonly says: string };

export interface InputRow {
  readonly name: string;
  readonly doc: string;
  readonly shape: InputKind;
  /** As `action.yml` says it; an expression of the runner is filled in by it. */
  readonly fallback: string;
  /** Filled in by the runner and of no use to a workflow: left out of the README. */
  readonly hidden?: true;
}

const TEXT = { kind: 'text' } as const;
const LINES = { kind: 'lines' } as const;
const FLAG = { kind: 'flag' } as const;
const count = (least: number, most: number): InputKind => ({ kind: 'number', least, most });
const word = (...words: string[]): InputKind => ({ kind: 'word', words });
const row = (name: string, shape: InputKind, fallback: string, doc: string): InputRow => ({ name, shape, fallback, doc });

const hidden = (name: string, fallback: string, doc: string): InputRow => ({ name, shape: TEXT, fallback, doc, hidden: true });

export const INPUTS: readonly InputRow[] = [
  row('command', word(...COMMANDS), '', 'What to do. Required.'),
  row('spec', LINES, 'environments', 'Spec files, or folders that hold some, one a line.'),
  row(
    'commit',
    TEXT,
    '',
    'Commit of the checkout whose files are read, such as `HEAD`: as data from git, without links, and whatever lies in the workspace. Left out: the files of the workspace.',
  ),
  row('github-token', TEXT, '$' + '{{ github.token }}', 'Token for the comment, the check and the issue. AWS is never reached with it.'),
  row(
    'comment',
    word('auto', 'changes', 'never'),
    'auto',
    '`auto`: one comment a stack, rewritten in place; none where nothing changes and none was there. `changes`: removed again when nothing changes any more. `never`: the job summary only.',
  ),
  row(
    'comment-per',
    word('auto', 'stack', 'pull-request'),
    'auto',
    '`stack`: a comment for each stack; `pull-request`: one for all, with a line for each; `auto`: one for all where there are more than five.',
  ),
  row(
    'baseline',
    LINES,
    '',
    '`verify` only: names of artifacts with reports of load tests. The figures are shown beside those of the last such artifact of the default branch.',
  ),
  row('comment-key', TEXT, '', 'Separates the comments of two workflows about the same stack.'),
  row(
    'pull-request',
    count(1, Number.MAX_SAFE_INTEGER),
    '',
    'Number of the pull request to comment on. Left out: that of the event, or the one whose merge was pushed.',
  ),
  row('issue', FLAG, 'true', '`drift` only: keeps one issue a stack that is opened, rewritten and closed as the drift comes and goes.'),
  row(
    'accept',
    LINES,
    '',
    '`drift` only: opens a pull request that writes the values in AWS into the spec: `true` for all of it, or addresses and fields such as `targetGroup/web.healthCheck`, one a line.',
  ),
  row(
    'full-within-hours',
    count(1, 8760),
    '',
    '`drift` only: all stacks are looked at lightly, in few calls; what that finds, and the others in turn, are read in full, each stack within these hours. Left out: every stack in full.',
  ),
  row('every-hours', count(1, 8760), '24', 'With `full-within-hours`: how often the workflow runs.'),
  row('accept-missing', FLAG, 'false', 'With `accept`: what is gone is taken out of the spec as well.'),
  row(
    'plan-digest',
    LINES,
    '',
    'Digest of the reviewed plan, or `STACK=DIGEST` or `REGION/STACK=DIGEST`, one a line; at least 12 characters. `apply` and `destroy` stop with exit code 3 when the plan is another.',
  ),
  row(
    'plan-run-id',
    { kind: 'pattern', pattern: /^([1-9]\d{0,15}|auto)$/, says: 'the id of a run, or auto' },
    '',
    "Run of the plan workflow whose plan was reviewed, or `auto` for the last one of the pull request's head. It is checked (repository, workflow, pull request, commit, success), and its digests have to be met.",
  ),
  row(
    'plan-workflow',
    { kind: 'pattern', pattern: /^\.github\/workflows\/[\w.-]+\.ya?ml$/, says: 'a path such as .github/workflows/plan.yml' },
    '',
    'Path of the plan workflow, such as `.github/workflows/plan.yml`. Needed with `plan-run-id`.',
  ),
  row(
    'stacks',
    word('changed', 'all'),
    'changed',
    '`changed`: of a pull request, only the stacks whose files it changes (spec, policy, load script, what the spec names); a load test after an apply, only what was applied. Without a pull request, and with `all`, every stack of `spec`.',
  ),
  row('plan-artifact', TEXT, 'albedo-plan', 'Artifact of that run that holds its result file.'),
  row(
    'approval',
    word('merge', 'environment', 'review', 'label'),
    'merge',
    'How an apply is allowed; each is looked up at GitHub when it is applied, and what cannot be looked up is refused. `merge`: merged into the default branch. `review`: an approval of the head commit, newer than the plan, by somebody with write access who did not write it. `label`: `apply:DIGEST`, put on the pull request after the plan by somebody with write access. `environment`: a required reviewer of `environment` approved this run.',
  ),
  row(
    'fail-on-changes',
    word('false', 'true', 'traffic'),
    'false',
    'Whether a plan or a drift with changes fails the step; `traffic`: only when requests or connections may drop. The code is in `exit-code` either way.',
  ),
  row(
    'allow-replace',
    LINES,
    '',
    'Addresses that may be replaced though that changes what clients use, such as `loadBalancer/main`, one a line.',
  ),
  row('allow-drop', LINES, '', 'Addresses whose change may lose requests or connections.'),
  row('allow-destroy', LINES, '', 'Addresses that may be deleted although requests are lost.'),
  row('allow-destroy-foreign', LINES, '', "Addresses that may be deleted with other people's listeners and rules on them."),
  row('max-deletes', count(0, 100_000), '', 'Most objects that one plan may delete; in place of the number in `policy.yaml`.'),
  row('adopt', FLAG, 'false', 'Objects without an owner tag may be adopted, where the spec lists them under `adopt`.'),
  row(
    'all-or-nothing',
    FLAG,
    'false',
    '`apply` and `destroy`: no stack is changed before all are planned, allowed and locked. Else every stack goes its own way.',
  ),
  row('lock-wait', count(0, 21_600), '0', 'Seconds to wait for another apply of the same stack, wherever it runs, to end.'),
  row('break-lock', FLAG, 'false', 'Takes the lock of a stack although another run holds it.'),
  row('under-load', FLAG, 'false', '`apply` only: load runs during the apply, and the report says how many requests failed in which step.'),
  row(
    'rollback',
    TEXT,
    '',
    '`verify` only: `true` answers a missed objective with the last good commit, another word names the commit. Needs the history (`fetch-depth: 0`).',
  ),
  row(
    'applied',
    TEXT,
    '',
    '`verify` only: report folder of the apply before it, in `runner.temp`. Report and comment are then about both.',
  ),
  row('role', word('plan', 'apply', 'chaos'), 'apply', '`doctor` only: what the credentials are to be good for.'),
  row('orphans', FLAG, 'false', '`doctor` only: starts instances that a load test left stopped.'),
  row(
    'days',
    count(0, 3650),
    '3',
    '`previews` only: days without a change of the pull request after which its preview ends. Those of closed pull requests end anyway.',
  ),
  row('regions', LINES, '', '`previews` only: where to look, beside AWS_REGION and the regions of the specs.'),
  row(
    'preview',
    count(1, Number.MAX_SAFE_INTEGER),
    '',
    'Number of a pull request: its stacks and what has names of its own get `-pr-NUMBER`, so that they exist beside the others. The specs of the checkout are rewritten.',
  ),
  row('confirm', LINES, '', '`destroy` only: names of the stacks, typed by the person who wants them deleted.'),
  row(
    'report-folder',
    TEXT,
    'albedo-report',
    "Folder for the result file, and for the report of each stack: JSON, Markdown and all its other forms. It is in the runner's folder for temporary files (`runner.temp`), and emptied first.",
  ),
  row(
    'result',
    LINES,
    '',
    '`report` only: result files of other runs. They are data: checked against a strict schema, rendered again, and nothing in them decides where the comment goes.',
  ),
  row(
    'client-secrets',
    LINES,
    '',
    '`ALBEDO_SECRET_NAME=VALUE`, one a line: what specs name under `clientSecret.env`. Values are masked in the log.',
  ),
  row(
    'environment',
    TEXT,
    '',
    'GitHub environment of the job. Needed with `approval: environment`: its required reviewers, and that one of them approved this run, are looked up.',
  ),
  row('mask-account-id', FLAG, 'true', 'Whether account ids are shown as `••••1234` in everything that is written.'),
  row(
    'endpoint-url',
    { kind: 'pattern', pattern: /^https?:\/\/[^\s]+$/, says: 'a web address' },
    '',
    'Address of an AWS-compatible API in place of AWS, as AWS_ENDPOINT_URL.',
  ),
  row('sandbox', FLAG, 'false', "Starts albedo's own sandbox for this job, so that no AWS account is needed. It ends with the job."),
  row(
    'sandbox-base',
    TEXT,
    '',
    'With `sandbox`: commit whose specs the sandbox is brought to first, so that the plan shows what a pull request changes. The checkout has to hold it (`fetch-depth: 2`).',
  ),
  hidden('job-token', '$' + '{{ github.token }}', 'Token of the job, to know whether `github-token` is another one.'),
  hidden('job-check-run-id', '$' + '{{ job.check_run_id }}', 'Check of this job, whose title shows the counts.'),
  hidden('job-status', '$' + '{{ job.status }}', 'Whether an earlier step failed.'),
];

/** Inputs that other tools, or earlier versions, call otherwise. */
export const RENAMED: Readonly<Record<string, string>> = {
  'spec-file': 'spec',
  specs: 'spec',
  path: 'spec',
  target: 'spec',
  token: 'github-token',
  gh_token: 'github-token',
  'fail-on': 'fail-on-changes',
  digest: 'plan-digest',
  'run-id': 'plan-run-id',
  'pr-number': 'pull-request',
  'dry-run': 'command: plan',
  'aws-endpoint-url': 'endpoint-url',
  'mask-aws-account-id': 'mask-account-id',
  'comment-mode': 'comment',
  'out-dir': 'report-folder',
};
