import { join } from 'node:path';
import { writePlain } from '../plain-file.ts';
import { renderHtml } from '../report/html.ts';
import { renderMarkdown } from '../report/markdown.ts';
import type { Report } from '../report/report.ts';

/** Writes `report.json`, `report.md` and `report.html` into a folder, which is made. */
export function writeReport(folder: string, report: Report): void {
  writePlain(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writePlain(join(folder, 'report.md'), renderMarkdown(report));
  writePlain(join(folder, 'report.html'), renderHtml(report));
}
