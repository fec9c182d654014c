import { EXIT, ReconcileError } from '../errors.ts';
import { preview } from '../pipeline.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { buildReport, type Report } from '../report/report.ts';
import { renderText } from '../report/text.ts';
import { verify } from '../verify.ts';
import { writeReport } from './report-files.ts';
import { forEachSpec } from './run.ts';
import { paletteFor, print, printJson, readHosts, type Shared } from './shell.ts';

/** Load and chaos on a live stack. What is live is loaded, also where it differs from the spec; the report says so. */
export async function verifyCommand(paths: readonly string[], flags: { readonly report: string }, shared: Shared): Promise<number> {
  const reports: Report[] = [];
  const hosts = readHosts();
  const exit = await forEachSpec(paths, shared, async ({ spec }, session) => {
    const started = session.clock.now();
    const { plan, observation } = await preview(spec, session);
    if (plan.changes.length > 0)
      session.emit({
        kind: 'warning',
        text: `${spec.stack.name} is live otherwise than the spec says: ${plan.changes.length} differences (albedo drift shows them)`,
      });
    const verified = await verify(spec, observation, session, { outDir: flags.report, hosts });
    const report = buildReport({
      stack: spec.stack.name,
      account: plan.account,
      region: spec.stack.region,
      createdAt: session.clock.now(),
      load: verified.load,
      victim: verified.victim,
      probes: verified.probes,
      calls: session.cloud.count(),
      timings: [{ name: 'verify', ms: session.clock.now() - started }],
    });
    reports.push(report);
    writeReport(flags.report, report);
    if (shared.format === 'text') print(renderText(report, paletteFor(shared)));
    if (shared.format === 'markdown') print(renderMarkdown(report));
    if (session.signal.aborted)
      throw new ReconcileError('Interrupted', `${spec.stack.name}: the load test was cut short, and what it says is of no use`);
    return exitOfReport(report);
  });
  if (shared.format === 'json') printJson({ version: 1, results: reports });
  return exit;
}

export function exitOfReport(report: Report): number {
  switch (report.verdict) {
    case 'missed':
      return EXIT.objectiveMissed;
    case 'inconclusive':
      return EXIT.inconclusive;
    case 'failed':
      return EXIT.error;
    default:
      return EXIT.ok;
  }
}
