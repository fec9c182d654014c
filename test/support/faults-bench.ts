/**
 * A sandbox for fault tests: everything of AWS that matters to an apply, no traffic, and time that runs fast. Targets are
 * told healthy by hand, since no data plane is there to see it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { CallLine } from '../../reconciler/aws/cloud.ts';
import { type ReadySpec, readSpec } from '../../reconciler/config/read.ts';
import { ReconcileError } from '../../reconciler/errors.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { fingerprintOf } from '../../reconciler/observe/x509.ts';
import { sha256 } from '../../reconciler/plan/digest.ts';
import type { Plan } from '../../reconciler/plan/types.ts';
import { renderHtml } from '../../reconciler/report/html.ts';
import { renderMarkdown } from '../../reconciler/report/markdown.ts';
import { buildReport } from '../../reconciler/report/report.ts';
import { renderPlan, renderText } from '../../reconciler/report/text.ts';
import type { Event } from '../../reconciler/run/events.ts';
import { whileLocked } from '../../reconciler/run/lock.ts';
import { openSession, type Preview, preview, type Reconciled, reconcile, type Session } from '../../reconciler/run/pipeline.ts';
import type { Clock } from '../../reconciler/run/port.ts';
import type { SessionOptions } from '../../reconciler/run/session.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';
import type { RecordedCall } from '../../sandbox/types.ts';
import { PERMISSIVE } from './policies.ts';

/** Stands in every user data: whoever shows it has shown user data. */
export const PLANTED = 'planted-7b1f2c-user-data';

export interface StackVariant {
  readonly stack?: string;
  readonly name?: string;
  readonly port?: number;
  readonly path?: string;
  readonly cidr?: string;
  readonly commonName?: string;
  /** Stands in the user data: another one makes other instances. */
  readonly script?: string;
}

/** The tutorial's stack, with what the tests vary. */
export function stackText(variant: StackVariant = {}): string {
  const {
    stack = 'webserver',
    name = stack,
    port = 8080,
    path = '/status',
    cidr = '10.0',
    commonName = 'webserver.example',
    script = '',
  } = variant;
  const instance = (subnet: string) => `{ subnet: ${subnet}, instanceType: t3.micro, userData: "#!/bin/sh\\n# ${PLANTED} ${script}\\n" }`;
  return `stack: ${stack}
region: us-east-1
network:
  vpc: { cidrBlock: ${cidr}.0.0/16 }
  subnets:
    a: { availabilityZone: us-east-1a, cidrBlock: ${cidr}.1.0/24 }
    b: { availabilityZone: us-east-1b, cidrBlock: ${cidr}.2.0/24 }
instances:
  web-1: ${instance('a')}
  web-2: ${instance('b')}
certificates:
  site: { selfSigned: { commonName: ${commonName}, validFor: 365d } }
targetGroups:
  web:
    port: ${port}
    healthCheck: { path: ${path}, interval: 10s, timeout: 5s, healthyThreshold: 2, unhealthyThreshold: 2, matcher: "200" }
    # The clock of the reconciler is fast here, the one by which targets drain is not.
    deregistrationDelay: 1s
    stickiness: { enabled: true, type: lb_cookie, duration: 1d }
    targets: [web-1, web-2]
loadBalancer: { name: ${name}, scheme: internet-facing, ipAddressType: ipv4, subnets: [a, b], idleTimeout: 90s }
listeners:
  http: { protocol: HTTP, port: 80, forward: web }
  https: { protocol: HTTPS, port: 443, certificate: site, forward: web }
`;
}

export const readStack = (variant: StackVariant = {}): ReadySpec => readStackText(stackText(variant));

export function readStackText(text: string): ReadySpec {
  const read = readSpec(Buffer.from(text), 'stack.yaml', { sha256, fingerprint: fingerprintOf, env: (name) => process.env[name] });
  if (read.spec === undefined) throw new Error(`the test's own spec is wrong: ${JSON.stringify(read.problems)}`);
  return read.spec;
}

/** Time that runs `factor` times as fast as the wall clock's, from now: a wait of a minute takes 1.2 s at 50. */
export function fastClock(factor = 50): Clock {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * factor,
    async sleep(ms, signal) {
      await sleep(ms / factor, undefined, signal === undefined ? {} : { signal }).catch((thrown: unknown) => {
        throw signal?.aborted ? signal.reason : thrown;
      });
    },
    random: () => Math.random(),
  };
}

/** Long enough that a wait of the reconciler, on its fast clock, sees the state before. */
const QUICK = {
  loadBalancerProvisioning: 30,
  instancePending: 30,
  instanceStopping: 30,
  instanceShuttingDown: 30,
  interfaceLinger: 40,
  certificateVisible: 20,
  certificateRelease: 30,
} as const;

export interface Bench {
  readonly sandbox: Sandbox;
  /** What fills a process's environment so that every AWS client uses the sandbox. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Sets the AWS variables of this process too. Targets of running instances become healthy at once, unless `healthy` is false. */
export async function startBench(options: SandboxOptions & { readonly healthy?: boolean } = {}): Promise<Bench> {
  const { healthy = true, ...rest } = options;
  const sandbox = await startSandbox({ dataplane: false, timings: QUICK, ...rest });
  const timer = healthy ? setInterval(() => reportHealthy(sandbox), 10) : undefined;
  const env = {
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_REGION: 'us-east-1',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  Object.assign(process.env, env);
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[name];
  return {
    sandbox,
    env,
    async stop() {
      clearInterval(timer);
      await sandbox.stop();
    },
  };
}

/** What health checks would see of two webservers that always answer. */
export function reportHealthy(sandbox: Sandbox): void {
  for (const group of sandbox.elbv2.targetGroups()) {
    if (group.loadBalancerArns.length === 0) continue;
    for (const target of group.targets) {
      if (target.drainingUntil !== undefined || sandbox.network.instance(target.id)?.state !== 'running') continue;
      sandbox.elbv2.reportHealth(group.arn, target.id, target.port, { state: 'healthy' });
    }
  }
}

/** What came of one run, and everything it let out on the way. */
export interface Outcome {
  readonly ok: boolean;
  /** How it was refused or what failed: AWS or albedo code and message of each failure. */
  readonly failures: readonly { readonly code: string; readonly message: string }[];
  readonly calls: readonly CallLine[];
  readonly previewed?: Preview;
  readonly done?: Reconciled;
  /** All text that a user, a log or a report could have got of it. */
  readonly shown: string;
  readonly ms: number;
}

export interface RunOptions {
  readonly mode?: Plan['mode'];
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly onEvent?: (event: Event) => void;
  readonly limits?: SessionOptions['limits'];
  /** Under the lock of the stack, as the command does it; `force` is --break-lock. */
  readonly lock?: { readonly force: boolean };
}

/** One `albedo apply` (or destroy) in this process: plan, run, look again. Never rejects for what AWS says. */
export async function runOnce(spec: ReadySpec, options: RunOptions = {}): Promise<Outcome> {
  const begun = Date.now();
  const mode = options.mode ?? 'apply';
  const let_out: string[] = [];
  const calls: CallLine[] = [];
  const session: Session = openSession({
    region: spec.stack.region,
    env: process.env,
    clock: options.clock ?? fastClock(),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    journal: { write: (entry) => void let_out.push(JSON.stringify(entry)) },
    emit: (event) => {
      let_out.push(JSON.stringify(event));
      options.onEvent?.(event);
    },
    log: (line) => {
      calls.push(line);
      let_out.push(JSON.stringify(line));
    },
  });
  const end = (ok: boolean, failures: Outcome['failures'], more: Partial<Outcome> = {}): Outcome => ({
    ok,
    failures,
    calls,
    shown: let_out.join('\n'),
    ms: Date.now() - begun,
    ...more,
  });
  let previewed: Preview | undefined;
  try {
    previewed = await preview(spec, session, { ...PERMISSIVE, allowReplace: [] }, mode);
    let_out.push(JSON.stringify(previewed.plan), renderPlan(previewed.plan, previewed.plan));
    if (previewed.refusals.length > 0)
      return end(
        false,
        previewed.refusals.map(({ address, reason }) => ({ code: 'GuardRefused', message: `${address}: ${reason}` })),
        { previewed },
      );
    const seen = previewed;
    const request = options.lock === undefined ? undefined : { holder: 'test', run: 'test', wait: 0, force: options.lock.force };
    const again = (): Promise<Preview> => preview(spec, session, { ...PERMISSIVE, allowReplace: [] }, mode);
    const done = await whileLocked(seen, session, request, again, (current, held) => reconcile(spec, current, held));
    const report = buildReport({
      stack: spec.stack.name,
      account: done.plan.account,
      region: spec.stack.region,
      createdAt: begun,
      plan: done.plan,
      run: done.run ?? null,
      calls: done.calls,
      checkAfter: done.check === undefined ? null : { changes: done.check.changes },
      timings: [],
    });
    let_out.push(JSON.stringify(report), renderText(report), renderMarkdown(report), renderHtml(report));
    const failed = (done.run?.steps ?? []).flatMap((step) => (step.outcome === 'failed' ? [step.error ?? { code: '', message: '' }] : []));
    const left = (done.check?.changes ?? []).map((change) => ({ code: 'NotConverged', message: `${change.verb} ${change.address}` }));
    const cancelled = done.run?.outcome === 'cancelled' ? [{ code: 'Interrupted', message: 'stopped before all was done' }] : [];
    const failures = [...failed, ...left, ...cancelled];
    return end(failures.length === 0, failures, { previewed, done });
  } catch (thrown) {
    let_out.push(inspect(thrown, { depth: 8 }), thrown instanceof Error ? (thrown.stack ?? '') : '');
    const known = thrown instanceof ReconcileError;
    return end(
      false,
      [{ code: known ? thrown.code : `not explained: ${String(thrown)}`, message: known ? `${thrown.message}. ${thrown.hint}` : '' }],
      {
        ...(previewed === undefined ? {} : { previewed }),
      },
    );
  }
}

/** Plans and tells what would change; for the third run, which must find nothing. */
export async function planOnce(spec: ReadySpec, mode: Plan['mode'] = 'apply'): Promise<Preview & { readonly writes: number }> {
  const session = openSession({ region: spec.stack.region, env: process.env, clock: fastClock() });
  const previewed = await preview(spec, session, { ...PERMISSIVE, allowReplace: [] }, mode);
  return { ...previewed, writes: session.cloud.count().writes };
}

export const isWrite = (call: RecordedCall): boolean => !/^(Describe|Get|List)/.test(call.action);

/** The calls the sandbox answered since `from` of them had been. */
export const callsSince = (sandbox: Sandbox, from: number): readonly RecordedCall[] => sandbox.calls().slice(from);

export type Input = { readonly [key: string]: Json };
