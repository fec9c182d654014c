/**
 * The accounts of a sandbox. Each has a ledger of its own, made when it is first spoken of, over one moto that keeps accounts apart.
 * Which account a call is for is in its access key, as in AWS.
 */
import type { Answerer } from '../gateway.ts';
import type { ApiAnswer, ApiCall, CertificateView, Elbv2State, Machines, NetworkView } from '../types.ts';
import { ACCOUNT } from '../wire.ts';
import { createLedger, type Ledger, type LedgerOptions, type LedgerState } from './ledger.ts';
import type { LedgerView } from './network-view.ts';
import { createServiceRoles, type ServiceRoles } from './service-role.ts';
import { assumesRole, checkAssumption } from './sts.ts';

export interface Accounts {
  /** By the service name of the credential scope; each call is answered by the ledger of its account. */
  readonly services: Ledger['services'];
  /** What ELB sees of one account: nothing of another's. */
  of(account: string): Pick<Ledger, 'network' | 'certificates'>;
  /** All accounts together, for traffic. */
  readonly network: LedgerView;
  readonly certificates: CertificateView;
  /** Who uses certificates and which load balancers are internal, once there is someone to ask. */
  connect(state: ConnectedState): void;
  /** A call of EC2 that a service of AWS makes: it may use what is reserved. */
  asAws(call: ApiCall): Promise<ApiAnswer>;
  /** Roles that services of AWS assume. */
  readonly roles: ServiceRoles;
  /** Who runs the commands of Systems Manager, once there is somebody. */
  connectMachines(machines: Machines): void;
  /** Gets a region of the default account ready before anyone asks for it. */
  open(region: string): Promise<void>;
  /** Number of resources by kind: what is left in all accounts. */
  census(): Readonly<Record<string, number>>;
  /** Back to the start, moto included. */
  reset(): Promise<void>;
  /** All there is now, moto's part under this name; and back again. */
  save(name: string): Promise<AccountsState>;
  load(name: string, state: AccountsState): Promise<void>;
}

export type AccountsState = ReadonlyMap<string, LedgerState>;
type ConnectedState = Pick<Elbv2State, 'certificateUsers' | 'loadBalancers' | 'onChange'>;

/** The account that an ARN names, the default one where it names none. */
const accountIn = (arn: string): string => arn.split(':')[4] || ACCOUNT;

export function createAccounts(options: Omit<LedgerOptions, 'account'>): Accounts {
  const { upstream } = options;
  const ledgers = new Map<string, Ledger>();
  const listeners = new Set<() => void>();
  let state: ConnectedState | undefined;
  let machines: Machines | undefined;

  const ledgerOf = (account: string): Ledger => {
    const known = ledgers.get(account);
    if (known !== undefined) return known;
    const made = createLedger({
      ...options,
      account,
      // Whatever key the caller has: the sandbox takes any, also one of another account or unknown.
      upstream: { ...upstream, send: (call) => upstream.send({ ...call, account }) },
    });
    made.network.onChange(() => {
      for (const listener of [...listeners]) listener();
    });
    if (state !== undefined) made.connect(state);
    if (machines !== undefined) made.connectMachines(machines);
    ledgers.set(account, made);
    return made;
  };
  const all = (): readonly Ledger[] => [...ledgers.values()];
  const answer =
    (service: keyof Ledger['services']): Answerer =>
    (call, json) =>
      ledgerOf(call.account).services[service](call, json);
  const first = <T>(find: (network: LedgerView) => T | undefined): T | undefined => {
    for (const { network } of all()) {
      const found = find(network);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const balancer = ({ arn }: { readonly arn: string }): NetworkView => ledgerOf(accountIn(arn)).network;
  const sum = (counts: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
    const total: Record<string, number> = {};
    for (const each of counts) for (const [kind, count] of Object.entries(each)) total[kind] = (total[kind] ?? 0) + count;
    return total;
  };
  ledgerOf(ACCOUNT);

  return {
    services: {
      ec2: answer('ec2'),
      iam: answer('iam'),
      ssm: answer('ssm'),
      async sts(call, json) {
        // The role may be of another account than the caller.
        if (assumesRole(call)) await checkAssumption(upstream, options.clock, call);
        return answer('sts')(call, json);
      },
    },
    of: (account) => ledgerOf(account),
    // Ids are drawn by chance and belong to one account.
    network: {
      subnet: (id) => first((network) => network.subnet(id)),
      subnets: () => all().flatMap(({ network }) => network.subnets?.() ?? []),
      vpc: (id) => first((network) => network.vpc(id)),
      securityGroup: (id) => first((network) => network.securityGroup(id)),
      instance: (id) => first((network) => network.instance(id)),
      instances: () => all().flatMap(({ network }) => network.instances()),
      onChange(listener) {
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
        };
      },
      attachLoadBalancer: (lb) => balancer(lb).attachLoadBalancer(lb),
      updateLoadBalancer: (lb) => balancer(lb).updateLoadBalancer(lb),
      detachLoadBalancer: (arn) => balancer({ arn }).detachLoadBalancer(arn),
      census: () => sum(all().map(({ network }) => network.census())),
    },
    certificates: { serverCertificate: (arn) => ledgers.get(accountIn(arn))?.certificates.serverCertificate(arn) },
    open: (region) => ledgerOf(ACCOUNT).open(region),
    connect(connected) {
      state = connected;
      for (const ledger of all()) ledger.connect(connected);
    },
    asAws: (call) => ledgerOf(call.account).asAws(call),
    roles: createServiceRoles(upstream),
    connectMachines(connected) {
      machines = connected;
      for (const ledger of all()) ledger.connectMachines(connected);
    },
    census: () => sum(all().map((ledger) => ledger.census())),
    async save(name) {
      const states = new Map<string, LedgerState>();
      for (const [account, ledger] of ledgers) states.set(account, await ledger.save());
      await upstream.keep(name);
      return states;
    },
    async load(name, states) {
      await upstream.putBack(name);
      for (const [account, ledger] of ledgers) {
        const saved = states.get(account);
        await (saved === undefined ? ledger.reset() : ledger.load(saved));
      }
    },
    async reset() {
      for (const ledger of all()) await ledger.reset();
      await upstream.reset();
    },
  };
}
