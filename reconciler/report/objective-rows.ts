/** The figures of a load test beside their limits, for every format alike. Pure; plain text that its user must still escape. */

import { wordsOf } from '../chaos/experiments.ts';
import type { Phase } from '../chaos/types.ts';
import { RATES, TIMES } from '../load/objectives.ts';
import type { LoadReport, ObjectiveName, ObjectiveResult, RateName, Statistics } from '../load/types.ts';
import { count, measured, milliseconds, objectiveName, objectiveSpan, objectiveValue, percent, secondsText } from './format.ts';

export type Column = 'whole' | Phase;

export interface ObjectiveRow {
  readonly name: string;
  /** From when to when a time is taken; empty for what is no time. */
  readonly span: string;
  /** By column; absent: the figure has nothing to do with it. `note`: how many of how many. */
  readonly cells: Readonly<Partial<Record<Column, { readonly text: string; readonly note: string }>>>;
  /** Empty when the spec has no such objective. */
  readonly limit: string;
  readonly result: ObjectiveResult | undefined;
  /** How a time was found, or why there is none. */
  readonly remark: string;
}

export const columnsOf = (load: Pick<LoadReport, 'chaos'>): readonly Column[] =>
  load.chaos === null ? ['whole'] : ['whole', 'before', 'during', 'after'];

export const columnTitle = ({ stretch }: Pick<LoadReport, 'stretch'>, column: Column): string =>
  column === 'whole' ? (stretch === true ? 'in all' : 'whole run') : column;

/** Rates and latencies, the objectives on single phases, then times. */
export function objectiveRows(load: LoadReport): readonly ObjectiveRow[] {
  const words = wordsOf(load.chaos);
  const columns = columnsOf(load);
  const resultOf = (name: ObjectiveName) => load.objectives.find((each) => each.name === name);
  const row = (name: ObjectiveName, cells: ObjectiveRow['cells'], remark = ''): ObjectiveRow => {
    const result = resultOf(name);
    const limit = result === undefined ? '' : `≤ ${objectiveValue(result.limit, result.unit)}`;
    return { name: objectiveName(name), span: objectiveSpan(name, words), cells, limit, result, remark };
  };
  const figuresOf = (column: Column): Statistics | undefined =>
    column === 'whole' ? load.overall : load.phases.find((each) => each.phase === column);
  const rates = (rate: RateName, shown: readonly Column[]): ObjectiveRow['cells'] =>
    Object.fromEntries(shown.map((column) => [column, rateCell(figuresOf(column), rate)]));
  const scoped = load.objectives.flatMap(({ name }) => {
    const [scope, rate] = name.split('.') as [string, RateName | undefined];
    if (rate === undefined) return [];
    return [row(name, rates(rate, scope === 'eachPhase' ? columns.filter((each) => each !== 'whole') : [scope as Phase]))];
  });
  const times = TIMES.map((name) => {
    const time = load[name];
    const expected = name === 'detection' || name === 'recovery' ? load.predicted?.[name].to : undefined;
    const cell = { text: measured(time), note: expected === undefined ? '' : `expected ≤ ${secondsText(expected)}` };
    return row(
      name,
      name === 'detection' || name === 'failover' ? { during: cell } : { after: cell },
      time.kind === 'measured' ? (time.note ?? '') : time.note,
    );
  });
  return [...RATES.map((rate) => row(rate, rates(rate, columns))), ...scoped, ...(load.chaos === null ? [] : times)];
}

function rateCell(from: Statistics | undefined, rate: RateName): { readonly text: string; readonly note: string } {
  if (from === undefined || from.count === 0) return { text: '–', note: '' };
  if (rate !== 'errorRate') return { text: milliseconds(from[rate]), note: '' };
  return { text: percent(from.errorRate), note: `${count(from.failed)} of ${count(from.count)}` };
}

/** What was asked for and not sent, in a sentence; empty when all was. */
export function generatorText({ generator }: LoadReport): string {
  if (generator.why.length === 0) return '';
  const why = generator.why.map(({ what, count: many }) => `${what} ×${count(many)}`).join(', ');
  return `Not sent as requested, of ${count(generator.asked)}: ${why}.`;
}
