import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parseSpec } from '../../../reconciler/config/parse.ts';
import { formatPath, parsePath } from '../../../reconciler/config/path.ts';
import { lineStarts, positionAt } from '../../../reconciler/config/places.ts';
import { renderProblems } from '../../../reconciler/config/render.ts';
import { checkSpec } from '../../../reconciler/config/validate.ts';
import { goodSpec, specSchema } from '../../support/spec-schema.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec: properties');

/** Ends by itself on a slow machine; a failure prints its seed. */
const BOUNDS = { numRuns: 400, interruptAfterTimeLimit: 8_000 };

/** Every problem is within the file, in order, told in words, and can be shown. */
function holds(source: string | Uint8Array): void {
  const { problems, spec } = checkSpec(source, 'f', specSchema);
  const text = (typeof source === 'string' ? source : new TextDecoder('utf-8').decode(source)).replace(/^\uFEFF/, '');
  const lines = text.split('\n');
  let before = [0, 0];
  for (const { line, column, message } of problems) {
    assert.ok(Number.isInteger(line) && Number.isInteger(column) && line >= 1 && column >= 1, `${line}:${column}`);
    const width = lines[line - 1]?.length;
    assert.ok(width !== undefined, `line ${line} of ${lines.length}`);
    assert.ok(column <= width + 1, `column ${column} of ${width} in line ${line}: ${message}`);
    assert.ok(line > (before[0] ?? 0) || (line === before[0] && column >= (before[1] ?? 0)), 'sorted');
    before = [line, column];
    assert.ok(message.length > 10 && message.length < 1500, message);
    assert.not.match(message, /undefined|NaN\b(?!`)|\[object/);
  }
  assert.ok(problems.length <= 101);
  if (spec.value === undefined) assert.ok(problems.length > 0, 'nothing to build from, and no reason told');
  const shown = renderProblems(problems, { source: new Map([['f', source]]) });
  assert.ok(
    [...shown].every((character) => character === '\n' || character >= ' '),
    JSON.stringify(shown),
  );
}

t('arbitrary bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), holds), BOUNDS);
});

t('arbitrary text', () => {
  fc.assert(fc.property(fc.string({ maxLength: 300, unit: 'binary' }), holds), BOUNDS);
});

const PIECES = [
  'a',
  'b: ',
  ':',
  '- ',
  '\n',
  '\n  ',
  '\n    ',
  '\t',
  '[',
  ']',
  '{',
  '}',
  ',',
  '"',
  "'",
  '|',
  '>',
  '&x ',
  '*x',
  '!t ',
  '<<: ',
  '? ',
  '#c',
  '---',
  '...',
  '%YAML 1.2',
  '080',
  '1',
  'null',
  'true',
  '\r\n',
  '\\',
  '@',
  '~',
  '__proto__: ',
  'é',
  '😀',
  ' ',
  '\u00A0',
  '\0',
  '\uFEFF',
];

t('text made of what YAML is made of', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join('')),
      holds,
    ),
    { ...BOUNDS, numRuns: 3000 },
  );
});

t('a good spec with something put in or cut out', () => {
  const change = fc.record({ at: fc.nat(goodSpec.length), cut: fc.nat(12), put: fc.constantFrom('', ...PIECES) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      holds(changes.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), goodSpec));
    }),
    { ...BOUNDS, numRuns: 1500 },
  );
});

t('JSON is read as it is: YAML 1.2 holds it', () => {
  const reserved = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);
  const key = fc.string({ maxLength: 8 }).filter((name) => !reserved.has(name));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      fc.double({ noDefaultInfinity: true, noNaN: true }).filter((n) => Math.abs(n) < 2 ** 53 && Math.abs(n) > 1e-6),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true }), (written) => {
      const parsed = parseSpec(JSON.stringify(written), 'f');
      assert.equal(parsed.problems, []);
      assert.equal(parsed.value, JSON.parse(JSON.stringify(written)));
    }),
    BOUNDS,
  );
});

t('any value against the schema: no type of mistake is left without words', () => {
  const names = fc.constantFrom(
    'stack',
    'region',
    'network',
    'vpc',
    'subnets',
    'targetGroups',
    'web',
    'port',
    'healthCheck',
    'interval',
    'stickiness',
    'type',
    'listeners',
    'protocol',
    'certificate',
    'certificates',
    'iam',
    'acm',
    'id',
    'cidrBlock',
    'x_1',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom('HTTP', 'HTTPS', 'lb_cookie', '10s', 'yes', '', 'default', 0, 1, 80, 1e9, 0.5, true, null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(names, value, { maxKeys: 8, noNullPrototype: true }), (spec) => holds(JSON.stringify(spec, null, 1))),
    { ...BOUNDS, numRuns: 1500 },
  );
});

t('paths are read back', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(99), fc.string({ maxLength: 6, unit: 'binary' }))), (parts) =>
      assert.equal(parsePath(formatPath(parts)), parts),
    ),
    BOUNDS,
  );
});

t('positions are those of counting by hand', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', '\n', '\r\n', 'é'), { maxLength: 30 }).map((pieces) => pieces.join('')),
      fc.nat(40),
      (text, offset) => {
        const before = text.slice(0, offset).split('\n');
        const end = Math.min(offset, text.length);
        assert.equal(positionAt(lineStarts(text), end), { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
      },
    ),
    BOUNDS,
  );
});

t.run();
