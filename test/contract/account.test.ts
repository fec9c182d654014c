/** What the account decides is known when the plan is made: nothing is written, and the mistake has its file and line. */

import * as assert from 'uvu/assert';
import type { Problem } from '../../reconciler/errors.ts';
import { type Bench, contractSuite, look, type Spec, tutorial } from '../support/contract-bench.ts';
import { withEdits } from '../support/contract-in-place.ts';

const t = contractSuite('contract/account');

async function told(bench: Bench, spec: Spec): Promise<readonly string[]> {
  const before = bench.sandbox.calls().length;
  const problems = await look(bench, spec).then(
    () => [],
    (error: { readonly cause?: readonly Problem[] }) => error.cause ?? [],
  );
  const writes = bench.sandbox
    .calls()
    .slice(before)
    .filter(({ action }) => !/^(Describe|Get|List)/.test(action));
  assert.equal(writes, []);
  assert.ok(problems.every(({ line, column, hint }) => line >= 1 && column >= 1 && hint !== ''));
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

t('an unknown security policy', async (bench) => {
  const spec = withEdits(tutorial(), [['listeners/https/sslPolicy', 'ELBSecurityPolicy-TLS13-1-2-2021-07']]);
  assert.equal(await told(bench, spec), [
    'listeners.https.sslPolicy: There is no security policy `ELBSecurityPolicy-TLS13-1-2-2021-07` in us-east-1.',
  ]);
});

t('101 rules where 100 are allowed', async (bench) => {
  const rules = (count: number): Spec =>
    withEdits(tutorial(), [
      [
        'listeners/http/rules',
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`r${index}`, { if: { path: [`/${index}`] }, forward: 'web' }])),
      ],
    ]);
  const [problem = '', ...more] = await told(bench, rules(101));
  assert.equal(more, []);
  assert.match(problem, /^listeners\.http\.rules\.r100: Rules per Application Load Balancer: AWS allows 100 here, but there would be 101/);
  assert.equal(await told(bench, rules(100)), []);
});

t('ids that do not exist: of a VPC and its subnets, of a group in a field', async (bench) => {
  const given = withEdits(tutorial(), [
    ['network/vpc', { id: 'vpc-0123456789abcdef0' }],
    ['network/subnets', { a: { id: 'subnet-0123456789abcdef0' }, b: { id: 'subnet-0123456789abcdef1' } }],
  ]);
  assert.equal(
    (await told(bench, given)).map((line) => line.replace(/ \(.*/, '')),
    [
      'vpc/main: There is no VPC `vpc-0123456789abcdef0` in us-east-1',
      'subnet/a: There is no subnet `subnet-0123456789abcdef0` in us-east-1',
      'subnet/b: There is no subnet `subnet-0123456789abcdef1` in us-east-1',
    ],
  );
  const group = withEdits(tutorial(), [['loadBalancer/securityGroups', ['sg-0123456789abcdef0']]]);
  assert.equal(await told(bench, group), ['loadBalancer.securityGroups: There is no security group `sg-0123456789abcdef0` in us-east-1.']);
});

const NAMES: readonly (readonly [path: string, value: string, told: RegExp])[] = [
  ['instances/web-1/keyName', 'ops', /There is no key pair `ops` in us-east-1/],
  ['instances/web-1/instanceType', 'x9.huge', /There is no instance type `x9\.huge` in us-east-1/],
  ['instances/web-1/image', 'ami-0123456789abcdef0', /There is no machine image `ami-0123456789abcdef0` in us-east-1/],
  ['instances/web-1/image', '/aws/service/nope', /There is no parameter `\/aws\/service\/nope` in us-east-1/],
  ['network/subnets/b/availabilityZone', 'us-east-1z', /There is no Availability Zone `us-east-1z` in us-east-1/],
];
for (const [path, value, expected] of NAMES)
  t(`${path}: ${value}, which the account has not`, async (bench) => {
    const [problem = '', ...more] = await told(bench, withEdits(tutorial(), [[path, value]]));
    assert.match(problem, expected);
    assert.equal(more, []);
  });

t.run();
