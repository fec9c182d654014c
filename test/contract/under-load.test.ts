/**
 * `apply --under-load` against a load balancer that balances: changes that AWS makes without loss lose nothing, and a change that
 * must lose requests is told with the step in which it did. The load is small, the time real.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import type { LoadedApply, UnderLoadReport } from '../../reconciler/load/under-load-types.ts';
import { renderHtml } from '../../reconciler/report/html.ts';
import { renderMarkdown } from '../../reconciler/report/markdown.ts';
import type { Report } from '../../reconciler/report/report.ts';
import { renderText } from '../../reconciler/report/text.ts';
import { openSession, preview, type Reconciled, reconcile } from '../../reconciler/run/pipeline.ts';
import { reportOf } from '../../reconciler/run/report-of.ts';
import { reconcileUnderLoad } from '../../reconciler/run/under-load.ts';
import { environmentOf } from '../../sandbox/control.ts';
import { type Bench, contractSuite, ready, type Spec, tutorial, withAt } from '../support/contract-bench.ts';
import { makePlace, type Place, startCommand } from '../support/faults-cli.ts';

const RATE = 40;
const t = contractSuite('under load');
let folder = '';

t.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'albedo-under-load-'));
});
t.after(() => rm(folder, { recursive: true, force: true }));

/** The tutorial's stack, with nothing that a change would have to wait for longer than it must. */
function base(listener = 'http'): Spec {
  const quick = withAt(withAt(tutorial(), ['targetGroups', 'web', 'deregistrationDelay'], '1s'), ['objectives'], undefined);
  return withAt(quick, ['load'], { rate: `${RATE}/s`, path: '/status', timeout: '3s', listener });
}

async function bring(spec: Spec): Promise<void> {
  const session = openSession({ region: 'us-east-1', env: process.env });
  const done = await reconcile(ready(spec), await preview(ready(spec), session), session);
  assert.is(done.run?.outcome ?? 'done', 'done', JSON.stringify(done.run?.steps.filter(({ outcome }) => outcome !== 'done')));
}

async function change({ sandbox }: Bench, spec: Spec): Promise<{ done: Reconciled; underLoad: UnderLoadReport; report: Report }> {
  const session = openSession({ region: 'us-east-1', env: process.env });
  await sandbox.settled();
  const started = session.clock.now();
  const hosts = JSON.parse(readFileSync(sandbox.hostsFile, 'utf8')) as Record<string, string>;
  const result = await reconcileUnderLoad(ready(spec), await preview(ready(spec), session), session, { outDir: folder, hosts });
  assert.is(result.done.run?.outcome ?? 'done', 'done');
  return {
    ...result,
    report: reportOf(
      ready(spec),
      { kind: 'applied', done: result.done },
      session,
      { name: 'apply', ms: session.clock.now() - started },
      result.underLoad,
    ),
  };
}

function loaded(report: UnderLoadReport): LoadedApply {
  if (report.kind === 'not-loaded') throw new Error(report.because);
  assert.is(report.k6.outcome, 'done');
  // A change of one step may be over before the next request.
  for (const { phase, count } of report.phases) assert.ok(count > 0 || phase === 'during', `requests ${phase} the apply`);
  return report;
}

function nothingLost(report: UnderLoadReport): void {
  const load = loaded(report);
  assert.equal(load.blames, [], load.sentence);
  assert.is(load.overall.failed, 0);
  assert.is(load.verdict, 'pass', load.reasons.join('; '));
  assert.match(load.sentence, /^0 of [\d,]+ requests failed while \d+ steps? ran$/);
}

t('on the first apply there is nothing to load: said, and applied', async (bench) => {
  const { underLoad, report } = await change(bench, base());
  assert.equal(underLoad, { kind: 'not-loaded', because: 'stack webserver has no load balancer yet' });
  assert.is(report.verdict, 'applied');
  for (const text of [renderText(report), renderMarkdown(report), renderHtml(report)]) assert.match(text, /has no load balancer yet/);
});

t('a target group is replaced by another port, and nothing is lost', async (bench) => {
  const app = ['#!/bin/bash', '# albedo-app: flask-webserver port=8080', '# albedo-app: flask-webserver port=8081', ''].join('\n');
  const instances = { 'web-1': { subnet: 'a', userData: app }, 'web-2': { subnet: 'b', userData: app } };
  const before = withAt(base(), ['instances'], instances);
  await bring(before);
  const { underLoad, done } = await change(bench, withAt(before, ['targetGroups', 'web', 'port'], 8081));
  assert.ok(done.plan.changes.some(({ verb, address }) => verb === 'replace' && address === 'targetGroup/web'));
  nothingLost(underLoad);
});

t('a certificate is rotated under HTTPS, and nothing is lost', async (bench) => {
  await bring(base('https'));
  const { underLoad } = await change(bench, withAt(base('https'), ['certificates', 'site', 'selfSigned', 'commonName'], 'renewed.example'));
  nothingLost(underLoad);
  assert.match(loaded(underLoad).url, /^https:/);
});

t('an HTTP listener becomes a redirect to HTTPS: followed, and nothing is lost', async (bench) => {
  await bring(base());
  const redirect = { protocol: 'HTTP', port: 80, redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } };
  const { underLoad } = await change(bench, withAt(base(), ['listeners', 'http'], redirect));
  nothingLost(underLoad);
});

t('a listener that stops serving loses requests, told with its step in every form of the report', async (bench) => {
  await bring(base());
  const closed = { protocol: 'HTTP', port: 80, fixedResponse: { statusCode: '503', contentType: 'text/plain', messageBody: 'closed' } };
  const { underLoad, report } = await change(bench, withAt(base(), ['listeners', 'http'], closed));
  const load = loaded(underLoad);
  const before = load.phases.find(({ phase }) => phase === 'before');
  const after = load.phases.find(({ phase }) => phase === 'after');
  assert.is(before?.failed, 0);
  assert.ok((after?.failed ?? 0) > 0, 'and they go on failing');
  assert.is(load.blames[0]?.title, 'change listener http', JSON.stringify(load.blames));
  assert.ok((load.blames[0]?.after ?? 0) > 0);
  assert.equal(
    load.failures.map(({ what }) => what),
    ['status 503'],
  );
  assert.equal([load.verdict, report.verdict], ['missed', 'missed']);
  assert.match(report.headline, /^applied, but an objective was missed: [1-9][\d,]* of [\d,]+ requests failed/);
  for (const text of [renderText(report), renderMarkdown(report), renderHtml(report)]) {
    assert.ok(text.includes(load.sentence));
    assert.match(text, /change listener http/);
    assert.match(text, /status 503/);
  }
  assert.equal((JSON.parse(JSON.stringify(report)) as Report).underLoad, load, 'the report as JSON holds all of it');
});

/** Processes whose working folder is below this one; k6 is given no variable to know it by. */
function workingIn(place: Place): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(place.folder);
    } catch {
      return false;
    }
  });
}

const commandEnv = ({ sandbox }: Bench): Record<string, string> => ({
  ...environmentOf({ endpoint: sandbox.endpoint, hostsFile: sandbox.hostsFile }),
  ALBEDO_CACHE: process.env['ALBEDO_CACHE'] ?? join(process.env['HOME'] ?? '', '.cache', 'albedo'),
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
});

t('the command: a loss ends with exit status 8, the report and the points lie in the folder', async (bench) => {
  await bring(base());
  const place = makePlace();
  try {
    const closed = { protocol: 'HTTP', port: 80, fixedResponse: { statusCode: '503' } };
    const spec = place.file('closed.yaml', stringify(withAt(base(), ['listeners', 'http'], closed)));
    const out = join(place.folder, 'out');
    const ended = await startCommand(place, ['apply', '--report', out, '--load-path', '/', '--under-load', spec], commandEnv(bench)).ended;
    assert.is(ended.code, 8, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /40 requests a second to http:\/\/\S+\/ \(listener http\)/);
    assert.match(ended.stderr, /requests begin to fail/);
    assert.ok(existsSync(join(out, 'under-load', 'points.csv.gz')));
    assert.is((JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report).underLoad?.kind, 'loaded');
    assert.equal(workingIn(place), []);
  } finally {
    place.remove();
  }
});

t('Ctrl-C ends k6 too and leaves nothing behind', async (bench) => {
  await bring(base());
  const place = makePlace();
  try {
    const spec = place.file('other.yaml', stringify(withAt(base(), ['targetGroups', 'web', 'healthCheck', 'interval'], '7s')));
    const running = startCommand(place, ['apply', '--under-load=20', spec], commandEnv(bench));
    await running.says(/20 requests a second to/);
    assert.ok(workingIn(place).length > 0, 'k6 is there');
    running.signal('SIGINT');
    const ended = await running.ended;
    assert.is(ended.code, 130, ended.stdout + ended.stderr);
    assert.equal(workingIn(place), [], 'processes');
    assert.equal(readdirSync(place.tmp), [], 'files');
  } finally {
    place.remove();
  }
});

t.run();
