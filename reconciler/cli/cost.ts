import { EXIT } from '../errors.ts';
import { costOf, costText, costUnderLoad } from '../report/cost.ts';
import { headOf } from '../run/document.ts';
import { readEarlier } from '../run/earlier.ts';
import { readSpecs } from '../run/specs.ts';
import { print, printJson, progressFor, type Shared } from './shell.ts';

export interface CostFlags {
  readonly report?: readonly string[];
}

/** Monthly cost of stacks without traffic, and under the load of the named reports. Calls nothing: the program has a table of prices. */
export async function costCommand(paths: readonly string[], flags: CostFlags, shared: Shared): Promise<number> {
  const progress = await progressFor(shared);
  try {
    const { specs } = await readSpecs(paths, process.env);
    const reports = readEarlier(flags.report ?? [], progress.emit);
    const stacks = specs.map(({ spec }) => costUnderLoad(costOf(spec.stack), spec.stack, reports));
    if (reports.length > 0)
      for (const { stack, region } of stacks.filter(({ underLoad }) => underLoad === undefined))
        progress.emit({ kind: 'warning', text: `no report has a load test of ${stack} in ${region} that shows how many bytes were sent` });
    if (shared.format.prints === 'document') printJson({ ...headOf('cost', EXIT.ok), stacks });
    else print(stacks.map(costText).join('\n\n'));
    return EXIT.ok;
  } finally {
    progress.stop();
  }
}
