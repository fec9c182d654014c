/** `docs/faults.md`: what the sweep has tried, by scenario and by fault, and what did not hold. */
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
  return `What did not hold:\n\n${lines.join('\n')}\n\n`;
}

const ends = (values: readonly string[]): string => {
  const all = [...new Set(values)];
  return all.length < 2 ? (all[0] ?? '') : `${all[0]} to ${all.at(-1)}`;
};

/** `cases`: all there are. `Results.last` is in the order in which the cases were first tried. */
export function documentOf(cases: readonly SweepCase[], { last, everBad }: Results): string {
  const scenarios = [...new Set(cases.map(({ scenario }) => scenario))];
  const all = rowOf('all', () => true, cases, last);
  const whole = all.tried === all.all;
  const mended = last.filter(({ one, violation }) => violation === undefined && everBad.has(nameOfCase(one))).length;
  const hours = last.reduce((sum, { ms }) => sum + ms, 0) / 3_600_000;
  const byDay = [...last].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  return `# Faults at every call

Written by \`npm run test:faults -- --all\`; do not edit. A case is one fault at one call of one scenario: the run meets the fault, runs again without
one where it failed, and is checked: it ends in its time and names what happened. A further plan is empty and reads only. The account
holds exactly what a clean run leaves, nobody else's objects are touched, no create is repeated blindly, no secret is shown.

**${whole ? 'Every case' : `A sample of ${((100 * all.tried) / all.all).toFixed(0)} %`}: ${all.tried} of ${all.all} cases at ${all.triedPositions} of ${all.positions} calls, ${all.runs} runs, ${all.violations} violations.** One sandbox worked for ${hours.toFixed(1)} hours, in slices, on
commits ${ends(byDay.map(({ commit }) => `\`${commit}\``))}, ${ends(byDay.map(({ day }) => day))}.${mended === 0 ? '' : ` ${mended} cases that did not hold at first were tried again after a change, and hold.`}${whole ? '' : ' The rest is drawn on other days: in CI the seed is the date.'}

${tableOf('Scenario', [
  ...scenarios.map((name) => rowOf(name, ({ scenario }) => scenario === name, cases, last)),
  { ...all, name: '**all**' },
])}

${tableOf(
  'Fault',
  SWEEP_FAULTS.map(({ id, words }) => rowOf(`${id}: ${words}`, ({ fault }) => fault === id, cases, last)),
)}

${violationsOf(last)}- *Fault happened* is less than *Cases tried* where a wait looked less often than in the run that the calls were counted in.
- *roll-out* (instances replaced one by one) is tried at its writes; its reads are those of the other scenarios.
- F20 is a process that is killed, as AWS sees it: the call has its effect or not, and no other follows. \`test/faults/crash.test.ts\` kills
  the real command. F21 is a second run of the same command under the lock. F9 (an effect that comes late) is seen as F11 and F13.
- Of whole runs: F15 (pages of one or two items) in \`test/contract\`, F16 (a part of a call is done) in \`test/unit/execute/believe.test.ts\`, F17 with
  real credentials files in \`test/faults/surroundings.test.ts\`.
`;
}
