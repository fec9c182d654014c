/** Several stacks in one run: each its own way, or all or nothing; whatever happens to one is an outcome of its own. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import * as assert from 'uvu/assert';
import { compileSchema } from '../../reconciler/config/ajv.ts';
import type { Document } from '../../reconciler/run/document.ts';
import { exitOf, exitOfAll, type Outcome } from '../../reconciler/run/outcome.ts';
import { openSession } from '../../reconciler/run/pipeline.ts';
import { runStacks } from '../../reconciler/run/run-stacks.ts';
import type { NamedSpec } from '../../reconciler/run/specs.ts';
import type { Work } from '../../reconciler/run/work.ts';
import { type Bench, fastClock, isWrite, startBench } from '../support/faults-bench.ts';
import { makePlace, type Place, runCommand, startCommand } from '../support/faults-cli.ts';
import { PERMISSIVE } from '../support/policies.ts';
import { makeNetwork, namedSpec, smallStack, type Theirs } from '../support/small-stacks.ts';
import { suite } from '../support/suite.ts';

const t = suite('many stacks');

let bench: Bench;
let place: Place;
let home: Theirs;
let away: Theirs;

t.before(async () => {
  bench = await startBench();
  place = makePlace();
});
t.before.each(async () => {
  await bench.sandbox.reset();
  bench.sandbox.faults.set([]);
  [home, away] = [await makeNetwork('us-east-1'), await makeNetwork('eu-west-1')];
});
t.after(async () => {
  await bench.stop();
  assert.equal(place.left(), [], 'processes are left');
  place.remove();
});

const lock = { holder: 'ana', run: '', wait: 0, force: false };
const work = (more: Partial<Work> = {}): Work => ({ command: 'apply', policyOf: () => PERMISSIVE, lock, ...more });

function run(specs: readonly NamedSpec[], more: Partial<Work> = {}, signal?: AbortSignal): Promise<readonly Outcome[]> {
  const options = { clock: fastClock(), ...(signal === undefined ? {} : { signal }) };
  return runStacks(specs, ({ region }) => openSession({ region, env: process.env, ...options }), work(more));
}

async function lockBySomebody(region: string, stack: string): Promise<void> {
  const ssm = new SSMClient({ region, maxAttempts: 1 });
  const since = new Date().toISOString();
  const Value = JSON.stringify({ version: 1, id: 'x', holder: 'ben', run: '', since, until: '2099-01-01T00:00:00Z' });
  await ssm.send(new PutParameterCommand({ Name: `/albedo/${stack}/lock`, Value, Type: 'String' }));
  ssm.destroy();
}

const named = (stack: string, where: Theirs, more?: string): NamedSpec =>
  namedSpec(`${where.region}-${stack}.yaml`, smallStack(stack, where, more));
const kinds = (outcomes: readonly Outcome[]): string => outcomes.map(({ kind }) => kind).join(' ');
const writes = (): number => bench.sandbox.calls().filter((call) => isWrite(call) && !call.action.endsWith('Parameter')).length;

t('60 stacks in two regions, the 11th locked: 59 are applied, and the one is told', async () => {
  const specs = Array.from({ length: 60 }, (_, n) => named(`s${n + 1}`, n < 30 ? home : away));
  await lockBySomebody('us-east-1', 's11');
  const outcomes = await run(specs);
  const told = outcomes.flatMap((each, index) =>
    each.kind === 'applied' ? [] : [[index, each.kind, 'error' in each ? each.error.message : '']],
  );
  assert.is(told.length, 1, JSON.stringify(told));
  assert.equal(told[0]?.slice(0, 2), [10, 'refused']);
  assert.match(String(told[0]?.[2]), /^s11 is locked: .*held by ben/);
  assert.is(exitOfAll(outcomes.map(exitOf)), 5);
  assert.is(bench.sandbox.elbv2.loadBalancers().length, 59);
  assert.is(outcomes[10]?.report.verdict, 'refused');
  const again = await run(specs.slice(0, 12));
  assert.is(kinds(again), `${'unchanged '.repeat(10)}refused unchanged`);
});

t('all or nothing: one that is locked, refused or cannot be planned holds up all before the first write', async () => {
  await lockBySomebody('us-east-1', 'bb');
  const before = writes();
  const locked = await run([named('aa', home), named('bb', home), named('cc', away)], { allOrNothing: true });
  assert.is(kinds(locked), 'refused refused refused');
  assert.equal(
    locked.map((each) => ('because' in each ? each.because : '')),
    ['other', 'locked', 'other'],
  );
  assert.is(exitOfAll(locked.map(exitOf)), 5, 'that of the cause, not of those held up');
  const differs = await run([named('aa', home), named('cc', home)], {
    ...{ allOrNothing: true, reviewed: new Map([['aa', ['0'.repeat(12)]]]), emptyIsReviewed: true },
  });
  assert.equal(
    differs.map((each) => ('because' in each ? each.because : '')),
    ['differs', 'differs'],
  );
  const missing = named('dd', { ...home, vpc: 'vpc-00000000000000000' });
  const failed = await run([named('aa', home), missing], { allOrNothing: true });
  assert.is(kinds(failed), 'refused failed', failed.map((each) => ('error' in each ? each.error.message : '')).join('; '));
  assert.is(writes(), before, 'something was written');
  // Each its own way: the other is applied.
  assert.is(kinds(await run([named('aa', home), missing])), 'applied failed');
  // And all of them where nothing is against it.
  assert.is(
    kinds(await run([named('aa', home), named('cc', home), named('ee', away)], { allOrNothing: true })),
    'unchanged applied applied',
  );
});

t(
  'a light look over all: what it finds is read in full, and so is whose turn it is; the others are looked at, never unchanged',
  async () => {
    const specs = ['aa', 'bb', 'cc'].map((name) => named(name, home));
    assert.is(kinds(await run(specs)), 'applied applied applied');
    const light = (turn: number) => run(specs, { command: 'drift', light: { period: 100, interval: 1, turn } });
    const before = bench.sandbox.calls().length;
    const quiet = await light(50);
    assert.is(kinds(quiet), 'glanced glanced glanced');
    assert.equal(
      quiet.map(({ report }) => report.verdict),
      ['glanced', 'glanced', 'glanced'],
    );
    const calls = bench.sandbox
      .calls()
      .slice(before)
      .map(({ action }) => action);
    assert.not.ok(
      calls.some((action) => /Attributes|TargetHealth/.test(action)),
      calls.join(' '),
    );
    const cloud = openSession({ region: 'us-east-1', env: process.env }).cloud;
    const arnOf = (name: string) => bench.sandbox.elbv2.loadBalancers().find((each) => each.name === name)?.arn ?? '';
    await cloud.call('elbv2:ModifyLoadBalancerAttributes', {
      LoadBalancerArn: arnOf('aa'),
      Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '75' }],
    });
    assert.is(kinds(await light(50)), 'glanced glanced glanced', 'a value is not seen');
    assert.is(kinds(await light(0)), 'planned glanced glanced', 'until its turn comes');
    const { Listeners } = (await cloud.call('elbv2:DescribeListeners', { LoadBalancerArn: arnOf('bb') })) as {
      readonly Listeners: readonly { readonly ListenerArn: string }[];
    };
    await cloud.call('elbv2:DeleteListener', { ListenerArn: Listeners[0]?.ListenerArn ?? '' });
    assert.is(kinds(await light(50)), 'glanced planned glanced', 'what is missing is read at once');
  },
);

t('the same name in two regions: digests of both, one lock each, two load balancers', async () => {
  const specs = [named('web', home), named('web', away)];
  const planned = await run(specs, { command: 'plan' });
  assert.is(kinds(planned), 'planned planned');
  const digests = planned.map(({ report }) => report.plan?.digest ?? '');
  assert.is.not(digests[0], digests[1]);
  const swapped = new Map([
    ['us-east-1/web', [digests[1] ?? '']],
    ['eu-west-1/web', [digests[0] ?? '']],
  ]);
  assert.is(kinds(await run(specs, { reviewed: swapped })), 'refused refused');
  await lockBySomebody('eu-west-1', 'web');
  const right = new Map([
    ['us-east-1/web', [digests[0]?.slice(0, 12) ?? '']],
    ['eu-west-1/web', [digests[1]?.slice(0, 12) ?? '']],
  ]);
  assert.is(kinds(await run(specs, { reviewed: right })), 'applied refused');
  const both = new Map([['web', digests]]);
  assert.is(kinds(await run(specs, { reviewed: both, emptyIsReviewed: true, lock: undefined })), 'unchanged applied');
  assert.is(bench.sandbox.elbv2.loadBalancers().length, 2);
});

t('an interrupt: what was not reached is an outcome, and nothing of it was touched', async () => {
  const interrupt = new AbortController();
  const specs = ['aa', 'bb', 'cc'].map((name) => named(name, home));
  const outcomes = await run(specs, { width: 1, begun: () => interrupt.abort(new Error('Ctrl-C')) }, interrupt.signal);
  // Which of them had begun is a matter of timing.
  assert.equal(kinds(outcomes).split(' ').toSorted(), ['failed', 'notReached', 'notReached']);
  assert.equal(outcomes.map(exitOf), [130, 130, 130]);
  assert.equal(outcomes.map(({ report }) => report.verdict).toSorted(), ['failed', 'notReached', 'notReached']);
  const early = new AbortController();
  early.abort();
  assert.is(kinds(await run(specs, { command: 'plan' }, early.signal)), 'notReached notReached notReached');
});

/** Runs the command on files of its own, and checks its one document against the schema of the command. */
async function json(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly document: Document; readonly stderr: string }> {
  const ended = await runCommand(place, [...args, '--format', 'json', '--quiet'], bench.env);
  const document = JSON.parse(ended.stdout) as Document;
  const check = schemaOf(document.command);
  assert.ok(
    check(document),
    `${args.join(' ')}: ${JSON.stringify(check.errors?.map(({ instancePath, message }) => [instancePath, message]))}`,
  );
  assert.is(document.exitCode, ended.code, ended.stderr);
  return { code: ended.code, document, stderr: ended.stderr };
}

const schemaOf = (command: string) =>
  compileSchema(JSON.parse(readFileSync(new URL(`../../schemas/${command}.schema.json`, import.meta.url), 'utf8')) as object);

t('exactly one valid document, whatever happens: a locked, a denied, a refused one; specs with mistakes; no folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-many-'));
  const put = (name: string, text: string): void => writeFileSync(join(folder, `${name}.yaml`), text);
  try {
    for (const name of ['denied', 'fine', 'locked']) put(name, smallStack(name, home));
    assert.is((await json(['apply', join(folder, 'denied.yaml')])).code, 0);
    // Only what is live has details to be read: one stack's read is denied, in a pass over all and alone.
    bench.sandbox.faults.set([{ match: { action: 'DescribeLoadBalancerAttributes' }, times: 100, fault: 'denied' }]);
    const planned = await json(['plan', folder]);
    assert.is(planned.code, 6, planned.stderr);
    assert.equal(
      planned.document.results.map(({ outcome, plan, error }) => [outcome, plan === null, error?.code]),
      [
        ['failed', true, 'Denied'],
        ['planned', false, undefined],
        ['planned', false, undefined],
      ],
    );
    bench.sandbox.faults.set([]);
    await lockBySomebody('us-east-1', 'locked');
    rmSync(join(folder, 'denied.yaml'));
    put('broken', smallStack('broken', { ...home, vpc: 'vpc-00000000000000000' }));
    const applied = await json(['apply', folder]);
    assert.equal(
      applied.document.results.map(({ outcome }) => outcome),
      ['failed', 'applied', 'refused'],
    );
    assert.is(applied.code, 1);
    const drift = await json(['drift', folder]);
    assert.equal(
      drift.document.results.map(({ outcome, drift: found }) => [outcome, found === null]),
      [
        ['failed', true],
        ['unchanged', false],
        ['planned', false],
      ],
    );
    // A load test holds the lock of its stack, so that no apply runs under it.
    const verified = await json(['verify', join(folder, 'locked.yaml'), '--report', join(folder, 'out')]);
    assert.equal(
      verified.document.results.map(({ outcome, because }) => [outcome, because]),
      [['refused', 'locked']],
    );
    const destroyed = await json(['destroy', join(folder, 'fine.yaml')]);
    assert.equal(
      destroyed.document.results.map(({ outcome, because }) => [outcome, because]),
      [['refused', 'guard']],
    );
    assert.is((await json(['destroy', join(folder, 'fine.yaml'), '--yes'])).document.results[0]?.outcome, 'destroyed');

    put('wrong', 'stack: wrong\nregion: us-east-1\nloadBalancr: {}\n');
    for (const command of ['plan', 'apply', 'drift', 'verify', 'destroy', 'validate']) {
      const wrong = await json([command, folder, ...(command === 'verify' ? ['--report', join(folder, 'out')] : [])]);
      assert.equal([wrong.code, wrong.document.error?.code], [1, 'SpecInvalid'], command);
      const none = await json([command, join(folder, 'nowhere'), ...(command === 'verify' ? ['--report', join(folder, 'out')] : [])]);
      assert.equal([none.code, none.document.error?.code], [1, 'SpecNotFound'], command);
    }
    const blocked = await json(['apply', join(folder, 'fine.yaml'), '--report', join(folder, 'fine.yaml/reports')]);
    assert.equal([blocked.code, blocked.document.error?.code], [1, 'OutputRefused']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

t('a path that cannot be written is one clear error before the first call', async () => {
  const file = place.file('one.yaml', smallStack('one', home));
  const before = bench.sandbox.calls().length;
  for (const args of [
    ['plan', file, '--out', join(place.folder, 'no/such/plan.json')],
    ['plan', file, '--out', place.folder],
    ['apply', file, '--report', join(file, 'below-a-file')],
    ['plan', file, '--call-log', join(place.folder, 'no/such/log')],
  ]) {
    const ended = await runCommand(place, args, bench.env);
    assert.equal([ended.code, ended.stdout], [1, ''], args.join(' '));
    assert.match(ended.stderr, new RegExp(`albedo: cannot be written: ${args[2]} `), args.join(' '));
  }
  assert.is(bench.sandbox.calls().length, before, 'AWS was called');
});

t('a table at the end, the worst first; each line of progress says whose it is; an interrupt is told for each', async () => {
  const [a, b] = [
    place.file('a.yaml', smallStack('aa', home)),
    place.file('b.yaml', smallStack('bb', { ...home, vpc: 'vpc-00000000000000000' })),
  ];
  const ended = await runCommand(place, ['apply', a, b], bench.env);
  assert.is(ended.code, 1);
  const table = ended.stdout.trimEnd().split('\n').slice(-4);
  assert.match(table[0] ?? '', /^ {2}✘ {2}bb {2}us-east-1 {2}planning failed +/);
  assert.match(table[1] ?? '', /^ {2}✔ {2}aa {2}us-east-1 {2}applied, \d+ changes +\d+ create/);
  assert.is(table[3], '  2 stacks: 1 failed, 1 applied');
  assert.match(ended.stderr, /^ {2}us-east-1\/aa: ✔ create load balancer main/m);
  const cut = startCommand(place, ['destroy', a, b, '--yes'], bench.env);
  await cut.says(/us-east-1\/aa: destroy: /);
  cut.signal('SIGINT');
  const end = await cut.ended;
  assert.is(end.code, 130, end.stderr);
  assert.match(end.stdout, /2 stacks: /);
});

t.run();
