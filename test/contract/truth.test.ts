/**
 * What a load test must not be believed for: each way in which a run could look like a pass and is none, brought about for real
 * and told by the real command with its exit status and its sentence. Beside them the runs that do pass, or none of this says anything.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import type { Json } from '../../reconciler/model/json.ts';
import type { Report } from '../../reconciler/report/report.ts';
import { environmentOf } from '../../sandbox/control.ts';
import { type Bench, contractSuite, type Spec, tutorial } from '../support/contract-bench.ts';
import { withEdits } from '../support/contract-in-place.ts';
import { type Ended, makePlace, runCommand, startCommand } from '../support/faults-cli.ts';
import { makeRepository } from '../support/repository.ts';

const t = contractSuite('the truth about a load test', { timings: { instanceStopping: 1000 } });
const place = makePlace();
const repository = makeRepository();

const instance = (subnet: string): Json => ({ subnet, instanceType: 't3.micro', app: 'flask-webserver' });

/** The tutorial's stack, a second group on a path of its own and a path that the load balancer answers by itself. */
const STACK: Spec = withEdits(tutorial(), [
  ['certificates', undefined],
  ['listeners/https', undefined],
  ['instances', { 'web-1': instance('a'), 'web-2': instance('b'), 'side-1': instance('a'), 'side-2': instance('b') }],
  [
    'targetGroups/side',
    {
      port: 8080,
      healthCheck: { path: '/status', interval: '5s', timeout: '2s', healthyThreshold: 2 },
      targets: ['side-1', 'side-2'],
    },
  ],
  ['targetGroups/web/stickiness', undefined],
  [
    'listeners/http/rules',
    {
      side: { if: { path: ['/side'] }, forward: 'side' },
      fixed: { if: { path: ['/fixed'] }, fixedResponse: { statusCode: '200', contentType: 'text/plain', messageBody: 'ok' } },
    },
  ],
  ['chaos', undefined],
  ['load', { rate: '20/s', duration: '6s', path: '/status' }],
  ['objectives', { errorRate: '< 5%' }],
]);

const commandEnv = ({ sandbox }: Bench): Record<string, string> => ({
  ...environmentOf({ endpoint: sandbox.endpoint, hostsFile: sandbox.hostsFile }),
  ALBEDO_CACHE: process.env['ALBEDO_CACHE'] ?? join(process.env['HOME'] ?? '', '.cache', 'albedo'),
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
});

/** A load script beside the specs; `body` is what an iteration does, `options` what it takes over from albedo. */
function script(name: string, body: string, options = 'scenario(settings)'): string {
  const head = ["import { sleep } from 'k6';", "import http from 'k6/http';", "import exec from 'k6/execution';"];
  const lib = ["import { record, scenario, settings } from './albedo.js';"];
  const ask = 'function ask(path = settings.path) { const at = Date.now(); record(http.get(settings.baseUrl + path), at); }';
  const text = [...head, ...lib, ask, `export const options = ${options};`, `export default function () { ${body} }`, ''].join('\n');
  repository.write(`load/${name}.ts`, text);
  return `load/${name}.ts`;
}

interface Told extends Ended {
  readonly report: Report;
}

/** `albedo verify` on the stack with these edits, from the folder of the spec. */
async function verify(bench: Bench, edits: Parameters<typeof withEdits>[1], ...flags: readonly string[]): Promise<Told> {
  const spec = repository.write('web.yaml', stringify(withEdits(STACK, edits)));
  const out = join(place.folder, 'out');
  const ended = await startCommand(place, ['verify', spec, '--report', out, ...flags], commandEnv(bench), repository.folder).ended;
  assert.not.match(ended.stderr, /Error:|is not a function/, ended.stderr);
  return { ...ended, report: JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report };
}

/** The verdict, the exit status, and the reason in the report and on the terminal. */
function tells({ code, stdout, stderr, report }: Told, verdict: Report['verdict'], exit: number, ...reasons: readonly RegExp[]): void {
  const all = `${report.headline}\n${report.reasons.join('\n')}\n${stdout}\n${stderr}`;
  assert.equal([report.verdict, code], [verdict, exit], all);
  for (const reason of reasons) {
    assert.match(report.reasons.join('\n'), reason, all);
    assert.match(stdout.replace(/\s+/g, ' '), reason, all);
  }
  if (verdict !== 'pass') assert.not.match(stdout + report.headline, /survived|met its objectives/);
}

t.before(async (bench) => {
  const spec = repository.write('web.yaml', stringify(STACK));
  const applied = await runCommand(place, ['apply', spec, '--quiet'], commandEnv(bench));
  assert.is(applied.code, 0, applied.stdout + applied.stderr);
  await bench.sandbox.settled();
});
t.after(() => {
  repository.remove();
  place.remove();
});

t('a load that was answered within its objectives passes: with the script of albedo and with an own one', async (bench) => {
  const own = await verify(bench, [['load/script', script('whole', 'ask();')]]);
  tells(own, 'pass', 0);
  assert.match(own.stdout, /met its objectives under load/);
  // Who answers is of another group than the first one, and no stranger.
  assert.not.match(own.stdout, /not in the spec/);
  const answering = own.report.load?.instances.filter(({ requests }) => requests > 0).map(({ name }) => name);
  assert.equal(answering?.toSorted(), ['web-1', 'web-2']);
  tells(await verify(bench, []), 'pass', 0);
});

t('no objectives: nothing was judged, whether most requests failed or none', async (bench) => {
  // What albedo asks by itself is answered all the while.
  const failing = script('failing', "ask(exec.scenario.iterationInTest % 9 === 0 ? settings.path : '/nothing-here');");
  for (const [name, least, most] of [
    [failing, 0.85, 0.93],
    [script('whole', 'ask();'), 0, 0],
  ] as const) {
    const told = await verify(bench, [
      ['objectives', undefined],
      ['load/script', name],
    ]);
    tells(told, 'inconclusive', 9, /the spec has no objectives, so there is no verdict/);
    const { errorRate = -1 } = told.report.load?.overall ?? {};
    assert.ok(errorRate !== null && errorRate >= least && errorRate <= most, `${errorRate}`);
  }
});

for (const [what, path] of [
  ['the victim’s group does not serve the path of the load', '/status'],
  ['a fixed response serves the path of the load', '/fixed'],
] as const)
  t(`${what}: nothing was survived`, async (bench) => {
    const told = await verify(bench, [
      ['load', { rate: '5/s', duration: '26s', path }],
      ['chaos', { stopInstance: { from: 'side', at: '3s', for: '4s' } }],
    ]);
    const reason =
      path === '/fixed'
        ? /no answer before the fault shows which instance sent it/
        : /side-\d answered no request before the fault: side does not use it for the path of the load, so its loss shows nothing/;
    tells(told, 'inconclusive', 9, reason);
    assert.is(told.report.load?.overall.failed, 0);
    assert.is(told.report.reasons.length, 1, `it is the only reason: ${told.report.reasons.join('; ')}`);
  });

t('the script throws in 60 % of its iterations, before or after what it records', async (bench) => {
  const breaks = "if (exec.scenario.iterationInTest % 5 < 3) throw new Error('basket is empty');";
  for (const [name, body] of [
    ['throws-before', `${breaks} ask();`],
    ['throws-after', `ask(); ${breaks}`],
  ] as const) {
    const told = await verify(bench, [['load/script', script(name, body)]]);
    tells(told, 'inconclusive', 9, /the script threw an exception in 7[0-9] of 1[12][0-9] iterations: .*basket is empty/);
  }
});

t('a threshold of the script is crossed: a miss, with its metric, also where the objectives were held', async (bench) => {
  const options = "{ ...scenario(settings), thresholds: { http_req_duration: ['p(95)<0.001'], http_reqs: ['count>1'] } }";
  const told = await verify(bench, [['load/script', script('threshold', 'ask();', options)]]);
  tells(told, 'missed', 8, /thresholds of the script were crossed: http_req_duration/);
  assert.not.match(told.report.reasons.join(), /http_reqs/);
  assert.is(told.report.load?.overall.failed, 0);
});

t('no request reaches the load balancer: the failure of the machine that sends, and nothing is rolled back', async (bench) => {
  // A spec to go back to, which differs from the live one: with a miss it would be applied.
  repository.commit({ 'web.yaml': stringify(withEdits(STACK, [['targetGroups/web/deregistrationDelay', '20s']])) });
  const elsewhere = "const at = Date.now(); record(http.get('http://no-such-name.example/'), at);";
  const since = bench.sandbox.calls().length;
  const told = await verify(bench, [['load/script', script('nameless', elsewhere)]], '--rollback');
  tells(told, 'inconclusive', 9, /(\d+) of \1 requests never reached the load balancer \(.*×\1\): the sending machine failed/);
  assert.match(told.report.rollback?.sentence ?? '', /^not rolled back: an inconclusive run is no evidence against the spec$/);
  assert.match(told.stdout, /not rolled back/);
  const changes = bench.sandbox
    .calls()
    .slice(since)
    .map(({ action }) => action);
  assert.not.ok(
    changes.some((action) => action.startsWith('Modify')),
    changes.join(' '),
  );
});

t('fewer requests are sent than asked for: by the script, and by what its users can send', async (bench) => {
  const half = script('half', 'ask();', 'scenario({ ...settings, rate: settings.rate / 2 })');
  tells(
    await verify(bench, [['load/script', half]]),
    'inconclusive',
    9,
    /k6 started \d+ of the 120 iterations that load\.rate and load\.duration/,
  );
  const slow = script('slow', 'ask(); sleep(0.4);', 'scenario({ ...settings, maxUsers: 1 })');
  tells(await verify(bench, [['load/script', slow]]), 'inconclusive', 9, /k6 dropped \d+ of 1\d\d requests: no virtual user was free/);
});

t.run();
