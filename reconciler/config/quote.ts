/** Showing a piece of somebody's file: cut, with control characters made visible, and never a secret. */

/** Longest part of a value that is echoed, in UTF-16 units. */
export const MAX_ECHO = 60;

const HIDDEN = '(not shown: it looks like a secret)';

/** A PEM block, a GitHub token, an access key id; and mixed base64 of 40 (AWS's secret keys), 64 or 76 characters (lines of a PEM block). */
const SECRET_VALUE =
  /-----BEGIN|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|(?<![\w/+=])(?=[a-zA-Z/+]*\d)(?=[a-z\d/+]*[A-Z])(?=[A-Z\d/+]*[a-z])(?:[A-Za-z\d/+]{40}|[A-Za-z\d/+]{64}|[A-Za-z\d/+]{76})(?![\w/+=])/;
/** Not of addresses where tokens are had, nor of the header `Access-Control-Allow-Credentials`. */
const SECRET_NAME = /pass(?:word|phrase|wd)|secret|token(?!Endpoint)|private_?-?key|(?<!allow-?)credential/i;

/** Control characters and direction marks, which a terminal would obey, and characters of no width, which nobody could see. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNSAFE = /[\u0000-\u001F\u007F-\u009F\u00AD\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g;

/** Makes text of unknown origin safe for a terminal or a log: one line, no escape sequences. */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    if (character === '\r') return '\\r';
    return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

export function looksSecret(value: string, key = ''): boolean {
  return SECRET_VALUE.test(value) || (value !== '' && isSecretName(key, value));
}

/** Where a private key lies is no secret: a name with an ending, which no key in base64 has. */
const isSecretName = (key: string, value: string): boolean =>
  SECRET_NAME.test(key) && !(/private_?-?key/i.test(key) && /^["']?[\w./~-]{1,200}\.[A-Za-z0-9]{2,8}["']?\s*$/.test(value));

/** Cuts to `limit` units without splitting a character. */
export function cutTo(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = /[\uD800-\uDBFF]$/.test(text.slice(0, limit)) ? limit - 1 : limit;
  return `${text.slice(0, end)}…`;
}

/** A value between backticks for a message: `` `web-1` ``. `key` is the name it was given under, which may tell that it is a secret. */
export function quoteValue(value: unknown, key = ''): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  if (looksSecret(text, key)) return HIDDEN;
  return `\`${visible(cutTo(text, MAX_ECHO))}\``;
}

/** A line of the file with the secrets in it blanked at equal width, so that a caret below still points to its place. */
export function blankSecrets(line: string): string {
  const named = /^(\s*(?:- )?["']?([\w.-]+)["']?\s*:\s*)(\S.*)$/.exec(line);
  if (named !== null && isSecretName(named[2] ?? '', named[3] ?? '') && !/^[{[&*|>#]/.test(named[3] ?? '')) {
    return `${named[1] ?? ''}${'*'.repeat((named[3] ?? '').length)}`;
  }
  return line
    .replace(
      /([{,]\s*["']?([\w.-]+)["']?\s*:\s*)("(?:[^"\\]|\\.)*"|[^\s,{}[\]][^,{}[\]]*)/g,
      (whole: string, before: string, name: string, value: string) =>
        isSecretName(name, value) ? before + '*'.repeat(value.length) : whole,
    )
    .replace(new RegExp(SECRET_VALUE.source, 'g'), (secret) => '*'.repeat(secret.length));
}
