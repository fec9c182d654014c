import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openBench } from './bench.ts';
import type { Exercise } from './exercise.ts';
import { EXERCISES } from './exercises.ts';
import { type Marks, mark, unmarked } from './mark.ts';
import type { ClassRow } from './marks-text.ts';

/** What is handed in for an exercise: `<exercise>.yaml` in a folder. Links are not followed. */
export function handedIn(folder: string): readonly { readonly exercise: Exercise; readonly file: string }[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return EXERCISES.flatMap((exercise) => {
    const name = names.find((each) => each === `${exercise.name}.yaml` || each === `${exercise.name}.yml`);
    return name !== undefined && lstatSync(join(folder, name)).isFile() ? [{ exercise, file: join(folder, name) }] : [];
  });
}

/** Exercises that are about more than a spec: their state is in an account, a repository or a person's head. */
const NOT_BY_SPEC = new Set(['drift', 'rotation', 'pull-request', 'clean-up']);

/**
 * Marks every exercise of a folder, each in an empty sandbox, with no credentials and none of this process's variables. A spec that
 * cannot be applied has no points, and the reason. What it needs of the world beside the file (drift, a pull request) is not marked so.
 */
export async function markFolder(folder: string, say: (text: string) => void, signal?: AbortSignal): Promise<readonly Marks[]> {
  const bench = await openBench(say, signal);
  const all: Marks[] = [];
  try {
    for (const { exercise, file } of handedIn(folder)) {
      signal?.throwIfAborted();
      if (NOT_BY_SPEC.has(exercise.name)) {
        say(`${basename(file)}: ${exercise.name} is marked on your own machine: albedo check ${exercise.name}`);
        continue;
      }
      say(`${basename(file)}: apply and check`);
      await bench.reset();
      try {
        await bench.apply(file);
        all.push(await mark(exercise, await bench.look(file)));
      } catch (error) {
        signal?.throwIfAborted();
        const why = error instanceof Error ? error.message : String(error);
        all.push(unmarked(exercise, '', `the spec could not be applied: ${why}`, `Try it: albedo validate ${basename(file)}.`));
      }
    }
  } finally {
    await bench.close();
  }
  return all;
}

const isMarks = (value: unknown): value is Marks =>
  typeof value === 'object' &&
  value !== null &&
  ['points', 'of', 'chapter'].every((key) => Number.isFinite((value as Record<string, unknown>)[key])) &&
  EXERCISES.some(({ name, title }) => name === (value as Marks).exercise && title === (value as Marks).title) &&
  Array.isArray((value as Marks).marks);

/**
 * The marks of a class: `<student>.json`, or `<student>/marks.json`, below a folder. A file that is not of `albedo check --folder` is named
 * and left out.
 */
export function collect(folder: string): { readonly rows: readonly ClassRow[]; readonly wrong: readonly string[] } {
  const wrong: string[] = [];
  const rows = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json') && lstatSync(join(folder, path)).isFile())
    .sort()
    .flatMap((path) => {
      const parts = path.split(/[\\/]/);
      const student = parts.at(-1) === 'marks.json' && parts.length > 1 ? (parts.at(-2) ?? '') : basename(path, '.json');
      try {
        const value = JSON.parse(readFileSync(join(folder, path), 'utf8')) as { readonly marks?: unknown };
        if (Array.isArray(value.marks) && value.marks.every(isMarks)) return [{ student, marks: value.marks as readonly Marks[] }];
      } catch {
        // Named below.
      }
      wrong.push(path);
      return [];
    });
  return { rows, wrong };
}
