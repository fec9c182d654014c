/** Which refusals waiting mends: those that name what this run has just made or changed, and that AWS's parts do not all know yet. */

import type { CloudError } from '../errors.ts';
import { type Json, textsIn } from '../model/json.ts';
import type { CallOptions } from '../run/port.ts';
import type { Operation } from './operations.ts';

/** Longest that AWS's parts are believed not to know of a new thing, in seconds; a row may know better (`fresh`). */
const UNKNOWN_SECONDS = 120;

/** For how many seconds a refusal means "not yet" here; `undefined`: no waiting mends it. */
export function believedFor(error: CloudError, operation: Operation, input: Json, call: CallOptions): number | undefined {
  const own = call.settle?.[error.awsCode] ?? operation.settle?.[error.awsCode];
  if (own !== undefined) return own;
  const seconds = operation.fresh?.[error.awsCode] ?? (error.class === 'NotFound' ? UNKNOWN_SECONDS : undefined);
  return seconds !== undefined && isOfThisRun(error, input, call.made) ? seconds : undefined;
}

/**
 * Whether the refusal is about something of `made`: it names it, or names nothing ("One or more target groups not found") and the call
 * names one of `made` of the kind that the code is about. A code about something that has no id, such as an SSL policy, never is.
 */
function isOfThisRun(error: CloudError, input: Json, made: ReadonlySet<string> | undefined): boolean {
  if (made === undefined || made.size === 0) return false;
  const named = namesIn(error.message);
  if (named.length > 0) return named.some((name) => made.has(name));
  const kind = KINDS.find(([code]) => code.test(error.awsCode))?.[1];
  return kind !== undefined && textsIn(input).some((text) => kind.test(text) && made.has(text));
}

/** ARNs and ids anywhere, and whatever stands in quotation marks: IAM and ELB name certificates, policies and groups so. */
const namesIn = (message: string): readonly string[] =>
  [
    ...message.matchAll(/arn:[\w-]+:[\w-]+:[\w-]*:\d*:[^\s'",)]+/g),
    ...message.matchAll(/\b(?:vpc|subnet|sg|sgr|igw|rtb|rtbassoc|eni|i|ami|pl|eipalloc|[\w-]+-cidr-assoc)-[0-9a-f]{8,}\b/g),
    ...message.matchAll(/["'‘’“”]([^"'‘’“”\s]+)["'‘’“”]|\bwith name (\S+)/g),
  ].map(([whole, quoted, called]) => (quoted ?? called ?? whole).replace(/[.,;:]+$/, ''));

/** Of codes whose messages may name nothing: what ids of their kind look like. ELBv2 and EC2 API references, errors of each call. */
const KINDS: readonly (readonly [RegExp, RegExp])[] = [
  [/^TargetGroup/, /:targetgroup\//],
  [/^LoadBalancer/, /:loadbalancer\//],
  [/^Listener/, /:listener\//],
  [/^Rule/, /:listener-rule\//],
  [/^TrustStore/, /:truststore\//],
  [/Certificate/, /:server-certificate\//],
  [/^InvalidVpc/, /^vpc-/],
  [/^(InvalidSubnet|SubnetNotFound)/, /^subnet-/],
  [/^(InvalidGroup|InvalidSecurityGroup)/, /^sg-/],
  [/^InvalidInternetGateway|^InvalidGatewayID/, /^igw-/],
  [/^InvalidRouteTable/, /^rtb-/],
  [/^InvalidInstance|^InvalidTarget$/, /^i-/],
  [/^InvalidNetworkInterface/, /^eni-/],
  [/^NoSuchEntity$/, /^[\w+=,.@-]+$/],
];
