/**
 * The post step: runs when the job ends, also after a cancel that killed the main step. Cleans up what the main step left: a stopped instance,
 * a deregistered target, a comment that reports a run in progress, a sandbox. It never fails the job.
 */

import { experimentNamed } from '../reconciler/chaos/experiments.ts';
import { ReconcileError } from '../reconciler/errors.ts';
import { holderOf, releaseLock } from '../reconciler/run/lock.ts';
import { openSession, realClock } from '../reconciler/run/pipeline.ts';
import { findLeftovers, undoLeftovers } from '../reconciler/verify/leftovers.ts';
import { undoFault, undoFaultText } from '../reconciler/verify/undo-fault.ts';
import { readContext } from './context.ts';
import { type Inputs, readInputs } from './inputs.ts';
import { annotate, type Log } from './log.ts';
import { openMask } from './mask.ts';
import { blank } from './outcome.ts';
import { openPublisher } from './publish.ts';
import { closeSandbox } from './sandbox.ts';
import { readState, type State } from './state.ts';

export async function runPost(log: Log): Promise<void> {
  const state = readState();
  let inputs: Inputs;
  try {
    inputs = readInputs(process.env);
  } catch {
    // The main step has already reported what is wrong with them.
    return;
  }
  if (inputs.endpointUrl !== '') process.env['AWS_ENDPOINT_URL'] = inputs.endpointUrl;
  const settled = [
    ...(await restoreVictim(log, inputs, state)),
    ...(await undoByTag(log, inputs, state)),
    ...(await releaseLocks(log, inputs, state)),
  ];
  if (!state.ended) await tellCancelled(log, inputs, state, settled);
  if (state.sandbox !== '') {
    try {
      log.say((await closeSandbox(state.sandbox)) ? 'the sandbox has ended' : 'the sandbox had ended already');
    } catch (error) {
      annotate(log, [{ level: 'warning', text: messageOf(error) }]);
    }
  }
}

/** Undoes the fault of the load test. What came of it, in a sentence; none where nothing was owed. */
async function restoreVictim(log: Log, inputs: Inputs, { debt }: State): Promise<readonly string[]> {
  if (debt === undefined) return [];
  const mask = openMask(inputs.maskAccountId);
  const { victim } = debt;
  const { words } = experimentNamed(victim.experiment);
  const called = `${victim.name} (${victim.instanceId})`;
  try {
    const session = openSession({ region: debt.region, env: process.env, clock: realClock });
    const text = undoFaultText(victim, await undoFault(victim, session));
    log.say(text);
    return [text];
  } catch (error) {
    const hint = error instanceof ReconcileError ? ` ${error.hint}` : '';
    const text = mask.text(`${called}: ${messageOf(error)}.${hint}`);
    annotate(log, [
      { level: 'error', title: `${words.thing === 'instance' ? 'an instance' : `a ${words.thing}`} may be ${words.done}`, text },
    ]);
    return [text];
  }
}

/** Undoes all other faults of the stacks that have a tag: this job holds their locks, so the main step caused them. */
async function undoByTag(log: Log, inputs: Inputs, { locked, ended }: State): Promise<readonly string[]> {
  if (ended) return [];
  const told: string[] = [];
  for (const { stack, region } of locked) {
    try {
      const session = openSession({ region, env: process.env, clock: realClock });
      told.push(...(await undoLeftovers(await findLeftovers(session, stack), session)));
    } catch (error) {
      const text = openMask(inputs.maskAccountId).text(
        `the search for faults that a load test left in ${stack} failed: ${messageOf(error)}`,
      );
      annotate(log, [{ level: 'warning', text }]);
    }
  }
  for (const text of told) log.say(text);
  return told;
}

/** Releases the locks of a main step that was killed. A step that ended normally has released its own. */
async function releaseLocks(log: Log, inputs: Inputs, { locked, ended }: State): Promise<readonly string[]> {
  if (ended) return [];
  const told: string[] = [];
  for (const { stack, region } of locked) {
    try {
      const session = openSession({ region, env: process.env, clock: realClock });
      if (await releaseLock(stack, holderOf(process.env), session)) told.push(`the lock of ${stack} was released`);
    } catch (error) {
      const text = openMask(inputs.maskAccountId).text(`the lock of ${stack} could not be released; it will expire: ${messageOf(error)}`);
      annotate(log, [{ level: 'warning', text }]);
    }
  }
  for (const text of told) log.say(text);
  return told;
}

async function tellCancelled(log: Log, inputs: Inputs, state: State, settled: readonly string[]): Promise<void> {
  if (state.pending.length === 0) return;
  const context = readContext(process.env);
  const first = state.pending[0]?.number;
  const publisher = openPublisher({ log, inputs, context, clock: realClock, find: async () => first });
  for (const { stack, region, state: was } of state.pending) {
    const text =
      was === 'verifying'
        ? 'The load test was interrupted; it has no result.'
        : 'It was interrupted. The next apply keeps the finished steps and continues.';
    const outcome = blank(stack, region, '', realClock.now());
    await publisher.comments([{ ...outcome, state: 'cancelled' }], [text, ...settled]);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error));
