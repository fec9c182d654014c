/** Whatever the spec becomes, one run gets there, the next plan is empty, and a destroy leaves nothing. */

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { CloudError } from '../../reconciler/errors.ts';
import type { Plan } from '../../reconciler/plan/types.ts';
import { converge, failures, planFor, WRITES } from '../support/converge.ts';
import { EDIT_NAMES, edited } from '../support/edits.ts';
import { problemsOf, type SpecData, tutorial } from '../support/stacks.ts';
import { suite } from '../support/suite.ts';
import { type TinyAws, tinyAws } from '../support/tiny-aws.ts';
import { watchTraffic } from '../support/tiny-traffic.ts';

const t = suite('property/converge');

/** More when something is doubted: `ALBEDO_RUNS=1000`. */
const RUNS = Number(process.env['ALBEDO_RUNS'] ?? 25);

/** A handful of changes in the order of the table, such that the spec stays legal. */
const changes = fc.subarray(EDIT_NAMES, { maxLength: 8 }).filter((names) => problemsOf(edited(names)).length === 0);

/** What is left in AWS; terminated instances stay listed for an hour there. */
const left = (aws: TinyAws): string[] =>
  [...aws.objects.values()].filter((object) => object.State?.Name !== 'terminated').map((object) => object.id);

async function reach(aws: TinyAws, names: readonly string[], mode: 'apply' | 'destroy' = 'apply') {
  const result = await converge(aws, edited(names), mode);
  assert.is(failures(result.run), '');
  assert.is(result.run.outcome, 'done');
  assert.equal(result.check.changes, [], `the second plan is not empty: ${JSON.stringify(result.check.changes)}`);
  assert.equal(result.check.steps, []);
  return result.plan;
}

/** The same under requests: unless the plan says that some may be lost, none is. */
async function watched(aws: TinyAws, names: readonly string[]) {
  const plans: Plan[] = [];
  const lost = await watchTraffic(aws, async () => plans.push(await reach(aws, names)));
  const [planned] = plans;
  if (planned === undefined) throw new Error('nothing was planned');
  if (planned.summary.risk !== 'drop') assert.equal(lost, []);
  return planned;
}

/** Edits that a way back leaves alone on purpose: what the spec does not say is not touched. */
const LEFT_ALONE = ['key of an instance', 'group name'];

for (const name of EDIT_NAMES) {
  t(`${name}: there and back`, async () => {
    const aws = tinyAws();
    await reach(aws, []);
    const there = await watched(aws, [name]);
    assert.ok(there.changes.length > 0, 'the change is not seen');
    const back = await watched(aws, []);
    assert.is(back.changes.length > 0, !LEFT_ALONE.includes(name), 'the way back is not as it should be');
    await reach(aws, [], 'destroy');
    assert.equal(left(aws), []);
  });
}

/** Rules in all ways in which one set can become another, on a listener that has its own answer for everything else. */
const RULES = EDIT_NAMES.filter((name) => /rule/.test(name) && name !== 'remark of a rule');
const ruled = (name: string): SpecData => {
  const spec = edited([name]);
  const { forward: _forward, ...http } = spec.listeners.http;
  spec.listeners.http = { ...http, fixedResponse: { statusCode: '404', messageBody: 'nobody' } };
  return spec;
};
for (const before of RULES)
  for (const after of RULES.filter((name) => name !== before))
    t(`from "${before}" to "${after}" every request has its old answer or its new one`, async () => {
      const aws = tinyAws();
      await converge(aws, ruled(before));
      const lost = await watchTraffic(aws, async () => {
        const { run, check } = await converge(aws, ruled(after));
        assert.is(failures(run), '');
        assert.equal(check.changes, []);
      });
      assert.equal(lost, []);
    });

t('from any spec to any other, and to nothing', async () => {
  await fc.assert(
    fc.asyncProperty(changes, changes, async (before, after) => {
      const aws = tinyAws();
      await reach(aws, before);
      let risk = 'none';
      const lost = await watchTraffic(aws, async () => {
        risk = (await reach(aws, after)).summary.risk;
      });
      if (risk !== 'drop') assert.equal(lost, []);
      await reach(aws, after, 'destroy');
      assert.equal(left(aws), []);
    }),
    { numRuns: RUNS },
  );
});

t('a run that broke anywhere is finished by the next one', async () => {
  await fc.assert(
    fc.asyncProperty(changes, changes, fc.integer({ min: 1, max: 40 }), fc.boolean(), async (before, after, position, answerLost) => {
      const aws = tinyAws();
      await reach(aws, before);
      const whole = aws.call;
      let count = 0;
      aws.call = async (op, input, options) => {
        if (!WRITES.has(op)) return whole(op, input, options);
        count++;
        if (!answerLost && count >= position) throw new CloudError(op, 'AccessDenied', 'Denied', 'no more');
        const answer = await whole(op, input, options);
        if (answerLost && count === position) throw new CloudError(op, 'InternalFailure', 'Transient', 'the answer was lost');
        return answer;
      };
      await converge(aws, edited(after));
      aws.call = whole;
      await reach(aws, after);
      await reach(aws, after, 'destroy');
      assert.equal(left(aws), []);
    }),
    { numRuns: RUNS, examples: [[['range of a subnet'], [], 2, false]] },
  );
});

t('what somebody changed by hand is found and set right', async () => {
  const deeds: Readonly<Record<string, (aws: TinyAws) => unknown>> = {
    'gateway detached': (aws) => (aws.all('gateway')[0].Attachments = []),
    'route deleted': (aws) => aws.all('table')[0].Routes.pop(),
    'association removed': (aws) => aws.all('table')[0].Associations.pop(),
    'subnet put on another table': (aws) => {
      const [moved] = aws.all('table')[0].Associations.splice(0, 1);
      const table = { id: 'rtb-0f', type: 'table', RouteTableId: 'rtb-0f', VpcId: aws.all('vpc')[0].id, Routes: [], Tags: [] };
      aws.objects.set('rtb-0f', { ...table, Associations: [{ ...moved, RouteTableId: 'rtb-0f' }] } as never);
    },
    'rule added': (aws) =>
      aws.all('group')[0].IpPermissions.push({ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }),
    'rule removed': (aws) => {
      for (const group of aws.all('group')) group.IpPermissions.splice(0);
    },
    'all egress removed': (aws) => aws.all('group')[0].IpPermissionsEgress.splice(0),
    'attribute changed': (aws) => (aws.all('balancer')[0].attributes['idle_timeout.timeout_seconds'] = '4000'),
    'health check changed': (aws) => (aws.all('targets')[0].HealthCheckPath = '/else'),
    'target taken out': (aws) => aws.all('targets')[0].members.pop(),
    'stranger registered': (aws) => aws.all('targets')[0].members.push({ Id: 'i-00000000000000099', Port: 80 }),
    'listener deleted': (aws) => aws.objects.delete(aws.all('listener')[0].id),
    'listener repointed': (aws) =>
      (aws.all('listener')[0].DefaultActions = [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }]),
    'instance terminated': (aws) => {
      const instance = aws.all('instance')[0];
      instance.State = { Name: 'terminated' };
      aws.all('targets')[0].members = aws.all('targets')[0].members.filter((member: { Id: string }) => member.Id !== instance.id);
    },
    'group taken from an instance': (aws) => aws.all('instance')[0].SecurityGroups.pop(),
    'tag changed': (aws) => (aws.all('vpc')[0].Tags.find((tag: { Key: string }) => tag.Key === 'Name').Value = 'mine'),
    'load balancer deleted': (aws) => {
      for (const listener of aws.all('listener')) aws.objects.delete(listener.id);
      aws.objects.delete(aws.all('balancer')[0].id);
    },
  };
  for (const [name, deed] of Object.entries(deeds)) {
    const aws = tinyAws();
    await reach(aws, []);
    deed(aws);
    assert.ok((await planFor(aws, tutorial())).changes.length > 0, `${name}: not seen`);
    await reach(aws, []);
  }
});

t("other people's objects are never written to", async () => {
  const aws = tinyAws();
  const other = { ...tutorial(), stack: 'other' };
  other.loadBalancer.name = 'other';
  await converge(aws, other);
  const before = JSON.stringify([...aws.objects]);
  const foreign = new Set(aws.objects.keys());
  await reach(aws, []);
  await reach(aws, ['group port', 'scheme', 'tags of the stack']);
  await reach(aws, [], 'destroy');
  assert.is(JSON.stringify([...aws.objects].filter(([id]) => foreign.has(id))), before);
});

t('what is given by id is used, in whichever order its ids sort, and left', async () => {
  const aws = tinyAws();
  // biome-ignore lint/suspicious/noExplicitAny: answers of the API
  const call = async (op: string, input: any): Promise<any> => aws.call(op, input);
  const vpc = (await call('ec2:CreateVpc', { CidrBlock: '10.0.0.0/16' })).Vpc.VpcId;
  const gateway = (await call('ec2:CreateInternetGateway', {})).InternetGateway.InternetGatewayId;
  await call('ec2:AttachInternetGateway', { InternetGatewayId: gateway, VpcId: vpc });
  const subnet = async (AvailabilityZone: string, CidrBlock: string) =>
    (await call('ec2:CreateSubnet', { VpcId: vpc, AvailabilityZone, CidrBlock })).Subnet.SubnetId;
  const [first, second] = [await subnet('us-east-1b', '10.0.2.0/24'), await subnet('us-east-1a', '10.0.1.0/24')];
  const group = (await call('ec2:CreateSecurityGroup', { VpcId: vpc, GroupName: 'own', Description: 'own' })).GroupId;
  const spec = tutorial();
  spec.network = { vpc: { id: vpc }, subnets: { a: { id: second }, b: { id: first } } };
  spec.securityGroups = {
    front: {
      ingress: [
        { port: 80, from: group },
        { port: 80, from: 'front' },
      ],
    },
  };
  spec.loadBalancer.securityGroups = ['front', group];
  const existing = new Set(aws.objects.keys());
  const result = await converge(aws, spec);
  assert.is(failures(result.run), '');
  assert.equal(result.check.changes, []);
  const end = await converge(aws, spec, 'destroy');
  assert.is(failures(end.run), '');
  assert.equal(new Set(left(aws)), existing);
});

t('a certificate, or anything else, may be named main', async () => {
  const aws = tinyAws();
  const spec = tutorial();
  spec.certificates = { main: spec.certificates.site };
  spec.listeners.https.certificate = 'main';
  spec.targetGroups = { main: spec.targetGroups.web };
  for (const listener of Object.values(spec.listeners) as { forward: string }[]) listener.forward = 'main';
  spec.chaos.stopInstance.from = 'main';
  const result = await converge(aws, spec);
  assert.is(failures(result.run), '');
  assert.equal(result.check.changes, []);
});

t.run();
