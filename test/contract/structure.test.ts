/** Parts of the stack that come, go and change their shape: instances, targets, listeners, scripts, files, tags. There and back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { makeSelfSigned } from '../../reconciler/deferred/self-signed.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { createAuthority } from '../support/certificate-authority.ts';
import { apply, type Bench, changesOf, contractSuite, converge, look, namesOf, type Spec, tutorial } from '../support/contract-bench.ts';
import { withEdits } from '../support/contract-in-place.ts';
import { type Edit, listExtras } from '../support/contract-trials.ts';
import { all, at, viewOf } from '../support/contract-view.ts';
import { rejects } from '../support/rejects.ts';

const t = contractSuite('structure');

/** Keys of the spec beside the fields, and where they are tried. */
const EXTRAS = {
  'vpc id': 'existing',
  'subnet id': 'existing',
  'securityGroup id': 'existing',
  'instance id': 'existing',
  'certificate iam': 'existing',
  'certificate acm': 'existing',
  'instance app': 'here',
  'instance userData': 'here',
  'certificate files': 'here',
  'listener arn': 'shared-listener.test.ts',
  'listener priorities': 'shared-listener.test.ts',
} as const;

t('every key beside the fields is tried here, in given.test.ts or where it says', () =>
  assert.equal(listExtras().toSorted(), Object.keys(EXTRAS).toSorted()),
);

let astray = true;

interface Scenario {
  readonly existing?: readonly Edit[];
  readonly edits: readonly Edit[];
  /** The plan there, line by line. */
  readonly plan: readonly string[];
  readonly check?: (bench: Bench) => Promise<void>;
}

function scenario(name: string, { existing = [], edits, plan, check }: Scenario): void {
  t(name, async (bench) => {
    const before = withEdits(tutorial(), existing);
    if (astray) await converge(bench, tutorial());
    astray = true;
    if (existing.length > 0) await converge(bench, before);
    const done = await converge(bench, withEdits(before, edits));
    assert.equal(namesOf(done.plan).toSorted(), plan.toSorted(), JSON.stringify(changesOf(done.plan)));
    await check?.(bench);
    const back = await converge(bench, before);
    assert.ok(back.plan.changes.length > 0, 'taking it back was a change too');
    if (existing.length > 0) await converge(bench, tutorial());
    astray = false;
  });
}

const targetIds = async (bench: Bench): Promise<number> => ((await viewOf(bench, 'targetGroup/web'))['targets'] as unknown[]).length;
const expect = async (bench: Bench, address: string, path: readonly (string | number)[], value: unknown) =>
  assert.equal(at(await viewOf(bench, address), path), value);

scenario('an instance more, in service', {
  edits: [
    ['instances/web-3', { subnet: 'a', app: 'flask-webserver' }],
    ['targetGroups/web/targets', ['web-1', 'web-2', 'web-3']],
  ],
  plan: ['create instance/web-3', 'update targetGroup/web targets'],
  check: async (bench) => assert.is(await targetIds(bench), 3),
});

scenario('an instance less', {
  edits: [
    ['instances/web-2', undefined],
    ['targetGroups/web/targets', ['web-1']],
  ],
  plan: ['destroy instance/web-2', 'update targetGroup/web targets'],
  check: async (bench) => assert.is((await all(bench, 'instance')).length, 1),
});

scenario('no target at all', {
  existing: [['chaos', undefined]],
  edits: [['targetGroups/web/targets', []]],
  plan: ['update targetGroup/web targets', 'update securityGroup/instances ingress'],
  check: async (bench) => assert.is(await targetIds(bench), 0),
});

scenario('a listener less', {
  edits: [['listeners/https', undefined]],
  plan: ['destroy listener/https', 'update securityGroup/load-balancer ingress'],
  check: async (bench) => assert.is((await all(bench, 'listener')).length, 1),
});

scenario('a listener more', {
  edits: [['listeners/admin', { protocol: 'HTTP', port: 8000, fixedResponse: { statusCode: '200', messageBody: 'admin' } }]],
  plan: ['create listener/admin', 'update securityGroup/load-balancer ingress'],
});

scenario('HTTPS without HTTP: certificate and all go, and come back', {
  edits: [
    ['listeners/https', { protocol: 'HTTP', port: 443, forward: 'web' }],
    ['certificates', undefined],
  ],
  plan: ['update listener/https protocol', 'destroy certificate/site'],
  check: async (bench) => {
    await expect(bench, 'listener/https', ['Protocol'], 'HTTP');
    assert.equal(await all(bench, 'certificate'), []);
  },
});

scenario('two listeners swap their ports: one must go first', {
  edits: [
    ['listeners/http/port', 443],
    ['listeners/https/port', 80],
  ],
  plan: ['replace listener/http port', 'update listener/https port'],
  check: async (bench) => {
    await expect(bench, 'listener/http', ['Port'], 443);
    await expect(bench, 'listener/https', ['Port'], 80);
  },
});

scenario('listeners that move up one port each: the one that leaves goes ahead', {
  edits: [
    ['listeners/http/port', 443],
    ['listeners/https/port', 8443],
  ],
  plan: ['update listener/http port', 'update listener/https port', 'update securityGroup/load-balancer ingress'],
});

scenario('a listener by another name', {
  edits: [
    ['listeners/http', undefined],
    ['listeners/plain', { protocol: 'HTTP', port: 80, forward: 'web' }],
  ],
  plan: ['create listener/plain', 'destroy listener/http'],
});

scenario('a subnet by another name', {
  existing: [['network/subnets/c', { availabilityZone: 'us-east-1c', cidrBlock: '10.0.3.0/24' }]],
  edits: [
    ['network/subnets/c', undefined],
    ['network/subnets/d', { availabilityZone: 'us-east-1c', cidrBlock: '10.0.3.0/24' }],
  ],
  plan: ['create subnet/d', 'destroy subnet/c', 'update routeTable/public subnets'],
});

scenario('HTTP sends everybody to HTTPS', {
  edits: [['listeners/http', { protocol: 'HTTP', port: 80, redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } }]],
  plan: ['update listener/http defaultActions'],
});

scenario('stickiness goes', {
  edits: [['targetGroups/web/stickiness', undefined]],
  plan: ['update targetGroup/web stickiness.enabled'],
  check: (bench) => expect(bench, 'targetGroup/web', ['attributes', 'stickiness.enabled'], 'false'),
});

scenario('from slow start to weighted random: settings that exclude each other change in one call', {
  existing: [
    ['targetGroups/web/stickiness', undefined],
    ['targetGroups/web/slowStart', '30s'],
  ],
  edits: [
    ['targetGroups/web/slowStart', undefined],
    ['targetGroups/web/algorithm', 'weighted_random'],
  ],
  plan: ['update targetGroup/web slowStart algorithm'],
});

scenario('everything of the health check said becomes the default', {
  edits: [['targetGroups/web/healthCheck', undefined]],
  plan: ['update targetGroup/web healthCheck.path healthCheck.interval healthCheck.timeout healthCheck.healthyThreshold'],
  check: (bench) => expect(bench, 'targetGroup/web', ['HealthyThresholdCount'], 5),
});

scenario('a third zone', {
  edits: [
    ['network/subnets/c', { availabilityZone: 'us-east-1c', cidrBlock: '10.0.3.0/24' }],
    ['loadBalancer/subnets', ['a', 'b', 'c']],
    ['instances/web-3', { subnet: 'c', app: 'flask-webserver' }],
    ['targetGroups/web/targets', ['web-1', 'web-2', 'web-3']],
  ],
  plan: [
    'create subnet/c',
    'update routeTable/public subnets',
    'create instance/web-3',
    'update targetGroup/web targets',
    'update loadBalancer/main subnets',
  ],
});

scenario('another zone with the same addresses: the old subnet must go first', {
  edits: [['network/subnets/b/availabilityZone', 'us-east-1d']],
  plan: [
    'replace subnet/b availabilityZone',
    'update routeTable/public subnets',
    'replace instance/web-2 subnet',
    'update targetGroup/web targets',
    'replace loadBalancer/main subnets',
    'replace listener/http loadBalancer',
    'replace listener/https loadBalancer',
  ],
  check: (bench) => expect(bench, 'subnet/b', ['AvailabilityZone'], 'us-east-1d'),
});

scenario('a smaller subnet within the old one', {
  existing: [['network/subnets/c', { availabilityZone: 'us-east-1c', cidrBlock: '10.0.3.0/24' }]],
  edits: [['network/subnets/c/cidrBlock', '10.0.3.0/25']],
  plan: ['replace subnet/c cidrBlock', 'update routeTable/public subnets'],
});

scenario('a target group split in two', {
  edits: [
    ['targetGroups/web/targets', ['web-1']],
    ['targetGroups/blue', { port: 8080, healthCheck: { path: '/status', interval: '10s', healthyThreshold: 2 }, targets: ['web-2'] }],
    ['listeners/https/forward', 'blue'],
  ],
  plan: ['update targetGroup/web targets', 'create targetGroup/blue', 'update listener/https defaultActions'],
});

scenario("a script of one's own instead of the app", {
  edits: [
    ['instances/web-1/app', undefined],
    ['instances/web-1/userData', '#!/bin/bash\n# albedo-app: flask-webserver port=8080\n'],
  ],
  plan: ['replace instance/web-1 userData', 'update targetGroup/web targets'],
});

scenario('another rule between the groups: one refers to the other', {
  edits: [
    [
      'securityGroups/edge',
      {
        ingress: [
          { port: 80, from: '0.0.0.0/0' },
          { port: 443, from: '0.0.0.0/0' },
        ],
      },
    ],
    [
      'securityGroups/inner',
      {
        ingress: [
          { port: 8080, from: 'edge' },
          { port: 22, from: '10.0.0.0/16', description: 'SSH' },
        ],
      },
    ],
    ['loadBalancer/securityGroups', ['edge']],
    ['instances/web-1/securityGroups', ['inner']],
    ['instances/web-2/securityGroups', ['inner']],
  ],
  plan: [
    'create securityGroup/edge',
    'create securityGroup/inner',
    'update loadBalancer/main securityGroups',
    'update instance/web-1 securityGroups',
    'update instance/web-2 securityGroups',
    'destroy securityGroup/instances',
    'destroy securityGroup/load-balancer',
  ],
});

/** Every tag the plan sets is the user's or the memory of the user's. */
async function tagged(bench: Bench, edits: readonly Edit[], key: string, value: string | undefined): Promise<Spec> {
  const spec = withEdits(tutorial(), edits);
  const { plan } = await converge(bench, spec);
  assert.ok(plan.changes.length > 0);
  assert.ok(
    plan.changes.every(
      ({ verb, fields }) => verb === 'update' && fields.every(({ field }) => field === `tags.${key}` || field === 'tags.albedo:tags'),
    ),
    JSON.stringify(changesOf(plan)),
  );
  for (const kind of ['vpc', 'instance', 'certificate', 'targetGroup', 'loadBalancer', 'listener']) {
    for (const one of await all(bench, kind)) assert.is((one['tags'] as Record<string, string>)[key], value, `${kind}: ${key}`);
  }
  return spec;
}

t('tags of the stack: added, changed, removed, on everything', async (bench) => {
  if (astray) await converge(bench, tutorial());
  astray = true;
  await tagged(bench, [['tags', { team: 'web' }]], 'team', 'web');
  await tagged(bench, [['tags', { team: 'site reliability' }]], 'team', 'site reliability');
  await tagged(bench, [], 'team', undefined);
  astray = false;
});

t("tags of one resource stand above those of the stack; other people's stay", async (bench) => {
  if (astray) await converge(bench, tutorial());
  astray = true;
  const KINDS = [
    'network/vpc',
    'network/subnets/a',
    'instances/web-1',
    'certificates/site',
    'targetGroups/web',
    'loadBalancer',
    'listeners/http',
  ];
  const spec = withEdits(tutorial(), [
    ['tags', { team: 'web' }],
    ...KINDS.map((path): Edit => [`${path}/tags`, { team: 'own', 'cost center': '7' }]),
  ]);
  const { plan } = await converge(bench, spec);
  assert.is(plan.summary.replace + plan.summary.create + plan.summary.destroy, 0);
  for (const address of [
    'vpc/main',
    'subnet/a',
    'instance/web-1',
    'certificate/site',
    'targetGroup/web',
    'loadBalancer/main',
    'listener/http',
  ]) {
    const { team, 'cost center': center } = (await viewOf(bench, address))['tags'] as Record<string, string>;
    assert.equal([team, center], ['own', '7'], address);
  }
  await converge(bench, tutorial());
  for (const kind of ['vpc', 'subnet', 'instance', 'certificate', 'targetGroup', 'loadBalancer', 'listener']) {
    for (const one of await all(bench, kind))
      assert.equal(
        Object.keys(one['tags'] as object).filter((key) => ['team', 'cost center', 'albedo:tags'].includes(key)),
        [],
        kind,
      );
  }
  astray = false;
});

t('a certificate in files: uploaded, exchanged, and back to one made here', async (bench) => {
  if (astray) await converge(bench, tutorial());
  astray = true;
  const folder = mkdtempSync(join(tmpdir(), 'albedo-contract-'));
  try {
    // From now on this machine, which reads the files: the sandbox's clock may be hours ahead by here.
    const write = async (name: string) => {
      const { body, key } = await makeSelfSigned(name, [name], 90, Date.now());
      writeFileSync(join(folder, 'site.crt'), body);
      writeFileSync(join(folder, 'site.key'), key);
    };
    const files: Json = { certificate: join(folder, 'site.crt'), privateKey: join(folder, 'site.key') };
    const spec = withEdits(tutorial(), [['certificates/site', { files }]]);
    await write('one.example');
    const first = await converge(bench, spec);
    assert.equal(namesOf(first.plan).toSorted(), ['replace certificate/site fingerprint', 'update listener/https certificate']);
    assert.equal(changesOf((await look(bench, spec)).plan), []);
    await write('two.example');
    const second = await converge(bench, spec);
    assert.equal(namesOf(second.plan).toSorted(), ['replace certificate/site fingerprint', 'update listener/https certificate']);
    const issuer = await createAuthority('issuer.example');
    const other = await createAuthority('issuer.example');
    const { body, key } = await issuer.issue('three.example');
    // As certbot writes it: with what issued it behind it, and words of OpenSSL before it.
    writeFileSync(join(folder, 'site.crt'), `Certificate:\n    Data:\n${body}${issuer.pem}`);
    writeFileSync(join(folder, 'site.key'), key);
    await converge(bench, spec);
    assert.is(String((await viewOf(bench, 'certificate/site'))['CertificateChain']).trim(), issuer.pem.trim());
    // The same certificate, and another chain.
    writeFileSync(join(folder, 'chain.pem'), `${issuer.pem}${issuer.pem}`);
    const chained = withEdits(tutorial(), [['certificates/site', { files: { ...(files as object), chain: join(folder, 'chain.pem') } }]]);
    const third = await converge(bench, chained);
    assert.equal(namesOf(third.plan).toSorted(), ['replace certificate/site chainFingerprints', 'update listener/https certificate']);
    assert.equal(changesOf((await look(bench, chained)).plan), []);
    // What did not issue it is refused before anything is moved.
    writeFileSync(join(folder, 'chain.pem'), other.pem);
    assert.match(
      (await rejects<Error>(apply(bench, chained))).message,
      /The chain breaks at its certificate 1: issuer\.example did not issue/,
    );
    const back = await converge(bench, tutorial());
    assert.ok(namesOf(back.plan).includes('update listener/https certificate'));
  } finally {
    rmSync(folder, { recursive: true });
  }
  astray = false;
});

t.run();
