/** Who serves after a change decides its grade, whatever field it is. */

import * as assert from 'uvu/assert';
import { canonical } from '../../../reconciler/model/codec.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Live, Observed, State } from '../../../reconciler/model/model.ts';
import { guard } from '../../../reconciler/plan/guard.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { appliedOf, changed, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/losses');

/** Two groups, of which green has no targets, and a rule of each kind. */
const base = (edit: (spec: SpecData) => void = () => {}): SpecData =>
  changed((spec) => {
    const { web } = spec.targetGroups;
    delete web.name;
    delete web.stickiness;
    const { targets: _, ...bare } = web;
    spec.targetGroups = { blue: web, green: { ...bare, targets: [] } };
    spec.listeners = {
      http: { protocol: 'HTTP', port: 80, forward: 'blue', rules: { api: { priority: 10, if: { path: ['/api/*'] }, forward: 'blue' } } },
    };
    delete spec.certificates;
    for (const key of ['chaos', 'load', 'objectives']) delete spec[key];
    edit(spec);
  });

const both = (blue: number, green: number) => ({
  targetGroups: [
    { targetGroup: 'blue', weight: blue },
    { targetGroup: 'green', weight: green },
  ],
});

const BASE = stackOf(base());
const LIVE = appliedOf(BASE);

const withLive = (address: string, more: (entry: Live) => Partial<Live>, observed: Observed = LIVE): Observed => ({
  ...observed,
  live: observed.live.map((entry) => (entry.address === address ? { ...entry, ...more(entry) } : entry)),
});

const states = (observed: Observed, group: string, ...said: readonly (Omit<State, 'of'> | undefined)[]): Observed =>
  withLive(
    `targetGroup/${group}`,
    (entry) => ({
      states: (entry.values['targets'] as readonly Json[]).flatMap((target, index): State[] => {
        const state = said[index];
        return state === undefined ? [] : [{ of: canonical(target), ...state }];
      }),
    }),
    observed,
  );

/** What guard refuses for what is lost, and how the worst change is graded. */
function look(edit: (spec: SpecData) => void, observed: Observed = LIVE, policy = {}) {
  const planned = plan(stackOf(base(edit)), observed);
  return {
    risk: planned.summary.risk,
    refused: guard(planned, observed, policy).map(({ rule, address }) => `${rule} ${address}`),
    losses: planned.changes.flatMap(({ losses = [] }) => losses),
    planned,
  };
}

for (const [name, edit, address, reason] of [
  [
    'no targets in a serving group',
    (spec) => (spec.targetGroups.blue.targets = []),
    'targetGroup/blue',
    /target group blue has no targets/,
  ],
  [
    'a listener that forwards to an empty group',
    (spec) => (spec.listeners.http.forward = 'green'),
    'listener/http',
    /green has no targets/,
  ],
  [
    'a rule that forwards to an empty group',
    (spec) => (spec.listeners.http.rules.api.forward = 'green'),
    'rule/http.api',
    /rule api.*green/,
  ],
  ['all weights 0', (spec) => (spec.listeners.http.forward = both(0, 0)), 'listener/http', /all weights are 0/],
  ['half to an empty group', (spec) => (spec.listeners.http.forward = both(50, 50)), 'listener/http', /50% of the requests/],
  [
    'a new rule before others, to an empty group',
    (spec) => (spec.listeners.http.rules = { new: { if: { path: ['/new/*'] }, forward: 'green' }, ...spec.listeners.http.rules }),
    'rule/http.new',
    /rule new takes.*green has no targets/,
  ],
  [
    'a redirect to a port without a listener',
    (spec) => {
      delete spec.listeners.http.forward;
      spec.listeners.http.redirect = { port: '444', protocol: 'HTTPS', statusCode: 'HTTP_301' };
    },
    'listener/http',
    /port 444, which has no listener/,
  ],
  [
    'instances that end while nobody takes them out',
    (spec) => {
      delete spec.targetGroups.blue.targets;
      spec.instances = {};
    },
    'instance/web-1',
    /blue/,
  ],
  [
    'instances whose groups let the load balancer in no more',
    (spec) => {
      spec.securityGroups = { shut: { ingress: [{ port: 22, from: '10.0.0.0/8' }] } };
      for (const each of Object.values(spec.instances) as SpecData[]) each.securityGroups = ['shut'];
    },
    'instance/web-1',
    /do not allow the load balancer on port/,
  ],
] as readonly (readonly [string, (spec: SpecData) => void, string, RegExp])[])
  t(`${name}: a drop that needs consent`, () => {
    const { risk, refused, losses } = look(edit);
    assert.is(risk, 'drop');
    assert.ok(refused.some((each) => each.endsWith(` ${address}`)) || losses.length > 0, refused.join(', '));
    assert.match(losses.join('\n'), reason);
    assert.ok(refused.length > 0);
    assert.equal(look(edit, LIVE, { allowDrop: ['*'], allowDestroy: ['*'] }).refused, [], 'consent is enough');
  });

for (const [name, edit] of [
  ['targets left out are left alone', (spec) => delete spec.targetGroups.blue.targets],
  ['an empty group that nothing uses is emptied of nothing', (spec) => delete spec.targetGroups.green.targets],
  ['a weight of 0 for an empty group', (spec) => (spec.listeners.http.forward = both(1, 0))],
  ['one target less', (spec) => spec.targetGroups.blue.targets.pop()],
  ['a rule that goes, before one that serves', (spec) => delete spec.listeners.http.rules],
  [
    'an error page that the spec asks for',
    (spec) => {
      delete spec.listeners.http.forward;
      spec.listeners.http.fixedResponse = { statusCode: '503' };
    },
  ],
  [
    'a rule below one that takes all its requests',
    (spec) => (spec.listeners.http.rules.more = { if: { path: ['/api/v1/*'] }, forward: 'green' }),
  ],
] as readonly (readonly [string, (spec: SpecData) => void])[])
  t(`${name}: no loss`, () => {
    const { risk, refused, losses } = look(edit);
    assert.not.equal(risk, 'drop');
    assert.equal([refused, losses], [[], []]);
  });

t('targets that are left out plan nothing and are told', () => {
  const { planned } = look((spec) => delete spec.targetGroups.blue.targets);
  assert.equal(planned.changes, []);
  assert.ok(planned.notes.some(({ kind, address }) => kind === 'unmanaged' && address === 'targetGroup/blue'));
});

t('what serves nothing now can lose nothing', () => {
  const dead = appliedOf(stackOf(base((spec) => (spec.listeners.http.forward = 'green'))));
  const { risk } = look((spec) => (spec.listeners.http.forward = both(0, 1)), dead);
  assert.not.equal(risk, 'drop');
});

t('a group without a healthy target is no place to send requests to', () => {
  const live = appliedOf(stackOf(base((spec) => (spec.targetGroups.green.targets = ['web-1']))));
  const to = (spec: SpecData) => {
    spec.targetGroups.green.targets = ['web-1'];
    spec.listeners.http.forward = 'green';
  };
  assert.not.equal(look(to, live).risk, 'drop');
  const sick = look(to, states(live, 'green', { state: 'unhealthy', code: 'Target.ResponseCodeMismatch' }));
  assert.is(sick.risk, 'drop');
  assert.match(sick.losses.join(), /web-1 is unhealthy/);
  // What is as bad before and after loses nothing, and health is in no digest.
  const same = (observed: Observed) => plan(stackOf(base((spec) => (spec.targetGroups.blue.deregistrationDelay = '7s'))), observed);
  const ill = states(LIVE, 'blue', { state: 'unhealthy' }, { state: 'unhealthy' });
  assert.not.equal(same(ill).summary.risk, 'drop');
  assert.is(same(ill).digest, same(LIVE).digest);
});

t('a target group of others is judged by what is registered there', () => {
  const arn = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/theirs/0123456789abcdef';
  const to = (spec: SpecData) => (spec.listeners.http.forward = arn);
  assert.is(look(to, { ...LIVE, strangers: { [arn]: [] } }).risk, 'drop');
  assert.not.equal(look(to, { ...LIVE, strangers: { [arn]: [{ state: 'healthy' }] } }).risk, 'drop');
  assert.is(look(to, { ...LIVE, strangers: { [arn]: [{ state: 'unused', code: 'Target.InvalidState' }] } }).risk, 'drop');
});

t('clients that a security group no longer lets in are a loss, whoever wrote the rule', () => {
  const live = appliedOf(
    stackOf(
      base((spec) => {
        spec.securityGroups = { front: { ingress: [{ port: 80, from: '0.0.0.0/0' }] } };
        spec.loadBalancer.securityGroups = ['front'];
      }),
    ),
  );
  const narrow = look((spec) => {
    spec.securityGroups = { front: { ingress: [{ port: 80, from: '10.0.0.0/8' }] } };
    spec.loadBalancer.securityGroups = ['front'];
  }, live);
  assert.match(narrow.losses.join(), /no security group rule allows 0\.0\.0\.0\/0 to connect to listener http/);
  assert.equal(narrow.refused, ['drop securityGroup/front']);
});

t('a security group rule that nobody needs is closed without a question, another one is not', () => {
  const front =
    (...ingress: readonly object[]) =>
    (spec: SpecData) => {
      spec.securityGroups = { front: { ingress } };
      spec.loadBalancer.securityGroups = ['front'];
    };
  const [web, inside, alt, ssh] = [
    { port: 80, from: '0.0.0.0/0' },
    { port: 80, from: '10.0.0.0/8' },
    { port: 9000, from: '0.0.0.0/0' },
    { port: 22, from: '0.0.0.0/0' },
  ];
  const live = appliedOf(stackOf(base(front(web, inside, alt))));
  assert.is(look(front(web), live).risk, 'none');
  assert.is(look(front(inside, alt), live).risk, 'drop');
  const back =
    (...ingress: readonly object[]) =>
    (spec: SpecData) => {
      spec.securityGroups = { back: { ingress } };
      for (const each of Object.values(spec.instances) as SpecData[]) each.securityGroups = ['back'];
    };
  const open = { ports: [8000, 9000], from: '10.0.0.0/16' };
  assert.is(look(back(open), appliedOf(stackOf(base(back(open, ssh))))).risk, 'drop', 'who uses port 22 is not known');
});

t('what gets no requests moves none', () => {
  const grades = (edit: (spec: SpecData) => void) => look(edit).planned.changes.map(({ address, risk }) => `${address} ${risk}`);
  assert.equal(
    grades((spec) => (spec.targetGroups.green.healthCheck = { ...spec.targetGroups.green.healthCheck, path: '/x' })),
    ['targetGroup/green none'],
  );
  assert.equal(
    grades((spec) => (spec.targetGroups.blue.healthCheck = { ...spec.targetGroups.blue.healthCheck, path: '/x' })),
    ['targetGroup/blue shift'],
  );
});

t('a target that is not healthy, an instance that does not run: told by an empty plan too', () => {
  const ill = withLive(
    'instance/web-2',
    () => ({ states: [{ state: 'stopped', code: 'Client.UserInitiatedShutdown' }] }),
    states(LIVE, 'blue', { state: 'unhealthy', text: 'Health checks failed with these codes: [502]' }, { state: 'healthy' }),
  );
  const planned = plan(BASE, ill);
  assert.equal(planned.changes, []);
  assert.equal(
    planned.notes.flatMap(({ kind, address, text }) => (kind === 'unfinished' ? [`${address}: ${text}`] : [])),
    [
      'instance/web-2: it is stopped: Client.UserInitiatedShutdown',
      'targetGroup/blue: target web-1 is unhealthy: Health checks failed with these codes: [502]',
    ],
  );
  const unused = states(LIVE, 'green');
  assert.equal(
    plan(BASE, unused).notes.filter(({ kind }) => kind === 'unfinished'),
    [],
  );
});

t.run();
