/**
 * What AWS refuses of values beside each other, although each of them is legal: one row a rule. With `model/legal.ts`, of single texts,
 * this is the table of AWS's rules. A contract test asks the sandbox, which knows nothing of it, what it says to a value that a row
 * takes and to one that it refuses (`test/contract/aws-rules.test.ts`). What only the account decides is asked when a plan is made.
 */

import type { Problem } from '../errors.ts';
import type { Position } from '../model/json.ts';
import type { Desired } from '../model/model.ts';
import { pathOf } from '../model/sections.ts';
import type { AwsRule, RuleContext } from './aws-rule.ts';
import { CLAIM_RULES } from './aws-rules-claims.ts';
import { FORWARD_RULES } from './aws-rules-forward.ts';
import { MACHINE_RULES } from './aws-rules-machines.ts';
import { PLACE_RULES } from './aws-rules-places.ts';
import { checkCertificate } from './check-certificates.ts';
import { checkNetwork } from './check-network.ts';
import { checkRules } from './check-rules.ts';
import { checkSecurityGroups } from './check-security-groups.ts';
import { checkAddresses, checkFamilies } from './check-targets.ts';
import { checkListeners, checkTargetGroup } from './check-traffic.ts';
import type { At, Built, Report } from './draft.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

export const AWS_RULES: readonly AwsRule[] = [
  {
    name: 'networks, subnets and zones',
    check: ({ built, at, of, report, add }) => {
      const { existing, region } = built.stack;
      add(checkNetwork({ vpc: of('vpc')[0], subnets: of('subnet'), balancer: of('loadBalancer')[0], existing, region }, at, report));
    },
  },
  { name: 'rules of security groups', check: ({ built, at, add }) => add(checkSecurityGroups(built.stack.spec, at)) },
  {
    name: 'settings of target groups',
    check: ({ of, report }) => {
      for (const group of of('targetGroup')) checkTargetGroup(group, report);
    },
  },
  { name: 'addresses of targets', check: ({ of, report }) => checkAddresses(of('targetGroup'), of('vpc')[0], report) },
  {
    name: 'targets by IPv6',
    check: ({ of, report }) => checkFamilies(of('targetGroup'), of('loadBalancer')[0], [...of('listener'), ...of('rule')], report),
  },
  {
    name: 'renewal of certificates',
    check: ({ of, report }) => {
      for (const certificate of of('certificate')) checkCertificate(certificate, report);
    },
  },
  { name: 'ports and redirects of listeners', check: ({ of, report }) => checkListeners(of('listener'), report) },
  { name: 'names', check: ({ built, report }) => checkNames(built.stack.desired, report) },
  { name: 'conditions, priorities, sign-in and kinds of targets', check: ({ built, at, add }) => add(checkRules(built, at)) },
  ...FORWARD_RULES,
  ...CLAIM_RULES,
  ...PLACE_RULES,
  ...MACHINE_RULES,
];

/** Each problem names the place, the rule of AWS and the way out, so that nothing is called on AWS before the spec can work. */
export function checkAwsRules(built: Built, at: At): readonly Problem[] {
  const problems: Problem[] = [];
  const { desired } = built.stack;
  const context: RuleContext = {
    built,
    at,
    of: (kind) => desired.filter((resource) => resource.kind === kind),
    report: (resource, field, message, hint) => {
      const path = [...pathOf(resource.address), ...field.split('.').filter((part) => part !== '')];
      problems.push(oneProblem(placeOf(resource, field, at), formatPath(path), message, hint));
    },
    tell: (path, message, hint, what = 'value') => void problems.push(oneProblem(at(path, what), formatPath(path), message, hint)),
    add: (found) => void problems.push(...found),
  };
  for (const { check } of AWS_RULES) check(context);
  return problems;
}

function placeOf(resource: Desired, field: string, at: At): Position {
  return (
    resource.positions[field] ??
    at(
      [...pathOf(resource.address), ...field.split('.').slice(0, 1)].filter((part) => part !== ''),
      'key',
    )
  );
}

/** Two target groups cannot have one name in a region (DuplicateTargetGroupName). */
function checkNames(desired: readonly Desired[], report: Report): void {
  const seen = new Map<string, string>();
  for (const resource of desired) {
    const name = resource.values['name'];
    if (typeof name !== 'string') continue;
    const key = `${resource.kind}:${name}`;
    const other = seen.get(key);
    if (other !== undefined)
      report(resource, 'name', `The name \`${name}\` is already used by \`${formatPath(pathOf(other))}\`.`, 'Choose another name.');
    seen.set(key, resource.address);
  }
}
