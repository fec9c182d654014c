import type { Problem } from '../errors.ts';
import { canonical } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import { permissions } from '../model/nested/permissions.ts';
import { valueAt } from '../model/paths.ts';
import { type At, asObject, type SpecObject } from './draft.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

type Path = readonly (string | number)[];
type Tell = (key: string | undefined, message: string, hint: string) => void;

/** Rules of a group for each direction, separately for IPv4 and IPv6 (VPC user guide, "Amazon VPC quotas": 60 unless AWS raised it). */
export const MOST_RULES = 60;

/**
 * Rules of security groups, as the spec has them: a field that another one voids would open more than was written, so it is refused, and
 * so is a rule that leaves out its ports. Works on the text, since the model no longer tells what was said and dropped.
 */
export function checkSecurityGroups(spec: Json, at: At): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [name, group] of Object.entries(asObject(valueAt(spec, 'securityGroups')))) {
    for (const [direction, key] of [
      ['ingress', 'from'],
      ['egress', 'to'],
    ] as const) {
      const path: Path = ['securityGroups', name, direction];
      const tellAt =
        (where: Path): Tell =>
        (field, message, hint) => {
          const full = field === undefined ? where : [...where, field];
          problems.push(oneProblem(at(full, field === undefined ? 'value' : 'key'), formatPath(full), message, hint));
        };
      const rules = asList(asObject(group)[direction]);
      for (const [index, rule] of rules.entries()) checkRule(asObject(rule), tellAt([...path, index]));
      checkRepeats(rules, key, (index) => tellAt([...path, index]));
      checkCount(rules, key, tellAt(path));
    }
  }
  return problems;
}

const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

const NUMBERS: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6' };

function checkRule(rule: SpecObject, tell: Tell): void {
  const written = String(rule['protocol'] ?? 'tcp');
  const protocol = NUMBERS[written] ?? written;
  const isIcmp = protocol === 'icmp' || protocol === 'icmpv6';
  const said = (...keys: readonly string[]): readonly string[] => keys.filter((key) => rule[key] !== undefined);
  if (protocol === 'tcp' || protocol === 'udp') {
    for (const key of said('type', 'code'))
      tell(
        key,
        `\`${key}\` cannot be set with \`protocol: ${protocol}\`: it is for ICMP only.`,
        'Leave it out, or write `protocol: icmp`.',
      );
    const [first, last] = asList(rule['ports']).map(Number);
    if (rule['port'] !== undefined && rule['ports'] !== undefined)
      tell('ports', '`ports` and `port` cannot be set together.', 'Keep the one that you mean.');
    else if (rule['port'] === undefined && rule['ports'] === undefined)
      tell(
        undefined,
        `The rule sets no port, but ${protocol} needs one.`,
        'Add `port: 443`, `ports: [8000, 8999]`, or `ports: [0, 65535]` for all of them.',
      );
    else if (first !== undefined && last !== undefined && first > last)
      tell('ports', `The ports ${first} to ${last} are in the wrong order.`, `Write \`ports: [${last}, ${first}]\`.`);
    return;
  }
  for (const key of said('port', 'ports'))
    tell(
      key,
      `\`${key}\` cannot be set with \`protocol: ${written}\`${isIcmp ? ', which has types and codes' : ': EC2 opens all of it, whatever the port'}.`,
      isIcmp
        ? 'Write `type` and `code`, or leave them out for all.'
        : `Leave out \`protocol\` for tcp on that port, or leave out \`${key}\`.`,
    );
  for (const key of isIcmp ? [] : said('type', 'code'))
    tell(key, `\`${key}\` cannot be set with \`protocol: ${written}\`: it is for ICMP only.`, 'Leave it out.');
  if (isIcmp && (rule['code'] ?? 'all') !== 'all' && (rule['type'] ?? 'all') === 'all')
    tell('code', '`code` cannot be set without `type`: all types include all codes.', 'Add the type, or leave out the code.');
}

/** EC2 tells two rules apart by protocol, ports and peer (InvalidPermission.Duplicate; of two in one call InvalidParameterValue). */
function checkRepeats(rules: readonly Json[], key: 'from' | 'to', tellAt: (index: number) => Tell): void {
  const seen = new Map<string, number>();
  for (const [index, rule] of rules.entries()) {
    if (asObject(rule)[key] === undefined) continue;
    const [parsed] = permissions(key).parse([rule]) as readonly SpecObject[];
    const { description: _, ...same } = parsed ?? {};
    const first = seen.get(canonical(same));
    if (first === undefined) seen.set(canonical(same), index);
    else
      tellAt(index)(
        undefined,
        `The rule is the same as number ${first + 1} of the list.`,
        'Remove one of them: two rules that differ only in their description are the same rule to AWS.',
      );
  }
}

/** A network counts for its own family, a group for both. What prefix lists count is known at the plan (`observe/prefix-lists.ts`). */
function checkCount(rules: readonly Json[], key: 'from' | 'to', tell: Tell): void {
  for (const [family, other] of [
    ['IPv4', (peer: string) => peer.includes(':')],
    ['IPv6', (peer: string) => /^[\d.]+\/\d+$/.test(peer)],
  ] as const) {
    const count = rules.filter((rule) => !other(String(asObject(rule)[key]))).length;
    if (count <= MOST_RULES) continue;
    tell(
      undefined,
      `The list has ${count} rules for ${family}; a security group allows at most ${MOST_RULES}.`,
      'Merge adjacent networks, use a prefix list, or split the rules over two groups (RulesPerSecurityGroupLimitExceeded).',
    );
    return;
  }
}
