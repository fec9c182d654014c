/**
 * Thousands of random pairs of valid specs: from nothing to the first, from there to the second, from there to nothing. Every plan can be
 * made, the sandbox's own ELBv2 server refuses no call of it, and the account holds what the second spec alone would leave.
 * `pairs.test.ts` takes fewer of them through the whole of an apply.
 */

import fc from 'fast-check';
import { stringify } from 'yaml';
import { readSpec } from '../../reconciler/config/read.ts';
import type { Stack } from '../../reconciler/model/model.ts';
import { fingerprintOf } from '../../reconciler/observe/x509.ts';
import { createAuthority } from '../support/certificate-authority.ts';
import { SECRETS } from '../support/contract-wide-auth.ts';
import { failures } from '../support/converge.ts';
import { type Drawn, drawnSpec, SPECS } from '../support/drawn.ts';
import { createPairsWorld, NET } from '../support/pairs-world.ts';
import { sha256 } from '../support/stacks.ts';
import { suite } from '../support/suite.ts';

const t = suite('property/pairs-planned');
/** `ALBEDO_RUNS=10000` for more, `ALBEDO_SEED` repeats a run. */
const RUNS = Number(process.env['ALBEDO_RUNS'] ?? (process.env['ALBEDO_ALL'] === '1' ? 10_000 : 100));
const SEED = process.env['ALBEDO_SEED'] === undefined ? {} : { seed: Number(process.env['ALBEDO_SEED']) };
/** A file of tests has ten minutes. */
const ENOUGH = 480_000;

function stackOf(drawn: Drawn): Stack | undefined {
  const text = Buffer.from(stringify(drawnSpec(drawn, NET)));
  const { spec, problems } = readSpec(text, 'pairs.yaml', {
    sha256,
    fingerprint: fingerprintOf,
    env: (name) => (SECRETS as Readonly<Record<string, string>>)[name],
  });
  return problems.some(({ severity }) => severity === 'error') ? undefined : spec?.stack;
}

/** A difference, said in the words of the failure: fast-check shows no more of an error. */
function holds(what: string, found: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(found, null, 1), JSON.stringify(wanted, null, 1)];
  if (is === should) return;
  const lines = new Set(should.split('\n'));
  throw new Error(
    `${what}: ${is
      .split('\n')
      .filter((line) => !lines.has(line))
      .join(' ')
      .slice(0, 2000)} instead of ${should.slice(0, 2000)}`,
  );
}

t('from any spec to any other, and to nothing', async () => {
  const bundle = (await createAuthority('ca')).pem;
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(SPECS, SPECS, async (before, after) => {
      const [first, second] = [stackOf(before), stackOf(after)];
      fc.pre(first !== undefined && second !== undefined);
      const world = createPairsWorld(bundle);
      holds('steps of the first that failed', failures((await world.apply(first)).run), '');
      holds('steps that failed', failures((await world.apply(second)).run), '');
      const alone = createPairsWorld(bundle);
      holds('steps of the second alone that failed', failures((await alone.apply(second)).run), '');
      // Where a number stands beside an order, those without a number keep theirs, on whichever side of it they were.
      const ordered = new Set(Object.values(after.rules).map(({ priority }) => priority === undefined)).size < 2;
      holds('the account', world.holds(after.extra, ordered), alone.holds(after.extra, ordered));
      const empty = await world.apply(second);
      holds(
        'changes of the second plan',
        empty.plan.changes.map(({ verb, address, fields }) => `${verb} ${address} ${JSON.stringify(fields)}`),
        [],
      );
      holds('steps of the destroy that failed', failures((await world.apply(second, 'destroy')).run), '');
      holds('refused calls', [...world.refused, ...alone.refused], []);
      holds('the account after the destroy', world.holds(true), createPairsWorld(bundle).holds(true));
      tried++;
    }),
    { numRuns: RUNS, includeErrorInReport: true, interruptAfterTimeLimit: ENOUGH, ...SEED, ...(RUNS > 1000 ? { endOnFailure: true } : {}) },
  );
  process.stdout.write(`  ${tried} pairs\n`);
});

t.run();
