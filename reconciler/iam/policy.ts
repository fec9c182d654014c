import { iamAction, operationOf } from '../aws/operations.ts';
import { type ArnType, FREE, READ_SCOPES, SCOPES, type Scope, TAGGED_BY } from '../aws/scopes.ts';
import { FAULT_TAG, STACK_TAG, VERIFIED_TAG } from '../model/tags.ts';
import { arnsOf, type Where } from './arns.ts';

/** IAM policies as data (IAM user guide, grammar of the policy language). Pure: the same input gives the same text. */

export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Condition;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** Characters of a managed policy, blanks not counted (IAM and STS quotas). */
export const POLICY_LIMIT = 6144;

/** Statements that allow these operations, and nothing that the fences of `SCOPES` can keep out. */
export function statementsFor(ops: readonly string[], where: Where): readonly Statement[] {
  const named = [...new Set(ops)].filter((op) => !FREE.has(op)).sort();
  const everywhere = named.filter((op) => scopeOf(op) === undefined);
  const scoped = named.filter((op) => scopeOf(op) !== undefined);
  return [
    ...(everywhere.length === 0 ? [] : [allow('Read', everywhere.map(iamAction), ['*'])]),
    ...fenced(scoped, 'made', where),
    ...fenced(
      scoped.filter((op) => !isTagging(op)),
      'ours',
      where,
    ),
    ...tagging(scoped, where),
    ...pointed(scoped, where),
    ...fenced(scoped, 'any', where),
  ];
}

/** Documents that fit a managed policy each, statements in their order. */
export function documentsOf(statements: readonly Statement[]): readonly PolicyDocument[] {
  const documents: Statement[][] = [[]];
  for (const statement of statements) {
    const last = documents.at(-1) ?? [];
    if (last.length > 0 && sizeOf(documentOf([...last, statement])) > POLICY_LIMIT) documents.push([statement]);
    else last.push(statement);
  }
  return documents.map(documentOf);
}

const documentOf = (statements: readonly Statement[]): PolicyDocument => ({ Version: '2012-10-17', Statement: statements });

/** As IAM counts it: blanks outside of texts do not count, and there are none within ours. */
export const sizeOf = (document: PolicyDocument): number => JSON.stringify(document).length;

const scopeOf = (op: string): Scope | undefined =>
  operationOf(op).access === 'read' ? READ_SCOPES[op as keyof typeof READ_SCOPES] : SCOPES[op as keyof typeof SCOPES];

const isTagging = (op: string): boolean => op === 'ec2:CreateTags' || op === 'elbv2:AddTags';

export function allow(sid: string, actions: readonly string[], resources: readonly string[], condition?: Condition): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: [...new Set(actions)].sort(),
    Resource: [...new Set(resources)].sort(),
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}

type Fence = 'made' | 'ours' | 'any';

const typesOf = (op: string, fence: Fence): readonly ArnType[] => {
  const scope = scopeOf(op) ?? {};
  return fence === 'ours' ? [...(scope.ours ?? []), ...(scope.used ?? [])] : (scope[fence] ?? []);
};

const allTypesOf = (op: string): readonly ArnType[] => [...typesOf(op, 'made'), ...typesOf(op, 'ours'), ...typesOf(op, 'any')];

/** `ec2` of `ec2:CreateVpc`. */
const serviceOf = (op: string): string => op.slice(0, op.indexOf(':'));

interface Group {
  readonly ops: readonly string[];
  readonly types: ReadonlySet<ArnType>;
}

/**
 * One statement for as many calls as one can hold: a call may stand beside a type that it never touches, but not beside one
 * that it reaches under another fence, which the statement would open.
 */
function fenced(ops: readonly string[], fence: Fence, where: Where): readonly Statement[] {
  const services = [...new Set(ops.map(serviceOf))];
  return services.flatMap((service) => {
    const groups: Group[] = [];
    for (const op of ops) {
      const types = typesOf(op, fence);
      if (serviceOf(op) !== service || types.length === 0) continue;
      const at = groups.findIndex((group) => fits([...group.ops, op], new Set([...group.types, ...types]), fence));
      const into = groups[at] ?? { ops: [], types: new Set() };
      const grown = { ops: [...into.ops, op], types: new Set([...into.types, ...types]) };
      if (at < 0) groups.push(grown);
      else groups[at] = grown;
    }
    return groups.map((group, index) =>
      allow(
        `${capital(service)}${capital(fence)}${index === 0 ? '' : index + 1}`,
        group.ops.map(iamAction),
        [...group.types].flatMap((type) => arnsOf(type, where)),
        fence === 'any' ? undefined : stackIs(fence === 'made' ? 'aws:RequestTag' : 'aws:ResourceTag', where),
      ),
    );
  });
}

const fits = (ops: readonly string[], types: ReadonlySet<ArnType>, fence: Fence): boolean =>
  ops.every((op) => [...types].every((type) => typesOf(op, fence).includes(type) || !allTypesOf(op).includes(type)));

/** Tags: while something is made, and later on what is ours; never a foreign object's, and never into another stack. */
function tagging(ops: readonly string[], where: Where): readonly Statement[] {
  return Object.entries(TAGGED_BY).flatMap(([service, action]): readonly Statement[] => {
    const making = ops.filter((op) => serviceOf(op) === service && madeBy(op).length > 0);
    const arns = making.flatMap(madeBy).flatMap((type) => arnsOf(type, where));
    const later = ops.filter((op) => serviceOf(op) === service && isTagging(op));
    const name = capital(service);
    const tag = stackIs('aws:RequestTag', where);
    const [prefix = ''] = action.split(':');
    const creating = service === 'ec2' || service === 'elbv2';
    return [
      ...(making.length === 0
        ? []
        : [
            allow(
              `${name}TagNew`,
              [action],
              arns,
              creating
                ? both(tag, { StringEquals: { [`${prefix}:CreateAction`]: making.map((op) => op.slice(op.indexOf(':') + 1)) } })
                : tag,
            ),
          ]),
      ...later.map((op) =>
        allow(
          `${name}TagOurs`,
          [action],
          typesOf(op, 'ours').flatMap((type) => arnsOf(type, where)),
          both(stackIs('aws:ResourceTag', where), ifSaid(tag)),
        ),
      ),
      ...(later.length === 0 || service !== 'elbv2' || where.adopted.length === 0 ? [] : [allow('Adopt', [action], where.adopted, tag)]),
    ];
  });
}

/**
 * Who load-tests may write down which commit passed, and no other tag: with another one a load balancer would change hands.
 * `ForAllValues` holds too where the request says no tags, hence `Null` (IAM user guide, set operators for multivalued keys).
 */
export const writingDown = (where: Where): Statement =>
  allow(
    'WriteDown',
    [iamAction('elbv2:AddTags')],
    arnsOf('loadbalancer', where),
    both(stackIs('aws:ResourceTag', where), {
      'ForAllValues:StringEquals': { 'aws:TagKeys': VERIFIED_TAG },
      Null: { 'aws:TagKeys': 'false' },
    }),
  );

/** The tag on what a load test breaks, put on before and taken off after: no other tag of a victim can be changed by it. */
export const marking = (where: Where): readonly Statement[] => {
  const fenced = both(stackIs('aws:ResourceTag', where), {
    'ForAllValues:StringEquals': { 'aws:TagKeys': FAULT_TAG },
    Null: { 'aws:TagKeys': 'false' },
  });
  return [
    allow(
      'MarkVictims',
      [iamAction('ec2:CreateTags'), iamAction('ec2:DeleteTags')],
      [...arnsOf('instance', where), ...arnsOf('security-group', where)],
      fenced,
    ),
    allow('MarkGroups', [iamAction('elbv2:AddTags'), iamAction('elbv2:RemoveTags')], arnsOf('targetgroup', where), fenced),
  ];
};

const madeBy = (op: string): readonly ArnType[] => {
  const scope = scopeOf(op) ?? {};
  return scope.tagged ?? scope.made ?? [];
};

/** Things that the spec points to by their ids carry no tag of ours: they are named. */
function pointed(ops: readonly string[], where: Where): readonly Statement[] {
  const groups = new Map<string, { readonly actions: string[]; readonly arns: readonly string[] }>();
  for (const op of ops) {
    const arns = (scopeOf(op)?.used ?? []).flatMap((type) => where.existing[type] ?? []);
    if (arns.length === 0) continue;
    const key = arns.join(' ');
    const group = groups.get(key) ?? { actions: [], arns };
    group.actions.push(iamAction(op));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ actions, arns }, index) => allow(`Given${index === 0 ? '' : index + 1}`, actions, arns));
}

/** The tag says one of the stacks; without stacks, any. */
function stackIs(key: 'aws:RequestTag' | 'aws:ResourceTag', { stacks }: Where): Condition {
  const [only, ...more] = stacks;
  if (only === undefined) return { StringLike: { [`${key}/${STACK_TAG}`]: '*' } };
  return { StringEquals: { [`${key}/${STACK_TAG}`]: more.length === 0 ? only : stacks } };
}

/** The same, only where the key is in the request. */
const ifSaid = (condition: Condition): Condition =>
  Object.fromEntries(Object.entries(condition).map(([operator, keys]) => [`${operator}IfExists`, keys]));

function both(one: Condition, other: Condition): Condition {
  const operators = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(operators.map((operator) => [operator, { ...one[operator], ...other[operator] }]));
}

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
