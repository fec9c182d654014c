/** Problems as text for a terminal, and as the data of a GitHub annotation. Pure; colours are the caller's. */

import type { Problem } from '../errors.ts';
import { blankSecrets, cutTo, visible } from './quote.ts';

export type Style = 'place' | 'error' | 'warning' | 'source' | 'caret' | 'hint';

export interface RenderOptions {
  /** Text of each file, to show the line of a problem; without it only places and messages are shown. */
  readonly source?: ReadonlyMap<string, string | Uint8Array>;
  readonly color?: (style: Style, text: string) => string;
}

/** Widest piece of a source line that is shown. */
const MAX_LINE = 100;

/**
 * One block for each problem, in the order given, with a line end after the last:
 * ```
 * web.yaml:12:5  error: `prot` is not a field of `targetGroups.web`.
 *   12 |     prot: 8080
 *      |     ^^^^
 *      Did you mean `port`?
 * ```
 */
export function renderProblems(problems: readonly Problem[], options: RenderOptions = {}): string {
  const paint = options.color ?? ((_style: Style, text: string) => text);
  const lines = new Map<string, readonly string[]>();
  for (const [file, text] of options.source ?? []) lines.set(file, splitLines(text));
  let out = '';
  for (const problem of problems) {
    const place = `${visible(problem.file)}:${problem.line}:${problem.column}`;
    out += `${paint('place', place)}  ${paint(problem.severity, `${problem.severity}:`)} ${visible(problem.message)}\n`;
    const number = String(problem.line);
    const margin = ' '.repeat(number.length);
    const line = lines.get(problem.file)?.[problem.line - 1];
    if (line !== undefined && line.trim() !== '') {
      const { text, caret } = excerpt(line, problem.column);
      out += `  ${paint('source', `${number} | ${text}`)}\n  ${paint('source', `${margin} | `)}${paint('caret', caret)}\n`;
    }
    if (problem.hint !== undefined) out += `  ${line === undefined ? '' : `${margin}   `}${paint('hint', visible(problem.hint))}\n`;
  }
  return out;
}

function splitLines(text: string | Uint8Array): readonly string[] {
  const decoded = typeof text === 'string' ? text : new TextDecoder('utf-8').decode(text);
  return decoded
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''));
}

/** The part of a line around a column, with secrets blanked, and a caret of the width of the word there. Tabs become single spaces. */
function excerpt(line: string, column: number): { text: string; caret: string } {
  const start = column > MAX_LINE - 20 ? column - 1 - 40 : 0;
  const window = blankSecrets(line.slice(0, 4 * MAX_LINE + start)).slice(start);
  const text = `${start > 0 ? '…' : ''}${[...cutTo(window, MAX_LINE)].map(printable).join('')}`;
  const word = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s:,[\]{}#]+)/.exec(line.slice(column - 1, column - 1 + MAX_LINE))?.[0] ?? '';
  const before = widthOf(line.slice(start, column - 1)) + (start > 0 ? 1 : 0);
  const room = Math.max(1, widthOf(text) - before);
  return { text, caret: `${' '.repeat(before)}${'^'.repeat(Math.min(Math.max(1, widthOf(word)), room))}` };
}

/** One cell for what a terminal would not print or would obey. */
function printable(character: string): string {
  if (character === '\t') return ' ';
  return visible(character) === character ? character : '\uFFFD';
}

/** Cells of a text in a terminal: wide characters (East Asian, emoji) take two. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (/\p{Mn}/u.test(character)) continue;
    const wide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0x1f300 && code <= 0x1faff);
    width += wide ? 2 : 1;
  }
  return width;
}

/** What GitHub shows beside a line of a pull request. Escaping for workflow commands is the sender's. */
export interface Annotation {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly title: string;
  readonly message: string;
  readonly level: 'error' | 'warning';
}

export function toAnnotations(problems: readonly Problem[]): Annotation[] {
  return problems.map(({ file, line, column, path, message, hint, severity }) => ({
    file,
    line,
    col: column,
    title: path === '' ? `Spec ${severity}` : `Spec ${severity}: ${visible(cutTo(path, 80))}`,
    message: visible(hint === undefined ? message : `${message} ${hint}`),
    level: severity,
  }));
}
