/**
 * Words of a HAProxy configuration. Whatever comes from the API (patterns, bodies, names) passes through `word`, so that
 * no value can end a line, open a quote or start a comment: HAProxy's own `\xHH` escapes carry all but plain characters
 * (HAProxy configuration manual, 2.2 "Quoting and escaping").
 */

const PLAIN = /^[A-Za-z0-9_.:/,;=+*?^()[\]{}|@!<>&~%-]$/;

/** `text` as one word of a configuration line. NUL cannot be written and is refused. */
export function word(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    if (byte === 0) throw new Error('A HAProxy configuration cannot hold a NUL character.');
    const character = String.fromCharCode(byte);
    out += PLAIN.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return out;
}

/** Text as one argument of a fetch or converter, where commas, brackets and quotes mean something; still to be passed through `word`. */
export function argument(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Literal text inside a HAProxy log-format string; still to be passed through `word` with the rest of the string. */
export function literal(text: string): string {
  return text.replaceAll('%', '%%');
}

/** A whole-value regular expression for an ALB pattern: `*` stands for any number of `one`, `?` for one, the rest for itself. */
export function wildcard(pattern: string, one = '.'): string {
  let out = '';
  for (const character of pattern) {
    if (character === '*') out += `${one}*`;
    else if (character === '?') out += one;
    else out += /[\\^$.|+()[\]{}]/.test(character) ? `\\${character}` : character;
  }
  return out;
}
