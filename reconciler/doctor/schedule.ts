import { EXPERIMENTS } from '../chaos/experiments.ts';
import { CloudError } from '../errors.ts';
import type { Where } from '../iam/arns.ts';
import type { Role } from '../iam/needs.ts';
import { passing } from '../iam/role-policy.ts';
import { valuesAt } from '../model/paths.ts';
import type { Session } from '../run/session.ts';
import type { Permission } from './permissions.ts';

interface Asked {
  readonly role: Role;
  readonly experiments?: readonly string[];
  readonly scheduleRoles?: readonly string[];
  readonly withoutSchedule?: boolean;
}

interface Found extends Omit<Permission, 'op'> {
  readonly area: 'schedule';
  readonly name: string;
}

/** Whether a role is named by which a schedule undoes a fault, and may be handed over. Only of who breaks something that a schedule can undo. */
export async function checkSchedule(
  { role, experiments, scheduleRoles = [], withoutSchedule }: Asked,
  session: Session,
  where: Where,
  principal: string | undefined,
): Promise<readonly Found[]> {
  const breaks = EXPERIMENTS.some(({ name, undo }) => undo.scheduled === true && (experiments === undefined || experiments.includes(name)));
  if (role !== 'chaos' || !breaks) return [];
  const named = { area: 'schedule', name: 'scheduleRole' } as const;
  if (scheduleRoles.length === 0) {
    const detail = 'environment.yaml names none: no schedule would undo a fault';
    const mayDoWithout = withoutSchedule === true || session.standIn === true || experiments === undefined;
    return [{ ...named, state: mayDoWithout ? 'unchecked' : 'missing', detail }];
  }
  const [statement] = passing(scheduleRoles, where.region, where.account);
  if (principal === undefined || statement === undefined)
    return [{ ...named, state: 'unchecked', detail: 'only a role or a user can be simulated' }];
  try {
    const answer = await session.cloud.call(
      'iam:SimulatePrincipalPolicy',
      {
        PolicySourceArn: principal,
        ActionNames: [...statement.Action],
        ResourceArns: [...statement.Resource],
        ContextEntries: [
          { ContextKeyName: 'iam:PassedToService', ContextKeyType: 'string', ContextKeyValues: ['scheduler.amazonaws.com'] },
        ],
      },
      { signal: session.signal },
    );
    const denied = (valuesAt(answer, 'EvaluationResults[]') as readonly { EvalDecision?: string }[]).some(
      ({ EvalDecision }) => EvalDecision !== 'allowed',
    );
    const detail = denied ? `iam:PassRole is not allowed on ${statement.Resource.join(', ')}` : statement.Resource.join(', ');
    return [{ ...named, state: denied ? 'missing' : 'ok', detail }];
  } catch (thrown) {
    if (!(thrown instanceof CloudError)) throw thrown;
    const detail =
      thrown.class === 'Denied' ? 'grant iam:SimulatePrincipalPolicy to have it checked' : `${thrown.awsCode}: ${thrown.message}`;
    return [{ ...named, state: 'unchecked', detail }];
  }
}
