/** The first gate of a spec: bytes or text in, clean text out. Nothing here knows YAML. */

import type { Problem } from '../errors.ts';
import { atStart, oneProblem, positionIn } from './places.ts';

/** 1 MiB. The largest spec AWS quotas allow (100 rules with every condition) is about a tenth of it. */
export const MAX_SPEC_BYTES = 1024 * 1024;

/** Reported of each file; a binary file would otherwise fill the screen. */
const MAX_CHARACTER_PROBLEMS = 5;

export interface Decoded {
  /** Absent when there is nothing worth parsing. Without a byte order mark. */
  readonly text: string | undefined;
  readonly problems: readonly Problem[];
}

export function tooLarge(file: string, bytes: number | undefined): Problem {
  const size = bytes === undefined ? 'more than 1 MiB' : `${(bytes / MAX_SPEC_BYTES).toFixed(1)} MiB`;
  return atStart(
    file,
    `the file is ${size} large, and a spec may be 1 MiB at most; it was not read.`,
    'One file is one stack: check that this is a spec, or split it.',
  );
}

/** Checks size and encoding, and refuses characters that hide what a spec says. */
export function decodeSpec(source: string | Uint8Array, file: string): Decoded {
  const bytes = typeof source === 'string' ? source.length : source.byteLength;
  if (bytes > MAX_SPEC_BYTES) return refused(tooLarge(file, bytes === MAX_SPEC_BYTES + 1 ? undefined : bytes));
  if (typeof source === 'string') return checkCharacters(source.startsWith('\uFEFF') ? source.slice(1) : source, file);
  const wide = wideEncoding(source);
  if (wide !== undefined)
    return refused(
      atStart(file, `the file is written in ${wide}, and a spec must be UTF-8.`, 'Save it as UTF-8 in your editor and try again.'),
    );
  try {
    return checkCharacters(new TextDecoder('utf-8', { fatal: true }).decode(source), file);
  } catch {
    return refused(notUtf8(source, file));
  }
}

function refused(problem: Problem): Decoded {
  return { text: undefined, problems: [problem] };
}

/** UTF-32 and UTF-16 by their marks, and UTF-16 without one by the zero bytes that ASCII leaves in it (YAML 1.2.2, section 5.2). */
function wideEncoding(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return 'UTF-32';
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return 'UTF-32';
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return 'UTF-16';
  if (bytes.length >= 4 && ((a === 0 && b !== 0 && c === 0 && d !== 0) || (a !== 0 && b === 0 && c !== 0 && d === 0))) return 'UTF-16';
  return undefined;
}

function notUtf8(bytes: Uint8Array, file: string): Problem {
  const offset = firstInvalidByte(bytes);
  let start = 0;
  let line = 1;
  for (let i = 0; i < offset; i++) {
    if (bytes[i] === 0x0a) {
      line++;
      start = i + 1;
    }
  }
  const mark = line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 1 : 0;
  // What stands before the bad byte is good UTF-8, so the column counts characters, as every other one does.
  const column = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, offset)).length + 1 - mark;
  const value = (bytes[offset] ?? 0).toString(16).padStart(2, '0').toUpperCase();
  return oneProblem(
    { file, line, column },
    '',
    `the file is not UTF-8: byte ${offset} (0x${value}) starts no character.`,
    'Save it as UTF-8 in your editor; Latin-1 and Windows-1252 are not read.',
  );
}

/** Finds the first byte at which decoding fails, by halving: decoding a prefix is native, a hand-written decoder is not needed. */
function firstInvalidByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (prefixDecodes(bytes, middle)) good = middle;
    else bad = middle;
  }
  // `good` bytes decode, if perhaps with an unfinished character at their end: step back to where that one starts.
  for (let back = 1; back <= 3 && good - back >= 0; back++) {
    const byte = bytes[good - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? good - back : good;
  }
  return good;
}

function prefixDecodes(bytes: Uint8Array, end: number): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
    return true;
  } catch {
    return false;
  }
}

/**
 * What YAML does not allow in a file (1.2.2, section 5.1), a lone carriage return (editors disagree about the line it makes), and
 * the direction marks that make a reviewer read another text than the one that is applied (CVE-2021-42574).
 */
const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u0084\u0086-\u009F\u202A-\u202E\u2066-\u2069\uFEFF\uFFFE\uFFFF]|\r(?!\n)|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** A no-break space where a plain one is meant: as indentation, or after the colon of a key. It looks right and is not. */
const NO_BREAK_SPACE = /^[ \t]*\u00A0|^[ \t]*(?:- )*\w[\w-]*:\u00A0/gm;

function checkCharacters(text: string, file: string): Decoded {
  const problems: Problem[] = [];
  let found = 0;
  let nul = false;
  for (const match of text.matchAll(FORBIDDEN)) {
    found++;
    nul ||= match[0] === '\0';
    if (found > MAX_CHARACTER_PROBLEMS) continue;
    problems.push(
      oneProblem({ file, ...positionIn(text, match.index) }, '', `${nameCharacter(match[0])} is not allowed in a spec.`, hintFor(match[0])),
    );
  }
  if (found > MAX_CHARACTER_PROBLEMS)
    problems.push(
      atStart(
        file,
        `The file has ${found} characters that are not allowed; the first ${MAX_CHARACTER_PROBLEMS} are listed.`,
        'Check that this is a text file.',
      ),
    );
  if (nul) return { text: undefined, problems };
  for (const match of text.matchAll(NO_BREAK_SPACE)) {
    if (problems.length > 2 * MAX_CHARACTER_PROBLEMS) break;
    const offset = match.index + match[0].length - 1;
    problems.push(
      oneProblem(
        { file, ...positionIn(text, offset) },
        '',
        'there is a no-break space (U+00A0) here, and YAML does not count it as a space.',
        'Replace it with a plain space; it often comes with text copied from a web page.',
      ),
    );
  }
  return { text, problems };
}

function nameCharacter(character: string): string {
  const code = character.charCodeAt(0);
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  if (code === 0) return `a NUL character (${name})`;
  if (code === 0x0d) return `a carriage return without a line feed (${name})`;
  if (code === 0xfeff) return `a byte order mark in the middle of the file (${name})`;
  if (code >= 0xd800 && code <= 0xdfff) return `half of a surrogate pair (${name})`;
  if (code >= 0x202a && code <= 0x2069) return `an invisible mark that changes the direction of text (${name})`;
  return `the control character ${name}`;
}

function hintFor(character: string): string {
  if (character === '\0') return 'Is this a binary file? Name a YAML file.';
  if (character === '\r') return 'Save the file with LF or CRLF line ends.';
  return 'Remove it; inside double quotes it can be written as an escape such as "\\u001B".';
}
