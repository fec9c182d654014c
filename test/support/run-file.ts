/**
 * Runs the suites of one test file in a process of its own and tells `test/run.ts` what came of them.
 * uvu lets much pass unseen (a file without `.run()`, a left-in `.only`, a hook that throws); here each of these is a failure.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { seed } from './seed.ts';

export interface FileResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Failures that are no test's own: one sentence each. */
  readonly problems: readonly string[];
}

/** What uvu 0.5.6 answers for a suite: the failures as printed (`true` for none), tests passed, skipped, and wanted. */
type SuiteResult = readonly [errors: string | true, passed: number, skipped: number, total: number];
type QueuedSuite = () => Promise<SuiteResult>;

declare global {
  // uvu's own: a queue per file index, each led by the file's name, and "do not start by yourself".
  var UVU_QUEUE: [name: string | null, ...suites: QueuedSuite[]][];
  var UVU_DEFER: number;
}

const IN_CI = Boolean(process.env['CI']);

export async function runFile(path: string): Promise<FileResult> {
  fc.configureGlobal({ seed });
  globalThis.UVU_DEFER = 1;
  globalThis.UVU_QUEUE = [[null]];
  await import(pathToFileURL(path).href);
  const suites = globalThis.UVU_QUEUE.flatMap(([, ...queued]) => queued);
  const source = readFileSync(path, 'utf8');
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const problems: string[] = [];

  const made = source.match(/=\s*suite\s*[(<]/g)?.length ?? 0;
  if (suites.length === 0) problems.push('no suite was run: the file must end with `.run()` of each suite');
  else if (suites.length < made) problems.push(`${made} suites are made but only ${suites.length} run: a \`.run()\` is missing`);

  for (const suite of suites) {
    const [errors, ran, left, total] = await suite();
    if (typeof errors === 'string') process.stdout.write(`\n${errors}\n`);
    // A `before` or `after` hook that throws ends the suite early and uvu tells nobody.
    else if (ran < total) problems.push(`a before or after hook threw: ${total - ran} of ${total} tests did not run`);
    if (total === 0 && left === 0) problems.push('a suite was run that holds no test');
    passed += ran;
    failed += typeof errors === 'string' ? total - ran : 0;
    skipped += left;
  }

  if (skipped > 0 && /\.only\s*\(/.test(source)) problems.push(`\`.only\` was left in: ${skipped} tests did not run`);
  else if (skipped > 0 && IN_CI) problems.push(`${skipped} tests are skipped, which CI does not allow`);
  return { passed, failed: failed + problems.length, skipped, problems };
}

const [, self, file] = process.argv;
if (self && file && import.meta.url === pathToFileURL(self).href) {
  const result = await runFile(file);
  process.send?.(result);
  // What still keeps the process alive is told when the parent asks, after it has waited long enough.
  process.once('SIGUSR2', () => {
    process.stdout.write(`\nstill open: ${process.getActiveResourcesInfo().join(', ')}\n`, () => process.exit(70));
  });
  process.disconnect?.();
}
