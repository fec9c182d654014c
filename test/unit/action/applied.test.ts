/** The report that an apply left for the load test after it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readApplied } from '../../../action/applied.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { buildReport } from '../../../reconciler/report/report.ts';
import { suite } from '../../support/suite.ts';

const t = suite('the report of an apply', {} as { folder: string });
t.before.each((all) => {
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-applied-'));
  mkdirSync(join(all.folder, 'us-east-1/web'), { recursive: true });
});
t.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const change = {
  address: 'loadBalancer/main',
  label: 'load balancer',
  verb: 'update',
  fields: [],
  impact: 'update',
  risk: 'none',
} as const;
const report = (outcome: 'done' | 'failed', changes = [change]) =>
  buildReport({
    ...{ stack: 'web', account: '', region: 'us-east-1', createdAt: 0 },
    plan: { mode: 'apply', digest: 'd', summary: {} as never, changes, notes: [] },
    run: { outcome, steps: [], startedAt: 0, endedAt: 0 },
  });
const put = (folder: string, text: string): void => writeFileSync(join(folder, 'us-east-1/web/report.json'), text);

t('one that did something is taken up', ({ folder }) => {
  put(folder, JSON.stringify(report('done')));
  assert.is(readApplied(folder, 'web', 'us-east-1')?.plan?.changes.length, 1);
});

t('none was named, none is there, it had nothing to do, or stopped half way: the load test is told alone', ({ folder }) => {
  assert.is(readApplied('', 'web', 'us-east-1'), undefined);
  assert.is(readApplied(folder, 'shop', 'us-east-1'), undefined);
  for (const other of [report('done', []), report('failed')]) {
    put(folder, JSON.stringify(other));
    assert.is(readApplied(folder, 'web', 'us-east-1'), undefined);
  }
});

t('what is no report on this stack is told, not taken up', ({ folder }) => {
  for (const text of ['', '[]', '{"version":2}', JSON.stringify({ ...report('done'), stack: 'shop' })]) {
    put(folder, text);
    assert.throws(
      () => readApplied(folder, 'web', 'us-east-1'),
      (error: unknown) => error instanceof ReconcileError,
      text.slice(0, 20),
    );
  }
  put(folder, JSON.stringify({ ...report('done'), region: 'eu-west-1' }));
  assert.throws(() => readApplied(folder, 'web', 'us-east-1'), /not a usable report on web in us-east-1/);
});

t('the same name in another region is another stack', ({ folder }) => {
  put(folder, JSON.stringify(report('done')));
  assert.is(readApplied(folder, 'web', 'eu-west-1'), undefined);
});

t.run();
