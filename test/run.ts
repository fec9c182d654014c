/**
 * Runs the tests: `node test/run.ts [part of a path …] [--jobs N] [--update] [--root FOLDER]`.
 * N files run at once; without it one more than there are processors.
 * Every `*.test.ts` below `test/` runs in a process of its own, so that none can disturb, crash or outlive another.
 * The last line is `N passed, N failed`; the exit status is 0 only when nothing failed and something passed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../scripts/setup/places.mjs';
import { commandsOfGroup } from './support/process-group.ts';
import type { FileResult } from './support/run-file.ts';
import { seed } from './support/seed.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CHILD = fileURLToPath(new URL('./support/run-file.ts', import.meta.url));
/** Milliseconds one file may take, and may stay after its last test before it counts as leaving something open. */
const FILE_LIMIT = Number(process.env['ALBEDO_TEST_FILE_LIMIT'] ?? 600_000);
const LEAVE_LIMIT = Number(process.env['ALBEDO_TEST_LEAVE_LIMIT'] ?? 15_000);

/**
 * Files with real loads wait three quarters of their time, so one more than there are processors runs at once. With twice as many the
 * health checks of their sandboxes came too late. A file with a sandbox takes half a gigabyte: hence the limit.
 */
const JOBS = Math.min(availableParallelism() + 1, 9);

/** Folders whose tests run only as `--root`: those of the runner itself, and those that need the tools of `npm run test:workflows`, a cluster or a browser. */
const SET_ASIDE = ['fixtures', 'kubernetes', 'page', 'workflows'];

interface Outcome extends FileResult {
  readonly file: string;
  readonly output: string;
  readonly ms: number;
}

function findTests(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.split(/[\\/]/).some((part) => SET_ASIDE.includes(part)))
    .map((name) => join(folder, name))
    .sort();
}

/** What the file started and left running, after a moment in which it may still go. */
async function findLeft(child: ChildProcess): Promise<string[]> {
  const group = child.pid ?? 0;
  let left = commandsOfGroup(group);
  for (let wait = 20; left.length > 0 && wait < 2000; wait *= 2) {
    await sleep(wait);
    left = commandsOfGroup(group);
  }
  return left;
}

const running = new Set<ChildProcess>();

/** Ends a test's process and all it started: each file leads a process group. */
function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // Gone already.
  }
}

function isFileResult(message: unknown): message is FileResult {
  return typeof message === 'object' && message !== null && 'passed' in message && 'problems' in message;
}

function runInChild(path: string, file: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((settle) => {
    const began = performance.now();
    const child = spawn(process.execPath, [CHILD, path], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env,
      detached: true,
    });
    running.add(child);
    let output = '';
    let result: FileResult | undefined;
    let verdict: string | undefined;
    let leaving: NodeJS.Timeout | undefined;
    const late = setTimeout(() => {
      verdict = `did not end within ${FILE_LIMIT / 1000} s and was stopped`;
      endGroup(child, 'SIGKILL');
    }, FILE_LIMIT);
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk));
    child.on('message', (message) => {
      if (!isFileResult(message)) return;
      result = message;
      leaving = setTimeout(() => {
        verdict = `left something open: its process was still alive ${LEAVE_LIMIT / 1000} s after its last test`;
        child.kill('SIGUSR2');
        leaving = setTimeout(() => endGroup(child, 'SIGKILL'), 2000);
      }, LEAVE_LIMIT);
    });
    const finish = async (code: number | null, signal: NodeJS.Signals | null, error?: Error) => {
      clearTimeout(late);
      clearTimeout(leaving);
      running.delete(child);
      const left = error ? [] : await findLeft(child);
      endGroup(child, 'SIGKILL');
      const ended = signal ?? `status ${code}`;
      if (error) verdict = `could not be started: ${error.message}`;
      else if (!verdict && !result) verdict = `ended early (${ended}) without telling what its tests did`;
      else if (!verdict && code !== 0) verdict = `ended with ${ended} after its tests had run`;
      else if (!verdict && left.length > 0) verdict = `left running: ${left.join('; ')}`;
      const base = result ?? { passed: 0, failed: 0, skipped: 0, problems: [] };
      const extra = verdict ? { failed: base.failed + 1, problems: [...base.problems, verdict] } : {};
      settle({ ...base, ...extra, file, output, ms: performance.now() - began });
    };
    child.once('error', (error) => void finish(null, null, error));
    // `exit`, not `close`: something the test left running may hold its output open for ever.
    child.once('exit', (code, signal) => void finish(code, signal));
  });
}

function show(outcome: Outcome): void {
  const { file, passed, failed, skipped, problems, output, ms } = outcome;
  const skips = skipped > 0 ? `, ${skipped} skipped` : '';
  const took = `(${(ms / 1000).toFixed(1)} s)`;
  if (failed === 0) {
    process.stdout.write(`✓ ${file}: ${passed} passed${skips} ${took}\n`);
    return;
  }
  process.stdout.write(`✗ ${file}: ${passed} passed, ${failed} failed${skips} ${took}\n`);
  for (const problem of problems) process.stdout.write(`  ${file} ${problem}\n`);
  process.stdout.write(`${output.trimEnd().replace(/^/gm, '    ')}\n\n`);
}

/**
 * With `ALBEDO_COVERAGE=FOLDER` the files that try the pure core write V8's coverage there; `scripts/coverage.ts` reads it. The
 * others start sandboxes and commands by the hundred, whose coverage would only be large. They take compiled code from the cache, which
 * halves their start; coverage is less exact with that (Node's documentation of `module`).
 */
function compiledFor(file: string): NodeJS.ProcessEnv {
  const folder = process.env['ALBEDO_COVERAGE'];
  if (folder !== undefined && /^(unit|property|golden)[\\/]/.test(file)) return { NODE_V8_COVERAGE: resolve(folder) };
  return { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(cacheFolder(), 'compiled') };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      jobs: { type: 'string', default: String(JOBS) },
      update: { type: 'boolean', default: false },
      root: { type: 'string', default: HERE },
    },
  });
  const root = resolve(values.root);
  const jobs = Math.max(1, Number.parseInt(values.jobs, 10) || 1);
  const wanted = positionals.map((part) => part.replace(/^\.\//, ''));
  const tests = findTests(root)
    .map((path) => ({ path, file: relative(process.cwd(), path) }))
    .filter(({ path, file }) => wanted.length === 0 || wanted.some((part) => file.includes(part) || path === resolve(part)));
  const unmatched = wanted.filter((part) => !tests.some(({ path, file }) => file.includes(part) || path === resolve(part)));
  for (const part of unmatched) process.stdout.write(`no test file matches ${part}\n`);
  if (tests.length === 0 && unmatched.length === 0) process.stdout.write(`there is no test file below ${root}\n`);

  const env: NodeJS.ProcessEnv = { ...process.env, ALBEDO_SEED: String(seed) };
  process.stdout.write(`seed ${seed} (ALBEDO_SEED=${seed} repeats this run)\n`);
  if (values.update) env['ALBEDO_UPDATE'] = '1';
  if (process.stdout.isTTY && !env['NO_COLOR']) env['FORCE_COLOR'] = '1';

  // Every other job begins at the end: the first folders mostly wait (for load, timeouts, machines that boot), the last ones compute.
  const queue = [...tests];
  const take = (job: number) => (job % 2 === 0 ? queue.shift() : queue.pop());
  const outcomes: Outcome[] = [];
  await Promise.all(
    Array.from({ length: Math.min(jobs, tests.length) }, async (_, job) => {
      for (let next = take(job); next !== undefined; next = take(job)) {
        const { path, file } = next;
        const outcome = await runInChild(path, file, { ...env, ...compiledFor(relative(root, path)) });
        outcomes.push(outcome);
        show(outcome);
      }
    }),
  );

  const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + count(outcome), 0);
  const passed = sum((outcome) => outcome.passed);
  const failed = sum((outcome) => outcome.failed) + unmatched.length + (tests.length === 0 && unmatched.length === 0 ? 1 : 0);
  const bad = outcomes.filter((outcome) => outcome.failed > 0).map((outcome) => outcome.file);
  const skipped = sum((outcome) => outcome.skipped);
  process.stdout.write('\n');
  if (bad.length > 0) process.stdout.write(`failed: ${bad.sort().join(' ')}\n`);
  if (skipped > 0) process.stdout.write(`skipped: ${skipped}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    for (const child of running) endGroup(child, signal);
    setTimeout(() => {
      for (const child of running) endGroup(child, 'SIGKILL');
      process.exit(status);
    }, 1500);
  });
}

process.exitCode = await main();
