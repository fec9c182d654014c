/** The JSON Schemas of what `--format json` prints, one a command; `npm run generate` writes them to `schemas/`. */

import { ERRORS } from '../errors.ts';
import { IMPACTS, NOTE_KINDS, RISKS } from '../model/json.ts';
import { DRIFT_GRADES } from '../report/drift.ts';
import { REPORT_VERDICTS } from '../report/report.ts';
import { DOCUMENT_VERSION, type DocumentCommand, type StackCommand } from './document.ts';
import { OUTCOME_KINDS } from './outcome.ts';

type Schema = { readonly [key: string]: unknown };

const text: Schema = { type: 'string' };
const whole: Schema = { type: 'integer', minimum: 0 };
const number: Schema = { type: 'number' };
const yes: Schema = { type: 'boolean' };
const any: Schema = {};
const list = (items: Schema): Schema => ({ type: 'array', items });
const word = (words: readonly string[]): Schema => ({ enum: words });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const said = (schema: Schema, description: string): Schema => ({ ...schema, description });
/** A field with a `?` behind its name may be absent. Further fields may come: a reader passes over what it does not know. */
const object = (fields: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name.replace(/\?$/, ''), schema])),
  required: Object.keys(fields).filter((name) => !name.endsWith('?')),
});
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });

const LOAD_VERDICTS = ['pass', 'missed', 'inconclusive'];

const DEFINITIONS: Readonly<Record<string, Schema>> = {
  position: object({ file: text, line: whole, column: whole }),
  problem: object({
    file: text,
    line: whole,
    column: whole,
    path: text,
    message: text,
    'hint?': text,
    severity: word(['error', 'warning']),
  }),
  error: object({ code: word(Object.keys(ERRORS)), message: text, hint: text, problems: list(ref('problem')) }),
  note: object({ kind: word(NOTE_KINDS), 'address?': text, text, 'position?': ref('position') }),
  refusal: object({
    rule: text,
    address: text,
    label: text,
    'physicalId?': text,
    'owner?': text,
    reason: text,
    remedy: text,
    'position?': ref('position'),
  }),
  summary: object({
    ...Object.fromEntries(['create', 'adopt', 'update', 'replace', 'destroy', 'unchanged'].map((verb) => [verb, whole])),
    risk: word(RISKS),
  }),
  change: object({
    ...{ address: text, label: text, verb: word(['create', 'adopt', 'update', 'replace', 'destroy']), 'physicalId?': text },
    fields: list(
      object({ field: text, 'before?': any, 'after?': any, impact: word(IMPACTS), risk: word(RISKS), 'reason?': text, 'because?': text }),
    ),
    ...{ impact: word(IMPACTS), risk: word(RISKS), 'reason?': text, 'position?': ref('position') },
    'losses?': said(list(text), 'Certain losses for clients, from a comparison of what serves them before and after.'),
    'foreign?': said(list(object({ text, id: text })), 'Resources of other owners that AWS deletes with it.'),
    'physicalName?': said(text, 'The name in AWS, if it differs from the name in the spec.'),
  }),
  step: object({
    ...{ id: text, address: text, op: text, input: any, effect: word(['create', 'update', 'destroy', 'await']), needs: list(text) },
    ...{ 'outputs?': { type: 'object', additionalProperties: text }, title: text },
  }),
  plan: object({
    ...{ version: { const: 1 }, mode: word(['apply', 'destroy']), stack: text, account: text, region: text },
    ...{ changes: list(ref('change')), steps: list(ref('step')), notes: list(ref('note')), summary: ref('summary') },
    digest: said({ type: 'string', pattern: '^[0-9a-f]{64}$' }, 'SHA-256 of what the plan would do, for --plan-digest.'),
  }),
  stepRun: object({
    ...{ id: text, address: text, title: text, effect: text, outcome: word(['done', 'failed', 'skipped', 'cancelled']), attempts: whole },
    ...{ 'error?': object({ code: text, message: text, 'hint?': text }), 'because?': text, 'startedAt?': number, 'endedAt?': number },
  }),
  report: object({
    ...{ version: { const: 1 }, stack: text, account: text, region: text, verdict: word(REPORT_VERDICTS), headline: text },
    reasons: said(list(text), 'The reasons for the verdict, worst first.'),
    createdAt: said(whole, 'Milliseconds since the epoch.'),
    plan: orNull(
      object({
        mode: word(['apply', 'destroy']),
        digest: text,
        summary: ref('summary'),
        changes: list(ref('change')),
        notes: list(ref('note')),
      }),
    ),
    refusals: list(ref('refusal')),
    run: orNull(
      object({ outcome: word(['done', 'failed', 'cancelled']), steps: list(ref('stepRun')), startedAt: number, endedAt: number }),
    ),
    calls: orNull(object({ calls: whole, writes: whole, polls: whole, refused: whole })),
    checkAfter: said(orNull(object({ changes: list(ref('change')) })), 'What a second plan would still change.'),
    load: orNull(
      object({
        ...{ verdict: word(LOAD_VERDICTS), reasons: list(text), phases: list(any), objectives: list(any) },
        'experiments?': said(
          list(
            object({
              ...{ name: text, verdict: word([...LOAD_VERDICTS, 'notReached']), reasons: list(text) },
              victim: orNull(object({ name: text, instanceId: text })),
              load: said(orNull({ type: 'object' }), 'Of the same form, for its own stretch of the load; null when it was not reached.'),
            }),
          ),
          'Of several experiments in turn, each by itself.',
        ),
      }),
    ),
    underLoad: orNull(object({ kind: word(['loaded', 'not-loaded']) })),
    rollback: orNull({ type: 'object' }),
    victim: orNull(object({ name: text, instanceId: text })),
    stage: said(
      orNull(object({ dnsName: text, listeners: list(any), targets: list(any) })),
      'Load balancer and targets at the end of the load.',
    ),
    origin: orNull(object({ branch: text, commit: text })),
    compare: said(orNull(object({ runs: list(any), figures: list(any) })), 'This run compared with earlier ones.'),
    probes: list(object({ name: text, outcome: word(['pass', 'failed', 'skipped']), detail: text, expected: text, got: text })),
    timings: list(object({ name: text, ms: number })),
    links: list(object({ text, url: text })),
    failure: said(
      orNull(object({ verdict: word(['failed', 'refused', 'notReached']), code: text, message: text, hint: text })),
      'The error that ended it early.',
    ),
    glance: orNull(object({ unseen: list(text) })),
  }),
  difference: object({
    ...{ address: text, label: text, state: word(['changed', 'missing', 'extra']), 'physicalId?': text },
    fields: list(
      object({
        field: text,
        'live?': any,
        'spec?': any,
        'added?': list(any),
        'removed?': list(any),
        grade: word(DRIFT_GRADES),
        reason: text,
      }),
    ),
    ...{
      grade: word(DRIFT_GRADES),
      reason: text,
      'losses?': said(list(text), 'What clients lose until this is fixed.'),
      'lost?': list(object({ physicalId: text, command: text })),
      'position?': ref('position'),
    },
  }),
  drift: object({
    ...{ version: { const: 1 }, stack: text, account: text, region: text, file: text },
    differences: said(list(ref('difference')), 'Worst first.'),
    notes: list(ref('note')),
    refusals: said(list(object({ address: text, reason: text, remedy: text })), 'Which steps back to the spec a policy would refuse.'),
  }),
  accepted: object({
    written: list(text),
    refused: list(object({ what: text, why: text })),
    rest: said(list(ref('change')), 'Changes that a plan of the new text would still make.'),
    diff: said(text, 'As diff -u writes it.'),
  }),
};

/** What a result has of each command, beside what all have. */
const PARTS: Readonly<Record<StackCommand, Readonly<Record<string, Schema>>>> = {
  plan: { plan: said(orNull(ref('plan')), 'Null where it could not be planned.'), refusals: list(ref('refusal')) },
  apply: { report: ref('report') },
  destroy: { report: ref('report') },
  verify: { report: ref('report') },
  drift: { drift: said(orNull(ref('drift')), 'Null where it could not be looked at.'), 'accepted?': ref('accepted') },
};

const head = (command: DocumentCommand): Readonly<Record<string, Schema>> => ({
  version: { const: DOCUMENT_VERSION },
  command: { const: command },
  exitCode: said(whole, 'That of the worst stack.'),
});

/** Of the other commands, beside what all have. Fields with a `?` are absent where the command was ended early. */
const OTHERS: Readonly<Record<Exclude<DocumentCommand, StackCommand | 'validate'>, Readonly<Record<string, Schema>>>> = {
  import: {
    ...{ 'stack?': text, 'owner?': text, 'spec?': said(text, 'The text of the spec.') },
    'loadBalancer?': object({ arn: text, name: text, dnsName: text }),
    'adopted?': said(whole, 'Resources that an apply with --adopt adopts.'),
    ...{ 'lost?': said(list(text), 'What exists in AWS but is in no spec.'), 'advice?': list(text) },
    ...{
      'problems?': list(ref('problem')),
      'differences?': said(list(ref('change')), 'What applying the text would change, apart from tags.'),
    },
  },
  doctor: {
    'diagnoses?': list(
      object({
        findings: list(object({ area: text, name: text, state: word(['ok', 'missing', 'unchecked']), detail: text })),
        grant: said(text, 'The missing statement; empty if none is missing.'),
      }),
    ),
  },
  cost: {
    'stacks?': list(
      object({
        ...{ stack: text, region: text, prices: object({ asOf: text, region: text, currency: text }) },
        lines: list(object({ what: text, count: whole, hourly: number, monthly: number })),
        monthly: said(number, 'Of all lines.'),
        'underLoad?': said(
          object({
            ...{ file: text, measuredAt: number, lcu: number, paidFor: text, hourly: number, monthly: number },
            dimensions: list(object({ name: text, used: number, per: text, lcu: number, estimate: text })),
            prices: object({ asOf: text, region: text }),
          }),
          'The load balancer capacity units that the load of a report needs if it continues.',
        ),
        without: said(list(text), 'Other costs that are not in any line.'),
      }),
    ),
  },
  demo: { results: list(ref('report')) },
  sandbox: { 'endpoint?': text, 'hostsFile?': text, 'up?': yes, 'was?': said(yes, 'Of down: whether it was up.') },
  // What it prints without a mistake is the policy itself, for AWS.
  iam: {},
};

function bodyOf(command: DocumentCommand): Schema {
  if (Object.hasOwn(OTHERS, command))
    return object({
      ...head(command),
      error: said(orNull(ref('error')), 'The error that ended the command early.'),
      ...OTHERS[command as keyof typeof OTHERS],
    });
  if (command === 'validate')
    return object({
      ...head(command),
      error: orNull(object({ code: word(Object.keys(ERRORS)), message: text, hint: text })),
      valid: yes,
      files: list(object({ file: text, stack: text, region: text, resources: whole })),
      problems: list(ref('problem')),
    });
  return object({
    ...head(command),
    error: said(orNull(ref('error')), 'The error that ended the run before any stack was read.'),
    'since?': said(
      object({ ref: text, commit: text, gone: list(object({ file: text, stack: text, region: text })) }),
      'With --changed-since: the base commit, and the specs deleted since then.',
    ),
    ...(command === 'plan' || command === 'drift'
      ? {
          'orphans?': said(
            list(object({ stack: text, region: text, account: text, file: text })),
            'For a folder in a repository: existing stacks whose file was deleted.',
          ),
          'lookedIn?': said(
            list(object({ region: text, account: text })),
            'The regions that were searched for such stacks. Other regions are not known.',
          ),
        }
      : {}),
    results: said(
      list(
        object({
          outcome: word(OUTCOME_KINDS),
          'because?': said(word(['guard', 'differs', 'locked', 'other']), 'Why it was refused; other: because of another stack.'),
          ...{ exitCode: whole, stack: text, region: text, account: said(text, 'Empty where AWS was not reached.'), file: text },
          ...{ ms: number, headline: text, error: said(orNull(ref('error')), 'The error that ended the stack early.') },
          ...PARTS[command as StackCommand],
        }),
      ),
      'One a stack, in the order of the files.',
    ),
  });
}

export const DOCUMENT_COMMANDS: readonly DocumentCommand[] = [
  ...(['plan', 'apply', 'destroy', 'drift', 'verify', 'validate', 'import', 'doctor', 'cost', 'demo', 'sandbox', 'iam'] as const),
];

export function documentSchema(command: DocumentCommand): Schema {
  const body = bodyOf(command);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:albedo:${command}:${DOCUMENT_VERSION}`,
    title: `albedo ${command}`,
    description:
      command === 'iam'
        ? 'What `albedo --format json iam` prints if it cannot print a policy.'
        : `What \`albedo --format json ${command}\` prints.`,
    ...body,
    $defs: used(body),
  };
}

/** The definitions that a schema needs, with those that they need. */
function used(schema: Schema, found: Record<string, Schema> = {}): Readonly<Record<string, Schema>> {
  for (const [, name = ''] of JSON.stringify(schema).matchAll(/"#\/\$defs\/(\w+)"/g)) {
    const definition = DEFINITIONS[name];
    if (definition === undefined || name in found) continue;
    found[name] = definition;
    used(definition, found);
  }
  return found;
}
