/**
 * Whole plans as a reviewer would see them. Each folder is a case: `spec.yaml` is wanted, `before.yaml` was applied earlier
 * (absent: nothing is live), `drift.json` is what changed by hand since then (address -> values). `plan.json`, `plan.txt` and
 * `comment.md`, the comment on a pull request, are what must come out; `npm test -- golden --update` writes them anew, and the difference is for people to read.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from '../support/suite.ts';
import * as assert from 'uvu/assert';
import type { Observed } from '../../reconciler/model/model.ts';
import { guard } from '../../reconciler/plan/guard.ts';
import { plan } from '../../reconciler/plan/plan.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { renderComment } from '../../reconciler/report/comment.ts';
import { refusalText } from '../../reconciler/report/format.ts';
import { buildReport } from '../../reconciler/report/report.ts';
import { renderPlan } from '../../reconciler/report/text.ts';
import { appliedOf, NOTHING, stackOf } from '../support/stacks.ts';

const t = suite('golden');

const HERE = fileURLToPath(new URL('.', import.meta.url));
const UPDATE = process.env['ALBEDO_UPDATE'] === '1';
const CASES = readdirSync(HERE, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);

function liveOf(folder: string): Observed {
  const before = join(folder, 'before.yaml');
  if (!existsSync(before)) return NOTHING;
  const observed = appliedOf(stackOf(readFileSync(before, 'utf8')));
  const drift = join(folder, 'drift.json');
  if (!existsSync(drift)) return observed;
  const changes = JSON.parse(readFileSync(drift, 'utf8')) as { readonly [address: string]: { readonly [field: string]: Json } };
  const unknown = Object.keys(changes).filter((address) => !observed.live.some((entry) => entry.address === address));
  assert.equal(unknown, [], 'drift of what is not there');
  return { ...observed, live: observed.live.map((entry) => ({ ...entry, values: { ...entry.values, ...changes[entry.address] } })) };
}

/** Compares with the file, or writes it. */
function matches(path: string, text: string): void {
  if (UPDATE) writeFileSync(path, text);
  else assert.fixture(text, existsSync(path) ? readFileSync(path, 'utf8') : '');
}

t('there are cases', () => assert.ok(CASES.length >= 7));

for (const name of CASES) {
  t(name, () => {
    const folder = join(HERE, name);
    const observed = liveOf(folder);
    const stack = stackOf(readFileSync(join(folder, 'spec.yaml'), 'utf8'));
    const planned = plan(stack, observed, name.startsWith('destroy') ? 'destroy' : 'apply');
    const refusals = guard(planned, observed, {});
    const refused = refusals.map((refusal) => `  ✘ ${refusalText(refusal)}\n`).join('');
    matches(join(folder, 'plan.json'), `${JSON.stringify(planned, null, 2)}\n`);
    matches(join(folder, 'plan.txt'), `${renderPlan(planned, planned)}${refused}`);
    const { stack: own, account, region, digest } = planned;
    const state = refusals.length > 0 ? ('refused' as const) : planned.changes.length > 0 ? ('planned' as const) : ('unchanged' as const);
    const comment = renderComment({
      state,
      report: buildReport({ stack: own, account, region, createdAt: 1_767_225_600_000, plan: planned, refusals }),
      ...{ failure: null, problems: [], settled: [], approval: 'merge', sandbox: false, untrusted: false },
      runUrl: 'https://github.com/acme/shop/actions/runs/118',
      runsUrl: 'https://github.com/acme/shop/actions/runs/',
      marker: { ...{ stack: own, region, key: '', run: 118, attempt: 1, state, head: '0'.repeat(40), history: [] }, digest },
    });
    matches(join(folder, 'comment.md'), comment);
  });
}

t.run();
