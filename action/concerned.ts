/** Which stacks the files of a pull request are about. */

import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { concernedBy, isSpecName, sourcesOfSpec } from '../reconciler/run/changed-since.ts';
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

/** Of the specs of a commit those that a change of these files is about, and the specs that are gone from it. */
export function concernedOf(
  specs: readonly NamedSpec[],
  changed: readonly string[],
  below: readonly string[],
): { readonly kept: readonly NamedSpec[]; readonly gone: readonly string[] } {
  const sources = specs.map((each) => sourcesOfSpec(each, plain));
  const files = changed.map(plain);
  const about = concernedBy(sources, files);
  const folders = below.map((path) => plain(path).replace(/\/$/, ''));
  const named = (path: string): boolean => folders.some((folder) => folder === '.' || path === folder || path.startsWith(`${folder}/`));
  return {
    kept: specs.filter((_, index) => about.has(sources[index]?.file ?? '')),
    gone: files.filter((path) => isSpecName(path) && named(path) && !existsSync(path)),
  };
}
