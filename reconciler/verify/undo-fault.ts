import { targetStates } from '../chaos/answers.ts';
import { lookAt } from '../chaos/carry-out/look.ts';
import { sendFault } from '../chaos/carry-out/send.ts';
import { type Experiment, NOTHING_KNOWN } from '../chaos/experiments/experiment.ts';
import { experimentNamed } from '../chaos/experiments.ts';
import { markCalls } from '../chaos/fault-mark.ts';
import { BY_FIS } from '../chaos/fis.ts';
import type { Victim } from '../chaos/types.ts';
import { partsOf, titleOf } from '../chaos/victim.ts';
import { CloudError, ReconcileError } from '../errors.ts';
import { FAULT_TAG } from '../model/tags.ts';
import { explainCloudError, type Session } from '../run/pipeline.ts';
import { endFisOf } from './fis.ts';
import { removeSchedule } from './schedule.ts';

/** GitHub kills a cancelled job after five minutes; EC2 usually stops an instance within one. */
const LIMIT_MS = 4 * 60_000;
const RETRY_MS = 2000;

export interface UndoSession extends Pick<Session, 'cloud' | 'clock' | 'signal'> {
  /** Called with problems that do not prevent the undo. */
  readonly note?: (text: string) => void;
}

/** `fine`: it was not broken. `gone`: somebody removed the victim. `unwell`: undone, but not healthy within the limit. */
export type UndoOutcome = 'fine' | 'undone' | 'gone' | 'unwell';

/**
 * Undoes the fault of an ended run if that is still necessary, waits until the victim is seen whole and healthy, and removes the tag. An undo
 * that did not hold is sent again. Throws if AWS does not accept the call in time.
 */
export async function undoFault(victim: Victim, session: UndoSession, limitMs = LIMIT_MS): Promise<UndoOutcome> {
  const experiment = experimentNamed(victim.experiment);
  if (victim.detail === BY_FIS && experiment.fis !== undefined)
    await endFisOf(victim, session).catch((thrown: unknown) => {
      session.signal.throwIfAborted();
      const why = thrown instanceof CloudError ? `${thrown.op}: ${thrown.awsCode}: ${thrown.message}` : String(thrown);
      session.note?.(`the call to end the experiment of AWS FIS on ${titleOf(victim)} failed; FIS ends it by itself: ${why}`);
    });
  const parts = partsOf(experiment, victim);
  // All are tried before a failure is reported.
  const came = await Promise.allSettled(parts.map((part) => undoPart(part, experiment, session, limitMs)));
  const failed = came.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const all = came.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  return (['unwell', 'undone', 'fine'] as const).find((each) => all.includes(each)) ?? 'gone';
}

async function undoPart(victim: Victim, experiment: Experiment, session: UndoSession, limitMs: number): Promise<UndoOutcome> {
  const { cloud, clock, signal } = session;
  const { undo } = experiment;
  const deadline = clock.now() + limitMs;
  let undone = false;
  for (;;) {
    try {
      const { state: found, seen } = await lookAt(experiment, victim, {
        ...{ call: (op, input) => cloud.call(op, input, { signal }), clock, signal },
      });
      // If no call can show the state, it counts as broken until the undo was sent.
      const state = found !== 'unsure' ? found : undone ? 'fine' : 'broken';
      if (state === 'gone') return await gone(victim, experiment, session);
      if (state === 'fine' && (await isServing(victim, session))) {
        await unmark(victim, experiment, session);
        return undone ? 'undone' : 'fine';
      }
      if (state === 'fine' && clock.now() >= deadline) return 'unwell';
      if (state === 'broken') {
        await sendFault(undo, victim, { cloud, clock, about: { ...NOTHING_KNOWN, seen }, options: { once: true, signal } });
        undone = true;
      }
    } catch (thrown) {
      if (!(thrown instanceof CloudError)) throw thrown;
      if (clock.now() >= deadline || !mayPass(thrown, experiment)) throw stillBroken(victim, experiment, thrown);
    }
    await clock.sleep(RETRY_MS, signal);
  }
}

/** Whether a retry can succeed; see `sendFault` for the last two codes. Whether what is not found is gone, the next look says. */
const mayPass = ({ awsCode, class: kind }: CloudError, { undo }: Experiment): boolean =>
  undo.notYet(awsCode) || /^(Transient|Throttled|NotFound)$/.test(kind) || awsCode === 'CommandFailed' || awsCode === 'CommandTimedOut';

/** Healthy, or without health checks: no longer in a group, or in a group that no listener uses. */
async function isServing({ groupArn, instanceId, port }: Victim, { cloud, signal }: UndoSession): Promise<boolean> {
  if (groupArn === '') return true;
  try {
    const answer = await cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn: groupArn }, { signal });
    const found = targetStates(answer).find((each) => each.instanceId === instanceId && each.port === port);
    return found === undefined || found.state === 'healthy' || /^Target\.(NotInUse|NotRegistered|HealthCheckDisabled)$/.test(found.reason);
  } catch (thrown) {
    if (thrown instanceof CloudError && (thrown.class === 'NotFound' || thrown.class === 'Denied')) return true;
    throw thrown;
  }
}

/** The resource with the tag may still exist, such as the group of a target. Without this, every later run would find the tag but nothing to restore. */
async function gone(victim: Victim, experiment: Experiment, session: UndoSession): Promise<'gone'> {
  if (experiment.marked(victim).id !== victim.instanceId) await unmark(victim, experiment, session);
  return 'gone';
}

/** A tag that stays is told: the next run finds it, and finds the victim whole. */
async function unmark(victim: Victim, experiment: Experiment, { cloud, signal, note }: UndoSession): Promise<void> {
  const { off } = markCalls(experiment.marked(victim), '');
  await cloud.call(off.op, off.input, { signal }).catch((thrown: unknown) => {
    if (!(thrown instanceof CloudError)) throw thrown;
    note?.(
      `the tag ${FAULT_TAG} of ${experiment.marked(victim).id} could not be removed: ${thrown.op}: ${thrown.awsCode}: ${thrown.message}. Until it is, every plan reports it`,
    );
  });
  // A missing permission is no problem: the schedule repeats an undo, which does no harm, and deletes itself.
  if (victim.stack !== undefined) await removeSchedule(experiment, victim, victim.stack, cloud).catch(() => undefined);
}

function stillBroken(victim: Victim, { words, undo }: Experiment, cause: CloudError): ReconcileError {
  const verb = `${words.undo.verb.slice(0, 1).toUpperCase()}${words.undo.verb.slice(1)}`;
  return new ReconcileError('AwsRefused', `${victim.instanceId} may still be ${words.done}: ${explainCloudError(cause).message}`, {
    cause,
    hint: `${verb} it with: ${undo.byHand(victim)}`,
  });
}

/** The result as a sentence. */
export function undoFaultText(victim: Victim, came: UndoOutcome): string {
  const { words } = experimentNamed(victim.experiment);
  const called = titleOf(victim);
  return {
    fine: `${called} is not ${words.done}`,
    undone: `${called} was ${words.done} and has been ${words.undo.done}`,
    gone: `${called} no longer exists`,
    unwell: `${called} was ${words.done} in a load test and has been ${words.undo.done}, but its target is not healthy yet`,
  }[came];
}
