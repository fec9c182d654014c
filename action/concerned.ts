/** Which stacks the files of a pull request are about. */

import { posix } from 'node:path';
import { concernedBy, sourcesOfSpec } from '../reconciler/run/changed-since.ts';
import type { NamedSpec } from '../reconciler/run/specs.ts';

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

/** Of specs, with paths from the top of the repository, those that a change of these files is about. */
export function concernedOf(specs: readonly NamedSpec[], changed: readonly string[]): readonly NamedSpec[] {
  const sources = specs.map((each) => sourcesOfSpec(each, plain));
  const about = concernedBy(sources, changed.map(plain));
  return specs.filter((_, index) => about.has(sources[index]?.file ?? ''));
}
