/** One read pass over many stacks: what it costs, what it doubts, and that a stack is seen the same alone and among others. */

import * as assert from 'uvu/assert';
import type { Stack } from '../../../reconciler/model/model.ts';
import { observe } from '../../../reconciler/observe/observe.ts';
import { identityOf, liveRead, observeWorld, refresh, type World } from '../../../reconciler/observe/world.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { planFor } from '../../support/converge.ts';
import { makeStacks, nameOf, stacksOf } from '../../support/many-stacks.ts';
import { refusal } from '../../support/scripted-cloud.ts';
import { type SpecData, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';
import { type TinyAws, tinyAws } from '../../support/tiny-aws.ts';
import type { Wire } from '../../support/tiny-store.ts';

const N = 10;

interface Many {
  aws: TinyAws;
  specs: readonly SpecData[];
  stacks: readonly Stack[];
  whole: Map<string, Wire>;
}

const t = suite<Many>('observe/world');

t.before(async (context) => {
  const aws = tinyAws();
  const specs = await makeStacks(aws, N);
  Object.assign(context, { aws, specs, stacks: stacksOf(specs), whole: structuredClone(aws.objects) });
});

t.before.each(({ aws, whole }) => {
  aws.objects.clear();
  for (const [id, object] of structuredClone(whole)) aws.objects.set(id, object);
  aws.calls.length = 0;
  aws.unnoticed.clear();
});

const changesIn = (stack: Stack, world: World) => plan(stack, liveRead(stack, world).observed).changes;
const opsOf = (aws: TinyAws) => aws.calls.map(({ op }) => op);
const countOf = (aws: TinyAws, op: string) => opsOf(aws).filter((each) => each === op).length;
const rulesOf = (aws: TinyAws, number: number) =>
  aws.all('rule').filter(({ Tags }) => Tags.some((tag: Wire) => tag.Key === 'albedo:stack' && tag.Value === nameOf(number)));

t('a folder costs six reads a stack, lists once and tags by twenty', async ({ aws, stacks }) => {
  const world = await observeWorld(stacks, aws);
  assert.ok(aws.calls.length <= 1.1 * (9 + 6 * N + Math.ceil((9 * N) / 20)), `${aws.calls.length} calls: ${opsOf(aws).join(' ')}`);
  for (const stack of stacks) assert.equal(changesIn(stack, world), []);
  for (const op of ['elbv2:DescribeLoadBalancers', 'elbv2:DescribeTargetGroups', 'ec2:DescribeVpcs', 'iam:ListServerCertificates'])
    assert.is(countOf(aws, op), 1, op);
  const input = aws.calls.find(({ op }) => op === 'elbv2:DescribeLoadBalancers')?.input;
  assert.is(input.PageSize, 400);
});

t('to destroy, the reads of one resource a call are made where destroying needs them alone', async ({ aws, stacks }) => {
  await observeWorld(stacks, aws, { mode: 'destroy' });
  assert.is(countOf(aws, 'elbv2:DescribeLoadBalancerAttributes'), N, 'one that is protected cannot be deleted');
  for (const op of ['elbv2:DescribeTargetGroupAttributes', 'elbv2:DescribeTargetHealth', 'elbv2:DescribeListenerAttributes'])
    assert.is(countOf(aws, op), 0, op);
});

t('what a spec points to is asked once for all, and not where it is listed anyway', async ({ aws, stacks }) => {
  await observeWorld(stacks, aws);
  assert.is(countOf(aws, 'ec2:DescribeSubnets'), 1, 'the first stack of the folder has them');
  aws.calls.length = 0;
  await observeWorld(stacks.slice(1), aws);
  assert.is(countOf(aws, 'ec2:DescribeSubnets'), 2, 'a list and one look-up of nine stacks');
});

t('an id that is wrong is the mistake of one stack', async ({ aws, stacks }) => {
  const [first, second, third] = stacks.slice(1);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const wrong: Stack = {
    ...second,
    existing: second.existing.map((entry) =>
      entry.lookup?.op === 'ec2:DescribeSubnets' ? { ...entry, lookup: { ...entry.lookup, input: { SubnetIds: ['subnet-0'] } } } : entry,
    ),
  };
  const refusing = {
    call: async (op: string, input: Wire) => {
      if (op === 'ec2:DescribeSubnets' && input.SubnetIds?.includes('subnet-0')) throw refusal(op, 'InvalidSubnetID.NotFound');
      return aws.call(op, input);
    },
  };
  const world = await observeWorld([first, wrong, third], refusing);
  assert.equal(changesIn(first, world), []);
  assert.equal(changesIn(third, world), []);
  const wrongOnes = second.existing.filter(({ lookup }) => lookup?.op === 'ec2:DescribeSubnets').map(({ address }) => address);
  assert.ok(wrongOnes.length > 0);
  assert.equal(
    liveRead(wrong, world).observed.unknown,
    Object.fromEntries(wrongOnes.map((address) => [address, 'InvalidSubnetID.NotFound'])),
  );
});

t('one stack of many costs what one costs: its neighbours are not read', async ({ aws, stacks }) => {
  const [, , third] = stacks;
  assert.ok(third !== undefined);
  await observeWorld([third], aws);
  assert.ok(aws.calls.length <= 30, `${aws.calls.length} calls`);
});

t('a rule that tags do not find yet is not missing', async ({ aws, stacks }) => {
  const [rule] = rulesOf(aws, 4);
  aws.unnoticed.add(rule.id);
  const world = await observeWorld(stacks, aws);
  for (const stack of stacks) assert.equal(changesIn(stack, world), []);
});

t('a rule that is gone and still found by its tags is missing', async ({ aws, stacks, specs }) => {
  await aws.call('elbv2:DeleteRule', { RuleArn: rulesOf(aws, 4)[0].id });
  const world = await observeWorld(stacks, aws);
  const found = stacks.map((stack) => changesIn(stack, world).map(({ verb, address }) => `${verb} ${address}`));
  assert.equal(
    found.map((list) => list.length),
    stacks.map((_, number) => (number === 4 ? 1 : 0)),
  );
  assert.equal(
    found[4],
    (await planFor(aws, specs[4])).changes.map(({ verb, address }) => `${verb} ${address}`),
  );
});

t('where something is to be done below a listener, rules of others there are seen', async ({ aws, stacks }) => {
  const [rule] = rulesOf(aws, 4);
  await aws.call('elbv2:DeleteRule', { RuleArn: rule.id });
  const foreign = { ...structuredClone(rule), id: `${rule.id}f`, RuleArn: `${rule.id}f`, Priority: '7', Tags: [] };
  aws.objects.set(foreign.id, foreign);
  const world = await observeWorld(stacks, aws);
  const [, , , , fifth] = stacks;
  assert.ok(fifth !== undefined);
  assert.equal(liveRead(fifth, world).observed.occupied, [{ kind: 'rule', parent: rule.ListenerArn, value: 7, id: foreign.id }]);
});

t('without the tagging API everything is listed, and seen the same', async ({ aws, stacks }) => {
  const denied = {
    call: async (op: string, input: Wire) => {
      if (op.startsWith('tagging:')) throw refusal(op, 'AccessDeniedException');
      return aws.call(op, input);
    },
  };
  const [with_, without] = [await observeWorld(stacks, aws), await observeWorld(stacks, denied)];
  for (const stack of stacks) assert.equal(liveRead(stack, without).observed, liveRead(stack, with_).observed);
});

t('an optional read that is refused costs its fields, and says so', async ({ aws, stacks }) => {
  const [stack] = stacks;
  assert.ok(stack !== undefined);
  for (const code of ['AccessDenied', 'UnsupportedOperation']) {
    const refusing = {
      call: async (op: string, input: Wire) => {
        if (op === 'elbv2:DescribeListenerAttributes') throw refusal(op, code);
        return aws.call(op, input);
      },
    };
    const { observed } = await observe(stack, refusing);
    assert.equal(plan(stack, observed).changes, []);
    const notes = observed.notes.filter(({ text }) => text.includes(`elbv2:DescribeListenerAttributes answered ${code}`));
    assert.is(notes.length, 2, 'one for each listener');
  }
  const essential = {
    call: async (op: string, input: Wire) => {
      if (op === 'elbv2:DescribeTargetHealth') throw refusal(op, 'AccessDenied');
      return aws.call(op, input);
    },
  };
  await observe(stack, essential).then(
    () => assert.unreachable('targets are no option'),
    (thrown) => assert.match(String(thrown), /AccessDenied/),
  );
});

t('what no spec holds is not read, unless one of ours uses it, or everything goes', async () => {
  const aws = tinyAws();
  const plain = tutorial();
  delete plain.listeners.https;
  delete plain.certificates;
  plain.lint = { silence: ['plain-http'] };
  const [stack] = stacksOf([plain]);
  assert.ok(stack !== undefined);
  await observe(stack, aws);
  assert.not(opsOf(aws).some((op) => op === 'iam:ListServerCertificates' || op === 'elbv2:DescribeTrustStores'));
  await observe(stack, aws, { mode: 'destroy' });
  assert.ok(opsOf(aws).includes('iam:ListServerCertificates'), 'nothing else would tell of one that is left');
  assert.not(opsOf(aws).includes('elbv2:DescribeTrustStores'));

  const [secure] = await makeStacks(aws, 1);
  const dropped = { ...secure, listeners: { http: secure.listeners.http } };
  delete dropped.certificates;
  const changes = (await planFor(aws, dropped)).changes.map(({ verb, address }) => `${verb} ${address}`);
  assert.ok(changes.includes('destroy certificate/site'), changes.join());
});

t('the account is told by what is ours, and by STS where nothing is', async ({ aws, stacks }) => {
  assert.is((await observeWorld(stacks, aws)).account, '123456789012');
  assert.is(countOf(aws, 'sts:GetCallerIdentity'), 0);
  const [unmade] = stacksOf([{ ...tutorial(), stack: 'unmade', loadBalancer: { ...tutorial().loadBalancer, name: 'unmade' } }]);
  assert.ok(unmade !== undefined);
  await observe(unmade, aws);
  assert.is(countOf(aws, 'sts:GetCallerIdentity'), 1, 'load balancers of others say nothing of who asks');
});

t('after an apply what it touched is read again, of its stack alone', async ({ aws, stacks }) => {
  const world = await observeWorld(stacks, aws);
  const [, second, third] = stacks;
  assert.ok(second !== undefined && third !== undefined);
  await aws.call('elbv2:DeleteRule', { RuleArn: rulesOf(aws, 1)[0].id });
  await aws.call('elbv2:DeleteRule', { RuleArn: rulesOf(aws, 2)[0].id });
  aws.calls.length = 0;
  const after = await refresh(world, [second], new Set(['rule']), aws);
  assert.ok(aws.calls.length <= 4, opsOf(aws).join(' '));
  assert.is(changesIn(second, after).length, 1);
  assert.is(changesIn(third, after).length, 0, 'seen as it was');
  assert.is(changesIn(second, world).length, 0, 'the world before is as it was');
});

t('the same name in another region or account is another stack', () => {
  const identities = ['1', '2'].flatMap((account) => ['a', 'b'].map((region) => identityOf({ account, region, stack: 'web' })));
  assert.is(new Set(identities).size, 4);
});

t.run();
