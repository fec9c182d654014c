import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { findCircles, judgeCircles } from '../../../scripts/check-circles.ts';
import { checkLayers, findImports, judgeImport, LAYERS, layerOf } from '../../../scripts/check-layers.ts';
import { suite } from '../../support/suite.ts';

const t = suite('layers');

t('finds every form of import, with its line', () => {
  const source = [
    "import a from 'one';",
    "import type { B } from 'two';",
    'import {',
    '  c,',
    "} from './three.ts';",
    "export * from './four.ts';",
    "export { d } from './five.ts';",
    "import './six.ts';",
    "const e = await import('./seven.ts');",
    "type F = import('./eight.ts').F;",
    "// import g from 'commented';",
    "/* import h from 'commented'; */ const url = 'https://example.com'; import i from 'nine';",
    'const text = "import j from";',
  ].join('\n');
  assert.equal(findImports(source), [
    { specifier: 'one', line: 1, typeOnly: false },
    { specifier: 'two', line: 2, typeOnly: true },
    { specifier: './three.ts', line: 5, typeOnly: false },
    { specifier: './four.ts', line: 6, typeOnly: false },
    { specifier: './five.ts', line: 7, typeOnly: false },
    { specifier: './six.ts', line: 8, typeOnly: false },
    { specifier: './seven.ts', line: 9, typeOnly: false },
    { specifier: './eight.ts', line: 10, typeOnly: true },
    { specifier: 'nine', line: 12, typeOnly: false },
  ]);
});

const CASES: readonly (readonly [path: string, specifier: string, refusal: RegExp | undefined])[] = [
  ['reconciler/model/codec.ts', './paths.ts', undefined],
  ['reconciler/model/kinds/listener.ts', '../codec.ts', undefined],
  ['reconciler/model/codec.ts', 'yaml', /model may not import the package yaml/],
  ['reconciler/model/codec.ts', 'node:fs', /model may not import the package node:fs/],
  ['reconciler/model/codec.ts', '../aws/cloud.ts', /model may not import reconciler\/aws\/cloud\.ts of the layer aws/],
  ['reconciler/config/parse.ts', 'yaml', undefined],
  ['reconciler/config/parse.ts', '../execute/execute.ts', /config may not import/],
  ['reconciler/plan/digest.ts', 'node:crypto', undefined],
  ['reconciler/plan/diff.ts', 'node:process', /plan may not import the package node:process/],
  ['reconciler/plan/diff.ts', '../run/port.ts', /plan may not import reconciler\/run\/port\.ts of the layer port/],
  ['reconciler/load/judge.ts', '../chaos/timeline.ts', undefined],
  ['reconciler/load/judge.ts', 'node:fs', /load core may not import/],
  ['reconciler/load/run-k6.ts', 'node:child_process', undefined],
  ['reconciler/execute/execute.ts', '../run/port.ts', undefined],
  ['reconciler/execute/execute.ts', '../aws/cloud.ts', /execute may not import/],
  ['reconciler/execute/execute.ts', '@aws-sdk/client-ec2', /execute may not import the package @aws-sdk\/client-ec2/],
  ['reconciler/aws/cloud.ts', '@aws-sdk/client-ec2', undefined],
  ['reconciler/aws/cloud.ts', '../plan/diff.ts', /aws may not import/],
  ['reconciler/aws/cloud.ts', '../plan/types.ts', undefined],
  ['reconciler/run/pipeline.ts', '../plan/diff.ts', undefined],
  ['reconciler/run/pipeline.ts', '@octokit/rest', /run may not import/],
  ['reconciler/run/pipeline.ts', '../cli/main.ts', /run may not import/],
  ['reconciler/cli/plan.ts', '../run/pipeline.ts', undefined],
  ['reconciler/cli/plan.ts', '../plan/diff.ts', /command line may not import reconciler\/plan\/diff\.ts/],
  ['action/main.ts', '../reconciler/run/pipeline.ts', undefined],
  ['action/main.ts', '../reconciler/aws/cloud.ts', /action may not import/],
  ['sandbox/ledger/store.ts', '../types.ts', undefined],
  ['sandbox/elbv2/server.ts', '../../reconciler/errors.ts', /sandbox may not import .* contradict the reconciler/],
];

for (const [path, specifier, refusal] of CASES) {
  t(`${path} ${refusal ? 'may not' : 'may'} import ${specifier}`, () => {
    const sentence = judgeImport(path, specifier);
    if (refusal) assert.match(sentence ?? 'allowed', refusal);
    else assert.is(sentence, undefined);
  });
}

t('names only layers that exist', () => {
  const names = new Set(LAYERS.map((layer) => layer.name));
  assert.is(names.size, LAYERS.length);
  for (const layer of LAYERS) for (const other of layer.layers) assert.ok(names.has(other), `${layer.name} names ${other}`);
});

t('gives every folder of the reconciler a layer', () => {
  for (const path of [
    'reconciler/report/html.ts',
    'reconciler/chaos/choose.ts',
    'reconciler/observe/decode.ts',
    'reconciler/run/port.ts',
  ]) {
    assert.ok(layerOf(path), path);
  }
});

t('tells file, line and layer of a wrong import in a tree', () => {
  const root = mkdtempSync(join(tmpdir(), 'albedo-layers-'));
  try {
    mkdirSync(join(root, 'sandbox'));
    writeFileSync(join(root, 'sandbox', 'spy.ts'), "import 'node:fs';\nimport { EXIT } from '../reconciler/errors.ts';\n");
    const { wrong, read } = checkLayers(root);
    assert.is(read, 2);
    assert.is(wrong.length, 1);
    assert.match(wrong[0] ?? '', /^sandbox\/spy\.ts:2: the layer sandbox may not import/);
  } finally {
    rmSync(root, { recursive: true });
  }
});

const edges = (...pairs: string[]) =>
  pairs.map((pair) => {
    const [from = '', how, to = ''] = pair.split(' ');
    return { from, to, typeOnly: how === '~>' };
  });

t('finds files that reach each other, and no others', () => {
  assert.equal(findCircles(edges('a -> b', 'b -> c', 'c -> a', 'c -> d', 'd -> e', 'e -> d', 'f -> a', 'g -> g')), [
    ['a', 'b', 'c'],
    ['d', 'e'],
    ['g'],
  ]);
  assert.equal(findCircles(edges('a -> b', 'a -> c', 'b -> d', 'c -> d')), []);
});

t('refuses every circle, at run time and of types alone', () => {
  assert.equal(judgeCircles(edges('a -> b', 'b -> a')), ['these files load each other: a, b']);
  assert.equal(judgeCircles(edges('a -> b', 'b ~> a')), ["these files need each other's types: a, b"]);
  assert.equal(judgeCircles(edges('a -> b', 'b -> a', 'b ~> c', 'c ~> b')), [
    'these files load each other: a, b',
    "these files need each other's types: a, b, c",
  ]);
  assert.equal(judgeCircles(edges('a -> b', 'a ~> c', 'b -> c')), []);
});

t('holds in this checkout', () => {
  const { wrong, read } = checkLayers(fileURLToPath(new URL('../../../', import.meta.url)));
  assert.equal(wrong, []);
  assert.ok(read > 0);
});

t.run();
