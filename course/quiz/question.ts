export interface Question {
  /** Stays the same for ever: saved answers name it. */
  readonly id: string;
  /** Chapter of the tutorial that answers it. */
  readonly chapter: number;
  readonly question: string;
  /** Two to four; each is a sentence or a term. */
  readonly answers: readonly string[];
  /** Index of the right one. */
  readonly right: number;
  /** Why it is right, for those who were wrong. */
  readonly why: string;
  /** Name of a situation in which the answer is seen to happen: `albedo quiz --try NAME`. */
  readonly tryIt?: string;
}

/** A line of a question's file: its words in the order in which they are read. */
export const question = (
  id: string,
  chapter: number,
  text: string,
  answers: readonly string[],
  right: number,
  why: string,
  tryIt?: string,
): Question => ({ id, chapter, question: text, answers, right, why, ...(tryIt === undefined ? {} : { tryIt }) });
