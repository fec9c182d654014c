/**
 * What only the account can tell of what a plan is about to write: security policies, quotas, and ids in the middle of fields. Asked
 * when the plan is made, so that nothing is half done when AWS refuses it; and only what the plan writes, so that an empty one costs no call.
 */

import { nearestName } from '../config/nearest.ts';
import { CloudError, type Problem } from '../errors.ts';
import type { Json, Note } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Stack } from '../model/model.ts';
import { textsIn, valuesAt } from '../model/paths.ts';
import { pathOf } from '../model/sections.ts';
import type { LiveRead } from '../observe/slice.ts';
import type { Change, Plan } from '../plan/types.ts';
import { QUOTAS, raise } from './quotas.ts';

type Call = (op: string, input: Json) => Promise<Json>;

export interface AccountChecks {
  readonly problems: readonly Problem[];
  /** What could not be asked. */
  readonly notes: readonly Note[];
}

export async function checkAccount(planned: Plan, stack: Stack, read: LiveRead, call: Call): Promise<AccountChecks> {
  const written = writtenBy(planned, stack);
  const checks = await Promise.all([
    policies(written, stack, read, call),
    ids(written, stack, read, call),
    quotas(planned, stack, read, call),
  ]);
  return { problems: checks.flatMap(({ problems }) => problems), notes: checks.flatMap(({ notes }) => notes) };
}

/** Fields that the plan writes, each with its resource; those of a new resource are all of them. */
interface Written {
  readonly resource: Desired;
  readonly field: string;
  readonly value: Json;
}

function writtenBy(planned: Plan, stack: Stack): readonly Written[] {
  const changes = new Map(planned.changes.map((change) => [change.address as string, change]));
  return stack.desired.flatMap((resource) => {
    const change = changes.get(resource.address);
    if (change === undefined || change.verb === 'destroy') return [];
    return Object.entries(resource.values).flatMap(([field, value]): Written[] =>
      writes(change, field) ? [{ resource, field, value }] : [],
    );
  });
}

const writes = ({ verb, fields }: Change, name: string): boolean =>
  verb === 'create' || verb === 'replace' || fields.some(({ field }) => field === name);

function mistake({ resource, field }: Written, stack: Stack, message: string, hint: string): Problem {
  return {
    ...(resource.positions[field] ?? resource.position ?? { file: stack.file, line: 1, column: 1 }),
    path: [...pathOf(resource.address), field].join('.'),
    message,
    hint,
    severity: 'error',
  };
}

/** The answer, or a note where this account, region or partition refuses the question: then AWS itself decides, when it comes to it. */
async function ask<T>(what: string, question: () => Promise<T>): Promise<T | Note> {
  try {
    return await question();
  } catch (thrown) {
    if (!(thrown instanceof CloudError) || !/^(NotFound|Invalid|Denied)$/.test(thrown.class)) throw thrown;
    return { kind: 'warning', text: `${what} cannot be checked before: ${thrown.op} answered ${thrown.awsCode}` };
  }
}

const isNote = (answer: unknown): answer is Note => typeof answer === 'object' && answer !== null && 'kind' in answer && 'text' in answer;

async function policies(written: readonly Written[], stack: Stack, { observed }: LiveRead, call: Call): Promise<AccountChecks> {
  const known = new Set(observed.live.map(({ values }) => values['sslPolicy']));
  const asked = written.filter(({ field, value, resource }) => resource.kind === 'listener' && field === 'sslPolicy' && !known.has(value));
  if (asked.length === 0) return { problems: [], notes: [] };
  const answer = await ask('Security policies', () => call('elbv2:DescribeSSLPolicies', { LoadBalancerType: 'application' }));
  if (isNote(answer)) return { problems: [], notes: [answer] };
  const names = valuesAt(answer, 'SslPolicies[].Name').map(String);
  const wrong = asked.filter(({ value }) => !names.includes(String(value)));
  return {
    problems: wrong.map((one) => {
      const near = nearestName(String(one.value), names);
      return mistake(
        one,
        stack,
        `There is no security policy \`${String(one.value)}\` in ${stack.region}.`,
        near === undefined ? '`aws elbv2 describe-ssl-policies` names all of them.' : `Did you mean \`${near}\`?`,
      );
    }),
    notes: [],
  };
}

/** Where an id of a kind is looked up. By a filter: an id that does not exist is then no refusal, but is not among the answers. */
const LOOK_UPS = [
  { kind: 'subnet', form: /^subnet-[0-9a-f]+$/, op: 'ec2:DescribeSubnets', filter: 'subnet-id', ids: 'Subnets[].SubnetId' },
  { kind: 'securityGroup', form: /^sg-[0-9a-f]+$/, op: 'ec2:DescribeSecurityGroups', filter: 'group-id', ids: 'SecurityGroups[].GroupId' },
  {
    kind: 'instance',
    form: /^i-[0-9a-f]+$/,
    op: 'ec2:DescribeInstances',
    filter: 'instance-id',
    ids: 'Reservations[].Instances[].InstanceId',
  },
] as const;

const GROUP = /^arn:[a-z-]+:elasticloadbalancing:[^:]*:\d{12}:targetgroup\//;

/** A filter takes 200 values (EC2 API reference). */
const MOST_VALUES = 200;

/** Ids of things of others that stand in fields; those that have an entry of their own are looked up with it (`observe/given.ts`). */
async function ids(written: readonly Written[], stack: Stack, { observed, world }: LiveRead, call: Call): Promise<AccountChecks> {
  const known = new Set([...observed.live.map(({ id }) => id), ...Object.values(observed.existing).flatMap(({ id }) => id ?? [])]);
  const named = written
    .filter(({ resource, field }) => fieldsOf(kindOf(resource.kind)).some(([name, { internal }]) => name === field && !internal))
    // What follows from another field is told there.
    .filter(({ resource, field }) => resource.positions[field] !== undefined)
    .flatMap((one) => textsIn(one.value).map((text) => ({ one, text })))
    .filter(({ text }) => !known.has(text));
  const problems: Problem[] = [];
  const notes: Note[] = [];
  const absent = (kind: string, entries: typeof named): void =>
    void problems.push(
      ...entries.map(({ one, text }) =>
        mistake(
          one,
          stack,
          `There is no ${kindOf(kind).label} \`${text}\` in ${stack.region}.`,
          'Check the id, the region, and the account of the credentials.',
        ),
      ),
    );
  const groups = world.lists.get('targetGroup');
  if (groups !== undefined)
    absent(
      'targetGroup',
      named.filter(({ text }) => GROUP.test(text) && !groups.has(text)),
    );
  await Promise.all(
    LOOK_UPS.map(async ({ kind, form, op, filter, ids: path }) => {
      const wanted = named.filter(({ text }) => form.test(text));
      const all = [...new Set(wanted.map(({ text }) => text))];
      for (let from = 0; from < all.length; from += MOST_VALUES) {
        const Values = all.slice(from, from + MOST_VALUES);
        const answer = await ask(`Whether ${Values.join(', ')} exist`, () => call(op, { Filters: [{ Name: filter, Values }] }));
        if (isNote(answer)) {
          notes.push(answer);
          continue;
        }
        const found = new Set(valuesAt(answer, path).map(String));
        absent(
          kind,
          wanted.filter(({ text }) => Values.includes(text) && !found.has(text)),
        );
      }
    }),
  );
  return { problems, notes };
}

async function quotas(planned: Plan, stack: Stack, { observed, world }: LiveRead, call: Call): Promise<AccountChecks> {
  const asked = QUOTAS.filter(({ kinds, field }) =>
    planned.changes.some(
      (change) =>
        kinds.includes(kindOf(change.address).name) &&
        (change.verb === 'create' || change.verb === 'replace' || (field !== undefined && writes(change, field))),
    ),
  );
  if (asked.length === 0) return { problems: [], notes: [] };
  const answer = await ask('Quotas', () => call('elbv2:DescribeAccountLimits', {}));
  if (isNote(answer)) return { problems: [], notes: [answer] };
  const most = new Map(
    (valuesAt(answer, 'Limits[]') as readonly { readonly Name?: string; readonly Max?: string }[]).map(({ Name, Max }) => [
      Name,
      Number(Max),
    ]),
  );
  const beside = { observed, world, changes: planned.changes };
  return {
    notes: [],
    problems: asked.flatMap((quota): Problem[] => {
      const [own, others] = [quota.own(stack), quota.others?.(beside, stack) ?? 0];
      const limit = most.get(quota.name) ?? Number.POSITIVE_INFINITY;
      if (!(own + others > limit)) return [];
      const last = stack.desired.findLast(({ kind }) => quota.kinds.includes(kind));
      const words = `${own} in this file${others === 0 ? '' : ` and ${others} beside them`}`;
      return [
        {
          ...(last?.position ?? { file: stack.file, line: 1, column: 1 }),
          path: last === undefined ? '' : pathOf(last.address).join('.'),
          message: `${quota.title}: AWS allows ${limit} here, and there would be ${own + others}: ${words}.`,
          hint: raise(quota),
          severity: 'error',
        },
      ];
    }),
  };
}
