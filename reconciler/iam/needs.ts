import { OPERATIONS, type OperationName } from '../aws/operations.ts';
import type { Experiment } from '../chaos/experiments/experiment.ts';
import { EXPERIMENTS } from '../chaos/experiments.ts';
import type { Field, Kind } from '../model/field.ts';
import { fieldsOf, KINDS, kindOf } from '../model/kinds.ts';
import type { Stack } from '../model/model.ts';
import { textsIn } from '../model/paths.ts';
import { TAGGING } from '../model/tags.ts';

/** Who calls AWS: a plan or a drift check, an apply or a destroy, a load test with a fault, a schedule that undoes one, and AWS FIS in the place of a load test. */
export const ROLES = ['plan', 'apply', 'chaos', 'schedule', 'fis'] as const;
export type Role = (typeof ROLES)[number];

const LOCK: readonly OperationName[] = ['ssm:PutParameter', 'ssm:GetParameter', 'ssm:DeleteParameter'];
/** What is kept in AWS for a fault: who breaks makes it, and who mends puts it away. */
const SCHEDULE: Readonly<Record<'apply' | 'chaos', readonly OperationName[]>> = {
  apply: ['scheduler:DeleteSchedule'],
  chaos: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'],
};
/** The same of one that AWS FIS carries out. */
const FIS_END: readonly OperationName[] = [
  ...(['fis:ListExperimentTemplates', 'fis:DeleteExperimentTemplate', 'fis:ListExperiments'] as const),
  ...(['fis:GetExperiment', 'fis:StopExperiment'] as const),
];
const FIS: typeof SCHEDULE = { apply: FIS_END, chaos: ['fis:CreateExperimentTemplate', 'fis:StartExperiment', ...FIS_END] };
/** Who may forbid a fault. */
const LEVER: readonly OperationName[] = ['fis:GetSafetyLever'];
/** Calls that are of no kind: what tags find, quotas, the account. */
const READS: readonly OperationName[] = ['tagging:GetResources', 'elbv2:DescribeAccountLimits', 'sts:GetCallerIdentity'];

/**
 * Every operation that the role can come to use for these stacks, sorted; without stacks, for any. `experiments`: the names of those that
 * the specs ask for; absent: any. `scheduled`: a role is named by which schedules undo faults;
 * `byFis`: one is named by which AWS FIS breaks, and they ask for that. `leftToFis`: the names of those that every spec leaves to FIS.
 */
export function operationsOf(
  role: Role,
  stacks: readonly Stack[],
  experiments?: readonly string[],
  {
    scheduled = false,
    byFis = false,
    leftToFis = [],
  }: { readonly scheduled?: boolean; readonly byFis?: boolean; readonly leftToFis?: readonly string[] } = {},
): readonly string[] {
  const faults = EXPERIMENTS.filter(({ name }) => experiments === undefined || experiments.includes(name));
  const undone = faults.filter(({ undo }) => undo.scheduled === true);
  const withFis = faults.filter(({ fis }) => fis !== undefined);
  if (role === 'fis') return [...new Set(withFis.flatMap(({ start, undo, look }) => [start.op, undo.op, look.op]))].sort();
  if (role === 'schedule') return [...new Set(undone.map(({ undo }) => undo.op))].sort();
  const ops = new Set<string>([...READS, ...KINDS.flatMap(readsOf), ...stacks.flatMap(lookUpsOf), ...existsOf(stacks)]);
  if (role !== 'plan')
    for (const op of [
      ...faults.flatMap((each) => callsOfFault(each, role, leftToFis.includes(each.name))),
      ...(role === 'chaos' && faults.length > 0 ? LEVER : []),
      ...(scheduled && undone.length > 0 ? SCHEDULE[role] : []),
      ...(byFis && withFis.length > 0 ? FIS[role] : []),
    ])
      ops.add(op);
  // A plan says who holds the lock.
  for (const op of role === 'plan' ? LOCK.filter((each) => OPERATIONS[each].access === 'read') : LOCK) ops.add(op);
  if (role === 'apply') for (const op of [...KINDS.flatMap((kind: Kind) => writesOf(kind, stacks))]) ops.add(op);
  return [...ops].sort();
}

/** An apply mends what a load test left broken; a load test chooses the victim as well, and breaks it unless FIS does. */
function callsOfFault({ start, undo, look, ask, victims }: Experiment, role: Role, leftToFis: boolean): readonly string[] {
  const looks = [look, ...(look.then === undefined ? [] : [look.then])];
  const begins = role === 'apply' ? [] : [...(leftToFis ? [] : [start]), ...(ask === undefined ? [] : [ask])];
  const sent = [...begins, undo, ...looks];
  return [
    ...sent.flatMap((call) => [call.op, ...('follow' in call && call.follow !== undefined ? [call.follow.op] : [])]),
    ...(victims === 'instances' ? ['ec2:DescribeInstances'] : []),
  ];
}

/** All kinds are read, also those that the spec has none of: what it has dropped must be found. */
const readsOf = (kind: Kind): readonly string[] => [
  kind.read.op,
  ...('op' in kind.read.tags ? [kind.read.tags.op] : []),
  ...(kind.read.details ?? []).map((detail) => detail.op),
  ...(kind.users ?? []).map((look) => look.op),
  ...waitsOf(kind),
];

function waitsOf(kind: Kind): readonly string[] {
  const drained = fieldsOf(kind).flatMap(([, { wire }]) => (wire.how === 'member' ? (wire.member.drained ?? []) : []));
  return [...(kind.awaits ?? []), ...drained].map((wait) => wait.op);
}

/** What is asked of the account about the texts that these stacks say. */
const existsOf = (stacks: readonly Stack[]): readonly string[] =>
  KINDS.flatMap((kind: Kind) =>
    fieldsOf(kind).flatMap(([name, { exists = [] }]) =>
      exists
        .filter(({ form }) => {
          if (stacks.length === 0) return true;
          const said = stacks.flatMap(({ desired }) =>
            desired.filter((entry) => entry.kind === kind.name).map(({ values }) => values[name]),
          );
          return said.some((value) => value !== undefined && textsIn(value).some((text) => form?.test(text) ?? true));
        })
        .map(({ op }) => op),
    ),
  );

const lookUpsOf = (stack: Stack): readonly string[] => stack.existing.flatMap((existing) => existing.lookup?.op ?? []);

/**
 * What can be written to a kind: everything that a field of these stacks says or has by default. A kind that no stack has is
 * destroyed at most, since an earlier spec may have had it.
 */
function writesOf(kind: Kind, stacks: readonly Stack[]): readonly string[] {
  const wanted = stacks.flatMap((stack) => stack.desired.filter((entry) => entry.kind === kind.name));
  const gone = [kind.destroy.op, ...fieldsOf(kind).flatMap(([, { wire }]) => (wire.how === 'link' ? wire.unlink : []))];
  const { add, remove } = TAGGING[kind.service];
  // Some kinds are put in use by one of this kind for a while before they serve.
  const warms = stacks.some((stack) => stack.desired.some((entry) => kindOf(entry.kind).warmUp?.by === kind.name));
  if (stacks.length > 0 && wanted.length === 0) return warms ? [...gone, kind.create.op, add] : gone;
  const says = (name: string) => stacks.length === 0 || wanted.some((entry) => entry.values[name] !== undefined);
  return [
    ...gone,
    kind.create.op,
    add,
    remove,
    ...(kind.modify === undefined ? [] : [kind.modify.op]),
    ...(kind.attributes === undefined ? [] : [kind.attributes.op]),
    ...fieldsOf(kind).flatMap(([name, field]) => (says(name) ? callsOf(field) : [])),
  ];
}

function callsOf({ wire }: Field): readonly string[] {
  switch (wire.how) {
    case 'setter':
    case 'rank':
      return [wire.op];
    case 'link':
      return [wire.link, wire.unlink];
    case 'member':
      return [wire.member.add, wire.member.remove, wire.member.amend?.op, wire.member.elsewhere?.move].filter((op) => op !== undefined);
    default:
      return [];
  }
}
