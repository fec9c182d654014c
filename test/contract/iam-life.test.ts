/**
 * A whole life on the sandbox with the real commands (plan, apply, verify's calls, drift, destroy): every call that it recorded is one
 * that the role's policy names.
 */

import * as assert from 'uvu/assert';
import { surveyCandidates } from '../../reconciler/chaos/carry-out/survey.ts';
import type { Role } from '../../reconciler/iam/needs.ts';
import { rolePolicy } from '../../reconciler/iam/role-policy.ts';
import { openSession } from '../../reconciler/run/pipeline.ts';
import type { RecordedCall } from '../../sandbox/types.ts';
import { type Bench, readStack, stackText, startBench } from '../support/faults-bench.ts';
import { makePlace, type Place, runCommand } from '../support/faults-cli.ts';
import { suite } from '../support/suite.ts';

const t = suite('every call of a life is in the policy of its role');
const { stack } = readStack();
/** Another certificate and another health check: nothing that has to be drained. */
const OTHER = stackText({ path: '/', commonName: 'other.example' });

let bench: Bench;
let place: Place;
t.before(async () => {
  bench = await startBench();
  place = makePlace();
});
t.after(async () => {
  await bench.stop();
  assert.equal(place.left(), []);
  place.remove();
});

const actionsOf = (role: Role): ReadonlySet<string> =>
  new Set(
    rolePolicy({ role, stacks: [stack], region: stack.region, account: '123456789012' }).flatMap(({ Statement }) =>
      Statement.flatMap(({ Action }) => Action),
    ),
  );

/** What the role may not, of the calls since. */
function strayed(role: Role, from: number): readonly string[] {
  const may = actionsOf(role);
  const calls: readonly RecordedCall[] = bench.sandbox.calls().slice(from);
  assert.ok(calls.length > 0, 'nothing was called');
  // The service of the tagging API is `tag` in policies.
  const asked = new Set(calls.map(({ service, action }) => `${service === 'tagging' ? 'tag' : service}:${action}`));
  return [...asked].filter((action) => !may.has(action) && action !== 'sts:GetCallerIdentity').sort();
}

async function run(role: Role, args: readonly string[], code: number): Promise<void> {
  const from = bench.sandbox.calls().length;
  const ended = await runCommand(place, [...args, '--quiet'], bench.env);
  assert.is(ended.code, code, ended.stdout + ended.stderr);
  assert.equal(strayed(role, from), [], args.join(' '));
}

t('plan, apply, change, drift, plan to destroy, destroy', async () => {
  const file = place.stack();
  await run('plan', ['plan', file], 2);
  await run('apply', ['apply', file], 0);
  await run('plan', ['drift', file], 0);
  const other = place.file('other.yaml', OTHER);
  await run('plan', ['plan', other], 2);
  await run('apply', ['apply', other], 0);
  await run('plan', ['plan', other, '--destroy'], 2);
});

t('the load test: who could be stopped, stop, start', async () => {
  const session = openSession({ region: stack.region, env: process.env });
  const from = bench.sandbox.calls().length;
  const [group] = bench.sandbox.elbv2.targetGroups();
  const [instance] = bench.sandbox.network.instances().filter(({ state }) => state === 'running');
  if (group === undefined || instance === undefined) throw new Error('the stack is not there');
  const target = { instanceId: instance.id, name: 'web-1', zone: 'us-east-1a', port: 8080 };
  await surveyCandidates(session.cloud, { name: 'web', arn: group.arn, targets: [target] } as never);
  await session.cloud.call('ec2:StopInstances', { InstanceIds: [instance.id] });
  await session.cloud.call('ec2:StartInstances', { InstanceIds: [instance.id] }, { settle: { IncorrectInstanceState: 60 } });
  assert.equal(strayed('chaos', from), []);
});

t('doctor asks for what it looks at, and for its simulation', async () => {
  const census = bench.sandbox.census();
  const from = bench.sandbox.calls().length;
  const ended = await runCommand(place, ['doctor', place.stack(), '--quiet'], bench.env);
  assert.match(ended.stdout, /\d+ ok, \d+ missing/);
  assert.equal(bench.sandbox.census(), census, 'it changed something');
  // The clock is read without a signature, so that it tells even when that would be refused.
  assert.equal(
    strayed('apply', from).filter((action) => action !== ':' && action !== 'iam:SimulatePrincipalPolicy'),
    [],
  );
});

t('destroy, with the lock', async () => {
  await run('apply', ['destroy', place.file('other.yaml', OTHER), '--yes'], 0);
  assert.equal(
    Object.entries(bench.sandbox.census()).filter(([, count]) => count > 0),
    [],
  );
});

t('the plan role could not have applied, nor the chaos role', () => {
  const calls = bench.sandbox.calls();
  for (const role of ['plan', 'chaos'] as const) {
    const may = actionsOf(role);
    assert.ok(
      calls.some(({ service, action }) => /^Create/.test(action) && !may.has(`${service}:${action}`)),
      role,
    );
  }
});

t.run();
