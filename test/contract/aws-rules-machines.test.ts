/**
 * What EC2 and IAM refuse, as the sandbox does it: for each a value that validate and the sandbox take, and one that both refuse; and every
 * refusal of the sandbox that a spec alone can decide is one of validate.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openCloud } from '../../reconciler/aws/cloud.ts';
import { readSpec } from '../../reconciler/config/read.ts';
import { makeSelfSigned } from '../../reconciler/deferred/self-signed.ts';
import { CloudError } from '../../reconciler/errors.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { valueAt } from '../../reconciler/model/paths.ts';
import { fingerprintOf } from '../../reconciler/observe/x509.ts';
import { realClock } from '../../reconciler/run/pipeline.ts';
import { LEFT_OF_MACHINES } from '../support/aws-rules-left.ts';
import { MACHINE_TRIALS, type Machines, names } from '../support/aws-rules-machines.ts';
import { createAuthority } from '../support/certificate-authority.ts';
import { type Bench, startBench } from '../support/faults-bench.ts';
import { sandboxRefusals } from '../support/sandbox-refusals.ts';
import { sha256 } from '../support/stacks.ts';
import { suite } from '../support/suite.ts';

const t = suite('contract/aws-rules-machines');
const folder = mkdtempSync(join(tmpdir(), 'albedo-rules-'));
const material: Record<string, string> = {};
const heard: string[] = [];
let bench: Bench;
let world: Machines;
let back: () => Promise<void>;

async function makeMaterial(): Promise<void> {
  const now = Date.now();
  const [own, other] = [
    await makeSelfSigned('a.example', ['a.example'], 365, now),
    await makeSelfSigned('b.example', ['b.example'], 365, now),
  ];
  const ended = await makeSelfSigned('c.example', ['c.example'], 1, now - 3 * 86_400_000);
  const authority = await createAuthority('issuer');
  const issued = await authority.issue('d.example');
  Object.assign(material, { OWN: issued.body, ALBEDO_SECRET_OWN: issued.key, ALBEDO_SECRET_OTHER: other.key, ENDED: ended.body });
  Object.assign(material, { ISSUER: authority.pem, STRANGER: own.body, ALBEDO_SECRET_BROKEN: 'no key at all' });
  Object.assign(material, { BROKEN: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' });
  for (const count of [45, 60]) {
    const made = await makeSelfSigned('n.example', names(count), 365, now);
    Object.assign(material, { [`NAMES_${count}`]: made.body, [`KEY_${count}`]: made.key });
  }
  material['LONG'] = material['NAMES_60'] ?? '';
  execFileSync('openssl', ['genrsa', '-aes256', '-passout', 'pass:x', '-out', join(folder, 'locked.key'), '2048'], { stdio: 'ignore' });
  material['ALBEDO_SECRET_LOCKED'] = readFileSync(join(folder, 'locked.key'), 'utf8');
}

t.before(async () => {
  bench = await startBench({ healthy: false });
  await makeMaterial();
  const cloud = openCloud({ env: process.env, region: 'us-east-1', clock: realClock });
  const say = async (op: string, input: Json, path: string): Promise<string> => String(valueAt(await cloud.call(op, input), path));
  const vpc = await say('ec2:CreateVpc', { CidrBlock: '10.0.0.0/16' }, 'Vpc.VpcId');
  await cloud.call('ec2:AssociateVpcCidrBlock', { VpcId: vpc, AmazonProvidedIpv6CidrBlock: true });
  const block = await say('ec2:DescribeVpcs', { VpcIds: [vpc] }, 'Vpcs[0].Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock');
  const six = block.replace(/00::\/56$/, '');
  const subnet = await say('ec2:CreateSubnet', { VpcId: vpc, CidrBlock: '10.0.2.0/24' }, 'Subnet.SubnetId');
  await cloud.call('ec2:CreateSubnet', { VpcId: vpc, CidrBlock: '10.0.3.0/24', Ipv6CidrBlock: `${six}07::/64` });
  const group = await say('ec2:CreateSecurityGroup', { VpcId: vpc, GroupName: 'given', Description: 'given' }, 'GroupId');
  const image = (processor: string): Promise<string> =>
    say('ssm:GetParameter', { Name: `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${processor}` }, 'Parameter.Value');
  const images = { x86_64: await image('x86_64'), arm64: await image('arm64') };
  world = { cloud, vpc, six, subnet, group, images, material };
  back = await bench.sandbox.keep();
});
t.after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await bench.stop();
});
t.before.each(() => back());

const problemsOf = (text: string) =>
  readSpec(new TextEncoder().encode(text), 'web.yaml', {
    sha256,
    fingerprint: fingerprintOf,
    env: (name) => material[name],
  }).problems.filter(({ severity }) => severity === 'error');

for (const { what, rule, spec, ask, good, bad, path, words } of MACHINE_TRIALS) {
  const name = `${what}: ${bad.said.slice(0, 50)} (${rule})`;
  t(`${name} is a mistake in a spec, and ${good.said.slice(0, 50)} is none`, () => {
    assert.equal(problemsOf(spec(good.said)), [], 'the good one');
    const told = problemsOf(spec(bad.said));
    assert.ok(
      told.some((problem) => problem.path === path),
      `no problem at ${path} among:\n${told.map((one) => `${one.path}: ${one.message}`).join('\n')}`,
    );
    assert.ok(told.every(({ line, column, message, hint }) => line >= 1 && column >= 1 && message !== '' && hint !== ''));
  });
  t(`${name} is refused by the sandbox, and the other is not`, async () => {
    await world.cloud.call(...ask(world, good.sent), { once: true });
    await back();
    const said = await world.cloud.call(...ask(world, bad.sent), { once: true }).then(
      () => 'it was taken',
      (thrown: unknown) => (thrown instanceof CloudError ? thrown.message : String(thrown)),
    );
    assert.match(said, words);
    heard.push(said);
  });
}

t('no refusal of the sandbox is left over: a trial heard it, or no spec can bring it about', () => {
  const all = sandboxRefusals('ledger');
  assert.ok(all.length > 80, `${all.length} refusals`);
  const left = all.filter(({ text, pattern }) => !heard.some((said) => pattern.test(said)) && LEFT_OF_MACHINES[text] === undefined);
  assert.equal(
    left.map(({ file, text }) => `${file}: ${text}`),
    [],
    'add a trial to test/support/aws-rules-machines.ts, or say in aws-rules-left.ts why no spec can bring it about',
  );
  const known = new Set(all.map(({ text }) => text));
  assert.equal(
    Object.keys(LEFT_OF_MACHINES).filter((text) => !known.has(text)),
    [],
    'the sandbox no longer says this',
  );
});

t.run();
