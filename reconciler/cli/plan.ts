import { rmSync, writeFileSync } from 'node:fs';
import { widen } from '../model/policy.ts';
import { refusalText } from '../report/format.ts';
import { renderPlan } from '../report/text.ts';
import { previewOf } from '../run/outcome.ts';
import type { Preview } from '../run/pipeline.ts';
import { policyOf } from './consent.ts';
import type { PlanFlags } from './flags.ts';
import { stackWithoutFile } from './named-stack.ts';
import { conduct } from './run.ts';
import { paletteFor, print, type Shared } from './shell.ts';

/** Reads, compares, shows. Exit 2 if something differs, 4 if the guard would refuse to apply it. */
export async function planCommand(paths: readonly string[], flags: PlanFlags, shared: Shared): Promise<number> {
  const { out } = flags;
  const given = await stackWithoutFile(flags, flags.destroy === true);
  return conduct({
    ...{ command: 'plan', paths, shared, given, changedSince: flags.changedSince, inOrder: true },
    tellsOrphans: flags.destroy !== true,
    work: () => ({ mode: flags.destroy === true ? 'destroy' : 'apply', policyOf: ({ policy }) => widen(policy, policyOf(flags)) }),
    show: (outcome) => {
      const previewed = previewOf(outcome);
      if (previewed !== undefined) showPlan(previewed, shared);
    },
    // Refusals of the guard are printed below the plan.
    toldBy: ({ kind, report }) => kind === 'refused' && report.refusals.length > 0,
    after: async (outcomes, specs, beside) => {
      if (out === undefined) return;
      const [only] = outcomes;
      const plan = only === undefined ? undefined : previewOf(only)?.plan;
      if (outcomes.length !== 1) {
        const { documentOf } = await import('../run/document.ts');
        writeFileSync(out, `${JSON.stringify(documentOf('plan', outcomes, specs, beside), null, 2)}\n`);
      } else if (plan !== undefined) writeFileSync(out, `${JSON.stringify(plan, null, 2)}\n`);
      // An old file must not be mistaken for the new plan.
      else rmSync(out, { force: true });
    },
  });
}

/** Prints the plan and the refusals of the guard on standard output. */
export function showPlan(previewed: Preview, shared: Shared): void {
  const palette = paletteFor(shared);
  print(renderPlan(previewed.plan, previewed.plan, palette));
  for (const refusal of previewed.refusals) print(`  ${palette.bad('✘')} ${refusalText(refusal)}`);
}
