/**
 * The part of the sandbox that carries traffic: load balancers that really balance, in front of instances that really run.
 * It follows the state of the ELBv2 server and the network: after every change it draws the routing anew and brings HAProxy
 * in line with it, by its command socket when only servers changed, else by a reload that drops no connection.
 */
import { type InstanceProcesses, startInstances } from '../instances.ts';
import type { spawnSupervised } from '../supervised-process.ts';
import { findPython } from '../tools.ts';
import type { CertificateView, Clock, Elbv2State, Machines, NetworkView, TargetHealth } from '../types.ts';
import { claimAddresses } from './addresses.ts';
import { createKeyFolder } from './certificates.ts';
import { renderConfig } from './config.ts';
import { findHaproxy, prepareHaproxy } from './haproxy.ts';
import { startHealthChecks } from './health-checks.ts';
import { openLocalPorts } from './local-ports.ts';
import { type Frontend, type Member, type RoutingState, routingState } from './routing-state.ts';
import { ABSENT, type Served, serverCommands } from './servers.ts';
import { createSlots } from './slots.ts';
import { startTarpit } from './tarpit.ts';
import { filesOf, tlsFiles } from './tls-files.ts';

/** Real time (ms) changes are gathered for before HAProxy is told. */
const GATHER_MS = 50;
const MOST_RESTARTS = 3;

export interface DataplaneOptions {
  readonly clock: Clock;
  readonly network: NetworkView;
  readonly certificates: CertificateView;
  readonly state: Elbv2State;
  /** Made with mode 0700 if missing; what the data plane writes there is gone after `stop`. */
  readonly runDir: string;
  readonly spawnSupervised: typeof spawnSupervised;
  readonly log?: (line: string) => void;
  /** Default: `findHaproxy()`. */
  readonly haproxy?: string;
  /** Default: `findPython()`. */
  readonly python?: string;
}

export interface Dataplane {
  readonly machines: Machines;
  /** Where listeners really are: `<dns name>:<port>` -> `<loopback address>:<port>`, the form of k6's `hosts` option. */
  hosts(): Readonly<Record<string, string>>;
  /** The same listeners on localhost, for a browser: `<dns name>:<port>` -> `localhost:<port>`. */
  locals(): Readonly<Record<string, string>>;
  /** Told the new `hosts()` whenever it changes. The answer unsubscribes. */
  onHosts(listener: (hosts: Readonly<Record<string, string>>) => void): () => void;
  /** Resolves when the data plane serves what the state said when it was asked; health checks take their own time. */
  settled(): Promise<void>;
  /** Ends every process and server, removes every file. */
  stop(): Promise<void>;
}

export async function startDataplane(options: DataplaneOptions): Promise<Dataplane> {
  const { clock, network, state } = options;
  const log = options.log ?? (() => undefined);
  const binary = options.haproxy ?? findHaproxy();
  const python = options.python ?? findPython();
  const addresses = await claimAddresses();
  const realm = `albedo-${addresses.number}-${process.pid}`;
  const tarpit = await startTarpit(clock, addresses.own);
  const keys = createKeyFolder(options.certificates, String(addresses.number));
  const locals = openLocalPorts(log);
  const slots = createSlots();
  const instances: InstanceProcesses = startInstances({
    clock,
    network,
    addressOf: addresses.instance,
    boundPort: addresses.port,
    spawnSupervised: options.spawnSupervised,
    python,
    haproxy: binary,
    log,
  });
  const haproxy = await prepareHaproxy({
    runDir: options.runDir,
    binary,
    spawnSupervised: options.spawnSupervised,
    log,
    onCrash: () => recover(),
  });
  const checks = startHealthChecks(clock, ({ group, id, port }, health) => {
    state.reportHealth(group.arn, id, port, health);
    schedule();
  });

  let served: { readonly structure: string; readonly members: ReadonlyMap<string, Served> } | undefined;
  let refused: string | undefined;
  let hosts: Readonly<Record<string, string>> = {};
  let revision = 0;
  let restarts = 0;
  let stopped = false;
  const hostListeners = new Set<(hosts: Readonly<Record<string, string>>) => void>();
  const idle = new Map<string, TargetHealth>();
  const knownGaps = new Set<string>();

  const draw = (): RoutingState =>
    routingState({
      state,
      network,
      slots,
      tarpit,
      health: checks.health,
      boots: instances.boots,
      instanceAddress: addresses.instance,
      loadBalancerAddress: addresses.loadBalancer,
      boundPort: addresses.port,
    });

  /** Targets that are not checked are told why, once. */
  const reportIdle = (routing: RoutingState): void => {
    const keys = new Set(routing.unused.map(({ groupArn, id, port }) => `${groupArn} ${id}:${port}`));
    for (const key of idle.keys()) if (!keys.has(key)) idle.delete(key);
    for (const { groupArn, id, port, health } of routing.unused) {
      const key = `${groupArn} ${id}:${port}`;
      if (idle.get(key)?.description === health.description) continue;
      idle.set(key, health);
      state.reportHealth(groupArn, id, port, health);
    }
  };

  const bringUp = async (): Promise<void> => {
    instances.update();
    // Watching first: a target just registered is `initial` before it is in the routing.
    checks.watch(draw().checks);
    const routing = draw();
    reportIdle(routing);
    const tls = new Map(routing.frontends.map(({ listener }) => [listener.arn, tlsFiles(listener, keys, state)]));
    const next = `${realm}-${revision + 1}`;
    const config = renderConfig(routing, {
      realm,
      adminSocket: haproxy.adminSocket,
      refusedPage: haproxy.refusedPage,
      chainScript: haproxy.chainScript,
      revision: next,
      tls: (arn) => tls.get(arn),
    });
    for (const gap of config.gaps) if (!knownGaps.has(gap)) log(gap);
    for (const gap of config.gaps) knownGaps.add(gap);
    const members = new Map<string, Member>(
      routing.pools.flatMap((pool) => pool.members.map((member) => [`${pool.id}/${member.name}`, member] as const)),
    );
    if (served !== undefined && (served.structure === config.structure || refused === config.structure)) {
      const commands = serverCommands(served.members, members);
      if (commands.length > 0) await haproxy.command(commands);
      served = {
        structure: served.structure,
        members: new Map([...served.members.keys()].map((name) => [name, members.get(name) ?? ABSENT])),
      };
      if (refused === config.structure) return;
    } else {
      revision += 1;
      // Refused again it would be word for word the same; until then its servers are kept up to date in the one before.
      refused = config.structure;
      const files = config.frontends.flatMap(({ listener, open }) => {
        const needed = open ? tls.get(listener.arn) : undefined;
        return needed && !('missing' in needed) ? filesOf(needed) : [];
      });
      await keys.during(files, () => haproxy.use(config.text, next));
      served = { structure: config.structure, members };
      refused = undefined;
    }
    await publish(config.frontends);
  };

  const publish = async (frontends: readonly Frontend[]): Promise<void> => {
    const now = Object.fromEntries(frontends.map(({ lb, listener, at }) => [`${lb.dnsName}:${listener.port}`, `${at.host}:${at.port}`]));
    if (JSON.stringify(now) === JSON.stringify(hosts)) return;
    hosts = now;
    await locals.follow(hosts);
    for (const listener of hostListeners) listener(hosts);
  };

  let dirty = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const work = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    while (dirty && !stopped) {
      dirty = false;
      try {
        await bringUp();
      } catch (error) {
        log(
          `data plane: what is served is out of date, the configuration before stays in place: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  };
  const run = (): Promise<void> => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  };
  const schedule = (): void => {
    if (stopped) return;
    dirty = true;
    if (!running) timer ??= setTimeout(run, GATHER_MS).unref();
  };
  const recover = (): void => {
    served = undefined;
    refused = undefined;
    if (restarts++ < MOST_RESTARTS) schedule();
    else log(`data plane: HAProxy ended by itself ${restarts} times and is not started again; nothing is served. Restart the sandbox.`);
  };
  const react = (): void => {
    // At once: an instance that stops must not serve for another moment, nor miss a stop between two starts.
    if (!stopped) instances.update();
    schedule();
  };

  const unsubscribe = [network.onChange(react), state.onChange(schedule)];
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    for (const leave of unsubscribe) leave();
    clearTimeout(timer);
    checks.stop();
    await running;
    await Promise.all([haproxy.stop(), instances.stop(), tarpit.stop(), locals.stop()]);
    await addresses.release();
  };

  try {
    // The first time failure is the caller's to know; changes meanwhile wait as they do for any other run.
    running = bringUp();
    await running;
    running = undefined;
    if (dirty) schedule();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    machines: instances,
    hosts: () => hosts,
    locals: () => locals.map(),
    onHosts(listener) {
      hostListeners.add(listener);
      return () => hostListeners.delete(listener);
    },
    async settled() {
      do {
        await run();
        await instances.settled();
      } while (dirty && !stopped);
    },
    stop,
  };
}
