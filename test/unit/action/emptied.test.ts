/** A pull request that deletes the last spec of a folder, and what only looks like one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { heldPaths } from '../../../action/emptied.ts';
import { GitHubFailure } from '../../../action/github.ts';
import { stackText } from '../../support/faults-bench.ts';
import { suite } from '../../support/suite.ts';

const t = suite('specs that a pull request deletes', {} as { folder: string; here: string });
t.before.each((all) => {
  all.here = process.cwd();
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-emptied-'));
  process.chdir(all.folder);
  mkdirSync('environments/prod', { recursive: true });
  writeFileSync('environments/prod/web.yaml', stackText());
  mkdirSync('empty');
  writeFileSync('empty/policy.yaml', 'maxDeletes: 1\n');
});
t.after.each(({ folder, here }) => {
  process.chdir(here);
  rmSync(folder, { recursive: true, force: true });
});

const PLAN = { command: 'plan', commit: 'HEAD', applied: '' } as const;
const held = (spec: readonly string[], changed: readonly string[] | undefined, more: object = {}): Promise<readonly string[]> =>
  heldPaths({ ...PLAN, spec, ...more }, { changed: async () => changed }, { say: () => undefined });

t('a folder that is empty or gone, since its spec was deleted, is left out; the others stay', async () => {
  const changed = ['empty/old.yaml', 'nowhere/old.yml', 'README.md'];
  assert.equal(await held(['environments', 'empty', 'nowhere'], changed), ['environments']);
  assert.equal(await held(['empty/'], changed), []);
  assert.equal(await held(['nowhere/old.yml'], changed), []);
  assert.equal(await held(['empty'], changed, { command: 'apply' }), []);
  assert.equal(await held(['empty'], changed, { command: 'verify', applied: 'report' }), []);
});

t('nothing was deleted there: the path stays, and is an error where it is read', async () => {
  for (const changed of [undefined, [], ['empty/README.md'], ['empty/policy.yaml'], ['emptied/old.yaml'], ['environments/prod/old.yaml']])
    assert.equal(await held(['empty'], changed), ['empty'], JSON.stringify(changed));
});

t('on a schedule, by hand and without a commit an empty folder is never taken for one that was emptied', async () => {
  for (const more of [{ command: 'drift' }, { command: 'destroy' }, { command: 'verify' }, { commit: '' }])
    assert.equal(await held(['empty'], ['empty/old.yaml'], more), ['empty'], JSON.stringify(more));
});

t('where GitHub does not say what changed, it stays', async () => {
  const changed = async (): Promise<never> => {
    throw new GitHubFailure('no', 502, false, undefined);
  };
  assert.equal(await heldPaths({ ...PLAN, spec: ['empty'] }, { changed }, { say: () => undefined }), ['empty']);
});

t.run();
