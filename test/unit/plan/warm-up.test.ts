/** A target group serves before requests are led to it, and finishes them before it goes. */

import * as assert from 'uvu/assert';
import { plan } from '../../../reconciler/plan/plan.ts';
import { LIVE, needsOf, planOf, stepOf } from '../../support/plans.ts';
import { appliedOf, changed, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/warm-up');

const other = (spec: SpecData): void => {
  spec.targetGroups.web.protocol = 'HTTPS';
};

t('a new group is in use, its targets registered and healthy, before a listener is led to it', () => {
  const planned = planOf(other);
  for (const listener of ['listener/http:modify', 'listener/https:modify']) {
    const needs = needsOf(planned, listener);
    for (const step of [
      'targetGroup/web:create',
      'targetGroup/web:add.targets',
      'targetGroup/web:attributes',
      'targetGroup/web:await.warm',
    ])
      assert.ok(needs.has(step), `${listener} does not wait for ${step}`);
  }
  assert.ok(needsOf(planned, 'targetGroup/web:await.warm').has('rule/http.warm-up@web:create'));
});

t('the rule that puts it in use matches no request, stands far from others, has our tags, and goes when the listeners are moved', () => {
  const planned = planOf(other);
  const made = stepOf(planned, 'rule/http.warm-up@web:create').input as {
    readonly Priority: number;
    readonly Conditions: readonly { readonly HostHeaderConfig: { readonly Values: readonly string[] } }[];
    readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
  };
  assert.is(made.Priority, 49_000);
  assert.equal(made.Conditions[0]?.HostHeaderConfig.Values, ['warm-up.albedo.invalid']);
  assert.ok(made.Tags.some(({ Key, Value }) => Key === 'albedo:address' && Value === 'rule/http.warm-up@web'));
  const needs = needsOf(planned, 'rule/http.warm-up@web:destroy');
  assert.ok(needs.has('listener/http:modify') && needs.has('listener/https:modify'));
});

t('its place is free: neither live, nor wanted, nor a stranger has it', () => {
  const taken = (spec: SpecData): void => {
    spec.listeners.http.rules = { a: { if: { path: ['/a'] }, fixedResponse: { statusCode: '404' }, priority: 49_000 } };
  };
  const live = appliedOf(stackOf(changed(taken)));
  const observed = { ...live, occupied: [{ kind: 'rule', parent: 'id:listener/http', value: 48_999 }] };
  const planned = plan(
    stackOf(
      changed((spec) => {
        taken(spec);
        other(spec);
      }),
    ),
    observed,
  );
  assert.is((stepOf(planned, 'rule/http.warm-up@web:create').input as { readonly Priority: number }).Priority, 48_998);
});

t('what an interrupted run left is removed, and the group it holds in use needs no other', () => {
  const rule = {
    address: 'rule/http.warm-up@web' as const,
    kind: 'rule',
    id: 'arn:left',
    outputs: { id: 'arn:left', arn: 'arn:left' },
    values: {
      listener: { $ref: 'listener/http.arn' },
      priority: 49_000,
      if: { host: ['warm-up.albedo.invalid'] },
      rewrite: {},
      actions: [{ type: 'forward', targetGroup: { $ref: 'targetGroup/web.arn' } }],
    },
    tags: { 'albedo:stack': 'webserver', 'albedo:address': 'rule/http.warm-up@web' },
    handles: {},
  };
  const planned = planOf(() => {}, { ...LIVE, live: [...LIVE.live, rule] });
  assert.equal(
    planned.steps.map(({ op }) => op),
    ['elbv2:DeleteRule'],
  );
});

t('nothing is warmed up where nothing serves yet, or where there is nobody to serve', () => {
  const created = plan(stackOf(changed(() => {})), { ...LIVE, live: [] });
  assert.not.ok(created.steps.some(({ id }) => id.includes('warm-up')));
  const empty = planOf((spec) => {
    other(spec);
    spec.targetGroups.web.targets = [];
    delete spec.chaos;
  });
  assert.not.ok(empty.steps.some(({ id }) => id.includes('warm')));
});

t('what leads to a group and has to go first goes when the group is in use by other means: else it would never be in service', () => {
  const before = (spec: SpecData): void => {
    delete spec.listeners.http.forward;
    spec.listeners.http.redirect = { protocol: 'HTTPS', port: '8443', statusCode: 'HTTP_301' };
    spec.listeners.http.port = 443;
    spec.listeners.https.port = 80;
  };
  const planned = planOf((spec) => delete spec.listeners.https, appliedOf(stackOf(changed(before))));
  const warm = 'targetGroup/web:await.warm';
  assert.ok(needsOf(planned, warm).has('rule/http.warm-up@web:create'));
  assert.ok(needsOf(planned, 'listener/https:destroy').has(warm), 'the old listener serves until then');
  assert.ok(needsOf(planned, 'listener/http:modify').has('listener/https:destroy'), 'it takes its port');
});

t('two listeners exchange their groups: each lets go only when what the other one takes over is in service', () => {
  const two = (spec: SpecData): void => {
    const { name: _name, ...group } = structuredClone(spec.targetGroups.web);
    spec.targetGroups.api = group;
    spec.listeners.https.forward = 'api';
  };
  const swapped = (spec: SpecData): void => {
    two(spec);
    [spec.listeners.http.forward, spec.listeners.https.forward] = ['api', 'web'];
  };
  const planned = plan(stackOf(changed(swapped)), appliedOf(stackOf(changed(two))));
  for (const listener of ['listener/http:modify', 'listener/https:modify'])
    for (const group of ['web', 'api'])
      assert.ok(needsOf(planned, listener).has(`targetGroup/${group}:await.warm`), `${listener} does not wait for ${group}`);
});

t('a second group behind a new rule is warmed up too: its path was served by somebody until then', () => {
  const planned = planOf((spec) => {
    const { name: _name, ...group } = structuredClone(spec.targetGroups.web);
    spec.targetGroups.api = group;
    spec.listeners.http.rules = { api: { if: { path: ['/api/*'] }, forward: 'api' } };
  });
  assert.ok(needsOf(planned, 'rule/http.api:create').has('targetGroup/api:await.warm'));
});

/** A hundred rules: as many as a load balancer takes. */
const full = (spec: SpecData): void => {
  const answer = { fixedResponse: { statusCode: '404' } };
  const rules = Array.from({ length: 100 }, (_, index) => [`r${index}`, { if: { path: [`/${index}`] }, ...answer }] as const);
  spec.listeners.http.rules = Object.fromEntries(rules);
};
const fullThen = (edit: (spec: SpecData) => void, before: (spec: SpecData) => void = () => {}) => {
  const both = (more: (spec: SpecData) => void) => (spec: SpecData) => {
    full(spec);
    before(spec);
    more(spec);
  };
  return plan(stackOf(changed(both(edit))), appliedOf(stackOf(changed(both(() => {})))));
};

t('at the quota of rules it is in use beside the old one, without a share, in what is led to it next', () => {
  const planned = fullThen(other);
  assert.not.ok(planned.steps.some(({ op }) => op === 'elbv2:CreateRule'));
  assert.equal(stepOf(planned, 'listener/http:beside.web').input, {
    ListenerArn: 'id:listener/http',
    DefaultActions: [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: 'id:targetGroup/web', Weight: 1 },
            { TargetGroupArn: { $ref: 'targetGroup/web.arn' }, Weight: 0 },
          ],
          TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 1 },
        },
      },
    ],
  });
  const needs = needsOf(planned, 'listener/http:modify');
  assert.ok(needs.has('targetGroup/web:await.warm'));
  assert.ok(needsOf(planned, 'targetGroup/web:await.warm').has('listener/http:beside.web'));
  assert.not.ok(needsOf(planned, 'listener/http:beside.web').has('targetGroup/web:await.warm'));
  const room = fullThen(other, (spec) => delete spec.listeners.http.rules['r9']);
  assert.ok(
    room.steps.some(({ id }) => id === 'rule/http.warm-up@web:create'),
    'one rule less, and there is room',
  );
});

t('two groups beside the same action: the second leaves the first where it is', () => {
  const two = (spec: SpecData): void => {
    const { name: _name, ...group } = structuredClone(spec.targetGroups.web);
    spec.targetGroups.api = group;
    for (const listener of ['http', 'https'])
      spec.listeners[listener].forward = { targetGroups: [{ targetGroup: 'web' }, { targetGroup: 'api', weight: 3 }], stickiness: '1m' };
  };
  const planned = fullThen((spec) => {
    for (const name of ['web', 'api']) spec.targetGroups[name].protocol = 'HTTPS';
  }, two);
  const besides = planned.steps.filter(({ id }) => id.includes(':beside.'));
  assert.is(besides.length, 2);
  const last = besides.find(({ needs }) => besides.some(({ id }) => needs.includes(id)))?.input as {
    readonly DefaultActions: readonly {
      readonly ForwardConfig: {
        readonly TargetGroups: readonly { readonly Weight: number }[];
        readonly TargetGroupStickinessConfig: unknown;
      };
    }[];
  };
  assert.equal(last.DefaultActions[0]?.ForwardConfig.TargetGroups.map(({ Weight }) => Weight).sort(), [0, 0, 1, 3]);
  assert.equal(last.DefaultActions[0]?.ForwardConfig.TargetGroupStickinessConfig, { Enabled: true, DurationSeconds: 60 });
});

t('at the quota, what served by a redirect until now has no action to be put into: the rule is tried', () => {
  const redirect = (spec: SpecData): void => {
    for (const listener of ['http', 'https']) {
      delete spec.listeners[listener].forward;
      spec.listeners[listener].redirect = { host: 'elsewhere.example', statusCode: 'HTTP_302' };
    }
  };
  const back = (spec: SpecData): void => {
    for (const listener of ['http', 'https']) {
      delete spec.listeners[listener].redirect;
      spec.listeners[listener].forward = 'web';
    }
  };
  const planned = fullThen(back, redirect);
  assert.ok(planned.steps.some(({ id }) => id === 'rule/http.warm-up@web:create'));
});

t('the old group goes when nothing leads to it and its delay is over; the way to it closes after that', () => {
  const planned = planOf((spec) => {
    spec.targetGroups.web.port = 9090;
    spec.targetGroups.web.deregistrationDelay = '40s';
  });
  const drained = stepOf(planned, 'targetGroup/web:await.drained');
  assert.is(drained.until?.holdSeconds, 300, 'the delay that the old one has');
  assert.equal(drained.until?.anyOf, []);
  assert.ok(needsOf(planned, drained.id).has('listener/http:modify'));
  assert.ok(needsOf(planned, 'targetGroup/web:destroy').has(drained.id));
  assert.ok(needsOf(planned, 'securityGroup/instances:remove.ingress').has(drained.id));
  assert.ok(needsOf(planned, 'instance/web-1:destroy').has(drained.id), 'its instances are replaced with it, and end after it is drained');
});

t('an instance ends when its target is out, and a group that goes with its load balancer waits for nobody', () => {
  const planned = planOf((spec) => {
    delete spec.instances['web-2'];
    spec.targetGroups.web.targets = ['web-1'];
  });
  const drained = stepOf(planned, 'targetGroup/web:await.drained.targets');
  assert.is(drained.until?.timeoutSeconds, 600, 'the delay and five minutes');
  assert.ok(needsOf(planned, drained.id).has('targetGroup/web:remove.targets'));
  assert.ok(needsOf(planned, 'instance/web-2:destroy').has(drained.id));
  const end = plan(stackOf(changed(() => {})), LIVE, 'destroy');
  assert.not.ok(end.steps.some(({ id }) => id.includes('drained')));
});

t('a load balancer leaves a zone when targets in another one serve; the subnet goes when its interfaces are gone', () => {
  const planned = planOf((spec) => {
    spec.network.subnets.c = { availabilityZone: 'us-east-1c', cidrBlock: '10.0.6.0/24' };
    delete spec.network.subnets.b;
    spec.loadBalancer.subnets = ['a', 'c'];
    spec.instances['web-2'].subnet = 'c';
  });
  const subnetsOf = (id: string) => (stepOf(planned, id).input as { readonly Subnets: readonly unknown[] }).Subnets;
  assert.is(subnetsOf('loadBalancer/main:set.subnets').length, 3);
  assert.is(subnetsOf('loadBalancer/main:set.subnets.narrow').length, 2);
  assert.ok(needsOf(planned, 'loadBalancer/main:set.subnets.narrow').has('targetGroup/web:await.settled'));
  assert.ok(needsOf(planned, 'subnet/b:destroy').has('subnet/b:await.drained'));
  assert.ok(needsOf(planned, 'subnet/b:await.drained').has('loadBalancer/main:set.subnets.narrow'));
});

t('two subnets of one zone cannot be in the set together: they change places in one call', () => {
  const planned = planOf((spec) => {
    spec.network.subnets.c = { availabilityZone: 'us-east-1b', cidrBlock: '10.0.6.0/24' };
    spec.loadBalancer.subnets = ['a', 'c'];
  });
  assert.equal(
    planned.steps.filter(({ op }) => op === 'elbv2:SetSubnets').map(({ id }) => id),
    ['loadBalancer/main:set.subnets'],
  );
});

t('a redirect begins when what it leads to stands, and is taken back before that changes', () => {
  const redirect = (spec: SpecData): void => {
    delete spec.listeners.http.forward;
    spec.listeners.http.redirect = { protocol: 'HTTPS', port: '8443', statusCode: 'HTTP_302' };
    spec.listeners.alt = { ...spec.listeners.https, port: 8443 };
  };
  const planned = planOf(redirect);
  const needs = needsOf(planned, 'listener/http:modify');
  assert.ok(needs.has('listener/alt:create') && needs.has('securityGroup/load-balancer:add.ingress'));
  const back = plan(
    stackOf(
      changed((spec) => {
        spec.listeners.https.sslPolicy = 'ELBSecurityPolicy-TLS13-1-2-2021-06';
      }),
    ),
    appliedOf(stackOf(changed(redirect))),
  );
  assert.ok(needsOf(back, 'listener/https:modify').has('listener/http:modify'));
});

t.run();
