import type { Problem } from '../errors.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Observed, Stack } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';

/** Rules of a security group for each direction and family (VPC user guide, "Amazon VPC quotas"). */
const MOST_RULES = 60;

/**
 * What AWS's own lists count, of which DescribeManagedPrefixLists tells no MaxEntries: VPC user guide, "AWS-managed prefix list weight".
 * The others are from memory of that page; a list that is not here counts 1.
 */
const WEIGHTS: readonly (readonly [RegExp, number])[] = [
  [/cloudfront\.origin-facing$/, 55],
  [/route53-healthchecks$/, 25],
  [/vpc-lattice$/, 10],
  [/s3express$/, 6],
  [/groundstation$/, 5],
  [/ec2-instance-connect$/, 2],
];

/** Prefix lists that rules name: they exist, and with all the entries they may have the rules stay within the quota. */
export function checkPrefixLists(stack: Stack, observed: Observed): readonly Problem[] {
  const problems: Problem[] = [];
  const lists = stack.existing.filter(({ address }) => address.startsWith('prefixList/'));
  for (const { address, position } of lists) {
    if (observed.existing[address]?.['id'] !== undefined) continue;
    const name = address.slice('prefixList/'.length);
    problems.push({
      ...position,
      path: address,
      message: `There is no prefix list \`${name}\` in ${stack.region}.`,
      hint: '`aws ec2 describe-managed-prefix-lists` lists all names and ids.',
      severity: 'error',
    });
  }
  if (lists.length === 0 || problems.length > 0) return problems;
  const known = new Map(
    lists.flatMap(({ address }) => {
      const outputs = observed.existing[address] ?? {};
      return [outputs['id'] ?? '', address].map((key) => [key, outputs] as const);
    }),
  );
  for (const group of stack.desired.filter(({ kind }) => kind === 'securityGroup'))
    for (const field of ['ingress', 'egress']) {
      const rules = (group.values[field] ?? []) as readonly JsonObject[];
      const named = rules.flatMap((rule) => outputsOf(rule['prefixList'], known));
      const count = (family: 'IPv4' | 'IPv6'): number => rules.reduce((sum, rule) => sum + weightOf(rule, family, known), 0);
      const family = (['IPv4', 'IPv6'] as const).find((each) => count(each) > MOST_RULES);
      if (named.length === 0 || family === undefined) continue;
      const parts = named.map((outputs) => `\`${outputs['name'] ?? outputs['id']}\` ${entriesOf(outputs)}`);
      problems.push({
        ...(group.positions[field] ?? group.position ?? { file: stack.file, line: 1, column: 1 }),
        path: `securityGroups.${group.address.slice('securityGroup/'.length)}.${field}`,
        message: `The rules count as ${count(family)} for ${family}; a security group allows at most ${MOST_RULES}.`,
        hint: `A prefix list counts with its maximum number of entries: ${parts.join(', ')}. Put prefix lists into separate groups (RulesPerSecurityGroupLimitExceeded).`,
        severity: 'error',
      });
    }
  return problems;
}

type Outputs = Readonly<Record<string, string>>;

function outputsOf(list: Json | undefined, known: ReadonlyMap<string, Outputs>): readonly Outputs[] {
  const found = known.get(typeof list === 'string' ? list : (refsIn(list)[0]?.address ?? ''));
  return found === undefined ? [] : [found];
}

function weightOf(rule: JsonObject, family: 'IPv4' | 'IPv6', known: ReadonlyMap<string, Outputs>): number {
  const { cidr, prefixList } = rule;
  if (typeof cidr === 'string') return cidr.includes(':') === (family === 'IPv6') ? 1 : 0;
  const [outputs] = outputsOf(prefixList, known);
  if (outputs === undefined) return 1;
  return outputs['family'] === undefined || outputs['family'] === family ? entriesOf(outputs) : 0;
}

const entriesOf = (outputs: Outputs): number =>
  outputs['maxEntries'] !== undefined
    ? Number(outputs['maxEntries'])
    : (WEIGHTS.find(([pattern]) => pattern.test(outputs['name'] ?? ''))?.[1] ?? 1);
