/**
 * The sweep: one fault at each call of each scenario (`test/support/sweep.ts`).
 * `npm run test:faults` tries a sample that the seed draws (in CI the seed is the day); `-- --all` tries every position with every fault and
 * writes `docs/faults.md`. `--share 0.2` draws a fifth, `--count 60` so many, `--minutes 50` begins no case after that, `--jobs 2` says how
 * many sandboxes work side by side (each needs 400 MB), `--doc` writes the table of whatever was tried. Exit status 1 when something did not hold.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomFrom, seed } from '../test/support/faults-matrix.ts';
import { nameOfCase, type SweepCase, type SweepResult } from '../test/support/sweep.ts';
import { SWEEP_FAULTS } from '../test/support/sweep-faults.ts';
import type { FromWorker } from '../test/support/sweep-worker.ts';

const WORKER = fileURLToPath(new URL('../test/support/sweep-worker.ts', import.meta.url));
const DOC = fileURLToPath(new URL('../docs/faults.md', import.meta.url));
const SAMPLE = 60;

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    share: { type: 'string' },
    count: { type: 'string' },
    minutes: { type: 'string' },
    jobs: { type: 'string', default: String(Math.min(4, availableParallelism())) },
    doc: { type: 'boolean', default: false },
  },
});
const began = Date.now();
const minutes = (): number => (Date.now() - began) / 60_000;

interface Worker {
  readonly child: ChildProcess;
  next(): Promise<FromWorker>;
}

function startWorker(): Worker {
  const child = fork(WORKER, [], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting: ((message: FromWorker) => void)[] = [];
  const come: FromWorker[] = [];
  const give = (message: FromWorker): void => {
    const first = waiting.shift();
    if (first === undefined) come.push(message);
    else first(message);
  };
  child.on('message', (message) => give(message as FromWorker));
  child.on('exit', (code) => give({ kind: 'broken', why: `the worker ended with ${code}` }));
  return { child, next: () => new Promise((resolve) => (come.length > 0 ? resolve(come.shift() as FromWorker) : waiting.push(resolve))) };
}

/** All of them, or those that the seed draws, in the order of the draw: what is tried until the time is over is a fair sample. */
function drawn(cases: readonly SweepCase[]): readonly SweepCase[] {
  const random = randomFrom(seed);
  const mixed = cases.map((one) => ({ one, key: random() })).sort((a, b) => a.key - b.key);
  const share = values.share === undefined ? undefined : Math.ceil(cases.length * Number(values.share));
  const count = values.all ? (share ?? cases.length) : (share ?? Number(values.count ?? SAMPLE));
  return mixed.slice(0, count).map(({ one }) => one);
}

async function work(worker: Worker, queue: Iterator<SweepCase>, results: SweepResult[]): Promise<void> {
  for (;;) {
    if (values.minutes !== undefined && minutes() >= Number(values.minutes)) return;
    const { value, done } = queue.next();
    if (done === true) return;
    worker.child.send(value);
    const message = await worker.next();
    const result: SweepResult =
      message.kind === 'result'
        ? message.result
        : { one: value, met: false, runs: 0, violation: message.kind === 'broken' ? message.why : 'no result' };
    results.push(result);
    if (result.violation !== undefined) process.stdout.write(`✗ ${nameOfCase(value)}\n  ${result.violation}\n`);
    if (results.length % 50 === 0) process.stdout.write(`  ${results.length} tried after ${minutes().toFixed(1)} minutes\n`);
    if (message.kind === 'broken') return;
  }
}

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

const violationsOf = (results: readonly SweepResult[]): string => {
  const bad = results.filter(({ violation }) => violation !== undefined);
  if (bad.length === 0) return '';
  const lines = bad.map(
    ({ one, violation = '' }) => `- ${nameOfCase(one)}: ${(violation.split('\n')[0] ?? '').replace(`${nameOfCase(one)}: `, '')}`,
  );
  return `What did not hold:\n\n${lines.join('\n')}\n\n`;
};

function documentOf(cases: readonly SweepCase[], results: readonly SweepResult[]): string {
  const scenarios = [...new Set(cases.map(({ scenario }) => scenario))];
  const all = rowOf('all', () => true, cases, results);
  const whole = all.tried === all.all;
  return `# Faults at every call

Written by \`npm run test:faults -- --all${whole ? '' : ' --minutes N'}\`; do not edit. A case is one fault at one call of one scenario: the run meets the fault, runs again without
one where it failed, and is checked: it ends in its time and names what happened. A further plan is empty and reads only. The account
holds exactly what a clean run leaves, nobody else's objects are touched, no create is repeated blindly, no secret is shown.

**${whole ? 'Every case' : `A sample of ${((100 * all.tried) / all.all).toFixed(0)} %`}: ${all.tried} of ${all.all} cases at ${all.triedPositions} of ${all.positions} calls, ${all.runs} runs, ${all.violations} violations**, in ${minutes().toFixed(0)}
minutes with ${values.jobs} sandbox${values.jobs === '1' ? '' : 'es'} on ${availableParallelism()} cores, ${new Date(began).toISOString().slice(0, 10)}, seed ${seed}.${whole ? '' : ' The rest is drawn on other days: in CI the seed is the date.'}

${tableOf('Scenario', [
  ...scenarios.map((name) => rowOf(name, ({ scenario }) => scenario === name, cases, results)),
  { ...all, name: '**all**' },
])}

${tableOf(
  'Fault',
  SWEEP_FAULTS.map(({ id, words }) => rowOf(`${id}: ${words}`, ({ fault }) => fault === id, cases, results)),
)}

${violationsOf(results)}- *Fault happened* is less than *Cases tried* where a wait looked less often than in the run that the calls were counted in.
- *roll-out* (instances replaced one by one) is tried at its writes; its reads are those of the other scenarios.
- F20 is a process that is killed, as AWS sees it: the call has its effect or not, and no other follows. \`test/faults/crash.test.ts\` kills
  the real command. F21 is a second run of the same command under the lock. F9 (an effect that comes late) is seen as F11 and F13.
- Of whole runs: F15 (pages of one or two items) in \`test/contract\`, F16 (a part of a call is done) in \`test/unit/execute/believe.test.ts\`, F17 with
  real credentials files in \`test/faults/surroundings.test.ts\`.
`;
}

const workers = Array.from({ length: Math.max(1, Number(values.jobs) || 1) }, startWorker);
const end = (): void => {
  for (const { child } of workers) if (child.connected) child.send('end');
};
process.once('SIGINT', () => {
  end();
  process.exitCode = 130;
});
const firsts = await Promise.all(workers.map((worker) => worker.next()));
const ready = firsts.flatMap((message, index) =>
  message.kind === 'cases' ? [{ worker: workers[index] as Worker, cases: message.cases }] : [],
);
const [first] = ready;
if (first === undefined) throw new Error(`no sandbox could be started: ${JSON.stringify(firsts)}`);
const queue = drawn(first.cases).values();
const results: SweepResult[] = [];
await Promise.all(ready.map(({ worker }) => work(worker, queue, results)));
end();
const violations = results.filter(({ violation }) => violation !== undefined);
process.stdout.write(
  `\n${results.length} of ${first.cases.length} cases in ${minutes().toFixed(1)} minutes, ${violations.length} violations; ALBEDO_SEED=${seed} repeats them\n`,
);
if (values.all || values.doc) writeFileSync(DOC, documentOf(first.cases, results));
process.exitCode = violations.length > 0 || results.length === 0 ? 1 : 0;
