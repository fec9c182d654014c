/** Colours by role, and rows in columns. Pure. */

type Paint = (text: string) => string;

export interface Palette {
  readonly create: Paint;
  readonly adopt: Paint;
  readonly update: Paint;
  readonly replace: Paint;
  readonly destroy: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly doubt: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
}

export const same: Paint = (text) => text;
export const PLAIN: Palette = {
  create: same,
  adopt: same,
  update: same,
  replace: same,
  destroy: same,
  good: same,
  bad: same,
  doubt: same,
  dim: same,
  bold: same,
};

/** Width of printable text. Enough for what is printed here: no wide characters are. */
export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - [...text].length));

/** Rows in columns. Cells are padded before they are painted, since colour codes have no width; the last of a row is of any length. */
export function columns(
  rows: readonly (readonly string[])[],
  paint: (text: string, row: number, column: number) => string = same,
): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [n, cell] of row.entries()) if (n < row.length - 1) widths[n] = Math.max(widths[n] ?? 0, [...cell].length);
  return rows.map((row, r) =>
    row
      .map((cell, n) => paint(n === row.length - 1 ? cell : pad(cell, widths[n] ?? 0), r, n))
      .join('  ')
      .trimEnd(),
  );
}
