/**
 * The results of a sweep, in a file to which each part appends: one JSON object per line, first the calls of the scenarios, then one line for
 * each case. The next part continues from there, so the whole sweep can run in parts, next to other work and on several commits.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { nameOfCase, type SweepCase, type SweepResult } from '../../test/support/sweep.ts';
import { type Position, SWEEP_FAULTS } from '../../test/support/sweep-faults.ts';

/** The calls of each scenario, by its name. */
export type Calls = Readonly<Record<string, readonly Position[]>>;

export interface Tried extends SweepResult {
  readonly commit: string;
  /** The day, ISO 8601. */
  readonly day: string;
}

export interface Results {
  /** As the first part counted them; later parts use the same. Undefined: nothing has been tried yet. */
  readonly calls: Calls | undefined;
  /** The last result of each case. */
  readonly last: readonly Tried[];
  /** The cases that ever had a violation. */
  readonly everBad: ReadonlySet<string>;
}

type Line = { readonly calls: Calls } | Tried;

/** Throws for a line that is not JSON. */
export function readResults(file: string): Results {
  const last = new Map<string, Tried>();
  const everBad = new Set<string>();
  let calls: Calls | undefined;
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  for (const text of lines) {
    if (text === '') continue;
    const line = JSON.parse(text) as Line;
    if ('calls' in line) calls ??= line.calls;
    else {
      const name = nameOfCase(line.one);
      last.set(name, line);
      if (line.violation !== undefined) everBad.add(name);
    }
  }
  return { calls, last: [...last.values()], everBad };
}

export function append(file: string, line: Line): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

export function callsOf(cases: readonly SweepCase[]): Calls {
  const calls: Record<string, Position[]> = {};
  const seen = new Set<string>();
  for (const { scenario, position } of cases) {
    const key = `${scenario} ${JSON.stringify(position)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    calls[scenario] ??= [];
    calls[scenario].push(position);
  }
  return calls;
}

export const casesAt = (calls: Calls): readonly SweepCase[] =>
  Object.entries(calls).flatMap(([scenario, positions]) =>
    positions.flatMap((position) =>
      SWEEP_FAULTS.filter((fault) => fault.at(position)).map(({ id }) => ({ scenario, fault: id, position })),
    ),
  );

/** The commit that is checked out, with a `+` if files differ from it, except for the document that a part writes. */
export function commitNow(): string {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!docs/faults.md') === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}
