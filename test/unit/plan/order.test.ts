import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { kindOf } from '../../../reconciler/model/kinds.ts';
import { refsIn } from '../../../reconciler/model/paths.ts';
import type { Delta } from '../../../reconciler/plan/delta.ts';
import type { DraftStep } from '../../../reconciler/plan/draft-step.ts';
import { order } from '../../../reconciler/plan/order.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import type { Plan } from '../../../reconciler/plan/types.ts';
import { EDIT_NAMES, edited } from '../../support/edits.ts';
import { BEFORE, LIVE, namesWhatIsGone, needsOf, planOf, stepOf } from '../../support/plans.ts';
import { appliedOf, NOTHING, problemsOf, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/order');

const CREATE = plan(BEFORE, NOTHING);
const DESTROY = plan(BEFORE, LIVE, 'destroy');
const before = (planned: Plan, earlier: string, later: string): void =>
  assert.ok(needsOf(planned, later).has(earlier), `${later} does not need ${earlier}`);
const free = (planned: Plan, one: string, other: string): void => {
  assert.not.ok(needsOf(planned, one).has(other), `${one} needs ${other}`);
  assert.not.ok(needsOf(planned, other).has(one), `${other} needs ${one}`);
};

/** What must hold of every plan, whatever is in it. */
function isSound(planned: Plan): void {
  const done = new Set<string>();
  const existing = new Map<string, string>();
  const milestones = new Map((planned.milestones ?? []).map(({ id, needs }) => [id, needs]));
  const isReached = (id: string): boolean => done.has(id) || (milestones.get(id)?.every(isReached) ?? false);
  for (const step of planned.steps) {
    assert.not.ok(done.has(step.id), `${step.id} is there twice`);
    for (const need of step.needs) assert.ok(isReached(need), `${step.id} comes before ${need}`);
    const needs = needsOf(planned, step.id);
    for (const ref of refsIn(step.input)) {
      const maker = existing.get(`${ref.address}.${ref.output}`);
      assert.ok(maker !== undefined, `${step.id} uses ${ref.address}.${ref.output}, which nothing gives`);
      assert.ok(needs.has(maker), `${step.id} does not wait for ${maker}`);
      if (ref.ready && planned.steps.some((other) => other.id === `${ref.address}:await.ready`))
        assert.ok(needs.has(`${ref.address}:await.ready`), `${step.id} does not wait until ${ref.address} is ready`);
    }
    for (const name of Object.keys(step.outputs ?? {})) existing.set(`${step.address}.${name}`, step.id);
    done.add(step.id);
  }
  assert.equal(namesWhatIsGone(planned), []);
  const replaced = planned.changes.filter((change) => change.verb === 'replace').map((change) => change.address);
  for (const address of replaced) {
    const [made, gone] = [`${address}:create`, `${address}:destroy`];
    if (!done.has(gone)) continue;
    assert.ok(needsOf(planned, gone).has(made) || needsOf(planned, made).has(gone), `${address}: old and new do not know of each other`);
  }
  // What is not in the way of its successor goes only after everything that was to be made stands.
  const rolled = planned.steps.some((step) => step.id.endsWith('@1'));
  for (const step of planned.steps) {
    // In a rollout one batch goes before the next one comes: `rollout.test.ts`.
    if (rolled && step.address.startsWith('instance/')) continue;
    if (step.effect !== 'destroy' || !replaced.includes(step.address) || needsOf(planned, `${step.address}:create`).has(step.id)) continue;
    // In a rollout the next batch comes when this one is gone.
    for (const other of planned.steps)
      if (other.effect === 'create' && !needsOf(planned, other.id).has(step.id))
        assert.ok(needsOf(planned, step.id).has(other.id), `${step.id} does not wait for ${other.id}`);
  }
}

t('create: what refers comes after what it refers to', () => {
  before(CREATE, 'vpc/main:create', 'subnet/a:create');
  before(CREATE, 'internetGateway/main:attach.vpc', 'routeTable/public:add.routes');
  before(CREATE, 'securityGroup/load-balancer:create', 'securityGroup/instances:add.ingress');
  before(CREATE, 'loadBalancer/main:create', 'listener/http:create');
  before(CREATE, 'targetGroup/web:create', 'listener/http:create');
});

t('create: what must be ready is waited for', () => {
  before(CREATE, 'instance/web-1:await.ready', 'targetGroup/web:add.targets');
  before(CREATE, 'certificate/site:await.ready', 'listener/https:create');
  free(CREATE, 'certificate/site:await.ready', 'listener/http:create');
});

t('create: what no reference shows', () => {
  before(CREATE, 'internetGateway/main:attach.vpc', 'loadBalancer/main:create');
  before(CREATE, 'routeTable/public:add.routes', 'instance/web-1:create');
  before(CREATE, 'routeTable/public:add.subnets', 'instance/web-2:create');
});

t('create: what can go side by side does', () => {
  free(CREATE, 'instance/web-1:create', 'instance/web-2:create');
  free(CREATE, 'instance/web-1:create', 'loadBalancer/main:create');
  free(CREATE, 'listener/http:create', 'targetGroup/web:add.targets');
  free(CREATE, 'certificate/site:create', 'vpc/main:create');
  free(CREATE, 'loadBalancer/main:await.settled', 'listener/http:create');
});

t('create: targets are waited for when all else is done', () => {
  const last = needsOf(CREATE, 'targetGroup/web:await.settled');
  for (const step of CREATE.steps) if (step.id !== 'targetGroup/web:await.settled') assert.ok(last.has(step.id), step.id);
});

t('a listener is pointed to a new target group only when its targets are registered', () => {
  const planned = planOf((spec) => (spec.targetGroups.web.protocol = 'HTTPS'));
  before(planned, 'targetGroup/web:add.targets', 'listener/http:modify');
  before(planned, 'targetGroup/web:attributes', 'listener/http:modify');
  before(planned, 'listener/http:modify', 'targetGroup/web:destroy');
  before(planned, 'targetGroup/web:await.settled', 'targetGroup/web:destroy');
});

t('a load balancer gets a group only when its rules stand, and loses the old one after', () => {
  const planned = planOf((spec) => {
    spec.securityGroups = { front: { ingress: [{ port: 80, from: '0.0.0.0/0' }] } };
    spec.loadBalancer.securityGroups = ['front'];
  });
  before(planned, 'securityGroup/front:add.ingress', 'loadBalancer/main:set.securityGroups');
  before(planned, 'loadBalancer/main:set.securityGroups', 'securityGroup/load-balancer:destroy');
});

t('a target goes only when the newcomers are in service, and its instance after', () => {
  const planned = planOf((spec) => (spec.instances['web-1'].instanceType = 't3.small'));
  before(planned, 'targetGroup/web:add.targets', 'targetGroup/web:await.settled');
  before(planned, 'targetGroup/web:await.settled', 'targetGroup/web:remove.targets');
  before(planned, 'targetGroup/web:remove.targets', 'instance/web-1:destroy');
});

t('rules by which the old ones were reached go last', () => {
  const planned = planOf((spec) => (spec.targetGroups.web.port = 9090));
  before(planned, 'targetGroup/web:await.settled', 'securityGroup/instances:remove.ingress');
  free(planned, 'securityGroup/instances:add.ingress', 'targetGroup/web:create');
  const closed = planOf((spec) => {
    spec.securityGroups = {
      'load-balancer': { description: 'Clients to the load balancer, made by albedo', ingress: [{ port: 80, from: '0.0.0.0/0' }] },
    };
  });
  assert.equal(stepOf(closed, 'securityGroup/load-balancer:remove.ingress').needs, [], 'a hole that is closed waits for nobody');
});

t('what must go first goes first, with all that holds it', () => {
  const planned = planOf((spec) => (spec.network.subnets.a.availabilityZone = 'us-east-1c'));
  before(planned, 'loadBalancer/main:await.gone', 'subnet/a:destroy');
  before(planned, 'instance/web-1:await.gone', 'subnet/a:destroy');
  before(planned, 'targetGroup/web:remove.targets', 'instance/web-1:destroy');
  before(planned, 'subnet/a:destroy', 'subnet/a:create');
  before(planned, 'subnet/a:create', 'loadBalancer/main:create');
});

t('an instance in the subnet whose addresses are needed goes first, also when its target group is replaced', () => {
  const live = appliedOf(stackOf(edited(['other zones', 'subnet of an instance'])));
  const planned = plan(stackOf(edited(['group name', 'a subnet by another name'])), live);
  isSound(planned);
  before(planned, 'instance/web-2:destroy', 'subnet/a:destroy');
  before(planned, 'subnet/a:destroy', 'subnet/c:create');
  before(planned, 'targetGroup/web:await.drained', 'instance/web-1:destroy');
  assert.is(planned.changes.find(({ address }) => address === 'instance/web-2')?.risk, 'drop');
});

t('destroy: the holder goes before what it holds', () => {
  before(DESTROY, 'loadBalancer/main:destroy', 'targetGroup/web:destroy');
  before(DESTROY, 'loadBalancer/main:await.gone', 'internetGateway/main:detach.vpc');
  before(DESTROY, 'loadBalancer/main:await.gone', 'securityGroup/load-balancer:destroy');
  before(DESTROY, 'instance/web-1:await.gone', 'subnet/a:destroy');
  before(DESTROY, 'instance/web-1:await.gone', 'securityGroup/instances:destroy');
  before(DESTROY, 'securityGroup/instances:destroy', 'securityGroup/load-balancer:destroy');
  before(DESTROY, 'subnet/a:destroy', 'routeTable/public:destroy');
  before(DESTROY, 'routeTable/public:destroy', 'vpc/main:destroy');
  before(DESTROY, 'internetGateway/main:detach.vpc', 'vpc/main:destroy');
  before(DESTROY, 'loadBalancer/main:destroy', 'certificate/site:destroy');
  free(DESTROY, 'instance/web-1:destroy', 'loadBalancer/main:destroy');
});

t('each single change gives a sound plan', () => {
  for (const name of EDIT_NAMES) {
    isSound(plan(stackOf(edited([name])), LIVE));
    isSound(plan(BEFORE, appliedOf(stackOf(edited([name])))));
  }
});

const stacks = fc.subarray(EDIT_NAMES, { maxLength: 8 }).filter((names) => problemsOf(edited(names)).length === 0);

t('any plan is sound: creates, changes, destroys, with duplicates', () => {
  fc.assert(
    fc.property(stacks, stacks, fc.nat(20), (before, after, choice) => {
      const [from, to] = [stackOf(edited(before)), stackOf(edited(after))];
      const live = appliedOf(from);
      isSound(plan(to, NOTHING));
      isSound(plan(to, live));
      isSound(plan(to, live, 'destroy'));
      const duplicate = live.live[choice % live.live.length];
      if (duplicate === undefined) return;
      const id = 'twin-1';
      isSound(
        plan(to, {
          ...live,
          duplicates: [{ ...duplicate, id, outputs: Object.fromEntries(Object.keys(duplicate.outputs).map((name) => [name, id])) }],
        }),
      );
    }),
    { numRuns: 60 },
  );
});

t('steps that wait for each other are no plan', () => {
  const step = (id: string, needs: readonly string[]): DraftStep => ({
    id,
    address: 'vpc/main',
    op: 'ec2:CreateVpc',
    input: {},
    effect: 'update',
    needs,
    outputs: {},
    title: id,
    phase: 'make',
    first: false,
    afterReady: false,
  });
  assert.throws(() => order([step('a', ['b']), step('b', ['a']), step('c', [])], []), /wait for each other: a, b$/);
  const delta = {
    address: 'vpc/main',
    kind: kindOf('vpc'),
    verb: 'destroy',
    fields: [],
    tags: { set: {}, remove: [] },
    first: false,
    duplicate: false,
  } as const satisfies Delta;
  assert.equal(
    order([step('b', []), step('a', [])], [delta]).steps.map((entry) => entry.id),
    ['a', 'b'],
    'by name among those that are free',
  );
});

t('the order of a plan is that of the kinds, then of the names', () => {
  const edit = (spec: SpecData) => (spec.tags = { owner: 'us' });
  assert.equal(
    planOf(edit).steps.map((step) => step.id),
    [...planOf(edit).steps.map((step) => step.id)],
  );
  const tagging = planOf(edit)
    .steps.filter((step) => step.id.endsWith(':tag'))
    .map((step) => step.address);
  assert.equal(tagging.slice(0, 4), ['vpc/main', 'internetGateway/main', 'subnet/a', 'subnet/b']);
});

t.run();
