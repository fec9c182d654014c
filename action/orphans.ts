/** Live stacks of the repository whose file is gone: what a plan or a drift check says beside the stacks that have one. */

import { code } from '../reconciler/report/escape.ts';
import { visible } from '../reconciler/report/format.ts';
import { findOrphans, foldersOf, type Looked, type Orphan } from '../reconciler/run/orphans.ts';
import type { OpenSession } from '../reconciler/run/run-stacks.ts';
import type { NamedSpec } from '../reconciler/run/specs.ts';
import type { Inputs } from './inputs.ts';

/**
 * Looks in each region that some spec of the folders is of, also one whose stacks this run is not about: a pull request that deletes a
 * file changes no other. Nothing is looked for on the sandbox of a job, which begins empty, or for a preview.
 */
export async function orphansOf(inputs: Inputs, specs: readonly NamedSpec[], sessionFor: OpenSession): Promise<Looked> {
  if (!['plan', 'drift'].includes(inputs.command) || inputs.sandbox || inputs.preview !== undefined) return NOWHERE;
  const known = foldersOf(inputs.spec, process.env);
  if (known === undefined) return NOWHERE;
  // Where the last spec was deleted, the role's region is the only one that is known.
  const region = specs.length === 0 ? (process.env['AWS_REGION'] ?? '') : '';
  return findOrphans(known, specs, sessionFor, region === '' ? [] : [{ region }]);
}

const NOWHERE: Looked = { orphans: [], lookedIn: [] };

export const orphanText = ({ stack, region, file }: Orphan): string =>
  `Stack ${visible(stack)} in ${visible(region)} exists in AWS, but its file ${visible(file)} is gone. If the file was moved, apply it at its new place. To remove the stack, see "Stacks whose file is gone" in docs/drift.md.`;

/** What was looked at, so that nobody takes the rest for looked at. */
export const lookedText = (lookedIn: Looked['lookedIn']): string =>
  `Looked for stacks whose file is gone in ${[...new Set(lookedIn.map(({ region }) => visible(region)))].join(', ')}.`;

/** For the job summary. */
export const orphanMarkdown = ({ stack, region, file }: Orphan): string =>
  `- ⚠️ Stack ${code(stack)} in ${code(region)} exists in AWS, but its file ${code(file)} is gone.`;
