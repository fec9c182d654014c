/**
 * The sandbox's own Elastic Load Balancing v2: the control plane of Application Load Balancers, strict where AWS is strict.
 * It answers the AWS query protocol (API version 2015-12-01) and keeps one state per account and region. What it promises is
 * written down in `../SPEC.md`.
 *
 * Adding an operation: write it in the file of its resource, add it to that file's `…Operations`. A new resource is a new
 * file, a `Map` in `Store` and one line in `OPERATIONS`.
 */

import { IN_ORDER, type Order } from '../shuffle.ts';
import type { ApiAnswer, ApiCall, CertificateView, Clock, Elbv2State, NetworkView, ObjectView, Timings } from '../types.ts';
import { quotaOperations } from './account-limits.ts';
import { capacityOperations } from './capacity.ts';
import { ApiError, unknownOperation, unsupported, validation } from './errors.ts';
import { readInput } from './input.ts';
import { ipPoolOperations } from './ip-pools.ts';
import { listenerOperations } from './listener.ts';
import { certificateOperations } from './listener-certificates.ts';
import { loadBalancerOperations } from './load-balancer.ts';
import type { Operation, Operations, Server } from './operation.ts';
import { LARGEST_PAGE } from './pages.ts';
import { DEFAULT_QUOTAS, type Quotas } from './quotas.ts';
import { ruleOperations } from './rule.ts';
import { sslPolicyOperations } from './ssl-policies.ts';
import { createState } from './state.ts';
import { createStore, type Store } from './store.ts';
import { tagOperations } from './tags.ts';
import { targetGroupOperations } from './target-group.ts';
import { sweepTargets, targetOperations } from './targets.ts';
import { trustStoreOperations } from './trust-store.ts';
import { revocationOperations } from './trust-store-revocations.ts';
import { errorXml, successXml } from './xml.ts';

export interface Elbv2Options {
  readonly clock: Clock;
  /** All accounts together. */
  readonly network: NetworkView;
  readonly certificates: CertificateView;
  /** What a call of one account can name; all there is when left out. */
  readonly of?: (account: string) => { readonly network: NetworkView; readonly certificates: CertificateView };
  /** Where bundles and revocation lists of trust stores come from; absent: there are no objects. */
  readonly objects?: ObjectView;
  readonly timings: Timings;
  readonly quotas?: Partial<Quotas>;
  /** Most items of one page, 1-400; small in tests of pagination. Default 400. */
  readonly pageSize?: number;
  /** How lists are put in order; by default in that of creation. */
  readonly order?: Order;
}

export interface Elbv2 {
  /** Answers one call; never throws. */
  handle(call: ApiCall): ApiAnswer;
  readonly state: Elbv2State;
  /** Forgets everything, in all accounts and regions. Interfaces of load balancers are given back to the network at once. */
  reset(): void;
  /** All that is remembered, as data, and back again. The network's part is the network's to keep. */
  save(): ReadonlyMap<string, Store>;
  load(state: ReadonlyMap<string, Store>): void;
  /** All that is remembered, as plain JSON; holds no secret. */
  dump(): unknown;
}

const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries<Operation>({
    ...loadBalancerOperations,
    ...targetGroupOperations,
    ...targetOperations,
    ...listenerOperations,
    ...certificateOperations,
    ...ruleOperations,
    ...tagOperations,
    ...sslPolicyOperations,
    ...quotaOperations,
    ...capacityOperations,
    ...ipPoolOperations,
    ...trustStoreOperations,
    ...revocationOperations,
  } satisfies Operations),
);

/** Operations of API version 2015-12-01 that are not served. */
const UNSERVED = new Set(['DeleteSharedTrustStoreAssociation', 'GetResourcePolicy']);

const NO_OBJECTS: ObjectView = { object: () => undefined, share: () => undefined };

function findOperation(action: string): Operation {
  const operation = OPERATIONS.get(action);
  if (operation !== undefined) return operation;
  if (UNSERVED.has(action)) throw unsupported(`The operation ${action}`);
  throw unknownOperation(action);
}

/** Maps as objects. Nothing in a record is secret: client secrets are not kept in the first place. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
}

/** A server with nothing in it. Listens to `network` and to the clock until it is garbage. */
export function createElbv2(options: Elbv2Options): Elbv2 {
  const pageSize = options.pageSize ?? LARGEST_PAGE;
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > LARGEST_PAGE)
    throw new RangeError(`pageSize must be a whole number from 1 to ${LARGEST_PAGE}, not ${pageSize}`);
  const stores = new Map<string, Store>();
  const listeners = new Set<() => void>();
  const alarms = new Set<() => void>();
  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const sweep = (): boolean => {
    let changed = false;
    for (const store of stores.values()) for (const group of store.targetGroups.values()) if (sweepTargets(group, server)) changed = true;
    return changed;
  };
  const server: Server = {
    clock: options.clock,
    network: options.network,
    certificates: options.certificates,
    objects: options.objects ?? NO_OBJECTS,
    timings: options.timings,
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas },
    pageSize,
    order: options.order ?? IN_ORDER,
    wake(ms) {
      const cancel = options.clock.after(ms, () => {
        alarms.delete(cancel);
        sweep();
        tell();
      });
      alarms.add(cancel);
    },
  };
  // Instances that stop lose their health at once, also when nobody asks before they run again.
  options.network.onChange(() => {
    if (sweep()) tell();
  });

  const storeOf = (call: ApiCall): Store => {
    const key = `${call.account}/${call.region}`;
    let store = stores.get(key);
    if (store === undefined) {
      store = createStore(call.account, call.region);
      stores.set(key, store);
    }
    return store;
  };

  const refuse = (call: ApiCall, error: unknown): ApiAnswer => {
    const known =
      error instanceof ApiError
        ? error
        : new ApiError('InternalFailure', `The sandbox failed at ${call.action}: ${String(error)}. This is a defect of the sandbox.`, 500);
    return { status: known.status, contentType: 'text/xml', body: errorXml(known.status, known.code, known.message, call.requestId) };
  };

  return {
    handle(call) {
      try {
        const operation = findOperation(call.action);
        for (const name of Object.keys(call.params)) {
          const top = name.split('.', 1)[0] ?? name;
          if (top === 'Action' || top === 'Version' || operation.params.includes(top)) continue;
          if (top === '') throw validation(`The parameter '${name}' is not valid`);
          if (operation.unserved?.includes(top)) throw unsupported(`The parameter ${top} of ${call.action}`);
          throw validation(`'${top}' is not a parameter of ${call.action} in API version 2015-12-01`);
        }
        // Another account's subnets, groups, instances and certificates do not exist for a call.
        const own = { ...server, ...options.of?.(call.account) };
        const result = operation.run({ input: readInput(call.params), store: storeOf(call), server: own });
        if (operation.writes) tell();
        return { status: 200, contentType: 'text/xml', body: successXml(call.action, result, call.requestId) };
      } catch (error) {
        return refuse(call, error);
      }
    },
    state: createState(stores, server, listeners),
    reset() {
      for (const cancel of alarms) cancel();
      alarms.clear();
      for (const store of stores.values()) for (const arn of store.loadBalancers.keys()) options.network.detachLoadBalancer(arn);
      stores.clear();
      tell();
    },
    save: () => structuredClone(stores),
    load(state) {
      for (const cancel of alarms) cancel();
      alarms.clear();
      stores.clear();
      for (const [name, store] of structuredClone(state)) stores.set(name, store);
      // What was on its way arrives when it is asked for; those who listen are told once more a moment later.
      server.wake(1000);
      tell();
    },
    dump: () => plain([...stores.values()]),
  };
}
