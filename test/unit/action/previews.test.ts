/** Where previews are looked for. What ends them is a story of its own: `test/workflows/preview.test.ts`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { regionsFor } from '../../../action/previews.ts';
import { stackText } from '../../support/faults-bench.ts';
import { suite } from '../../support/suite.ts';

const t = suite('regions of previews', {} as { folder: string });
t.before.each((all) => {
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-previews-'));
});
t.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

async function looked(spec: readonly string[], regions: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const said: string[] = [];
  return { found: await regionsFor({ regions, spec }, env, (text) => said.push(text)), said };
}

t('those of the input, of the role and of the specs, each once, and nothing is said', async ({ folder }) => {
  for (const [name, region] of [
    ['one', 'us-east-1'],
    ['two', 'eu-west-1'],
    ['three', 'eu-west-1'],
  ] as const)
    writeFileSync(join(folder, `${name}.yaml`), stackText({ stack: name }).replace(/us-east-1/g, region));
  assert.equal(await looked([folder], ['sa-east-1', 'us-east-1'], { AWS_REGION: 'ap-south-1' }), {
    found: ['ap-south-1', 'eu-west-1', 'sa-east-1', 'us-east-1'],
    said: [],
  });
});

t('specs that cannot be read: what is left is looked at, and it says what is not, and why', async ({ folder }) => {
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'wrong.yaml'), 'stack: [\n');
  for (const [spec, why] of [
    [join(folder, 'wrong.yaml'), /the specs cannot be read.*spec/],
    [join(folder, 'empty'), /the specs cannot be read/],
    [join(folder, 'nowhere'), /the specs cannot be read.*nowhere/],
  ] as const) {
    const { found, said } = await looked([spec], ['sa-east-1'], { AWS_REGION: 'us-east-1' });
    assert.equal(found, ['sa-east-1', 'us-east-1'], spec);
    assert.is(said.length, 1, spec);
    assert.match(said[0] ?? '', /^the specs cannot be read, so regions that only specs name are not searched for previews: /);
    assert.match(said[0] ?? '', why);
  }
});

t('neither input nor role nor specs name one: nowhere is looked, and that is said', async ({ folder }) => {
  const { found, said } = await looked([join(folder, 'nowhere')]);
  assert.equal(found, []);
  assert.is(said.length, 1);
});

t.run();
