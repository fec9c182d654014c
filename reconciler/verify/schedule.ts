import { randomBytes } from 'node:crypto';
import type { Guardian } from '../chaos/disrupt.ts';
import type { Experiment } from '../chaos/experiments/experiment.ts';
import { endingsFor, schedulesFor } from '../chaos/schedule.ts';
import type { Victim } from '../chaos/types.ts';
import { titleOf } from '../chaos/victim.ts';
import { CloudError } from '../errors.ts';
import { partitionOf } from '../iam/arns.ts';
import type { Json } from '../model/json.ts';
import type { Cloud } from '../run/port.ts';
import type { Session } from '../run/session.ts';

/** What the folder of a spec says of schedules. */
export interface ScheduleTerms {
  /** Name of the role by which EventBridge Scheduler undoes a fault; absent: none is named. */
  readonly role?: string;
  /** A fault may happen without. */
  readonly notNeeded: boolean;
}

/** A schedule that cannot be deleted deletes itself, and undoes what is undone: nobody has to wait for it. */
const DELETE_MS = 5000;

/**
 * Has EventBridge Scheduler undo the fault, should nobody else. `arm` rejects where that cannot be had and nobody consented to do without; with
 * consent `note` is told. A stand-in of AWS needs no schedule unless a role is named.
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
        // Where all were refused for certain, nothing is there to be deleted.
        if (came.some((each) => each.status === 'fulfilled' || !isRefusal(each.reason))) armed = victim;
        for (const each of came) if (each.status === 'rejected') throw each.reason;
      } catch (thrown) {
        signal.throwIfAborted();
        const reason = (
          thrown instanceof CloudError ? `${thrown.op}: ${thrown.awsCode}: ${thrown.message}` : String((thrown as Error).message)
        ).replace(/\.$/, '');
        const nobody = 'no schedule of EventBridge would do it when albedo and its watchdog are gone';
        if (!notNeeded)
          throw new Error(
            `${nobody}: ${reason}. Name a role for it, or consent to do without: --without-schedule, or load.withoutSchedule of policy.yaml`,
          );
        note(`${titleOf(victim)} is ${experiment.words.undo.done} again by albedo, and ${nobody}: ${reason}`);
      }
    },
    async disarm() {
      if (armed === undefined) return;
      const victim = armed;
      armed = undefined;
      await removeSchedule(experiment, victim, stack, cloud).catch((thrown: unknown) =>
        session.emit({
          kind: 'warning',
          text: `a schedule for ${titleOf(victim)} could not be deleted, and deletes itself: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        }),
      );
    },
  };
}

const isRefusal = (thrown: unknown): boolean =>
  thrown instanceof CloudError && /^(Denied|Credentials|Invalid|NotFound|Unreachable)$/.test(thrown.class);

/** One that a run left which is no more gives way: it would come too early, and be gone when it is needed. */
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

/** Deletes what `scheduleGuardian` made for this victim; what is not there any more is no error. Throws what AWS says otherwise. */
export async function removeSchedule(experiment: Experiment, victim: Victim, stack: string, cloud: Cloud): Promise<void> {
  if (experiment.undo.scheduled !== true) return;
  const signal = AbortSignal.timeout(DELETE_MS);
  await Promise.all(
    endingsFor(experiment, victim, stack).map(async (input) => {
      // One that was just made may not be shown yet: "not found" is believed when it is said twice.
      for (let times = 0; times < 2; times++)
        try {
          return await cloud.call('scheduler:DeleteSchedule', input, { signal });
        } catch (thrown) {
          if (!(thrown instanceof CloudError) || thrown.class !== 'NotFound') throw thrown;
        }
      return undefined;
    }),
  );
}

/** All of them stand guard: one that cannot keeps the fault from happening. */
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
