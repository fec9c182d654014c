/**
 * The schema of the result file. It is strict, since the file of a fork's run is read by a job that may write comments: no field is
 * unknown, no text or list endless, and nothing in it says where a comment goes.
 */

import { IMPACTS, NOTE_KINDS, RISKS } from '../reconciler/model/json.ts';
import { COMMENT_STATES } from '../reconciler/report/comment-marker.ts';
import { REPORT_VERDICTS } from '../reconciler/report/report.ts';
import { COMMANDS } from './input-table.ts';

type Schema = { readonly [key: string]: unknown };

const text = (maxLength: number, more: Schema = {}): Schema => ({ type: 'string', maxLength, ...more });
const list = (items: Schema, maxItems: number): Schema => ({ type: 'array', items, maxItems });
const whole = (minimum = 0): Schema => ({ type: 'integer', minimum, maximum: Number.MAX_SAFE_INTEGER });
const word = (words: readonly string[]): Schema => ({ enum: words });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
/** Every field has to be there, but for those with a `?` behind their name. */
const object = (fields: Readonly<Record<string, Schema>>): Schema => {
  const entries = Object.entries(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace(/\?$/, ''), schema])),
    required: entries.map(([name]) => name).filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
};

const position = object({ file: text(500), line: whole(1), column: whole(1) });
const change = object({
  address: text(300, { pattern: '^[A-Za-z]+/' }),
  label: text(100),
  verb: word(['create', 'adopt', 'update', 'replace', 'destroy']),
  'physicalId?': text(2000),
  fields: list(
    object({
      field: text(300),
      'before?': {},
      'after?': {},
      impact: word(IMPACTS),
      risk: word(RISKS),
      'reason?': text(2000),
      'because?': text(300),
    }),
    500,
  ),
  impact: word(IMPACTS),
  risk: word(RISKS),
  'position?': position,
  'reason?': text(5000),
  'losses?': list(text(2000), 500),
  'foreign?': list(object({ text: text(500), id: text(2000) }), 5000),
  'physicalName?': text(300),
});
const note = object({
  kind: word(NOTE_KINDS),
  'address?': text(300),
  text: text(5000),
  'position?': position,
});
const summary = object({
  ...Object.fromEntries(['create', 'adopt', 'update', 'replace', 'destroy', 'unchanged'].map((name) => [name, whole()])),
  risk: word(RISKS),
});
const number = orNull({ type: 'number' });

const stack = object({
  // A stack names a folder of the reports: no path fits.
  stack: text(63, { pattern: '^[a-z][a-z0-9-]*$', description: 'As in the spec; `spec` if no name could be read.' }),
  region: text(40, { pattern: '^[a-z0-9-]*$' }),
  account: text(40, { description: 'Masked unless the workflow turns that off; empty when it was not reached.' }),
  file: text(500),
  state: word(COMMENT_STATES),
  verdict: word(REPORT_VERDICTS),
  headline: text(500),
  exitCode: whole(),
  plan: orNull(
    object({
      mode: word(['apply', 'destroy']),
      digest: text(64, { pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of what the plan would do.' }),
      summary,
      changes: list(change, 5000),
      notes: list(note, 5000),
    }),
  ),
  refusals: list(
    object({
      rule: word(['protection', 'deletes', 'foreign', 'in-use', 'replace', 'destroy', 'drop', 'adopt', 'name', 'secret', 'load']),
      ...{ address: text(300, { pattern: '^[A-Za-z]+/' }), label: text(100), reason: text(5000), remedy: text(5000) },
      ...{ 'physicalId?': text(2000), 'owner?': text(300), 'position?': position },
    }),
    5000,
  ),
  failure: orNull(object({ code: text(40), message: text(20_000), hint: text(20_000) })),
  problems: list(
    object({
      ...{ file: text(500), line: whole(0), column: whole(0), path: text(1000), message: text(5000), 'hint?': text(5000) },
      severity: word(['error', 'warning']),
    }),
    5000,
  ),
  figures: object({
    p95Steady: { ...number, description: 'ms, before the fault; of several experiments the worst, here and below' },
    p95Fault: { ...number, description: 'ms, during the fault' },
    errorRate: { ...number, description: '0 to 1, of all requests' },
    detectMs: { ...number, description: 'stop call to not healthy' },
    failoverMs: { ...number, description: 'stop call to the last failed request' },
    recoveryMs: { ...number, description: 'start call until AWS reports the target as healthy' },
  }),
  'load?': text(64, {
    pattern: '^[0-9a-f]{64}$',
    description: 'SHA-256 of the load and the faults: only figures of the same are compared.',
  }),
});

export const RESULT_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://albedo.example/schemas/result.schema.json',
  title: 'Result file of the action',
  description: 'The result of a run of the action, stack by stack. No secrets, and no account ids unless requested.',
  ...object({
    version: { const: 1 },
    command: word(COMMANDS),
    exitCode: whole(),
    createdAt: { ...whole(), description: 'Milliseconds since the epoch.' },
    sandbox: { type: 'boolean', description: 'Made on the sandbox: no AWS account was used.' },
    run: object({
      id: whole(),
      attempt: whole(),
      repository: text(200),
      head: text(64, { pattern: '^[0-9a-f]*$', description: 'The commit that was read.' }),
      'base?': text(64, { pattern: '^[0-9a-f]*$', description: 'Its first parent; for a pull request, the base that it was merged with.' }),
      event: text(60),
      pullRequest: orNull(whole(1)),
    }),
    stacks: list(stack, 200),
  }),
};
