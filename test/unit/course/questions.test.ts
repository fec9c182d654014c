/** The questions as data: every one has a right answer, an explanation, a chapter, and a situation that exists. */
import * as assert from 'uvu/assert';
import { EXERCISES } from '../../../course/exercises.ts';
import { grade, letterOf, readAnswers, writeAnswers } from '../../../course/quiz/grade.ts';
import { QUESTIONS } from '../../../course/quiz/questions.ts';
import { SITUATIONS } from '../../../course/quiz/situations.ts';
import { suite } from '../../support/suite.ts';

const t = suite('course questions');
const all = Object.fromEntries(QUESTIONS.map(({ id, right }) => [id, letterOf(right)]));

t('there are at least 40, each with an id of its own, and some for every chapter with a new subject', () => {
  assert.ok(QUESTIONS.length >= 40);
  assert.is(new Set(QUESTIONS.map(({ id }) => id)).size, QUESTIONS.length);
  assert.equal(
    [...new Set(QUESTIONS.map(({ chapter }) => chapter))].sort((a, b) => a - b),
    Array.from({ length: 14 }, (_, i) => i + 1),
  );
});

for (const { id, question, answers, right, why, chapter, tryIt } of QUESTIONS)
  t(`${id} is complete`, () => {
    assert.match(question, /\?$/);
    assert.ok(answers.length >= 2 && answers.length <= 4);
    assert.is(new Set(answers).size, answers.length);
    assert.ok(answers[right] !== undefined);
    assert.match(why, /^.{20,}\.$/s);
    assert.ok(EXERCISES.some((exercise) => exercise.chapter === chapter));
    if (tryIt !== undefined)
      assert.ok(
        SITUATIONS.some(({ name }) => name === tryIt),
        `there is no situation ${tryIt}`,
      );
  });

t('every situation belongs to a question', () => {
  for (const { name } of SITUATIONS)
    assert.ok(
      QUESTIONS.some(({ tryIt }) => tryIt === name),
      name,
    );
});

t('the right answer is in no favourite place', () => {
  const counts = [0, 1, 2, 3].map((index) => QUESTIONS.filter(({ right }) => right === index).length);
  assert.ok(Math.max(...counts) < QUESTIONS.length * 0.7, counts.join());
});

t('answers are graded: right, wrong and open', () => {
  assert.is(grade(all).right.length, QUESTIONS.length);
  const { right, wrong, open } = grade({ ...all, 'two-zones': 'a', constructor: 'a' });
  assert.equal([right.length, wrong.map(({ id }) => id), open.length], [QUESTIONS.length - 1, ['two-zones'], 0]);
  assert.is(grade({}).open.length, QUESTIONS.length);
});

t('saved answers come back; a file that holds others is refused', () => {
  assert.equal(readAnswers(writeAnswers(all)), all);
  assert.throws(() => readAnswers('- a\n'), /not a map/);
  assert.throws(() => readAnswers('p95: z\n'), /the answer to p95 is not a letter/);
  assert.throws(() => readAnswers(''), /not a map/);
});

t('chapters and exercises go together', () => {
  assert.equal(
    EXERCISES.map(({ chapter }) => chapter),
    Array.from({ length: 14 }, (_, i) => i + 1),
  );
  assert.is(new Set(EXERCISES.map(({ name }) => name)).size, EXERCISES.length);
});

t.run();
