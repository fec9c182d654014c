/**
 * What DescribeTargetHealth says of a target. In this order: not registered, draining, group or zone not in use, instance not
 * running, checks turned off, what the health checks reported, still waiting for the first report. Reasons: API reference,
 * TargetHealth; descriptions: Application Load Balancers guide, "Check the health of your targets".
 */
import type { TargetHealth } from '../types.ts';
import type { Call } from './operation.ts';
import { type TargetGroupRecord, type TargetRecord, targetKey } from './store.ts';
import type { XmlNode } from './xml.ts';

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'Elb.RegistrationInProgress': 'Target registration is in progress',
  'Elb.InitialHealthChecking': 'Initial health checks in progress',
  'Target.ResponseCodeMismatch': 'Health checks failed with these codes',
  'Target.Timeout': 'Request timed out',
  'Target.FailedHealthChecks': 'Health checks failed',
  'Target.NotRegistered': 'Target is not registered to the target group',
  'Target.NotInUse': 'Target group is not configured to receive traffic from the load balancer',
  'Target.DeregistrationInProgress': 'Target deregistration is in progress',
  'Target.HealthCheckDisabled': 'Health checks are not enabled for this target',
  'Elb.InternalError': 'Health checks failed due to an internal error',
};

const ZONE_NOT_ENABLED = 'Target is in an Availability Zone that is not enabled for the load balancer';

function because(state: TargetHealth['state'], reason: string, description = DESCRIPTIONS[reason]): TargetHealth {
  return description === undefined ? { state, reason } : { state, reason, description };
}

/** Whether health checks still reach for an instance in this state. */
export const isChecked = (state: string | undefined): boolean => state === 'running' || state === 'stopping';

/** Health of a target of this group; `target` undefined stands for one that is not registered under this `key`. */
export function healthOf(
  group: TargetGroupRecord,
  target: TargetRecord | undefined,
  key: string,
  { store, server }: Pick<Call, 'store' | 'server'>,
): TargetHealth {
  if (target === undefined) {
    // A terminated instance leaves by itself and, asked for by name, still drains.
    const until = group.departed.get(key);
    return until !== undefined && until > server.clock.now()
      ? because('draining', 'Target.DeregistrationInProgress')
      : because('unused', 'Target.NotRegistered');
  }
  if (target.drainingUntil !== undefined) return because('draining', 'Target.DeregistrationInProgress');
  const user = group.loadBalancerArn === undefined ? undefined : store.loadBalancers.get(group.loadBalancerArn);
  if (user === undefined) return because('unused', 'Target.NotInUse');
  const zones = user.subnetIds.map((id) => server.network.subnet(id)?.availabilityZone);
  if (group.targetType === 'ip' && target.availabilityZone !== undefined && target.availabilityZone !== 'all')
    if (!zones.includes(target.availabilityZone)) return because('unused', 'Target.NotInUse', ZONE_NOT_ENABLED);
  if (group.targetType === 'instance') {
    const instance = server.network.instance(target.id);
    if (instance !== undefined && !zones.includes(instance.availabilityZone)) return because('unused', 'Target.NotInUse', ZONE_NOT_ENABLED);
    const state = instance?.state ?? 'terminated';
    // While it stops, its checks go on and fail: the API reference says "stopped or terminated state" (TargetHealth, Reason).
    if (!isChecked(state)) return because('unused', 'Target.InvalidState', `Target is in the ${state} state`);
  }
  if (!group.healthCheck.enabled) return because('unavailable', 'Target.HealthCheckDisabled');
  const seen = target.health;
  if (seen !== undefined) return seen.reason === undefined || seen.description !== undefined ? seen : because(seen.state, seen.reason);
  // Nothing can be checked before the load balancer has nodes.
  return because('initial', server.clock.now() < user.activeAt ? 'Elb.RegistrationInProgress' : 'Elb.InitialHealthChecking');
}

/** One TargetHealthDescription. `anomalies`: the caller asked for anomaly detection, which never finds any here. */
export function describeHealth(
  group: TargetGroupRecord,
  named: { readonly id: string; readonly port: number },
  call: Call,
  anomalies: boolean,
): XmlNode {
  const key = targetKey(named.id, named.port);
  const target = group.targets.get(key);
  const health = healthOf(group, target, key, call);
  const lambda = group.targetType === 'lambda';
  const checkPort = group.healthCheck.port === 'traffic-port' ? String(named.port) : group.healthCheck.port;
  return {
    Target: {
      Id: named.id,
      Port: lambda ? undefined : named.port,
      AvailabilityZone: target?.availabilityZone ?? (lambda ? 'all' : undefined),
    },
    HealthCheckPort: lambda ? undefined : checkPort,
    TargetHealth: { State: health.state, Reason: health.reason, Description: health.description },
    AnomalyDetection: anomalies ? { Result: 'normal', MitigationInEffect: 'no' } : undefined,
    // On every target whatever its state; another one needs a zonal shift, which a sandbox has not (recorded 2024-11 to 2026-10).
    AdministrativeOverride: {
      State: 'no_override',
      Reason: 'AdministrativeOverride.NoOverride',
      Description: 'No override is currently active on target',
    },
  };
}
