import type { Criterion, Exercise, Look, Result } from './exercise.ts';

export interface Mark {
  readonly title: string;
  readonly points: number;
  readonly right: boolean;
  readonly found: string;
  /** Empty when it is right. */
  readonly next: string;
}

/** What came of one exercise. Plain JSON: a class's marks are collected from such files. */
export interface Marks {
  readonly exercise: string;
  readonly title: string;
  readonly chapter: number;
  readonly stack: string;
  readonly points: number;
  readonly of: number;
  readonly marks: readonly Mark[];
}

/** Looks at every criterion, one after the other: one that cannot be looked at is not right, and says why. */
export async function mark(exercise: Exercise, look: Look): Promise<Marks> {
  const marks: Mark[] = [];
  for (const criterion of exercise.criteria) marks.push(markOf(criterion, await resultOf(criterion, look)));
  return marksOf(exercise, look.named.spec.stack.name, marks);
}

/** Nothing could be looked at, for one reason: no points, and the reason at each criterion. */
export const unmarked = (exercise: Exercise, stack: string, found: string, next: string): Marks =>
  marksOf(
    exercise,
    stack,
    exercise.criteria.map((criterion) => markOf(criterion, { right: false, found, next })),
  );

const markOf = ({ title, points }: Criterion, { right, found, next = '' }: Result): Mark => ({ title, points, right, found, next });

const marksOf = ({ name, title, chapter, criteria }: Exercise, stack: string, marks: readonly Mark[]): Marks => ({
  ...{ exercise: name, title, chapter, stack, marks },
  points: marks.reduce((sum, { right, points }) => sum + (right ? points : 0), 0),
  of: criteria.reduce((sum, { points }) => sum + points, 0),
});

async function resultOf(criterion: Criterion, look: Look): Promise<Result> {
  try {
    return await criterion.look(look);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'Interrupted') throw error;
    const found = error instanceof Error ? error.message : String(error);
    return { right: false, found, next: 'Apply the spec, wait until everything is in service, and check again.' };
  }
}
