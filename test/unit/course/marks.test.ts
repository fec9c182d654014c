/** Marks as text, and those of a class; the quiz in a terminal and as a page. What students write cannot leave its cell. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { collect, handedIn } from '../../../course/hand-in.ts';
import type { Marks } from '../../../course/mark.ts';
import { classCsv, classMarkdown, marksMarkdown, marksText } from '../../../course/marks-text.ts';
import { askAll, gradeText } from '../../../course/quiz/ask.ts';
import { quizPage } from '../../../course/quiz/page.ts';
import { QUESTIONS } from '../../../course/quiz/questions.ts';
import { suite } from '../../support/suite.ts';

const t = suite<{ folder: string }>('course marks');
t.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'albedo-marks-'));
});
t.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const marks = (found: string): Marks => ({
  ...{ exercise: 'sticky', title: 'Sticky sessions', chapter: 9, stack: 'course', points: 1, of: 4 },
  marks: [
    { title: 'A cookie', points: 1, right: true, found: 'AWSALB', next: '' },
    { title: 'It stays', points: 3, right: false, found, next: 'Set stickiness.' },
  ],
});

t('text: what was found, what is missing, and what to do next', () => {
  assert.equal(marksText(marks('2 instances')).split('\n'), [
    'sticky: Sticky sessions',
    '  ✔ A cookie (1 of 1)',
    '      AWSALB',
    '  ✘ It stays (0 of 3)',
    '      2 instances',
    '      → Set stickiness.',
    '✘ 1 of 4 points',
  ]);
});

t('what was found is data in a comment', () => {
  const text = marksMarkdown([marks('<img src=x>\n@everyone [a](http://evil.example) | `x`')]);
  assert.match(text, '### Exercises: 1 of 4 points');
  for (const bad of ['<img', '@everyone', '](', '| `x`', 'http://']) assert.not.ok(text.includes(bad), bad);
});

t('a class: a row for each student, a formula is text, what is no marks is named', ({ folder }) => {
  mkdirSync(join(folder, 'dana'));
  writeFileSync(join(folder, 'dana', 'marks.json'), JSON.stringify({ version: 1, marks: [marks('x')] }));
  writeFileSync(join(folder, '=cmd.json'), JSON.stringify({ version: 1, marks: [] }));
  writeFileSync(join(folder, 'broken.json'), '{');
  writeFileSync(join(folder, 'forged.json'), JSON.stringify({ marks: [{ ...marks('x'), points: 'many' }] }));
  const { rows, wrong } = collect(folder);
  assert.equal(wrong, ['broken.json', 'forged.json']);
  assert.equal(classCsv(rows).split('\n'), ['student,sticky,total', '"\'=cmd",,0', '"dana",1,1', '']);
  assert.match(classMarkdown(rows), '| dana | 1 of 4 | 1 |');
  assert.match(classMarkdown(rows), 'not handed in');
});

t('handed in is what is named after an exercise, and no link', ({ folder }) => {
  writeFileSync(join(folder, 'sticky.yaml'), '');
  writeFileSync(join(folder, 'notes.yaml'), '');
  symlinkSync('/etc/passwd', join(folder, 'tls.yaml'));
  assert.equal(
    handedIn(folder).map(({ exercise }) => exercise.name),
    ['sticky'],
  );
});

t('the terminal: right, wrong, skipped, no letter, and the end', async () => {
  const said: string[] = [];
  const three = QUESTIONS.slice(0, 3);
  const answers = await askAll(three, Readable.from(['b\n', 'z\n', 'a\n', '\n']), (text) => void said.push(text));
  assert.equal(answers, { 'two-zones': 'b', 'public-subnet': 'a' });
  assert.ok(said.some((text) => text.startsWith('Right. ')));
  assert.ok(said.some((text) => text.startsWith('Not right: c) A route')));
  assert.ok(said.some((text) => text.startsWith('Answer with a, b, c or d')));
  assert.match(gradeText(answers, three), '1 of 3 right, 1 wrong, 1 open.\nRead again: chapter 1.');
  assert.equal(await askAll(three, Readable.from(['q\n']), () => {}), {});
  assert.equal(await askAll(three, Readable.from([]), () => {}), {});
});

t('the page holds every question, and asks no network', () => {
  const page = quizPage(QUESTIONS);
  assert.is(page.match(/<fieldset/g)?.length, QUESTIONS.length);
  assert.match(page, "default-src 'none'");
  assert.not.match(page, /(src|href)=/);
  const [question] = QUESTIONS;
  assert.ok(question);
  assert.match(quizPage([{ ...question, question: '<script>alert(1)</script>?' }]), '&lt;script&gt;');
});

t.run();
