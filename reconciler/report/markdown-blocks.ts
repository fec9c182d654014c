/** Tables, lists and folds of GitHub’s Markdown. Pure; cells and bodies come escaped. */

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Of more columns a phone shows a few letters a line. */
const MOST_COLUMNS = 3;

/** The first cells head the columns. Where there are more than three, it is a list, with an entry for each row. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  header.length > MOST_COLUMNS
    ? rows.map((cells) => entry(header, cells)).join('\n')
    : [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');

/** `- ✅ **errors**: limit ≤ 5 % · before 0 %`: a sign in a first column without a name, the subject, and what is said of it. */
function entry(header: readonly string[], cells: readonly string[]): string {
  const from = header[0] === '' ? 1 : 0;
  const sign = from === 1 && cells[0] !== undefined && cells[0] !== '' ? `${cells[0]} ` : '';
  const said = cells.flatMap((cell, at) => (at <= from || cell === '' ? [] : [header[at] === '' ? cell : `${header[at]} ${cell}`]));
  return `- ${sign}**${cells[from] ?? ''}**${said.length === 0 ? '' : `: ${said.join(' · ')}`}`;
}

/** `summary` may hold markup; the blank lines around the body let GitHub read it as Markdown. */
export const fold = (summary: string, body: string, open = false): string =>
  `<details${open ? ' open' : ''}><summary>${summary}</summary>\n\n${body}\n\n</details>`;
