/**
 * The whole sandbox in one process: an AWS endpoint on one loopback port, a load balancer that really balances, and the
 * switches to step its time and break its answers. Several may run at once.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock, type SteppableClock } from './clock.ts';
import { startDataplane } from './dataplane/dataplane.ts';
import { createElbv2 } from './elbv2/server.ts';
import { createFaults, type FaultRule, type Faults } from './faults.ts';
import { startGateway } from './gateway.ts';
import { type HostsFile, publishHosts } from './hosts-file.ts';
import { leashedProcesses, spawnLeashed } from './leash.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import { createObjects, type Objects } from './objects.ts';
import { createRecorder } from './recorder.ts';
import { createTagging } from './tagging.ts';
import { withTimings } from './timings.ts';
import type { Elbv2State, NetworkView, RecordedCall, Timings } from './types.ts';
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
  /** What S3 holds: bundles and revocation lists of trust stores. */
  readonly objects: Objects;
  calls(): readonly RecordedCall[];
  /** Number of resources by kind, all regions: what is left in the account. */
  census(): Readonly<Record<string, number>>;
  /** Resolves when the data plane and the hosts file show the present state. */
  settled(): Promise<void>;
  /** An empty account again; calls and faults are forgotten too. */
  reset(): Promise<void>;
  /** Ends every process and port of this sandbox. May be called more than once. */
  stop(): Promise<void>;
}

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
  const cleanUps: (() => Promise<void> | void)[] = [];
  if (ownDir) cleanUps.push(() => rmSync(runDir, { recursive: true, force: true }));
  const end = async (): Promise<void> => {
    for (let cleanUp = cleanUps.pop(); cleanUp; cleanUp = cleanUps.pop()) await cleanUp();
  };
  try {
    const upstream = await takeUpstream(log);
    cleanUps.push(() => giveBack(upstream, options.reuseUpstream ?? false));
    const ledger = createLedger({ clock, timings, upstream, defaultVpc: options.defaultVpc ?? false });
    const objects = createObjects(options.objectsFolder);
    const elbv2 = createElbv2({
      clock,
      timings,
      objects,
      network: ledger.network,
      certificates: ledger.certificates,
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
            spawnLeashed,
            log,
          });
    if (plane) cleanUps.push(() => plane.stop());
    const hosts = publishHosts(join(runDir, 'hosts.json'), plane, [ledger.network, elbv2.state], log);
    cleanUps.push(() => hosts.stop());
    return await serve(options, { timings, clock, ledger, elbv2, objects, hosts, end, cleanUps, log });
  } catch (error) {
    await end();
    throw error;
  }
}

interface Parts {
  readonly timings: Timings;
  readonly clock: SteppableClock;
  readonly ledger: Ledger;
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
  const tagging = createTagging({ clock, state: elbv2.state, handle: (call) => elbv2.handle(call) });
  const census = (): Record<string, number> => ({
    ...ledger.census(),
    loadBalancers: elbv2.state.loadBalancers().length,
    listeners: elbv2.state.listeners().length,
    targetGroups: elbv2.state.targetGroups().length,
    trustStores: elbv2.state.trustStoreCount?.() ?? 0,
  });
  const reset = async (): Promise<void> => {
    faults.set([]);
    await elbv2.reset();
    objects.clear();
    tagging.reset();
    await ledger.reset();
    recorder.clear();
    await hosts.settled();
  };
  const control = async (method: string, path: string, body: string): Promise<{ status: number; body: unknown }> => {
    try {
      switch (`${method} ${path}`) {
        case 'GET status':
          return ok({
            ready: true,
            pid: process.pid,
            processes: leashedProcesses(),
            now: new Date(clock.now()).toISOString(),
            calls: recorder.count(),
            hostsFile: hosts.file,
            timings: parts.timings,
            resources: census(),
          });
        case 'GET calls':
          return ok(recorder.calls());
        case 'POST reset':
          await reset();
          return ok({ reset: true });
        case 'POST faults':
          faults.set(JSON.parse(body));
          return ok({ set: true });
        case 'POST clock':
          clock.advance(readAdvance(body));
          return ok({ now: new Date(clock.now()).toISOString() });
        default:
          return {
            status: 404,
            body: {
              error: `The sandbox has no ${method} /_sandbox/${path}. It has: GET status, GET calls, POST reset, POST faults, POST clock.`,
            },
          };
      }
    } catch (error) {
      return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
    }
  };
  const gateway = await startGateway(options.port ?? 0, {
    services: { ...ledger.services, elasticloadbalancing: (call) => elbv2.handle(call), tagging: tagging.answer },
    clock,
    recorder,
    faults,
    callDelay: parts.timings.callDelay,
    control,
    objects,
    log: parts.log,
  });
  objects.serveAt(gateway.endpoint);
  parts.cleanUps.push(() => gateway.stop());
  let stopping: Promise<void> | undefined;
  return {
    endpoint: gateway.endpoint,
    hostsFile: hosts.file,
    clock,
    elbv2: elbv2.state,
    network: ledger.network,
    faults,
    objects,
    calls: () => recorder.calls(),
    census,
    settled: () => hosts.settled(),
    reset,
    stop() {
      stopping ??= parts.end();
      return stopping;
    },
  };
}

const ok = (body: unknown): { status: number; body: unknown } => ({ status: 200, body });

function readAdvance(body: string): number {
  const parsed: unknown = JSON.parse(body);
  const ms = typeof parsed === 'object' && parsed !== null && 'advance' in parsed ? Number(parsed.advance) : Number.NaN;
  if (!Number.isFinite(ms)) throw new Error('The clock is moved with { "advance": milliseconds }.');
  return ms;
}
