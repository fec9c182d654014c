import { writeFileSync } from 'node:fs';
import { EXIT } from '../errors.ts';
import { widen } from '../model/policy.ts';
import { refusalText } from '../report/format.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { buildReport } from '../report/report.ts';
import { renderPlan } from '../report/text.ts';
import { type Preview, preview } from '../run/pipeline.ts';
import { policyOf } from './consent.ts';
import type { PlanFlags } from './main.ts';
import { forEachSpec } from './run.ts';
import { paletteFor, print, printJson, type Shared } from './shell.ts';

/** Reads, compares, shows. Exit 2 when something differs, 4 when guard would refuse to apply it. */
export async function planCommand(paths: readonly string[], flags: PlanFlags, shared: Shared): Promise<number> {
  const results: Preview[] = [];
  const exit = await forEachSpec(paths, shared, async ({ spec, policy }, session) => {
    const previewed = await preview(spec, session, widen(policy, policyOf(flags)), flags.destroy ? 'destroy' : 'apply');
    results.push(previewed);
    if (shared.format === 'text') showPlan(previewed, shared);
    if (shared.format === 'markdown')
      print(
        renderMarkdown(
          buildReport({
            stack: spec.stack.name,
            account: previewed.plan.account,
            region: spec.stack.region,
            createdAt: session.clock.now(),
            plan: previewed.plan,
            refusals: previewed.refusals,
          }),
        ),
      );
    if (flags.out !== undefined) writeFileSync(flags.out, `${JSON.stringify(previewed.plan, null, 2)}\n`);
    if (previewed.refusals.length > 0) return EXIT.guardRefused;
    return previewed.plan.changes.length > 0 ? EXIT.changes : EXIT.ok;
  });
  if (shared.format === 'json') printJson({ version: 1, results: results.map(({ plan, refusals }) => ({ plan, refusals })) });
  return exit;
}

/** The plan and what guard says of it, on standard output. */
export function showPlan(previewed: Preview, shared: Shared): void {
  const palette = paletteFor(shared);
  print(renderPlan(previewed.plan, previewed.plan, palette));
  for (const refusal of previewed.refusals) print(`  ${palette.bad('✘')} ${refusalText(refusal)}`);
}
