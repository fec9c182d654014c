import type { Problem } from '../errors.ts';
import { certificate as certificateKind } from '../model/kinds/certificate.ts';
import { listener as listenerKind } from '../model/kinds/listener.ts';
import { targetGroup as targetGroupKind } from '../model/kinds/target-group.ts';
import type { LintName } from '../model/lints.ts';
import type { Desired } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import { pathOf } from '../model/sections.ts';
import { valuesOf } from '../model/values.ts';
import type { At, Built } from './draft.ts';
import { lintReach } from './lint-reach.ts';
import { lintRules, type Warn } from './lint-rules.ts';

/** What AWS accepts and users regret, as warnings with the reason. `silence` names those that the spec does not want to hear. */
export function lintStack(built: Built, at: At, silence: readonly string[]): readonly Problem[] {
  const { desired } = built.stack;
  const of = (kind: string) => desired.filter((resource) => resource.kind === kind);
  const found: Problem[] = [];
  const warn = (name: LintName, resource: Desired, field: string, message: string, hint: string): void => {
    if (silence.includes(name)) return;
    const position = resource.positions[field] ?? resource.position ?? at([]);
    found.push({
      ...position,
      path: `${pathOf(resource.address).join('.')}.${field}`,
      severity: 'warning',
      message: `${message} (${name})`,
      hint: `${hint} Silence it with lint: { silence: [${name}] }.`,
    });
  };
  for (const group of of('targetGroup')) lintGroup(group, desired, warn);
  lintReach(desired, warn);
  for (const listener of of('listener')) {
    const { defaultActions = [], protocol, sslPolicy: policy = '' } = valuesOf(listenerKind, listener);
    const forwards = defaultActions.some(({ type }) => type === 'forward');
    if (protocol === 'HTTP' && forwards && of('loadBalancer')[0]?.values['scheme'] !== 'internal') {
      warn(
        'plain-http',
        listener,
        'protocol',
        `Listener ${nameOf(listener)} serves requests without encryption.`,
        'Redirect to HTTPS: redirect: { protocol: HTTPS, port: "443", statusCode: HTTP_301 }.',
      );
    }
    if (isWeak(policy))
      warn('weak-tls', listener, 'sslPolicy', `${policy} allows TLS 1.0 or 1.1.`, 'Leave out sslPolicy to use a current one.');
  }
  lintRules(
    desired,
    built.stack.existing.some(({ address }) => address.startsWith('listener/')),
    warn,
  );
  for (const certificate of of('certificate')) {
    const { validFor: days = 365 } = valuesOf(certificateKind, certificate);
    if (days < 30)
      warn(
        'short-certificate',
        certificate,
        'validFor',
        `The certificate expires after ${days} days.`,
        'A longer time means fewer rotations.',
      );
  }
  return found;
}

function lintGroup(group: Desired, desired: readonly Desired[], warn: Warn): void {
  const values = valuesOf(targetGroupKind, group);
  const { targets = [], deregistrationDelay: delay = 300 } = values;
  const name = nameOf(group);
  if (targets.length === 1 && values['stickiness.enabled'] === true)
    warn(
      'sticky-single-target',
      group,
      'stickiness.enabled',
      `Target group ${name} has stickiness but only one target.`,
      'Add a target, or leave stickiness out.',
    );
  if (delay > 300)
    warn(
      'long-drain',
      group,
      'deregistrationDelay',
      `Target group ${name} drains for ${delay} s.`,
      'Set no more than your longest request takes.',
    );
  const instances = targets.flatMap((target) => desired.filter((other) => other.address === refsIn(target.id)[0]?.address));
  const zones = new Set(
    instances.map(
      (instance) => desired.find((other) => other.address === refsIn(instance.values['subnet'])[0]?.address)?.values['availabilityZone'],
    ),
  );
  if (instances.length > 1 && instances.length === targets.length && zones.size === 1 && !zones.has(undefined))
    warn('single-zone', group, 'targets', `All targets of ${name} are in ${String([...zones][0])}.`, 'Put one in another zone.');
}

/** Policies that negotiate TLS 1.0 or 1.1 (ELB user guide, security policies for Application Load Balancers). */
function isWeak(policy: string): boolean {
  return /^ELBSecurityPolicy-(2016-08|2015-05|TLS-1-[01]-|FS-2018-06|FS-1-1-|TLS13-1-[01]-)/.test(policy);
}

const nameOf = (resource: Desired): string => resource.address.slice(resource.address.indexOf('/') + 1);
