import { EXIT } from '../errors.ts';
import { costOf, costText } from '../report/cost.ts';
import { headOf } from '../run/document.ts';
import { readSpecs } from '../run/specs.ts';
import { print, printJson, type Shared } from './shell.ts';

/** What stacks cost a month before any traffic. Calls nothing: the prices are a table of the program. */
export async function costCommand(paths: readonly string[], shared: Shared): Promise<number> {
  const { specs } = await readSpecs(paths, process.env);
  const stacks = specs.map(({ spec }) => costOf(spec.stack));
  if (shared.format.prints === 'document') printJson({ ...headOf('cost', EXIT.ok), stacks });
  else print(stacks.map(costText).join('\n\n'));
  return EXIT.ok;
}
