import { EXPERIMENTS } from '../chaos/experiments.ts';
import { CloudError } from '../errors.ts';
import type { Where } from '../iam/arns.ts';
import type { Role } from '../iam/needs.ts';
import { PASSED_TO, passing } from '../iam/role-policy.ts';
import { valuesAt } from '../model/paths.ts';
import type { Session } from '../run/session.ts';
import type { Permission } from './permissions.ts';

interface Asked {
  readonly role: Role;
  readonly experiments?: readonly string[];
  readonly scheduleRoles?: readonly string[];
  readonly fisRoles?: readonly string[];
  readonly withoutSchedule?: boolean;
}

interface Found extends Omit<Permission, 'op'> {
  readonly area: 'schedule' | 'fis';
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
  return checkPassed(named, 'schedule', scheduleRoles, session, where, principal);
}

/** The same of the role by which AWS FIS breaks; nothing where no spec asks for that. */
export const checkFis = async (
  { role, fisRoles = [] }: Asked,
  session: Session,
  where: Where,
  principal: string | undefined,
): Promise<readonly Found[]> =>
  role !== 'chaos' || fisRoles.length === 0
    ? []
    : checkPassed({ area: 'fis', name: 'fis.role' }, 'fis', fisRoles, session, where, principal);

async function checkPassed(
  named: Pick<Found, 'area' | 'name'>,
  to: keyof typeof PASSED_TO,
  roles: readonly string[],
  session: Session,
  where: Where,
  principal: string | undefined,
): Promise<readonly Found[]> {
  const [statement] = passing(to, roles, where.region, where.account);
  if (principal === undefined || statement === undefined)
    return [{ ...named, state: 'unchecked', detail: 'only a role or a user can be simulated' }];
  try {
    const answer = await session.cloud.call(
      'iam:SimulatePrincipalPolicy',
      {
        PolicySourceArn: principal,
        ActionNames: [...statement.Action],
        ResourceArns: [...statement.Resource],
        ContextEntries: [{ ContextKeyName: 'iam:PassedToService', ContextKeyType: 'string', ContextKeyValues: [PASSED_TO[to]] }],
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
