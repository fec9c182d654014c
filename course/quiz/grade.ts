import { parse, stringify } from 'yaml';
import type { Question } from './question.ts';
import { QUESTIONS } from './questions.ts';

/** By the id of the question: the letter of the answer, `a` to `d`. */
export type Answers = Readonly<Record<string, string>>;

export interface Grade {
  readonly right: readonly Question[];
  readonly wrong: readonly Question[];
  /** Not answered. */
  readonly open: readonly Question[];
}

export const letterOf = (index: number): string => String.fromCharCode(97 + index);

/** Of saved answers. @throws Error when the text is not a YAML map of ids and letters. */
export function readAnswers(text: string): Answers {
  const value: unknown = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('answers.txt is not a mapping of questions to letters');
  const wrong = Object.entries(value).find(([, letter]) => typeof letter !== 'string' || !/^[a-d]$/.test(letter));
  if (wrong !== undefined) throw new Error(`answers.txt: the answer to ${wrong[0].slice(0, 40)} is not a letter from a to d`);
  return value as Answers;
}

export const writeAnswers = (answers: Answers): string => stringify(answers);

export function grade(answers: Answers, questions: readonly Question[] = QUESTIONS): Grade {
  const of = (fits: (question: Question, letter: string | undefined) => boolean) =>
    questions.filter((question) => fits(question, Object.hasOwn(answers, question.id) ? answers[question.id] : undefined));
  return {
    right: of(({ right }, letter) => letter === letterOf(right)),
    wrong: of(({ right }, letter) => letter !== undefined && letter !== letterOf(right)),
    open: of((_, letter) => letter === undefined),
  };
}
