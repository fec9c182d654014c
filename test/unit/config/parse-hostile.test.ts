import * as assert from 'uvu/assert';
import { MAX_SPEC_BYTES } from '../../../reconciler/config/bytes.ts';
import { parseSpec } from '../../../reconciler/config/parse.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/parse: hostile files');

function only(source: string | Uint8Array): string {
  const { problems, value } = parseSpec(source, 'f');
  assert.is(value, undefined);
  assert.is(problems.length, 1, problems.map((problem) => problem.message).join('\n'));
  const [problem] = problems;
  return `${problem?.line}:${problem?.column} ${problem?.message}`;
}

const bytes = (...parts: (string | number[])[]): Uint8Array => Buffer.concat(parts.map((part) => Buffer.from(part as string)));

t('bytes that are not UTF-8 are named by offset, line and column', () => {
  assert.match(only(bytes('a: ', [0xe9], '\n')), /^1:4 .*byte 3 \(0xE9\)/);
  assert.match(only(bytes('a: é\nb: ü', [0xff])), /^2:5 .*byte 11 \(0xFF\)/);
  assert.match(only(bytes('a: 1\n', [0xc3, 0xa9, 0xe2, 0x82], 'A')), /^2:2 .*byte 7 \(0xE2\)/, 'a character cut short in the middle');
  assert.match(only(bytes('a: 1\n', [0xf0, 0x9f, 0x98])), /^2:1 .*byte 5 \(0xF0\)/, 'a character cut short at the end');
  assert.match(only(bytes([0xef, 0xbb, 0xbf], 'ab', [0x80])), /^1:3 .*byte 5 \(0x80\)/, 'the byte order mark takes no column');
  assert.match(only(bytes([0xed, 0xa0, 0x80])), /^1:1 .*0xED/, 'a surrogate is no character');
  assert.match(only(bytes([0xc0, 0xaf])), /^1:1 .*0xC0/, 'nor is an overlong form');
});

t('UTF-16 and UTF-32 are told, not shown as control characters', () => {
  for (const source of [
    Buffer.from('\uFEFFa: 1', 'utf16le'),
    Buffer.from('a: 1', 'utf16le'),
    Buffer.from('\uFEFFa: 1', 'utf16le').swap16(),
    bytes([0, 0x61, 0, 0x3a]),
  ])
    assert.match(only(source), /^1:1 .*UTF-16, and a spec must be UTF-8/);
  assert.match(only(bytes([0xff, 0xfe, 0, 0])), /UTF-32/);
});

t('a byte order mark is read past', () => {
  assert.equal(parseSpec(bytes([0xef, 0xbb, 0xbf], 'a: 1'), 'f').value, { a: 1 });
});

t('control characters and marks that mislead a reader', () => {
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['a: "x\0"', '1:6', /NUL/],
    ['a: 1\nb: \x1b[31m', '2:4', /control character U\+001B/],
    ['a: x\x7f', '1:5', /U\+007F/],
    ['a: 1\nb: \u202Eevil', '2:4', /changes the direction of text \(U\+202E\)/],
    ['a: "x\uFEFFy"', '1:6', /byte order mark in the middle/],
    ['a: "\uD800"', '1:5', /surrogate/],
    ['a: 1 # x\ry: 1', '1:9', /carriage return/],
    ['a: 1\n\u00A0 b: 1', '2:1', /no-break space/],
    ['a:\u00A080', '1:3', /no-break space/],
  ];
  for (const [text, place, message] of rows) {
    const [problem] = parseSpec(text, 'f').problems.filter((each) => message.test(each.message));
    assert.is(`${problem?.line}:${problem?.column}`, place, JSON.stringify(text));
  }
  assert.equal(parseSpec('a: "x\u00A0y 😀"', 'f').problems, [], "a no-break space in text, and an emoji, are nobody's mistake");
  assert.is(parseSpec(`a: "${'\x01'.repeat(5000)}"`, 'f').problems.length, 6, 'five are named, the rest are counted');
});

t('a file over 1 MiB is refused with its size, unread', () => {
  assert.match(only(new Uint8Array(10 * 1024 * 1024)), /10\.0 MiB large/);
  assert.match(only('x'.repeat(MAX_SPEC_BYTES + 1)), /more than 1 MiB/);
  assert.match(only(Buffer.from(`a: "${'é'.repeat(MAX_SPEC_BYTES)}"`)), /2\.0 MiB/);
  const full = `a: "${'x'.repeat(MAX_SPEC_BYTES - 5)}"`;
  assert.is(parseSpec(full, 'f').problems.length, 0, '1 MiB itself is read');
});

t('deep nesting is refused at the level that is too deep, whatever makes it', () => {
  assert.match(only('['.repeat(100_000)), /^1:\d+ .*more than 64 levels/);
  assert.match(only('- '.repeat(100_000)), /more than 64 levels/);
  assert.match(only('a: {'.repeat(100_000)), /more than 64 levels/);
  assert.match(only(Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')), /more than 64 levels/);
  assert.match(only('? '.repeat(100_000)), /more than 64 levels/);
  const deep = (levels: number): string => `a: ${'['.repeat(levels)}1${']'.repeat(levels)}`;
  assert.equal(parseSpec(deep(60), 'f').problems, []);
});

t('a billion laughs', () => {
  const names = [...'abcdefgh'];
  const few = names
    .map(
      (name, i) =>
        `${name}: &${name} [${
          i === 0
            ? Array(12).fill('x').join(', ')
            : Array(7)
                .fill(`*${names[i - 1]}`)
                .join(', ')
        }]`,
    )
    .join('\n');
  const problems = parseSpec(few, 'f').problems;
  assert.is(problems.length, 1);
  assert.match(problems[0]?.message ?? '', /more than 100,000 values/);
  assert.match(only(Array.from({ length: 40 }, (_, i) => `k${i}: &n${i} [*n${i}]`).join('\n')), /more than 64 anchors and aliases/);
});

t('aliases that add up to too many levels', () => {
  const nest = Array.from({ length: 14 }, (_, i) => `k${i}: &n${i} [[[[[${i === 0 ? 1 : `*n${i - 1}`}]]]]]`).join('\n');
  assert.match(parseSpec(nest, 'f').problems[0]?.message ?? '', /or 64 levels/);
});

t('a megabyte of anything ends in problems, and not many of them', () => {
  for (const piece of [
    ']',
    '[]',
    ',',
    ': ',
    '&a ',
    '*a ',
    '!x ',
    '%x\n',
    '---\n',
    '...\n',
    '"a" ',
    "'",
    '"',
    '-',
    ' ',
    '\t',
    '\n',
    'a:\n',
    'x\n',
    '? ',
    '|\n',
    '{a',
    '#',
    'a:b ',
    '\r',
    '\u00A0',
    '{,',
    'a: b: ',
  ]) {
    const { problems } = parseSpec(piece.repeat(MAX_SPEC_BYTES / 4 / piece.length), 'f');
    assert.ok(problems.length > 0 && problems.length <= 101, `${JSON.stringify(piece)}: ${problems.length} problems`);
  }
});

t('names by the thousand take no quadratic time to compare', () => {
  const { value, problems } = parseSpec(Array.from({ length: 14_000 }, (_, i) => `k${i}: 1`).join('\n'), 'f');
  assert.equal(problems, []);
  assert.is(Object.keys(value as object).length, 14_000);
});

t.run();
