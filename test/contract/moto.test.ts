/**
 * The same reconciler on raw moto, a second opinion that knows nothing of the sandbox. What moto cannot is left out by name, with
 * the reason; everything else must converge there as well.
 */
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { hashing, openSession, preview, reconcile } from '../../reconciler/pipeline.ts';
import { readSpec } from '../../reconciler/spec/read.ts';
import { type Leashed, spawnLeashed } from '../../sandbox/leash.ts';
import { findPython } from '../../sandbox/tools.ts';
import { type Spec, tutorial } from '../support/contract-bench.ts';

const SERVER = fileURLToPath(new URL('../../sandbox/python/moto_server.py', import.meta.url));

/** What raw moto 5.2.5 gets wrong, so that it is not asked there. */
const SKIPPED: readonly { readonly what: string; readonly reason: string }[] = [
  {
    what: 'certificates and HTTPS listeners',
    reason: 'tags of server certificates are dropped, and TagServerCertificate answers HTTP 500',
  },
  { what: 'loadBalancer.crossZone', reason: 'a new Application Load Balancer shows false, where AWS shows true' },
  { what: 'rules that swap priorities', reason: 'SetRulePriorities refuses a swap with PriorityInUse' },
  { what: 'destroy', reason: 'every trust store operation answers HTTP 500' },
];

const t = suite<{ moto: Leashed }>('contract: raw moto');

t.before(async (context) => {
  const port = await new Promise<string>((resolve, reject) => {
    context.moto = spawnLeashed(findPython(), [SERVER], { env: {}, onStdout: resolve, onStderr: () => undefined });
    context.moto.exited.then(() => reject(new Error('moto ended at once')));
  });
  Object.assign(process.env, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, AWS_ACCESS_KEY_ID: 'moto', AWS_SECRET_ACCESS_KEY: 'moto' });
});
t.after(async ({ moto }) => moto.stop());

/** The tutorial without what moto cannot. */
function base(): Spec {
  const { certificates: _certificates, listeners, ...rest } = tutorial();
  const { http } = listeners as { readonly http: Spec };
  return { ...rest, ignore: ['loadBalancer.crossZone'], listeners: { http } };
}

/** Plans, applies and plans again; answers `address field` of every change, and fails when the second plan is not empty. */
async function converge(spec: Spec): Promise<readonly string[]> {
  const read = readSpec(Buffer.from(stringify(spec)), 'moto.yaml', hashing);
  assert.ok(read.spec !== undefined, JSON.stringify(read.problems));
  const session = openSession('us-east-1');
  const first = await preview(read.spec, session);
  const done = await reconcile(read.spec, first, session);
  assert.equal(done.run?.steps.filter((step) => step.outcome !== 'done') ?? [], []);
  assert.equal(done.check?.changes ?? [], [], 'the second plan');
  return first.plan.changes.flatMap((change) =>
    change.verb === 'create' ? [`create ${change.address}`] : change.fields.map((field) => `${change.address} ${field.field}`),
  );
}

const put = (spec: Spec, path: string, value: Spec[string]): Spec => {
  const [head = '', ...rest] = path.split('.');
  const inner = spec[head];
  const below = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Spec) : {};
  return { ...spec, [head]: rest.length === 0 ? value : put(below, rest.join('.'), value) };
};

t('the tutorial over HTTP is made, and a second plan is empty', async () => {
  const made = await converge(base());
  assert.ok(made.includes('create loadBalancer/main') && made.includes('create targetGroup/web'), made.join(', '));
  assert.equal(await converge(base()), []);
});

for (const [path, value, field] of [
  ['targetGroups.web.healthCheck.path', '/healthz', 'targetGroup/web healthCheck.path'],
  ['targetGroups.web.healthCheck.interval', '20s', 'targetGroup/web healthCheck.interval'],
  ['targetGroups.web.healthCheck.healthyThreshold', 4, 'targetGroup/web healthCheck.healthyThreshold'],
  ['targetGroups.web.healthCheck.unhealthyThreshold', 4, 'targetGroup/web healthCheck.unhealthyThreshold'],
  ['targetGroups.web.healthCheck.matcher', '200-299', 'targetGroup/web healthCheck.matcher'],
  ['targetGroups.web.stickiness.duration', '1h', 'targetGroup/web stickiness.duration'],
  ['targetGroups.web.deregistrationDelay', '60s', 'targetGroup/web deregistrationDelay'],
  ['targetGroups.web.slowStart', '30s', 'targetGroup/web slowStart'],
  ['targetGroups.web.groupHealth.dnsFailover.count', 'off', 'targetGroup/web groupHealth.dnsFailover.count'],
  ['targetGroups.web.targets', ['web-1'], 'targetGroup/web targets'],
  ['loadBalancer.idleTimeout', '75s', 'loadBalancer/main idleTimeout'],
  ['loadBalancer.clientKeepAlive', '2h', 'loadBalancer/main clientKeepAlive'],
  ['loadBalancer.http2', false, 'loadBalancer/main http2'],
  ['loadBalancer.dropInvalidHeaderFields', true, 'loadBalancer/main dropInvalidHeaderFields'],
  ['loadBalancer.desyncMitigationMode', 'strictest', 'loadBalancer/main desyncMitigationMode'],
  ['loadBalancer.xForwardedFor', 'remove', 'loadBalancer/main xForwardedFor'],
  ['loadBalancer.accessLogs.bucket', 'my-logs', 'loadBalancer/main accessLogs.bucket'],
  ['listeners.http.port', 8081, 'listener/http port'],
  ['listeners.http.responseHeaders.xFrameOptions', 'DENY', 'listener/http responseHeaders.xFrameOptions'],
  ['tags.Team', 'web', 'loadBalancer/main tags.Team'],
] as const) {
  t(`${path} changed alone, and back`, async () => {
    const changes = await converge(put(base(), path, value as Spec[string]));
    assert.ok(changes.includes(field), changes.join(', '));
    await converge(base());
    assert.equal(await converge(base()), []);
  });
}

t('a rule is added and taken away', async () => {
  const rules = { old: { if: { path: ['/old'] }, redirect: { path: '/new', statusCode: 'HTTP_301' } } };
  assert.equal(
    (await converge(put(base(), 'listeners.http.rules', rules))).filter((change) => change.startsWith('create')),
    ['create rule/http.old'],
  );
  await converge(base());
  assert.equal(await converge(base()), []);
});

process.stdout.write(`\n  not asked of raw moto: ${SKIPPED.map(({ what, reason }) => `${what} (${reason})`).join('; ')}\n`);
t.run();
