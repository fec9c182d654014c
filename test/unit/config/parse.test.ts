import * as assert from 'uvu/assert';
import { parseSpec } from '../../../reconciler/config/parse.ts';
import { formatPath, parsePath } from '../../../reconciler/config/path.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/parse');

type Row = readonly [name: string, text: string, ...expected: (readonly [line: number, column: number, message: RegExp, hint?: RegExp])[]];

/** Every problem of the text is listed, in order: one too many fails as well. */
function table(rows: readonly Row[]): void {
  for (const [name, text, ...expected] of rows) {
    t(name, () => {
      const { problems } = parseSpec(text, 'web.yaml');
      const shown = problems.map(({ line, column, message }) => `${line}:${column} ${message}`).join('\n');
      assert.is(problems.length, expected.length, `expected ${expected.length} problems, got:\n${shown}`);
      for (const [index, [line, column, message, hint]] of expected.entries()) {
        const problem = problems[index];
        assert.is(`${problem?.line}:${problem?.column}`, `${line}:${column}`, shown);
        assert.match(problem?.message ?? '', message);
        if (hint !== undefined) assert.match(problem?.hint ?? '', hint);
        assert.is(problem?.file, 'web.yaml');
        assert.is(problem?.severity, 'error');
      }
    });
  }
}

table([
  ['tab as indentation', 'a:\n\tb: 1\n', [2, 1, /tab is used for indentation/, /two spaces/]],
  ['tab after good lines', 'a:\n  b: 1\n\tc: 1\n', [3, 1, /tab is used/]],
  ['bracket not closed', 'a: [1, 2\nb: 3\n', [1, 4, /`\[` that opens here is not closed before line 2/, /`\]`/]],
  ['brace not closed', 'x: 1\na: {x: 1\n', [2, 4, /`\{` that opens here is not closed/]],
  ['inner bracket not closed', 'a: {x: [1, 2}\nb: 1\n', [1, 8, /`\[` that opens here/]],
  ['bracket closed without indentation', 'a: [\nb\n]\n', [1, 4, /`\[` that opens here is not closed before line 2/, /indent every line/]],
  ['quote not closed', 'a: 1\nb: "foo\nc: 3\n', [2, 4, /quote that opens here is never closed/]],
  ['single quote not closed', "a: 'x''\n", [1, 4, /quote that opens here is never closed/]],
  ['two colons in a line', 'a: b: c\n', [1, 4, /two `: ` in one line/]],
  ['value and fields below it', 'port: 80\n  protocol: HTTP\n', [1, 7, /value on its own line and more indented below/]],
  ['field out of line', 'a:\n  b: 1\n c: 2\n', [3, 1, /same column/]],
  ['list item out of line', 'a:\n  - b\n - c\n', [3, 1, /list item is among fields, or is not aligned/]],
  ['field out of line in a list', 'a:\n  - x: 1\n  y: 2\n', [3, 1, /same column/]],
  ['comma missing', 'x: {a: 1 b: 2}\n', [1, 8, /comma is missing/]],
  ['comma missing at the end of a line', 'x: {a: 1\n b: 2}\n', [1, 8, /comma is missing/]],
  ['no space after the colon', 'a: 1\nport:80\nb: 2\n', [2, 1, /space is missing after the colon/, /`port: `/]],
  ['no colon', 'a: 1\nfoo\n', [2, 1, /a colon is missing/]],
  ['reserved start', 'a: @x\n', [1, 4, /may not begin with `@`/, /quotes/]],
  ['unknown escape', 'a: "\\q"\n', [1, 5, /backslash/]],
  ['closing bracket too many', 'a: {b: c}}\n', [1, 10, /`\}` closes nothing/]],
  ['comma too many', 'a: {b: 1,, c: 2}\n', [1, 10, /comma with nothing before it/]],
  ['text after a value', 'a: "x" y\n', [1, 8, /already complete/]],
  ['list on the line of its field', 'a: - b\n', [1, 4, /list begins on the line of its field/]],
  ['text on the line of |', 'a: |x\n  y\n', [1, 5, /text on the line of/]],
  ['all syntax errors at once', 'a: @x\nb: "\\q"\nc: %y\n', [1, 4, /`@`/], [2, 5, /backslash/], [3, 4, /`%`/]],

  ['duplicate key names both places', 'a: 1\nb:\n  c: 1\n  d: 2\n  c: 2\n', [5, 3, /`c` is set twice; the first is on line 3, column 3/]],
  ['three times the same', 'a: 1\na: 2\n"a": 3\n', [2, 1, /line 1, column 1/], [3, 1, /line 1, column 1/]],
  ['alias of nothing', 'a: *web\n', [1, 4, /`\*web` names an anchor that is not above it/]],
  ['alias above its anchor', 'a: *x\nb: &x 1\n', [1, 4, /not above it/]],
  ['alias in its own value', 'a: &a [*a]\n', [1, 8, /inside the value it names/]],
  ['merge key', 'x: &a {b: 1}\ny:\n  <<: *a\n', [3, 3, /merge keys \(`<<`\)/i, /alias for the whole/]],
  ['CloudFormation function', 'a: !Ref web\n', [1, 4, /`!Ref` is a function of CloudFormation/]],
  ['JavaScript tag', 'a: !!js/function "x"\n', [1, 4, /tag `!!js\/function` is not read/]],
  ['string tag', 'a: !!str 080\n', [1, 4, /tag `!!str`/, /quotes/], [1, 10, /begins with a zero/]],
  ['tag on a list', 'a: !x [1]\n', [1, 4, /tag `!x`/]],
  ['two documents', 'a: 1\n---\nb: 2\n', [2, 1, /second YAML document/, /file of its own/]],
  ['directive', '%YAML 1.1\n---\na: no\n', [1, 1, /directive/]],
  ['number with a leading zero', 'port: 080\n', [1, 7, /`080` begins with a zero/, /Write 80 .* or "080"/]],
  ['account id with a leading zero', 'a: 012345678901\n', [1, 4, /begins with a zero/, /"012345678901"/]],
  ['octal', 'a: 0o17\n', [1, 4, /not decimal/, /Write 15/]],
  ['hexadecimal', 'a: [1, 0x1F]\n', [1, 8, /not decimal/, /Write 31/]],
  ['underscores', 'a: 1_000\n', [1, 4, /underscores/, /Write 1000/]],
  ['not a number', 'a: .nan\nb: -.inf\n', [1, 4, /`.nan` is not a number/], [2, 4, /`-.inf`/]],
  ['too large to be exact', 'a: 12345678901234567890\n', [1, 4, /too large to be stored exactly/]],
  ['too large', 'a: 1e999\n', [1, 4, /too large/]],
  ['number as a name', 'a: {80: x}\n', [1, 5, /names must be text, and `80` is a number/i, /"80"/]],
  ['boolean as a name', 'true: x\n', [1, 1, /is a boolean/]],
  ['no name', ': x\n', [1, 1, /no name before it/]],
  ['list as a name', '? [a]\n: b\n', [1, 3, /must be plain text/]],
  ['prototype names', '__proto__: {x: 1}\nconstructor: 1\n', [1, 1, /`__proto__` may not be used/], [2, 1, /`constructor`/]],
  ['escaped prototype name', '"\\u005f_proto__": {x: 1}\n', [1, 1, /`__proto__` may not be used/]],
  ['empty', '', [1, 1, /file is empty/]],
  ['comments only', '# nothing\n\n', [1, 1, /file is empty/]],
  ['a list', '# x\n- a\n', [2, 1, /holds a list/]],
  ['a word', 'hello\n', [1, 1, /only the value `hello`/]],
  ['no space after the only colon', 'stack:web\n', [1, 1, /only the value/, /space after the colon/]],
  ['a secret is not echoed', '-----BEGIN PRIVATE KEY-----\n', [1, 1, /not shown/]],
]);

t('the value of good text, in the core schema of YAML 1.2', () => {
  const { value, problems } = parseSpec(
    'a: no\nb: True\nc: ~\nd:\ne: -0\nf: 1.50\ng: 2024-01-01\nh: 10:30\ni: "080"\nj: [yes, on, off, 0, +5, .5, 1e3]\nk: |\n  x\n  y\nl: 10.0.0.0/16\n',
    'f',
  );
  assert.equal(problems, []);
  assert.equal(value, {
    a: 'no',
    b: true,
    c: null,
    d: null,
    e: 0,
    f: 1.5,
    g: '2024-01-01',
    h: '10:30',
    i: '080',
    j: ['yes', 'on', 'off', 0, 5, 0.5, 1000],
    k: 'x\ny\n',
    l: '10.0.0.0/16',
  });
});

t('refused names do not change any prototype, and the rest is kept', () => {
  const { value } = parseSpec('__proto__: {polluted: 1}\na: {__proto__: {polluted: 1}, b: 2}\n', 'f');
  assert.equal(value, { a: { b: 2 } });
  assert.is(Reflect.get({}, 'polluted'), undefined);
  assert.is(Reflect.getPrototypeOf(value as object), Object.prototype);
});

t('CRLF, a byte order mark and anchors are read', () => {
  const parsed = parseSpec('\uFEFFa: &x {b: 1}\r\nc: *x\r\nd:\r\n  e: 2\r\n', 'f');
  assert.equal(parsed.problems, []);
  assert.equal(parsed.value, { a: { b: 1 }, c: { b: 1 }, d: { e: 2 } });
  assert.equal(parsed.at('a'), { file: 'f', line: 1, column: 1 });
  assert.equal(parsed.at('d.e'), { file: 'f', line: 4, column: 3 });
});

t('positions of names and values, by text and by parts', () => {
  const parsed = parseSpec('a:\n  b.c: [x, {y: 1}]\n  d: &k {e: f}\ng: *k\n', 'f');
  const at = (path: string | (string | number)[], what?: 'key' | 'value'): string => {
    const { line, column } = parsed.at(path, what);
    return `${line}:${column}`;
  };
  assert.is(at('a'), '1:1');
  assert.is(at('a', 'value'), '2:3');
  assert.is(at(['a', 'b.c']), '2:3');
  assert.is(at('a["b.c"]', 'value'), '2:8');
  assert.is(at('a["b.c"][0]'), '2:9');
  assert.is(at(['a', 'b.c', 1, 'y'], 'value'), '2:16');
  assert.is(at('g', 'value'), '4:4', 'an alias stands where it is written');
  assert.is(at('g.e', 'value'), '3:13', 'and what is in it where the anchor is');
  assert.is(at('a.d.nothing.here'), '3:3', 'what is missing is at the nearest name above it');
  assert.is(at('nothing'), '1:1');
  assert.equal(parsed.written('a.d.e'), { text: 'f', style: 'plain' });
  assert.is(parsed.written('a.d.x'), undefined);
});

t('paths are read back as they were written', () => {
  for (const parts of [[], ['a'], ['a', 0, 'b'], ['a.b', 'c d', 3], ['with"quote', 'x[0]'], ['web-1', '80', '']]) {
    assert.equal(parsePath(formatPath(parts)), parts, formatPath(parts));
  }
  assert.is(formatPath(['targetGroups', 'web-1', 'targets', 0]), 'targetGroups.web-1.targets[0]');
});

t.run();
