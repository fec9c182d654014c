/** What is measured, against which limit, and how it is shown. */

export interface Row {
  readonly name: string;
  readonly measured: number;
  readonly limit: number;
  /** The limit is a floor. Default: a ceiling. */
  readonly atLeast?: boolean;
  readonly unit: '' | 's' | 'ms' | 'MB' | 'calls' | '/s' | '×';
  /** Counts and ratios within one run mean the same on every machine; times and rates depend on who else is using it. */
  readonly kind: 'count' | 'ratio' | 'time';
  /** What lies behind the figure, in words. */
  readonly detail: string;
}

export const isMet = (row: Row): boolean => (row.atLeast ? row.measured >= row.limit : row.measured <= row.limit);

/** Whether a missed row makes the whole bench fail. */
export const isFatal = (row: Row): boolean => row.kind !== 'time' && !isMet(row);

/** The middle value; the mean of the two middle ones where there are two. Throws on none: nothing was measured. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  if (low === undefined || high === undefined) throw new Error('no measurement was taken');
  return (low + high) / 2;
}

const shown = (value: number, unit: Row['unit']): string => {
  const text = Number.isInteger(value) ? String(value) : value.toFixed(unit === '/s' ? 0 : unit === 's' || unit === 'ms' ? 1 : 2);
  return unit === '' || unit === 'calls' ? text : unit === '×' || unit === '/s' ? `${text}${unit}` : `${text} ${unit}`;
};

/** Rows as aligned text. */
export function renderTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    shown(row.measured, row.unit),
    `${row.atLeast ? '≥' : '≤'} ${shown(row.limit, row.unit)}`,
    isMet(row) ? 'ok' : 'missed',
    row.detail,
  ]);
  const all = [['figure', 'measured', 'limit', '', ''], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return `${all
    .map((line) =>
      line
        .map((cell, column) => (column === 1 || column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`;
}
