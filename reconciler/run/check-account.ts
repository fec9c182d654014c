/**
 * What only the account can tell of what a plan is about to write: what it names, quotas, and ids in the middle of fields. Asked
 * when the plan is made, so that nothing is half done when AWS refuses it; and only what the plan writes, so that an empty one costs no call.
 */

import { GIVEN_OUTPUTS } from '../config/build.ts';
import type { Problem } from '../errors.ts';
import { subnetsThatDo } from '../model/given.ts';
import { isIdOf } from '../model/ids.ts';
import { asList, type Json, type Note } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Observed, Stack } from '../model/model.ts';
import { outputAt, refsIn, textsIn, valueAt, valuesAt } from '../model/paths.ts';
import { pathOf } from '../model/sections.ts';
import type { LiveRead } from '../observe/slice.ts';
import type { Plan } from '../plan/types.ts';
import { type AccountChecks, ask, type Call, isNote, mistake, vpcOf, type Written, writes, writtenBy } from './account-asked.ts';
import { checkExists } from './check-exists.ts';
import { groupTroubles } from './check-groups.ts';
import { claim, claimedByOthers, QUOTAS, raise } from './quotas.ts';

export async function checkAccount(planned: Plan, stack: Stack, read: LiveRead, call: Call): Promise<AccountChecks> {
  const written = writtenBy(planned, stack);
  const checks = await Promise.all([
    checkExists(written, stack, read, call),
    ids(written, stack, read, call),
    quotas(planned, stack, read, call),
  ]);
  return {
    problems: [...checks.flatMap(({ problems }) => problems), ...groupTroubles(written, stack, read)],
    notes: checks.flatMap(({ notes }) => notes),
  };
}

/** Where an id of a kind is looked up. By a filter: an id that does not exist is then no refusal, but is not among the answers. */
const LOOK_UPS = [
  { kind: 'subnet', form: /^subnet-[0-9a-f]+$/, op: 'ec2:DescribeSubnets', filter: 'subnet-id', list: 'Subnets[]', id: 'SubnetId' },
  {
    ...{ kind: 'securityGroup', form: /^sg-[0-9a-f]+$/, op: 'ec2:DescribeSecurityGroups' },
    ...{ filter: 'group-id', list: 'SecurityGroups[]', id: 'GroupId' },
  },
  {
    ...{ kind: 'instance', form: /^i-[0-9a-f]+$/, op: 'ec2:DescribeInstances' },
    ...{ filter: 'instance-id', list: 'Reservations[].Instances[]', id: 'InstanceId' },
  },
] as const;

/** Kinds that are listed whole. */
const LISTED = ['targetGroup', 'trustStore'] as const;

/**
 * What a load balancer takes of its own account only (Application Load Balancers guide, "Lambda functions as targets"; ACM user guide,
 * "Services integrated with AWS Certificate Manager"). A trust store may be shared by another one (the guide, "Share your trust store").
 */
const OF_THE_ACCOUNT =
  /^arn:aws[a-z-]*:(acm|iam|lambda|elasticloadbalancing):[^:]*:(\d{12}):(certificate|server-certificate|function|targetgroup)[/:]/;

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
  problems.push(...strangersIn(named, written, stack, observed));
  for (const kind of LISTED) {
    const all = world.lists.get(kind);
    if (all === undefined) continue;
    absent(
      kind,
      named.filter(({ text }) => isIdOf(kind, text) && !all.has(text) && accountIn(text) === observed.account),
    );
  }
  const vpc = vpcOf(stack, observed);
  await Promise.all(
    LOOK_UPS.map(async ({ kind, form, op, filter, list, id }) => {
      const wanted = named.filter(({ text }) => form.test(text));
      const all = [...new Set(wanted.map(({ text }) => text))];
      for (let from = 0; from < all.length; from += MOST_VALUES) {
        const Values = all.slice(from, from + MOST_VALUES);
        const answer = await ask(`Whether ${Values.join(', ')} exist`, () => call(op, { Filters: [{ Name: filter, Values }] }));
        if (isNote(answer)) {
          notes.push(answer);
          continue;
        }
        const shown = valuesAt(answer, list);
        const found = new Map(shown.map((one) => [String(valueAt(one, id)), String(valueAt(one, 'VpcId') ?? '')]));
        absent(
          kind,
          wanted.filter(({ text }) => Values.includes(text) && !found.has(text)),
        );
        problems.push(...wanted.flatMap((each) => elsewhere(each, found.get(each.text), vpc, stack)));
        if (kind === 'subnet') problems.push(...subnetTroubles(shown, stack, observed));
      }
    }),
  );
  return { problems, notes };
}

const accountIn = (arn: string): string => arn.split(':')[4] ?? '';

/** ARNs of another account where only one's own will do: those in fields that are written, and the certificates that these fields name. */
function strangersIn(
  named: readonly { readonly one: Written; readonly text: string }[],
  written: readonly Written[],
  stack: Stack,
  { account, existing }: Observed,
): readonly Problem[] {
  const hint = `The credentials are for ${account}: use one of that account.`;
  const tell = (arn: string): string => `This belongs to the account ${accountIn(arn)}: \`${arn}\`.`;
  const isStrange = (arn: string): boolean => OF_THE_ACCOUNT.test(arn) && accountIn(arn) !== account;
  const used = new Set(written.flatMap(({ value }) => refsIn(value)).map(({ address }) => address as string));
  return [
    ...named.flatMap(({ one, text }) => (isStrange(text) ? [mistake(one, stack, tell(text), hint)] : [])),
    ...stack.existing.flatMap(({ address, position }): readonly Problem[] => {
      const arn = existing[address]?.['arn'] ?? '';
      if (!address.startsWith('certificate/') || !used.has(address) || !isStrange(arn)) return [];
      const place = position ?? { file: stack.file, line: 1, column: 1 };
      return [{ ...place, path: pathOf(address).join('.'), message: tell(arn), hint, severity: 'error' }];
    }),
  ];
}

/** What is wrong with subnets of the load balancer that stand in its field by their id, as with those that have an entry of their own. */
function subnetTroubles(shown: readonly Json[], stack: Stack, observed: Observed): readonly Problem[] {
  const balancer = stack.desired.find(({ kind }) => kind === 'loadBalancer');
  const subnets = asList(balancer?.values['subnets']);
  const position = balancer?.positions['subnets'] ?? { file: stack.file, line: 1, column: 1 };
  const given = shown.flatMap((one) => {
    const id = String(valueAt(one, 'SubnetId'));
    if (!subnets.includes(id)) return [];
    const outputs = Object.entries({ id: 'SubnetId', ...GIVEN_OUTPUTS }).flatMap(([name, path]): [string, string][] => {
      const value = outputAt(one, path);
      return value === undefined ? [] : [[name, value]];
    });
    return [{ address: `subnet/${id}` as const, outputs: Object.fromEntries(outputs), position }];
  });
  if (balancer === undefined || given.length === 0) return [];
  const ids = new Set(given.map(({ outputs }) => outputs['id'] ?? ''));
  const named = subnets.map((one) => (typeof one === 'string' && ids.has(one) ? { $ref: `subnet/${one}.id` } : one));
  const desired = stack.desired.map((one) => (one === balancer ? { ...one, values: { ...one.values, subnets: named } } : one));
  const existing = { ...observed.existing, ...Object.fromEntries(given.map(({ address, outputs }) => [address, outputs])) };
  return subnetsThatDo({ ...stack, desired, existing: [...stack.existing, ...given] }, { ...observed, existing }).map(
    ({ position: at = { file: stack.file, line: 1, column: 1 }, ...told }) => ({
      ...at,
      ...told,
      path: [...pathOf(balancer.address), 'subnets'].join('.'),
      severity: 'error',
    }),
  );
}

/** What is put into a VPC has to be of it. A rule of a security group names peers, which may be elsewhere (VPC peering guide). */
function elsewhere(
  { one, text }: { readonly one: Written; readonly text: string },
  its: string | undefined,
  vpc: string | null | undefined,
  stack: Stack,
): readonly Problem[] {
  if (one.resource.kind === 'securityGroup' || its === undefined || its === '' || vpc === undefined || its === vpc) return [];
  const where = vpc === null ? 'but the VPC of this stack does not exist yet' : `not in ${vpc}`;
  return [mistake(one, stack, `\`${text}\` is in ${its}, ${where}.`, 'All resources of a stack are in one VPC.')];
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
      const [own, others, meanwhile] = [quota.own(stack), quota.others?.(beside, stack) ?? 0, quota.meanwhile?.(beside, stack) ?? 0];
      const inRun = claimedByOthers(quota, world, stack.name);
      const limit = most.get(quota.name) ?? Number.POSITIVE_INFINITY;
      const all = own + others + meanwhile + inRun;
      if (!(all > limit)) {
        claim(quota, beside, stack.name);
        return [];
      }
      const last = stack.desired.findLast(({ kind }) => quota.kinds.includes(kind));
      const words = [
        `${own} in this file`,
        ...(others === 0 ? [] : [`${others} beside them`]),
        ...(inRun === 0 ? [] : [`${inRun} that other stacks of this run create`]),
        ...(meanwhile === 0 ? [] : [`${meanwhile} old until the new ones are in use`]),
      ];
      return [
        {
          ...(last?.position ?? { file: stack.file, line: 1, column: 1 }),
          path: last === undefined ? '' : pathOf(last.address).join('.'),
          message: `${quota.title}: AWS allows ${limit} here, but there would be ${all}: ${words.join(' and ')}.`,
          hint: raise(quota, all - meanwhile <= limit),
          severity: 'error',
        },
      ];
    }),
  };
}
