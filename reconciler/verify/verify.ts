import type { Guardian } from '../chaos/carry-out/scene.ts';
import { surveyCandidates } from '../chaos/carry-out/survey.ts';
import { faultsOf } from '../chaos/experiments.ts';
import type { Victim } from '../chaos/types.ts';
import { idsOf } from '../chaos/victim.ts';
import type { ReadySpec } from '../config/read.ts';
import type { Sender } from '../load/engines/form.ts';
import { local } from '../load/engines/local.ts';
import { judge } from '../load/judge.ts';
import { judgeInTurn } from '../load/judge-in-turn.ts';
import type { Minding } from '../load/minder.ts';
import { runProbes } from '../load/probes.ts';
import { loadText } from '../load/profile.ts';
import type { LoadReport, ProbeResult } from '../load/types.ts';
import type { FisEnvironment } from '../model/environment.ts';
import type { LoadPods } from '../model/load-pods.ts';
import type { LiveRead } from '../observe/slice.ts';
import type { Stage } from '../report/page/stage.ts';
import type { Session } from '../run/pipeline.ts';
import type { Emit } from '../run/port.ts';
import { runInTurn } from './in-turn.ts';
import type { ScheduleTerms } from './schedule.ts';
import { readHealth, stageOf, tellHealth } from './stage.ts';
import { verifyTarget } from './target.ts';
import { choose, type Surroundings } from './victims.ts';

export interface Verified {
  readonly load: LoadReport;
  /** The victim of a single experiment; several experiments have theirs in `load.experiments`. */
  readonly victim: Victim | null;
  readonly probes: readonly ProbeResult[];
  readonly stage: Stage;
}

/** A separate process that restores what this one leaves broken, and also ends k6. */
export interface Guard extends Guardian, Minding {
  /** The lock of the stack, which this process leaves if it is killed. */
  holds(stack: string): void;
  /** No more messages follow: the watchdog restores whatever is still armed. */
  end(): void;
}

export interface VerifyOptions {
  /** Starts a process that outlives this one. Without it, only the tag shows a fault of a process that was killed. */
  readonly guard?: (session: Session) => Guard;
  /** Settings for the schedules that undo a fault if nobody else does. Default: no role is set, and a schedule is required. */
  readonly schedule?: ScheduleTerms;
  /** By what AWS FIS breaks, where the spec asks for it. Default: nothing, and such a fault does not happen. */
  readonly fis?: FisEnvironment;
  /** Folder for the raw points. */
  readonly outDir: string;
  /** `name:port` to `address:port`, for names that DNS does not know. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Maximum requests per second, whatever the script asks for. */
  readonly most?: number;
  /** The pods of an engine that has some. */
  readonly pods?: LoadPods;
  /** Who sends the load; default: one k6 process of this machine. */
  readonly sender?: Sender;
  /** Called with the victim before anything is done to it, so that another process can restore it later. */
  readonly onVictim?: (victim: Victim) => void;
}

/**
 * Verifies the stack in AWS: real requests for stickiness and HTTPS, then load while one target is lost and comes back, or several in turn.
 * Throws `LoadFailed` if the stack does not exist or k6 cannot run.
 */
export async function verify(spec: ReadySpec, observation: LiveRead, session: Session, options: VerifyOptions): Promise<Verified> {
  const { settings, stack } = spec;
  const target = verifyTarget(stack, observation, options.hosts);
  const faults = faultsOf(settings);
  const group = target.groups.find((entry) => entry.name === faults[0]?.settings.from) ?? target.groups[0] ?? null;
  session.emit({ kind: 'phase', phase: 'probe', text: 'checking stickiness and certificates' });
  const healthy =
    group === null
      ? 0
      : (await surveyCandidates(session.cloud, group, 'targets', session.signal)).filter((candidate) => candidate.health === 'healthy')
          .length;
  const probes = await runProbes({
    target,
    path: settings.load.paths?.[0]?.path ?? settings.load.path,
    timeout: settings.load.timeout,
    healthy,
    signal: session.signal,
    ...(group === null ? {} : { group: group.name }),
  });
  const [first] = faults;
  const choice = first === undefined ? undefined : await choose(first, { stack: stack.name, target, session, ...told(options) });
  session.emit({
    kind: 'phase',
    phase: 'load',
    text: `${loadText(settings.load)} for ${settings.load.duration} s to ${target.dnsName}`,
  });

  const guard = options.guard?.(session);
  guard?.holds(stack.name);
  guard?.tidies(options.outDir);
  const { rate, duration } = settings.load;
  const known = await readHealth(target, session).catch(() => new Map());
  const { targets } = stageOf(target, known, {});
  session.emit({ kind: 'targets', rate, seconds: duration, targets });

  const quit = new AbortController();
  let begin: (at: number) => void = () => {};
  const startedAt = new Promise<number>((resolve, reject) => {
    begin = resolve;
    quit.signal.addEventListener('abort', () => reject(quit.signal.reason), { once: true });
  });
  startedAt.catch(() => undefined);
  const over = new AbortController();
  const signal = AbortSignal.any([session.signal, quit.signal]);
  // With a fault, its watch reports target health too.
  const telling = faults.length > 0 ? undefined : tellHealth(target, session, known, AbortSignal.any([signal, over.signal]));
  const progress = { requests: 0, failed: 0, unknown: '' };
  const { sender = local.sender({}) } = options;
  const chaos = runInTurn(
    { faults, first: choice },
    {
      ...{ stack: stack.name, target, session, ...told(options) },
      ...{ startedAt, duration, objectives: settings.objectives, loadOver: over.signal, signal },
      schedule: options.schedule ?? { notNeeded: false },
      ...(options.fis === undefined ? {} : { fis: options.fis }),
      // Nothing is known about a load that is sent from elsewhere before it is over.
      ...(sender.isLive ? { progress: () => ({ ...progress }) } : {}),
      ...(guard === undefined ? {} : { guardian: guard }),
    },
  );
  const emit: Emit = (event) => {
    if (event.kind === 'load-progress') Object.assign(progress, { requests: event.requests, failed: event.failed, unknown: event.note });
    session.emit(event);
  };
  try {
    const run = await sender.send({
      ...{ environment: session.env, target, outDir: options.outDir, settings: settings.load },
      ...{ emit, signal: session.signal, onStart: (at: number) => begin(at) },
      ...(options.most === undefined ? {} : { most: options.most }),
      ...(options.pods === undefined ? {} : { pods: options.pods }),
      ...(guard === undefined ? {} : { minding: guard }),
    });
    over.abort();
    // Load that ended early proves nothing about a fault: no further fault happens, and the current one is undone.
    if (run.outcome !== 'done' || run.samples.length === 0) quit.abort(new Error('the load ended early'));
    const turns = await chaos;
    const common = { settings: settings.load, objectives: settings.objectives, run, groups: target.groups };
    const [only] = turns;
    const load =
      turns.length > 1
        ? judgeInTurn({ ...common, turns })
        : judge({
            ...common,
            ...{ chaos: settings.chaos ?? null, group, refusal: only?.refusal ?? '' },
            ...{ victim: only?.victim ?? null, disruption: only?.disruption ?? null, notes: only?.notes ?? [] },
          });
    const requests = Object.fromEntries(load.instances.map((each) => [each.instanceId, each.requests]));
    const broken = turns.flatMap(({ victim, disruption }) => (victim !== null && disruption?.restored === false ? idsOf(victim) : []));
    // Without an answer the picture shows unknown health.
    const health = await readHealth(target, session).catch(() => new Map());
    const victim = turns.length > 1 ? null : (only?.victim ?? null);
    return { load, victim, probes, stage: stageOf(target, health, requests, new Set(broken)) };
  } catch (thrown) {
    quit.abort(thrown);
    await chaos;
    throw thrown;
  } finally {
    over.abort();
    await telling;
    guard?.end();
  }
}

const told = ({ onVictim }: VerifyOptions): Pick<Surroundings, 'onVictim'> => (onVictim === undefined ? {} : { onVictim });
