/**
 * The whole sandbox in one process: an AWS endpoint on one loopback port, a load balancer that really balances, and the
 * switches to step its time and break its answers. Several may run at once.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AutoScaling, createAutoScaling } from './auto-scaling.ts';
import { createClock, type SteppableClock } from './clock.ts';
import { createControl } from './control-routes.ts';
import { startDataplane } from './dataplane/dataplane.ts';
import { createElbv2 } from './elbv2/server.ts';
import { createExperiments, type Experiments } from './experiments.ts';
import { createFaults, type FaultRule, type Faults } from './faults.ts';
import { startGateway } from './gateway.ts';
import { type HostsFile, publishHosts } from './hosts-file.ts';
import { type Accounts, createAccounts } from './ledger/accounts.ts';
import { createObjects, type Objects } from './objects.ts';
import { createRates, type Rates } from './rates.ts';
import { createRecorder } from './recorder.ts';
import { createSafetyLever, type SafetyLever } from './safety-lever.ts';
import { createSchedules, type Schedules } from './schedules.ts';
import { createOrder, type Order, seedOfTheDay } from './shuffle.ts';
import { spawnSupervised } from './supervised-process.ts';
import { createTagging } from './tagging.ts';
import { withTimings } from './timings.ts';
import type { ApiAnswer, Elbv2State, NetworkView, RecordedCall, Timings } from './types.ts';
import { startUpstream, type Upstream } from './upstream.ts';

type Elbv2 = ReturnType<typeof createElbv2>;
type Elbv2Options = Parameters<typeof createElbv2>[0];

export interface SandboxOptions {
  /** 0 (the default) takes any free port. */
  readonly port?: number;
  readonly timings?: Partial<Timings>;
  /** The wall clock by default; `createClock({ manual: true })` for one that only tests move. */
  readonly clock?: SteppableClock;
  /** A file for every call, begun anew, one JSON object a line; when it reaches 20 MB it becomes `….1`. */
  readonly callLog?: string;
  /** For configuration, sockets and the hosts file. A temporary folder, removed at the end, by default. */
  readonly runDir?: string;
  /** Without it load balancers answer the API and no traffic, and no instance runs a webserver. Default true. */
  readonly dataplane?: boolean;
  readonly quotas?: Elbv2Options['quotas'];
  /** Items a page of ELBv2's lists holds; tests make it small. */
  readonly pageSize?: number;
  readonly faults?: readonly FaultRule[];
  /** Refuse calls that come faster than AWS's published token buckets allow, those of every API. Default false. */
  readonly throttle?: boolean;
  /** The seed of the order of lists, which no client may rely on; `false`: that of creation. By default the day decides. */
  readonly shuffle?: number | false;
  /** A folder with objects of S3, `<folder>/<bucket>/<key>`, read beside those that are put into the sandbox. */
  readonly objectsFolder?: string;
  /** Keep the default VPC (with gateway and route) AWS gives a new account. By default the account is empty. */
  readonly defaultVpc?: boolean;
  /** Leave moto running for the next sandbox of this process: starting one takes seconds, resetting it does not. */
  readonly reuseUpstream?: boolean;
  readonly log?: (line: string) => void;
}

export interface Sandbox {
  /** `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  /** JSON map of `"dnsname:port"` to `"127.x.y.z:port"`, replaced atomically whenever it changes. */
  readonly hostsFile: string;
  readonly clock: SteppableClock;
  readonly elbv2: Elbv2State;
  readonly network: NetworkView;
  readonly faults: Faults;
  /** AWS's token buckets: whether they are in force, and a switch. */
  readonly rates: Rates;
  /** The seed of the order of lists; undefined: that of creation. */
  readonly shuffleSeed: number | undefined;
  /** What S3 holds: bundles and revocation lists of trust stores. */
  readonly objects: Objects;
  /** Groups of instances that are replaced when they end. */
  readonly autoScaling: AutoScaling;
  /** One-time schedules, which make their calls when they are due. */
  readonly schedules: Pick<Schedules, 'count' | 'reset'>;
  /** What AWS FIS has in its charge; an alarm that ends it. */
  readonly experiments: Pick<Experiments, 'count' | 'states' | 'alarm'>;
  /** FIS's switch against all faults. */
  readonly safetyLever: Pick<SafetyLever, 'set'>;
  /** Those since the start or since they were last forgotten, 50,000 at most. */
  calls(): readonly RecordedCall[];
  forgetCalls(): void;
  /** Number of resources by kind, all regions: what is left in the account. */
  census(): Readonly<Record<string, number>>;
  /** Resolves when the data plane and the hosts file show the present state. */
  settled(): Promise<void>;
  /** An empty account again; calls and faults are forgotten too. */
  reset(): Promise<void>;
  /**
   * All that is in the account now, and a way back to it: calls and faults are not part of it, nor what was put into S3. What is on
   * its way at that moment (an instance that starts, an interface that lingers) is begun again when it is put back.
   */
  keep(): Promise<() => Promise<void>>;
  /** Ends every process and port of this sandbox. May be called more than once. */
  stop(): Promise<void>;
}

/** The last answer of each of the reads made of late. */
class LastAnswers extends Map<string, ApiAnswer> {
  override set(asked: string, answer: ApiAnswer): this {
    this.delete(asked);
    const [oldest] = this.keys();
    if (this.size >= MOST_ANSWERS && oldest !== undefined) this.delete(oldest);
    return super.set(asked, answer);
  }
}
const MOST_ANSWERS = 500;

/** moto processes without a sandbox, kept for the next one. */
const idle: Upstream[] = [];

async function takeUpstream(log: (line: string) => void): Promise<Upstream> {
  const upstream = idle.pop();
  if (!upstream) return startUpstream(log);
  upstream.keepAlive(true);
  await upstream.reset();
  return upstream;
}

async function giveBack(upstream: Upstream, reuse: boolean): Promise<void> {
  if (!reuse || idle.length > 0) return upstream.stop();
  // Ends with this process at the latest; until then it keeps nothing waiting.
  upstream.keepAlive(false);
  idle.push(upstream);
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const log = options.log ?? (() => undefined);
  const timings = withTimings(options.timings);
  const clock = options.clock ?? createClock();
  const ownDir = options.runDir === undefined;
  const runDir = options.runDir ?? mkdtempSync(join(tmpdir(), 'albedo-sandbox-'));
  mkdirSync(runDir, { recursive: true });
  const order = createOrder(options.shuffle ?? seedOfTheDay());
  log(order.seed === undefined ? 'lists come in the order of creation' : `lists are shuffled by the seed ${order.seed}`);
  const cleanUps: (() => Promise<void> | void)[] = [];
  if (ownDir) cleanUps.push(() => rmSync(runDir, { recursive: true, force: true }));
  const end = async (): Promise<void> => {
    for (let cleanUp = cleanUps.pop(); cleanUp; cleanUp = cleanUps.pop()) await cleanUp();
  };
  try {
    const upstream = await takeUpstream(log);
    cleanUps.push(() => giveBack(upstream, options.reuseUpstream ?? false));
    const ledger = createAccounts({ clock, timings, upstream, order, defaultVpc: options.defaultVpc ?? false });
    const objects = createObjects(options.objectsFolder);
    const elbv2 = createElbv2({
      clock,
      timings,
      objects,
      network: ledger.network,
      certificates: ledger.certificates,
      of: (account) => ledger.of(account),
      order,
      ...(options.quotas === undefined ? {} : { quotas: options.quotas }),
      ...(options.pageSize === undefined ? {} : { pageSize: options.pageSize }),
    });
    ledger.connect(elbv2.state);
    // While the rest starts; a failure shows at the first call.
    ledger.open('us-east-1').catch((error: unknown) => log(`us-east-1 is not ready: ${String(error)}`));
    const plane =
      options.dataplane === false
        ? undefined
        : await startDataplane({
            clock,
            network: ledger.network,
            certificates: ledger.certificates,
            state: elbv2.state,
            runDir,
            spawnSupervised,
            log,
          });
    if (plane) {
      cleanUps.push(() => plane.stop());
      ledger.connectMachines(plane.machines);
    }
    const hosts = publishHosts(join(runDir, 'hosts.json'), plane, [ledger.network, elbv2.state], log);
    cleanUps.push(() => hosts.stop());
    return await serve(options, { timings, clock, order, ledger, elbv2, objects, hosts, end, cleanUps, log });
  } catch (error) {
    await end();
    throw error;
  }
}

interface Parts {
  readonly timings: Timings;
  readonly clock: SteppableClock;
  readonly order: Order;
  readonly ledger: Accounts;
  readonly elbv2: Elbv2;
  readonly objects: Objects;
  readonly hosts: HostsFile;
  readonly end: () => Promise<void>;
  readonly cleanUps: (() => Promise<void> | void)[];
  readonly log: (line: string) => void;
}

async function serve(options: SandboxOptions, parts: Parts): Promise<Sandbox> {
  const { clock, ledger, elbv2, objects, hosts } = parts;
  const recorder = createRecorder(options.callLog);
  const faults = createFaults(options.faults);
  const seen = new LastAnswers();
  const rates = createRates(clock, options.throttle ?? false);
  const tagging = createTagging({ clock, state: elbv2.state, handle: (call) => elbv2.handle(call) });
  const census = (): Record<string, number> => ({
    ...ledger.census(),
    loadBalancers: elbv2.state.loadBalancers().length,
    listeners: elbv2.state.listeners().length,
    targetGroups: elbv2.state.targetGroups().length,
    trustStores: elbv2.state.trustStoreCount?.() ?? 0,
    schedules: schedules.count(),
    experimentTemplates: experiments.count(),
  });
  const schedules = createSchedules({
    ...{ clock, roles: ledger.roles, log: parts.log },
    send: (call) => (call.service === 'ec2' ? ledger.asAws(call) : elbv2.handle(call)),
  });
  const safetyLever = createSafetyLever((place) => experiments.stopAll(place));
  const experiments = createExperiments({
    ...{ clock, roles: ledger.roles, log: parts.log, isEngaged: safetyLever.isEngaged },
    send: (call) => ledger.asAws(call),
  });
  const autoScaling = createAutoScaling({
    ...{ clock, network: ledger.network, state: elbv2.state, region: 'us-east-1', log: parts.log },
    ...{ ec2: (call) => ledger.asAws(call), elbv2: (call) => elbv2.handle(call) },
  });
  parts.cleanUps.push(() => autoScaling.stop());
  const reset = async (): Promise<void> => {
    faults.set([]);
    autoScaling.reset();
    schedules.reset();
    safetyLever.reset();
    experiments.reset();
    await elbv2.reset();
    objects.clear();
    tagging.reset();
    await ledger.reset();
    recorder.clear();
    seen.clear();
    // Full buckets again; whether they are in force stays.
    rates.turn(rates.on);
    await hosts.settled();
  };
  const control = createControl({
    ...parts,
    faults,
    rates,
    recorder,
    shuffleSeed: parts.order.seed,
    hostsFile: hosts.file,
    autoScaling,
    experiments,
    safetyLever,
    census,
    reset,
  });
  const gateway = await startGateway(options.port ?? 0, {
    services: {
      ...ledger.services,
      elasticloadbalancing: (call) => elbv2.handle(call),
      ...{
        tagging: tagging.answer,
        scheduler: schedules.answer,
        fis: (call, json) => (experiments.has(call.action) ? experiments.answer(call, json) : safetyLever.answer(call, json)),
      },
    },
    clock,
    recorder,
    faults,
    rates,
    seen,
    callDelay: parts.timings.callDelay,
    control,
    objects,
    log: parts.log,
  });
  objects.serveAt(gateway.endpoint);
  parts.cleanUps.push(() => gateway.stop());
  let stopping: Promise<void> | undefined;
  let kept = 0;
  const keep = async (): Promise<() => Promise<void>> => {
    const name = `state-${++kept}`;
    const state = {
      ledger: await ledger.save(name),
      elbv2: elbv2.save(),
      tagging: tagging.save(),
      schedules: schedules.save(),
      experiments: experiments.save(),
    };
    const shown = new Map(seen);
    return async () => {
      seen.clear();
      for (const [asked, answer] of shown) seen.set(asked, answer);
      clock.clear();
      await ledger.load(name, state.ledger);
      elbv2.load(state.elbv2);
      tagging.load(state.tagging);
      schedules.load(state.schedules);
      experiments.load(state.experiments);
      await hosts.settled();
    };
  };
  return {
    endpoint: gateway.endpoint,
    hostsFile: hosts.file,
    clock,
    elbv2: elbv2.state,
    network: ledger.network,
    faults,
    rates,
    shuffleSeed: parts.order.seed,
    objects,
    autoScaling,
    schedules,
    experiments,
    safetyLever,
    calls: () => recorder.calls(),
    forgetCalls: () => recorder.clear(),
    census,
    settled: () => hosts.settled(),
    reset,
    keep,
    stop() {
      stopping ??= parts.end();
      return stopping;
    },
  };
}
