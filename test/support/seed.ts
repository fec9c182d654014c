/**
 * The seed of everything in the tests that is drawn by chance. `test/run.ts` draws one for a whole run, prints it and hands it to
 * each file as `ALBEDO_SEED`; a file that runs alone draws its own. `ALBEDO_SEED=N` repeats a run.
 *
 * In CI the seed is the day (UTC), so that every run of a day judges a change by the same draws, and every day by others:
 * what a sample leaves out today is tried within the next days.
 */
export function drawSeed(environment: Readonly<Record<string, string | undefined>>, now: Date): number {
  const asked = environment['ALBEDO_SEED'];
  if (asked !== undefined && /^\d{1,15}$/.test(asked)) return Number(asked);
  if (asked !== undefined) throw new Error(`ALBEDO_SEED must be a whole number of at most 15 digits; it is ${JSON.stringify(asked)}`);
  if (environment['CI']) return Number(now.toISOString().slice(0, 10).replaceAll('-', ''));
  return Math.floor(Math.random() * 1e9);
}

export const seed: number = drawSeed(process.env, new Date());
