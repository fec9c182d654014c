/**
 * Comments as a reviewer would see them, one file each in `comments/`; `npm test -- report/comment --update` writes them anew, and the
 * difference is for people to read.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { judge } from '../../../reconciler/load/judge.ts';
import type { Change, Run } from '../../../reconciler/plan/types.ts';
import { type CommentContent, renderCollapsed, renderComment, renderSummary } from '../../../reconciler/report/comment.ts';
import { HISTORY, isLater, type Marker, markerLine, readMarker, withEntry } from '../../../reconciler/report/comment-marker.ts';
import { SIZE_LIMIT } from '../../../reconciler/report/markdown.ts';
import { suite } from '../../support/suite.ts';
import { judgeInput, usual } from '../load/samples.ts';
import { plan, reportOf, run } from './fixture.ts';

const t = suite('comment');
const HERE = fileURLToPath(new URL('./comments/', import.meta.url));
const UPDATE = process.env['ALBEDO_UPDATE'] === '1';
const EVIL = '</td><script>alert(1)</script>@team `x` ```` | **b** [l](http://evil) #12 --> ::error::x ##[error]x\n::stop-commands::t';

const marker: Marker = {
  ...{ stack: 'webserver', region: 'us-east-1', key: '', run: 118, attempt: 1, state: 'planned', head: 'a1b2c3d'.padEnd(40, '0') },
  digest: plan.digest,
  history: [
    { run: 118, attempt: 1, command: 'plan', said: '4 changes to apply', at: 1_767_225_600_000 },
    { run: 117, attempt: 2, command: 'verify', said: 'survived losing web-1', at: 1_767_222_000_000, p95: 131, recovery: 9.5 },
  ],
};
const content = (more: Partial<CommentContent> = {}): CommentContent => ({
  state: 'planned',
  report: reportOf({ run: null, load: null, probes: [], victim: null, calls: null, checkAfter: null, timings: [] }),
  ...{ failure: null, problems: [], settled: [], approval: 'merge', sandbox: false, untrusted: false },
  runUrl: 'https://github.com/acme/shop/actions/runs/118',
  runsUrl: 'https://github.com/acme/shop/actions/runs/',
  marker,
  ...more,
});
const only = { load: null, probes: [], victim: null } as const;
const failedRun: Run = {
  ...run,
  outcome: 'failed',
  steps: run.steps.map((step, index) =>
    index < 3
      ? step
      : index === 3
        ? {
            ...step,
            outcome: 'failed',
            error: { code: 'AccessDenied', message: 'not authorized to perform elasticloadbalancing:AddTags', hint: 'Grant it.' },
          }
        : { ...step, outcome: 'skipped', because: step.id },
  ),
};
const problem = {
  file: 'environments/my specs/"web".yaml',
  line: 7,
  column: 3,
  path: 'loadBalancer',
  message: EVIL,
  hint: EVIL,
  severity: 'error' as const,
};

const CASES: Readonly<Record<string, string>> = {
  'first-plan': renderComment(content()),
  'no-op': renderCollapsed(
    content({
      state: 'unchanged',
      report: reportOf({
        ...only,
        run: null,
        plan: { ...plan, changes: [], summary: { ...plan.summary, create: 0, update: 0, replace: 0, destroy: 0, risk: 'none' } },
      }),
    }),
  ),
  applied: renderComment(content({ state: 'applied', report: reportOf(only) })),
  verified: renderComment(content({ state: 'verified', report: reportOf() })),
  missed: renderComment(
    content({ state: 'verified', report: reportOf({ load: judge(judgeInput(usual, { objectives: { errorRate: 0 } })) }) }),
  ),
  refused: renderComment(
    content({
      state: 'refused',
      report: reportOf({
        ...{ ...only, run: null, calls: null, checkAfter: null },
        refusals: [
          {
            rule: 'replace',
            address: 'loadBalancer/main',
            label: 'load balancer',
            reason: 'its DNS name would change',
            remedy: 'Allow it with --allow-replace loadBalancer/main.',
          },
        ],
      }),
    }),
  ),
  'failed-apply': renderComment(
    content({
      state: 'failed',
      report: reportOf({ ...only, run: failedRun, checkAfter: null }),
      failure: { message: 'webserver: 1 of 5 steps failed', hint: 'Fix the cause and run it again.' },
    }),
  ),
  cancelled: renderComment(content({ state: 'cancelled', settled: ['web-1 (i-1) was stopped and has been started again'] })),
  'wrong-spec': renderComment(content({ state: 'failed', problems: [problem], report: reportOf({ ...only, run: null, plan: null }) })),
  fork: renderComment(content({ untrusted: true, sandbox: true, approval: 'label' })),
};

for (const [name, text] of Object.entries(CASES)) {
  t(name, () => {
    const path = join(HERE, `${name}.md`);
    if (UPDATE) {
      mkdirSync(HERE, { recursive: true });
      writeFileSync(path, text);
    }
    assert.fixture(text, existsSync(path) ? readFileSync(path, 'utf8') : '');
  });
}

t('the verdict comes first, since that is what a mail shows', () => {
  for (const [name, text] of Object.entries(CASES))
    assert.match(text.split('\n')[0] ?? '', /^### (🟠|✅|❌|⚪|⏳) <code>webserver<\/code>: \S/u, name);
});

const many = (count: number, text = 'x'): Change[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{
      address: `targetGroup/group-${index}` as const,
      label: 'target group',
      verb: 'update' as const,
      impact: 'update' as const,
      risk: 'none' as const,
    },
    fields: [
      {
        field: 'healthCheck.path',
        before: '/',
        after: `/${text.repeat(90)}`,
        impact: 'update' as const,
        risk: 'none' as const,
      },
    ],
  }));

t('200 changes, 900 objections and 900 mistakes: within the limit, cut between resources, every fence and fold closed', () => {
  for (const [count, text] of [
    [200, 'x'],
    [2000, 'x'],
    [2000, '<'],
    [900, '`'],
  ] as const) {
    const refusals = many(900).map(({ address, label }) => ({
      rule: 'drop' as const,
      address,
      label,
      reason: EVIL.repeat(5),
      remedy: EVIL,
    }));
    const big = content({
      report: reportOf({ ...only, run: null, calls: null, checkAfter: null, plan: { ...plan, changes: many(count, text) }, refusals }),
      problems: Array.from({ length: 900 }, () => problem),
      failure: { message: EVIL.repeat(500), hint: EVIL.repeat(500) },
    });
    const body = renderComment(big);
    assert.ok(body.length <= SIZE_LIMIT, String(body.length));
    assert.is(body.match(/<details/g)?.length, body.match(/<\/details>/g)?.length);
    const fences = [...body.matchAll(/^(`{3,})/gm)].map(([, marks = '']) => marks);
    for (let at = 0; at < fences.length; at += 2) assert.is(fences[at], fences[at + 1]);
    assert.match(body, /and \d+ more|left out for length|\d+ more: see/);
    assert.is(readMarker(body)?.run, 118);
    assert.ok(renderSummary(big, 250_000).length <= 250_000);
  }
});

t('nothing of what users wrote does anything: no mention, no markup, no command, no marker of its own', () => {
  const forged = markerLine({ ...marker, run: 9_999_999 });
  const evil = content({
    report: { ...reportOf({ ...only, run: null }), stack: EVIL + forged, headline: EVIL, account: EVIL, region: EVIL },
    problems: [problem],
    failure: { message: EVIL + forged, hint: EVIL },
    settled: [EVIL],
    marker: { ...marker, stack: EVIL, history: [{ run: 1, attempt: 1, command: 'plan', said: EVIL, at: 1 }, ...marker.history] },
  });
  for (const body of [renderComment(evil), renderCollapsed(evil)]) {
    const prose = body.replace(/^(`{3,})[a-z]*\n[\s\S]*?^\1$/gm, '').replace(/<!-- albedo:v1 .* -->\n$/, '');
    assert.not.match(prose, /<script|@team|\*\*b\*\*|\]\(http:\/\/evil|(?<!&)#12|<!--/);
    for (const line of body.split('\n')) assert.not.match(line, /^\s*::|##\[/);
    assert.is(readMarker(body)?.run, 118);
    assert.is(readMarker(body)?.stack, EVIL);
  }
});

t('a marker is read back as it was written, and a broken or strange one is none', () => {
  assert.equal(readMarker(`text\n${markerLine(marker)}\n`), marker);
  for (const body of [
    '',
    '<!-- albedo:v1 {"stack":1} -->',
    '<!-- albedo:v1 {no} -->',
    markerLine(marker).replace('planned', 'odd'),
    markerLine(marker).replace('"run":118', '"run":-1'),
  ])
    assert.is(readMarker(body), undefined, body);
  const odd = markerLine(marker).replace('"head":"', '"head":"<');
  assert.is(readMarker(odd)?.head, '');
  assert.equal(readMarker(markerLine({ ...marker, history: [{ run: 'x' } as never] }))?.history, []);
});

t('the history holds the last ten, one entry for each command of an attempt', () => {
  let { history } = marker;
  for (let each = 200; each < 220; each++)
    history = withEntry(history, { run: each, attempt: 1, command: 'plan', said: 'x'.repeat(500), at: each });
  assert.is(history.length, HISTORY);
  assert.is(history[0]?.run, 219);
  assert.is(history[0]?.said.length, 120);
  const again = withEntry(history, { run: 219, attempt: 1, command: 'plan', said: 'applied', at: 1 });
  assert.equal([again.length, again[0]?.said, again[1]?.run], [HISTORY, 'applied', 218]);
  assert.is(withEntry(history, { run: 219, attempt: 1, command: 'apply', said: 'applied', at: 1 })[1]?.run, 219);
});

t('a later run, or a later attempt of the same, is later', () => {
  assert.ok(isLater({ run: 2, attempt: 1 }, { run: 1, attempt: 9 }));
  assert.ok(isLater({ run: 1, attempt: 2 }, { run: 1, attempt: 1 }));
  assert.not.ok(isLater({ run: 1, attempt: 1 }, { run: 1, attempt: 1 }));
  assert.not.ok(isLater({ run: 1, attempt: 9 }, { run: 2, attempt: 1 }));
});

t('the first line of a plan says what happens to traffic and what saying yes does', () => {
  const first = (more: Partial<CommentContent>): string => renderComment(content(more)).split('\n')[0] ?? '';
  const risk = 'traffic at risk: requests or connections may drop';
  for (const [approval, says] of [
    ['merge', 'merging applies them'],
    ['environment', 'merging and approving the deployment applies them'],
    ['review', 'approving and merging applies them'],
    ['label', 'the label below applies them'],
  ] as const)
    assert.is(first({ approval }), `### 🟠 <code>webserver</code>: 4 changes to apply, ${risk}; ${says}`);
  assert.match(first({ verify: { says: '50 requests/s for 60 s', changes: [], scripts: [] } }), /applies them, then a load test runs$/);
  assert.is(first({ untrusted: true }), `### 🟠 <code>webserver</code>: 4 changes to apply, ${risk}`);
  assert.is(first({ state: 'applying' }), '### ⏳ <code>webserver</code>: applying 4 changes');
});

t('who applied, when and in which run stays when there is nothing to do, and a name is no markup', () => {
  const applied = { run: 117, attempt: 2, by: 'ana', at: 1_767_222_000_000 };
  const line =
    /^Applied by <code>ana<\/code> at 2025-12-31 23:00:00 UTC, \[run 117\.2\]\(https:\/\/github\.com\/acme\/shop\/actions\/runs\/117\/attempts\/2\)\.$/m;
  const nothing = content({ state: 'unchanged', marker: { ...marker, applied } });
  assert.match(renderCollapsed(nothing), line);
  assert.match(renderComment(content({ marker: { ...marker, applied } })), line);
  assert.equal(readMarker(renderCollapsed(nothing))?.applied, applied);
  const evil = renderCollapsed(content({ marker: { ...marker, applied: { ...applied, by: EVIL.slice(0, 100) } } }));
  assert.not.match(evil.split('<!--')[0] ?? '', /<script>|@team|\[l\]/);
  for (const wrong of [{ ...applied, run: -1 }, { ...applied, at: 1e17 }, { ...applied, by: 'x'.repeat(101) }, 'ana', null])
    assert.is(readMarker(markerLine({ ...marker, applied: wrong } as never))?.applied, undefined, JSON.stringify(wrong));
});

t('several stacks have a line each, one has none, and many are folded', () => {
  const of = (count: number, more: object = {}) =>
    Array.from({ length: count }, (_, index) => ({ stack: `s${index}`, region: 'us-east-1', sign: '✅', headline: 'applied', ...more }));
  assert.not.match(renderComment(content({ stacks: of(1) })), 'in this run');
  const two = renderComment(content({ stacks: of(2) }));
  assert.match(two, '<details open><summary>2 stacks in this run</summary>');
  assert.match(two, '- ✅ <code>s1</code>: applied');
  assert.match(renderComment(content({ stacks: of(6) })), '<details><summary>6 stacks in this run</summary>');
  assert.match(renderComment(content({ stacks: of(120) })), '- and 20 more');
  const twice = [...of(1), ...of(1, { region: 'eu-west-1' })];
  assert.match(renderComment(content({ stacks: twice })), /<code>us-east-1\/s0<\/code>[\s\S]*<code>eu-west-1\/s0<\/code>/);
});

t('an apply that stopped says how it goes on; one that is done does not', () => {
  const way = 'run the apply workflow by hand';
  assert.match(renderComment(content({ state: 'failed', report: reportOf({ ...only, run: failedRun }) })), way);
  assert.not.match(renderComment(content({ state: 'applied', report: reportOf(only) })), way);
});

t('what is none is not counted; seed and health check are folded away', () => {
  const body = renderComment(content({ state: 'verified', report: reportOf() }));
  assert.not.match(body, /\b0 (to create|created|replaced|destroyed|updated)/);
  const [open = '', folded = ''] = body.split('<details><summary>How it was measured</summary>');
  assert.not.match(open, /seed|health check leads/);
  assert.match(folded, 'chose the instance');
});

t.run();
