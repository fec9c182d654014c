/** Every example of the docs, and every environment, as a user runs it: applied, planned again (nothing to do), destroyed. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseAllDocuments } from 'yaml';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { createAuthority } from '../support/certificate-authority.ts';
import { addTomorrow } from '../support/contract-wide.ts';
import { makePlace, type Place, runCommand } from '../support/faults-cli.ts';
import { suite } from '../support/suite.ts';

const ROOT = join(import.meta.dirname, '../..');
const t = suite<{ sandbox: Sandbox; healthy: NodeJS.Timeout; place: Place; env: Record<string, string> }>('examples, applied');

/** Every YAML file below the folder that says a stack. */
const stacksIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join(ROOT, folder, name))
    .filter((file) => typeof parseAllDocuments(readFileSync(file, 'utf8'))[0]?.get('stack') === 'string');

// Those of the promotion are for accounts of their own, and have a story of their own.
const files = [...stacksIn('docs/examples').filter((file) => !file.includes('/promotion/')), ...stacksIn('environments')];

t.before(async (context) => {
  // The wide example says an attribute that AWS has and no field knows.
  addTomorrow();
  const sandbox = await startSandbox({
    dataplane: false,
    timings: {
      loadBalancerProvisioning: 100,
      instancePending: 100,
      instanceStopping: 100,
      interfaceLinger: 100,
      certificateVisible: 0,
      certificateRelease: 0,
    },
  });
  // Nobody serves at the addresses that an example names: every target is healthy as soon as it is registered.
  const healthy = setInterval(() => {
    for (const { arn, targets } of sandbox.elbv2.targetGroups())
      for (const { id, port } of targets) sandbox.elbv2.reportHealth(arn, id, port, { state: 'healthy' });
  }, 200);
  const env = {
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    ALBEDO_SECRET_REPORTS_OIDC: 'only for this test',
  };
  Object.assign(context, { sandbox, healthy, place: makePlace(), env });
});
t.before.each(({ sandbox }) => sandbox.reset());
t.after(async ({ sandbox, healthy, place }) => {
  clearInterval(healthy);
  place.remove();
  await sandbox.stop();
});

t('there are examples, and the environment of the tutorial', () => {
  assert.ok(files.some((file) => file.endsWith('wide.yaml')));
  assert.ok(files.some((file) => file.endsWith('webserver.yaml')));
});

for (const file of files) {
  const name = file.slice(ROOT.length + 1);
  t(`${name}: apply, empty plan, destroy`, async ({ sandbox, place, env }) => {
    // What lies in a bucket decides the version that a spec names; its policy is the account's.
    const authority = await createAuthority('Partners');
    const version = sandbox.objects.put('wide-trust', 'partners/ca.pem', authority.pem);
    sandbox.objects.put('wide-trust', 'partners/revoked.crl', await authority.crl(1));
    const text = readFileSync(file, 'utf8').replace(/(partners\/ca\.pem, version: )"3"/, `$1"${version}"`);
    const spec = place.file(basename(file), text);
    const run = async (args: readonly string[], code: number): Promise<string> => {
      const ended = await runCommand(place, args, env);
      assert.is(ended.code, code, `albedo ${args.join(' ')}:\n${ended.stdout.slice(-4000)}${ended.stderr.slice(-4000)}`);
      return ended.stdout;
    };
    await run(['apply', spec], 0);
    await run(['plan', spec], 0);
    // Deletion protection is taken off before anything can be destroyed.
    const open = text.replace('deletionProtection: true', 'deletionProtection: false');
    if (open !== text) await run(['apply', place.file(basename(file), open)], 0);
    await run(['destroy', spec, '--yes'], 0);
    assert.equal(
      Object.entries(sandbox.census()).filter(([, count]) => count > 0),
      [],
      'left in the account',
    );
  });
}

t.run();
