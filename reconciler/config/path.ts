/** Places in a spec: `targetGroups.web.targets[0]` as a person reads it, or the same as a list of keys. */

export type PathParts = readonly (string | number)[];

/** A key that can stand between dots; anything else is written as `["a.b"]`. */
const BARE = /^[A-Za-z_][\w-]*$/;

/** Writes a path for people. Keys with dots, spaces or quotes in them are put in brackets, so that the result can be read back. */
export function formatPath(parts: PathParts): string {
  let out = '';
  for (const part of parts) {
    if (typeof part === 'number') out += `[${part}]`;
    else if (BARE.test(part)) out += out === '' ? part : `.${part}`;
    else out += `[${JSON.stringify(part)}]`;
  }
  return out;
}

const PIECE = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([^.[]+)/y;

/** Reads what `formatPath` wrote. Text that is no path is taken as one key, never refused: the caller only wants a position. */
export function parsePath(path: string): (string | number)[] {
  const parts: (string | number)[] = [];
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < path.length) {
    const found = PIECE.exec(path);
    if (found === null) return [path];
    const [, index, quoted, bare] = found;
    if (index !== undefined) parts.push(Number(index));
    else if (quoted !== undefined) parts.push(unquote(quoted));
    else if (bare !== undefined) parts.push(bare);
  }
  return parts;
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
