/** How the environments that share a base differ, as a list: a table of many columns breaks on a phone. Pure. */

import { code, markdown } from './escape.ts';
import { fold } from './markdown-blocks.ts';

/** As `run/differences.ts` finds it. */
export interface SideBySide {
  readonly names: readonly string[];
  readonly rows: readonly { readonly path: string; readonly values: readonly (string | undefined)[] }[];
}

const MOST_ROWS = 40;
const LONGEST = 80;

/** Empty where there is nothing to compare with. */
export function differencesMarkdown({ names, rows }: SideBySide): string {
  if (names.length < 2) return '';
  const shown = rows.slice(0, MOST_ROWS).map(({ path, values }) => {
    const each = values.map((value, at) => {
      const text = value === undefined ? 'nothing' : value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
      return `${markdown(names[at] ?? '')} ${value === undefined ? '–' : code(text)}`;
    });
    return `- ${code(path)}: ${each.join(' · ')}`;
  });
  if (rows.length > shown.length) shown.push(`- and ${rows.length - shown.length} more: \`albedo show\` prints each`);
  const title = rows.length === 0 ? 'are the same' : `differ in ${rows.length} setting${rows.length === 1 ? '' : 's'}`;
  return fold(`${names.map(markdown).join(', ')} ${title}`, shown.join('\n') || 'Except for their names.');
}
