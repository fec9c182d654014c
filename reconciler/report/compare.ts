/** A run beside earlier ones: what differs, and what differs by more than such runs do by themselves. Pure. */

import type { LoadReport, Measured } from '../load/types.ts';
import type { ComparedFigure, ComparedRun, Comparison } from './compare-types.ts';
import { brokenIn } from './experiments.ts';
import type { Report } from './report.ts';

/** Runs drawn and listed: the newest. */
export const MOST_RUNS = 20;

/** Less than this is never a difference: what one request more, or a look a moment later, makes. */
const GRAIN = { ratio: 0.001, ms: 1, s: 0.5 } as const;
/** Of the middle value: runs differ by so much for no reason that anybody would look for. */
const SLACK = 0.05;

const seconds = (time: Measured): number | null => (time.kind === 'measured' ? time.seconds : null);
const phase = (load: LoadReport, name: string) => load.phases.find((each) => each.phase === name) ?? null;

/** What is compared. Less is better in each. */
const FIGURES: readonly {
  readonly name: string;
  readonly unit: ComparedFigure['unit'];
  readonly of: (load: LoadReport) => number | null;
}[] = [
  { name: 'errors', unit: 'ratio', of: (load) => (load.overall.count === 0 ? null : load.overall.errorRate) },
  { name: 'errors during the fault', unit: 'ratio', of: (load) => phase(load, 'during')?.errorRate ?? null },
  { name: 'p95', unit: 'ms', of: (load) => load.overall.p95 },
  { name: 'p95 before the fault', unit: 'ms', of: (load) => (load.chaos === null ? null : (phase(load, 'before')?.p95 ?? null)) },
  { name: 'p99', unit: 'ms', of: (load) => load.overall.p99 },
  { name: 'detection', unit: 's', of: (load) => seconds(load.detection) },
  { name: 'failover', unit: 's', of: (load) => seconds(load.failover) },
  { name: 'recovery', unit: 's', of: (load) => seconds(load.recovery) },
];

/** The figures of a load, then those of each of its experiments, which is named by its place. */
const figuresOf = (load: LoadReport): readonly (Omit<(typeof FIGURES)[number], 'of'> & { readonly value: number | null })[] => [
  ...FIGURES.map(({ of, ...rest }) => ({ ...rest, value: of(load) })),
  ...(load.experiments ?? []).flatMap(({ name, load: own }, index) =>
    FIGURES.map(({ of, ...rest }) => ({ ...rest, name: `${index + 1} ${name}: ${rest.name}`, value: own === null ? null : of(own) })),
  ),
];

export interface EarlierReport {
  readonly file: string;
  readonly report: Report;
}

/**
 * Compares. Earlier runs of another stack, with another load or another fault, or that could not tell, are listed and not held against it.
 * One earlier run shows a difference and no noise: only two and more make one `worse` or `better`. Null where this report has no load, or
 * there is no earlier one with.
 */
export function compareReports(now: Report, earlier: readonly EarlierReport[]): Comparison | null {
  const { load } = now;
  const older = earlier
    .filter(({ report }) => report.load !== null && report.createdAt < now.createdAt)
    .sort((a, b) => a.report.createdAt - b.report.createdAt)
    .slice(-(MOST_RUNS - 1));
  if (load === null || older.length === 0) return null;
  const runOf = (report: Report, file: string): ComparedRun => ({
    ...{ file, at: report.createdAt, verdict: report.verdict, apart: file === '' ? '' : apartOf(report, now) },
    ...{ branch: String(report.origin?.branch ?? ''), commit: String(report.origin?.commit ?? '') },
  });
  const runs = [...older.map(({ report, file }) => runOf(report, file)), runOf(now, '')];
  const like = runs.slice(0, -1).map(({ apart }) => apart === '');
  const figures = figuresOf(load)
    .map(({ name, unit }): ComparedFigure => {
      const values = [...older.map(({ report }) => figureOf(report, name)), figureOf(now, name)];
      const usual = usualOf(
        values.slice(0, -1).filter((value, index): value is number => value !== null && like[index] === true),
        unit,
      );
      return { name, unit, values, usual, result: resultOf(values.at(-1) ?? null, usual) };
    })
    .filter(({ values }) => values.some((value) => value !== null));
  const main = runs.findLastIndex(({ branch, apart, file }) => branch === 'main' && apart === '' && file !== '');
  return { runs, main: main < 0 ? null : main, figures };
}

/** Null also for what is no number: the file may be anybody's. */
function figureOf({ load }: Report, name: string): number | null {
  try {
    const value = load === null ? null : figuresOf(load).find((each) => each.name === name)?.value;
    return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
  } catch {
    return null;
  }
}

/** Earlier values, widened by their own spread, by a part of the middle one, or by the grain: whatever is the most. */
export function usualOf(values: readonly number[], unit: ComparedFigure['unit']): ComparedFigure['usual'] {
  if (values.length < 2) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const [least, most, middle] = [sorted[0] ?? 0, sorted.at(-1) ?? 0, sorted[Math.floor(sorted.length / 2)] ?? 0];
  const noise = Math.max(most - least, middle * SLACK, GRAIN[unit]);
  return { from: Math.max(0, least - noise), to: most + noise };
}

export function resultOf(value: number | null, usual: ComparedFigure['usual']): ComparedFigure['result'] {
  if (value === null || usual === null) return 'not known';
  return value > usual.to ? 'worse' : value < usual.from ? 'better' : 'usual';
}

/** Why two runs cannot be held against each other; empty when they can. */
function apartOf(report: Report, now: Report): string {
  if (report.stack !== now.stack || report.region !== now.region) return `stack ${report.stack} in ${report.region}`;
  if (report.load === null || now.load === null) return 'no load';
  const { settings, verdict } = report.load;
  if (verdict === 'inconclusive') return 'it was inconclusive';
  const differs = (['rate', 'duration', 'profile', 'peak', 'path', 'paths', 'users', 'script', 'listener'] as const).filter(
    (key) => JSON.stringify(settings[key]) !== JSON.stringify(now.load?.settings[key]),
  );
  if (differs.length > 0) return `another ${differs.join(' and ')}`;
  return JSON.stringify(brokenIn(report.load)) === JSON.stringify(brokenIn(now.load)) ? '' : 'another fault';
}

/** What got worse, a sentence each. */
export const regressions = ({ figures }: Comparison): string[] =>
  figures
    .filter(({ result }) => result === 'worse')
    .map(({ name }) => `${name} is worse than in earlier runs, by more than their usual variation`);
