/** Faults by AWS FIS: a template before the fault, an experiment as the fault, and the removal of both after it. */

import { randomBytes } from 'node:crypto';
import type { Breaker, Guardian } from '../chaos/carry-out/scene.ts';
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
import { ensureDeleted } from './ensure-deleted.ts';

/** Time between two reads of an experiment: until it runs, and after that. FIS undoes the fault by itself, so the latter need not be frequent. */
const BEGIN_MS = 1000;
const LOOK_MS = 3000;
/** Longest wait until an experiment runs; it usually takes seconds. */
const UNDER_WAY_MS = 120_000;
/** Longest wait for FIS to end an experiment: the undo that follows does not depend on it. */
const END_MS = 3000;
const DELETE_MS = 10_000;

/**
 * The caller holds the lock of the stack, so everything that an earlier run created is a leftover. `terms`: the settings of environment.yaml; if
 * absent, the fault does not happen. `note` is called with what the report has to say. A template that cannot be deleted breaks nothing; the next run or `albedo halt` finds it.
 */
export function fisHands(
  { experiment, stack, terms }: { readonly experiment: Experiment; readonly stack: string; readonly terms: FisEnvironment | undefined },
  session: Session,
  note: (text: string) => void,
): Guardian & Breaker {
  const { cloud, clock, region } = session;
  const tags = tagsOfFis(stack, experiment.name);
  let made = false;
  let template: string | undefined;
  /** `asked`: it may have started, but its id is not known. */
  let begun: 'asked' | { readonly id: string } | undefined;
  const warn = (text: string, thrown: unknown): void => note(`${text}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);

  return {
    async arm(victim, _until, { seconds }) {
      if (terms === undefined) throw new Error('`by: fis` needs a role, but environment.yaml names no role for it under `fis`');
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
          // Reads know it only a moment later (eventual consistency).
          if (thrown instanceof CloudError && thrown.class === 'NotFound') return undefined;
          // The experiment was started, so an error of this read is not a refusal of the fault.
          throw new CloudError(op, 'ExperimentNotSeen', 'Unknown', thrown instanceof Error ? thrown.message : String(thrown));
        });
        if (state?.underWay === true && state.active) {
          // By AWS's clock, which may differ from ours, so limited to what ours allows.
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
          throw new CloudError(op, 'ExperimentTimedOut', 'Unknown', `AWS FIS did not start the experiment within ${UNDER_WAY_MS / 1000} s`);
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
          // If the experiment cannot be read, it is assumed to run for the planned time.
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
      await stopped.catch((thrown: unknown) => warn('the call to end the experiment of AWS FIS failed; FIS ends it by itself', thrown));
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
 * Ends the experiments of load tests in the region and deletes their templates; `stack` narrows it to one stack. Returns the ids of the templates.
 * Throws errors of AWS.
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

/** The same for the stack of a victim of FIS, if known. Otherwise its experiment could break the victim after the undo. */
export async function endFisOf({ stack }: Victim, { cloud, signal }: Pick<Session, 'cloud' | 'signal'>): Promise<void> {
  if (stack !== undefined) await clearFis(cloud, AbortSignal.any([signal, AbortSignal.timeout(DELETE_MS)]), stack);
}

async function endExperiments(cloud: Cloud, template: string, signal: AbortSignal): Promise<void> {
  const answer = await cloud.call('fis:ListExperiments', { maxResults: 100, experimentTemplateId: template }, { signal });
  for (const experiment of valuesAt(answer, 'experiments[]'))
    if (isActive(experiment)) await stop(cloud, String(valueAt(experiment, 'id')), signal);
}

/** An experiment that has ended meanwhile cannot be stopped, which is not an error. */
async function stop(cloud: Cloud, id: string, signal: AbortSignal): Promise<void> {
  await cloud.call('fis:StopExperiment', { id }, { signal }).catch(async (thrown: unknown) => {
    if (!(thrown instanceof CloudError) || !/^(NotFound|Invalid)$/.test(thrown.class)) throw thrown;
    if (thrown.class === 'Invalid' && readExperiment(await cloud.call('fis:GetExperiment', { id }, { signal })).active) throw thrown;
  });
}

const drop = (cloud: Cloud, id: string, signal: AbortSignal): Promise<void> =>
  ensureDeleted(() => cloud.call('fis:DeleteExperimentTemplate', { id }, { signal }));
