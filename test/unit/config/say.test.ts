import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { parse, stringify } from 'yaml';
import { compileSchema } from '../../../reconciler/config/ajv.ts';
import { sayResource, saySpec, sayValue } from '../../../reconciler/config/say.ts';
import { canonical } from '../../../reconciler/model/codec.ts';
import type { Field } from '../../../reconciler/model/field.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { fieldsOf, KINDS, kindOf } from '../../../reconciler/model/kinds.ts';
import type { Stack } from '../../../reconciler/model/model.ts';
import { samplesOf } from '../../../scripts/surface/sample.ts';
import { wideStack } from '../../support/contract-wide.ts';
import { type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/say');

const field = (kind: string, name: string): Field => {
  const found = fieldsOf(kindOf(kind)).find(([other]) => other === name)?.[1];
  if (found === undefined) throw new Error(`no field ${kind} ${name}`);
  return found;
};
const say = (kind: string, name: string, written: Json, values?: Readonly<Record<string, Json>>): Json | undefined =>
  sayValue(field(kind, name), field(kind, name).codec.parse(written), values === undefined ? {} : { values });

for (const kind of KINDS) {
  for (const [name, { codec, internal }] of fieldsOf(kind)) {
    if (internal) continue;
    t(`${kind.name} ${name}: what is said is read back as the same value`, () => {
      const valid = compileSchema(codec.schema);
      const all = samplesOf(codec.schema);
      // Of lists and maps with names of their own the samples are too short or too free for the schema, and still have a normal form.
      const samples = all.some((sample) => valid(sample)) ? all.filter((sample) => valid(sample)) : all;
      assert.ok(samples.length > 0, 'there are samples');
      for (const sample of samples) {
        const value = codec.parse(sample);
        const said = sayValue(field(kind.name, name), value);
        assert.ok(said !== undefined, `${JSON.stringify(sample)} can be said`);
        assert.is(canonical(codec.parse(said)), canonical(value), `${JSON.stringify(sample)} said as ${JSON.stringify(said)}`);
      }
    });
  }
}

t('values are said as a person writes them', () => {
  assert.is(say('loadBalancer', 'idleTimeout', 300), '5m');
  assert.is(say('targetGroup', 'stickiness.duration', 86400), '1d');
  assert.is(say('targetGroup', 'slowStart', 90), '90s');
  assert.is(say('certificate', 'validFor', '365d'), '365d');
  assert.is(say('instance', 'image', 'al2023-arm64'), 'al2023-arm64');
  assert.is(say('listener', 'certificate', 'site'), 'site');
  const subnets = ['subnet-0123456789abcdef0', { $ref: 'subnet/a.id' }];
  assert.equal(sayValue(field('loadBalancer', 'subnets'), subnets), ['subnet-0123456789abcdef0', 'a']);
  assert.equal(say('listener', 'defaultActions', { forward: { targetGroups: [{ targetGroup: 'web', weight: 5 }] } }), { forward: 'web' });
  const shares = { targetGroups: [{ targetGroup: 'blue' }, { targetGroup: 'green', weight: 2 }], stickiness: '1h' };
  assert.equal(say('rule', 'actions', { forward: shares }), { forward: shares });
  const moved = { protocol: 'HTTPS', path: '/#{path}', statusCode: 'HTTP_301' };
  assert.equal(say('listener', 'defaultActions', { redirect: moved }), { redirect: { protocol: 'HTTPS', statusCode: 'HTTP_301' } });
  const answer = { statusCode: '503', contentType: 'text/plain' };
  assert.equal(say('rule', 'actions', { fixedResponse: answer }), { fixedResponse: { statusCode: '503' } });
  assert.equal(say('rule', 'if', { host: ['B.example', 'a.example'], headers: { 'X-Who': ['a*'] } }), {
    headers: { 'x-who': ['a*'] },
    host: ['a.example', 'b.example'],
  });
  assert.equal(
    say('securityGroup', 'ingress', [
      { protocol: 'all', from: 'web' },
      { ports: [443, 443], from: '0.0.0.0/0' },
    ]),
    [
      { port: 443, from: '0.0.0.0/0' },
      { protocol: 'all', from: 'web' },
    ],
  );
  assert.equal(say('targetGroup', 'targets', ['web-1']), ['web-1']);
  const more = ['web-1', { instance: 'web-2', port: 9000 }, { ip: '10.0.1.7', port: 8080 }, { instance: 'web-3', port: 8080 }];
  assert.equal(say('targetGroup', 'targets', more, { port: 8080 }), [
    { ip: '10.0.1.7' },
    'web-1',
    { instance: 'web-2', port: 9000 },
    'web-3',
  ]);
});

t('what no text is read back as is not said', () => {
  assert.is(sayValue(field('listener', 'defaultActions'), [{ type: 'weighted-dice', other: { Type: 'weighted-dice' } }]), undefined);
  const twice = [
    { field: 'host-header', list: 'Values', values: ['a.example'] },
    { field: 'host-header', list: 'Values', values: ['b.example'] },
  ];
  assert.is(sayValue(field('rule', 'if'), twice), undefined);
  assert.equal(sayValue(field('rule', 'if'), twice.slice(1)), { host: ['b.example'] });
});

t('the secret of a sign-in is said by the name of its variable only', () => {
  const oidc = {
    issuer: 'https://idp.example',
    authorizationEndpoint: 'https://idp.example/a',
    tokenEndpoint: 'https://idp.example/t',
    userInfoEndpoint: 'https://idp.example/u',
    clientId: 'albedo',
  };
  const said = { authenticateOidc: { ...oidc, clientSecret: { env: 'ALBEDO_SECRET_OIDC' } }, forward: 'web' };
  assert.equal(say('rule', 'actions', said), said);
  const [check, ...rest] = field('rule', 'actions').codec.parse(said) as readonly { readonly [key: string]: Json }[];
  const live = [{ ...check, secret: { hash: 'abc' } }, ...rest];
  assert.equal(sayValue(field('rule', 'actions'), live, { secret: () => 'ALBEDO_SECRET_OTHER' }), {
    authenticateOidc: { ...oidc, clientSecret: { env: 'ALBEDO_SECRET_OTHER' } },
    forward: 'web',
  });
  assert.equal(sayValue(field('rule', 'actions'), live), { authenticateOidc: oidc, forward: 'web' });
});

t('a field that has its default is left out, unless asked for', () => {
  const values = Object.fromEntries(
    fieldsOf(kindOf('targetGroup')).flatMap(([name, { codec, default: usual }]): [string, Json][] =>
      typeof usual === 'symbol' ? [] : [[name, codec.parse(usual)]],
    ),
  );
  const group = { ...values, port: 8080 };
  assert.equal(sayResource('targetGroup/web', group).said, { port: 8080 });
  assert.equal(sayResource('targetGroup/web', { ...group, 'stickiness.enabled': true }).said, {
    port: 8080,
    stickiness: { enabled: true },
  });
  assert.equal(sayResource('targetGroup/web', { ...group, 'stickiness.duration': 60 }).said, {
    port: 8080,
    stickiness: { enabled: false, duration: '1m' },
  });
  assert.equal(sayResource('targetGroup/web', { ...group, 'stickiness.enabled': true, 'stickiness.duration': 60 }).said, {
    port: 8080,
    stickiness: { duration: '1m' },
  });
  assert.equal(sayResource('targetGroup/web', group, { defaults: true }).said['deregistrationDelay'], '5m');
});

const file = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
/** What no model holds: how it is proven, and where scripts and files come from. */
function besideOf(spec: SpecData): SpecData {
  const instances = Object.entries(spec.instances ?? {}).flatMap(([name, entry]) => {
    const { app, userData } = entry as SpecData;
    return app === undefined && userData === undefined ? [] : [[name, app === undefined ? { userData } : { app }]];
  });
  const keys = ['lint', 'load', 'chaos', 'objectives'].filter((key) => spec[key] !== undefined);
  return {
    ...(instances.length === 0 ? {} : { instances: Object.fromEntries(instances) }),
    ...Object.fromEntries(keys.map((key) => [key, spec[key]])),
  };
}
const comparable = (stack: Stack) => ({
  name: stack.name,
  region: stack.region,
  existing: stack.existing.map(({ address, outputs, lookup }) => ({ address, outputs, lookup })),
  desired: Object.fromEntries(
    stack.desired.map(({ address, values, tags, ignored, unmanaged }) => [
      address,
      { values, tags, ignored: [...ignored].sort(), unmanaged },
    ]),
  ),
});

const GIVEN = {
  stack: 'existing',
  region: 'us-east-1',
  tags: { team: 'shop' },
  network: {
    vpc: { id: 'vpc-0123456789abcdef0' },
    subnets: { a: { id: 'subnet-0123456789abcdef0' }, b: { id: 'subnet-0123456789abcdef1' } },
  },
  securityGroups: {
    web: { id: 'sg-0123456789abcdef0' },
    own: { ingress: [{ port: 80, from: 'sg-0123456789abcdef9', description: 'edge' }] },
  },
  instances: { one: { id: 'i-0123456789abcdef0' } },
  certificates: { a: { iam: 'site' }, b: { acm: 'arn:aws:acm:us-east-1:123456789012:certificate/one' } },
  targetGroups: { web: { port: 80, targets: ['one'], tags: { team: 'other', 'cost centre': '4711' } } },
  loadBalancer: { subnets: ['a', 'b'], securityGroups: ['web', 'own'] },
  listeners: { https: { protocol: 'HTTPS', port: 443, certificate: 'a', additionalCertificates: ['b'], forward: 'web' } },
};

for (const [name, text] of [
  ['environments/sandbox/webserver.yaml', file('environments/sandbox/webserver.yaml')],
  ['docs/examples/wide.yaml', file('docs/examples/wide.yaml')],
  ['the stack of the wide trials', stringify(wideStack())],
  ['what exists already, by id, name and ARN', stringify(GIVEN)],
] as const) {
  for (const defaults of [false, true]) {
    t(`${name}: said again${defaults ? ' with every default' : ''}, it is the same model`, () => {
      const stack = stackOf(text);
      const { spec, unsaid } = saySpec(
        { stack: stack.name, region: stack.region, resources: stack.desired, existing: stack.existing, beside: besideOf(parse(text)) },
        { defaults },
      );
      assert.equal(unsaid, []);
      assert.equal(comparable(stackOf(stringify(spec, { compat: 'yaml-1.1' }))), comparable(stack));
    });
  }
}

t.run();
