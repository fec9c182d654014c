/** Which stacks the files of a pull request are about. Pure. */

import { posix } from 'node:path';

/** A path as git and GitHub have it. */
const plain = (path: string): string => posix.normalize(path.replaceAll('\\', '/'));

/**
 * Of stacks that a fork's run speaks of, those whose spec, or the policy beside it, the pull request changes; one a file. What else the
 * run claims to have found is none of its business.
 */
export function stacksOfDiff<T extends { readonly file: string }>(claimed: readonly T[], changed: readonly string[]): readonly T[] {
  const files = new Set(changed.map(plain));
  const seen = new Set<string>();
  return claimed.filter(({ file }) => {
    const path = plain(file);
    const folder = posix.dirname(path);
    const about = files.has(path) || ['policy.yaml', 'policy.yml'].some((name) => files.has(posix.join(folder, name)));
    if (!about || seen.has(path)) return false;
    seen.add(path);
    return true;
  });
}
