import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Desired, Live, Observed } from '../../../reconciler/model/model.ts';
import { digestOf, sha256 } from '../../../reconciler/plan/digest.ts';
import { guard, type Refusal } from '../../../reconciler/plan/guard.ts';
import { chooseName } from '../../../reconciler/plan/names.ts';
import { plan, settleGiven } from '../../../reconciler/plan/plan.ts';
import { worst } from '../../../reconciler/plan/risk.ts';
import type { Change, Json } from '../../../reconciler/plan/types.ts';
import { EDIT_NAMES, edited } from '../../support/edits.ts';
import { BEFORE, LIVE, planOf } from '../../support/plans.ts';
import { appliedOf, changed, idOf, NOTHING, problemsOf, type SpecData, stackOf, tutorial } from '../../support/stacks.ts';

const t = suite('plan');

const changeOf = (changes: readonly Change[], address: string): Change => {
  const found = changes.find((change) => change.address === address);
  if (found === undefined) throw new Error(`no change of ${address}`);
  return found;
};
const withLive = (address: string, more: (entry: Live) => Partial<Live>, observed: Observed = LIVE): Observed => ({
  ...observed,
  live: observed.live.map((entry) => (entry.address === address ? { ...entry, ...more(entry) } : entry)),
});

// digest

t('nothing to do is an empty plan', () => {
  const nothing = plan(BEFORE, LIVE);
  assert.equal([nothing.changes, nothing.steps], [[], []]);
  assert.equal(nothing.summary, { create: 0, update: 0, replace: 0, destroy: 0, unchanged: 14, risk: 'none' });
  const gone = plan(BEFORE, NOTHING, 'destroy');
  assert.equal([gone.changes, gone.steps, gone.summary.unchanged], [[], [], 0]);
});

t('the same inputs give the same bytes, in whatever order they come', () => {
  const stack = stackOf(changed((spec) => (spec.network.vpc.cidrBlock = '10.0.0.0/17')));
  const turn = <T>(value: T): T =>
    Array.isArray(value)
      ? value
      : typeof value === 'object' && value !== null
        ? (Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, entry]) => [key, turn(entry)]),
          ) as T)
        : value;
  const once = plan(stack, LIVE);
  const again = plan(
    { ...stack, desired: stack.desired.map((entry) => ({ ...entry, values: turn(entry.values), tags: turn(entry.tags) })).reverse() },
    { ...LIVE, live: LIVE.live.map(turn).reverse() },
  );
  assert.is(again.digest, once.digest);
  assert.is(JSON.stringify(again.steps.map((step) => step.id)), JSON.stringify(once.steps.map((step) => step.id)));
  assert.is(JSON.stringify(plan(stack, LIVE)), JSON.stringify(once));
  assert.equal(JSON.parse(JSON.stringify(once)), once, 'a plan is plain JSON');
});

t('the digest changes with every single change, there and back, and with nothing else', () => {
  const digests = new Map<string, string>();
  const note = (name: string, digest: string) => {
    assert.not.ok(digests.has(digest), `${name} has the digest of ${digests.get(digest)}`);
    digests.set(digest, name);
  };
  note('nothing', plan(BEFORE, LIVE).digest);
  note('create', plan(BEFORE, NOTHING).digest);
  note('destroy', plan(BEFORE, LIVE, 'destroy').digest);
  note('other account', plan(BEFORE, { ...NOTHING, account: '999999999999' }).digest);
  note('other region', plan({ ...BEFORE, region: 'eu-west-1' }, NOTHING).digest);
  note('other stack', plan({ ...BEFORE, name: 'other' }, NOTHING).digest);
  for (const name of EDIT_NAMES) {
    note(name, plan(stackOf(edited([name])), LIVE).digest);
    if (!['key of an instance', 'group name'].includes(name))
      note(`back from ${name}`, plan(BEFORE, appliedOf(stackOf(edited([name])))).digest);
  }
  const moved = {
    ...BEFORE,
    file: 'else.yaml',
    desired: BEFORE.desired.map((entry) => ({ ...entry, position: { file: 'else.yaml', line: 1, column: 1 } })),
  };
  assert.is(plan(moved, LIVE).digest, plan(BEFORE, LIVE).digest, 'where it was written is no matter');
  const other = withLive('loadBalancer/main', () => ({
    tags: { ...LIVE.live.find((entry) => entry.address === 'loadBalancer/main')?.tags, foreign: 'x' },
  }));
  assert.is(plan(BEFORE, other).digest, plan(BEFORE, LIVE).digest, 'what the plan does not touch is no matter');
});

t('the digest knows what is live of that which it touches', () => {
  const edit = (spec: SpecData) => (spec.loadBalancer.http2 = false);
  const other = withLive('loadBalancer/main', (entry) => ({
    values: { ...entry.values, idleTimeout: 60 },
    id: 'arn:other',
    outputs: { ...entry.outputs, id: 'arn:other', arn: 'arn:other' },
  }));
  assert.is.not(planOf(edit, other).liveDigest, planOf(edit).liveDigest);
  assert.is(planOf(edit, other).specDigest, planOf(edit).specDigest);
});

t('digests are of the canonical form', () => {
  assert.is(digestOf({ a: 1, b: [2] }), digestOf({ b: [2], a: 1 }));
  assert.is.not(digestOf({ a: 1, b: [2] }), digestOf({ a: 1, b: ['2'] }));
  assert.match(digestOf(null), /^[0-9a-f]{64}$/);
  assert.is(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

// the plan's own words

t('the summary counts', () => {
  const planned = planOf((spec) => {
    spec.instances['web-3'] = { subnet: 'a', app: 'flask-webserver' };
    spec.instances['web-1'].instanceType = 't3.small';
    spec.targetGroups.web.targets.push('web-3');
    delete spec.listeners.https;
    delete spec.certificates;
  });
  assert.equal(planned.summary, { create: 1, update: 2, replace: 1, destroy: 2, unchanged: 9, risk: 'drop' });
});

t('notes: fields left alone of what is live, and what was observed', () => {
  const observed = { ...LIVE, notes: [{ kind: 'foreign', text: 'a listener of others' } as const] };
  assert.equal(
    plan(BEFORE, observed).notes.map((note) => note.kind),
    ['foreign'],
  );
  const keyed = withLive('instance/web-1', (entry) => ({ values: { ...entry.values, keyName: 'somebody' } }));
  assert.equal(
    plan(BEFORE, keyed).notes.map((note) => `${note.kind} ${note.address} ${note.text}`),
    ['unmanaged instance/web-1 keyName is not in the spec and left as it is'],
  );
  assert.equal(plan(BEFORE, NOTHING).notes, []);
  assert.equal(
    plan(BEFORE, observed, 'destroy').notes.map((note) => note.kind),
    ['foreign'],
  );
});

t('what exists already is put in by its id, and sets stay sorted', () => {
  const spec = changed((data) => {
    data.network = {
      vpc: { id: 'vpc-0123456789abcdef0' },
      subnets: { a: { id: 'subnet-0123456789abcdef9' }, b: { id: 'subnet-0123456789abcdef0' } },
    };
  });
  const stack = stackOf(spec);
  const given = {
    'vpc/main': { id: 'vpc-0123456789abcdef0' },
    'subnet/a': { id: 'subnet-0123456789abcdef9' },
    'subnet/b': { id: 'subnet-0123456789abcdef0' },
  };
  const settled = settleGiven(stack.desired, { ...NOTHING, given });
  assert.equal(settled.find((entry) => entry.address === 'loadBalancer/main')?.values['subnets'], [
    'subnet-0123456789abcdef0',
    'subnet-0123456789abcdef9',
  ]);
  const created = plan(stack, { ...NOTHING, given }).steps.find((step) => step.id === 'targetGroup/web:create');
  assert.is((created?.input as { VpcId: Json } | undefined)?.VpcId, 'vpc-0123456789abcdef0');
});

// risk and impact

t('the worst of several risks', () => {
  assert.is(worst([]), 'none');
  assert.is(worst(['none', 'shift']), 'shift');
  assert.is(worst(['drop', 'none']), 'drop');
});

for (const [name, edit, address, impact, risk] of [
  ['a health check', (spec) => (spec.targetGroups.web.healthCheck.path = '/x'), 'targetGroup/web', 'update', 'none'],
  ['stickiness', (spec) => (spec.targetGroups.web.stickiness.duration = '1h'), 'targetGroup/web', 'update', 'shift'],
  ['a listener port', (spec) => (spec.listeners.http.port = 81), 'listener/http', 'update', 'drop'],
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
  ['a target group', (spec) => (spec.targetGroups.web.protocolVersion = 'HTTP2'), 'targetGroup/web', 'replace', 'shift'],
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
        if (field.risk !== 'none') assert.ok(field.reason.length > 5, `${name}: ${change.address} ${field.field}`);
    }
  }
});

t('a change tells before and after, where it was said, and of what', () => {
  const change = changeOf(planOf((spec) => (spec.loadBalancer.idleTimeout = '2m')).changes, 'loadBalancer/main');
  assert.equal(change.fields, [{ field: 'idleTimeout', before: 60, after: 120, impact: 'update', risk: 'none', reason: '' }]);
  assert.is(change.physicalId, idOf('loadBalancer/main'));
  assert.is(change.label, 'load balancer');
  assert.is(change.position?.file, 'web.yaml');
  const because = changeOf(planOf((spec) => (spec.loadBalancer.scheme = 'internal')).changes, 'targetGroup/web').fields;
  assert.equal(
    because.map((field) => [field.field, field.reason]),
    [['name', 'loadBalancer/main is replaced']],
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
    { field: 'tags.Name', before: 'mine', after: 'webserver-main', impact: 'update', risk: 'none', reason: '' },
    { field: 'tags.old', before: 'x', impact: 'update', risk: 'none', reason: '' },
    { field: 'tags.albedo:tags', before: 'old', impact: 'update', risk: 'none', reason: '' },
  ]);
});

// guard

const refusals = (edit: (spec: SpecData) => void, observed: Observed = LIVE, allowReplace: readonly string[] = []): readonly Refusal[] =>
  guard(planOf(edit, observed), observed, { allowReplace });
const PROTECTED = withLive('loadBalancer/main', (entry) => ({ values: { ...entry.values, deletionProtection: true } }));

t('a plan that changes no address is not refused', () => {
  assert.equal(
    refusals(() => {}),
    [],
  );
  assert.equal(
    refusals((spec) => (spec.loadBalancer.idleTimeout = 61)),
    [],
  );
  assert.equal(
    refusals((spec) => (spec.instances['web-1'].instanceType = 't3.small')),
    [],
  );
  assert.equal(guard(plan(BEFORE, LIVE, 'destroy'), LIVE, { allowReplace: [] }), []);
});

t('a new address for clients needs consent', () => {
  const [refusal, ...more] = refusals((spec) => (spec.loadBalancer.scheme = 'internal'));
  assert.equal(more, []);
  assert.equal(refusal, {
    address: 'loadBalancer/main',
    reason: 'the load balancer would be replaced because of scheme: the DNS name changes',
    remedy: 'Allow it with --allow-replace loadBalancer/main, or take the change back.',
  });
  assert.equal(
    refusals((spec) => (spec.loadBalancer.scheme = 'internal'), LIVE, ['loadBalancer/main']),
    [],
  );
  assert.is(refusals((spec) => (spec.loadBalancer.scheme = 'internal'), LIVE, ['targetGroup/web']).length, 1, 'consent is for one thing');
});

t('deletion protection is refused whatever is allowed, until it is off', () => {
  const spec = (data: SpecData) => (data.loadBalancer.scheme = 'internal');
  assert.equal(
    refusals(spec, PROTECTED, ['loadBalancer/main']).map((refusal) => refusal.remedy),
    ['Apply with deletionProtection: false first.'],
  );
  assert.equal(
    guard(plan(BEFORE, PROTECTED, 'destroy'), PROTECTED, { allowReplace: [] }).map((refusal) => refusal.address),
    ['loadBalancer/main'],
  );
  assert.equal(
    refusals((data) => (data.loadBalancer.idleTimeout = 61), PROTECTED),
    [],
    'a change is no deletion',
  );
  assert.equal(guard(plan(BEFORE, LIVE, 'destroy'), LIVE, { allowReplace: [] }), []);
});

t('a twin under protection is refused too', () => {
  const balancer = PROTECTED.live.find((entry) => entry.address === 'loadBalancer/main');
  if (balancer === undefined) throw new Error('no load balancer');
  const observed = { ...LIVE, twins: [{ ...balancer, id: 'arn:twin', outputs: { id: 'arn:twin', arn: 'arn:twin' } }] };
  assert.equal(guard(plan(BEFORE, observed), observed, { allowReplace: [] }).length, 1);
});

t("a stranger's name is not taken over, neither for something new nor for a replacement", () => {
  const taken = [{ kind: 'loadBalancer', name: 'webserver', owner: 'stack other (arn:x)' }];
  assert.equal(guard(plan(BEFORE, { ...NOTHING, taken }), { ...NOTHING, taken }, { allowReplace: [] }), [
    {
      address: 'loadBalancer/main',
      reason: 'the name webserver is taken by a load balancer of stack other (arn:x)',
      remedy: 'Choose another name, or remove the other one first.',
    },
  ]);
  const other = { ...LIVE, taken: [{ kind: 'loadBalancer', name: 'theirs', owner: 'x' }] };
  assert.equal(refusals((spec) => (spec.loadBalancer.name = 'theirs'), other, ['loadBalancer/main']).length, 1);
  const group = { ...NOTHING, taken: [{ kind: 'targetGroup', name: 'webserver', owner: 'x' }] };
  assert.equal(guard(plan(BEFORE, group), group, { allowReplace: [] }), [], 'of another kind');
});

const names = fc.subarray(EDIT_NAMES, { maxLength: 6 }).filter((list) => problemsOf(edited(list)).length === 0);

t('a plan that grows is only ever refused more', () => {
  fc.assert(
    fc.property(names, fc.boolean(), fc.nat(5), (list, protect, cut) => {
      const observed = { ...(protect ? PROTECTED : LIVE), taken: [{ kind: 'loadBalancer', name: 'other', owner: 'x' }] };
      const whole = plan(stackOf(edited(list)), observed);
      const part = { ...whole, changes: whole.changes.filter((_, index) => index % 6 !== cut) };
      const refused = new Set(guard(whole, observed, { allowReplace: [] }).map((refusal) => JSON.stringify(refusal)));
      for (const refusal of guard(part, observed, { allowReplace: [] })) assert.ok(refused.has(JSON.stringify(refusal)));
      assert.ok(guard(whole, observed, { allowReplace: ['loadBalancer/main'] }).length <= refused.size);
    }),
    { numRuns: 40 },
  );
});

// names

const desired = (address: string, values: { readonly [name: string]: Json } = {}): Desired => ({
  address: address as Desired['address'],
  kind: address.split('/')[0] ?? '',
  values,
  tags: {},
  positions: {},
  unmanaged: [],
  ignored: [],
});
const context = { stack: 'webserver', account: '1', region: 'r', taken: new Set<string>() };

t('a name is what was said, where it is free', () => {
  assert.is(chooseName(desired('loadBalancer/main', { name: 'mine' }), 32, context), 'mine');
  assert.match(
    chooseName(desired('loadBalancer/main', { name: 'mine' }), 32, { ...context, taken: new Set(['loadBalancer:mine']) }),
    /^mine-[0-9a-f]{4}$/,
  );
  assert.is(chooseName(desired('loadBalancer/main', { name: 'mine' }), 32, { ...context, taken: new Set(['targetGroup:mine']) }), 'mine');
});

t('or stack and name, and a hash of what cannot change', () => {
  assert.match(chooseName(desired('targetGroup/web'), 32, context), /^webserver-web-[0-9a-f]{4}$/);
  assert.match(chooseName(desired('loadBalancer/main'), 32, context), /^webserver-[0-9a-f]{4}$/);
  const name = (values: { readonly [field: string]: Json }, more: Partial<typeof context> = {}) =>
    chooseName(desired('targetGroup/web', values), 32, { ...context, ...more });
  assert.is(name({ port: 80 }), name({ port: 80 }), 'stable');
  assert.is.not(name({ port: 80 }), name({ port: 81 }));
  assert.is(
    name({ port: 80, 'healthCheck.path': '/a' }),
    name({ port: 80, 'healthCheck.path': '/b' }),
    'what can be changed in place does not rename',
  );
  assert.is.not(name({}), name({}, { account: '2' }));
  assert.is.not(name({}), name({}, { region: 's' }));
});

t('a name is legal, as long as it may be, and free, whatever the stack is called', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/);
  fc.assert(
    fc.property(word, word, fc.constantFrom(32, 128, 255), (stack, own, max) => {
      const first = chooseName(desired(`targetGroup/${own}`), max, { ...context, stack });
      const second = chooseName(desired(`targetGroup/${own}`), max, { ...context, stack, taken: new Set([`targetGroup:${first}`]) });
      for (const name of [first, second]) {
        assert.ok(name.length <= max, name);
        assert.match(name, /^[a-z][a-z0-9-]*[a-z0-9]$/);
        assert.not.match(name, /--[0-9a-f]{4}$/);
      }
      assert.is.not(first, second);
    }),
  );
});

t('a name is as long as it may be and no longer', () => {
  assert.match(chooseName(desired(`targetGroup/${'b'.repeat(32)}`), 32, { ...context, stack: 'a'.repeat(32) }), /^a{27}-[0-9a-f]{4}$/);
  assert.match(
    chooseName(desired('targetGroup/b'), 32, { ...context, stack: `${'a'.repeat(26)}-c` }),
    /^a{26}-[0-9a-f]{4}$/,
    'no hyphen before the hash',
  );
  assert.match(
    chooseName(desired(`targetGroup/${'b'.repeat(32)}`), 128, { ...context, stack: 'a'.repeat(32) }),
    /^a{32}-b{32}-[0-9a-f]{4}$/,
  );
});

t('a replacement and the old one have different names', () => {
  const planned = planOf(
    (spec) => {
      spec.targetGroups.web.name = 'mine';
      spec.targetGroups.web.port = 81;
    },
    appliedOf(stackOf(changed((spec) => (spec.targetGroups.web.name = 'mine')))),
  );
  const input = planned.steps.find((step) => step.id === 'targetGroup/web:create')?.input as { Name: string };
  assert.match(input.Name, /^mine-[0-9a-f]{4}$/);
});

t('the tutorial itself', () => assert.is(problemsOf(tutorial()).length, 0));

t.run();
