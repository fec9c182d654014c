/** What a trial of a rule of AWS is made of: a spec that says a value, and the call by which the sandbox gets it. */

import type { Params, ParamValue } from './elbv2-bench.ts';
import { LAST, PATH, type World } from './elbv2-surface.ts';
import { CERTIFICATES, SUBNETS } from './sandbox-network.ts';
import { GOOD, swap } from './spec-text.ts';

/** As a spec writes it, and as it is sent. */
export interface Value {
  readonly said: string;
  readonly sent: ParamValue;
}

export interface Trial {
  /** The row of `model/legal.ts` or `config/aws-rules.ts` that knows it; `schema`: the schema alone. */
  readonly rule: string;
  readonly what: string;
  readonly spec: (said: string) => string;
  readonly ask: (world: World, sent: ParamValue) => readonly [action: string, params: Params];
  readonly good: Value;
  readonly bad: Value;
  /** Path of the mistake in the spec. */
  readonly path: string;
  /** What the sandbox says to the bad value. */
  readonly words: RegExp;
}

export type Ask = Trial['ask'];

export const same = (value: string | number | boolean): Value => ({ said: JSON.stringify(value), sent: value });

const HTTP = '  http: { protocol: HTTP, port: 80, forward: web }\n';
const HTTPS = '  https: { protocol: HTTPS, port: 443, certificate: site, forward: web }\n';

/** The HTTPS listener with more said. */
export const https = (more: string): string =>
  swap(HTTPS, `  https: { protocol: HTTPS, port: 443, certificate: site, forward: web, ${more} }\n`);
/** The HTTP listener with this action. */
export const http = (action: string): string => swap(HTTP, `  http: { protocol: HTTP, port: 80, ${action} }\n`);
/** One rule of the HTTPS listener. */
export const rule = (body: string): string => https(`rules: { a: { ${body} } }`);
export const when = (condition: string): string => rule(`if: { ${condition} }, forward: web`);
/** The target group with more said. */
export const group = (more: string): string => swap('    port: 8080\n', `    port: 8080\n    ${more}\n`);
export const check = (more: string): string => swap('timeout: 5s }', `timeout: 5s, ${more} }`);
/** A second group. */
export const other = (more: string): string => swap('targetGroups:\n', `targetGroups:\n  other: { ${more} }\n`);
export const balancer = (more: string): string => swap('  subnets: [a, b]\n', `  subnets: [a, b]\n  ${more}\n`);
export const certificate = (fields: string): string => swap('selfSigned: { commonName: webserver.example, validFor: 365d }', fields);
export { GOOD, swap };

/** An action beside a last one, on an HTTPS listener. */
export const listener = (world: World, actions: readonly Params[], more: Params = {}): readonly [string, Params] => [
  'CreateListener',
  {
    LoadBalancerArn: world.loadBalancer(),
    Port: 443,
    Protocol: 'HTTPS',
    Certificates: [{ CertificateArn: CERTIFICATES.site }],
    DefaultActions: actions,
    ...more,
  },
];
export const plainListener = (world: World, actions: readonly Params[]): readonly [string, Params] => [
  'CreateListener',
  { LoadBalancerArn: world.loadBalancer(), Port: 80, Protocol: 'HTTP', DefaultActions: actions },
];
export const ownRule = (world: World, more: Params): readonly [string, Params] => [
  'CreateRule',
  { ListenerArn: world.https(), Priority: 1, Conditions: [PATH], Actions: [LAST], ...more },
];
export const condition = (world: World, one: Params): readonly [string, Params] => ownRule(world, { Conditions: [one] });
export const newGroup = (_world: World, more: Params): readonly [string, Params] => [
  'CreateTargetGroup',
  { Name: 'trial', Protocol: 'HTTP', Port: 8080, VpcId: 'vpc-0aaaaaaaaaaaaaaaa', ...more },
];
export const newBalancer = (_world: World, more: Params): readonly [string, Params] => [
  'CreateLoadBalancer',
  { Name: 'trial', Subnets: [SUBNETS.a, SUBNETS.b], ...more },
];
export const attributes = (
  resource: 'TargetGroup' | 'LoadBalancer' | 'Listener',
  arn: string,
  values: Params,
): readonly [string, Params] => [
  `Modify${resource}Attributes`,
  { [`${resource}Arn`]: arn, Attributes: Object.entries(values).map(([Key, Value]) => ({ Key, Value })) as ParamValue },
];
