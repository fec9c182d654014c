/** Load balancers that others made: imported as specs, adopted by their tags with consent, left alone without. */
import { AddTagsCommand, DeleteTargetGroupCommand, DescribeTagsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { ReconcileError } from '../../reconciler/errors.ts';
import { type Bench, changesOf, contractSuite, namesOf, writesOf } from '../support/contract-bench.ts';
import {
  handMadeBalancer,
  handMadeGroup,
  handMadeListener,
  handMadeNetwork,
  handMadeRule,
  handMadeShop,
  type Network,
  tagsFrom,
  wholeOf,
} from '../support/hand-made.ts';
import { applied, imported, planned, readText, withoutAdopt } from '../support/importing.ts';
import { rejects } from '../support/rejects.ts';

const t = contractSuite('import', { dataplane: false, fresh: true });

const ADOPT = { allowAdopt: true } as const;

interface Small {
  readonly network: Network;
  readonly balancer: string;
  readonly group: string;
  readonly listener: string;
  readonly rule: string;
}

/** What a click through the console leaves: everything as AWS makes it by itself. */
async function makeSmall(bench: Bench, name = 'small'): Promise<Small> {
  const network = await handMadeNetwork(bench);
  const group = await handMadeGroup(bench, network, `${name}-web`);
  const balancer = await handMadeBalancer(bench, network, name);
  const listener = await handMadeListener(bench, balancer, 80, { Type: 'forward', TargetGroupArn: group });
  const rule = await handMadeRule(
    bench,
    listener,
    1,
    [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/a'] } }],
    [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
  );
  return { network, balancer, group, listener, rule };
}

const claim = ({ elb }: Bench, arns: readonly string[], tags: Readonly<Record<string, string>>) =>
  elb.send(new AddTagsCommand({ ResourceArns: [...arns], Tags: tagsFrom(tags) }));

async function tagsAt({ elb }: Bench, arn: string): Promise<Readonly<Record<string, string>>> {
  const { TagDescriptions = [] } = await elb.send(new DescribeTagsCommand({ ResourceArns: [arn] }));
  return Object.fromEntries((TagDescriptions[0]?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

const linesOf = (error: ReconcileError): readonly string[] =>
  (error.cause as readonly { readonly line: number; readonly message: string }[]).map(({ line, message }) => `${line}: ${message}`);

const lineOf = (text: string, part: string): number => text.split('\n').findIndex((line) => line.includes(part)) + 1;

t('what a click through the console leaves is imported in a few lines, and they are all that it is', async (bench) => {
  const { network, balancer, group, listener, rule } = await makeSmall(bench);
  const since = bench.sandbox.calls().length;
  const found = await imported(bench, 'small');
  assert.equal(writesOf(bench, since), []);
  assert.equal([found.lost, found.advice, found.problems, found.differences], [[], [], [], []]);
  assert.equal(parse(found.text), {
    stack: 'small',
    region: 'us-east-1',
    network: { vpc: { id: network.vpc }, subnets: { a: { id: network.subnets[0] }, b: { id: network.subnets[1] } } },
    targetGroups: { 'small-web': { name: 'small-web', port: 8080 } },
    loadBalancer: { name: 'small', subnets: ['a', 'b'], securityGroups: [network.group] },
    listeners: {
      http: {
        protocol: 'HTTP',
        port: 80,
        forward: 'small-web',
        rules: { a: { priority: 1, if: { path: ['/a'] }, fixedResponse: { statusCode: '200' } } },
      },
    },
    adopt: { 'loadBalancer/main': balancer, 'targetGroup/small-web': group, 'listener/http': listener, 'rule/http.a': rule },
  });
  assert.match(found.text, /^# yaml-language-server: \$schema=schemas\/stack\.schema\.json\n# The load balancer small \(/);
});

t('something of everything: the plan adopts and changes nothing else', async (bench) => {
  await handMadeShop(bench);
  const [before, since] = [await wholeOf(bench), bench.sandbox.calls().length];
  const found = await imported(bench, 'Shop-Front');
  assert.equal(found.problems, []);
  assert.equal(found.lost, []);
  assert.equal(found.differences, []);
  const changes = found.preview?.plan.changes ?? [];
  assert.is(changes.length, 19, 'load balancer, 4 groups, 3 listeners, 11 rules');
  assert.ok(
    changes.every(
      ({ verb, fields, risk }) => verb === 'adopt' && risk === 'none' && fields.every(({ field }) => field.startsWith('tags.')),
    ),
  );
  assert.not.match(found.text, /nobody-reads-this/);
  assert.ok(found.advice.some((text) => /ALBEDO_SECRET_OIDC_CLIENT/.test(text)));
  assert.ok(found.advice.some((text) => /AWS Load Balancer Controller manages it/.test(text)));
  assert.ok(found.advice.some((text) => /ECS or Kubernetes/.test(text)));
  assert.equal(writesOf(bench, since), [], 'importing reads only');
  assert.is(await wholeOf(bench), before);
});

t('one import gives one text', async (bench) => {
  await handMadeShop(bench);
  assert.is((await imported(bench, 'Shop-Front')).text, (await imported(bench, 'shop-front')).text);
});

t('adopted with consent: tags are written and nothing else; with and without the section the plan is empty', async (bench) => {
  await handMadeShop(bench);
  const found = await imported(bench, 'Shop-Front');
  const before = JSON.parse(await wholeOf(bench)) as unknown[];
  const since = bench.sandbox.calls().length;
  const done = await applied(bench, found.text, ADOPT);
  assert.equal(
    [...new Set(writesOf(bench, since))].filter((action) => action !== 'AddTags'),
    [],
  );
  assert.is(done.plan.summary.adopt, 19);
  const after = JSON.parse(await wholeOf(bench)) as unknown[];
  assert.equal(after.slice(0, -19 - 3), before.slice(0, -19 - 3), 'all but the tags is as it was');
  const bare = withoutAdopt(found.text);
  assert.not.match(bare, /^adopt:/m);
  assert.equal(changesOf((await planned(bench, bare)).plan), []);
  const again = await imported(bench, 'Shop-Front');
  assert.is(again.owner, 'shop-front');
  assert.is(again.adopted, 0);
  assert.equal(changesOf(again.preview?.plan), []);
  assert.equal(parse(again.text), parse(bare), 'what is ours says the same');
});

t('without consent it is refused, object by object, and nothing is touched', async (bench) => {
  await makeSmall(bench);
  const { text } = await imported(bench, 'small');
  const [before, since] = [await wholeOf(bench), bench.sandbox.calls().length];
  const refused = await rejects(applied(bench, text, { allowReplace: ['*'], allowDrop: ['*'], allowDestroy: ['*'] }), ReconcileError);
  assert.is(refused.code, 'GuardRefused');
  assert.match(refused.hint, /--adopt/);
  const { refusals } = await planned(bench, text);
  assert.equal(
    refusals.map(({ rule, address }) => `${rule} ${address}`),
    ['adopt targetGroup/small-web', 'adopt loadBalancer/main', 'adopt listener/http', 'adopt rule/http.a'],
  );
  assert.equal(writesOf(bench, since), []);
  assert.is(await wholeOf(bench), before);
});

t('what differs is changed with the adoption', async (bench) => {
  const { group } = await makeSmall(bench);
  const { text } = await imported(bench, 'small');
  const slower = text.replace('port: 8080 }', 'port: 8080, deregistrationDelay: 20s }');
  const { plan } = await planned(bench, slower);
  assert.ok(namesOf(plan).includes('adopt targetGroup/small-web deregistrationDelay tags.albedo:stack tags.albedo:address'));
  await applied(bench, slower, ADOPT);
  assert.equal(await tagsAt(bench, group), { 'albedo:stack': 'small', 'albedo:address': 'targetGroup/small-web' });
});

t('what would be replaced asks the same consent, since the replaced one goes', async (bench) => {
  await makeSmall(bench);
  const { text } = await imported(bench, 'small');
  const moved = text.replace('port: 8080 }', 'port: 9090 }');
  const before = await wholeOf(bench);
  const { plan, refusals } = await planned(bench, moved, { allowReplace: ['*'], allowDrop: ['*'] });
  assert.is(plan.changes.find(({ address }) => address === 'targetGroup/small-web')?.verb, 'replace');
  assert.ok(refusals.some(({ rule, address }) => rule === 'adopt' && address === 'targetGroup/small-web'));
  assert.is(await wholeOf(bench), before);
});

t("another stack's object is refused, naming the owner, and taken only from that owner with consent", async (bench) => {
  const { group, rule } = await makeSmall(bench);
  const { text } = await imported(bench, 'small');
  await claim(bench, [group, rule], { 'albedo:stack': 'other', 'albedo:address': 'targetGroup/theirs' });
  const [before, since] = [await wholeOf(bench), bench.sandbox.calls().length];
  const { refusals } = await planned(bench, text, ADOPT);
  const claims = refusals.filter(({ rule: kind }) => kind === 'adopt');
  assert.equal(
    claims.map(({ address, physicalId, owner }) => [address, physicalId, owner]),
    [
      ['targetGroup/small-web', group, 'stack other'],
      ['rule/http.a', rule, 'stack other'],
    ],
  );
  assert.is((await rejects(applied(bench, text, { ...ADOPT, adoptFrom: ['others'] }), ReconcileError)).code, 'GuardRefused');
  assert.equal(writesOf(bench, since), []);
  assert.is(await wholeOf(bench), before);
  await applied(bench, text, { ...ADOPT, adoptFrom: ['other'] });
  assert.is((await tagsAt(bench, group))['albedo:stack'], 'small');
});

t("another stack's objects on the load balancer are left out of the import and pointed to by ARN", async (bench) => {
  const { group, rule } = await makeSmall(bench);
  await claim(bench, [group], { 'albedo:stack': 'other', 'albedo:address': 'targetGroup/theirs' });
  await claim(bench, [rule], { 'albedo:stack': 'other', 'albedo:address': 'rule/x.y' });
  const found = await imported(bench, 'small');
  assert.match(found.text, new RegExp(`forward: ${group}`));
  assert.equal(found.lost, [`target group ${group} belongs to stack other`, `rule ${rule} belongs to stack other`]);
});

t('an ARN that is not there is told at its place, once for all that stands on it', async (bench) => {
  const { group } = await makeSmall(bench);
  const { text } = await imported(bench, 'small');
  const gone = text.replace(/(loadbalancer\/app\/small\/)\w{16}\n/, '$10123456789abcdef\n');
  const wrong = await rejects(planned(bench, gone), ReconcileError);
  assert.is(wrong.code, 'SpecInvalid');
  assert.equal(linesOf(wrong).length, 1);
  assert.match(
    linesOf(wrong)[0] ?? '',
    new RegExp(`^${lineOf(gone, 'loadBalancer/main')}: There is no load balancer .*0123456789abcdef.* in us-east-1`),
  );
  const other = await handMadeGroup(bench, (await makeSmall(bench, 'large')).network, 'lone');
  await bench.elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: other }));
  const deleted = await rejects(planned(bench, text.replace(group, other)), ReconcileError);
  assert.match(linesOf(deleted)[0] ?? '', /There is no target group/);
});

t('a listener of another load balancer is not ours to adopt', async (bench) => {
  const { listener } = await makeSmall(bench);
  const other = await makeSmall(bench, 'large');
  const { text } = await imported(bench, 'small');
  const wrong = await rejects(planned(bench, text.replace(`${listener}\n`, `${other.listener}\n`)), ReconcileError);
  assert.match(linesOf(wrong)[0] ?? '', /There is no listener .* on the load balancer of this stack/);
});

t('a line whose address is taken does nothing: the other object is neither adopted nor removed', async (bench) => {
  const { group, network } = await makeSmall(bench);
  const { text } = await imported(bench, 'small');
  await applied(bench, text, ADOPT);
  const second = await handMadeGroup(bench, network, 'second');
  const stale = text.replace(group, second);
  const { plan } = await planned(bench, stale);
  assert.equal(changesOf(plan), []);
  assert.ok(plan.notes.some(({ kind, text: said }) => kind === 'warning' && said.includes(second)));
  assert.equal(await tagsAt(bench, second), {});
});

t('foreign tags and listeners beside ours are left', async (bench) => {
  const { group, balancer } = await makeSmall(bench);
  const { text } = await imported(bench, 'small');
  await applied(bench, text, ADOPT);
  await claim(bench, [group, balancer], { CostCentre: '42' });
  const foreign = await handMadeListener(bench, balancer, 81, { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } });
  const { plan } = await planned(bench, text);
  assert.equal(changesOf(plan), []);
  assert.ok(plan.notes.some(({ kind, text: said }) => kind === 'foreign' && said.includes(foreign)));
  assert.is((await tagsAt(bench, group))['CostCentre'], '42');
});

t('destroying what was never adopted takes nothing away', async (bench) => {
  await makeSmall(bench);
  const { text } = await imported(bench, 'small');
  const before = await wholeOf(bench);
  const { preview, openSession } = await import('../../reconciler/run/pipeline.ts');
  const { plan } = await preview(readText(text), openSession({ region: 'us-east-1', env: process.env }), {}, 'destroy');
  assert.equal([changesOf(plan), plan.steps], [[], []]);
  assert.is(await wholeOf(bench), before);
});

t('adopt costs no call', async (bench) => {
  await makeSmall(bench);
  const { text } = await imported(bench, 'small');
  await applied(bench, text, ADOPT);
  const count = async (spec: string): Promise<number> => {
    const since = bench.sandbox.calls().length;
    await planned(bench, spec);
    return bench.sandbox.calls().length - since;
  };
  assert.is(await count(text), await count(withoutAdopt(text)));
});

t('found by name, ARN, DNS name, and the beginning of its name', async (bench) => {
  const { balancer } = await makeSmall(bench);
  const { balancer: found } = await imported(bench, balancer);
  assert.is(found.name, 'small');
  for (const word of [found.dnsName, `dualstack.${found.dnsName}.`, found.dnsName.toUpperCase(), 'SMALL', 'sma'])
    assert.is((await imported(bench, word)).balancer.arn, balancer, word);
});

t('a name that is not there, and one that several begin with', async (bench) => {
  await makeSmall(bench, 'shop-front');
  await makeSmall(bench, 'shop-back');
  const none = await rejects(imported(bench, 'shop-frnot'), ReconcileError);
  assert.is(none.code, 'ImportRefused');
  assert.match(none.message, /there is no load balancer shop-frnot in us-east-1/);
  assert.is(none.hint, 'Did you mean shop-front? There are: shop-back, shop-front.');
  const several = await rejects(imported(bench, 'shop'), ReconcileError);
  assert.match(several.message, /2 load balancers in us-east-1 match shop: shop-back, shop-front/);
});

t('a stack says its own name; one that has the load balancer already cannot be renamed', async (bench) => {
  await makeSmall(bench);
  const { text } = await imported(bench, 'small', 'my-web');
  assert.match(text, /\nstack: my-web\n/);
  assert.is((await rejects(imported(bench, 'small', 'My Web'), ReconcileError)).code, 'ImportRefused');
  await applied(bench, text, ADOPT);
  assert.match((await rejects(imported(bench, 'small', 'other'), ReconcileError)).message, /belongs to the stack my-web/);
  assert.is((await imported(bench, 'small', 'my-web')).owner, 'my-web');
});

t.run();
