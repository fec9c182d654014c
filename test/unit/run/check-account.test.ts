/** What only the account can tell of what a plan writes: asked when something is written, told with file and line, and only then. */

import * as assert from 'uvu/assert';
import { CloudError } from '../../../reconciler/errors.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Observed } from '../../../reconciler/model/model.ts';
import type { LiveRead } from '../../../reconciler/observe/slice.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { type AccountChecks, checkAccount } from '../../../reconciler/run/check-account.ts';
import { GOOD, swap } from '../../support/spec-text.ts';
import { appliedOf, NOTHING, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('run/check-account');

const POLICIES = ['ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09', 'ELBSecurityPolicy-TLS13-1-2-2021-06'];
const EC2: Readonly<Record<string, Json>> = {
  'ec2:DescribeSecurityGroups': { SecurityGroups: [{ GroupId: 'sg-0123456789abcdef0' }] },
  'ec2:DescribeSubnets': { Subnets: [] },
  'ec2:DescribeInstances': { Reservations: [] },
};

interface Asked extends AccountChecks {
  readonly calls: readonly string[];
}

async function checks(
  text: string,
  observed: Observed = NOTHING,
  limits: Readonly<Record<string, string>> = {},
  denied: readonly string[] = [],
): Promise<Asked> {
  const stack = stackOf(text);
  const calls: string[] = [];
  const call = async (op: string): Promise<Json> => {
    calls.push(op);
    if (denied.includes(op)) throw new CloudError(op, 'AccessDenied', 'Denied', 'no');
    if (op === 'elbv2:DescribeSSLPolicies') return { SslPolicies: POLICIES.map((Name) => ({ Name })) };
    if (op === 'elbv2:DescribeAccountLimits') return { Limits: Object.entries(limits).map(([Name, Max]) => ({ Name, Max })) };
    return EC2[op] ?? {};
  };
  const read = { observed, raws: [], world: { lists: new Map() } } as unknown as LiveRead;
  const found = await checkAccount(plan(stack, observed), stack, read, call);
  return { ...found, calls };
}

const policy = (name: string): string => swap('certificate: site,', `certificate: site, sslPolicy: ${name},`);
const told = ({ problems }: AccountChecks): readonly string[] =>
  problems.map(({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} | ${hint}`);

t('a plan that writes nothing asks nothing', async () => {
  const { calls, problems, notes } = await checks(GOOD, appliedOf(stackOf(GOOD)));
  assert.equal([calls, problems, notes], [[], [], []]);
});

t('an unknown security policy is a mistake at its place, with the one that was meant', async () => {
  assert.equal(told(await checks(policy('ELBSecurityPolicy-TLS13-1-2-2021-07'))), [
    '25:70 listeners.https.sslPolicy: There is no security policy `ELBSecurityPolicy-TLS13-1-2-2021-07` in us-east-1. | Did you mean `ELBSecurityPolicy-TLS13-1-2-2021-06`?',
  ]);
  assert.equal(told(await checks(policy('ELBSecurityPolicy-TLS13-1-2-2021-06'))), []);
});

t('a policy that stays is not asked about', async () => {
  const text = policy('ELBSecurityPolicy-Of-Long-Ago');
  const more = text.replace('port: 80,', 'port: 81,');
  const { calls, problems } = await checks(more, appliedOf(stackOf(text)));
  assert.equal(problems, []);
  assert.not.ok(calls.includes('elbv2:DescribeSSLPolicies'));
});

t('what may not be asked is a note, and AWS decides', async () => {
  const { problems, notes } = await checks(policy('ELBSecurityPolicy-Nope'), NOTHING, {}, [
    'elbv2:DescribeSSLPolicies',
    'elbv2:DescribeAccountLimits',
  ]);
  assert.equal(problems, []);
  assert.equal(
    notes.map(({ kind }) => kind),
    ['warning', 'warning'],
  );
  assert.match(notes[0]?.text ?? '', /Security policies cannot be checked before: elbv2:DescribeSSLPolicies answered AccessDenied/);
});

const rules = (count: number): string =>
  swap(
    '  http: { protocol: HTTP, port: 80, forward: web }\n',
    `  http:\n    protocol: HTTP\n    port: 80\n    forward: web\n    rules:\n${Array.from({ length: count }, (_, index) => `      r${index}: { if: { path: [/${index}] }, forward: web }\n`).join('')}`,
  );
const LIMIT = { 'rules-per-application-load-balancer': '3' };

t('a quota says its name, its value, what there would be, and how to raise it', async () => {
  const [problem, ...more] = told(await checks(rules(4), NOTHING, LIMIT));
  assert.equal(more, []);
  assert.match(
    problem ?? '',
    /^32:7 listeners\.http\.rules\.r3: Rules per Application Load Balancer: AWS allows 3 here, and there would be 4: 4 in this file\. \| Raise the quota/,
  );
  assert.equal(told(await checks(rules(3), NOTHING, LIMIT)), []);
});

t('what others have counts too', async () => {
  const before = appliedOf(stackOf(rules(2)), {
    foreign: [{ kind: 'rule', id: 'x', parent: 'id:listener/http', text: 'rule 5', forwardsTo: [] }],
  });
  assert.equal(told(await checks(rules(2), before, LIMIT)), []);
  assert.match(told(await checks(rules(3), before, LIMIT))[0] ?? '', /there would be 4: 3 in this file and 1 beside them/);
});

t('ids in the middle of fields are looked up', async () => {
  const groups = (id: string): string => swap('  subnets: [a, b]\n', `  subnets: [a, b]\n  securityGroups: [${id}]\n`);
  assert.equal(told(await checks(groups('sg-0123456789abcdef0'))), []);
  assert.equal(told(await checks(groups('sg-0123456789abcdef1'))), [
    '23:19 loadBalancer.securityGroups: There is no security group `sg-0123456789abcdef1` in us-east-1. | Check the id, the region, and the account of the credentials.',
  ]);
});

t.run();
