import { randomBytes } from 'node:crypto';
import type { Guardian } from '../chaos/carry-out/scene.ts';
import type { Experiment } from '../chaos/experiments/experiment.ts';
import { endingsFor, schedulesFor } from '../chaos/schedule.ts';
import type { Victim } from '../chaos/types.ts';
import { titleOf } from '../chaos/victim.ts';
import { CloudError } from '../errors.ts';
import { partitionOf } from '../iam/arns.ts';
import type { Json } from '../model/json.ts';
import type { Cloud } from '../run/port.ts';
import type { Session } from '../run/session.ts';
import { ensureDeleted } from './ensure-deleted.ts';

/** The settings for schedules in the folder of a spec. */
export interface ScheduleTerms {
  /** Name of the role that EventBridge Scheduler assumes to undo a fault; absent: none is set. */
  readonly role?: string;
  /** A fault may happen without a schedule. */
  readonly notNeeded: boolean;
}

/** Longest wait for a deletion: a schedule that stays repeats an undo, which does no harm, and deletes itself. */
const DELETE_MS = 5000;

/**
 * Makes EventBridge Scheduler undo the fault if nobody else does. If that is not possible, `arm` rejects, or with consent to a fault without a
 * schedule calls `note`, as it does if one stays. A stand-in for AWS needs no schedule unless a role is set.
 */
export function scheduleGuardian(
  { experiment, stack, terms }: { readonly experiment: Experiment; readonly stack: string; readonly terms: ScheduleTerms },
  session: Session,
  note: (text: string) => void,
): Guardian {
  const { cloud, region, signal } = session;
  let armed: Victim | undefined;
  return {
    async arm(victim, until, about) {
      const { role, notNeeded } = terms;
      if (experiment.undo.scheduled !== true || (role === undefined && session.standIn === true)) return;
      try {
        if (role === undefined) throw new Error('environment.yaml names no scheduleRole');
        const roleArn = `arn:${partitionOf(region)}:iam::${await session.account()}:role/${role}`;
        const token = randomBytes(16).toString('hex');
        const came = await Promise.allSettled(
          schedulesFor({ experiment, victim, stack, about, until, roleArn, token }).map((input) => make(cloud, input, signal)),
        );
        // If all were certainly refused, there is nothing to delete.
        if (came.some((each) => each.status === 'fulfilled' || !isRefusal(each.reason))) armed = victim;
        for (const each of came) if (each.status === 'rejected') throw each.reason;
      } catch (thrown) {
        signal.throwIfAborted();
        const reason = (
          thrown instanceof CloudError ? `${thrown.op}: ${thrown.awsCode}: ${thrown.message}` : String((thrown as Error).message)
        ).replace(/\.$/, '');
        const nobody = 'no EventBridge schedule would undo the fault if albedo and its watchdog failed';
        if (!notNeeded)
          throw new Error(
            `${nobody}: ${reason}. Set scheduleRole, or allow faults without a schedule: --without-schedule, or load.withoutSchedule in policy.yaml`,
          );
        note(`${titleOf(victim)} will be ${experiment.words.undo.done} by albedo, but ${nobody}: ${reason}`);
      }
    },
    async disarm() {
      if (armed === undefined) return;
      const victim = armed;
      armed = undefined;
      await removeSchedule(experiment, victim, stack, cloud).catch((thrown: unknown) =>
        note(
          `a schedule for ${titleOf(victim)} could not be deleted; it deletes itself after it has run: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        ),
      );
    },
  };
}

const isRefusal = (thrown: unknown): boolean =>
  thrown instanceof CloudError && /^(Denied|Credentials|Invalid|NotFound|Unreachable)$/.test(thrown.class);

/** Replaces a schedule that an ended run left: it would run too early, and would not exist when it is needed. */
async function make(cloud: Cloud, input: Json, signal: AbortSignal): Promise<void> {
  try {
    await cloud.call('scheduler:CreateSchedule', input, { signal });
  } catch (thrown) {
    if (!(thrown instanceof CloudError) || thrown.awsCode !== 'ConflictException') throw thrown;
    const { Name, GroupName } = input as { readonly Name: string; readonly GroupName: string };
    await cloud.call('scheduler:DeleteSchedule', { Name, GroupName }, { signal });
    await cloud.call('scheduler:CreateSchedule', input, { signal });
  }
}

/** Deletes what `scheduleGuardian` created for this victim. A missing schedule is not an error. Throws other refusals of AWS. */
export async function removeSchedule(experiment: Experiment, victim: Victim, stack: string, cloud: Cloud): Promise<void> {
  if (experiment.undo.scheduled !== true) return;
  const signal = AbortSignal.timeout(DELETE_MS);
  await Promise.all(
    endingsFor(experiment, victim, stack).map((input) => ensureDeleted(() => cloud.call('scheduler:DeleteSchedule', input, { signal }))),
  );
}

/** Combines guardians: if one of them cannot be armed, the fault does not happen. */
export function together(guards: readonly (Guardian | undefined)[]): Guardian {
  const all = guards.filter((each) => each !== undefined);
  return {
    async arm(...what) {
      const came = await Promise.allSettled(all.map((each) => each.arm(...what)));
      for (const each of came) if (each.status === 'rejected') throw each.reason;
    },
    async disarm() {
      await Promise.all(all.map((each) => each.disarm()));
    },
  };
}
