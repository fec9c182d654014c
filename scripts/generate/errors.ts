import { AREAS } from '../../reconciler/doctor/areas.ts';
import { ERRORS, EXIT } from '../../reconciler/errors.ts';
import { LINTS } from '../../reconciler/model/lints.ts';
import { GUARD_RULES } from '../../reconciler/plan/guard-rules.ts';
import { cell } from './cells.ts';

const WHOSE = { user: 'you can correct it', aws: 'AWS did not carry it out', albedo: 'a bug in albedo' } as const;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  `| ${head.join(' | ')} |`,
  `| ${head.map(() => '---').join(' | ')} |`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  '',
];

/** Every error, refusal, warning and finding with what to do, from the tables that albedo itself works with. */
export function renderErrors(): string {
  return [
    '# Errors, refusals, warnings and findings',
    '',
    'Made by `npm run generate`; do not edit it by hand. `albedo explain NAME` prints each of them in the terminal.',
    '',
    '## Errors',
    '',
    'An error says what was being done to what. Its code is in the document of `--format json`, under `error.code`.',
    '',
    ...table(
      ['code', 'exit status', 'what to do', 'whose'],
      Object.entries(ERRORS).map(([code, { exit, hint, fault }]) => [`\`${code}\``, String(exit), hint, WHOSE[fault]]),
    ),
    `Exit status ${EXIT.ok} means nothing to do, or done; ${EXIT.changes} means that there are changes, or drift; ${EXIT.objectiveMissed} that the load test missed an objective.`,
    '',
    '## Refusals',
    '',
    'The guard refuses a plan that needs consent; nothing is changed. [Policy](policy.md) says where consent is written.',
    '',
    ...table(
      ['rule', 'asked of', 'allowed by'],
      Object.entries(GUARD_RULES).map(([rule, { asks, allowed }]) => [`\`${rule}\``, asks, allowed]),
    ),
    '## Warnings',
    '',
    'The plan goes on. `lint: { silence: [NAME] }` in the spec silences one.',
    '',
    ...table(
      ['name', 'warns of'],
      Object.entries(LINTS).map(([name, text]) => [`\`${name}\``, text]),
    ),
    '## Findings of the doctor',
    '',
    ...table(
      ['area', 'what is looked at, and what to do'],
      Object.entries(AREAS).map(([name, text]) => [name, text]),
    ),
  ].join('\n');
}
