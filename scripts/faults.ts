/**
 * The sweep: one fault at each call of each scenario (`test/support/sweep.ts`). Its cases are run by warm processes, each with its own
 * sandbox, which is reset for every case. `npm run test:faults` tries a sample that the seed draws (in CI the seed is the day).
 * `-- --all` tries every fault at every call, keeps each result in a file (`--results`, by default `out/faults.jsonl`) and writes
 * `docs/faults.md` from it. Cases in the file are not tried again, so the sweep can be stopped at any time and continues where it was.
 *
 * `--count 60` and `--share 0.2` say how many cases are drawn, `--part 1/4` tries every fourth, `--minutes 50` starts no case after that time,
 * `--jobs 2` says how many processes work side by side (each needs 400 MB), `--again` tries the cases of the file with violations,
 * `--case TEXT` those whose name contains it. Exit status 1 if there are violations.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomFrom, seed } from '../test/support/faults-matrix.ts';
import { nameOfCase, type SweepCase, type SweepResult } from '../test/support/sweep.ts';
import type { FromWorker } from '../test/support/sweep-worker.ts';
import { documentOf } from './faults/document.ts';
import { append, callsOf, casesAt, commitNow, readResults } from './faults/results.ts';

const WORKER = fileURLToPath(new URL('../test/support/sweep-worker.ts', import.meta.url));
const DOC = fileURLToPath(new URL('../docs/faults.md', import.meta.url));
const RESULTS = fileURLToPath(new URL('../out/faults.jsonl', import.meta.url));
const SAMPLE = 60;
/** A third of the time of a case was the collection of garbage, nearly all of which is a moment old: a larger nursery needs fewer rounds. */
const NURSERY = '--max-semi-space-size=64';

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    case: { type: 'string' },
    share: { type: 'string' },
    count: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    minutes: { type: 'string' },
    // One process waits for its sandbox more than half of the time.
    jobs: { type: 'string', default: String(Math.min(8, 2 * availableParallelism())) },
    results: { type: 'string' },
  },
});
const file = values.results ?? (values.all ? RESULTS : undefined);
const began = Date.now();
const minutes = (): number => (Date.now() - began) / 60_000;

interface Worker {
  readonly child: ChildProcess;
  next(): Promise<FromWorker>;
}

function startWorker(): Worker {
  const child = fork(WORKER, [], { execArgv: [NURSERY], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
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

/** `--part i/n`. */
function partOf(cases: readonly SweepCase[]): readonly SweepCase[] {
  const [, which, parts] = /^(\d+)\/(\d+)$/.exec(values.part) ?? [];
  const [index, count] = [Number(which) - 1, Number(parts)];
  if (!(index >= 0 && index < count)) throw new Error(`--part ${values.part}: write for example 2/4, the second of four parts`);
  return cases.filter((_, at) => at % count === index);
}

/** All of them, or those that the seed draws, in the order of the draw: what is tried until the time is over is a fair sample. */
function drawn(cases: readonly SweepCase[]): readonly SweepCase[] {
  const random = randomFrom(seed);
  const mixed = cases.map((one) => ({ one, key: random() })).sort((a, b) => a.key - b.key);
  const whole = values.all || values.again || values.case !== undefined ? cases.length : SAMPLE;
  const count = values.share === undefined ? Number(values.count ?? whole) : Math.ceil(cases.length * Number(values.share));
  return mixed.slice(0, count).map(({ one }) => one);
}

async function work(worker: Worker, queue: Iterator<SweepCase>, done: (result: SweepResult) => void): Promise<void> {
  for (;;) {
    if (values.minutes !== undefined && minutes() >= Number(values.minutes)) return;
    const { value, done: over } = queue.next();
    if (over === true) return;
    worker.child.send(value);
    const message = await worker.next();
    // Cut off with its sandbox: it was not tried, and comes again with the next slice.
    if (ended) return;
    if (message.kind === 'result') done(message.result);
    else {
      done({ one: value, met: false, runs: 0, ms: 0, violation: message.kind === 'broken' ? message.why : 'no result' });
      return;
    }
  }
}

const workers = Array.from({ length: Math.max(1, Number(values.jobs) || 1) }, startWorker);
let ended = false;
const end = (): void => {
  ended = true;
  for (const { child } of workers) if (child.connected) child.send('end', () => undefined);
};
process.once('SIGINT', () => {
  end();
  process.exitCode = 130;
});
const firsts = await Promise.all(workers.map((worker) => worker.next()));
const ready = firsts.flatMap((message, index) =>
  message.kind === 'cases' ? [{ worker: workers[index] as Worker, cases: message.cases }] : [],
);
for (const message of firsts)
  if (message.kind === 'broken') process.stdout.write(`one process fewer, since its sandbox could not be started: ${message.why}\n`);
const [first] = ready;
if (first === undefined) throw new Error(`no sandbox could be started: ${JSON.stringify(firsts)}`);

const before = file === undefined ? undefined : readResults(file);
if (file !== undefined && before?.calls === undefined) append(file, { calls: callsOf(first.cases) });
const cases = before?.calls === undefined ? first.cases : casesAt(before.calls);
const known = new Map((before?.last ?? []).map((one) => [nameOfCase(one.one), one]));
const open = partOf(cases).filter((one) => {
  const came = known.get(nameOfCase(one));
  const wanted = values.again ? came?.violation !== undefined : values.case !== undefined || came === undefined;
  return wanted && (values.case === undefined || nameOfCase(one).includes(values.case));
});
const results: SweepResult[] = [];
const stamp = { commit: commitNow(), day: new Date(began).toISOString().slice(0, 10) };
const done = (result: SweepResult): void => {
  results.push(result);
  if (file !== undefined) append(file, { ...result, ...stamp });
  if (result.violation !== undefined) process.stdout.write(`✗ ${nameOfCase(result.one)}\n  ${result.violation}\n`);
  if (results.length % 50 === 0) process.stdout.write(`  ${results.length} tried after ${minutes().toFixed(1)} minutes\n`);
};
const queue = drawn(open).values();
await Promise.all(ready.map(({ worker }) => work(worker, queue, done)));
end();
const violations = results.filter(({ violation }) => violation !== undefined);
const left = open.length - results.length;
process.stdout.write(
  `\n${results.length} of ${cases.length} cases in ${minutes().toFixed(1)} minutes, ${violations.length} violations; ALBEDO_SEED=${seed} repeats them\n`,
);
if (file !== undefined) process.stdout.write(`${left === 0 ? 'All of them are' : `${left} are left; the others are`} in ${file}\n`);
if (values.all && file !== undefined) writeFileSync(DOC, documentOf(cases, readResults(file)));
process.exitCode = violations.length > 0 || (results.length === 0 && open.length > 0) ? 1 : 0;
