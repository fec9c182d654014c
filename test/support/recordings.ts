/** Recorded answers of AWS, where somebody keeps them beside the repository: `../shared/recorded`, one file an operation. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const RECORDED = join(import.meta.dirname, '../../../shared/recorded');
export const isRecorded = existsSync(RECORDED);

export interface Recording {
  readonly name: string;
  readonly answer: Readonly<Record<string, unknown>>;
}

/** The operations that there are recordings of (`elbv2.DescribeRules`). */
export const recordedOperations = (): readonly string[] =>
  readdirSync(RECORDED)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -5));

export function recordingsOf(operation: string): readonly Recording[] {
  const file = JSON.parse(readFileSync(join(RECORDED, `${operation}.json`), 'utf8')) as Record<string, { readonly answer: unknown }>;
  return Object.entries(file).flatMap(([name, { answer }]) =>
    [answer].flat().map((one) => ({ name, answer: one as Readonly<Record<string, unknown>> })),
  );
}

type Kind = 'text' | 'number' | 'flag' | 'list' | 'object';

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'flag';
  // Dates were written as text by the recording tools.
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? 'object' : 'text';
}

/** Every path of an answer (`LoadBalancers[].State.Code`) and what is found there. */
export function pathsOf(value: unknown, path = '', found = new Map<string, Kind>()): Map<string, Kind> {
  if (value === undefined || value === null) return found;
  const kind = kindOf(value);
  if (path !== '') found.set(path, kind);
  if (kind === 'list') for (const item of value as readonly unknown[]) pathsOf(item, `${path}[]`, found);
  if (kind === 'object')
    for (const [name, item] of Object.entries(value as object))
      if (name !== '$metadata' && name !== 'NextToken') pathsOf(item, path === '' ? name : `${path}.${name}`, found);
  return found;
}

/** The same over several answers. */
export function allPaths(answers: readonly unknown[]): Map<string, Kind> {
  const found = new Map<string, Kind>();
  for (const answer of answers) pathsOf(answer, '', found);
  return found;
}
