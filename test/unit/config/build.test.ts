import * as assert from 'uvu/assert';
import { flaskWebserver } from '../../../reconciler/config/webserver.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Desired } from '../../../reconciler/model/model.ts';
import { changed, ready, type SpecData, sha256, stackOf, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/build');

const of = (spec: SpecData, address: string): Desired => {
  const found = stackOf(spec).desired.find((entry) => entry.address === address);
  if (found === undefined) throw new Error(`no ${address}`);
  return found;
};
const value = (spec: SpecData, address: string, field: string): Json | undefined => of(spec, address).values[field];
const LB = { $ref: 'securityGroup/load-balancer.id' };
const rule = (port: number, source: object) => ({ protocol: 'tcp', fromPort: port, toPort: port, ...source });

t('the tutorial is these resources', () => {
  const { desired, existing, name, region, notes } = stackOf(tutorial());
  assert.equal(desired.map((entry) => entry.address).sort(), [
    'certificate/site',
    'instance/web-1',
    'instance/web-2',
    'internetGateway/main',
    'listener/http',
    'listener/https',
    'loadBalancer/main',
    'routeTable/public',
    'securityGroup/instances',
    'securityGroup/load-balancer',
    'subnet/a',
    'subnet/b',
    'targetGroup/web',
    'vpc/main',
  ]);
  assert.equal(existing, []);
  assert.is(name, 'webserver');
  assert.is(region, 'us-east-1');
  assert.equal(notes, []);
});

t('defaults are filled in, in the normal form', () => {
  const spec = changed((data) => {
    data.targetGroups.web = { port: 80, targets: ['web-1', 'web-2'] };
  });
  const { values } = of(spec, 'targetGroup/web');
  assert.is(values['healthCheck.interval'], 30);
  assert.is(values['healthCheck.path'], '/');
  assert.is(values['stickiness.enabled'], false);
  assert.is(values['protocolVersion'], 'HTTP1');
  assert.is(values['name'], undefined, 'left to the planner');
  assert.is(value(spec, 'subnet/a', 'mapPublicIpOnLaunch'), true);
});

t('stickiness is on as soon as anything of it is said, unless it is said to be off', () => {
  const enabled = (stickiness: object) =>
    value(
      changed((data) => (data.targetGroups.web.stickiness = stickiness)),
      'targetGroup/web',
      'stickiness.enabled',
    );
  assert.is(enabled({ duration: '1h' }), true);
  assert.is(enabled({}), true);
  assert.is(enabled({ enabled: false, duration: '1h' }), false);
});

t('fields of another kind of cookie do not exist', () => {
  const { values } = of(tutorial(), 'targetGroup/web');
  assert.is('stickiness.cookieName' in values, false);
  assert.is('stickiness.appCookieDuration' in values, false);
  const app = of(
    changed((data) => (data.targetGroups.web.stickiness = { type: 'app_cookie', cookieName: 's' })),
    'targetGroup/web',
  ).values;
  assert.is(app['stickiness.appCookieDuration'], 86400);
});

t('a target without a port has that of its group', () => {
  const targets = value(
    changed((data) => (data.targetGroups.web.targets = ['web-1', { instance: 'web-2', port: 9090 }])),
    'targetGroup/web',
    'targets',
  );
  assert.equal(targets, [
    { id: { $ref: 'instance/web-1.id', ready: true }, port: 8080 },
    { id: { $ref: 'instance/web-2.id', ready: true }, port: 9090 },
  ]);
});

t('the groups made on your behalf: the world to the listeners, the load balancer to the targets and their check', () => {
  const spec = changed((data) => {
    data.targetGroups.web.targets = ['web-1', { instance: 'web-2', port: 9090 }];
    data.targetGroups.web.healthCheck.port = '8081';
  });
  const world = { cidr: '0.0.0.0/0' };
  assert.equal(
    new Set((value(spec, 'securityGroup/load-balancer', 'ingress') as Json[]).map((entry) => JSON.stringify(entry))),
    new Set([rule(80, world), rule(443, world)].map((entry) => JSON.stringify(entry))),
  );
  const lb = { group: LB };
  assert.equal(
    new Set((value(spec, 'securityGroup/instances', 'ingress') as Json[]).map((entry) => JSON.stringify(entry))),
    new Set([rule(8080, lb), rule(8081, lb), rule(9090, lb)].map((entry) => JSON.stringify(entry))),
  );
  assert.equal(value(spec, 'loadBalancer/main', 'securityGroups'), [LB]);
  assert.equal(value(spec, 'instance/web-1', 'securityGroups'), [{ $ref: 'securityGroup/instances.id' }]);
});

t('groups of your own are used instead, and targets stay open to them only', () => {
  const spec = changed((data) => {
    data.securityGroups = { front: { ingress: [{ port: 80, from: '0.0.0.0/0' }] } };
    data.loadBalancer.securityGroups = ['front', 'sg-0123456789abcdef0'];
  });
  const { desired } = stackOf(spec);
  assert.is(
    desired.some((entry) => entry.address === 'securityGroup/load-balancer'),
    false,
  );
  assert.equal(value(spec, 'loadBalancer/main', 'securityGroups'), ['sg-0123456789abcdef0', { $ref: 'securityGroup/front.id' }]);
  assert.equal(value(spec, 'securityGroup/instances', 'ingress'), [
    rule(8080, { group: 'sg-0123456789abcdef0' }),
    rule(8080, { group: { $ref: 'securityGroup/front.id' } }),
  ]);
  const all = changed((data) => {
    data.securityGroups = { back: { ingress: [] } };
    for (const name of ['web-1', 'web-2']) data.instances[name].securityGroups = ['back'];
  });
  assert.is(
    stackOf(all).desired.some((entry) => entry.address === 'securityGroup/instances'),
    false,
  );
});

t('one that you write under the name of one made for you is it', () => {
  const spec = changed((data) => (data.securityGroups = { 'load-balancer': { ingress: [{ port: 80, from: '10.0.0.0/8' }] } }));
  assert.is(stackOf(spec).desired.filter((entry) => entry.address === 'securityGroup/load-balancer').length, 1);
  assert.equal(value(spec, 'securityGroup/load-balancer', 'ingress'), [rule(80, { cidr: '10.0.0.0/8' })]);
  assert.equal(value(spec, 'loadBalancer/main', 'securityGroups'), [LB]);
});

t('a VPC made here has a gateway and public routes for its subnets; a given one is left as it is', () => {
  assert.equal(value(tutorial(), 'routeTable/public', 'routes'), [
    { destination: '0.0.0.0/0', gateway: { $ref: 'internetGateway/main.id' } },
  ]);
  assert.equal(value(tutorial(), 'routeTable/public', 'subnets'), [{ $ref: 'subnet/a.id' }, { $ref: 'subnet/b.id' }]);
  const stack = stackOf(changed((data) => (data.network.vpc = { id: 'vpc-0123456789abcdef0' })));
  assert.is(
    stack.desired.some((entry) => ['vpc', 'internetGateway', 'routeTable'].includes(entry.kind)),
    false,
  );
  const [existing] = stack.existing;
  assert.is(existing?.address, 'vpc/main');
  assert.equal(existing?.outputs, { id: 'vpc-0123456789abcdef0' });
  assert.is(existing?.lookup?.op, 'ec2:DescribeVpcs');
  assert.equal(existing?.lookup?.input, { VpcIds: ['vpc-0123456789abcdef0'] });
});

t('subnets, groups and instances may be given, each looked up by its own id', () => {
  const stack = stackOf(
    changed((data) => {
      data.network.vpc = { id: 'vpc-0123456789abcdef0' };
      data.network.subnets.a = { id: 'subnet-0123456789abcdef0' };
      data.securityGroups = { front: { id: 'sg-0123456789abcdef0' } };
      data.instances['web-1'] = { id: 'i-0123456789abcdef0' };
    }),
  );
  assert.equal(
    stack.existing.map((entry) => [entry.address, entry.lookup?.op, entry.lookup?.input]),
    [
      ['vpc/main', 'ec2:DescribeVpcs', { VpcIds: ['vpc-0123456789abcdef0'] }],
      ['subnet/a', 'ec2:DescribeSubnets', { SubnetIds: ['subnet-0123456789abcdef0'] }],
      ['securityGroup/front', 'ec2:DescribeSecurityGroups', { GroupIds: ['sg-0123456789abcdef0'] }],
      ['instance/web-1', 'ec2:DescribeInstances', { InstanceIds: ['i-0123456789abcdef0'] }],
    ],
  );
  assert.equal(stack.existing.find((entry) => entry.address === 'subnet/a')?.lookup?.outputs, {
    id: 'SubnetId',
    availabilityZone: 'AvailabilityZone',
    vpc: 'VpcId',
    free: 'AvailableIpAddressCount',
    ipv6: 'Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock',
    ipv6State: 'Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlockState.State',
    outpost: 'OutpostArn',
  });
});

t('certificates: made here, of IAM, of ACM', () => {
  const own = of(tutorial(), 'certificate/site').values;
  assert.equal(own, {
    commonName: 'webserver.example',
    validFor: 365,
    renewBefore: 30,
    renewal: 'not due',
    keyAlgorithm: 'RSA-2048',
    subjectAlternativeNames: ['webserver.example'],
  });
  const usual = of(
    changed((data) => (data.certificates.site.selfSigned = { commonName: 'a.example' })),
    'certificate/site',
  ).values;
  assert.is(usual['validFor'], 365);
  for (const [validFor, renewBefore] of [
    ['90d', 30],
    ['60d', 20],
    ['10d', 4],
    ['2d', 1],
    ['1d', 0],
  ] as const)
    assert.is(
      of(
        changed((data) => (data.certificates.site.selfSigned.validFor = validFor)),
        'certificate/site',
      ).values['renewBefore'],
      renewBefore,
      validFor,
    );
  assert.is(
    of(
      changed((data) => (data.certificates.site.selfSigned.renewBefore = '7d')),
      'certificate/site',
    ).values['renewBefore'],
    7,
  );
  const arn = 'arn:aws:acm:us-east-1:123456789012:certificate/abc';
  assert.equal(stackOf(changed((data) => (data.certificates.site = { acm: arn }))).existing[0]?.outputs, { id: arn, arn });
  const iam = stackOf(changed((data) => (data.certificates.site = { iam: 'own' }))).existing[0];
  assert.equal(iam?.outputs, { id: 'own' });
  assert.equal(iam?.lookup, {
    op: 'iam:GetServerCertificate',
    input: { ServerCertificateName: 'own' },
    list: 'ServerCertificate',
    outputs: { arn: 'ServerCertificateMetadata.Arn', ends: 'ServerCertificateMetadata.Expiration' },
  });
});

t('scripts are deferred values: the model knows their hash only', () => {
  const { stack, deferred } = ready(
    changed((data) => {
      delete data.instances['web-1'].app;
      data.instances['web-1'].userData = '#!/bin/sh\necho secret\n';
    }),
  );
  const hash = sha256('#!/bin/sh\necho secret\n');
  assert.is(stack.desired.find((entry) => entry.address === 'instance/web-1')?.values['userData'], hash);
  assert.is(deferred.get(`user-data:${hash}`), '#!/bin/sh\necho secret\n');
  assert.not.match(JSON.stringify(stack.desired), /echo secret/);
});

t('the webserver listens where its target group expects it', () => {
  const { stack, deferred } = ready(changed((data) => (data.targetGroups.web.targets = ['web-1', { instance: 'web-2', port: 9090 }])));
  const script = (name: string) =>
    deferred.get(`user-data:${String(stack.desired.find((entry) => entry.address === `instance/${name}`)?.values['userData'])}`);
  assert.is(script('web-1'), flaskWebserver(8080));
  assert.is(script('web-2'), flaskWebserver(9090));
});

t('tags of the stack are on everything, those of a resource on it alone', () => {
  const spec = changed((data) => {
    data.tags = { owner: 'us', team: 'a' };
    data.loadBalancer.tags = { team: 'b' };
  });
  assert.equal(of(spec, 'loadBalancer/main').tags, { owner: 'us', team: 'b' });
  for (const entry of stackOf(spec).desired) assert.is(entry.tags['owner'], 'us', entry.address);
  assert.is(of(spec, 'vpc/main').tags['team'], 'a');
});

t('what was said has its place, what was made for it has its place too', () => {
  const desired = ready(tutorial()).stack.desired;
  const web = desired.find((entry) => entry.address === 'targetGroup/web');
  assert.ok(web?.positions['healthCheck.path'] !== undefined && web.positions['deregistrationDelay'] === undefined);
  const group = desired.find((entry) => entry.address === 'securityGroup/load-balancer');
  assert.equal(group?.position, desired.find((entry) => entry.address === 'loadBalancer/main')?.position);
});

t('an id is itself, unless something in the file is called so', () => {
  const targets = (data: (spec: SpecData) => void) => value(changed(data), 'targetGroup/web', 'targets');
  const add = (spec: SpecData) => spec.targetGroups.web.targets.push('i-deadbeef');
  assert.ok(JSON.stringify(targets(add)).includes('"id":"i-deadbeef"'));
  const named = JSON.stringify(
    targets((spec) => {
      add(spec);
      spec.instances['i-deadbeef'] = { subnet: 'a', app: 'flask-webserver' };
    }),
  );
  assert.ok(named.includes('"$ref":"instance/i-deadbeef.id"'), named);
});

t('the order of a file means nothing', () => {
  const turned = (data: SpecData): SpecData =>
    typeof data === 'object' && data !== null && !Array.isArray(data)
      ? Object.fromEntries(
          Object.entries(data)
            .reverse()
            .map(([key, entry]) => [key, turned(entry)]),
        )
      : data;
  const plain = (spec: SpecData) =>
    stackOf(spec)
      .desired.map(({ address, values, tags }) => JSON.stringify([address, Object.entries(values).sort(), tags]))
      .sort();
  assert.equal(plain(turned(tutorial())), plain(tutorial()));
  assert.equal(JSON.stringify(stackOf(turned(tutorial())).spec), JSON.stringify(stackOf(tutorial()).spec));
});

t('a group of functions opens no port of the instances, with targets or without', () => {
  for (const targets of [undefined, [{ lambda: 'arn:aws:lambda:us-east-1:123456789012:function:one' }]]) {
    const spec = changed((data) => {
      data.targetGroups.functions = { targetType: 'lambda', ...(targets === undefined ? {} : { targets }) };
      data.listeners.http.forward = 'functions';
    });
    const group = stackOf(spec).desired.find(({ address }) => address === 'securityGroup/instances');
    assert.equal(
      ((group?.values['ingress'] ?? []) as readonly { fromPort: number }[]).map(({ fromPort }) => fromPort),
      [8080],
    );
  }
});

t.run();
