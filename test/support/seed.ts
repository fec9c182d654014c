/**
 * The seed of everything in the tests that is drawn by chance: `ALBEDO_SEED`; in CI always the same, so that a change is judged by
 * what it changes; else undefined, and every run draws anew and prints what it drew.
 */
export const fixedSeed: number | undefined =
  process.env['ALBEDO_SEED'] !== undefined ? Number(process.env['ALBEDO_SEED']) : process.env['CI'] ? 20_261_122 : undefined;
