/** `docs/faults.md`: what the sweep has tried, by scenario and by fault, and its violations. */
import { nameOfCase, type SweepCase, type SweepResult } from '../../test/support/sweep.ts';
import { SWEEP_FAULTS } from '../../test/support/sweep-faults.ts';
import type { Results } from './results.ts';

interface Row {
  readonly name: string;
  readonly all: number;
  readonly positions: number;
  readonly triedPositions: number;
  readonly tried: number;
  readonly met: number;
  readonly runs: number;
  readonly violations: number;
}

const placeOf = ({ scenario, position }: SweepCase): string => `${scenario} ${position.service}:${position.action} ${position.nth}`;

function rowOf(name: string, is: (one: SweepCase) => boolean, cases: readonly SweepCase[], results: readonly SweepResult[]): Row {
  const own = cases.filter(is);
  const tried = results.filter(({ one }) => is(one));
  return {
    ...{ name, all: own.length, tried: tried.length, positions: new Set(own.map(placeOf)).size },
    triedPositions: new Set(tried.map(({ one }) => placeOf(one))).size,
    met: tried.filter(({ met }) => met).length,
    runs: tried.reduce((sum, { runs }) => sum + runs, 0),
    violations: tried.filter(({ violation }) => violation !== undefined).length,
  };
}

const tableOf = (head: string, rows: readonly Row[]): string =>
  [
    `| ${head} | Calls | Calls tried | Cases | Cases tried | Fault happened | Runs | Violations |`,
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(
      (row) =>
        `| ${row.name} | ${row.positions} | ${row.triedPositions} | ${row.all} | ${row.tried} | ${row.met} | ${row.runs} | ${row.violations} |`,
    ),
  ].join('\n');

function violationsOf(results: readonly SweepResult[]): string {
  const bad = results.filter(({ violation }) => violation !== undefined);
  if (bad.length === 0) return '';
  const lines = bad.map(
    ({ one, violation = '' }) => `- ${nameOfCase(one)}: ${(violation.split('\n')[0] ?? '').replace(`${nameOfCase(one)}: `, '')}`,
  );
  return `Violations:\n\n${lines.join('\n')}\n\n`;
}

const ends = (values: readonly string[]): string => {
  const all = [...new Set(values)];
  return all.length < 2 ? (all[0] ?? '') : `${all[0]} to ${all.at(-1)}`;
};

/** `cases`: all cases. `Results.last` is in the order in which the cases were first tried. */
export function documentOf(cases: readonly SweepCase[], { last, everBad }: Results): string {
  const scenarios = [...new Set(cases.map(({ scenario }) => scenario))];
  const all = rowOf('all', () => true, cases, last);
  const whole = all.tried === all.all;
  const fixed = last.filter(({ one, violation }) => violation === undefined && everBad.has(nameOfCase(one))).length;
  const hours = last.reduce((sum, { ms }) => sum + ms, 0) / 3_600_000;
  const byDay = [...last].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  return `# Faults at every call

Written by \`npm run test:faults -- --all\`; do not edit. A case is one fault at one call of one scenario. The run meets the fault; if it fails, it runs again without
the fault. These checks follow: each run ends in time and names what happened. A further plan is empty and only reads. The account contains
exactly what a run without faults leaves. Resources of others are unchanged, no create is repeated blindly, and no secret is shown.

**${whole ? 'Every case' : `A sample of ${((100 * all.tried) / all.all).toFixed(0)} %`}: ${all.tried} of ${all.all} cases at ${all.triedPositions} of ${all.positions} calls, ${all.runs} runs, ${all.violations} violations.** The runs took ${hours.toFixed(1)} hours of one sandbox, in several parts, on
commits ${ends(byDay.map(({ commit }) => `\`${commit}\``))}, ${ends(byDay.map(({ day }) => day))}.${fixed === 0 ? '' : ` ${fixed} cases with a violation at first were tried again after a fix, and pass.`}${whole ? '' : ' CI draws the rest on other days, with the date as seed.'}

${tableOf('Scenario', [
  ...scenarios.map((name) => rowOf(name, ({ scenario }) => scenario === name, cases, last)),
  { ...all, name: '**all**' },
])}

${tableOf(
  'Fault',
  SWEEP_FAULTS.map(({ id, words }) => rowOf(`${id}: ${words}`, ({ fault }) => fault === id, cases, last)),
)}

${violationsOf(last)}- *Fault happened* is lower than *Cases tried* if a wait polled less often than in the run in which the calls were counted.
- *roll-out* (instances replaced one by one) is tried only at its writes; its reads are the same as in the other scenarios.
- F20 is a killed process as AWS sees it: the call takes effect or not, and no other call follows. \`test/faults/crash.test.ts\` kills
  the real command. F21 is a second run of the same command under the lock. F9 (a late effect) appears as F11 and F13.
- Tested with whole runs instead: F15 (pages of one or two items) in \`test/contract\`, F16 (a call is partly done) in \`test/unit/execute/believe.test.ts\`, F17 with
  real credentials files in \`test/faults/surroundings.test.ts\`.
`;
}
