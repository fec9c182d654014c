import type { Problem } from '../errors.ts';
import type { Position } from '../model/json.ts';
import type { Desired } from '../model/model.ts';
import { pathOf } from '../model/sections.ts';
import { checkCertificate } from './check-certificates.ts';
import { checkNetwork } from './check-network.ts';
import { checkSecurityGroups } from './check-security-groups.ts';
import { checkSettings } from './check-settings.ts';
import { checkAddresses, checkFamilies } from './check-targets.ts';
import { checkListeners, checkTargetGroup } from './check-traffic.ts';
import type { At, Built, Report } from './draft.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

/**
 * What AWS would refuse although every single value is legal: rules between fields and between resources. Each names the
 * place, the AWS rule and the way out, so that nothing is called on AWS before the spec can work.
 */
export function checkStack(built: Built, at: At): readonly Problem[] {
  const { desired, existing, region, spec } = built.stack;
  const problems: Problem[] = [];
  const report: Report = (resource, field, message, hint) => {
    const path = [...pathOf(resource.address), ...field.split('.').filter((part) => part !== '')];
    problems.push(oneProblem(placeOf(resource, field, at), formatPath(path), message, hint));
  };
  const of = (kind: string) => desired.filter((resource) => resource.kind === kind);
  problems.push(
    ...checkNetwork({ vpc: of('vpc')[0], subnets: of('subnet'), balancer: of('loadBalancer')[0], existing, region }, at, report),
  );
  problems.push(...checkSecurityGroups(spec, at));
  for (const group of of('targetGroup')) checkTargetGroup(group, report);
  checkAddresses(of('targetGroup'), of('vpc')[0], report);
  checkFamilies(of('targetGroup'), of('loadBalancer')[0], [...of('listener'), ...of('rule')], report);
  for (const certificate of of('certificate')) checkCertificate(certificate, report);
  checkListeners(of('listener'), report);
  checkNames(desired, report);
  problems.push(...checkSettings(spec, desired, at));
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
      report(resource, 'name', `The name \`${name}\` is taken by \`${formatPath(pathOf(other))}\`.`, 'Choose another name.');
    seen.set(key, resource.address);
  }
}
