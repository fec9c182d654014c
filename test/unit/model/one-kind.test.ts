/**
 * A kind inside ELBv2 is one file. There is none in the API that a spec cannot say, so one is invented (`support/invented-kind.ts`): a
 * copy of the sources gets the lines that CONTRIBUTING names, and nothing else, and the kind lives in it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';

const t = suite<{ told: Readonly<Record<string, unknown>>; folder: string }>('model/one-kind');
const ROOT = join(import.meta.dirname, '../../..');

/** File -> the line after which another one comes, and that one. */
const LINES: Readonly<Record<string, readonly (readonly [after: string, line: string])[]>> = {
  'reconciler/model/kinds.ts': [
    ["import { trustStore } from './kinds/trust-store.ts';", "import { capacityPool } from '../../test/support/invented-kind.ts';"],
    ['  trustStore,', '  capacityPool,'],
  ],
  'reconciler/model/sections.ts': [
    [
      "  { path: ['trustStores'], kind: 'trustStore', doc: 'Trust stores: authorities whose client certificates HTTPS listeners accept.' },",
      "  { path: ['capacityPools'], kind: 'capacityPool', doc: 'Capacity that is held.' },",
    ],
  ],
  'reconciler/aws/operations.ts': [
    ["  'elbv2:DescribeTrustStores': elbPages('TrustStores'),", "  'elbv2:DescribeCapacityPools': elbPages('CapacityPools'),"],
    ["  'elbv2:DescribeTrustStores': elbPages('TrustStores'),", "  'elbv2:DescribeCapacityPoolAttributes': read,"],
    ...['Create', 'Modify', 'Delete'].map(
      (verb) => ["  'elbv2:ModifyTrustStore': write,", `  'elbv2:${verb}CapacityPool': write,`] as const,
    ),
    ["  'elbv2:ModifyTrustStore': write,", "  'elbv2:ModifyCapacityPoolAttributes': write,"],
  ],
};

t.before((context) => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-one-kind-'));
  context.folder = folder;
  for (const part of ['reconciler', 'test/support', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, lines] of Object.entries(LINES)) {
    const path = join(folder, file);
    const made = lines.reduce(
      (text, [after, line]) => {
        assert.is(text.split(`${after}\n`).length, 2, `${file} has one line ${after}`);
        return text.replace(`${after}\n`, `${after}\n${line}\n`);
      },
      readFileSync(path, 'utf8'),
    );
    writeFileSync(path, made);
  }
  const told = execFileSync(process.execPath, ['test/support/invented-life.ts'], { cwd: folder, encoding: 'utf8' });
  context.told = JSON.parse(told);
});
t.after(({ folder }) => rmSync(folder, { recursive: true, force: true }));

t('a spec can say it, and its mistakes are told', ({ told }) => {
  assert.is(told['schema'], true);
  assert.equal([...(told['refused'] as string[])].sort(), ['capacityPools.big.bursts', 'capacityPools.big.units']);
});

for (const [stage, calls, pools] of [
  ['made', ['CreateCapacityPool'], [[5, 'false']]],
  ['changed', ['ModifyCapacityPool', 'ModifyCapacityPoolAttributes'], [[9, 'true']]],
  ['drifted', ['ModifyCapacityPool'], [[9, 'true']]],
  ['gone', ['CreateCapacityPool'], [[9, 'false']]],
  ['left out', ['DeleteCapacityPool'], []],
  ['again', ['CreateCapacityPool'], [[2, 'false']]],
  ['ended', ['DeleteCapacityPool'], []],
] as const)
  t(`${stage}: ${calls.join(', ')}, and the next plan is empty`, ({ told }) => {
    const { calls: made, wrong, left, pools: there } = told[stage] as { calls: string[]; wrong: string; left: number; pools: unknown };
    assert.is(wrong, '');
    assert.equal([...made].sort(), [...calls]);
    assert.is(left, 0);
    assert.equal(there, pools);
  });

t.run();
