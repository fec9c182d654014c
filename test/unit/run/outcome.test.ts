/** Outcomes: which is worst, what each exits with, and that no case is rendered as another. */

import * as assert from 'uvu/assert';
import { shownOf } from '../../../action/outcome.ts';
import { ERRORS, EXIT, ReconcileError } from '../../../reconciler/errors.ts';
import { renderHtml } from '../../../reconciler/report/html.ts';
import { renderMarkdown } from '../../../reconciler/report/markdown.ts';
import { renderOverview, renderOverviewMarkdown } from '../../../reconciler/report/overview.ts';
import { buildReport, REPORT_VERDICTS } from '../../../reconciler/report/report.ts';
import { renderText } from '../../../reconciler/report/text.ts';
import { type Case, EXIT_ORDER, exitOf, exitOfAll, OUTCOME_KINDS, type Outcome, worstFirst } from '../../../reconciler/run/outcome.ts';
import type { Preview, Reconciled } from '../../../reconciler/run/pipeline.ts';
import { reportOf, withFailure } from '../../../reconciler/run/report-of.ts';
import { suite } from '../../support/suite.ts';
import { load, plan, run } from '../report/fixture.ts';

const t = suite('outcomes');

const spec = { stack: { name: 'web', region: 'us-east-1' } } as never;
const session = { clock: { now: () => 0 } } as never;
const previewed = (changes = plan.changes): Preview => ({ plan: { ...plan, changes }, refusals: [] }) as never;
const done = {
  ...previewed(),
  observation: { observed: { live: [] } },
  run,
  check: { ...plan, changes: [] },
  calls: { calls: 1, writes: 1, polls: 0, refused: 0, byOperation: {} },
} as unknown as Reconciled;
const error = (code: keyof typeof ERRORS) => new ReconcileError(code, `${code} happened`);

function outcome(came: Case): Outcome {
  const loaded = came.kind === 'verified' || came.kind === 'missed' || came.kind === 'inconclusive';
  const verdict = came.kind === 'verified' ? 'pass' : came.kind;
  const report = loaded
    ? buildReport({ stack: 'web', account: '', region: 'us-east-1', createdAt: 0, load: { ...load, verdict: verdict as 'pass' } })
    : reportOf(spec, came, session, { name: 'apply', ms: 1 });
  return { ...came, stack: 'web', region: 'us-east-1', account: '', file: 'web.yaml', ms: 1, report };
}

const CASES: readonly (readonly [came: Case, exit: number, verdict: string])[] = [
  [{ kind: 'failed', error: error('Denied') }, 6, 'failed'],
  [{ kind: 'failed', error: error('ApplyFailed'), done }, 1, 'failed'],
  [{ kind: 'failed', error: error('Interrupted'), done }, 130, 'failed'],
  [{ kind: 'missed' }, 8, 'missed'],
  [{ kind: 'refused', because: 'guard', error: error('GuardRefused'), previewed: previewed() }, 4, 'refused'],
  [{ kind: 'refused', because: 'differs', error: error('PlanDiffers'), previewed: previewed([]) }, 3, 'refused'],
  [{ kind: 'refused', because: 'locked', error: error('Locked'), previewed: previewed() }, 5, 'refused'],
  [{ kind: 'notReached', error: error('Interrupted') }, 130, 'notReached'],
  [{ kind: 'notReached', error: error('Interrupted'), previewed: previewed([]) }, 130, 'notReached'],
  [{ kind: 'inconclusive' }, 9, 'inconclusive'],
  [{ kind: 'planned', previewed: previewed() }, 2, 'changes'],
  [{ kind: 'glanced', glance: { stack: 'web', region: '', missing: [], extra: [], retagged: [], unseen: [] } }, 0, 'glanced'],
  [{ kind: 'verified' }, 0, 'pass'],
  [{ kind: 'applied', done }, 0, 'applied'],
  [{ kind: 'destroyed', done: { ...done, plan: { ...plan, mode: 'destroy' } } }, 0, 'destroyed'],
  [{ kind: 'unchanged', previewed: previewed([]) }, 0, 'unchanged'],
];

t('every case has its exit status and its verdict', () => {
  assert.equal([...new Set(CASES.map(([{ kind }]) => kind))].toSorted(), [...OUTCOME_KINDS].toSorted());
  for (const [came, exit, verdict] of CASES) {
    const each = outcome(came);
    assert.equal([exitOf(each), each.report.verdict], [exit, verdict], came.kind);
  }
});

t('what did not end well is nowhere shown as good, and says why', () => {
  for (const [came] of CASES.filter(([, exit]) => exit !== EXIT.ok && exit !== EXIT.changes)) {
    const each = outcome(came);
    const rows = [{ report: each.report, ms: 1 }];
    const texts = [
      renderText(each.report),
      renderMarkdown(each.report),
      renderHtml(each.report),
      renderOverview(rows),
      renderOverviewMarkdown(rows),
    ];
    for (const text of texts) assert.not.match(text, /### ✅|✔ web|no changes|badge good/, `${came.kind}: ${text.slice(0, 300)}`);
    if ('error' in came) for (const text of texts.slice(0, 3)) assert.match(text, `${came.error.code} happened`);
    const shown = shownOf(each, 'plan');
    assert.ok(
      !['unchanged', 'planned', 'applied', 'destroyed'].includes(shown.state) || came.kind === 'missed' || came.kind === 'inconclusive',
      shown.state,
    );
    assert.is(shown.exit, exitOf(each));
  }
});

t('a report of nothing is not reached; a failure outweighs whatever else is known', () => {
  const blank = buildReport({ stack: 'web', account: '', region: '', createdAt: 0 });
  assert.equal([blank.verdict, blank.headline], ['notReached', 'not reached, not read']);
  const came: Case = { kind: 'failed', error: error('Denied'), done };
  assert.is(withFailure(outcome({ kind: 'applied', done }).report, came, came.error).verdict, 'failed');
  assert.ok(REPORT_VERDICTS.indexOf('failed') === 0);
});

t('the exit status of a run is that of its worst stack, in the order that the help says', () => {
  for (const [index, exit] of EXIT_ORDER.entries()) assert.is(exitOfAll(EXIT_ORDER.slice(index).toReversed()), exit);
  assert.is(exitOfAll([]), 0);
  const known = new Set<number>([...Object.values(EXIT), ...Object.values(ERRORS).map((row) => row.exit)]);
  assert.equal([...known].toSorted(), [...EXIT_ORDER].toSorted(), 'an exit status without a place');
});

t('the table: a line each, worst first, equals in their order', () => {
  const named = CASES.map(([came], index) => ({ ...outcome(came), stack: `s${index}` }));
  const sorted = worstFirst(named);
  assert.equal(sorted.map(exitOf), [130, 130, 130, 1, 6, 8, 5, 3, 4, 9, 2, 0, 0, 0, 0, 0]);
  const [two, one] = [
    { ...outcome(CASES[9]?.[0] as Case), stack: 'two' },
    { ...outcome(CASES[9]?.[0] as Case), stack: 'one' },
  ];
  assert.equal(
    worstFirst([two, one]).map(({ stack }) => stack),
    ['two', 'one'],
  );
  const text = renderOverview([
    { report: { ...outcome({ kind: 'failed', error: error('Denied') }).report, stack: 'a\u001b[31m' }, ms: 1200 },
    { report: outcome({ kind: 'planned', previewed: previewed() }).report, ms: 10 },
  ]);
  assert.not.match(text, '\u001b');
  assert.match(
    text,
    /✘ {2}a\S* {2}us-east-1 {2}planning failed +1\.2 s\n {2}~ {2}web +us-east-1 {2}4 changes to apply +1 create, 1 update, 1 replace, 1 destroy {2}traffic at risk {2}10 ms\n/,
  );
  assert.match(text, /\n {2}2 stacks: 1 failed, 1 with changes\n$/);
});

t.run();
