/** A change that misses its objective, on a stack that really serves: found by load, changed back, told. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { readSpec } from '../../reconciler/config/read.ts';
import { renderHtml } from '../../reconciler/report/html.ts';
import { renderMarkdown } from '../../reconciler/report/markdown.ts';
import { renderText } from '../../reconciler/report/text.ts';
import { exitOfReport } from '../../reconciler/run/exit-status.ts';
import { hashing, openSession, preview, reconcile, type Session } from '../../reconciler/run/pipeline.ts';
import type { NamedSpec } from '../../reconciler/run/specs.ts';
import { verifyOrRollBack } from '../../reconciler/verify/verify-stack.ts';
import { type Bench, changesOf, contractSuite, type Spec, tutorial, writesOf } from '../support/contract-bench.ts';
import { paceClock } from '../support/contract-clock.ts';
import { withEdits } from '../support/contract-in-place.ts';
import { viewOf } from '../support/contract-view.ts';
import { rejects } from '../support/rejects.ts';
import { makeRepository } from '../support/repository.ts';

const t = contractSuite('rollback');

const repository = makeRepository();
t.after(() => repository.remove());

/** Nothing is stopped: what decides is the bound on the latency. */
const version = (p95: string, ...edits: Parameters<typeof withEdits>[1]): Spec =>
  withEdits(tutorial(), [
    ['load', { rate: '20/s', duration: '5s' }],
    ['chaos', undefined],
    ['objectives', { errorRate: '< 50%', p95 }],
    ...edits,
  ]);
const GOOD = version('< 5s');
/** No request over a network is answered in a microsecond. */
const BAD = version('< 0.001ms', ['targetGroups/web/deregistrationDelay', '20s'], ['targetGroups/web/slowStart', '30s']);

function read(spec: Spec): NamedSpec {
  const file = repository.write('web.yaml', stringify(spec));
  const text = readFileSync(file);
  const { spec: ready, problems } = readSpec(text, file, hashing);
  if (ready === undefined) throw new Error(JSON.stringify(problems));
  return { file, text, bases: [], spec: ready, policy: {}, hashing };
}

const session = ({ sandbox }: Bench): Session => openSession({ region: 'us-east-1', env: process.env, clock: paceClock(sandbox.clock) });

async function applied(bench: Bench, named: NamedSpec): Promise<void> {
  const own = session(bench);
  const done = await reconcile(named.spec, await preview(named.spec, own), own);
  assert.equal([done.run?.outcome, changesOf(done.check)], ['done', []]);
  await bench.sandbox.settled();
}

async function proven(bench: Bench, named: NamedSpec, ref?: string) {
  const hosts = JSON.parse(readFileSync(bench.sandbox.hostsFile, 'utf8')) as Record<string, string>;
  return verifyOrRollBack(named.spec, session(bench), {
    outDir: `${repository.folder}/.git/out`,
    hosts,
    named,
    rollback: { policy: {}, ...(ref === undefined ? {} : { ref }) },
  });
}

const remembered = async (bench: Bench): Promise<string | undefined> =>
  ((await viewOf(bench, 'loadBalancer/main'))['tags'] as Record<string, string>)['albedo:verified'];

t('a pass of a committed spec is written down, and is no drift', async (bench) => {
  const named = read(GOOD);
  await applied(bench, named);
  const before = await proven(bench, named);
  assert.is(before.verdict, 'pass', before.reasons.join('; '));
  assert.is(await remembered(bench), undefined, 'it is not committed yet');
  const commit = repository.commit({});
  const report = await proven(bench, named);
  assert.is(report.verdict, 'pass', report.reasons.join('; '));
  assert.equal([report.rollback, exitOfReport(report)], [null, 0]);
  assert.is(await remembered(bench), commit.slice(0, 12));
  assert.equal(changesOf((await preview(named.spec, session(bench))).plan), []);
});

t('a miss brings the spec back that passed, by an ordinary plan, and says so', async (bench) => {
  const good = repository.git('rev-parse', 'HEAD');
  const named = read(BAD);
  repository.commit({});
  await applied(bench, named);
  const report = await proven(bench, named);
  assert.equal([report.verdict, exitOfReport(report)], ['missed', 8]);
  assert.match(report.reasons.join('; '), /p95/);
  const { rollback } = report;
  assert.equal([rollback?.outcome, rollback?.commit, rollback?.by, rollback?.error], ['done', good, 'verified', null]);
  assert.equal(
    rollback?.plan?.changes.flatMap(({ address, fields }) => [address, ...fields.map(({ field }) => field)]),
    ['targetGroup/web', 'deregistrationDelay', 'slowStart'],
  );
  assert.is(rollback?.run?.outcome, 'done');
  for (const text of [renderText(report), renderMarkdown(report), renderHtml(report), JSON.stringify(report)]) {
    assert.match(text, `rolled back to ${good.slice(0, 7)}`);
    assert.match(text, 'where verify last passed');
    assert.match(text, 'deregistrationDelay');
  }
  const attributes = (await viewOf(bench, 'targetGroup/web'))['attributes'] as Record<string, string>;
  assert.is(attributes['deregistration_delay.timeout_seconds'], '300', 'AWS shows the old value');
  assert.is(await remembered(bench), good.slice(0, 12), 'what passed is still known');
  assert.is(readFileSync(named.file, 'utf8'), stringify(BAD), 'the file is as it was');
  assert.is(repository.git('status', '--porcelain'), '');
});

t('an inconclusive run is no evidence: nothing is changed back, and the report says why', async (bench) => {
  const named = read(withEdits(BAD, [['objectives', { errorRate: '< 50%', failover: '< 15s' }]]));
  await applied(bench, named);
  const calls = bench.sandbox.calls().length;
  const report = await proven(bench, named);
  assert.equal([report.verdict, exitOfReport(report)], ['inconclusive', 9], report.reasons.join('; '));
  assert.is(report.rollback?.outcome, 'not-tried');
  assert.match(renderText(report), 'not rolled back: an inconclusive run');
  assert.equal(writesOf(bench, calls), []);
});

t('a miss that cannot be answered has the status of what was in the way; a wrong commit is told before the load', async (bench) => {
  const named = read(BAD);
  const report = await proven(bench, { ...named, file: '<stdin>' });
  assert.equal([report.verdict, exitOfReport(report)], ['missed', 1]);
  assert.match(report.headline, 'it was not rolled back');
  assert.match(renderText(report), 'standard input has no history');
  const phases: string[] = [];
  const own = { ...session(bench), emit: (event: { kind: string; phase?: string }) => void phases.push(event.phase ?? event.kind) };
  const options = { outDir: repository.folder, hosts: {}, named, rollback: { policy: {}, ref: 'nonsense' } };
  await rejects(verifyOrRollBack(named.spec, own, options), /there is no commit `nonsense`/);
  assert.not.ok(phases.includes('load'));
});

t.run();
