/** Long enumerations, of which the quick run takes a share: `npm run test:all` (ALBEDO_ALL=1) takes everything. */

import { seed } from './seed.ts';

/** One of `of`, or all of them when everything is to be run. Which ones depends on the seed alone (`seed.ts`). */
export function sampled<Item>(items: readonly Item[], of: number): readonly Item[] {
  if (process.env['ALBEDO_ALL'] === '1') return items;
  const first = seed % of;
  process.stdout.write(
    `  every ${of}th of ${items.length} from number ${first + 1} on; ALBEDO_ALL=1 runs all, ALBEDO_SEED=${first} these\n`,
  );
  return items.filter((_, index) => index % of === first);
}
