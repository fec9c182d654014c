import * as assert from 'uvu/assert';
import { mergeProblems } from '../../../reconciler/config/places.ts';
import { blankSecrets, quoteValue } from '../../../reconciler/config/quote.ts';
import { renderProblems, toAnnotations } from '../../../reconciler/config/render.ts';
import type { Problem } from '../../../reconciler/errors.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/render');

const problem = (line: number, column: number, more: Partial<Problem> = {}): Problem => ({
  file: 'web.yaml',
  line,
  column,
  path: 'a.b',
  message: 'It is wrong.',
  severity: 'error',
  ...more,
});
const source = (text: string | Uint8Array): Map<string, string | Uint8Array> => new Map([['web.yaml', text]]);

t('place, message, line, caret and hint', () => {
  assert.is(
    renderProblems([problem(2, 3, { hint: 'Did you mean `port`?' })], { source: source('a:\r\n  prot: 80\r\n') }),
    ['web.yaml:2:3  error: It is wrong.', '  2 |   prot: 80', '    |   ^^^^', '      Did you mean `port`?', ''].join('\n'),
  );
});

t('without the source, without a hint, and past the end', () => {
  assert.is(renderProblems([problem(2, 3)]), 'web.yaml:2:3  error: It is wrong.\n');
  assert.is(
    renderProblems([problem(9, 3, { hint: 'So.', severity: 'warning' })], { source: source('a\n') }),
    'web.yaml:9:3  warning: It is wrong.\n  So.\n',
  );
  assert.is(renderProblems([]), '');
});

t("colours are the caller's", () => {
  const out = renderProblems([problem(1, 1, { hint: 'h' })], {
    source: source('a: 1'),
    color: (style, text) => `<${style}>${text}</${style}>`,
  });
  assert.is(
    out,
    '<place>web.yaml:1:1</place>  <error>error:</error> It is wrong.\n  <source>1 | a: 1</source>\n  <source>  | </source><caret>^</caret>\n      <hint>h</hint>\n',
  );
});

t('the caret stands below its place: tabs, wide characters, long lines', () => {
  const below = (line: string, column: number): string => {
    const [, text = '', caret = ''] = renderProblems([problem(1, column)], { source: source(line) }).split('\n');
    return text.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1);
  };
  assert.is(below('\ta: xyz', 5), 'xyz');
  assert.is(below('a: "x y" # c', 4), '"x y"');
  assert.is(below(`${'x'.repeat(300)}: needle, ${'y'.repeat(300)}`, 303), 'needle');
  const [, , caret] = renderProblems([problem(1, 8)], { source: source('名: 1, b: 2') }).split('\n');
  assert.is(caret, '    |         ^', 'two cells for a wide character');
  const long = renderProblems([problem(1, 90_000)], { source: source('x'.repeat(100_000)) }).split('\n');
  for (const line of long) assert.ok(line.length < 130, line);
});

t('a terminal is not made to obey', () => {
  const out = renderProblems([problem(1, 1, { file: 'web\x1b[2J.yaml', message: 'x\x1b[31m\ny', hint: '\x07' })], {
    source: new Map([['web\x1b[2J.yaml', 'a: \x1b[31m\u202E']]),
  });
  for (const character of ['\x07', '\x1b', '\u202E']) assert.not.ok(out.includes(character), JSON.stringify(out));
  assert.is(out.split('\n').length, 5);
});

t('secrets are blanked in the line that is shown', () => {
  const rows = [
    ['password: hunter2', 'password: *******'],
    ['  - dbPassword: "x y"', '  - dbPassword: *****'],
    ['a: { token: abc, port: 80 }', 'a: { token: ***, port: 80 }'],
    ['key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', `key: ${'*'.repeat(40)}`],
    ['id: AKIAIOSFODNN7EXAMPLE', `id: ${'*'.repeat(20)}`],
    ['path: /status', 'path: /status'],
    ['commit: 0123456789abcdef0123456789abcdef01234567', 'commit: 0123456789abcdef0123456789abcdef01234567'],
    ['secrets: [a]', 'secrets: [a]'],
  ] as const;
  for (const [line, wanted] of rows) assert.is(blankSecrets(line), wanted);
});

t('values are cut between characters', () => {
  assert.is(quoteValue('x'.repeat(60)), `\`${'x'.repeat(60)}\``);
  assert.is(quoteValue(`${'x'.repeat(59)}😀`), `\`${'x'.repeat(59)}…\``);
  assert.is(quoteValue('a\nb\t\u202E'), '`a\\nb\\t\\u202E`');
  assert.is(quoteValue({ a: 1 }), '`{"a":1}`');
});

t('annotations', () => {
  assert.equal(toAnnotations([problem(2, 3, { hint: 'So.' }), problem(1, 1, { path: '', severity: 'warning' })]), [
    { file: 'web.yaml', line: 2, col: 3, title: 'Spec error: a.b', message: 'It is wrong. So.', level: 'error' },
    { file: 'web.yaml', line: 1, col: 1, title: 'Spec warning', message: 'It is wrong.', level: 'warning' },
  ]);
});

t('merging sorts, drops equal ones, and counts past 100 of a file, also when done again', () => {
  const many = Array.from({ length: 130 }, (_, i) => problem(i + 1, 1)).reverse();
  const once = mergeProblems([...many, ...many, problem(1, 1, { file: 'z.yaml' })]);
  assert.is(once.length, 102);
  assert.match(once[100]?.message ?? '', /^And 30 more problems/);
  assert.is(once[100]?.line, 101);
  assert.is(once[101]?.file, 'z.yaml');
  const twice = mergeProblems([...once, problem(3, 2)]);
  assert.is(twice.length, 102);
  assert.match(twice[100]?.message ?? '', /^And 31 more problems/);
  assert.is(twice[3]?.column, 2);
});

t.run();
