/** One comment for all stacks: the verdict of the whole, a line for each, and room for all of them. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { Change } from '../../../reconciler/plan/types.ts';
import { baselineMarkdown } from '../../../reconciler/report/baseline.ts';
import type { CommentContent } from '../../../reconciler/report/comment.ts';
import { COMMENT_STATES, type Marker, readMarker } from '../../../reconciler/report/comment-marker.ts';
import { renderTogether, stateOfAll, sumOf, TOGETHER } from '../../../reconciler/report/comment-together.ts';
import { SIZE_LIMIT } from '../../../reconciler/report/markdown.ts';
import { suite } from '../../support/suite.ts';
import { plan, reportOf } from './fixture.ts';

const t = suite('a comment for all stacks');
const FILE = fileURLToPath(new URL('./comments/together.md', import.meta.url));

const marker: Marker = {
  ...{ stack: TOGETHER, region: '', key: '', run: 118, attempt: 1, state: 'planned', head: 'a1b2c3d'.padEnd(40, '0'), digest: '' },
  history: [{ run: 118, attempt: 1, command: 'plan', said: '2 with changes', at: 1_767_225_600_000 }],
};
const only = { run: null, load: null, probes: [], victim: null, calls: null, checkAfter: null, timings: [] } as const;
const nothing = { ...plan, changes: [], summary: { ...plan.summary, create: 0, update: 0, replace: 0, destroy: 0, risk: 'none' as const } };
const of = (stack: string, more: Partial<CommentContent> = {}): CommentContent => ({
  state: 'planned',
  report: { ...reportOf({ ...only, ...(more.state === 'unchanged' ? { plan: nothing } : {}) }), stack },
  ...{ failure: null, problems: [], settled: [], approval: 'merge', sandbox: false, untrusted: false, marker },
  runUrl: 'https://github.com/acme/shop/actions/runs/118',
  runsUrl: 'https://github.com/acme/shop/actions/runs/',
  ...more,
});
const failed = of('pay', { state: 'failed', failure: { message: 'AWS says no', hint: 'Grant it' } });
const ALL = [of('web'), of('blog', { state: 'unchanged' }), failed, of('shop')];

t('as a reviewer sees it', () => {
  const text = renderTogether(ALL, { ...marker, applied: { run: 117, attempt: 1, by: 'ana', at: 1_767_222_000_000 } });
  if (process.env['ALBEDO_UPDATE'] === '1') {
    mkdirSync(fileURLToPath(new URL('./comments/', import.meta.url)), { recursive: true });
    writeFileSync(FILE, text);
  }
  assert.fixture(text, existsSync(FILE) ? readFileSync(FILE, 'utf8') : '');
});

t('the first line has the worst: what failed, then the traffic, then what merging does', () => {
  const first = (all: readonly CommentContent[]) => renderTogether(all, marker).split('\n')[0];
  const risk = 'traffic at risk: requests or connections may drop';
  assert.is(first(ALL), `### ❌ 4 stacks: 1 failed, 2 with changes, 1 unchanged, ${risk}`);
  assert.is(first([of('a'), of('b')]), `### 🟠 2 stacks: 2 with changes, ${risk}; merging applies them`);
  assert.is(first([of('a', { untrusted: true }), of('b')]), `### 🟠 2 stacks: 2 with changes, ${risk}`);
  assert.is(first([of('a', { state: 'unchanged' })]), '### ✅ 1 stacks: 1 unchanged'.replace('1 stacks', '1 stack'));
});

t('of every state there are words, and an order', () => {
  for (const state of COMMENT_STATES) {
    assert.is(stateOfAll([{ state: 'unchanged' }, { state }]), state);
    assert.match(sumOf([{ state }]), /^1 \w+/);
  }
});

t('20 stacks with 60 changes each, and 200 with texts that are markup: within the limit, all named, every fold closed', () => {
  const changes = Array.from({ length: 60 }, (_, index) => ({
    ...(plan.changes[0] as Change),
    address: `targetGroup/g-${index}` as const,
  }));
  const big = (count: number, stack = 's') =>
    Array.from({ length: count }, (_, index) => {
      const content = of(`${stack}-${index}`);
      return { ...content, report: { ...content.report, plan: { ...plan, changes }, headline: '<b>`x` @team | y'.repeat(40) } };
    });
  for (const all of [big(20), big(200), big(200, '<script>')]) {
    const body = renderTogether(all, marker);
    assert.ok(body.length <= SIZE_LIMIT, String(body.length));
    assert.is(body.match(/<details/g)?.length, body.match(/<\/details>/g)?.length);
    assert.not.match(body, /<script>/);
    assert.is(readMarker(body)?.stack, TOGETHER);
    assert.is(body.match(/^- 🟠/gm)?.length, all.length, 'each has its line');
  }
  assert.is(renderTogether(big(20), marker).match(/^<details><summary>🟠/gm)?.length, 20, 'of twenty each is told in detail');
});

t('figures beside the last ones: worse is only what earlier runs do not explain', () => {
  const none = { p95Steady: null, p95Fault: null, errorRate: null, detectMs: null, failoverMs: null, recoveryMs: null };
  const at = (before: object, now: object, earlier: readonly object[] = [before], isLike = true) =>
    baselineMarkdown(
      {
        ...{ branch: 'main', run: 104, isLike, before: { ...none, ...before }, now: { ...none, ...now } },
        earlier: earlier.map((each) => ({ ...none, ...each })),
      },
      'https://x/runs/',
    );
  assert.is(
    at({ p95Fault: 131, errorRate: 0.001, recoveryMs: 52_000, p95Steady: 3 }, { p95Fault: 900, errorRate: 0.001, recoveryMs: 48_000 }),
    [
      'Compared with [the last load test of main](https://x/runs/104). One earlier run does not show the usual variation.',
      '',
      '|  | [the last load test of main](https://x/runs/104) | this one |',
      '| --- | --- | --- |',
      '| p95 during the fault | 131 ms | 900 ms |',
      '| errors | 0.10 % | 0.10 % |',
      '| recovery | 52.0 s | 48.0 s |',
    ].join('\n'),
  );
  const earlier = [100, 120, 110].map((p95Fault) => ({ p95Fault, recoveryMs: 40_000 + p95Fault * 10 }));
  const slower = at(earlier[0] ?? {}, { p95Fault: 150, recoveryMs: 41_100 }, earlier);
  assert.match(slower, /^⚠️ Worse than in the last 3 load tests of main, .*: p95 during the fault\.\n/);
  assert.match(slower, '| p95 during the fault | 100 ms | **150 ms**, worse (usual 80 ms to 140 ms) |');
  assert.match(slower, '| recovery | 41.0 s | 41.1 s |');
  const quick = at(earlier[0] ?? {}, { p95Fault: 50, recoveryMs: 41_100 }, earlier);
  assert.match(quick, /^Nothing is worse than in the last 3 load tests of main/);
  assert.match(quick, '50 ms, better (usual');
  assert.match(at({ p95Fault: 1 }, { p95Fault: 1 }, [], false), /^Not compared: \[the last load test of main\]\(\S+\) had another load/);
  assert.is(at({ p95Fault: 1 }, { errorRate: 1 }), '');
});

t.run();
