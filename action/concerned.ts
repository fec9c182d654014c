/** Which stacks the files of a pull request are about. Pure. */

import { posix } from 'node:path';
import { parseDocument, visit } from 'yaml';

/** A path as git and GitHub have it. */
const plain = (path: string): string => posix.normalize(path.replaceAll('\\', '/'));
const policiesOf = (folder: string): readonly string[] => ['policy.yaml', 'policy.yml'].map((name) => posix.join(folder, name));

/**
 * Of stacks that a fork's run speaks of, those whose spec, or the policy beside it, the pull request changes; one a file. What else the
 * run claims to have found is none of its business.
 */
export function stacksOfDiff<T extends { readonly file: string }>(claimed: readonly T[], changed: readonly string[]): readonly T[] {
  const files = new Set(changed.map(plain));
  const seen = new Set<string>();
  return claimed.filter(({ file }) => {
    const path = plain(file);
    const about = files.has(path) || policiesOf(posix.dirname(path)).some((policy) => files.has(policy));
    if (!about || seen.has(path)) return false;
    seen.add(path);
    return true;
  });
}

export interface SpecOfFile {
  /** From the top of the repository. */
  readonly file: string;
  readonly text: Uint8Array;
  /** Its load script, from the top of the repository. */
  readonly script: string;
}

/**
 * Whether a change of these files is one of the stack: its spec, the policy beside it, a file that the spec names in any field, or
 * anything in the folder of its load script, which the script may read.
 */
export function isConcerned(spec: SpecOfFile, changed: readonly string[]): boolean {
  const file = plain(spec.file);
  const folder = posix.dirname(file);
  const scripts = posix.dirname(plain(spec.script));
  const own = new Set([
    file,
    ...policiesOf(folder),
    plain(spec.script),
    ...namedIn(spec.text).flatMap((name) => [plain(name), posix.join(folder, name)]),
  ]);
  return changed.map(plain).some((path) => own.has(path) || (scripts !== '.' && path.startsWith(`${scripts}/`)));
}

/** Every text of a spec that could be a path. */
function namedIn(text: Uint8Array): readonly string[] {
  const found: string[] = [];
  visit(parseDocument(Buffer.from(text).toString('utf8'), { keepSourceTokens: false }), {
    Scalar: (_, { value }) => void (typeof value === 'string' && /^(?=.*[./])[^\s:]{1,500}$/.test(value) && found.push(value)),
  });
  return found;
}
