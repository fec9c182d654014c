import { createInterface } from 'node:readline';
import type { Answers } from './grade.ts';
import { grade, letterOf } from './grade.ts';
import type { Question } from './question.ts';

/** One question as it is printed. */
export function questionText({ question, answers, chapter }: Question, number: number, of: number): string {
  const options = answers.map((answer, index) => `  ${letterOf(index)}) ${answer}`);
  return [`${number}/${of}  ${question}  (chapter ${chapter})`, ...options].join('\n');
}

/** The text after an answer, right or wrong. */
export function replyText({ right, answers, why, tryIt }: Question, letter: string): string {
  const head = letter === letterOf(right) ? 'Right.' : `Not right: ${letterOf(right)}) ${answers[right]}.`;
  const see = tryIt === undefined ? '' : `\nSee it happen: albedo quiz --try ${tryIt}`;
  return `${head} ${why}${see}`;
}

/**
 * Asks on a terminal or through a pipe, one line for each answer. An empty line leaves a question open, `q` or the end of the input ends
 * it. The answer is what was answered.
 */
export async function askAll(
  questions: readonly Question[],
  input: NodeJS.ReadableStream,
  print: (text: string) => void,
): Promise<Answers> {
  const answers: Record<string, string> = {};
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  try {
    for (const [index, question] of questions.entries()) {
      print(`\n${questionText(question, index + 1, questions.length)}`);
      const letters = question.answers.map((_, at) => letterOf(at));
      let letter: string | undefined;
      while (letter === undefined) {
        const { value, done } = (await lines.next()) as { readonly value?: string; readonly done?: boolean };
        if (done === true) return answers;
        const said = (value ?? '').trim().toLowerCase();
        if (said === 'q') return answers;
        if (said === '' || letters.includes(said)) letter = said;
        else print(`Answer with ${letters.slice(0, -1).join(', ')} or ${letters.at(-1)}; an empty line skips the question, q quits.`);
      }
      if (letter === '') continue;
      answers[question.id] = letter;
      print(replyText(question, letter));
    }
    return answers;
  } finally {
    await lines.return?.();
  }
}

/** How it went, with the chapters to read again. */
export function gradeText(answers: Answers, questions: readonly Question[]): string {
  const { right, wrong, open } = grade(answers, questions);
  const chapters = [...new Set(wrong.map(({ chapter }) => chapter))].sort((a, b) => a - b);
  return [
    `\n${right.length} of ${questions.length} right, ${wrong.length} wrong, ${open.length} open.`,
    ...(chapters.length === 0 ? [] : [`Read again: chapter ${chapters.join(', ')}.`]),
  ].join('\n');
}
