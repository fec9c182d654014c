/** Chooses the victim of a fault from what AWS reports, and checks it again right before the fault. */

import { surveyCandidates, surveyFitness } from '../chaos/carry-out/survey.ts';
import { chooseVictim, objectionTo } from '../chaos/choose.ts';
import { type Fault, isByFis } from '../chaos/experiments.ts';
import { BY_FIS } from '../chaos/fis.ts';
import type { Victim } from '../chaos/types.ts';
import { ReconcileError } from '../errors.ts';
import type { TargetGroupTarget, VerifyTarget } from '../load/types.ts';
import type { Session } from '../run/pipeline.ts';

export interface Surroundings {
  readonly stack: string;
  readonly target: VerifyTarget;
  readonly session: Session;
  /** Called with the victim before anything is done to it. */
  readonly onVictim?: (victim: Victim) => void;
}

export interface Chosen {
  readonly group: TargetGroupTarget;
  readonly victim: Victim | null;
  /** Why none was chosen; empty if one was. */
  readonly refusal: string;
}

/** Chooses a victim, and emits what to expect. Throws `LoadFailed` if the target group does not exist, `CloudError` if AWS refuses a read. */
export async function choose(fault: Fault, { stack, target, session, onVictim }: Surroundings): Promise<Chosen> {
  const { experiment, settings } = fault;
  const group = target.groups.find((entry) => entry.name === settings.from);
  if (group === undefined)
    throw new ReconcileError('LoadFailed', `the target group ${settings.from} of the experiment ${experiment.name} does not exist`);
  const { named: row } = experiment;
  const named = row === undefined ? undefined : settings[row];
  const candidates = await surveyCandidates(session.cloud, group, experiment.victims, session.signal);
  const own = settings.own ?? {};
  const { victim: chosen, refusal } = chooseVictim({
    ...{ experiment, stack, group: group.name, groupArn: group.arn, candidates, settings: own },
    fitness: await surveyFitness(session.cloud, experiment, { candidates, group, settings: own }, session.signal),
    seed: settings.seed ?? stack,
    ...(named === undefined ? {} : { named }),
  });
  const victim = chosen === undefined ? null : isByFis(fault) ? { ...chosen, detail: BY_FIS } : chosen;
  if (refusal !== '') session.emit({ kind: 'warning', text: refusal });
  if (victim === null) return { group, victim, refusal };
  onVictim?.(victim);
  const { detection, recovery } = experiment.predict(group.healthCheck, settings.own);
  session.emit({ kind: 'chaos', text: `expected: ${detection.sentence} ${recovery.sentence}` });
  return { group, victim, refusal };
}

/** Why the fault must not happen now; empty if it may. The group may have changed since the victim was chosen. */
export async function objectionNow({ experiment }: Fault, group: TargetGroupTarget, victim: Victim, session: Session): Promise<string> {
  return objectionTo(victim, await surveyCandidates(session.cloud, group, experiment.victims, session.signal), experiment);
}
