/** Text from specs, AWS and servers, made harmless where it is put. Pure. */

import { visible } from './format.ts';

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For element content and quoted attributes. */
export const html = (text: string): string => visible(text).replace(/[&<>"']/g, (c) => HTML[c] ?? c);

/** A blank of no width. GitHub looks for mentions and references in the finished page, where an entity is its character again. */
const APART = '&#8203;';

/**
 * For Markdown prose and table cells on GitHub. As entities, so that it reads the same and does nothing: no markup, no HTML, no
 * mention (`@`), no issue or link reference, no maths, no cell border, and no workflow command (`::`) should it come into a log.
 */
export function markdown(text: string): string {
  return visible(text)
    .replace(/[&<>|`*_~[\]\\$@#]/g, (c) => `&#${c.charCodeAt(0)};${c === '@' || c === '#' ? APART : ''}`)
    .replace(/::/g, '&#58;&#58;')
    .replace(/:\/\//g, '&#58;//')
    .replace(/\b(www)\./gi, '$1&#46;')
    .replace(/\b(GH)-(?=\d)/gi, `$1${APART}-`);
}

/** Inline code of anything: as an element, since backticks cannot hold all text and cells would still end at `|`. */
export const code = (text: string): string => `<code>${markdown(text)}</code>`;

/**
 * A fenced block. The fence is longer than any run of backticks inside, so that nothing inside can end it. Runner commands of the
 * old form (`##[`) are understood anywhere in a line and are broken.
 */
export function fence(language: string, lines: readonly string[]): string {
  const body = lines.map((line) =>
    visible(line)
      .replace(/##\[/g, '# #[')
      .replace(/^(\s*)::/, '$1: :'),
  );
  const longest = body.reduce((most, line) => Math.max(most, ...[...line.matchAll(/`+/g)].map((run) => run[0].length)), 2);
  const marks = '`'.repeat(longest + 1);
  return [`${marks}${language}`, ...body, marks].join('\n');
}

/** Only web addresses become links; everything else stays text. */
export function link(text: string, url: string): string {
  return /^https?:\/\/[^\s<>()"'`|]+$/.test(url) ? `[${markdown(text)}](${url})` : markdown(text);
}
