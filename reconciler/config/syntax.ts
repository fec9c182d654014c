/** The YAML parser's errors in albedo's words: what is wrong, and what to write. */

import type { ErrorCode } from 'yaml';

export interface Wording {
  readonly message: string;
  readonly hint: string;
}

/** What the file says around an error. `line` is the whole line at the error, `token` what stands exactly there. */
export interface Surroundings {
  readonly line: string;
  readonly token: string;
  /** The error concerns a key that runs over several lines: a value with something indented below it. */
  readonly spansLines: boolean;
}

const QUOTE_IT = 'If it is text, put it in quotes.';

/** Sentence and hint for an error code of the `yaml` package. `detail` is the package's own message, used to tell cases apart, never shown. */
export function wordSyntaxError(code: ErrorCode, detail: string, around: Surroundings): Wording {
  switch (code) {
    case 'TAB_AS_INDENT':
      return {
        message: 'a tab is used for indentation, but YAML allows only spaces.',
        hint: 'Replace the tab with two spaces; most editors can do this for the whole file.',
      };
    case 'BAD_INDENT':
      return wordIndent(detail);
    case 'MISSING_CHAR':
      return wordMissing(detail, around);
    case 'BLOCK_AS_IMPLICIT_KEY':
      if (detail.includes('sequence'))
        return {
          message: 'this list item is among fields, or is not aligned with the items above it.',
          hint: 'Align its `-` with those above, or with the field it belongs to.',
        };
      return around.spansLines
        ? {
            message: 'this field has a value on its own line and more indented below it.',
            hint: 'Remove the value, or move the lines below it to the left.',
          }
        : {
            message: 'there are two `: ` in one line.',
            hint: 'Begin a new line for the inner field, or put the value in quotes if the colon is part of it.',
          };
    case 'MULTILINE_IMPLICIT_KEY':
      return missingColon(around);
    case 'BAD_SCALAR_START':
      return { message: `a value may not begin with \`${around.token.charAt(0)}\`, which means something else in YAML.`, hint: QUOTE_IT };
    case 'BAD_DQ_ESCAPE':
      return {
        message: 'a backslash in double quotes begins an escape, and this one does not exist.',
        hint: 'Write \\\\ for a backslash, or use single quotes.',
      };
    case 'MULTIPLE_ANCHORS':
      return { message: 'a value may have one anchor (`&name`) only.', hint: 'Remove one of them.' };
    case 'MULTIPLE_TAGS':
      return { message: 'a value may have one tag only, and specs use none.', hint: 'Remove the tags.' };
    case 'BAD_ALIAS':
    case 'ALIAS_PROPS':
      return {
        message: 'this alias (`*name`) or anchor (`&name`) is not well formed.',
        hint: `An alias is a star and the name of an anchor above it, and nothing else. ${QUOTE_IT}`,
      };
    case 'BLOCK_IN_FLOW':
      return {
        message: 'a comma is missing inside `[ ]` or `{ }`, or there is an indented block.',
        hint: 'Separate the values in brackets by commas, or write all of it indented.',
      };
    case 'KEY_OVER_1024_CHARS':
      return { message: 'the name of a field is longer than 1,024 characters.', hint: 'Is a quote or a line end missing?' };
    case 'BAD_PROP_ORDER':
      return { message: 'an anchor or tag is in the wrong place.', hint: 'Put it directly before its value.' };
    case 'BAD_DIRECTIVE':
      return {
        message: 'a line that begins with `%` is a directive for the parser, and specs have none.',
        hint: 'Remove it, or put the text in quotes.',
      };
    case 'RESOURCE_EXHAUSTION':
      return { message: 'this part is nested too deeply to be read.', hint: 'Flatten it.' };
    default:
      return wordUnexpected(detail, around);
  }
}

function wordIndent(detail: string): Wording {
  if (detail.startsWith('Block scalar'))
    return { message: 'the text below `|` or `>` is not indented.', hint: 'Indent it further than its field, with spaces.' };
  if (detail.startsWith('All sequence'))
    return { message: 'this list item does not start at the same column as the ones above it.', hint: 'Align the `-` with those above.' };
  if (detail.startsWith('All mapping'))
    return {
      message: 'this field does not start at the same column as the ones above it.',
      hint: 'Align it with the fields it belongs to.',
    };
  return { message: 'this line is indented differently from the lines around it.', hint: 'Align it with what it belongs to.' };
}

function wordMissing(detail: string, around: Surroundings): Wording {
  if (detail.startsWith('Sequence item'))
    return {
      message: 'this is inside a list, and the line does not begin with `- `.',
      hint: 'Put `- ` before it, or align it with the field it belongs to.',
    };
  if (detail.startsWith('Missing , or :') || detail.includes('must be followed by , or'))
    return { message: 'a comma or a colon is missing here.', hint: 'Separate the values in `[ ]` or `{ }` by commas.' };
  if (detail.includes('anchor') || detail.includes('tag')) return { message: 'a space is missing after an anchor or tag.', hint: QUOTE_IT };
  if (detail.includes('comment') || detail.includes('Comments'))
    return {
      message: 'a comment needs a space before it.',
      hint: 'Put a space before the `#`, or quotes around the value.',
    };
  if (detail.includes('directives'))
    return { message: 'a directive (`%…`) must be followed by a line `---`, and specs have none.', hint: 'Remove the directive.' };
  return missingColon(around);
}

function missingColon(around: Surroundings): Wording {
  const glued = /^\s*(?:- )?([\w.-]+):(\S.*)$/.exec(around.line);
  if (glued !== null)
    return {
      message: 'a space is missing after the colon, so this is not read as a field.',
      hint: `Write \`${(glued[1] ?? '').slice(0, 40)}: \` with a space before the value.`,
    };
  return {
    message: 'this line is neither a field nor the rest of the value above it: a colon is missing.',
    hint: 'Write `name: value`; text over several lines needs quotes or `|`.',
  };
}

function wordUnexpected(detail: string, around: Surroundings): Wording {
  const shown = around.token.charAt(0);
  if (/flow-(?:map|seq)-end|flow-error-end/.test(detail))
    return { message: `this \`${shown}\` closes nothing.`, hint: 'Remove it, or add the bracket that opens it.' };
  if (detail.startsWith('Unexpected , in flow')) return { message: 'there is a comma with nothing before it.', hint: 'Remove it.' };
  if (detail.includes('block-seq-ind'))
    return { message: 'a list begins on the line of its field.', hint: 'Begin a new line before the `-`, or write `[a, b]`.' };
  if (detail.startsWith('Block scalar header'))
    return { message: 'there is text on the line of `|` or `>`.', hint: 'Begin the text on the next line.' };
  if (detail.includes('at node end'))
    return {
      message: 'something follows a value that is already complete.',
      hint: 'Put the whole value in quotes, or align this line with what it belongs to.',
    };
  return {
    message: shown === '' ? 'the YAML ends unexpectedly here.' : `\`${shown}\` is not expected here.`,
    hint: `Look at this line and the one above it. ${QUOTE_IT}`,
  };
}
