/** AWS FIS as the one that breaks: a template before the fault, an experiment as the fault, and both put away after it. */

import { randomBytes } from 'node:crypto';
import type { Breaker, Guardian } from '../chaos/disrupt.ts';
import type { Experiment } from '../chaos/experiments/experiment.ts';
import { isActive, readExperiment, stateText, tagsOfFis, templateFor } from '../chaos/fis.ts';
import type { Victim } from '../chaos/types.ts';
import { CloudError } from '../errors.ts';
import { partitionOf } from '../iam/arns.ts';
import type { FisEnvironment } from '../model/environment.ts';
import { valueAt, valuesAt } from '../model/paths.ts';
import { FAULT_TAG, STACK_TAG } from '../model/tags.ts';
import type { Cloud } from '../run/port.ts';
import type { Session } from '../run/session.ts';

/** Between two looks at an experiment: before it is under way, and then. FIS mends by itself, so that the latter need not hurry. */
const BEGIN_MS = 1000;
const LOOK_MS = 3000;
/** An experiment is under way within seconds; one that is not is given up. */
const UNDER_WAY_MS = 120_000;
/** FIS is asked to end for no longer: the undo that follows does not depend on it. */
const END_MS = 3000;
const DELETE_MS = 10_000;

/**
 * Whoever runs it holds the lock of the stack: what it finds of a run before is left over. `terms`: what environment.yaml says; absent: nothing, and the
 * fault does not happen. A template that cannot be deleted breaks nothing by itself, and is found by the next run and by `albedo halt`.
 */
export function fisHands(
  { experiment, stack, terms }: { readonly experiment: Experiment; readonly stack: string; readonly terms: FisEnvironment | undefined },
  session: Session,
): Guardian & Breaker {
  const { cloud, clock, region, emit } = session;
  const tags = tagsOfFis(stack, experiment.name);
  let made = false;
  let template: string | undefined;
  /** `asked`: it may have begun, and its id is not known. */
  let begun: 'asked' | { readonly id: string } | undefined;
  const warn = (text: string, thrown: unknown): void =>
    emit({ kind: 'warning', text: `${text}: ${thrown instanceof Error ? thrown.message : String(thrown)}` });

  return {
    async arm(victim, _until, { seconds }) {
      if (terms === undefined) throw new Error('AWS FIS is to do it (`by: fis`), and environment.yaml names no role for it under `fis`');
      await clearFis(cloud, session.signal, stack);
      const where = { partition: partitionOf(region), region, account: await session.account() };
      const token = randomBytes(16).toString('hex');
      const { role, alarms = [] } = terms;
      made = true;
      const answer = await cloud.call(
        'fis:CreateExperimentTemplate',
        templateFor({ experiment, victim, stack, seconds, where, role, alarms, token }),
        { signal: session.signal },
      );
      template = String(valueAt(answer, 'experimentTemplate.id'));
    },
    async begin(signal) {
      begun = 'asked';
      const token = randomBytes(16).toString('hex');
      const askedAt = clock.now();
      const op = 'fis:StartExperiment';
      const answer = await cloud.call(op, { clientToken: token, experimentTemplateId: template ?? '', tags }, { signal });
      const id = String(valueAt(answer, 'experiment.id'));
      begun = { id };
      for (;;) {
        const state = await cloud.call('fis:GetExperiment', { id }, { poll: true, signal }).then(readExperiment, (thrown: unknown) => {
          // It is known to the reads a moment later.
          if (thrown instanceof CloudError && thrown.class === 'NotFound') return undefined;
          // What was begun is not refused any more, whatever a look is answered.
          throw new CloudError(op, 'ExperimentNotSeen', 'Unknown', thrown instanceof Error ? thrown.message : String(thrown));
        });
        if (state?.underWay === true && state.active) {
          // By AWS's clock, which may differ from ours: within what ours knows.
          return Math.min(clock.now(), Math.max(askedAt, state.beganAt ?? askedAt));
        }
        if (state !== undefined && !state.active) {
          begun = undefined;
          throw new CloudError(
            op,
            'ExperimentEnded',
            state.touched ? 'Unknown' : 'Invalid',
            `its experiment in AWS FIS is ${stateText(state)}`,
          );
        }
        if (clock.now() - askedAt >= UNDER_WAY_MS)
          throw new CloudError(op, 'ExperimentTimedOut', 'Unknown', `AWS FIS had not begun within ${UNDER_WAY_MS / 1000} s`);
        await clock.sleep(BEGIN_MS, signal);
      }
    },
    async ended(signal) {
      for (;;) {
        await clock.sleep(LOOK_MS, signal);
        if (begun === undefined || begun === 'asked') continue;
        const { id } = begun;
        try {
          const state = readExperiment(await cloud.call('fis:GetExperiment', { id }, { poll: true, signal }));
          if (state.status === 'completed') return '';
          if (!state.active || state.status === 'stopping') return `AWS FIS ended the experiment before its time: ${stateText(state)}`;
        } catch (thrown) {
          // One that cannot be seen goes on for as long as it was asked to.
          signal.throwIfAborted();
          if (!(thrown instanceof CloudError)) throw thrown;
        }
      }
    },
    async end() {
      const ends = begun;
      begun = undefined;
      if (ends === undefined || template === undefined) return;
      const signal = AbortSignal.timeout(END_MS);
      const stopped = ends === 'asked' ? endExperiments(cloud, template, signal) : stop(cloud, ends.id, signal);
      await stopped.catch((thrown: unknown) => warn('AWS FIS could not be told to end its experiment, and ends it by itself', thrown));
    },
    async disarm() {
      if (!made) return;
      made = false;
      const signal = AbortSignal.timeout(DELETE_MS);
      const gone = template === undefined ? clearFis(cloud, signal, stack) : drop(cloud, template, signal);
      await gone.catch((thrown: unknown) => warn(`a template of AWS FIS for ${stack} could not be deleted`, thrown));
    },
  };
}

/**
 * Ends the experiments of load tests in the region and deletes their templates; `stack` narrows it to one. Answers the ids of the templates. Throws what
 * AWS says.
 */
export async function clearFis(cloud: Cloud, signal: AbortSignal, stack?: string): Promise<readonly string[]> {
  const answer = await cloud.call('fis:ListExperimentTemplates', { maxResults: 100 }, { signal });
  const ids = valuesAt(answer, 'experimentTemplates[]').flatMap((template) => {
    const tags = (valueAt(template, 'tags') ?? {}) as Readonly<Record<string, string>>;
    const owner = tags[STACK_TAG];
    return tags[FAULT_TAG] === undefined || owner === undefined || (stack !== undefined && owner !== stack)
      ? []
      : [String(valueAt(template, 'id'))];
  });
  for (const id of ids) {
    await endExperiments(cloud, id, signal);
    await drop(cloud, id, signal);
  }
  return ids;
}

/** The same for the stack of a victim that FIS breaks, where it is known. Its experiment could otherwise break it after it was mended. */
export async function endFisOf({ stack }: Victim, { cloud, signal }: Pick<Session, 'cloud' | 'signal'>): Promise<void> {
  if (stack !== undefined) await clearFis(cloud, AbortSignal.any([signal, AbortSignal.timeout(DELETE_MS)]), stack);
}

async function endExperiments(cloud: Cloud, template: string, signal: AbortSignal): Promise<void> {
  const answer = await cloud.call('fis:ListExperiments', { maxResults: 100, experimentTemplateId: template }, { signal });
  for (const experiment of valuesAt(answer, 'experiments[]'))
    if (isActive(experiment)) await stop(cloud, String(valueAt(experiment, 'id')), signal);
}

/** One that has ended meanwhile cannot be stopped, which is what was wanted. */
async function stop(cloud: Cloud, id: string, signal: AbortSignal): Promise<void> {
  await cloud.call('fis:StopExperiment', { id }, { signal }).catch(async (thrown: unknown) => {
    if (!(thrown instanceof CloudError) || !/^(NotFound|Invalid)$/.test(thrown.class)) throw thrown;
    if (thrown.class === 'Invalid' && readExperiment(await cloud.call('fis:GetExperiment', { id }, { signal })).active) throw thrown;
  });
}

async function drop(cloud: Cloud, id: string, signal: AbortSignal): Promise<void> {
  await cloud.call('fis:DeleteExperimentTemplate', { id }, { signal }).catch((thrown: unknown) => {
    if (!(thrown instanceof CloudError) || thrown.class !== 'NotFound') throw thrown;
  });
}
