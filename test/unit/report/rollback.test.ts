/** What a report says of a rollback, in all its forms, and which exit status it deserves. */

import * as assert from 'uvu/assert';
import { judge } from '../../../reconciler/load/judge.ts';
import { renderHtml } from '../../../reconciler/report/html.ts';
import { renderMarkdown } from '../../../reconciler/report/markdown.ts';
import { buildReport } from '../../../reconciler/report/report.ts';
import type { RollbackReport } from '../../../reconciler/report/rollback.ts';
import { renderText } from '../../../reconciler/report/text.ts';
import { exitOfReport } from '../../../reconciler/run/exit-status.ts';
import { suite } from '../../support/suite.ts';
import { judgeInput, usual } from '../load/samples.ts';
import { load, plan, reportOf, run } from './fixture.ts';

const t = suite('report/rollback');

const COMMIT = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
const missed = judge(judgeInput(usual, { objectives: { errorRate: 0 } }));
const DONE: RollbackReport = {
  outcome: 'done',
  commit: COMMIT,
  by: 'verified',
  sentence: 'rolled back to 1a2b3c4, where verify last passed: 4 changes',
  plan,
  run,
  error: null,
};
const FAILED: RollbackReport = {
  ...DONE,
  outcome: 'failed',
  sentence: 'not rolled back to 1a2b3c4: it <b>would</b> be replaced',
  plan: null,
  run: null,
  error: { code: 'GuardRefused', message: 'it would be replaced', hint: 'Allow it with --allow-replace loadBalancer/main.' },
};
const NOT: RollbackReport = {
  ...FAILED,
  outcome: 'not-tried',
  commit: null,
  by: null,
  sentence: 'not rolled back: it cannot tell',
  error: null,
};

t('each form names the commit, why it was that one, and what was changed back', () => {
  const report = reportOf({ load: missed, rollback: DONE });
  assert.equal([report.verdict, report.headline], ['missed', 'an objective was missed: rolled back to 1a2b3c4']);
  for (const text of [renderText(report), renderMarkdown(report), renderHtml(report)]) {
    assert.match(text, 'where verify last passed');
    assert.match(text, plan.digest.slice(0, 12));
    for (const change of plan.changes) assert.match(text, change.label);
  }
  assert.is(exitOfReport(report), 8);
});

t('one that did not come about is told with its way out, and has the exit status of what was in the way', () => {
  const report = reportOf({ load: missed, rollback: FAILED });
  assert.match(report.headline, 'live, but an objective was missed, and it was not rolled back');
  for (const text of [renderText(report), renderMarkdown(report), renderHtml(report)]) {
    assert.match(text, 'not rolled back to 1a2b3c4');
    assert.match(text, '--allow-replace');
  }
  assert.not.match(renderHtml(report), '<b>would', 'what AWS says is no markup');
  assert.not.match(renderMarkdown(report), '<b>would');
  assert.is(exitOfReport(report), 4);
  const broken = { code: 'ApplyFailed', message: 'a step failed', hint: 'Again.' } as const;
  assert.is(exitOfReport(reportOf({ load: missed, rollback: { ...FAILED, error: broken } })), 1);
});

t('what was not tried changes neither the headline nor the status', () => {
  const guessed = judge(judgeInput(usual, { victim: null, disruption: null, refusal: 'nobody is healthy' }));
  const report = reportOf({ load: guessed, victim: null, rollback: NOT });
  assert.equal([report.verdict, exitOfReport(report)], ['inconclusive', 9]);
  assert.match(report.headline, 'inconclusive');
  assert.match(renderText(report), 'not rolled back: it cannot tell');
});

t('without one there is nothing of it', () => {
  const report = reportOf({ load });
  assert.is(report.rollback, null);
  for (const text of [
    renderText(report),
    renderMarkdown(report),
    renderHtml({ ...report, rollback: null }).replace(/<script[^>]*>[^<]*<\/script>/g, ''),
  ])
    assert.not.match(text, /roll(ed )?back/i);
});

t('a report that is built anew from the parts of another is the same', () => {
  const {
    plan: shown,
    run: ran,
    load: measured,
    probes,
    victim,
    calls,
    checkAfter,
    underLoad,
    timings,
    links,
    ...rest
  } = reportOf({ rollback: DONE });
  const again = buildReport({
    ...rest,
    plan: shown,
    run: ran,
    load: measured,
    probes,
    victim,
    calls,
    checkAfter,
    underLoad,
    timings,
    links,
  });
  assert.equal(again, reportOf({ rollback: DONE }));
});

t.run();
