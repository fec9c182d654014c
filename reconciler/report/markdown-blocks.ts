/** Tables and folds of GitHub’s Markdown. Pure; cells and bodies come escaped. */

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
/** The first cells head the columns. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');
/** `summary` may hold markup; the blank lines around the body let GitHub read it as Markdown. */
export const fold = (summary: string, body: string, open = false): string =>
  `<details${open ? ' open' : ''}><summary>${summary}</summary>\n\n${body}\n\n</details>`;
