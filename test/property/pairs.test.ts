/** Whatever two valid specs are applied one after the other: the sandbox refuses no call, and the second plan is empty. */

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { readSpec } from '../../reconciler/config/read.ts';
import { fingerprintOf } from '../../reconciler/observe/x509.ts';
import { sha256 } from '../../reconciler/plan/digest.ts';
import { createAuthority } from '../support/certificate-authority.ts';
import { type Bench, contractSuite, converge, type Spec } from '../support/contract-bench.ts';
import { type GivenNetwork, givenCertificate, givenNetwork } from '../support/contract-given.ts';
import { SECRETS } from '../support/contract-wide-auth.ts';
import { type Drawn, drawnSpec, SPECS } from '../support/drawn.ts';

const TIMINGS = {
  loadBalancerProvisioning: 100,
  interfaceLinger: 100,
  certificateVisible: 100,
  certificateRelease: 100,
  trustStoreCreating: 200,
};
const t = contractSuite('property/pairs', { fresh: true, timings: TIMINGS });

/** Many when everything is run, as every night; more when something is doubted: `ALBEDO_RUNS=200`. `ALBEDO_SEED` repeats a run. */
const RUNS = Number(process.env['ALBEDO_RUNS'] ?? (process.env['ALBEDO_ALL'] === '1' ? 1000 : 3));
/** Milliseconds after which no further pair is begun: a file of tests has ten minutes. */
const ENOUGH = 480_000;
const SEED = process.env['ALBEDO_SEED'] === undefined ? {} : { seed: Number(process.env['ALBEDO_SEED']) };

const isValid = (spec: Spec): boolean =>
  readSpec(Buffer.from(stringify(spec)), 'pairs.yaml', { sha256, fingerprint: fingerprintOf }).problems.every(
    ({ severity }) => severity !== 'error',
  );

/** Codes that mean "not yet" at AWS too, right after something was made or let go. */
const EVENTUAL = /^(CertificateNotFound|TrustStoreNotReady|DeleteConflict|DependencyViolation|ResourceInUse|TrustStoreInUse)$/;

/** Calls that were refused, with the code. */
const refusalsOf = ({ sandbox }: Bench): readonly string[] =>
  sandbox
    .calls()
    .flatMap(({ action, status, code }) =>
      status < 400 || EVENTUAL.test(code ?? '') || /^(Describe|Get|List)/.test(action) ? [] : [`${action} ${code}`],
    );

async function world(bench: Bench): Promise<GivenNetwork> {
  const net = await givenNetwork(bench);
  for (const name of ['c1', 'c2']) await givenCertificate(bench, name);
  bench.sandbox.objects.put('trust', 't1.pem', (await createAuthority('ca')).pem);
  return net;
}

t('from any spec to any other, and to nothing', async (bench) => {
  Object.assign(process.env, SECRETS);
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(SPECS, SPECS, async (before: Drawn, after: Drawn) => {
      bench.sandbox.reset();
      const net = await world(bench);
      const specs = [drawnSpec(before, net), drawnSpec(after, net)] as const;
      fc.pre(specs.every(isValid));
      for (const spec of specs) await converge(bench, spec);
      await converge(bench, specs[1], 'destroy');
      assert.equal(refusalsOf(bench), []);
      tried++;
    }),
    // The first failure is told as it is: each try takes seconds, and a smaller one hundreds of tries.
    { numRuns: RUNS, endOnFailure: true, interruptAfterTimeLimit: ENOUGH, ...SEED },
  );
  process.stdout.write(`  ${tried} pairs\n`);
});

t.run();
