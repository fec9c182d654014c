import * as assert from 'uvu/assert';
import { judge } from '../../../reconciler/load/judge.ts';
import type { Refusal } from '../../../reconciler/plan/guard.ts';
import type { Change, Run } from '../../../reconciler/plan/types.ts';
import { niceCeiling, sparkline, thin } from '../../../reconciler/report/chart.ts';
import { duration, impactText, plainValue, visible, worstFirst } from '../../../reconciler/report/format.ts';
import { renderHtml } from '../../../reconciler/report/html.ts';
import { renderMarkdown } from '../../../reconciler/report/markdown.ts';
import type { ReportInput } from '../../../reconciler/report/report.ts';
import { renderText } from '../../../reconciler/report/text.ts';
import { suite } from '../../support/suite.ts';
import { judgeInput, usual } from '../load/samples.ts';
import { changes, load, plan, probes, reportOf, run } from './fixture.ts';

const t = suite('report');
const missed = judge(judgeInput(usual, { objectives: { errorRate: 0 } }));
const guessed = judge(judgeInput(usual, { victim: null, disruption: null, refusal: 'nobody is healthy' }));
const failedRun: Run = {
  ...run,
  outcome: 'failed',
  steps: run.steps.map((step, n) =>
    n === 4 ? { ...step, outcome: 'failed' as const, error: { code: 'AccessDenied', message: 'not you' } } : step,
  ),
};
const nothing: Partial<ReportInput> = { plan: null, run: null, calls: null, checkAfter: null, load: null, victim: null, probes: [] };
const badProbe = [
  {
    ...probes[0],
    name: 'http: answers',
    outcome: 'failed',
    detail: 'It answered 503.',
    expected: 'status 200',
    got: 'status 503',
  } as const,
];

const refusal: Refusal = {
  rule: 'destroy',
  address: 'listener/http',
  label: 'listener',
  physicalId: 'arn:x',
  owner: 'stack webserver',
  reason: 'the listener would be deleted: its port 80 refuses clients',
  remedy: 'Allow it with --allow-destroy listener/http.',
  position: { file: 'web.yaml', line: 3, column: 1 },
};

t('what guard refuses is in the report, with the object, its owner, the place and what would allow it', () => {
  const report = reportOf({ ...nothing, plan, refusals: [refusal] });
  assert.is(report.headline, '4 changes to apply, refused');
  const line =
    'refused: listener/http (listener arn:x of stack webserver, web.yaml:3): the listener would be deleted: its port 80 refuses clients. Allow it with --allow-destroy listener/http.';
  assert.equal(report.reasons, [line]);
  assert.equal(report.refusals, [refusal]);
  assert.equal(reportOf({ ...nothing, plan }).refusals, []);
  assert.match(renderText(report), line);
  assert.match(renderMarkdown(report), '--allow-destroy listener/http');
  assert.match(renderHtml(report), '--allow-destroy listener/http');
});

t('each change says whether it is in place, and what it keeps', () => {
  const of = (more: Partial<Change>) => impactText({ ...(changes[1] as Change), ...more });
  assert.is(of({}), 'in place, ARN kept');
  assert.is(of({ impact: 'reconnect' }), 'reconnect, ARN kept');
  assert.is(of({ verb: 'replace', impact: 'replace' }), 'replaced, new ARN');
  assert.is(of({ verb: 'adopt', impact: 'none' }), 'in place, ARN kept');
  assert.is(of({ address: 'instance/web-1', verb: 'replace', impact: 'replace' }), 'replaced, new id');
  assert.is(of({ address: 'loadBalancer/main' }), 'in place, ARN and DNS name kept');
  assert.is(of({ verb: 'create', impact: 'create' }), '');
});

const table: [string, Partial<ReportInput>, string, string][] = [
  ['all well', {}, 'pass', 'survived losing web-1, 1 of 2 instances'],
  ['objective missed', { load: missed }, 'missed', 'an objective was missed'],
  ['inconclusive', { load: guessed, victim: null }, 'inconclusive', 'the load test was inconclusive'],
  ['a probe failed', { probes: badProbe }, 'missed', 'the responses do not match the spec'],
  ['a step failed', { ...nothing, plan, run: failedRun }, 'failed', 'stopped after 4 of 5 steps'],
  [
    'interrupted',
    { ...nothing, plan, run: { ...run, outcome: 'cancelled', steps: run.steps.slice(0, 2) } },
    'failed',
    'interrupted after 2 of 2 steps',
  ],
  ['a second plan is not empty', { checkAfter: { changes: changes.slice(0, 1) } }, 'failed', 'still differs from the spec'],
  ['only a plan', { ...nothing, plan }, 'changes', '4 changes to apply'],
  ['a plan of nothing', { ...nothing, plan: { ...plan, changes: [] } }, 'unchanged', 'no changes'],
  ['applied without a load', { ...nothing, plan, run }, 'applied', 'applied, 4 changes'],
  ['destroyed', { ...nothing, plan: { ...plan, mode: 'destroy' }, run }, 'destroyed', 'destroyed'],
  ['a plan to destroy', { ...nothing, plan: { ...plan, mode: 'destroy' } }, 'changes', '4 resources to destroy'],
  ['load alone', { ...nothing, load }, 'pass', 'met its objectives under load'],
];
for (const [what, input, verdict, headline] of table) {
  t(`verdict: ${what}`, () => {
    const report = reportOf(input);
    assert.is(report.verdict, verdict);
    assert.match(report.headline, headline);
    const good = ['pass', 'applied', 'destroyed', 'unchanged', 'changes'].includes(verdict);
    assert.is(report.reasons.length === 0, good, report.reasons.join('; '));
  });
}

t('a report is plain JSON with its version', () => {
  const report = reportOf();
  assert.equal(JSON.parse(JSON.stringify(report)), report);
  assert.is(report.version, 1);
});

t('what endangers traffic most comes first, else the order of the plan', () => {
  assert.equal(
    worstFirst(changes).map((change) => change.address),
    ['loadBalancer/main', 'targetGroup/web', 'securityGroup/old', 'instance/web-1'],
  );
  assert.is(changes[0]?.address, 'instance/web-1', 'the given list is left as it was');
});

t('values on one line', () => {
  assert.is(plainValue(''), '""');
  assert.is(plainValue({ $ref: 'subnet/a.id' }), '→ subnet/a.id');
  assert.is(plainValue({ a: [1, true, null], b: {} }), '{ a: [1, true, null], b: {} }');
  assert.is(plainValue('a\nb\u001b[31mc\u202e'), '"a\\nb\\u001b[31mc\\u202e"');
  assert.is(plainValue('x'.repeat(500)), 'x'.repeat(500), 'nothing is cut');
  assert.equal(['80', 'true', ' a'].map(plainValue), ['"80"', '"true"', '" a"'], 'a text that could be taken for something else');
  assert.is(visible('\u0000\u0085\u2028'), '���');
});

t('spans', () => {
  const spans: [number, string][] = [
    [20, '20 ms'],
    [1500, '1.5 s'],
    [59_600, '1 min 0 s'],
    [125_000, '2 min 5 s'],
  ];
  for (const [ms, text] of spans) assert.is(duration(ms), text);
});

t('charts: fewer points keep the worst p95 and all errors', () => {
  const series = { requests: [1, 2, 3, 0, 0], failed: [0, 1, 1, 0, 0], p95: [5, 90, 7, null, null], byInstance: {} };
  assert.equal(thin(series, 3), {
    secondsEach: 2,
    points: [
      { requests: 3, failed: 1, p95: 90 },
      { requests: 3, failed: 1, p95: 7 },
      { requests: 0, failed: 0, p95: null },
    ],
  });
  assert.is(sparkline([0, 1, 4, 8, null]), '·▂▅█·');
  assert.is(sparkline([]), '');
  assert.equal([0, 0.3, 1, 11, 24, 26, 51].map(niceCeiling), [1, 0.5, 1, 20, 25, 50, 100]);
});

t.run();
