/** How drift is told: graded, worst first, with what has lost its tags; and the way out through the spec, as users take it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthorizeSecurityGroupIngressCommand, CreateTagsCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';
import {
  AddTagsCommand,
  CreateRuleCommand,
  DeleteListenerCommand,
  DeleteRuleCommand,
  ModifyLoadBalancerAttributesCommand,
  RemoveTagsCommand,
  SetRulePrioritiesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { driftCommand } from '../../reconciler/cli/drift.ts';
import { compileSchema } from '../../reconciler/config/ajv.ts';
import { acceptDrift } from '../../reconciler/drift/accept.ts';
import { describeDrift } from '../../reconciler/drift/describe.ts';
import { formatNamed } from '../../reconciler/report/formats.ts';
import { hashing } from '../../reconciler/run/pipeline.ts';
import { type Bench, contractSuite, converge, look, ready, type Spec } from '../support/contract-bench.ts';
import { liveStack, withEdits } from '../support/contract-in-place.ts';
import { bothWaysOut } from '../support/contract-outside.ts';

const t = contractSuite('drift, as it is told');

const stack = (): Spec =>
  withEdits(liveStack(), [
    ['loadBalancer/deletionProtection', true],
    [
      'listeners/http/rules',
      {
        first: { if: { path: ['/one'] }, forward: 'web' },
        second: { if: { path: ['/two'] }, fixedResponse: { statusCode: '503' } },
      },
    ],
  ]);
const named = (spec: Spec) => ({
  file: 'web.yaml',
  text: Buffer.from(stringify(spec, { compat: 'yaml-1.1' })),
  spec: ready(spec),
  hashing,
});

async function tell(bench: Bench, spec = stack()) {
  const previewed = await look(bench, spec);
  return { previewed, drift: describeDrift(named(spec), previewed) };
}
/** One of each kind that something of ours leads to, that has a name, or whose port tells. Certificates are known by their path in IAM. */
const LEADS_TO = [
  'vpc/main',
  'subnet/a',
  'internetGateway/main',
  'securityGroup/load-balancer',
  'instance/web-1',
  'targetGroup/web',
  'loadBalancer/main',
  'listener/http',
];
const idOf = async (bench: Bench, address: string): Promise<string> => {
  const live = (await look(bench, stack())).observation.observed.live.find((entry) => entry.address === address);
  if (live === undefined) throw new Error(`${address} is not live`);
  return live.id;
};

t('the stack stands', async (bench) => {
  await converge(bench, stack());
});

t('whatever has lost its tags is told as missing, with what it probably is; with its tags back all is well', async (bench) => {
  const { live } = (await look(bench, stack())).observation.observed;
  for (const address of LEADS_TO) {
    const { id = '', tags = {} } = live.find((entry) => entry.address === address) ?? {};
    const own = ['albedo:stack', 'albedo:address'];
    const elbv2 = id.startsWith('arn:');
    const list = own.map((Key) => ({ Key, Value: tags[Key] ?? '' }));
    await (elbv2
      ? bench.elb.send(new RemoveTagsCommand({ ResourceArns: [id], TagKeys: own }))
      : bench.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: own.map((Key) => ({ Key })) })));
    const { drift } = await tell(bench);
    const found = drift.differences.find((difference) => difference.address === address);
    assert.is(found?.state, 'missing', address);
    assert.equal(
      found?.lost?.map(({ physicalId }) => physicalId),
      [id],
      `${address}: ${JSON.stringify(drift.notes)}`,
    );
    const command = found?.lost?.[0]?.command ?? '';
    for (const { Key, Value } of list) assert.ok(command.includes(`Key=${Key},Value=${Value}`), command);
    assert.match(command, elbv2 ? /^aws elbv2 add-tags --resource-arns / : /^aws ec2 create-tags --resources /);
    await (elbv2
      ? bench.elb.send(new AddTagsCommand({ ResourceArns: [id], Tags: list }))
      : bench.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: list })));
  }
  assert.equal((await tell(bench)).drift.differences, []);
});

t('what is open to the world, and a protection that is off, are alarms and come first', async (bench) => {
  const GroupId = await idOf(bench, 'securityGroup/own');
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
  await bench.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  const Attributes = [
    { Key: 'deletion_protection.enabled', Value: 'false' },
    { Key: 'idle_timeout.timeout_seconds', Value: '75' },
  ];
  await bench.elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: await idOf(bench, 'loadBalancer/main'), Attributes }));
  await bench.ec2.send(new CreateTagsCommand({ Resources: [await idOf(bench, 'subnet/a')], Tags: [{ Key: 'Name', Value: 'renamed' }] }));
  const { drift } = await tell(bench);
  assert.equal(
    drift.differences.map(({ address, grade, fields }) => [
      address,
      grade,
      ...fields.map((field) => [field.field, field.grade, field.reason]),
    ]),
    [
      ['securityGroup/own', 'alarm', ['ingress', 'alarm', 'open to the whole internet on port 22']],
      [
        'loadBalancer/main',
        'alarm',
        ['deletionProtection', 'alarm', 'everyone who may delete load balancers can delete it'],
        ['idleTimeout', drift.differences[1]?.fields[1]?.grade, drift.differences[1]?.fields[1]?.reason],
      ],
      ['subnet/a', 'none', ['tags.Name', 'none', '']],
    ],
  );
  const ingress = drift.differences[0]?.fields[0];
  assert.equal([ingress?.added, ingress?.removed], [[{ port: 22, from: '0.0.0.0/0' }], []]);
  const timeout = drift.differences[1]?.fields[1];
  assert.equal([timeout?.live, timeout?.spec], ['75s', '1m']);
  await converge(bench, stack());
});

t('rules moved by hand are found, and both ways out end well', async (bench) => {
  const { live } = (await look(bench, stack())).observation.observed;
  const rules = live.filter(({ kind }) => kind === 'rule');
  const [one, two] = rules;
  assert.ok(one !== undefined && two !== undefined);
  await bench.elb.send(
    new SetRulePrioritiesCommand({
      RulePriorities: [
        { RuleArn: one.id, Priority: Number(two.values['priority']) },
        { RuleArn: two.id, Priority: Number(one.values['priority']) },
      ],
    }),
  );
  const { drift } = await tell(bench);
  const [moved] = drift.differences;
  assert.is(drift.differences.length, 1, 'one of the two has to move');
  await bothWaysOut(bench, stack(), { address: moved?.address ?? '', fields: ['priority'], follows: [], sayable: true });
});

t("a rule of somebody else's beside ours is told and left", async (bench) => {
  const made = await bench.elb.send(
    new CreateRuleCommand({
      ListenerArn: await idOf(bench, 'listener/http'),
      Priority: 4711,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/theirs'] } }],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
    }),
  );
  const { drift } = await tell(bench);
  assert.equal(drift.differences, []);
  assert.ok(drift.notes.some(({ kind, text }) => kind === 'foreign' && text.startsWith('rule 4711 ')));
  await bench.elb.send(new DeleteRuleCommand({ RuleArn: made.Rules?.[0]?.RuleArn ?? '' }));
});

t('what is missing is graded by its absence, and taken out of the spec only when that is asked for', async (bench) => {
  await bench.elb.send(new DeleteListenerCommand({ ListenerArn: await idOf(bench, 'listener/https') }));
  const { previewed, drift } = await tell(bench);
  assert.equal(
    drift.differences.map(({ address, state, grade }) => [address, state, grade]),
    [['listener/https', 'missing', 'drop']],
  );
  const { plan, observation } = previewed;
  const refused = acceptDrift(named(stack()), plan, observation.observed, { only: [], acceptMissing: false });
  assert.match(refused.refused[0]?.why ?? '', /--accept-missing/);
  const taken = acceptDrift(named(stack()), plan, observation.observed, { only: ['listener/https'], acceptMissing: true });
  assert.equal(taken.written, ['listener/https']);
  assert.not.match(taken.after, /https:/);
  // Nobody listens on its port now, and the group that albedo makes follows the listeners.
  assert.equal(
    taken.rest.map(({ address }) => address),
    ['securityGroup/load-balancer'],
  );
  await converge(bench, stack());
});

t('the command tells, shows, writes, and is done', async (bench) => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-drift-'));
  const file = join(folder, 'web.yaml');
  const text = `# mine\n${named(stack()).text.toString()}`;
  writeFileSync(file, text);
  const run = async (format: 'text' | 'json', flags: Parameters<typeof driftCommand>[1]) => {
    const written: string[] = [];
    const { write } = process.stdout;
    process.stdout.write = ((chunk: string) => written.push(chunk) > 0) as typeof write;
    try {
      return { exit: await driftCommand([file], flags, { format: formatNamed(format), color: false, quiet: true }), out: written.join('') };
    } finally {
      process.stdout.write = write;
    }
  };
  try {
    assert.is((await run('text', {})).exit, 0);
    const Attributes = [{ Key: 'idle_timeout.timeout_seconds', Value: '75' }];
    await bench.elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: await idOf(bench, 'loadBalancer/main'), Attributes }));
    const told = await run('text', {});
    assert.is(told.exit, 2);
    assert.match(told.out, /idleTimeout {2}is 75s, but the spec sets 1m/);
    assert.ok(told.out.includes(`albedo apply ${file}`) && told.out.includes(`albedo drift ${file} --accept`));
    const dry = await run('text', { accept: true, dryRun: true });
    assert.is(readFileSync(file, 'utf8'), text);
    assert.match(dry.out, /^\+ {2}idleTimeout: 75s$/m);
    const json = await run('json', { accept: ['loadBalancer/main.idleTimeout'] });
    const schema = JSON.parse(readFileSync(new URL('../../schemas/drift.schema.json', import.meta.url), 'utf8')) as object;
    const check = compileSchema(schema);
    assert.ok(check(JSON.parse(json.out)), JSON.stringify(check.errors?.map(({ instancePath, message }) => [instancePath, message])));
    assert.not.ok(check({ ...(JSON.parse(json.out) as object), version: 1 }), 'another version is not taken');
    assert.is(json.exit, 0);
    assert.equal(
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => !text.split('\n').includes(line)),
      ['  idleTimeout: 75s'],
    );
    assert.is((await run('text', {})).exit, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

t.run();
