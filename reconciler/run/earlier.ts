/** Reports of earlier runs, from files that somebody kept: each may be broken, or not of albedo at all. */

import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ReconcileError } from '../errors.ts';
import type { EarlierReport } from '../report/compare.ts';
import type { Report } from '../report/report.ts';
import { readPlainText } from './plain-file.ts';
import type { Emit } from './port.ts';

const NAME = 'report.json';
/** Of one report. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Folders below the one that was named. */
const DEPTH = 4;
/** What a folder of reports may hold; the newest are compared. */
const MOST_FILES = 500;

/**
 * The reports of files, and of folders every `report.json` in and below them. A file that is no report is left out with a warning; a path
 * that is not there is a mistake. Throws `SpecNotFound` for that one.
 */
export function readEarlier(paths: readonly string[], emit: Emit): EarlierReport[] {
  const files = paths.flatMap((path) => {
    if (!existsSync(path))
      throw new ReconcileError('SpecNotFound', `there is no ${path} to compare with`, {
        hint: `Name a ${NAME} of an earlier run, or a folder that holds some.`,
      });
    return lstatSync(path).isDirectory() ? reportsIn(path, DEPTH) : [path];
  });
  if (files.length > MOST_FILES)
    emit({ kind: 'warning', text: `there are ${files.length} earlier reports; only the first ${MOST_FILES} are read` });
  return files.slice(0, MOST_FILES).flatMap((file) => {
    try {
      return [{ file, report: asReport(JSON.parse(readPlainText(file, MOST_BYTES)) as unknown) }];
    } catch (thrown) {
      emit({
        kind: 'warning',
        text: `${file} is not a report that can be compared: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      });
      return [];
    }
  });
}

function reportsIn(folder: string, depth: number): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isFile()) return entry.name === NAME ? [path] : [];
      return entry.isDirectory() && depth > 0 ? reportsIn(path, depth - 1) : [];
    });
}

/** As far as it is compared, it is what it has to be; its figures are looked at one by one. */
function asReport(value: unknown): Report {
  const report = value as Partial<Report> | null;
  if (report === null || typeof report !== 'object' || report.version !== 1) throw new Error('it has no `version: 1`');
  const { stack, region, verdict, createdAt, load } = report;
  if (![stack, region, verdict].every((each) => typeof each === 'string')) throw new Error('it has no stack, region or verdict');
  if (typeof createdAt !== 'number' || !(Math.abs(createdAt) < 8.64e15)) throw new Error('it has no time');
  if (load !== null && (typeof load !== 'object' || typeof load.settings !== 'object' || load.settings === null))
    throw new Error('its load has no settings');
  return report as Report;
}
