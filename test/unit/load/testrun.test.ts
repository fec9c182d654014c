/** A load as a TestRun of the k6 operator: of its form, and sent by real k6 processes as the operator starts them. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { jobOf } from '../../../reconciler/load/cluster/job.ts';
import { configMapOf, K6_IMAGE, requireImage, requireName } from '../../../reconciler/load/cluster/names.ts';
import { podsAsked } from '../../../reconciler/load/cluster/pod-template.ts';
import { testRunOf, testRunOptions } from '../../../reconciler/load/cluster/testrun.ts';
import { findK6 } from '../../../reconciler/load/find-k6.ts';
import { scriptVariables } from '../../../reconciler/load/k6-command.ts';
import { openForElsewhere } from '../../../reconciler/load/open-script.ts';
import { readPoints } from '../../../reconciler/load/points.ts';
import { shardsOf } from '../../../reconciler/load/shards.ts';
import type { LoadSettings, VerifyTarget } from '../../../reconciler/load/types.ts';
import type { LoadPods } from '../../../reconciler/model/load-pods.ts';
import { K6_VERSION } from '../../../scripts/setup/places.mjs';
import { archiveArguments, initializerLine, runnerArguments, TESTRUN_SCHEMA, type TestRun } from '../../support/operator.ts';
import { suite } from '../../support/suite.ts';

const t = suite('TestRun', { folder: '', port: 0, asked: [] as string[], server: undefined as Server | undefined });

t.before(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'albedo-testrun-'));
  context.server = createServer((request, response) => {
    context.asked.push(`${request.headers.host}${decodeURI(request.url ?? '')}`);
    response.end('hello  to you');
  });
  await new Promise<void>((done) => context.server?.listen(0, '127.0.0.1', done));
  context.port = (context.server.address() as AddressInfo).port;
});
t.after(({ folder, server }) => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

// A text that a shell and a split at spaces would tear apart.
const PATH = "/a?b=$(id)&c='";
const settings: LoadSettings = {
  ...{ script: 'k6/load.ts', rate: 40, duration: 2, path: '/', timeout: 2 },
  paths: [{ path: PATH, weight: 1, body: 'hello  to you' }],
};
const SHARDS = 3;

async function emitted(
  port: number,
  more: { readonly most?: number; readonly namespace?: string; readonly pods?: LoadPods } = {},
): Promise<{ map: TestRunMap; run: TestRun }> {
  const target: VerifyTarget = {
    ...{ stack: 'shop', dnsName: 'shop.example', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [] },
    hosts: { 'shop.example:80': `127.0.0.1:${port}` },
  };
  const shards = shardsOf(SHARDS, settings, more.most);
  const { script, told, k6 } = await openForElsewhere({ target, settings, shards, environment: process.env, emit: () => undefined });
  const [map, run] = testRunOf({
    ...{ stack: 'shop', shards, pods: podsAsked(more.pods), version: k6.version, claim: 'points', separate: true },
    archive: script.archive(testRunOptions(script.options, target.hosts, shards), scriptVariables(told)),
    ...{ dnsName: target.dnsName, mapped: true },
    ...(more.namespace === undefined ? {} : { namespace: more.namespace }),
  });
  return { map: map as unknown as TestRunMap, run: run as unknown as TestRun };
}
interface TestRunMap {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly binaryData: Readonly<Record<string, string>>;
}

/** Puts the script where the operator mounts it, and the points where the claim would be. */
function mounted(folder: string, { map, run }: { map: TestRunMap; run: TestRun }, index: number): string[] {
  for (const [name, data] of Object.entries(map.binaryData)) writeFileSync(join(folder, name), Buffer.from(data, 'base64'));
  return runnerArguments(run, index, folder).map((word) => word.replace('/points/', `${folder}/${index}-`));
}

const validate = new Ajv({ strict: false }).compile(TESTRUN_SCHEMA);

t('it has the fields of a TestRun and no others', async ({ port }) => {
  const { map, run } = await emitted(port, { namespace: 'load' });
  assert.ok(validate(run), JSON.stringify(validate.errors));
  assert.equal([map.metadata.namespace, run.metadata.namespace], ['load', 'load']);
  assert.is(run.spec.script.configMap.name, map.metadata.name);
  assert.ok(Object.hasOwn(map.binaryData, run.spec.script.configMap.file));
  assert.is(run.spec.parallelism, SHARDS);
  assert.is(run.spec.separate, true);
  assert.not.ok(validate({ ...run, spec: { ...run.spec, paralelism: 3 } }), 'a misspelt key');
  assert.not.ok(validate({ ...run, spec: { ...run.spec, quiet: true } }), 'a boolean where the operator wants a string');
});

t('its pods are those of environment.yaml, as the Job’s are', async ({ port }) => {
  const plain = await emitted(port);
  const { run } = await emitted(port, { pods: PODS });
  assert.ok(validate(run), JSON.stringify(validate.errors));
  const { template } = jobOf({
    ...{ name: 'x', stack: 'shop', pods: podsAsked(PODS), shards: shardsOf(SHARDS, settings), dnsName: 'a', mostMs: 60_000 },
    told: { baseUrl: 'http://a', hosts: {}, settings, redirects: 0, machines: 1 },
  })['spec'] as { readonly template: { readonly metadata: Pod['metadata']; readonly spec: Pod & { readonly containers: readonly Pod[] } } };
  for (const pod of [run.spec['runner'], run.spec['initializer'], { ...template.spec.containers[0], ...template }] as Pod[]) {
    const { image, resources, metadata } = pod;
    const of = pod.spec ?? pod;
    for (const key of ['serviceAccountName', 'nodeSelector', 'tolerations', 'imagePullSecrets', 'priorityClassName'] as const)
      assert.equal(of[key], PODS[key], key);
    assert.is(image, PODS.image);
    assert.equal(resources, { requests: { cpu: '2', memory: '256Mi', 'ephemeral-storage': '256Mi' }, limits: { memory: '1Gi' } });
    assert.equal([metadata.labels['example.com/team'], metadata.labels['albedo/stack']], ['shop', 'shop']);
    assert.equal(metadata.annotations, PODS.annotations);
    assert.is(String(of['automountServiceAccountToken']), 'false', 'no token, whatever the account');
  }
  const { image, resources } = plain.run.spec['runner'] as Pod;
  assert.equal([image, resources], [K6_IMAGE, { requests: { cpu: '500m', memory: '256Mi', 'ephemeral-storage': '256Mi' } }]);
  assert.is(podsAsked(PODS, 'other/k6:2').image, 'other/k6:2', 'who runs the command has the last word');
});
const PODS: LoadPods = {
  ...{ image: 'registry.example.com/k6:2.2.0', serviceAccountName: 'load', nodeSelector: { pool: 'load' }, priorityClassName: 'low' },
  tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'load', effect: 'NoSchedule' }],
  resources: { requests: { cpu: '2' }, limits: { memory: '1Gi' } },
  ...{
    labels: { 'example.com/team': 'shop' },
    annotations: { 'sidecar.istio.io/inject': 'false' },
    imagePullSecrets: [{ name: 'registry' }],
  },
};
type Pod = Readonly<Record<string, unknown>> & {
  readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly annotations?: object };
  readonly spec?: Readonly<Record<string, unknown>>;
};

const crd = process.env['ALBEDO_TESTRUN_CRD'];
if (crd === undefined)
  t('skipped: ALBEDO_TESTRUN_CRD names no file with the CRD of the k6 operator', () => assert.is(process.env['ALBEDO_TESTRUN_CRD'], crd));
else
  t('the operator’s own schema takes it', async ({ port }) => {
    const { versions } = (parse(readFileSync(crd ?? '', 'utf8')) as Crd).spec;
    const schema = versions.find(({ name }) => name === 'v1alpha1')?.schema.openAPIV3Schema;
    const check = new Ajv({ strict: false, formats: { int32: true, int64: true, 'date-time': true } }).compile(closed(schema));
    const { run } = await emitted(port);
    assert.ok(check(run), JSON.stringify(check.errors));
    assert.not.ok(check({ ...run, spec: { ...run.spec, runner: { volumes: [{ nam: 'x' }] } } }), 'the schema refuses something');
  });
interface Crd {
  readonly spec: { readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: object } }[] };
}
/** An API server drops what a schema does not name; here it is an error. */
function closed(schema: unknown): object {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema as never;
  const all = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in all && !('additionalProperties' in all) && Object.keys(all['properties'] as object).length > 0
    ? { ...all, additionalProperties: 'metadata' in (all['properties'] as object) && 'spec' in (all['properties'] as object) }
    : all;
}

t('sent by the runners, it is the whole load once, with the settings of the spec', async (context) => {
  const { folder, port } = context;
  const made = await emitted(port);
  const { command } = await findK6(process.env);
  context.asked.length = 0;
  const runners = Array.from({ length: SHARDS }, (_, at) => mounted(folder, made, at + 1));
  await Promise.all(
    runners.map(
      (args) =>
        new Promise<void>((done, fail) =>
          execFile(command, args, { env: { HOME: folder, AWS_SECRET_ACCESS_KEY: 'secret' }, cwd: folder }, (error, _, stderr) =>
            error === null ? done() : fail(new Error(stderr)),
          ),
        ),
    ),
  );
  assert.ok(Math.abs(context.asked.length - 80) <= 1, `${context.asked.length} of 80`);
  assert.equal([...new Set(context.asked)], [`shop.example${PATH}`]);
  const points = readPoints();
  for (let index = 1; index <= SHARDS; index++)
    points.file().push(gunzipSync(readFileSync(join(folder, `${index}-points.csv.gz`))).toString());
  const { samples } = points.end();
  assert.is(samples.length, context.asked.length, 'each request is a point');
  assert.ok(
    [...samples].every(({ ok }) => ok),
    'the text that the spec expects is there, with its spaces',
  );
});

t('the initializer’s line of shell is understood, and k6 says what it needs', async ({ folder, port }) => {
  const made = await emitted(port);
  mounted(folder, made, 1);
  const { command } = await findK6(process.env);
  assert.ok(archiveArguments(made.run).length > 0);
  const said = execFileSync('sh', ['-c', initializerLine(made.run, command, folder, folder)], { encoding: 'utf8', stdio: 'pipe' });
  const needs = JSON.parse(said.slice(said.indexOf('{'))) as { readonly maxVUs: number; readonly totalDuration: string };
  assert.ok(needs.maxVUs >= SHARDS, 'the operator refuses fewer users than runners');
});

t('the bound of the policy is divided, and addresses stay closed', () => {
  const shards = shardsOf(3, settings, 31);
  const options = testRunOptions({ blacklistIPs: ['10.0.0.0/8'] }, {}, shards);
  assert.is(options['rps'], 10);
  assert.equal((options['blacklistIPs'] as string[]).slice(0, 2), ['10.0.0.0/8', '0.0.0.0/8']);
  assert.ok((options['blacklistIPs'] as string[]).includes('127.0.0.0/8'));
  assert.is(testRunOptions({ rps: 4 }, {}, shards)['rps'], 4, 'less than the bound is the script’s own');
  assert.not.ok('rps' in testRunOptions({}, {}, shardsOf(3, settings)));
  const load = { executor: 'constant-arrival-rate', maxVUs: 10 };
  assert.equal(testRunOptions({ scenarios: { load } }, {}, shards)['scenarios'], { load: { ...load, maxVUs: 12 } }, 'and so are users');
});

t('what does not fit a cluster is refused', () => {
  const refused = (act: () => unknown): string => {
    try {
      act();
    } catch (thrown) {
      return thrown instanceof ReconcileError ? thrown.message : String(thrown);
    }
    return 'nothing was thrown';
  };
  assert.match(
    refused(() => configMapOf({}, { a: new Uint8Array(1024 * 1024 + 1) })),
    'has 1025 KiB, but a ConfigMap holds at most 1024 KiB',
  );
  assert.is(
    refused(() => configMapOf({}, { a: new Uint8Array(1024 * 1024) })),
    'nothing was thrown',
  );
  for (const name of ['A', 'a_b', '-a', 'a-', '', 'a'.repeat(53)])
    assert.match(
      refused(() => requireName('PersistentVolumeClaim', name)),
      'cannot be the name of a PersistentVolumeClaim in Kubernetes',
    );
  for (const name of ['a', 'load-points', 'a'.repeat(52)]) requireName('PersistentVolumeClaim', name);
  for (const image of ['--privileged', 'a b', ''])
    assert.match(
      refused(() => requireImage(image)),
      'is not the name of an image',
    );
  for (const image of [K6_IMAGE, 'localhost:5000/k6@sha256:abc']) requireImage(image);
});

t('the image has the k6 that set-up brings', () => {
  assert.is(K6_IMAGE, `grafana/k6:${K6_VERSION.slice(1)}`);
});

t.run();
