/** Stacks whose file was deleted: found by a plan of the folder, told, and removed by their name. The real command, in a repository. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { isWrite } from '../support/faults-bench.ts';
import { makePlace, type Place, startCommand } from '../support/faults-cli.ts';
import { suite } from '../support/suite.ts';

interface Bench {
  sandbox: Sandbox;
  place: Place;
  elb: ElasticLoadBalancingV2Client;
  ec2: EC2Client;
  root: string;
  env: Record<string, string>;
}
const t = suite<Bench>('stacks without a file');

const spec = (stack: string, more = ''): string => `stack: ${stack}
region: us-east-1
network:
  vpc: { cidrBlock: 10.0.0.0/16 }
  subnets:
    a: { availabilityZone: us-east-1a, cidrBlock: 10.0.1.0/24 }
    b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24 }
loadBalancer: { subnets: [a, b]${more} }
listeners:
  http: { protocol: HTTP, port: 80, redirect: { host: www.example.com, statusCode: HTTP_301 } }
`;

t.before(async (bench) => {
  const timings = { loadBalancerProvisioning: 100, interfaceLinger: 100 };
  const sandbox = await startSandbox({ dataplane: false, timings });
  const place = makePlace();
  const client = { region: 'us-east-1', endpoint: sandbox.endpoint, credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' } };
  const root = join(place.folder, 'repository');
  mkdirSync(join(root, 'stacks'), { recursive: true });
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: root, env: { ...place.env } });
  git('init', '--quiet');
  git('remote', 'add', 'origin', 'git@example.com:shop/infra.git');
  const env = { AWS_ENDPOINT_URL: sandbox.endpoint, AWS_ACCESS_KEY_ID: 'sandbox', AWS_SECRET_ACCESS_KEY: 'sandbox' };
  Object.assign(bench, { sandbox, place, root, env, elb: new ElasticLoadBalancingV2Client(client), ec2: new EC2Client(client) });
});
t.after(async ({ sandbox, place, elb, ec2 }) => {
  elb.destroy();
  ec2.destroy();
  place.remove();
  await sandbox.stop();
});

const run = ({ place, env, root }: Bench, ...args: readonly string[]) => startCommand(place, args, env, root).ended;
const write = ({ root }: Bench, name: string, text: string) => writeFileSync(join(root, name), text);

async function sourceAt({ elb }: Bench, name: string): Promise<string | undefined> {
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}));
  const arn = LoadBalancers.find(({ LoadBalancerName = '' }) => LoadBalancerName.startsWith(name))?.LoadBalancerArn ?? '';
  if (arn === '') return undefined;
  const { TagDescriptions = [] } = await elb.send(new DescribeTagsCommand({ ResourceArns: [arn] }));
  return TagDescriptions[0]?.Tags?.find(({ Key }) => Key === 'albedo:source')?.Value;
}

const keptBalancer = async ({ elb }: Bench) =>
  (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers?.find(({ LoadBalancerName = '' }) =>
    LoadBalancerName.startsWith('kept'),
  );

const orphansIn = (stdout: string): unknown => (JSON.parse(stdout) as { readonly orphans?: unknown }).orphans;

t('an apply writes down where the stack comes from; plans neither compare nor show it', async (bench) => {
  for (const name of ['kept', 'old']) write(bench, `stacks/${name}.yaml`, spec(name));
  const applied = await run(bench, 'apply', 'stacks');
  assert.is(applied.code, 0, applied.stderr);
  assert.not.match(applied.stdout, /albedo:source/);
  assert.is(await sourceAt(bench, 'kept'), 'shop/infra:stacks/kept.yaml');
  const again = await run(bench, '--format', 'json', 'plan', 'stacks');
  assert.is(again.code, 0, again.stdout);
  assert.equal(orphansIn(again.stdout), []);
  const elsewhere = await startCommand(
    bench.place,
    ['plan', 'stacks/kept.yaml'],
    { ...bench.env, GITHUB_REPOSITORY: 'else/where' },
    bench.root,
  ).ended;
  assert.is(elsewhere.code, 0, 'the same plan from another repository');
});

t('a file that was deleted: plan and drift of the folder tell, in one call more and one for each twenty found', async (bench) => {
  rmSync(join(bench.root, 'stacks/old.yaml'));
  const since = bench.sandbox.calls().length;
  const planned = await run(bench, 'plan', 'stacks');
  assert.is(planned.code, 0, 'apply would change nothing');
  assert.match(planned.stdout, /Stack old in us-east-1 exists in AWS, but its file stacks\/old.yaml is gone/);
  assert.match(planned.stdout, /albedo destroy --stack old --region us-east-1/);
  const calls = bench.sandbox.calls().slice(since);
  assert.is(calls.filter(({ action }) => action === 'GetResources').length, 1);
  const drift = await run(bench, '--format', 'json', 'drift', 'stacks');
  assert.is(drift.code, 2);
  assert.equal(orphansIn(drift.stdout), [{ stack: 'old', region: 'us-east-1', account: '123456789012', file: 'stacks/old.yaml' }]);
});

t('a region whose last spec was deleted is looked in where the environment names it; the others are not claimed', async (bench) => {
  const far = spec('far').replaceAll('us-east-1', 'eu-west-1');
  write(bench, 'stacks/far.yaml', far);
  assert.is((await run(bench, 'apply', 'stacks/far.yaml')).code, 0);
  rmSync(join(bench.root, 'stacks/far.yaml'));
  const lookedIn = (stdout: string): unknown => (JSON.parse(stdout) as { readonly lookedIn?: unknown }).lookedIn;
  const [here, there] = ['us-east-1', 'eu-west-1'].map((region) => ({ account: '123456789012', region }));
  const unseen = await run(bench, 'plan', 'stacks');
  assert.not.match(unseen.stdout, /Stack far/);
  assert.match(unseen.stdout, /Looked for stacks whose file is gone in us-east-1\./);
  assert.equal(lookedIn((await run(bench, '--format', 'json', 'plan', 'stacks')).stdout), [here]);
  write(bench, 'environment.yaml', 'regions: [eu-west-1]\n');
  const seen = await run(bench, 'plan', 'stacks');
  assert.match(seen.stdout, /Stack far in eu-west-1 exists in AWS, but its file stacks\/far.yaml is gone/);
  assert.match(seen.stdout, /Looked for stacks whose file is gone in eu-west-1, us-east-1\./);
  assert.equal(lookedIn((await run(bench, '--format', 'json', 'drift', 'stacks')).stdout), [there, here]);
  write(bench, 'environment.yaml', 'regions: [eu-west-1, mars]\n');
  assert.match((await run(bench, 'plan', 'stacks')).stderr, /environment.yaml:1/);
  rmSync(join(bench.root, 'environment.yaml'));
  assert.is((await run(bench, 'destroy', '--stack', 'far', '--region', 'eu-west-1', '--yes')).code, 0);
});

t('nothing is told of a single file, of another folder, of another repository', async (bench) => {
  mkdirSync(join(bench.root, 'others'), { recursive: true });
  write(bench, 'others/kept.yaml', spec('kept'));
  for (const [paths, env] of [
    [['stacks/kept.yaml'], {}],
    [['others'], {}],
    [['stacks'], { GITHUB_REPOSITORY: 'else/where' }],
  ] as const) {
    const planned = await startCommand(bench.place, ['plan', ...paths], { ...bench.env, ...env }, bench.root).ended;
    assert.not.match(planned.stdout, /exists in AWS/, paths.join(' '));
  }
  rmSync(join(bench.root, 'others'), { recursive: true });
});

t(
  'a stack that another repository has applied is changed and destroyed with consent only, and stays that one’s until then',
  async (bench) => {
    const elsewhere = { ...bench.env, GITHUB_REPOSITORY: 'else/where' };
    const from = (...args: readonly string[]) => startCommand(bench.place, args, elsewhere, bench.root).ended;
    const file = 'stacks/kept.yaml';
    assert.is((await from('apply', file)).code, 0, 'there is nothing to change');
    assert.is(await sourceAt(bench, 'kept'), 'shop/infra:stacks/kept.yaml');
    write(bench, file, spec('kept', ', idleTimeout: 70s'));
    const since = bench.sandbox.calls().length;
    for (const command of [
      ['plan', file],
      ['apply', file, '--yes'],
      ['destroy', file, '--yes'],
      ['apply', file, '--yes', '--moved-from', 'shop/other'],
    ]) {
      const refused = await from(...command);
      assert.is(refused.code, 4, refused.stdout);
      assert.match(
        refused.stdout + refused.stderr,
        /is applied from stacks\/kept\.yaml of the repository shop\/infra, and this file is of else\/where/,
      );
      assert.match(refused.stdout + refused.stderr, /--moved-from shop\/infra/);
    }
    assert.equal(bench.sandbox.calls().slice(since).filter(isWrite), []);
    assert.is((await run(bench, 'plan', file)).code, 2, 'from its own repository');
    write(bench, 'stacks/policy.yaml', 'movedFrom: [Shop/Infra]\n');
    const moved = await from('apply', file, '--yes');
    assert.is(moved.code, 0, moved.stdout);
    assert.is(await sourceAt(bench, 'kept'), 'else/where:stacks/kept.yaml');
    rmSync(join(bench.root, 'stacks/policy.yaml'));
    assert.is((await run(bench, 'apply', file, '--yes', '--moved-from', 'else/where')).code, 0);
    write(bench, file, spec('kept', ', idleTimeout: 80s'));
    assert.is((await from('plan', file)).code, 4);
    write(bench, file, spec('kept'));
    assert.is((await run(bench, 'apply', file, '--yes', '--moved-from', 'else/where')).code, 0);
    assert.is(await sourceAt(bench, 'kept'), 'shop/infra:stacks/kept.yaml');
  },
);

t('tags of somebody else are not believed further than they go', async (bench) => {
  const subnets = (await keptBalancer(bench))?.AvailabilityZones?.map(({ SubnetId = '' }) => SubnetId) ?? [];
  const made = await bench.elb.send(new CreateLoadBalancerCommand({ Name: 'theirs', Subnets: subnets, Scheme: 'internal' }));
  const arn = made.LoadBalancers?.[0]?.LoadBalancerArn ?? '';
  const claim = (Value: string) =>
    bench.elb.send(
      new AddTagsCommand({
        ResourceArns: [arn],
        Tags: [
          { Key: 'albedo:source', Value },
          { Key: 'albedo:stack', Value: 'x y' },
        ],
      }),
    );
  for (const value of ['shop/infra:stacks/../../../etc/gone', 'shop/infra:/etc/gone', 'shop/infra', ':', 'shop/infra:stacks/a:b']) {
    await claim(value);
    assert.not.match((await run(bench, 'plan', 'stacks')).stdout, /Stack x/, value);
  }
  await claim('shop/infra:stacks/theirs.yaml');
  assert.match((await run(bench, 'plan', 'stacks')).stdout, /--stack 'x y' --region us-east-1/);
});

t('a file that was moved and applied is at its new place', async (bench) => {
  renameSync(join(bench.root, 'stacks/kept.yaml'), join(bench.root, 'stacks/moved.yaml'));
  assert.is((await run(bench, 'apply', 'stacks/moved.yaml')).code, 0);
  assert.is(await sourceAt(bench, 'kept'), 'shop/infra:stacks/moved.yaml');
});

t('removed by its name: consent, a reviewed digest, nothing of others', async (bench) => {
  const asked = await run(bench, 'destroy', '--stack', 'old', '--region', 'us-east-1');
  assert.is(asked.code, 4);
  assert.match(asked.stderr, /destroying old needs consent/);
  const planned = await run(bench, '--format', 'json', 'plan', '--destroy', '--stack', 'old', '--region', 'us-east-1');
  assert.is(planned.code, 2);
  const { digest } = (JSON.parse(planned.stdout) as { results: { plan: { digest: string } }[] }).results[0]?.plan ?? { digest: '' };
  const gone = await run(bench, 'destroy', '--stack', 'old', '--region', 'us-east-1', '--plan-digest', digest);
  assert.is(gone.code, 0, gone.stderr);
  assert.is(await sourceAt(bench, 'kept'), 'shop/infra:stacks/moved.yaml');
  assert.not.match((await run(bench, 'plan', 'stacks')).stdout, /Stack old/);
  const again = await run(bench, 'destroy', '--stack', 'old', '--region', 'us-east-1', '--yes');
  assert.match(again.stdout, /nothing/i);
});

t('what others have on it goes with it by a consent of its own only, whether the stack has a file or not', async (bench) => {
  const { elb } = bench;
  const fixed = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } } as const;
  const rule = (ListenerArn: string, Priority: number) =>
    elb.send(new CreateRuleCommand({ ListenerArn, Priority, Conditions: [{ Field: 'path-pattern', Values: ['/t'] }], Actions: [fixed] }));
  write(bench, 'stacks/host.yaml', spec('host'));
  assert.is((await run(bench, 'apply', 'stacks/host.yaml')).code, 0);
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}));
  const LoadBalancerArn = LoadBalancers.find(({ LoadBalancerName = '' }) => LoadBalancerName.startsWith('host'))?.LoadBalancerArn;
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }));
  await rule(Listeners[0]?.ListenerArn ?? '', 5);
  const theirs = await elb.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: 'HTTP', Port: 9000, DefaultActions: [fixed] }));
  await rule(theirs.Listeners?.[0]?.ListenerArn ?? '', 6);
  const planned = await run(bench, 'plan', 'stacks/host.yaml');
  assert.match(planned.stdout, /listener HTTP 9000 on our loadBalancer/);
  assert.not.match(planned.stdout, /rule 6/, 'what is under a listener of theirs is theirs');
  const named = ['--stack', 'host', '--region', 'us-east-1'];
  for (const args of [
    ['plan', '--destroy', 'stacks/host.yaml'],
    ['plan', '--destroy', ...named],
    ['destroy', '--yes', ...named],
  ]) {
    if (args[0] === 'destroy') rmSync(join(bench.root, 'stacks/host.yaml'));
    const refused = await run(bench, ...args);
    assert.is(refused.code, 4, refused.stderr);
    for (const each of [/listener HTTP 9000/, /rule 5/, /rule 6/]) assert.match(refused.stdout + refused.stderr, each, args.join(' '));
  }
  assert.is((await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))).Listeners?.length, 2);
  const half = await run(bench, 'destroy', '--yes', '--allow-destroy-foreign', 'listener/http', ...named);
  assert.is(half.code, 4, half.stderr);
  const gone = await run(bench, 'destroy', '--yes', '--allow-destroy-foreign', 'loadBalancer/main', ...named);
  assert.is(gone.code, 0, gone.stderr);
  assert.is(await sourceAt(bench, 'host'), undefined);
});

t('found by its tags alone, under a name and in a network that nobody knows', async (bench) => {
  const first = await keptBalancer(bench);
  const subnets = first?.AvailabilityZones?.map(({ SubnetId = '' }) => SubnetId) ?? [];
  const text = spec('guest', ', name: no-such-beginning').replace(
    /network:[\s\S]*?loadBalancer/,
    `network:\n  vpc: { id: ${first?.VpcId} }\n  subnets: { a: { id: ${subnets[0]} }, b: { id: ${subnets[1]} } }\nloadBalancer`,
  );
  write(bench, 'stacks/guest.yaml', text);
  const made = await run(bench, 'apply', 'stacks/guest.yaml');
  assert.is(made.code, 0, made.stderr);
  rmSync(join(bench.root, 'stacks/guest.yaml'));
  const gone = await run(bench, 'destroy', '--stack', 'guest', '--region', 'us-east-1', '--yes');
  assert.is(gone.code, 0, gone.stderr);
  assert.is(await sourceAt(bench, 'no-such'), undefined);
});

t('flags that do not go together are refused before any call', async (bench) => {
  const since = bench.sandbox.calls().length;
  for (const [args, pattern] of [
    [['destroy', '--stack', 'old'], /needs the region/],
    [['destroy', '--region', 'us-east-1'], /--region needs --stack/],
    [['destroy', 'stacks', '--stack', 'old', '--region', 'us-east-1'], /instead of specs/],
    [['plan', '--stack', 'old', '--region', 'us-east-1'], /only be destroyed/],
    [['destroy', '--stack', 'O', '--region', 'us-east-1'], /--stack O is not valid/],
    [['destroy', '--stack', 'old', '--region', 'mars'], /--region mars is not valid/],
  ] as const) {
    const refused = await run(bench, ...args);
    assert.is(refused.code, 1, args.join(' '));
    assert.match(refused.stderr, pattern);
  }
  assert.is(bench.sandbox.calls().length, since);
});

t.run();
