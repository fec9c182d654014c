/** Tables and folds of GitHub’s Markdown. Pure; cells and bodies come escaped. */

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');
export const fold = (summary: string, body: string, open = false): string =>
  `<details${open ? ' open' : ''}><summary>${summary}</summary>\n\n${body}\n\n</details>`;
