/**
 * More than one at a time: two applies of one stack, two stacks that want one name, and an apply whose reviewed plan is
 * no longer true. Nothing of another is touched, nothing is left double, and a refusal writes nothing.
 */

import * as assert from 'uvu/assert';
import { openCloud } from '../../reconciler/aws/cloud.ts';
import { realClock } from '../../reconciler/run/pipeline.ts';
import { type Bench, isWrite, type Outcome, planOnce, readStack, runOnce, startBench } from '../support/faults-bench.ts';
import { makePlace, type Place, runCommand } from '../support/faults-cli.ts';
import { describe } from '../support/faults-matrix.ts';
import { suite } from '../support/suite.ts';

const t = suite('more than one at a time');

let bench: Bench;
let place: Place;

t.before(async () => {
  bench = await startBench();
  place = makePlace();
});
t.before.each(() => bench.sandbox.reset());
t.after(async () => {
  await bench.stop();
  place.remove();
});

const writes = (): number => bench.sandbox.calls().filter(isWrite).length;

/** I5, for a run that lost a race. */
function checkNamed(outcome: Outcome): void {
  for (const { code, message } of outcome.failures) {
    assert.match(code, /^[A-Za-z][\w.]+$/, describe(outcome));
    assert.is.not(code, 'Internal', message);
  }
}

for (const lag of [0, 60, 250]) {
  t(`two applies of one stack, the second ${lag} ms later: both end, and one more leaves nothing double`, async () => {
    const spec = readStack();
    const both = await Promise.all([runOnce(spec), realClock.sleep(lag).then(() => runOnce(spec))]);
    for (const outcome of both) checkNamed(outcome);
    // What the loser saw half made may take one run to be seen as double and another to be removed.
    const third = await runOnce(spec);
    const last = third.ok ? third : await runOnce(spec);
    assert.ok(last.ok, describe(last));
    const after = await planOnce(spec);
    assert.equal(after.plan.changes, []);
    const { vpcs, gateways, subnets, instances, loadBalancers, listeners, targetGroups, securityGroups, routeTables, serverCertificates } =
      bench.sandbox.census();
    assert.equal(
      { vpcs, gateways, subnets, instances, loadBalancers, listeners, targetGroups, securityGroups, routeTables, serverCertificates },
      {
        vpcs: 1,
        gateways: 1,
        subnets: 2,
        instances: 2,
        loadBalancers: 1,
        listeners: 2,
        targetGroups: 1,
        securityGroups: 2,
        routeTables: 1,
        serverCertificates: 1,
      },
    );
    const gone = await runOnce(spec, { mode: 'destroy' });
    assert.ok(gone.ok, describe(gone));
    assert.equal([...new Set(Object.values(bench.sandbox.census()))], [0], JSON.stringify(bench.sandbox.census()));
  });
}

t('an apply while the same stack is destroyed: both end with a name for it, and one more decides', async () => {
  const spec = readStack();
  assert.ok((await runOnce(spec)).ok);
  const both = await Promise.all([runOnce(spec, { mode: 'destroy' }), realClock.sleep(80).then(() => runOnce(spec))]);
  for (const outcome of both) checkNamed(outcome);
  let last = await runOnce(spec);
  if (!last.ok) last = await runOnce(spec);
  assert.ok(last.ok, describe(last));
  assert.equal((await planOnce(spec)).plan.changes, []);
});

t('a load balancer name that another stack has: exit 4, the owner is named, nothing is written', async () => {
  const first = await runOnce(readStack({ stack: 'first', name: 'shared' }));
  assert.ok(first.ok, describe(first));
  const [before, census] = [writes(), bench.sandbox.census()];
  const ended = await runCommand(place, ['apply', place.stack({ stack: 'second', name: 'shared', cidr: '10.1' })], bench.env);
  assert.is(ended.code, 4, ended.stderr);
  assert.match(ended.stderr, /the name shared is already used by a load balancer of stack first/);
  assert.is(writes(), before, 'it wrote');
  assert.equal(bench.sandbox.census(), census);
});

t('a load balancer name that nobody albedo knows has: exit 4 and its ARN', async () => {
  const own = await runOnce(readStack({ stack: 'first', name: 'shared' }));
  assert.ok(own.ok, describe(own));
  const arn = bench.sandbox.elbv2.loadBalancers()[0]?.arn ?? '';
  const cloud = openCloud({ env: process.env, region: 'us-east-1', clock: realClock });
  await cloud.call('elbv2:RemoveTags', { ResourceArns: [arn], TagKeys: ['albedo:stack', 'albedo:address'] });
  const before = writes();
  const ended = await runCommand(place, ['apply', place.stack({ stack: 'second', name: 'shared', cidr: '10.1' })], bench.env);
  assert.is(ended.code, 4, ended.stderr);
  assert.ok(ended.stderr.includes(arn), ended.stderr);
  assert.is(writes(), before);
});

t('a name taken between plan and apply: the apply stops at it and touches nothing of the other', async () => {
  const both = await Promise.all([
    runOnce(readStack({ stack: 'first', name: 'shared' })),
    runOnce(readStack({ stack: 'second', name: 'shared', cidr: '10.1' })),
  ]);
  for (const outcome of both) checkNamed(outcome);
  assert.is(bench.sandbox.elbv2.loadBalancers().length, 1);
  assert.is(both.filter((outcome) => outcome.ok).length, 1, both.map(describe).join(' | '));
  const [winner, loser] = both[0]?.ok ? ['first', 'second'] : ['second', 'first'];
  const again = await runOnce(readStack({ stack: loser ?? '', name: 'shared', ...(loser === 'second' ? { cidr: '10.1' } : {}) }));
  assert.match(describe(again), new RegExp(`GuardRefused: .*of stack ${winner}`));
});

t('--plan-digest: the reviewed plan is applied, by its whole digest or twelve characters of it', async () => {
  const file = place.stack();
  const out = `${place.folder}/plan.json`;
  const planned = await runCommand(place, ['plan', file, '--out', out], bench.env);
  assert.is(planned.code, 2, planned.stderr);
  const { plan } = await planOnce(readStack());
  const digest = /digest ([0-9a-f]{12})/.exec(planned.stdout)?.[1] ?? '';
  assert.is.not(digest, '');
  const wrong = await runCommand(
    place,
    ['apply', file, '--plan-digest', plan.digest.replace(/^./, (first) => (first === '0' ? '1' : '0'))],
    bench.env,
  );
  assert.is(wrong.code, 3, wrong.stderr);
  for (const short of [digest.slice(0, 11), 'not-a-digest', '']) {
    const refused = await runCommand(place, ['apply', file, '--plan-digest', short], bench.env);
    assert.is(refused.code, 3, `${short}: ${refused.stderr}`);
  }
  assert.is(writes(), 0, 'a refused apply wrote');
  const applied = await runCommand(place, ['apply', file, '--plan-digest', digest, '--quiet'], bench.env);
  assert.is(applied.code, 0, applied.stderr);
  // The same digest again: what is live is another thing now.
  const again = await runCommand(place, ['apply', file, '--plan-digest', digest], bench.env);
  assert.is(again.code, 3, again.stderr);
});

t('--plan-digest: what changed at AWS since the review ends the apply with exit 3, and nothing is written', async () => {
  const standing = await runOnce(readStack());
  assert.ok(standing.ok, describe(standing));
  const file = place.stack({ path: '/other' });
  const planned = await runCommand(place, ['plan', file, '--format', 'json'], bench.env);
  assert.is(planned.code, 2, planned.stderr);
  const digest: string = JSON.parse(planned.stdout).results[0].plan.digest;
  const cloud = openCloud({ env: process.env, region: 'us-east-1', clock: realClock });
  const group = bench.sandbox.elbv2.targetGroups()[0]?.arn ?? '';
  await cloud.call('elbv2:ModifyTargetGroup', { TargetGroupArn: group, HealthCheckPath: '/by-hand' });
  const before = writes();
  const ended = await runCommand(place, ['apply', file, '--plan-digest', digest], bench.env);
  assert.is(ended.code, 3, ended.stderr);
  assert.match(
    ended.stderr,
    /albedo: the plan of webserver has digest [0-9a-f]{12}, but the reviewed plan had [0-9a-f]{12}; nothing was changed\.\n {2}.*albedo plan/,
  );
  assert.is(writes(), before, 'it wrote');
});

t.run();
