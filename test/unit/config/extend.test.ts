/** `extends`: RFC 7396, places that stay those of the file a value stands in, and what may not be extended. */

import * as assert from 'uvu/assert';
import { mergePatch, parseExtended } from '../../../reconciler/config/extend.ts';
import { readSpec } from '../../../reconciler/config/read.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import { TUTORIAL } from '../../support/spec-text.ts';
import { suite } from '../../support/suite.ts';

const t = suite('extends');

/** Appendix A of RFC 7396: target, patch, result. */
const RFC: readonly (readonly [Json, Json, Json])[] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];
for (const [target, patch, result] of RFC)
  t(`${JSON.stringify(target)} + ${JSON.stringify(patch)}`, () => assert.equal(mergePatch(target, patch), result));

t('a key named __proto__ is data', () => {
  const done = mergePatch({}, JSON.parse('{"__proto__":{"x":1}}') as Json) as object;
  assert.ok(Object.hasOwn(done, '__proto__'));
  assert.is(({} as { x?: number }).x, undefined);
});

const files = (texts: Readonly<Record<string, string>>) => (path: string) => {
  const text = texts[path];
  if (text === undefined) throw Object.assign(new Error('x'), { code: 'ENOENT' });
  return Buffer.from(text);
};
const place = ({ file, line }: { readonly file: string; readonly line: number }) => `${file}:${line}`;

t('each value is where it stands: of a base of a base, replaced, added, taken away, within a list', () => {
  const spec = parseExtended(
    'stack: web\nextends: ../base/web.yaml\na:\n  two: 3\nlist: [8]\ngone: null\n',
    'envs/dev/web.yaml',
    files({
      '../base/web.yaml': 'extends: deep/all.yaml\na:\n  one: 1\n  two: 2\nlist:\n  - 5\n  - 6\ngone: { x: 1 }\n',
      '../base/deep/all.yaml': 'region: eu-west-1\n',
    }),
  );
  assert.equal(spec.problems, []);
  assert.equal(spec.value, { region: 'eu-west-1', a: { one: 1, two: 3 }, list: [8], stack: 'web' });
  assert.equal(
    spec.bases.map(({ file }) => file),
    ['envs/base/web.yaml', 'envs/base/deep/all.yaml'],
  );
  for (const [path, where] of [
    ['stack', 'envs/dev/web.yaml:1'],
    ['region', 'envs/base/deep/all.yaml:1'],
    ['a.one', 'envs/base/web.yaml:3'],
    ['a.two', 'envs/dev/web.yaml:4'],
    ['list[0]', 'envs/dev/web.yaml:5'],
    ['list[1]', 'envs/dev/web.yaml:5'],
    ['gone', 'envs/dev/web.yaml:6'],
    ['gone.x', 'envs/dev/web.yaml:6'],
    ['nowhere', 'envs/dev/web.yaml:1'],
  ] as const)
    assert.is(place(spec.at(path)), where, path);
  assert.is(spec.written('a.one')?.text, '1');
});

t('a mistake in a base is told with the base; one in the spec with the spec', () => {
  const base = TUTORIAL.replace(/^stack: .*\n/m, '').replace('port: 8080', 'port: 80800');
  assert.match(base, 'port: 80800');
  const line = base.split('\n').findIndex((each: string) => each.includes('port: 80800')) + 1;
  const texts: Readonly<Record<string, string>> = { 'base.yaml': base };
  const read = (text: string) => readSpec(Buffer.from(text), 'dev.yaml', { ...hashing, readText: (path) => String(files(texts)(path)) });
  const wrong = read('stack: dev\nextends: ./base.yaml\nload: { rate: many }\n').problems.filter(({ severity }) => severity === 'error');
  assert.equal(wrong.map(place), [`base.yaml:${line}`, 'dev.yaml:3']);
  const right = read('stack: dev\nextends: ./base.yaml\ntargetGroups: { web: { port: 8080 } }\n');
  assert.equal(
    right.problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.is(right.spec?.stack.name, 'dev');
});

const WRONG: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ['extends: 3', {}, /path of one YAML file/],
  ['extends: [a.yaml]', {}, /path of one YAML file/],
  ['extends: null', {}, /path of one YAML file/],
  ['extends: /etc/base.yaml', {}, /path of one YAML file/],
  ['extends: "C:/x.yaml"', {}, /path of one YAML file/],
  ['extends: base.json', {}, /path of one YAML file/],
  ['extends: a.yaml', {}, /^a\.yaml cannot be read: there is no such file/],
  ['extends: ./web.yaml', {}, /extends this file again/],
  ['extends: a.yaml', { 'a.yaml': 'extends: b.yaml', 'b.yaml': 'extends: ./a.yaml' }, /extends this file again/],
  [
    'extends: 0.yaml',
    Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`${n}.yaml`, `extends: ${n + 1}.yaml`])),
    /more than 8 files/i,
  ],
  ['extends: a.yaml', { 'a.yaml': 'a: [' }, /never closed|not closed|bracket|ends/i],
];
for (const [text, texts, why] of WRONG)
  t(`${text}: ${why.source}`, () => {
    const spec = parseExtended(`stack: web\n${text}\n`, 'envs/web.yaml', files(texts));
    assert.is(spec.value, undefined);
    assert.match(spec.problems.map(({ message }) => message).join('\n'), why);
  });

t.run();
