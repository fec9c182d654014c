/**
 * AWS's published token buckets, per region: switched on, a client that calls too often is refused as AWS refuses it. A call takes
 * one token out of every bucket that it counts in, and none when one of them is empty; buckets fill up by the sandbox's clock.
 *
 * Elastic Load Balancing: its user guide, "Request throttling for the Elastic Load Balancing API". EC2: its developer guide,
 * "Request throttling for the Amazon EC2 API", whose buckets are per action. STS: IAM user guide, "IAM and STS quotas".
 * Parameter Store: 40 a second for GetParameter, GetParameters and GetParametersByPath together (AWS General Reference). IAM
 * publishes none and is not limited here.
 */
import { throttled } from './faults.ts';
import type { ApiCall, Clock } from './types.ts';
import { type ApiRefusal, filterParams, listParam } from './wire.ts';

export interface Rates {
  /** Whether the buckets are in force. */
  readonly on: boolean;
  /** Full buckets each time it is switched. */
  turn(on: boolean): void;
  /** The refusal of a call for which there is no token left. `body`: that of a JSON service. */
  take(call: ApiCall): ApiRefusal | undefined;
}

/** Tokens it holds when full, tokens it gets a second, and how many this call takes. */
interface Use {
  readonly bucket: string;
  readonly depth: number;
  readonly perSecond: number;
  readonly tokens?: number;
}

const use = (bucket: string, depth: number, perSecond: number, tokens = 1): Use => ({ bucket, depth, perSecond, tokens });
const isRead = (action: string): boolean => /^(Describe|Get|List|Search)/.test(action);

function elbv2Own(action: string): Use {
  if (action === 'RegisterTargets' || action === 'DeregisterTargets') return use('targets', 20, 4);
  if (action === 'CreateLoadBalancer' || action === 'SetSubnets') return use('CreateLoadBalancer, SetSubnets', 10, 0.2);
  if (action === 'CreateTrustStore') return use(action, 10, 0.2);
  if (/TrustStore/.test(action)) return isRead(action) ? use('trust store reads', 40, 10) : use('trust store writes', 10, 0.2);
  return isRead(action) ? use('reads', 40, 10) : use('writes', 20, 3);
}

/** Cheap to ask for with a filter, ids or pages, and limited more strictly without. */
const PLAIN = new Set([
  'DescribeInstances',
  'DescribeInstanceStatus',
  'DescribeNetworkInterfaces',
  'DescribeSecurityGroups',
  'DescribeSnapshots',
  'DescribeSpotInstanceRequests',
  'DescribeVolumes',
]);

function ec2({ action, params }: ApiCall): readonly Use[] {
  if (isRead(action)) {
    const narrowed =
      params['MaxResults'] !== undefined || filterParams(params).length > 0 || Object.keys(params).some((name) => /Id\.1$/.test(name));
    return [PLAIN.has(action) && !narrowed ? use(`${action} of everything`, 50, 10) : use(action, 100, 20)];
  }
  const instances = action === 'RunInstances' ? Number(params['MaxCount'] ?? 1) : listParam(params, 'InstanceId').length;
  if (action === 'RunInstances' || action === 'StartInstances')
    return [use(action, 5, 2), use(`instances of ${action}`, 1000, 2, instances)];
  if (action === 'TerminateInstances') return [use(action, 100, 5), use(`instances of ${action}`, 1000, 20, instances)];
  if (action === 'CreateTags' || action === 'DeleteTags') return [use(action, 100, 10)];
  return [use(action, 50, 5)];
}

/** The buckets that a call takes a token from. */
export function usesOf(call: ApiCall): readonly Use[] {
  switch (call.service) {
    case 'elasticloadbalancing':
      return [use('all', 40, 10), elbv2Own(call.action)];
    case 'ec2':
      return ec2(call);
    case 'sts':
      return [use('all', 600, 600)];
    case 'ssm':
      return /^GetParameter(s|sByPath)?$/.test(call.action) ? [use('parameters', 40, 40)] : [];
    default:
      return [];
  }
}

export function createRates(clock: Clock, initially: boolean): Rates {
  let on = initially;
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    get on() {
      return on;
    },
    turn(next) {
      on = next;
      buckets.clear();
    },
    take(call) {
      if (!on) return undefined;
      const now = clock.now();
      const asked = usesOf(call).map((each) => {
        const key = `${call.account} ${call.region} ${call.service} ${each.bucket}`;
        const bucket = buckets.get(key) ?? { tokens: each.depth, at: now };
        bucket.tokens = Math.min(each.depth, bucket.tokens + ((now - bucket.at) / 1000) * each.perSecond);
        bucket.at = now;
        buckets.set(key, bucket);
        return { bucket, tokens: each.tokens ?? 1 };
      });
      // Refilled by parts of a second: what is a token but for rounding is one.
      if (asked.some(({ bucket, tokens }) => bucket.tokens + 1e-6 < tokens)) return throttled(call.service);
      for (const { bucket, tokens } of asked) bucket.tokens -= tokens;
      return undefined;
    },
  };
}
