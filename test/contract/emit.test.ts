/** `albedo emit testrun` by the real command, of a stack of the sandbox. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import { parseAllDocuments, stringify } from 'yaml';
import { findK6 } from '../../reconciler/load/find-k6.ts';
import { apply, contractSuite, tutorial, withAt } from '../support/contract-bench.ts';
import { makePlace, runCommand } from '../support/faults-cli.ts';
import { TESTRUN_SCHEMA, type TestRun } from '../support/operator.ts';

const t = contractSuite('emit');

t('a spec becomes a ConfigMap and a TestRun for the address of its load balancer, and nothing is sent', async (bench) => {
  const place = makePlace();
  try {
    const { command } = await findK6(process.env);
    const env = {
      ...{ AWS_ENDPOINT_URL: bench.sandbox.endpoint, AWS_ACCESS_KEY_ID: 'sandbox', AWS_SECRET_ACCESS_KEY: 'sandbox' },
      ...{ ALBEDO_HOSTS_FILE: bench.sandbox.hostsFile, ALBEDO_K6: command },
    };
    const spec = withAt(tutorial(), ['load'], { rate: '40/s', duration: '60s', path: '/status' });
    await apply(bench, spec);
    const file = place.file('stack.yaml', stringify(spec));
    const emit = (...args: string[]) => runCommand(place, ['emit', 'testrun', file, '--shards', '3', '--claim', 'points', ...args], env);

    const printed = await emit('--namespace', 'load');
    assert.is(printed.code, 0, printed.stderr);
    const [map, run] = parseAllDocuments(printed.stdout).map((each) => each.toJS() as TestRun & { binaryData: Record<string, string> });
    if (map === undefined || run === undefined) throw new Error(printed.stdout);
    const validate = new Ajv({ strict: false }).compile(TESTRUN_SCHEMA);
    assert.ok(validate(run), JSON.stringify(validate.errors));
    assert.equal([run.metadata.namespace, run.spec.parallelism, run.spec.separate], ['load', 3, undefined]);
    const dnsName = Object.keys(JSON.parse(readFileSync(bench.sandbox.hostsFile, 'utf8')) as object)[0]?.split(':')[0] ?? '';
    const archive = Buffer.from(map.binaryData['script.tar'] ?? '', 'base64').toString('latin1');
    assert.match(archive, `"ALBEDO_BASE_URL":"http://${dnsName}"`);
    assert.not.match(archive, 'sandbox', 'no credentials');

    const out = join(place.folder, 'testrun.yaml');
    const written = await emit('--out', out, '--separate');
    assert.equal([written.code, written.stdout], [0, '']);
    assert.match(readFileSync(out, 'utf8'), /^kind: TestRun$/m);

    const refused = await emit('--namespace', 'Not-A-Name', '--out', join(place.folder, 'no.yaml'));
    assert.is(refused.code, 1);
    assert.match(refused.stderr, 'Not-A-Name cannot be the name of a namespace in Kubernetes');
    assert.not.ok(existsSync(join(place.folder, 'no.yaml')));
    assert.match((await emit('--shards', '30')).stderr, '30 shards are too many for 40 requests per second');
  } finally {
    place.remove();
  }
});

t.run();
