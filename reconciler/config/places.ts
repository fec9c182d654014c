/** Lines and columns, and the making and merging of problems. */

import type { Problem } from '../errors.ts';
import type { Position } from '../model/json.ts';

/** More than this many are counted, not shown. */
export const MAX_PROBLEMS = 100;

/** Where each line of a text starts; only LF ends a line, and CRLF does so by its LF. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Line and column of an offset, both from 1; columns count UTF-16 units, as editors and their protocol (LSP) do. */
export function positionAt(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

export function positionIn(text: string, offset: number): { line: number; column: number } {
  return positionAt(lineStarts(text.slice(0, offset)), offset);
}

export function oneProblem(position: Position, path: string, message: string, hint?: string): Problem {
  const { file, line, column } = position;
  return { file, line, column, path, message: capitalised(message), ...(hint === undefined ? {} : { hint }), severity: 'error' };
}

/** A problem of the whole file. */
export function atStart(file: string, message: string, hint?: string): Problem {
  return oneProblem({ file, line: 1, column: 1 }, '', message, hint);
}

/** A sentence with a capital, unless it begins with a name such as `base.yaml` or `authenticate-oidc`. */
function capitalised(message: string): string {
  return /^[a-z]+(?![\w./-])/.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message;
}

/** How many problems an "and N more" stands for, so that merging what was merged before counts right. */
const counted = new WeakMap<Problem, number>();

/** Sorted by file and place, equal ones once, and at most `MAX_PROBLEMS` of each file, then one that says how many more there are. */
export function mergeProblems(problems: readonly Problem[]): Problem[] {
  const more = new Map<string, { count: number; at: Problem }>();
  const hide = (problem: Problem, count: number): void => {
    const known = more.get(problem.file);
    const at = known === undefined || byPlace(problem, known.at) < 0 ? problem : known.at;
    more.set(problem.file, { count: (known?.count ?? 0) + count, at });
  };
  const sorted: Problem[] = [];
  for (const problem of problems) {
    const count = counted.get(problem);
    if (count === undefined) sorted.push(problem);
    else hide(problem, count);
  }
  sorted.sort(byPlace);
  const out: Problem[] = [];
  let last: Problem | undefined;
  let shown = 0;
  const closeFile = (file: string): void => {
    const rest = more.get(file);
    if (rest === undefined) return;
    const { count, at } = rest;
    const problem = oneProblem(
      { file, line: at.line, column: at.column },
      '',
      `and ${count} more ${count === 1 ? 'problem' : 'problems'} from here on.`,
      'Correct the ones above first.',
    );
    counted.set(problem, count);
    out.push(problem);
  };
  for (const problem of sorted) {
    if (last !== undefined && sameProblem(last, problem)) continue;
    if (last !== undefined && last.file !== problem.file) {
      closeFile(last.file);
      shown = 0;
    }
    last = problem;
    if (++shown <= MAX_PROBLEMS) out.push(problem);
    else hide(problem, 1);
  }
  if (last !== undefined) closeFile(last.file);
  return out;
}

function byPlace(a: Problem, b: Problem): number {
  return (
    compare(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compare(a.severity, b.severity) ||
    compare(a.path, b.path) ||
    compare(a.message, b.message)
  );
}

function sameProblem(a: Problem, b: Problem): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column && a.message === b.message;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
