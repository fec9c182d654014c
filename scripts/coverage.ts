/**
 * Branch coverage of the pure core, folder by folder, held against `scripts/coverage/floors.json`: no folder may fall below its
 * floor. `npm run coverage` runs the tests that count and then this; `.ci/run` lets the tests write to the same folder.
 *
 *   node scripts/coverage.ts FOLDER [--update]
 *
 * FOLDER holds what V8 wrote (`ALBEDO_COVERAGE=FOLDER npm test`). `--update` raises the floors to what was measured. A floor is half
 * a point below the measured figure, since a part of the tests is drawn by a seed that changes daily.
 * A file that no test loads counts as uncovered. Exit status 1 when a folder is below its floor.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const FLOORS = join(ROOT, 'scripts/coverage/floors.json');
const SLACK = 0.5;

interface Count {
  readonly covered: number;
  readonly total: number;
}

/** Branches by the first folder below `reconciler/`. */
function branchesByFolder(coverage: string): ReadonlyMap<string, Count> {
  const reports = mkdtempSync(join(tmpdir(), 'albedo-coverage-'));
  try {
    const c8 = join(ROOT, 'node_modules/c8/bin/c8.js');
    const which = ['--all', '--src', 'reconciler', '--include', 'reconciler/**/*.ts', '--exclude-after-remap'];
    const report = ['report', '--temp-directory', coverage, ...which, '--reporter', 'json-summary', '--reports-dir', reports];
    execFileSync(process.execPath, [c8, ...report], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    const summary = JSON.parse(readFileSync(join(reports, 'coverage-summary.json'), 'utf8')) as Record<string, { branches: Count }>;
    const sums = new Map<string, Count>();
    for (const [file, { branches }] of Object.entries(summary)) {
      if (file === 'total') continue;
      const folder = relative(ROOT, file).split(/[\\/]/)[1] ?? '';
      const before = sums.get(folder) ?? { covered: 0, total: 0 };
      sums.set(folder, { covered: before.covered + branches.covered, total: before.total + branches.total });
    }
    return sums;
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { update: { type: 'boolean', default: false } } });
const [folder] = positionals;
if (folder === undefined) throw new Error('name the folder that ALBEDO_COVERAGE named');

const floors = JSON.parse(readFileSync(FLOORS, 'utf8')) as Record<string, number>;
const measured = branchesByFolder(folder);
const next: Record<string, number> = {};
for (const [name, floor] of Object.entries(floors)) {
  const count = measured.get(name);
  const percent = count === undefined || count.total === 0 ? 0 : (100 * count.covered) / count.total;
  next[name] = Math.max(values.update ? 0 : floor, Math.floor((percent - SLACK) * 10) / 10);
  const low = percent < floor && !values.update;
  if (low) process.exitCode = 1;
  process.stdout.write(
    `${low ? '✗' : '✓'} ${name.padEnd(10)} ${percent.toFixed(1)} % of ${count?.total ?? 0} branches, floor ${floor.toFixed(1)} %\n`,
  );
}
if (values.update) writeFileSync(FLOORS, `${JSON.stringify(next, null, 2)}\n`);
