/** The text of a pull request that writes what is live into a spec. Pure. */

import { code, fence, link, markdown } from './escape.ts';
import { fold } from './markdown-blocks.ts';

/** What was written into one spec, and what was not. */
export interface Acceptance {
  readonly stack: string;
  readonly file: string;
  /** As `diff -u` writes it. */
  readonly diff: string;
  /** `targetGroup/web.healthCheck.interval`. */
  readonly written: readonly string[];
  readonly refused: readonly { readonly what: string; readonly why: string }[];
  /** Addresses that a plan of the new text would still change. */
  readonly rest: readonly string[];
}

export interface AcceptanceNotes {
  readonly runUrl: string;
  /** GitHub holds the checks of a pull request that a job's own token opened until somebody who may write lets them run. */
  readonly held: boolean;
}

/** Characters of the difference, and of each list: GitHub takes 65,536 in all. */
const DIFF_ROOM = 30_000;
const LIST_ROOM = 8_000;

/** The first entries that fit, and how many are left. */
function fitting(entries: readonly string[], room: number): { readonly shown: readonly string[]; readonly left: number } {
  let used = 0;
  const shown = entries.filter((entry) => (used += entry.length + 1) <= room);
  return { shown, left: entries.length - shown.length };
}

export const acceptanceTitle = ({ stack }: Acceptance): string => `Accept the values in AWS of ${stack}`;

export function renderAcceptance({ stack, file, diff, written, refused, rest }: Acceptance, { runUrl, held }: AcceptanceNotes): string {
  const { shown, left } = fitting(diff.split('\n').slice(0, -1), DIFF_ROOM);
  return [
    `${code(stack)} differs from its spec. This writes the values in AWS into ${code(file)}. Merging it changes nothing in AWS.`,
    ...(held
      ? [
          '> [!NOTE]\n> A workflow opened this. Its checks, including the plan, wait until someone with write access approves them with the button below.',
        ]
      : []),
    list('Fields that now have the value in AWS', written.map(code)),
    list(
      'Not written',
      refused.map(({ what, why }) => `${code(what)}: ${markdown(why)}`),
    ),
    list('Still different, as the plan will show', rest.map(code)),
    fold('Difference', `${fence('diff', shown)}${left > 0 ? `\n\n${left} more lines: see the files.` : ''}`, true),
    `<sub>Made by ${link('this run', runUrl)}. The next run writes it again, unless someone else has added a commit.</sub>`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function list(title: string, entries: readonly string[]): string {
  if (entries.length === 0) return '';
  const { shown, left } = fitting(entries, LIST_ROOM);
  return [`**${title}**`, '', ...shown.map((entry) => `- ${entry}`), ...(left > 0 ? [`- and ${left} more`] : [])].join('\n');
}
