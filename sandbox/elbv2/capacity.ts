/**
 * Reserved capacity of a load balancer, in load balancer capacity units (LCUs). API reference, ModifyCapacityReservation and
 * DescribeCapacityReservation; rules: Application Load Balancers guide, "Request Load balancer Capacity Unit reservation"; what is
 * answered after a reset: aws/elastic-load-balancing-tools#69.
 */
import { ApiError, validation } from './errors.ts';
import { namedLoadBalancer } from './load-balancer-lookup.ts';
import type { Call, Operations, Server } from './operation.ts';
import type { CapacityRecord, LoadBalancerRecord } from './store.ts';
import type { XmlNode } from './xml.ts';

/** "You can only decrease the reserved capacity two times per day." */
const DECREASES_A_DAY = 2;
const DAY_MS = 86_400_000;
/** When the timings say nothing; AWS takes minutes to hours. */
const PROVISIONING_MS = 1000;

const provisioning = (server: Server): number => server.timings.capacityProvisioning ?? PROVISIONING_MS;

function decreasesToday(record: LoadBalancerRecord, now: number): number {
  return record.capacityDecreases.filter((at) => at > now - DAY_MS).length;
}

function describe(record: LoadBalancerRecord, server: Server): XmlNode {
  const now = server.clock.now();
  const left = { DecreaseRequestsRemaining: DECREASES_A_DAY - decreasesToday(record, now) };
  const { capacity } = record;
  if (capacity === undefined) return { ...left, CapacityReservationState: [] };
  const ready = now >= capacity.readyAt;
  const code = ready ? 'provisioned' : capacity.rebalancing ? 'rebalancing' : 'pending';
  // "Evenly distributed across Availability Zones."
  const share = capacity.units / record.subnetIds.length;
  return {
    ...left,
    LastModifiedTime: new Date(capacity.modifiedAt).toISOString(),
    MinimumLoadBalancerCapacity: { CapacityUnits: capacity.units },
    CapacityReservationState: record.subnetIds.map((id) => ({
      State: { Code: code },
      AvailabilityZone: server.network.subnet(id)?.availabilityZone,
      EffectiveCapacityUnits: ready ? share : 0,
    })),
  };
}

function checkQuotas(record: LoadBalancerRecord, units: number, { store, server }: Call): void {
  const { capacityUnitsPerLoadBalancer, capacityUnitsPerRegion } = server.quotas;
  const refuse = (where: string, limit: number): ApiError =>
    new ApiError('CapacityUnitsLimitExceeded', `You've exceeded the limit on the number of reserved capacity units per ${where}: ${limit}`);
  if (units > capacityUnitsPerLoadBalancer) throw refuse('load balancer', capacityUnitsPerLoadBalancer);
  let total = units;
  for (const other of store.loadBalancers.values()) if (other !== record) total += other.capacity?.units ?? 0;
  if (total > capacityUnitsPerRegion) throw refuse('region', capacityUnitsPerRegion);
}

function modify(call: Call): XmlNode {
  const { input, server } = call;
  const record = namedLoadBalancer(call);
  const minimum = input.nested('MinimumLoadBalancerCapacity');
  const units = minimum?.integer('CapacityUnits', 1, Number.MAX_SAFE_INTEGER);
  const reset = input.flag('ResetCapacityReservation') ?? false;
  input.settle();
  if (reset && minimum !== undefined) throw validation('You cannot specify both MinimumLoadBalancerCapacity and ResetCapacityReservation');
  // "You must include at least one MinimumLoadBalancerCapacity or ResetCapacityReservation."
  if (!reset && units === undefined) throw validation('You must specify either MinimumLoadBalancerCapacity or ResetCapacityReservation');
  const now = server.clock.now();
  const { capacity } = record;
  // "To update an existing reservation, the previous request must be provisioned or failed." HTTP 429 in the service model.
  if (capacity !== undefined && now < capacity.readyAt)
    throw new ApiError('PriorRequestNotComplete', `A prior capacity request for load balancer '${record.arn}' has not been completed`, 429);
  if (!reset) checkQuotas(record, units ?? 0, call);
  const less = (reset ? 0 : (units ?? 0)) < (capacity?.units ?? 0);
  if (less && decreasesToday(record, now) >= DECREASES_A_DAY)
    throw new ApiError(
      'CapacityDecreaseRequestLimitExceeded',
      `You've exceeded the limit on capacity decreases per day: ${DECREASES_A_DAY}`,
    );
  if (less) record.capacityDecreases = [...record.capacityDecreases.filter((at) => at > now - DAY_MS), now];
  if (reset) delete record.capacity;
  else if (units !== undefined && units !== capacity?.units)
    record.capacity = { units, modifiedAt: now, readyAt: now + provisioning(server), rebalancing: false };
  return describe(record, server);
}

/** Zones came or went: the reserved capacity is spread anew. */
export function rebalanceCapacity(capacity: CapacityRecord | undefined, server: Server): void {
  if (capacity === undefined) return;
  capacity.readyAt = server.clock.now() + provisioning(server);
  capacity.rebalancing = true;
}

export const capacityOperations: Operations = {
  ModifyCapacityReservation: {
    params: ['LoadBalancerArn', 'MinimumLoadBalancerCapacity', 'ResetCapacityReservation'],
    writes: true,
    run: modify,
  },
  DescribeCapacityReservation: {
    params: ['LoadBalancerArn'],
    writes: false,
    run: (call) => describe(namedLoadBalancer(call), call.server),
  },
};
