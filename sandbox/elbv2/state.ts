/** The state as the data plane and the ledger read it: snapshots over all accounts and regions, and a bell for changes. */
import type { Elbv2State, ListenerFacts, LoadBalancerFacts, RuleFacts, TargetFacts, TargetGroupFacts } from '../types.ts';
import { stateOf } from './load-balancer.ts';
import type { Server } from './operation.ts';
import {
  type ActionRecord,
  type ListenerRecord,
  type LoadBalancerRecord,
  rulesInOrder,
  type Store,
  type TargetGroupRecord,
  targetKey,
} from './store.ts';
import { isChecked } from './target-health.ts';
import { sweepTargets } from './targets.ts';

const actionsOf = (actions: readonly ActionRecord[]) => actions.map((action) => action.facts);

function certificatesOf(listener: ListenerRecord): readonly string[] {
  const all = listener.defaultCertificateArn === undefined ? [] : [listener.defaultCertificateArn];
  return [...new Set([...all, ...listener.extraCertificateArns])];
}

function loadBalancerFacts(record: LoadBalancerRecord, now: number): LoadBalancerFacts {
  const { arn, name, dnsName, scheme, subnetIds, securityGroupIds } = record;
  return {
    arn,
    name,
    dnsName,
    scheme,
    state: stateOf(record, now),
    subnetIds,
    securityGroupIds,
    ipAddressType: record.ipAddressType,
    attributes: Object.fromEntries(record.attributes),
  };
}

function listenerFacts(listener: ListenerRecord): ListenerFacts {
  const { arn, loadBalancerArn, protocol, port, sslPolicy } = listener;
  return {
    arn,
    loadBalancerArn,
    protocol,
    port,
    ...(sslPolicy === undefined ? {} : { sslPolicy }),
    certificateArns: certificatesOf(listener),
    defaultActions: actionsOf(listener.defaultActions),
    mutualAuthentication: listener.mutualAuthentication,
    attributes: Object.fromEntries(listener.attributes),
  };
}

function targetGroupFacts(group: TargetGroupRecord): TargetGroupFacts {
  const { arn, name, targetType, protocol, protocolVersion, port, vpcId, healthCheck } = group;
  const targets: TargetFacts[] = [...group.targets.values()].map((target) => ({
    id: target.id,
    port: target.port,
    registeredAt: target.registeredAt,
    ...(target.availabilityZone === undefined ? {} : { availabilityZone: target.availabilityZone }),
    ...(target.drainingUntil === undefined ? {} : { drainingUntil: target.drainingUntil }),
  }));
  return {
    arn,
    name,
    targetType,
    ...(protocol === undefined ? {} : { protocol }),
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    ...(port === undefined ? {} : { port }),
    ...(vpcId === undefined ? {} : { vpcId }),
    // A lambda group has neither protocol nor port; nothing checks it over the network.
    healthCheck: { ...healthCheck, protocol: healthCheck.protocol ?? 'HTTP', port: healthCheck.port ?? 'traffic-port' },
    attributes: Object.fromEntries(group.attributes),
    targets,
    loadBalancerArns: group.loadBalancerArn === undefined ? [] : [group.loadBalancerArn],
  };
}

/** The view over `stores`. `listeners` are told by whoever changes them; see `server.ts`. */
export function createState(stores: ReadonlyMap<string, Store>, server: Server, listeners: Set<() => void>): Elbv2State {
  const each = <T>(pick: (store: Store) => Iterable<T>): T[] => [...stores.values()].flatMap((store) => [...pick(store)]);
  const groupOf = (arn: string): TargetGroupRecord | undefined => {
    for (const store of stores.values()) {
      const group = store.targetGroups.get(arn);
      if (group !== undefined) return group;
    }
    return undefined;
  };
  return {
    loadBalancers: () => each((store) => store.loadBalancers.values()).map((record) => loadBalancerFacts(record, server.clock.now())),
    listeners: () => each((store) => store.listeners.values()).map(listenerFacts),
    rules: (listenerArn) => {
      for (const store of stores.values()) {
        const listener = store.listeners.get(listenerArn);
        if (listener === undefined) continue;
        return rulesInOrder(listener).map(
          (rule): RuleFacts => ({
            arn: rule.arn,
            listenerArn,
            priority: rule.priority,
            conditions: rule.conditions,
            actions: actionsOf(rule.actions),
            transforms: rule.transforms,
          }),
        );
      }
      return [];
    },
    targetGroups: () =>
      each((store) => store.targetGroups.values()).map((group) => {
        sweepTargets(group, server);
        return targetGroupFacts(group);
      }),
    certificateUsers: (certificateArn) => [
      ...new Set(
        each((store) => store.listeners.values()).flatMap((listener) =>
          certificatesOf(listener).includes(certificateArn) ? [listener.loadBalancerArn] : [],
        ),
      ),
    ],
    trustStore: (arn) => {
      for (const store of stores.values()) {
        const record = store.trustStores.get(arn);
        if (record !== undefined) return { bundle: record.bundle, revocations: [...record.revocations.values()].map(({ pem }) => pem) };
      }
      return undefined;
    },
    trustStoreCount: () => each((store) => store.trustStores.keys()).length,
    onChange: (listener) => {
      // A wrapper, so that one function told twice is told twice and unsubscribed apart.
      const bell = (): void => listener();
      listeners.add(bell);
      return () => {
        listeners.delete(bell);
      };
    },
    reportHealth: (targetGroupArn, targetId, port, health) => {
      const group = groupOf(targetGroupArn);
      if (group === undefined) return;
      sweepTargets(group, server);
      const target = group.targets.get(targetKey(targetId, port));
      if (target === undefined || target.drainingUntil !== undefined) return;
      // A report that was under way when the instance stopped must not outlive the stop.
      if (group.targetType === 'instance' && !isChecked(server.network.instance(targetId)?.state)) return;
      target.health = health;
    },
  };
}
