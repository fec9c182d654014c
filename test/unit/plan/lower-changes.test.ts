import * as assert from 'uvu/assert';
import { type Codec, canonical, integer, setOf, text } from '../../../reconciler/model/codec.ts';
import { attribute, create, type Kind, listFields } from '../../../reconciler/model/field.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { kindOf } from '../../../reconciler/model/kinds.ts';
import type { Desired, Observed } from '../../../reconciler/model/model.ts';
import type { Context } from '../../../reconciler/plan/draft-step.ts';
import { lower } from '../../../reconciler/plan/lower.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { BEFORE, LIVE, planOf, stepOf } from '../../support/plans.ts';
import { appliedOf, changed, idOf, NOTHING, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/lower-changes');

const ids = (edit: (spec: SpecData) => void): string[] => planOf(edit).steps.map((step) => step.id);

const input = (edit: (spec: SpecData) => void, id: string): Json => stepOf(planOf(edit), id).input;

const CREATE = plan(BEFORE, NOTHING);

const GROUP = idOf('targetGroup/web');

const appliedWith = (edit: (spec: SpecData) => void): Observed => appliedOf(stackOf(changed(edit)));

const EMPTY = { address: 'many/x', fields: [], tags: { set: {}, remove: [] }, first: false, duplicate: false } as const;
const CONTEXT: Context = {
  stack: 's',
  account: '1',
  region: 'r',
  settled: () => undefined,
  old: (value) => value,
  taken: new Set(),
  leaves: () => false,
  destroyBeforeCreate: () => false,
  usedBy: () => false,
  values: () => undefined,
  idsAt: () => [],
  valueOf: () => undefined,
  batchOf: () => undefined,
  going: new Set(),
  held: () => false,
};

const desiredOf = (kind: Kind, values: { readonly [name: string]: Json }): Desired => ({
  address: `${kind.name}/x`,
  kind: 'vpc',
  values,
  tags: {},
  positions: {},
  unmanaged: [],
  ignored: [],
});

const healthy = 'targetGroup/web:await.settled';

t('one change is one call with that one field', () => {
  assert.equal(
    ids((spec) => (spec.targetGroups.web.healthCheck.path = '/x')),
    ['targetGroup/web:modify', healthy],
  );
  assert.equal(
    input((spec) => (spec.targetGroups.web.healthCheck.path = '/x'), 'targetGroup/web:modify'),
    { TargetGroupArn: GROUP, HealthCheckPath: '/x' },
  );
  assert.equal(
    input((spec) => (spec.targetGroups.web.healthCheck.matcher = '201'), 'targetGroup/web:modify'),
    { TargetGroupArn: GROUP, Matcher: { HttpCode: '201' } },
  );
});

t('ten changes are as many calls as there are operations', () => {
  const edit = (spec: SpecData) => {
    Object.assign(spec.loadBalancer, {
      idleTimeout: 61,
      clientKeepAlive: 61,
      http2: false,
      dropInvalidHeaderFields: true,
      preserveHostHeader: true,
      desyncMitigationMode: 'strictest',
      xForwardedFor: 'remove',
      xForwardedForClientPort: true,
      tlsHeaders: true,
      wafFailOpen: true,
    });
  };
  assert.equal(ids(edit), ['loadBalancer/main:attributes', 'loadBalancer/main:await.settled']);
  const { Attributes } = input(edit, 'loadBalancer/main:attributes') as { Attributes: { Key: string; Value: string }[] };
  assert.is(Attributes.length, 10);
  assert.ok(
    Attributes.every(({ Value }) => typeof Value === 'string'),
    'attributes are texts on the wire',
  );
});

t('fields that AWS checks as a set travel together', () => {
  assert.equal(
    input((spec) => (spec.targetGroups.web.healthCheck.timeout = 4), 'targetGroup/web:modify'),
    { TargetGroupArn: GROUP, HealthCheckTimeoutSeconds: 4, HealthCheckIntervalSeconds: 10 },
  );
  const { Attributes } = input(
    (spec) => (spec.targetGroups.web.algorithm = 'least_outstanding_requests'),
    'targetGroup/web:attributes',
  ) as { Attributes: { Key: string }[] };
  assert.equal(Attributes.map(({ Key }) => Key).sort(), [
    'load_balancing.algorithm.anomaly_mitigation',
    'load_balancing.algorithm.type',
    'slow_start.duration_seconds',
    'stickiness.enabled',
    'stickiness.lb_cookie.duration_seconds',
    'stickiness.type',
  ]);
  const poor = {
    ...LIVE,
    live: LIVE.live.map((entry) =>
      entry.address !== 'targetGroup/web'
        ? entry
        : { ...entry, values: Object.fromEntries(Object.entries(entry.values).filter(([name]) => name !== 'slowStart')) },
    ),
  };
  const sent = stepOf(
    planOf((spec) => (spec.targetGroups.web.algorithm = 'least_outstanding_requests'), poor),
    'targetGroup/web:attributes',
  ).input;
  assert.not.match(JSON.stringify(sent), /slow_start/, 'what the region lacks is not said');
  const listener = input((spec) => (spec.listeners.https.sslPolicy = 'ELBSecurityPolicy-2016-08'), 'listener/https:modify');
  assert.equal(Object.keys(listener as object).sort(), ['Certificates', 'ListenerArn', 'Protocol', 'SslPolicy']);
});

t('a setter says the whole value', () => {
  const edit = (spec: SpecData) => {
    spec.network.subnets.c = { availabilityZone: 'us-east-1c', cidrBlock: '10.0.3.0/24' };
    spec.loadBalancer.subnets = ['a', 'b', 'c'];
  };
  assert.equal(input(edit, 'loadBalancer/main:set.subnets'), {
    LoadBalancerArn: idOf('loadBalancer/main'),
    Subnets: [idOf('subnet/a'), idOf('subnet/b'), { $ref: 'subnet/c.id' }],
  });
});

t('members: only what differs is added and removed', () => {
  const own = (spec: SpecData) => (spec.instances['web-2'] = { subnet: 'b', userData: '#!/bin/sh' });
  const planned = planOf((spec) => {
    own(spec);
    spec.targetGroups.web.targets = ['web-1', { instance: 'web-2', port: 9090 }];
  }, appliedWith(own));
  assert.equal(stepOf(planned, 'targetGroup/web:add.targets').input, {
    TargetGroupArn: GROUP,
    Targets: [{ Id: idOf('instance/web-2'), Port: 9090 }],
  });
  assert.equal(stepOf(planned, 'targetGroup/web:remove.targets').input, {
    TargetGroupArn: GROUP,
    Targets: [{ Id: idOf('instance/web-2'), Port: 8080 }],
  });
});

t('the target that is replaced: the new one comes under its reference, the old one goes by its id', () => {
  const edit = (spec: SpecData) => (spec.instances['web-1'].instanceType = 't3.small');
  assert.equal(input(edit, 'targetGroup/web:add.targets'), {
    TargetGroupArn: GROUP,
    Targets: [{ Id: { $ref: 'instance/web-1.id', ready: true }, Port: 8080 }],
  });
  assert.equal(input(edit, 'targetGroup/web:remove.targets'), {
    TargetGroupArn: GROUP,
    Targets: [{ Id: idOf('instance/web-1'), Port: 8080 }],
  });
});

t('a rule that only says something else of itself is amended, not taken away and given anew', () => {
  const group = (description: string | undefined) => (spec: SpecData) => {
    spec.securityGroups = { front: { ingress: [{ port: 80, from: '0.0.0.0/0', ...(description === undefined ? {} : { description }) }] } };
    spec.loadBalancer.securityGroups = ['front'];
  };
  const front = planOf(group(undefined), NOTHING);
  assert.is(
    front.steps.some((step) => step.id === 'securityGroup/front:create'),
    true,
  );
  const planned = planOf(group('new'), appliedWith(group(undefined)));
  assert.equal(
    planned.steps.map((step) => [step.id, step.op]),
    [['securityGroup/front:amend.ingress', 'ec2:UpdateSecurityGroupRuleDescriptionsIngress']],
  );
});

t('an association is undone by its handle, unless the subnet goes with it', () => {
  const three = (spec: SpecData) => (spec.network.subnets.c = { availabilityZone: 'us-east-1c', cidrBlock: '10.0.3.0/24' });
  const gone = planOf(() => {}, appliedWith(three));
  assert.equal(
    gone.steps.map((step) => step.id),
    ['subnet/c:destroy'],
    'the association ends with the subnet',
  );
  const observed = appliedWith(() => {});
  const loose = {
    ...observed,
    live: observed.live.map((entry) =>
      entry.address !== 'routeTable/public'
        ? entry
        : {
            ...entry,
            values: { ...entry.values, subnets: [...(entry.values['subnets'] as Json[]), 'subnet-other'] },
            handles: { subnets: { ...entry.handles['subnets'], '"subnet-other"': 'assoc-9' } },
          },
    ),
  };
  assert.equal(stepOf(plan(BEFORE, loose), 'routeTable/public:remove.subnets').input, { AssociationId: 'assoc-9' });
});

t('an association that something else holds is moved, unless its subnet is made anew', () => {
  const value = { $ref: 'subnet/b.id' };
  const astray = (handles: { readonly [member: string]: string }): Observed => ({
    ...LIVE,
    live: LIVE.live.map((entry) =>
      entry.address !== 'routeTable/public'
        ? entry
        : { ...entry, values: { ...entry.values, subnets: [{ $ref: 'subnet/a.id' }] }, handles: { subnets: handles } },
    ),
  });
  const held = astray({ [canonical(value)]: 'assoc-9' });
  const moved = plan(BEFORE, held).steps;
  assert.equal(
    moved.map(({ id, op, input }) => [id, op, input]),
    [
      [
        'routeTable/public:move.subnets',
        'ec2:ReplaceRouteTableAssociation',
        { RouteTableId: idOf('routeTable/public'), AssociationId: 'assoc-9' },
      ],
    ],
  );
  assert.equal(
    plan(BEFORE, astray({})).steps.map(({ op }) => op),
    ['ec2:AssociateRouteTable'],
    'nobody holds it',
  );
  const anew = plan(stackOf(changed((spec) => (spec.network.subnets.b.cidrBlock = '10.0.9.0/24'))), held).steps;
  assert.equal(
    anew.filter(({ address }) => address === 'routeTable/public').map(({ op, input }) => [op, input]),
    [['ec2:AssociateRouteTable', { RouteTableId: idOf('routeTable/public'), SubnetId: value }]],
  );
});

t('a route is removed by its destination alone', () => {
  const observed = {
    ...LIVE,
    live: LIVE.live.map((entry) =>
      entry.address !== 'routeTable/public'
        ? entry
        : {
            ...entry,
            values: {
              ...entry.values,
              routes: [...(entry.values['routes'] as Json[]), { destination: '1.0.0.0/8', gateway: 'igw-other' }],
            },
          },
    ),
  };
  assert.equal(stepOf(plan(BEFORE, observed), 'routeTable/public:remove.routes').input, {
    RouteTableId: idOf('routeTable/public'),
    DestinationCidrBlock: '1.0.0.0/8',
  });
});

t('a gateway that was detached is attached again, and detached before it goes', () => {
  const observed = {
    ...LIVE,
    live: LIVE.live.map((entry) => (entry.address !== 'internetGateway/main' ? entry : { ...entry, values: {} })),
  };
  const attach = stepOf(plan(BEFORE, observed), 'internetGateway/main:attach.vpc');
  assert.equal(
    [attach.op, attach.effect, attach.input],
    ['ec2:AttachInternetGateway', 'update', { InternetGatewayId: idOf('internetGateway/main'), VpcId: idOf('vpc/main') }],
  );
  const detach = stepOf(plan(BEFORE, LIVE, 'destroy'), 'internetGateway/main:detach.vpc');
  assert.equal(
    [detach.op, detach.effect, detach.input],
    ['ec2:DetachInternetGateway', 'destroy', { InternetGatewayId: idOf('internetGateway/main'), VpcId: idOf('vpc/main') }],
  );
});

t('tags: set and removed in one call each, in the words of the service', () => {
  const observed = { ...LIVE, live: LIVE.live.map((entry) => ({ ...entry, tags: { ...entry.tags, 'albedo:tags': 'old', old: 'x' } })) };
  const planned = planOf((spec) => (spec.tags = { owner: 'us' }), observed);
  const set = [
    { Key: 'albedo:tags', Value: 'owner' },
    { Key: 'owner', Value: 'us' },
  ];
  assert.equal(stepOf(planned, 'vpc/main:tag').input, { Resources: [idOf('vpc/main')], Tags: set });
  assert.equal(stepOf(planned, 'vpc/main:untag').input, { Resources: [idOf('vpc/main')], Tags: [{ Key: 'old' }] });
  assert.equal(stepOf(planned, 'loadBalancer/main:tag').input, { ResourceArns: [idOf('loadBalancer/main')], Tags: set });
  assert.equal(stepOf(planned, 'loadBalancer/main:untag').input, { ResourceArns: [idOf('loadBalancer/main')], TagKeys: ['old'] });
  assert.equal(stepOf(planned, 'certificate/site:tag').input, { ServerCertificateName: idOf('certificate/site'), Tags: set });
  assert.equal(stepOf(planned, 'certificate/site:untag').op, 'iam:UntagServerCertificate');
});

t('destroy: by the parameter of each, and no call for what goes with its parent', () => {
  const planned = plan(BEFORE, LIVE, 'destroy');
  assert.equal(stepOf(planned, 'instance/web-1:destroy').input, { InstanceIds: [idOf('instance/web-1')] });
  assert.equal(stepOf(planned, 'targetGroup/web:destroy').input, { TargetGroupArn: GROUP });
  assert.is(
    planned.steps.some((step) => step.address.startsWith('listener/')),
    false,
  );
  assert.is(planned.changes.filter((change) => change.address.startsWith('listener/')).length, 2, 'it is told all the same');
  assert.equal(
    stepOf(
      planOf((spec) => {
        delete spec.listeners.https;
        delete spec.certificates;
      }),
      'listener/https:destroy',
    ).input,
    { ListenerArn: idOf('listener/https') },
  );
});

t('waits: what is new until it is ready, what is deleted until it is gone', () => {
  assert.equal(stepOf(CREATE, 'instance/web-1:await.ready').input, { InstanceIds: [{ $ref: 'instance/web-1.id' }] });
  const gone = stepOf(plan(BEFORE, LIVE, 'destroy'), 'loadBalancer/main:await.gone');
  assert.equal(gone.input, { Filters: [{ Name: 'description', Values: ['ELB path of loadBalancer/main'] }] });
  assert.is(gone.until?.goneIsDone, true);
  assert.is(stepOf(CREATE, 'certificate/site:await.ready').until?.holdSeconds, 3);
});

t('targets are waited for only where there are some and a listener sends requests', () => {
  const waits = (edit: (spec: SpecData) => void) => planOf(edit, NOTHING).steps.some((step) => step.id === healthy);
  assert.is(
    waits(() => {}),
    true,
  );
  assert.is(
    waits((spec) => {
      spec.targetGroups.web.targets = [];
      delete spec.chaos;
    }),
    false,
  );
  assert.is(
    waits((spec) => {
      for (const listener of Object.values(spec.listeners) as SpecData[]) {
        delete listener.forward;
        listener.fixedResponse = { statusCode: '503' };
      }
    }),
    false,
  );
});

t('titles say what is done to what', () => {
  const titles = CREATE.steps.map((step) => step.title);
  for (const title of [
    'create VPC main',
    'attach internet gateway main',
    'add targets of target group web',
    'set attributes of target group web',
    'wait until target group web is in service',
    'wait until instance web-1 is running',
  ])
    assert.ok(titles.includes(title), title);
});

t('more attributes than a call takes are several calls', () => {
  const kind: Kind = {
    ...kindOf('loadBalancer'),
    name: 'many',
    fields: Object.fromEntries(Array.from({ length: 45 }, (_, index) => [`f${index}`, attribute(`key.${index}`, integer(0, 9), 0, 'A.')])),
  };
  const values = Object.fromEntries(Array.from({ length: 45 }, (_, index) => [`f${index}`, 1]));
  const steps = lower({ ...EMPTY, kind, verb: 'create', desired: desiredOf(kind, values) }, CONTEXT).filter(
    (step) => step.op === kind.attributes?.op,
  );
  assert.equal(
    steps.map((step) => step.id),
    ['many/x:attributes', 'many/x:attributes.2', 'many/x:attributes.3'],
  );
  assert.equal(
    steps.map((step) => (step.input as { Attributes: Json[] }).Attributes.length),
    [20, 20, 5],
  );
});

t('a member without keys of its own is sent as it is', () => {
  const item: Codec = { ...text(), write: (value) => ({ Member: value }), read: (wire) => wire };
  const kind: Kind = {
    ...kindOf('vpc'),
    name: 'plain',
    fields: {
      members: {
        wire: { how: 'member', member: { add: 'ec2:CreateRoute', remove: 'ec2:DeleteRoute', read: 'M[]' } },
        codec: setOf(item),
        default: [],
        doc: 'A.',
      },
    },
  };
  const [, field] = listFields(kind.fields)[0] ?? [];
  if (field === undefined) throw new Error('no field');
  const live = {
    address: 'plain/x' as const,
    kind: 'plain',
    id: 'p-1',
    outputs: { id: 'p-1' },
    values: { members: ['a', 'b'] },
    tags: {},
    handles: {},
  };
  const delta = {
    ...EMPTY,
    address: 'plain/x' as const,
    kind,
    verb: 'update' as const,
    live,
    desired: desiredOf(kind, { members: ['b', 'c'] }),
    fields: [{ name: 'members', field, before: ['a', 'b'], after: ['b', 'c'], impact: 'update' as const }],
  };
  assert.equal(
    lower(delta, CONTEXT).map((step) => [step.id, step.input]),
    [
      ['plain/x:remove.members', { VpcId: 'p-1', Member: 'a' }],
      ['plain/x:add.members', { VpcId: 'p-1', Member: 'c' }],
    ],
  );
});

t('a difference without its two sides is no step', () => {
  const kind: Kind = { ...kindOf('vpc'), fields: { a: create('A', text(), 'x', 'A.') } };
  for (const verb of ['create', 'update', 'replace', 'destroy'] as const) assert.equal(lower({ ...EMPTY, kind, verb }, CONTEXT), []);
});

t.run();
