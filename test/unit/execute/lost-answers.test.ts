import * as assert from 'uvu/assert';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Lookup } from '../../../reconciler/plan/types.ts';
import { answering, planOfSteps, refusal, start, step } from '../../support/scripted-cloud.ts';
import { suite } from '../../support/suite.ts';

const t = suite('execute/lost-answers');

const ops = (calls: readonly { readonly op: string }[]): string[] => calls.map((call) => call.op);
const LOOKUP: Lookup = { op: 'op:list', input: { Filters: [] }, list: 'Vpcs', wrap: 'Vpc', idPath: 'VpcId', not: ['vpc-old'] };

const made = step('make', { effect: 'create', address: 'vpc/main', outputs: { id: 'Vpc.VpcId' }, lookup: LOOKUP });

const use = step('use', { needs: ['make'], input: { $ref: 'vpc/main.id' } });

t('a create whose answer was lost is found, and not sent again', async () => {
  const cloud = answering((op, _input, count) => {
    if (op === 'op:make' && count === 1) throw refusal(op, 'InternalFailure', 500);
    return op === 'op:list' ? { Vpcs: [{ VpcId: 'vpc-old' }, { VpcId: 'vpc-new' }] } : {};
  });
  const { run, clock } = start(planOfSteps(made, use), cloud);
  assert.is((await run).outcome, 'done');
  assert.equal(ops(cloud.calls), ['op:make', 'op:list', 'op:use']);
  assert.is(cloud.calls[2]?.input, 'vpc-new');
  assert.equal(clock.slept, [1000], 'what was made may take a moment to be listed');
});

t('a create that did nothing is sent again', async () => {
  const cloud = answering((op, _input, count) => {
    if (op === 'op:make' && count === 1) throw refusal(op, 'ECONNRESET', 500);
    return op === 'op:list' ? { Vpcs: [{ VpcId: 'vpc-old' }] } : { Vpc: { VpcId: 'vpc-2' } };
  });
  const { run, events } = start(planOfSteps(made, use), cloud);
  const result = await run;
  assert.equal(ops(cloud.calls), ['op:make', 'op:list', 'op:make', 'op:use']);
  assert.is(result.steps[0]?.attempts, 2);
  assert.equal(events.filter((event) => event.kind === 'step-retrying').length, 1);
});

t('and again, but not for ever', async () => {
  const cloud = answering((op) => {
    if (op === 'op:make') throw refusal(op, 'ServiceUnavailable', 503);
    return { Vpcs: [] };
  });
  const { run, clock } = start(planOfSteps(made), cloud);
  assert.is((await run).steps[0]?.error?.code, 'ServiceUnavailable');
  assert.is(cloud.calls.filter((call) => call.op === 'op:make').length, 5);
  assert.equal(clock.slept, [1000, 2000, 3000, 4000]);
});

t("what exists is ours when it has our tags, and a stranger's else", async () => {
  const exists = (list: Json) =>
    answering((op) => {
      if (op === 'op:make') throw refusal(op, 'EntityAlreadyExists');
      return list;
    });
  const ours = exists({ Vpcs: [{ VpcId: 'vpc-ours' }] });
  assert.is((await start(planOfSteps(made), ours).run).outcome, 'done');
  const theirs = exists({ Vpcs: [] });
  const result = await start(planOfSteps(made), theirs).run;
  assert.is(result.steps[0]?.error?.code, 'EntityAlreadyExists');
  assert.is(theirs.calls.filter((call) => call.op === 'op:make').length, 2, 'once more, then it is told');
});

t("what has some of the tags that were given is a stranger's", async () => {
  const tags = [
    { Key: 'albedo:stack', Value: 'web' },
    { Key: 'albedo:address', Value: 'vpc/main' },
  ];
  const tagged = { op: 'op:tags', param: 'Ids', list: 'Tags' };
  const maker = step('make', {
    effect: 'create',
    address: 'vpc/main',
    input: { Tags: tags },
    outputs: { id: 'Vpc.VpcId' },
    lookup: { ...LOOKUP, tagged },
  });
  const outcome = async (shown: Json): Promise<string> => {
    const cloud = answering((op) => {
      if (op === 'op:make') throw refusal(op, 'EntityAlreadyExists');
      return op === 'op:tags' ? { Tags: shown } : { Vpcs: [{ VpcId: 'vpc-1' }] };
    });
    return (await start(planOfSteps(maker), cloud).run).outcome;
  };
  assert.is(await outcome(tags), 'done');
  assert.is(await outcome([...tags, { Key: 'team', Value: 'x' }]), 'done', 'further tags are no matter');
  for (const [first] of [[tags[0]], [tags[1]]]) assert.is(await outcome([first ?? null]), 'failed');
  assert.is(await outcome([tags[0] ?? null, { Key: 'albedo:address', Value: 'vpc/other' }]), 'failed');
});

t('a refusal is no lost answer', async () => {
  const cloud = answering((op) => {
    throw refusal(op, 'VpcLimitExceeded');
  });
  assert.is((await start(planOfSteps(made), cloud).run).outcome, 'failed');
  assert.equal(ops(cloud.calls), ['op:make']);
});

t('a lost answer without a look-up is told', async () => {
  const cloud = answering((op) => {
    throw refusal(op, 'InternalFailure', 500);
  });
  assert.is((await start(planOfSteps(step('a', { effect: 'create' })), cloud).run).outcome, 'failed');
  assert.is(cloud.calls.length, 1);
});

for (const [name, lookup, answer, wanted] of [
  [
    'in a list of lists',
    { ...LOOKUP, list: 'Reservations[].Instances[]', wrap: 'Instances[0]', idPath: 'InstanceId', not: ['i-0'] },
    { Reservations: [{ Instances: [{ InstanceId: 'i-0' }] }, { Instances: [{ InstanceId: 'i-1' }] }] },
    { Instances: [{ InstanceId: 'i-1' }] },
  ],
  [
    'as the answer itself',
    { ...LOOKUP, list: 'SecurityGroups', wrap: '', idPath: 'GroupId', not: [] },
    { SecurityGroups: [{ GroupId: 'sg-1' }] },
    { GroupId: 'sg-1' },
  ],
  [
    'as one object',
    {
      ...LOOKUP,
      list: 'ServerCertificate.ServerCertificateMetadata',
      wrap: 'ServerCertificateMetadata',
      idPath: 'ServerCertificateName',
      not: [],
    },
    { ServerCertificate: { ServerCertificateMetadata: { ServerCertificateName: 'c' } } },
    { ServerCertificateMetadata: { ServerCertificateName: 'c' } },
  ],
] as readonly (readonly [string, Lookup, Json, Json])[]) {
  t(`what was made is found ${name}, in the shape of the create's answer`, async () => {
    const cloud = answering((op) => {
      if (op === 'op:make') throw refusal(op, 'InternalFailure', 500);
      return op === 'op:list' ? answer : {};
    });
    const [path = ''] = JSON.stringify(wanted).match(/Instances|GroupId|ServerCertificateMetadata/) ?? [];
    const maker = step('make', { effect: 'create', address: 'x/y', outputs: { all: path }, lookup });
    assert.is((await start(planOfSteps(maker, step('use', { needs: ['make'], input: { $ref: 'x/y.all' } })), cloud).run).outcome, 'done');
    assert.equal(cloud.calls.at(-1)?.input, (wanted as { readonly [key: string]: Json })[path] ?? null);
  });
}

t('a look-up that finds nothing by name finds nothing; one that fails is told', async () => {
  const by = (code: string) =>
    answering((op, _input, count) => {
      if (op === 'op:list') throw refusal(op, code);
      if (count === 1) throw refusal(op, 'InternalFailure', 500);
      return {};
    });
  assert.is((await start(planOfSteps(made), by('NoSuchEntity')).run).outcome, 'done');
  assert.is((await start(planOfSteps(made), by('AccessDenied')).run).steps[0]?.error?.code, 'AccessDenied');
});

t.run();
