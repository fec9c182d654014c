import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Json } from '../../../reconciler/model/json.ts';
import { mapRefs, outputAt, refsIn, valueAt, valuesAt, withValue } from '../../../reconciler/model/paths.ts';
import { suite } from '../../support/suite.ts';

const t = suite('model/paths');

const ANSWER: Json = {
  a: { b: 1, list: [{ k: 'x', in: [1, 2] }, { k: 'y', in: [3] }, { other: true }], none: null, text: '' },
  '0': 'zero',
  arn: 'arn:aws:loadbalancer/app/web/1',
  flag: false,
};

for (const [path, values] of [
  ['', [ANSWER]],
  ['a.b', [1]],
  ['a.list[].k', ['x', 'y']],
  ['a.list[0].k', ['x']],
  ['a.list[2].k', []],
  ['a.list[9]', []],
  ['a.list[].in[]', [1, 2, 3]],
  ['a.list[].in[0]', [1, 3]],
  ['a.none', []],
  ['a.none.x', []],
  ['a.text', ['']],
  ['a.b.c', []],
  ['a.b[]', []],
  ['a.list.k', []],
  ['nothing', []],
  ['toString', []],
  ['0', ['zero']],
  ['flag', [false]],
  ['a.list', [(ANSWER as { a: { list: Json } }).a.list]],
] as readonly (readonly [string, readonly Json[]])[]) {
  t(`values at ${path === '' ? 'the empty path' : path}`, () => assert.equal(valuesAt(ANSWER, path), values));
}

t('nothing is nowhere', () => {
  assert.equal(valuesAt(undefined, 'a'), []);
  assert.equal(valuesAt(null, ''), []);
  assert.is(valueAt(undefined, 'a'), undefined);
  assert.equal(valuesAt([1, 2], '[]'), [1, 2]);
  assert.equal(valuesAt([1, 2], '[1]'), [2]);
});

t('a path that spreads gives a list, any other the first value', () => {
  assert.equal(valueAt(ANSWER, 'a.list[].k'), ['x', 'y']);
  assert.equal(valueAt(ANSWER, 'nothing[].k'), []);
  assert.is(valueAt(ANSWER, 'a.b'), 1);
});

t('an output is a text, or the text after a mark', () => {
  assert.is(outputAt(ANSWER, 'a.b'), '1');
  assert.is(outputAt(ANSWER, 'flag'), 'false');
  assert.is(outputAt(ANSWER, 'arn|loadbalancer/'), 'app/web/1');
  assert.is(outputAt(ANSWER, 'a'), undefined);
  assert.is(outputAt(ANSWER, 'nothing'), undefined);
  assert.is(outputAt(ANSWER, 'nothing|x'), undefined);
});

t('an output whose mark is missing is not known', () => {
  assert.is(outputAt(ANSWER, 'arn|targetgroup/'), undefined);
});

t('what is put at a path is found there, and nothing else moves', () => {
  const keys = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(keys, fc.integer(), (parts, value) => {
      const path = parts.join('.');
      const target = { z: 1, a: { q: 2 } };
      const put = withValue(target, path, value);
      assert.is(valueAt(put, path), value);
      assert.is(valueAt(put, 'z'), 1);
      if (parts[0] !== 'a' || parts.length > 1) assert.is(valueAt(put, 'a.q'), 2);
      assert.equal(target, { z: 1, a: { q: 2 } }, 'the target is left as it was');
    }),
  );
  assert.equal(withValue('text', 'a.b', 1), { a: { b: 1 } });
  assert.equal(withValue({ a: [1] }, 'a.b', 1), { a: { b: 1 } });
});

t('references are found wherever they are', () => {
  const value: Json = [{ x: { $ref: 'vpc/main.id' } }, { $ref: 'instance/web-1.id', ready: true }, 'text', null, { $ref: 7 }];
  assert.equal(refsIn(value), [
    { address: 'vpc/main', output: 'id', ready: false },
    { address: 'instance/web-1', output: 'id', ready: true },
  ]);
  assert.equal(refsIn(undefined), []);
});

t('references are replaced where something is known of them', () => {
  const value: Json = { a: [{ $ref: 'vpc/main.id' }, { $ref: 'vpc/x.id' }], b: { c: 'd' }, e: null };
  assert.equal(
    mapRefs(value, (address, output) => (address === 'vpc/main' ? `${output} of it` : undefined)),
    { a: ['id of it', { $ref: 'vpc/x.id' }], b: { c: 'd' }, e: null },
  );
});

t.run();
