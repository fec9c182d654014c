/**
 * The inputs of the action, one row each. From the rows come `action.yml`, the table in the README, what is read and what is refused.
 * A value comes in as text, as `with:` gives it; an empty one means that it was not said.
 */

import { SEND_OPTIONS } from '../reconciler/verify/send-options.ts';

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

/** The flags of the same names. */
const SENDING = SEND_OPTIONS.map(({ name, choices, most, engine, doc }) =>
  row(
    name,
    choices !== undefined ? word(...choices) : most !== undefined ? count(1, most) : TEXT,
    '',
    `\`verify\` only${engine === undefined ? '' : `, with \`engine: ${engine.name}\``}: ${doc}.`,
  ),
);

export const INPUTS: readonly InputRow[] = [
  row('command', word(...COMMANDS), '', 'The command to run. Required.'),
  row('spec', LINES, 'environments', 'Spec files or folders with specs, one per line.'),
  row(
    'commit',
    TEXT,
    '',
    'Commit of the checkout whose files are read, such as `HEAD`: read from git as data, without links, independent of the workspace. Left out: the files in the workspace.',
  ),
  row('github-token', TEXT, '$' + '{{ github.token }}', 'Token for the comment, the check and the issue. It is never used for AWS.'),
  row(
    'comment',
    word('auto', 'changes', 'never'),
    'auto',
    '`auto`: one comment for each stack, updated in place; no new comment if nothing changes. `changes`: the comment is also deleted when nothing changes any more. `never`: only the job summary.',
  ),
  row(
    'comment-per',
    word('auto', 'stack', 'pull-request'),
    'auto',
    '`stack`: one comment for each stack; `pull-request`: one comment for all, with a line for each stack; `auto`: one comment for all if there are more than five stacks.',
  ),
  row(
    'baseline',
    LINES,
    '',
    '`verify` only: names of artifacts with reports of load tests. The measurements are compared with those of the last such artifact of the default branch.',
  ),
  row('comment-key', TEXT, '', 'Keeps the comments of two workflows for the same stack apart.'),
  row(
    'pull-request',
    count(1, Number.MAX_SAFE_INTEGER),
    '',
    'Number of the pull request to comment on. Left out: the pull request of the event, or the one whose merge was pushed.',
  ),
  row('issue', FLAG, 'true', '`drift` only: maintains one issue for each stack; it is opened, updated and closed with the drift.'),
  row(
    'accept',
    LINES,
    '',
    '`drift` only: opens a pull request that writes the values in AWS into the spec: `true` for all values, or addresses and fields such as `targetGroup/web.healthCheck`, one per line.',
  ),
  row(
    'full-within-hours',
    count(1, 8760),
    '',
    '`drift` only: checks all stacks lightly, with few calls. Stacks with a finding are read in full, and the others in turn, each within this number of hours. Default: every stack is read in full.',
  ),
  row('every-hours', count(1, 8760), '24', 'With `full-within-hours`: how often the workflow runs.'),
  row('accept-missing', FLAG, 'false', 'With `accept`: also removes from the spec what no longer exists in AWS.'),
  row(
    'plan-digest',
    LINES,
    '',
    'Digest of the reviewed plan, or `STACK=DIGEST` or `REGION/STACK=DIGEST`, one per line; at least 12 characters. `apply` and `destroy` stop with exit code 3 if the plan is different.',
  ),
  row(
    'plan-run-id',
    { kind: 'pattern', pattern: /^([1-9]\d{0,15}|auto)$/, says: 'the id of a run, or auto' },
    '',
    "Run of the plan workflow whose plan was reviewed, or `auto` for the last one of the pull request's head. The run is checked (repository, workflow, pull request, commit, success), and its digests must match.",
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
    '`changed`: for a pull request, only the stacks whose files it changes (spec, policy, load script, files that the spec names); for a load test after an apply, only the applied stacks. Without a pull request, and with `all`: every stack of `spec`.',
  ),
  row('plan-artifact', TEXT, 'albedo-plan', 'Artifact of that run with its result file.'),
  row(
    'approval',
    word('merge', 'environment', 'review', 'label'),
    'merge',
    'How an apply is approved. The action checks the approval at GitHub before the apply, and refuses if it cannot check it. `merge`: merged into the default branch. `review`: an approval of the head commit, newer than the plan, by someone with write access who is not an author. `label`: `apply:DIGEST`, added to the pull request after the plan by someone with write access. `environment`: a required reviewer of `environment` approved this run.',
  ),
  row(
    'fail-on-changes',
    word('false', 'true', 'traffic'),
    'false',
    'Whether a plan or a drift check with changes fails the step; `traffic`: only if requests or connections may drop. `exit-code` has the code in any case.',
  ),
  row(
    'allow-replace',
    LINES,
    '',
    'Addresses that may be replaced although clients are affected, such as `loadBalancer/main`, one per line.',
  ),
  row('allow-drop', LINES, '', 'Addresses whose change may lose requests or connections.'),
  row('allow-destroy', LINES, '', 'Addresses that may be deleted although requests are lost.'),
  row('allow-destroy-foreign', LINES, '', 'Addresses that may be deleted together with listeners and rules of other owners.'),
  row('max-deletes', count(0, 100_000), '', 'Maximum number of resources that one plan may delete; overrides the number in `policy.yaml`.'),
  row('adopt', FLAG, 'false', 'Resources without an owner tag may be adopted if the spec lists them under `adopt`.'),
  row(
    'all-or-nothing',
    FLAG,
    'false',
    '`apply` and `destroy`: no stack is changed before all are planned, allowed and locked. Otherwise the stacks are independent.',
  ),
  row('lock-wait', count(0, 21_600), '0', 'Seconds to wait until another apply of the same stack ends, wherever it runs.'),
  row('break-lock', FLAG, 'false', 'Takes the lock of a stack from another run.'),
  row('under-load', FLAG, 'false', '`apply` only: sends load during the apply, and reports how many requests failed in which step.'),
  row(
    'rollback',
    TEXT,
    '',
    '`verify` only: if an objective is missed, `true` rolls back to the last good commit, another word to that commit. Needs the history (`fetch-depth: 0`).',
  ),
  row(
    'applied',
    TEXT,
    '',
    '`verify` only: report folder of the preceding apply, in `runner.temp`. The report and the comment then cover both.',
  ),
  ...SENDING,
  row('role', word('plan', 'apply', 'chaos'), 'apply', '`doctor` only: the role that the credentials must be sufficient for.'),
  row('orphans', FLAG, 'false', '`doctor` only: starts instances that a load test left stopped.'),
  row(
    'days',
    count(0, 3650),
    '3',
    '`previews` only: a preview ends after this many days without a change of the pull request. Previews of closed pull requests always end.',
  ),
  row('regions', LINES, '', '`previews` only: more regions to search, in addition to AWS_REGION and the regions of the specs.'),
  row(
    'preview',
    count(1, Number.MAX_SAFE_INTEGER),
    '',
    'Number of a pull request: its stacks and all explicit names get the suffix `-pr-NUMBER`, so that they can exist next to the others. The specs in the checkout are rewritten.',
  ),
  row('confirm', LINES, '', '`destroy` only: names of the stacks, typed by the person who wants them deleted.'),
  row(
    'report-folder',
    TEXT,
    'albedo-report',
    'Folder for the result file, and for the report of each stack: JSON, Markdown and all its other forms. It must be in the temporary folder of the runner (`runner.temp`) and is emptied first.',
  ),
  row(
    'result',
    LINES,
    '',
    '`report` only: result files of other runs. They are treated as data: checked against a strict schema and rendered again; nothing in them decides where the comment goes.',
  ),
  row(
    'client-secrets',
    LINES,
    '',
    '`ALBEDO_SECRET_NAME=VALUE`, one per line: the variables that specs name under `clientSecret.env`. Values are masked in the log.',
  ),
  row(
    'environment',
    TEXT,
    '',
    'GitHub environment of the job. Needed with `approval: environment`: the action checks that a required reviewer approved this run.',
  ),
  row('mask-account-id', FLAG, 'true', 'Whether account ids are shown as `••••1234` in all output.'),
  row(
    'endpoint-url',
    { kind: 'pattern', pattern: /^https?:\/\/[^\s]+$/, says: 'a web address' },
    '',
    'URL of an AWS-compatible API instead of AWS, like AWS_ENDPOINT_URL.',
  ),
  row('sandbox', FLAG, 'false', "Starts albedo's own sandbox for this job, so that no AWS account is needed. It ends with the job."),
  row(
    'sandbox-base',
    TEXT,
    '',
    'With `sandbox`: the specs of this commit are applied to the sandbox first, so that the plan shows what a pull request changes. The checkout must contain it (`fetch-depth: 2`).',
  ),
  hidden('job-token', '$' + '{{ github.token }}', 'Token of the job, to detect whether `github-token` is a different one.'),
  hidden('job-check-run-id', '$' + '{{ job.check_run_id }}', 'Id of the check of this job; its title shows the counts.'),
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
