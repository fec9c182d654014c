import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readPlainText } from '../../reconciler/run/plain-file.ts';
import { type Exercise, verdict } from '../exercise.ts';
import { grade, readAnswers } from '../quiz/grade.ts';
import { QUESTIONS } from '../quiz/questions.ts';

const NEEDED = 0.8;

export const selfCheck: Exercise = {
  name: 'self-check',
  chapter: 7,
  title: 'Self-check',
  task: 'Answer the questions with albedo quiz --save answers.txt, in the folder of your spec.',
  criteria: [
    {
      title: `${Math.ceil(NEEDED * QUESTIONS.length)} of ${QUESTIONS.length} answers are right`,
      points: 4,
      look: (look) => {
        const file = join(dirname(resolve(look.named.file)), 'answers.txt');
        if (!existsSync(file))
          return verdict(false, 'there is no answers.txt in the folder of the spec', 'Run albedo quiz --save answers.txt.');
        const { right, wrong, open } = grade(readAnswers(readPlainText(file, 1024 * 1024)));
        const again = [...wrong, ...open].map(({ chapter }) => chapter);
        return verdict(
          right.length >= Math.ceil(NEEDED * QUESTIONS.length),
          `${right.length} right, ${wrong.length} wrong, ${open.length} open`,
          `Read again: chapter ${[...new Set(again)].sort((a, b) => a - b).join(', ')}.`,
        );
      },
    },
  ],
};
