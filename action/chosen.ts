/** Which stacks a run is about. */

import type { NamedSpec } from '../reconciler/run/specs.ts';
import { readApplied } from './applied.ts';
import { concernedOf } from './concerned.ts';
import { GitHubFailure } from './github.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './log.ts';
import type { Publisher } from './publish.ts';
import { addToSummary } from './show.ts';

/** The stacks that this run is about: see the input `stacks`. */
export async function chosen(
  inputs: Inputs,
  log: Log,
  publisher: Pick<Publisher, 'changed'>,
  specs: readonly NamedSpec[],
): Promise<readonly NamedSpec[]> {
  const { command } = inputs;
  if (inputs.stacks === 'all' || inputs.preview !== undefined) return specs;
  let kept = specs;
  let why = '';
  if (command === 'plan' || command === 'apply') {
    const changed = await changedFiles(publisher, log);
    if (changed !== undefined) kept = concernedOf(specs, changed);
    why = 'the pull request does not change their files';
  } else if (command === 'verify' && inputs.applied !== '') {
    kept = specs.filter(({ spec }) => readApplied(inputs.applied, spec.stack.name, spec.stack.region) !== undefined);
    why = 'they were not applied';
  }
  const left = specs.filter((spec) => !kept.includes(spec)).map(({ spec }) => spec.stack.name);
  if (left.length > 0) {
    const text = `not ${command === 'verify' ? 'looked at' : command === 'plan' ? 'planned' : 'applied'}, since ${why}: ${left.join(', ')}`;
    log.say(text);
    addToSummary(`_${left.length} of ${specs.length} stacks were ${text}_`);
  }
  return kept;
}

/** Undefined: every stack is looked at. */
async function changedFiles(publisher: Pick<Publisher, 'changed'>, log: Log): Promise<readonly string[] | undefined> {
  try {
    return await publisher.changed();
  } catch (error) {
    if (!(error instanceof GitHubFailure)) throw error;
    log.say(`every stack is read, because it is not known which files the pull request changes: ${error.message}`);
    return undefined;
  }
}
