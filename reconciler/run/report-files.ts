import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPORT_FILES } from '../report/formats.ts';
import type { Report } from '../report/report.ts';
import { writePlain } from './plain-file.ts';

/** Writes the report into a folder, which is made: a file for each format that has one, such as `report.json`. */
export function writeReport(folder: string, report: Report): void {
  for (const { file, format } of REPORT_FILES) writePlain(join(folder, file), format.render(report));
}

/** Does `work` with the folder of the report, or with one that is gone afterwards. */
export async function withFolder<T>(report: string | undefined, work: (folder: string) => Promise<T>): Promise<T> {
  if (report !== undefined) return work(report);
  const own = mkdtempSync(join(tmpdir(), 'albedo-load-'));
  try {
    return await work(own);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}
