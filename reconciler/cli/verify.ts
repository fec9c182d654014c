import { prove } from '../prove.ts';
import { renderMarkdown } from '../report/markdown.ts';
import type { Report } from '../report/report.ts';
import { renderText } from '../report/text.ts';
import { writeReport } from '../report-files.ts';
import { exitOfReport } from '../settle.ts';
import { readHosts } from '../verify-target.ts';
import { forEachSpec } from './run.ts';
import { paletteFor, print, printJson, type Shared } from './shell.ts';

/** Load and chaos on a live stack. */
export async function verifyCommand(paths: readonly string[], flags: { readonly report: string }, shared: Shared): Promise<number> {
  const reports: Report[] = [];
  const hosts = readHosts();
  const exit = await forEachSpec(paths, shared, async ({ spec }, session) => {
    const report = await prove(spec, session, { outDir: flags.report, hosts }, (report) => {
      reports.push(report);
      writeReport(flags.report, report);
      if (shared.format === 'text') print(renderText(report, paletteFor(shared)));
      if (shared.format === 'markdown') print(renderMarkdown(report));
    });
    return exitOfReport(report);
  });
  if (shared.format === 'json') printJson({ version: 1, results: reports });
  return exit;
}
