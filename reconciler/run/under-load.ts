import type { ReadySpec } from '../config/read.ts';
import { ReconcileError } from '../errors.ts';
import { judgeApply } from '../load/judge-apply.ts';
import { baseUrlOf, listenerOf } from '../load/k6-command.ts';
import { runK6 } from '../load/run-k6.ts';
import type { LoadRun, LoadSettings, VerifyTarget } from '../load/types.ts';
import type { UnderLoadReport } from '../load/under-load-types.ts';
import { verifyTarget } from '../verify/target.ts';
import { type Preview, type Reconciled, reconcile, type Session } from './pipeline.ts';

export interface UnderLoadOptions {
  /** Requests a second; default: the spec's `load.rate`. */
  readonly rate?: number;
  /** Default: the spec's `load.path`. */
  readonly path?: string;
  /** Folder for the raw points. */
  readonly outDir: string;
  /** `name:port` to `address:port`, where DNS does not know the name. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Most requests a second, whatever a script asks for: a scenario of its own is none of albedo's settings. */
  readonly most?: number;
}

/** The load before the first step, to compare with. */
const BEFORE_MS = 3000;
/** The load goes on for as long as the apply takes, and never longer than this. */
const MOST_SECONDS = 3600;
/** As many as curl and browsers are said to bear, and enough to go from HTTP to HTTPS and to another host. */
const REDIRECTS = 5;
/** Over a request's timeout: a request that hung in the last step has then been counted. */
const AFTER_MS = 1000;

/**
 * Runs a previewed plan while k6 asks the live load balancer for one path at a constant rate, from some seconds before the first
 * step until every request that was sent during the last one has been answered or has timed out. Where there is no load balancer
 * yet, or nothing to do, the plan is run without. Throws before the first step when k6 is not there or cannot load.
 */
export async function reconcileUnderLoad(
  spec: ReadySpec,
  previewed: Preview,
  session: Session,
  options: UnderLoadOptions,
): Promise<{ readonly done: Reconciled; readonly underLoad: UnderLoadReport }> {
  const without = async (because: string) => {
    session.emit({ kind: 'warning', text: `applying without load: ${because}` });
    return { done: await reconcile(spec, previewed, session), underLoad: { kind: 'not-loaded', because } as const };
  };
  if (previewed.plan.steps.length === 0) return without('there is nothing to do');
  const target = targetOf(spec, previewed, options.hosts);
  if (target === undefined) return without(`stack ${spec.stack.name} has no load balancer yet`);
  if (target.listeners.length === 0) return without(`the load balancer of stack ${spec.stack.name} has no listener yet`);
  const settings = settingsOf(spec, target, options);
  const listener = listenerOf(target, settings);
  if (listener === undefined) return without(`there is no listener ${settings.listener ?? ''} to load`);
  const url = `${baseUrlOf(target.dnsName, listener)}${settings.path}`;

  const load = startLoad(target, settings, options, session);
  try {
    await load.begun;
    session.emit({ kind: 'phase', phase: 'load', text: `${settings.rate} requests a second to ${url} from now until all is done` });
    await session.clock.sleep(BEFORE_MS, session.signal);
    const done = await reconcile(spec, previewed, session);
    session.emit({ kind: 'phase', phase: 'load', text: 'waiting for the last answers' });
    if (!session.signal.aborted) await session.clock.sleep(settings.timeout * 1000 + AFTER_MS, session.signal).catch(() => undefined);
    load.end();
    const run = await load.run;
    const steps = done.run?.steps ?? [];
    const { rate } = settings;
    return { done, underLoad: judgeApply({ run, steps, url, listener: listener.name, rate, objectives: spec.settings.objectives }) };
  } catch (thrown) {
    if (session.signal.aborted) throw new ReconcileError('Interrupted', `${spec.stack.name}: interrupted under load`, { cause: thrown });
    throw thrown;
  } finally {
    // However this ends, k6 does not go on, nor does anything of it outlive this call.
    load.end();
    await load.run.catch(() => undefined);
  }
}

function targetOf(spec: ReadySpec, { observation }: Preview, hosts: Readonly<Record<string, string>>): VerifyTarget | undefined {
  if (!observation.observed.live.some((entry) => entry.kind === 'loadBalancer')) return undefined;
  const target = verifyTarget(spec.stack, observation, hosts);
  return { ...target, hosts: withWholeNames(hosts) };
}

/**
 * A redirect may lead to a port that nothing listens on yet. Where a name's ports are mapped to themselves, all of its ports are
 * those of that address.
 */
function withWholeNames(hosts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const whole = Object.entries(hosts).flatMap(([name, place]): [string, string][] => {
    const [at, to] = [name.lastIndexOf(':'), place.lastIndexOf(':')];
    return at > 0 && to > 0 && name.slice(at) === place.slice(to) ? [[name.slice(0, at), place.slice(0, to)]] : [];
  });
  return { ...Object.fromEntries(whole), ...hosts };
}

/** The listener that the spec names may be new: then the usual one is loaded. */
function settingsOf(spec: ReadySpec, target: VerifyTarget, options: UnderLoadOptions): LoadSettings {
  // Until all is done, at one rate: a profile has no end to go by.
  const { listener, profile: _, peak: __, paths, ...load } = spec.settings.load;
  const known = listener !== undefined && target.listeners.some((each) => each.name === listener);
  return {
    ...load,
    ...(known ? { listener } : {}),
    ...(options.rate === undefined ? {} : { rate: options.rate }),
    ...(options.path !== undefined ? { path: options.path } : paths === undefined ? {} : { paths }),
    duration: MOST_SECONDS,
  };
}

interface RunningLoad {
  /** Resolves with the first request; rejects when k6 ends before it. */
  readonly begun: Promise<void>;
  readonly run: Promise<LoadRun>;
  end(): void;
}

function startLoad(
  target: VerifyTarget,
  settings: LoadSettings,
  { outDir, most }: Pick<UnderLoadOptions, 'outDir' | 'most'>,
  session: Session,
): RunningLoad {
  const enough = new AbortController();
  let begin = (): void => {};
  const first = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let failed = 0;
  const run = runK6({
    environment: session.env,
    target,
    settings,
    outDir,
    redirects: REDIRECTS,
    ...(most === undefined ? {} : { most }),
    enough: enough.signal,
    signal: session.signal,
    onStart: () => begin(),
    emit: (event) => {
      // Steps have the screen; that something is lost must be said while it can still be stopped.
      if (event.kind !== 'load-progress' || event.failed === 0 || failed > 0) return;
      failed = event.failed;
      session.emit({ kind: 'warning', text: `requests begin to fail: ${event.failed} of ${event.requests} so far` });
    },
  });
  const early = run.then((ended) => {
    throw new ReconcileError('LoadFailed', `k6 ended (${ended.outcome}) before its first request, and nothing was changed`, {
      hint: ended.log.length === 0 ? 'It said nothing.' : `It said: ${ended.log.join(' | ')}`,
    });
  });
  const begun = Promise.race([first, early]);
  begun.catch(() => undefined);
  early.catch(() => undefined);
  return { begun, run, end: () => enough.abort() };
}
