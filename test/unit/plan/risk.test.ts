import * as assert from 'uvu/assert';
import type { Live, Observed } from '../../../reconciler/model/model.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { worst } from '../../../reconciler/plan/risk.ts';
import type { Change } from '../../../reconciler/plan/types.ts';
import { EDIT_NAMES, edited } from '../../support/edits.ts';
import { BEFORE, LIVE, planOf } from '../../support/plans.ts';
import { idOf, NOTHING, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/risk');

const changeOf = (changes: readonly Change[], address: string): Change => {
  const found = changes.find((change) => change.address === address);
  if (found === undefined) throw new Error(`no change of ${address}`);
  return found;
};

const withLive = (address: string, more: (entry: Live) => Partial<Live>, observed: Observed = LIVE): Observed => ({
  ...observed,
  live: observed.live.map((entry) => (entry.address === address ? { ...entry, ...more(entry) } : entry)),
});

t('the worst of several risks', () => {
  assert.is(worst([]), 'none');
  assert.is(worst(['none', 'shift']), 'shift');
  assert.is(worst(['drop', 'none']), 'drop');
});

for (const [name, edit, address, impact, risk] of [
  ['a health check', (spec) => (spec.targetGroups.web.healthCheck.path = '/x'), 'targetGroup/web', 'update', 'shift'],
  ['stickiness', (spec) => (spec.targetGroups.web.stickiness.duration = '1h'), 'targetGroup/web', 'update', 'shift'],
  ['a listener port', (spec) => (spec.listeners.http.port = 81), 'listener/http', 'reconnect', 'drop'],
  [
    'what is done with requests',
    (spec) => {
      delete spec.listeners.http.forward;
      spec.listeners.http.fixedResponse = { statusCode: '503' };
    },
    'listener/http',
    'update',
    'shift',
  ],
  ['an instance', (spec) => (spec.instances['web-1'].instanceType = 't3.small'), 'instance/web-1', 'replace', 'shift'],
  ['a target group', (spec) => (spec.targetGroups.web.protocol = 'HTTPS'), 'targetGroup/web', 'replace', 'shift'],
  ['the load balancer', (spec) => (spec.loadBalancer.scheme = 'internal'), 'loadBalancer/main', 'replace', 'drop'],
  ['an instance in the way', (spec) => (spec.network.subnets.a.availabilityZone = 'us-east-1c'), 'instance/web-1', 'replace', 'drop'],
  ['a subnet in the way', (spec) => (spec.network.subnets.a.availabilityZone = 'us-east-1c'), 'subnet/a', 'replace', 'drop'],
  ['a certificate', (spec) => (spec.certificates.site.selfSigned.validFor = '30d'), 'certificate/site', 'replace', 'none'],
  ['a tag', (spec) => (spec.loadBalancer.tags = { a: 'b' }), 'loadBalancer/main', 'update', 'none'],
  [
    'a new instance',
    (spec) => {
      spec.instances['web-3'] = { subnet: 'a', app: 'flask-webserver' };
      spec.targetGroups.web.targets.push('web-3');
    },
    'instance/web-3',
    'create',
    'none',
  ],
  [
    'a listener that goes',
    (spec) => {
      delete spec.listeners.https;
      delete spec.certificates;
    },
    'listener/https',
    'destroy',
    'drop',
  ],
] as readonly (readonly [string, (spec: SpecData) => void, string, string, string])[]) {
  t(`${name}: ${impact}, ${risk}`, () => {
    const change = changeOf(planOf(edit).changes, address);
    assert.equal([change.impact, change.risk], [impact, risk]);
  });
}

t('each graded field says why', () => {
  for (const name of EDIT_NAMES) {
    for (const change of plan(stackOf(edited([name])), LIVE).changes) {
      for (const field of change.fields)
        if (field.risk !== 'none') assert.ok((field.reason ?? '').length > 5, `${name}: ${change.address} ${field.field}`);
    }
  }
});

t('a change tells before and after, where it was said, and of what', () => {
  const change = changeOf(planOf((spec) => (spec.loadBalancer.idleTimeout = '2m')).changes, 'loadBalancer/main');
  assert.equal(change.fields, [{ field: 'idleTimeout', before: 60, after: 120, impact: 'update', risk: 'none' }]);
  assert.is(change.physicalId, idOf('loadBalancer/main'));
  assert.is(change.label, 'load balancer');
  assert.is(change.position?.file, 'web.yaml');
  const because = changeOf(planOf((spec) => (spec.loadBalancer.scheme = 'internal')).changes, 'targetGroup/web').fields;
  assert.equal(
    because.map((field) => [field.field, field.reason]),
    [
      [
        'name',
        'loadBalancer/main is replaced: requests move to the new group once its targets are in service; those under way get up to 5m to finish',
      ],
    ],
  );
});

t('of what is new, that which was said is told, and not the defaults', () => {
  const fields = changeOf(plan(BEFORE, NOTHING).changes, 'targetGroup/web').fields.map((field) => field.field);
  assert.ok(fields.includes('healthCheck.path') && fields.includes('stickiness.type'));
  for (const absent of ['deregistrationDelay', 'slowStart', 'vpc']) assert.not.ok(fields.includes(absent), absent);
  assert.ok(
    changeOf(plan(BEFORE, NOTHING).changes, 'securityGroup/instances').fields.some((field) => field.field === 'ingress'),
    'what follows from the stack is told too',
  );
});

t('tags are told one by one', () => {
  const observed = withLive('vpc/main', (entry) => ({ tags: { ...entry.tags, Name: 'mine', old: 'x', 'albedo:tags': 'old' } }));
  assert.equal(changeOf(plan(BEFORE, observed).changes, 'vpc/main').fields, [
    { field: 'tags.Name', before: 'mine', after: 'webserver-main', impact: 'update', risk: 'none' },
    { field: 'tags.old', before: 'x', impact: 'update', risk: 'none' },
    { field: 'tags.albedo:tags', before: 'old', impact: 'update', risk: 'none' },
  ]);
});

t.run();
