/** The policies allow what plans of the specs do, on what is theirs, and refuse it on what is not. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { iamAction, OPERATIONS } from '../../../reconciler/aws/operations.ts';
import { operationsOf, ROLES } from '../../../reconciler/iam/needs.ts';
import { POLICY_LIMIT, type PolicyDocument, sizeOf } from '../../../reconciler/iam/policy.ts';
import { rolePolicy } from '../../../reconciler/iam/role-policy.ts';
import type { Stack } from '../../../reconciler/model/model.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import type { Plan } from '../../../reconciler/plan/types.ts';
import { allows, type Call, callsOf, refusedOf, type World } from '../../support/iam-judge.ts';
import { AUTHORIZATION } from '../../support/service-authorization.ts';
import { ACCOUNT, appliedOf, changed, NOTHING, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('policies of the roles');
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const GOLDEN = join(ROOT, 'test/golden');
process.env['SIGN_IN_SECRET'] ??= 'unused';

const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const WIDE = 'docs/examples/wide.yaml';
const policyOf = (stacks: readonly Stack[], role: (typeof ROLES)[number] = 'apply', account = ACCOUNT): readonly PolicyDocument[] =>
  rolePolicy({ role, stacks, experiments: ['stopInstance'], region: 'us-east-1', account });
const worldOf = (stack: Stack, more: Partial<World> = {}): World => ({
  account: ACCOUNT,
  region: stack.region,
  stack: stack.name,
  owner: stack.name,
  ...more,
});
const callsIn = (planned: Plan, world: World): readonly Call[] =>
  planned.steps.flatMap((step) => callsOf(iamAction(step.op), step.input, world));

/** Plans with the stacks that were said before and after. */
function plans(): readonly { readonly name: string; readonly stacks: readonly Stack[]; readonly planned: Plan }[] {
  const cases = readdirSync(GOLDEN, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const stack = stackOf(text(`test/golden/${name}/spec.yaml`));
      const before = existsSync(join(GOLDEN, name, 'before.yaml')) ? stackOf(text(`test/golden/${name}/before.yaml`)) : undefined;
      const observed = before === undefined ? NOTHING : appliedOf(before);
      return { name, stacks: [stack], planned: plan(stack, observed, name.startsWith('destroy') ? 'destroy' : 'apply') };
    });
  const wide = stackOf(text(WIDE));
  return [
    ...cases,
    { name: 'wide, made', stacks: [wide], planned: plan(wide, NOTHING) },
    { name: 'wide, destroyed', stacks: [wide], planned: plan(wide, appliedOf(wide), 'destroy') },
  ];
}

t('apply may do every step of every plan, on what is ours', () => {
  const all = plans();
  assert.ok(all.length >= 9);
  for (const { name, stacks, planned } of all) {
    const [stack] = stacks;
    if (stack === undefined) throw new Error('a case has no stack');
    assert.equal(refusedOf(policyOf(stacks), callsIn(planned, worldOf(stack))), [], name);
  }
});

t('an action less, and a step of some plan is refused', () => {
  const [wide] = plans().slice(-2);
  const [stack] = wide?.stacks ?? [];
  if (wide === undefined || stack === undefined) throw new Error('no wide plan');
  const documents = policyOf([stack]);
  const needed = new Set(callsIn(wide.planned, worldOf(stack)).map((call) => call.action));
  assert.ok(needed.size > 25);
  for (const action of needed) {
    const less = documents.map((document) => ({
      ...document,
      Statement: document.Statement.map((statement) => ({ ...statement, Action: statement.Action.filter((one) => one !== action) })),
    }));
    assert.ok(refusedOf(less, callsIn(wide.planned, worldOf(stack))).length > 0, action);
  }
});

t('on what another stack has, or nobody, apply may change nothing', () => {
  const stack = stackOf(text(WIDE));
  const documents = policyOf([stack]);
  const { owner: _, ...unowned } = worldOf(stack);
  const worlds: readonly World[] = [unowned, { ...unowned, owner: 'another' }];
  for (const world of worlds) {
    let asked = 0;
    for (const [action, facts] of Object.entries(AUTHORIZATION)) {
      const fenced = facts.split(' ').map((entry) => /\+Q?R$/.test(entry) && !/^(image|key-pair|parameter)/.test(entry));
      const calls = callsOf(action, {}, world).filter((_call, index) => fenced[index]);
      asked += calls.length;
      assert.is(refusedOf(documents, calls).length, calls.length, `${action} of ${world.owner ?? 'nobody'}`);
    }
    assert.ok(asked > 60);
  }
});

t('nothing is made under the name of another stack, and nothing is moved into one', () => {
  const stack = stackOf(text(WIDE));
  const documents = policyOf([stack]);
  const tags = (name: string) => ({ Tags: [{ Key: 'albedo:stack', Value: name }] });
  const make = (action: string, name: string) => refusedOf(documents, callsOf(action, tags(name), worldOf(stack)));
  for (const action of ['ec2:CreateVpc', 'elasticloadbalancing:CreateLoadBalancer', 'elasticloadbalancing:AddTags', 'ec2:CreateTags']) {
    assert.equal(make(action, 'wide'), [], action);
    assert.ok(make(action, 'another').length > 0, action);
    assert.ok(action.endsWith('Tags') || refusedOf(documents, callsOf(action, {}, worldOf(stack))).length > 0, `${action} without tags`);
  }
});

t('on a listener of another team a rule may be made, and on no other that is not ours', () => {
  const shared = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/platform/0123456789abcdef/0123456789abcdef';
  const stack = stackOf(`stack: guest
region: us-east-1
network: { vpc: { id: vpc-0123456789abcdef0 } }
listeners:
  shared: { arn: "${shared}", priorities: 100-199, rules: { a: { if: { path: [/a] }, fixedResponse: { statusCode: "200" } } } }
`);
  const documents = policyOf([stack]);
  const context = { 'aws:RequestTag/albedo:stack': 'guest' };
  const refused = (action: string, resource: string) => refusedOf(documents, [{ action, resource, context }]).length > 0;
  assert.not(refused('elasticloadbalancing:CreateRule', shared));
  assert.ok(refused('elasticloadbalancing:CreateRule', shared.replace('platform', 'other')));
  for (const action of ['ModifyListener', 'DeleteListener']) assert.ok(refused(`elasticloadbalancing:${action}`, shared), action);
});

t('another account, region or stack name is refused', () => {
  const stack = stackOf(text(WIDE));
  const planned = plan(stack, NOTHING);
  const documents = policyOf([stack]);
  for (const more of [{ account: '999999999999' }, { region: 'eu-west-1' }])
    for (const call of callsIn(planned, worldOf(stack, more)))
      if (
        call.resource !== '*' &&
        !('account' in more && /::image|::parameter/.test(call.resource)) &&
        !('region' in more && /:iam::/.test(call.resource) && !call.resource.includes('eu-west-1'))
      )
        assert.ok(refusedOf(documents, [call]).length > 0, `${call.action} on ${call.resource}`);
  const lock = callsOf('ssm:PutParameter', {}, worldOf(stack, { stack: 'another' }));
  assert.ok(refusedOf(documents, lock).length > 0);
});

t('plan reads only; chaos stops and starts instances with the tag, locks, writes down that a commit passed, and nothing else', () => {
  const stack = stackOf(text(WIDE));
  const writes = (role: 'plan' | 'chaos') =>
    policyOf([stack], role)
      .flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action))
      .filter((action) => !/:(Describe|Get|List)/.test(action));
  assert.equal(writes('plan'), []);
  assert.equal([...writes('chaos')].sort(), [
    ...['ec2:CreateTags', 'ec2:DeleteTags', 'ec2:StartInstances', 'ec2:StopInstances'],
    ...['elasticloadbalancing:AddTags', 'elasticloadbalancing:AddTags', 'elasticloadbalancing:RemoveTags'],
    ...['ssm:AddTagsToResource', 'ssm:DeleteParameter', 'ssm:PutParameter'],
  ]);
  const stop = (owner: string) => refusedOf(policyOf([stack], 'chaos'), callsOf('ec2:StopInstances', {}, worldOf(stack, { owner })));
  assert.equal(stop('wide'), []);
  assert.is(stop('another').length, 1);
  const tag = (keys: readonly string[], owner = 'wide') =>
    refusedOf(
      policyOf([stack], 'chaos'),
      callsOf('elasticloadbalancing:AddTags', { Tags: keys.map((Key) => ({ Key, Value: 'x' })) }, worldOf(stack, { owner })).filter(
        ({ resource }) => resource.includes(':loadbalancer/'),
      ),
    ).length;
  assert.is(tag(['albedo:verified']), 0);
  assert.is(tag(['albedo:verified'], 'another'), 1);
  for (const keys of [[], ['albedo:stack'], ['albedo:verified', 'albedo:stack'], ['Name']]) assert.is(tag(keys), 1, keys.join(' '));
  const mark = (keys: readonly string[], owner = 'wide') => {
    const resource = `arn:aws:ec2:us-east-1:${ACCOUNT}:instance/i-0123456789abcdef0`;
    const context = { 'aws:ResourceTag/albedo:stack': owner, 'aws:TagKeys': keys };
    return refusedOf(policyOf([stack], 'chaos'), [{ action: 'ec2:CreateTags', resource, context }]).length;
  };
  assert.equal(
    [mark(['albedo:fault']), mark(['albedo:fault'], 'another'), mark(['albedo:stack']), mark(['albedo:fault', 'Name'])],
    [0, 1, 1, 1],
  );
  const group = { action: 'elasticloadbalancing:AddTags', resource: `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:targetgroup/a/1` };
  const context = { 'aws:ResourceTag/albedo:stack': 'wide', 'aws:TagKeys': ['albedo:verified'] };
  assert.is(refusedOf(policyOf([stack], 'chaos'), [{ ...group, context }]).length, 1, 'of a target group');
});

t('what the spec does not say is not allowed', () => {
  const plain = stackOf(changed((spec) => delete spec.instances['web-1'].keyName));
  const actions = policyOf([plain]).flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
  for (const action of [
    'elasticloadbalancing:CreateTrustStore',
    'elasticloadbalancing:ModifyCapacityReservation',
    'cognito-idp:DescribeUserPoolClient',
    's3:GetObject',
    'iam:PassRole',
  ])
    assert.not.ok(actions.includes(action), action);
  assert.ok(actions.includes('elasticloadbalancing:DeleteTrustStore'), 'what an earlier spec had can be destroyed');
  assert.ok(actions.includes('iam:CreateServiceLinkedRole'));
});

t('what is given by id is named, and only that', () => {
  const existing = stackOf(
    changed((spec) => {
      spec.network = {
        vpc: { id: 'vpc-0123456789abcdef0' },
        subnets: { a: { id: 'subnet-0123456789abcdef0' }, b: { id: 'subnet-0123456789abcdef1' } },
      };
    }),
  );
  const documents = policyOf([existing]);
  const call = (id: string): Call => ({
    action: 'ec2:RunInstances',
    resource: `arn:aws:ec2:us-east-1:${ACCOUNT}:subnet/${id}`,
    context: {},
  });
  assert.equal(refusedOf(documents, [call('subnet-0123456789abcdef0'), call('subnet-0123456789abcdef1')]), []);
  assert.is(refusedOf(documents, [call('subnet-0123456789abcdef2')]).length, 1);
});

t('each document fits a managed policy, the same in every run, whatever the number of stacks', () => {
  const wide = stackOf(text(WIDE));
  const many = Array.from({ length: 60 }, (_, index) => ({
    ...wide,
    name: `stack-number-${index}`,
    region: index % 3 === 0 ? 'eu-west-1' : 'us-east-1',
  }));
  for (const stacks of [[], [wide], many])
    for (const role of ROLES) {
      const documents = policyOf(stacks, role);
      for (const document of documents)
        assert.ok(sizeOf(document) <= POLICY_LIMIT, `${role}, ${stacks.length} stacks: ${sizeOf(document)}`);
      assert.equal(documents, policyOf([...stacks].reverse(), role));
      const sids = documents.flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid));
      assert.equal(sids.length, new Set(sids).size, 'two statements have one name');
      for (const sid of sids) assert.match(sid, /^[A-Za-z0-9]+$/);
    }
});

const actionsIn = (documents: readonly PolicyDocument[]): readonly string[] =>
  documents.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
const scheduled = (role: (typeof ROLES)[number], scheduleRoles: readonly string[], experiments = ['stopInstance']) =>
  rolePolicy({ role, stacks: [stackOf(text(WIDE))], experiments, scheduleRoles, region: 'us-east-1', account: ACCOUNT });
const LATER = /^(scheduler:|fis:|iam:PassRole)/;

t('a schedule is made, handed its role and taken back by who breaks; who mends takes it back; without a role there is none', () => {
  for (const [role, roles, experiments, wanted] of [
    ['chaos', ['r'], ['stopInstance'], ['fis:GetSafetyLever', 'iam:PassRole', 'scheduler:CreateSchedule', 'scheduler:DeleteSchedule']],
    ['chaos', [], ['stopInstance'], ['fis:GetSafetyLever']],
    // Nothing of it can be scheduled.
    ['chaos', ['r'], ['killProcess'], ['fis:GetSafetyLever']],
    ['chaos', ['r'], [], []],
    ['apply', ['r'], ['stopInstance'], ['scheduler:DeleteSchedule']],
    ['apply', [], ['stopInstance'], []],
    ['plan', ['r'], ['stopInstance'], []],
  ] as const)
    assert.equal(
      actionsIn(scheduled(role, roles, [...experiments]))
        .filter((action) => LATER.test(action))
        .sort(),
      wanted,
      `${role} ${roles} ${experiments}`,
    );
});

t('what is handed over is the named role, to EventBridge Scheduler alone', () => {
  const documents = scheduled('chaos', ['team/albedo-schedule']);
  const pass = (resource: string, service: string): boolean =>
    allows(documents, { action: 'iam:PassRole', resource, context: { 'iam:PassedToService': service } });
  const own = `arn:aws:iam::${ACCOUNT}:role/team/albedo-schedule`;
  assert.ok(pass(own, 'scheduler.amazonaws.com'));
  assert.not.ok(pass(own, 'ec2.amazonaws.com'));
  assert.not.ok(pass(`arn:aws:iam::${ACCOUNT}:role/admin`, 'scheduler.amazonaws.com'));
  const wide = stackOf(text(WIDE));
  const make = (stack: string): boolean =>
    allows(documents, {
      ...{ action: 'scheduler:CreateSchedule', context: {} },
      resource: `arn:aws:scheduler:${wide.region}:${ACCOUNT}:schedule/default/albedo.${stack}.i-1`,
    });
  assert.ok(make(wide.name));
  for (const other of ['other', `${wide.name}-2`]) assert.not.ok(make(other), other);
});

t('the role of the schedules may undo faults of its stacks, and nothing else', () => {
  const wide = stackOf(text(WIDE));
  const documents = scheduled('schedule', ['r'], ['stopInstance', 'killProcess', 'deregisterTarget']);
  assert.equal([...actionsIn(documents)].sort(), ['ec2:StartInstances', 'elasticloadbalancing:RegisterTargets']);
  const start = (owner: string): boolean =>
    allows(documents, {
      ...{ action: 'ec2:StartInstances', resource: `arn:aws:ec2:${wide.region}:${ACCOUNT}:instance/i-1` },
      context: { 'aws:ResourceTag/albedo:stack': owner },
    });
  assert.ok(start(wide.name));
  assert.not.ok(start('other'));
});

const byFis = (
  role: (typeof ROLES)[number],
  fisRoles: readonly string[],
  experiments: readonly string[] = ['stopInstance'],
  leftToFis: readonly string[] = [],
) => rolePolicy({ role, stacks: [stackOf(text(WIDE))], experiments, leftToFis, fisRoles, region: 'us-east-1', account: ACCOUNT });

t('who leaves a fault to AWS FIS may not stop an instance, but start it; unless another fault needs it', () => {
  const stops = (experiments: readonly string[], leftToFis: readonly string[], role: (typeof ROLES)[number] = 'chaos'): boolean =>
    actionsIn(byFis(role, ['r'], experiments, leftToFis)).includes('ec2:StopInstances');
  assert.ok(stops(['stopInstance'], []));
  assert.not.ok(stops(['stopInstance'], ['stopInstance']));
  assert.ok(stops(['stopInstance', 'stopZone'], ['stopInstance']));
  assert.not.ok(stops(['stopInstance', 'stopZone'], ['stopInstance', 'stopZone']));
  assert.ok(stops(['stopInstance'], ['stopInstance'], 'fis'));
  assert.ok(actionsIn(byFis('chaos', ['r'], ['stopInstance'], ['stopInstance'])).includes('ec2:StartInstances'));
});

t('what AWS FIS breaks is begun and ended by who breaks, ended by who mends, and begun by nobody without a role', () => {
  const end = ['DeleteExperimentTemplate', 'GetExperiment', 'ListExperimentTemplates', 'ListExperiments', 'StopExperiment'];
  const begin = ['CreateExperimentTemplate', 'StartExperiment', 'TagResource'];
  const named = (...names: readonly string[]) => names.map((name) => `fis:${name}`);
  for (const [role, roles, experiments, wanted] of [
    ['chaos', ['r'], ['stopInstance'], [...named('GetSafetyLever', ...begin, ...end), 'iam:PassRole']],
    ['chaos', [], ['stopInstance'], named('GetSafetyLever')],
    // FIS has no part in it.
    ['chaos', ['r'], ['killProcess'], named('GetSafetyLever')],
    ['apply', ['r'], ['stopZone'], named(...end)],
    ['apply', [], ['stopZone'], []],
    ['plan', ['r'], ['stopShare'], []],
  ] as const)
    assert.equal(
      [...new Set(actionsIn(byFis(role, [...roles], [...experiments])))].filter((action) => LATER.test(action)).sort(),
      [...wanted].sort(),
      `${role} ${roles} ${experiments}`,
    );
});

t('each call of FIS is allowed for the stack, and for no other; the role goes to FIS alone', () => {
  const { name: stack, region } = stackOf(text(WIDE));
  const documents = byFis('chaos', ['team/albedo-fis']);
  const calls = (owner: string) =>
    ['CreateExperimentTemplate', 'DeleteExperimentTemplate', 'StartExperiment', 'GetExperiment', 'StopExperiment'].flatMap((name) => {
      const input = /^(Create|Start)/.test(name) ? { tags: { 'albedo:stack': owner, 'albedo:fault': 'stopInstance' } } : {};
      return callsOf(`fis:${name}`, input, { account: ACCOUNT, region, stack: owner, owner });
    });
  assert.equal(refusedOf(documents, calls(stack)), []);
  const strange = refusedOf(documents, calls('other'));
  for (const name of [
    'CreateExperimentTemplate',
    'DeleteExperimentTemplate',
    'StartExperiment',
    'GetExperiment',
    'StopExperiment',
    'TagResource',
  ])
    assert.ok(
      strange.some((each) => each.startsWith(`fis:${name} `)),
      name,
    );
  const create = { action: 'fis:CreateExperimentTemplate', context: {} };
  assert.not.ok(allows(documents, { ...create, resource: `arn:aws:fis:${region}:${ACCOUNT}:action/aws:ec2:terminate-instances` }));
  const pass = (role: string, service: string): boolean =>
    allows(documents, {
      ...{ action: 'iam:PassRole', resource: `arn:aws:iam::${ACCOUNT}:role/${role}` },
      context: { 'iam:PassedToService': service },
    });
  assert.ok(pass('team/albedo-fis', 'fis.amazonaws.com'));
  assert.not.ok(pass('team/albedo-fis', 'scheduler.amazonaws.com'));
  assert.not.ok(pass('admin', 'fis.amazonaws.com'));
});

t('the role of FIS may stop and start instances of its stacks, and nothing else', () => {
  const { name: stack, region } = stackOf(text(WIDE));
  const documents = byFis('fis', ['r'], ['stopInstance', 'killProcess', 'deregisterTarget']);
  assert.equal([...actionsIn(documents)].sort(), ['ec2:DescribeInstances', 'ec2:StartInstances', 'ec2:StopInstances']);
  const stop = (owner: string): boolean =>
    allows(documents, {
      ...{ action: 'ec2:StopInstances', resource: `arn:aws:ec2:${region}:${ACCOUNT}:instance/i-1` },
      context: { 'aws:ResourceTag/albedo:stack': owner },
    });
  assert.ok(stop(stack));
  assert.not.ok(stop('other'));
});

t('the partition of the region is that of every ARN', () => {
  const documents = rolePolicy({
    role: 'apply',
    stacks: [{ ...stackOf(text(WIDE)), region: 'cn-north-1' }],
    region: 'cn-north-1',
    account: ACCOUNT,
  });
  for (const resource of documents.flatMap(({ Statement }) => Statement.flatMap(({ Resource }) => Resource)))
    assert.ok(resource === '*' || resource.startsWith('arn:aws-cn:'), resource);
});

t("every operation's action is one that the Service Authorization Reference has", () => {
  const unknown = Object.keys(OPERATIONS).filter((op) => AUTHORIZATION[iamAction(op)] === undefined);
  assert.equal(unknown, []);
  assert.equal(
    operationsOf('apply', []).filter((op) => !Object.hasOwn(OPERATIONS, op)),
    [],
  );
});

t.run();
