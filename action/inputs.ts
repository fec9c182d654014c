import { ReconcileError } from '../reconciler/errors.ts';
import { SECRET_PREFIX } from '../reconciler/model/nested/authenticate.ts';
import { type Digests, readDigests } from '../reconciler/run/digests.ts';
import type { Work } from '../reconciler/run/work.ts';
import { asInput, engineOf, givenOf, SEND_OPTIONS, type SendFlags } from '../reconciler/verify/send-options.ts';
import { type ActionCommand, COMMANDS, INPUTS, type InputRow, RENAMED } from './input-table.ts';
import { inTemp } from './temp.ts';

/** What `with:` said, checked. Lists are empty and texts are `''` where nothing was said. */
export interface Inputs {
  readonly command: ActionCommand;
  readonly spec: readonly string[];
  /** Commit whose files are read; empty: those of the workspace. */
  readonly commit: string;
  readonly token: string;
  readonly jobToken: string;
  readonly comment: 'auto' | 'changes' | 'never';
  readonly commentKey: string;
  /** Names of artifacts. */
  readonly baseline: readonly string[];
  readonly commentPer: 'auto' | 'stack' | 'pull-request';
  readonly pullRequest: number | undefined;
  readonly issue: boolean;
  /** What of the drift is written into the specs; `true`: all of it. */
  readonly accept: readonly string[];
  /** Of a drift check that reads every stack in full only in turn. */
  readonly light: Work['light'];
  readonly acceptMissing: boolean;
  readonly planDigests: Digests;
  readonly planRunId: number | 'auto' | undefined;
  readonly planWorkflow: string;
  readonly stacks: 'changed' | 'all';
  readonly planArtifact: string;
  readonly approval: 'merge' | 'environment' | 'review' | 'label';
  readonly failOnChanges: 'false' | 'true' | 'traffic';
  readonly allowReplace: readonly string[];
  readonly allowDrop: readonly string[];
  readonly allowDestroy: readonly string[];
  readonly allowDestroyForeign: readonly string[];
  readonly maxDeletes: number | undefined;
  readonly adopt: boolean;
  readonly allOrNothing: boolean;
  /** Empty: none; `true`: to the last good commit; else the commit. */
  readonly rollback: string;
  /** Report folder of an apply before a load test; empty: none. */
  readonly applied: string;
  /** Who sends the load of `verify`. */
  readonly send: SendFlags;
  readonly role: 'plan' | 'apply' | 'chaos';
  readonly orphans: boolean;
  /** Seconds. */
  readonly lockWait: number;
  readonly breakLock: boolean;
  readonly underLoad: boolean;
  readonly confirm: readonly string[];
  /** Pull request whose own environment this is about. */
  readonly preview: number | undefined;
  readonly days: number;
  readonly regions: readonly string[];
  readonly reportFolder: string;
  readonly result: readonly string[];
  /** Variable to value. */
  readonly clientSecrets: ReadonlyMap<string, string>;
  readonly environment: string;
  readonly maskAccountId: boolean;
  readonly endpointUrl: string;
  readonly sandbox: boolean;
  readonly sandboxBase: string;
  readonly checkRunId: number | undefined;
}

const HOUR_MS = 3_600_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** As the runner hands an input over: blanks become `_`, letters capitals, all else stays (actions/toolkit, core.getInput). */
const variableOf = (name: string): string => `INPUT_${name.replace(/ /g, '_').toUpperCase()}`;

/** Throws `SpecInvalid`, naming everything that is wrong at once. */
export function readInputs(env: Environment): Inputs {
  const wrong: string[] = [];
  for (const [old, now] of Object.entries(RENAMED))
    if ((env[variableOf(old)] ?? '') !== '') wrong.push(`the input ${old} is called ${now} here`);
  const said = new Map(INPUTS.map((row) => [row.name, checked(row, env, wrong)]));
  const text = (name: string): string => said.get(name) ?? '';
  const lines = (name: string): string[] =>
    text(name)
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const digests = digestsOf(lines('plan-digest'), wrong);
  const secrets = secretsOf(lines('client-secrets'), wrong);
  const temp = env['RUNNER_TEMP'];
  const folder = (name: string): string => {
    const path = inTemp(text(name), temp);
    if (path === undefined) wrong.push(`${name} must be a folder in RUNNER_TEMP (${temp}), outside the checkout`);
    return path ?? '';
  };
  const folders = { reportFolder: folder('report-folder'), applied: folder('applied') };
  const command = COMMANDS.find((each) => each === text('command'));
  const needs = (condition: boolean, sentence: string): void => void (condition && wrong.push(sentence));
  needs(command === undefined && text('command') === '', `command is needed: one of ${COMMANDS.join(', ')}`);
  needs(
    text('plan-run-id') !== '' && text('plan-workflow') === '',
    'plan-run-id needs plan-workflow, the path of the workflow that planned',
  );
  needs(lines('accept').some((line) => line !== 'false') && command !== undefined && command !== 'drift', 'accept needs command: drift');
  needs(text('full-within-hours') !== '' && command !== undefined && command !== 'drift', 'full-within-hours needs command: drift');
  needs(
    text('full-within-hours') !== '' && lines('accept').some((line) => line !== 'false'),
    'accept reads every stack in full; remove full-within-hours',
  );
  needs(text('sandbox-base') !== '' && text('sandbox') !== 'true', 'sandbox-base needs sandbox: true');
  needs(text('sandbox') === 'true' && text('endpoint-url') !== '', 'sandbox: true has its own endpoint; remove endpoint-url');
  needs(command === 'report' && lines('result').length === 0, 'report needs result, the result files to show');
  needs(command !== 'report' && lines('spec').length === 0, 'spec is needed: files or folders, one per line');
  const send = sendOf(text);
  const [sent] = givenOf(send);
  needs(sent !== undefined && command !== undefined && command !== 'verify', `${sent?.name} needs command: verify`);
  if (wrong.length === 0) engineOf(send, asInput);
  if (wrong.length > 0 || command === undefined)
    throw new ReconcileError('SpecInvalid', `the inputs of the action are not valid: ${wrong.join('; ')}`, {
      hint: 'Correct them under `with:` in the workflow; AWS was not called.',
    });
  const whole = (name: string): number | undefined => (text(name) === '' ? undefined : Number(text(name)));
  return {
    command,
    spec: lines('spec'),
    commit: text('commit'),
    token: text('github-token'),
    jobToken: text('job-token'),
    comment: text('comment') as Inputs['comment'],
    commentKey: text('comment-key') || (text('sandbox') === 'true' ? 'sandbox' : ''),
    baseline: lines('baseline'),
    commentPer: text('comment-per') as Inputs['commentPer'],
    pullRequest: whole('pull-request'),
    issue: text('issue') === 'true',
    accept: lines('accept').filter((line) => line !== 'false'),
    light:
      whole('full-within-hours') === undefined
        ? undefined
        : { period: (whole('full-within-hours') ?? 0) * HOUR_MS, interval: (whole('every-hours') ?? 24) * HOUR_MS },
    acceptMissing: text('accept-missing') === 'true',
    planDigests: digests,
    planRunId: text('plan-run-id') === 'auto' ? 'auto' : whole('plan-run-id'),
    planWorkflow: text('plan-workflow'),
    stacks: text('stacks') as Inputs['stacks'],
    planArtifact: text('plan-artifact'),
    approval: text('approval') as Inputs['approval'],
    failOnChanges: text('fail-on-changes') as Inputs['failOnChanges'],
    allowReplace: lines('allow-replace'),
    allowDrop: lines('allow-drop'),
    allowDestroy: lines('allow-destroy'),
    allowDestroyForeign: lines('allow-destroy-foreign'),
    maxDeletes: whole('max-deletes'),
    adopt: text('adopt') === 'true',
    allOrNothing: text('all-or-nothing') === 'true',
    rollback: text('rollback') === 'false' ? '' : text('rollback'),
    ...{ ...folders, send },
    role: text('role') as Inputs['role'],
    orphans: text('orphans') === 'true',
    lockWait: whole('lock-wait') ?? 0,
    breakLock: text('break-lock') === 'true',
    underLoad: text('under-load') === 'true',
    confirm: lines('confirm'),
    preview: whole('preview'),
    days: whole('days') ?? 3,
    regions: lines('regions'),
    clientSecrets: secrets,
    environment: text('environment'),
    result: lines('result'),
    maskAccountId: text('mask-account-id') === 'true',
    endpointUrl: text('endpoint-url'),
    sandbox: text('sandbox') === 'true',
    sandboxBase: text('sandbox-base'),
    checkRunId: /^\d+$/.test(text('job-check-run-id')) ? Number(text('job-check-run-id')) : undefined,
  };
}

const sendOf = (text: (name: string) => string): SendFlags => {
  const said = SEND_OPTIONS.map(({ key, name }) => [key, key === 'shards' ? Number(text(name)) : text(name)] as const);
  return Object.fromEntries(said.filter(([, value]) => value !== '' && value !== 0));
};

/** The value as said, or the default; what is wrong with it goes to `wrong`. */
function checked(row: InputRow, env: Environment, wrong: string[]): string {
  const said = (env[variableOf(row.name)] ?? '').trim();
  // An expression is the runner's to fill in; where it did not, nothing was said.
  const value = said === '' && !row.fallback.startsWith('$' + '{{') ? row.fallback : said;
  if (value === '') return value;
  const shown = JSON.stringify(value.slice(0, 60));
  switch (row.shape.kind) {
    case 'flag':
      if (!/^(true|false)$/i.test(value)) wrong.push(`${row.name} is ${shown}, but must be true or false`);
      return value.toLowerCase();
    case 'word':
      if (!row.shape.words.includes(value)) wrong.push(`${row.name} is ${shown}, but must be ${row.shape.words.join(', ')}`);
      return value;
    case 'number': {
      const { least, most } = row.shape;
      if (!/^\d{1,16}$/.test(value) || Number(value) < least || Number(value) > most)
        wrong.push(
          `${row.name} is ${shown}, but must be a whole number${most === Number.MAX_SAFE_INTEGER ? ` of at least ${least}` : ` from ${least} to ${most}`}`,
        );
      return value;
    }
    case 'pattern':
      if (!row.shape.pattern.test(value)) wrong.push(`${row.name} is ${shown}, but must be ${row.shape.says}`);
      return value;
    default:
      return value;
  }
}

function secretsOf(lines: readonly string[], wrong: string[]): ReadonlyMap<string, string> {
  const secrets = new Map<string, string>();
  for (const [at, line] of lines.entries()) {
    const [, name = '', value = ''] = /^([A-Z0-9_]+)=(.+)$/.exec(line) ?? [];
    // What is wrong may be a secret: its place is told, and nothing of it.
    if (!name.startsWith(SECRET_PREFIX)) wrong.push(`line ${at + 1} of client-secrets must be ${SECRET_PREFIX}NAME=VALUE`);
    else secrets.set(name, value);
  }
  return secrets;
}

function digestsOf(lines: readonly string[], wrong: string[]): Digests {
  const read = readDigests(lines);
  wrong.push(...read.wrong.map((each) => `plan-digest: ${each}`));
  return read.digests;
}
