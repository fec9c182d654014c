import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderHtml } from '../report/html.ts';
import { renderMarkdown } from '../report/markdown.ts';
import type { Report } from '../report/report.ts';
import { writePlain } from './plain-file.ts';

/** Writes `report.json`, `report.md` and `report.html` into a folder, which is made. */
export function writeReport(folder: string, report: Report): void {
  writePlain(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writePlain(join(folder, 'report.md'), renderMarkdown(report));
  writePlain(join(folder, 'report.html'), renderHtml(report));
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
