import { chooseVictim, objectionTo } from '../chaos/choose.ts';
import { disrupt, type Guardian } from '../chaos/disrupt.ts';
import { type Fault, faultOf } from '../chaos/experiments.ts';
import { surveyCandidates, surveyFitness } from '../chaos/survey.ts';
import type { Disruption, Victim } from '../chaos/types.ts';
import { idsOf } from '../chaos/victim.ts';
import type { ReadySpec } from '../config/read.ts';
import { ReconcileError } from '../errors.ts';
import type { SendLoad } from '../load/engines/form.ts';
import { local } from '../load/engines/local.ts';
import { judge } from '../load/judge.ts';
import { runProbes } from '../load/probes.ts';
import { loadText } from '../load/profile.ts';
import type { LoadReport, ProbeResult, VerifyTarget } from '../load/types.ts';
import type { LiveRead } from '../observe/slice.ts';
import type { Stage } from '../report/page/stage.ts';
import { holderOf } from '../run/lock.ts';
import type { Session } from '../run/pipeline.ts';
import { readHealth, stageOf } from './stage.ts';
import { verifyTarget } from './target.ts';

export interface Verified {
  readonly load: LoadReport;
  readonly victim: Victim | null;
  readonly probes: readonly ProbeResult[];
  readonly stage: Stage;
}

/** A process of its own that mends what this one leaves broken, and ends k6 with it. */
export interface Guard extends Guardian {
  /** A process that must end with this one. */
  minds(pid: number): void;
  /** Temporary files, and the lock of the stack: what this process leaves of them when it is killed. */
  tidies(folder: string): void;
  holds(stack: string): void;
  /** No more words: what is still armed is mended from now on. */
  end(): void;
}

export interface VerifyOptions {
  /** Starts a process that outlives this one; without, nothing but the tag tells of a fault whose author was killed. */
  readonly guard?: (session: Session) => Guard;
  /** Folder for the raw points. */
  readonly outDir: string;
  /** `name:port` to `address:port`, where DNS does not know the name. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Most requests a second, whatever the script asks for. */
  readonly most?: number;
  /** Who sends the load; default: one k6 process of this machine. */
  readonly send?: SendLoad;
  /** Told of the instance before anything is done to it, so that whoever outlives this process can put it right. */
  readonly onVictim?: (victim: Victim) => void;
}

/**
 * Proves a live stack: real requests for stickiness and HTTPS, then load while one target is lost and comes back.
 * Throws `LoadFailed` when the stack is not there to be loaded or k6 cannot run.
 */
export async function verify(spec: ReadySpec, observation: LiveRead, session: Session, options: VerifyOptions): Promise<Verified> {
  const { settings, stack } = spec;
  const target = verifyTarget(stack, observation, options.hosts);
  const fault = faultOf(settings.chaos);
  const group = target.groups.find((entry) => entry.name === fault?.settings.from) ?? target.groups[0] ?? null;
  session.emit({ kind: 'phase', phase: 'probe', text: 'asking for stickiness and certificates' });
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
  const choice = await choose(spec.stack.name, fault, target, session);
  if (choice.victim !== undefined) options.onVictim?.(choice.victim);
  if (choice.refusal !== '') session.emit({ kind: 'warning', text: choice.refusal });
  if (choice.victim !== undefined && fault !== undefined && group !== null) {
    const { detection, recovery } = fault.experiment.predict(group.healthCheck, fault.settings.own);
    session.emit({ kind: 'chaos', text: `expected: ${detection.sentence} ${recovery.sentence}` });
  }
  session.emit({
    kind: 'phase',
    phase: 'load',
    text: `${loadText(settings.load)} for ${settings.load.duration} s to ${target.dnsName}`,
  });

  const guard = options.guard?.(session);
  guard?.holds(stack.name);
  guard?.tidies(options.outDir);
  const { rate, duration } = settings.load;
  const { targets } = stageOf(target, new Map(), {});
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
  const chaos: Promise<Disruption | null> =
    choice.victim === undefined || fault === undefined
      ? Promise.resolve(null)
      : disrupt({
          cloud: session.cloud,
          clock: session.clock,
          victim: choice.victim,
          experiment: fault.experiment,
          settings: fault.settings,
          ...(group?.healthPath === undefined ? {} : { healthPath: group.healthPath }),
          mayStart: () => look(choice.victim, fault, target, session),
          loadOver: over.signal,
          startedAt,
          watchSeconds: settings.load.duration,
          run: runOf(session),
          ...(guard === undefined ? {} : { guardian: guard }),
          emit: session.emit,
          signal,
        });
  try {
    const send = options.send ?? local.sender({});
    const run = await send({
      ...{ environment: session.env, target, outDir: options.outDir, settings: settings.load },
      ...{ emit: session.emit, signal: session.signal, onStart: (at: number) => begin(at) },
      ...(options.most === undefined ? {} : { most: options.most }),
      ...(guard === undefined ? {} : { onSpawn: (pid: number) => guard.minds(pid), onFolder: (folder: string) => guard.tidies(folder) }),
    });
    over.abort();
    // Load that ended early proves nothing about a fault: nothing more is broken, and what was broken is put right.
    if (run.outcome !== 'done' || run.samples.length === 0) quit.abort(new Error('the load ended early'));
    const disruption = await chaos;
    const load = judge({
      settings: settings.load,
      chaos: settings.chaos ?? null,
      objectives: settings.objectives,
      run,
      group,
      groups: target.groups,
      victim: choice.victim ?? null,
      disruption,
      refusal: choice.refusal,
    });
    const requests = Object.fromEntries(load.instances.map((each) => [each.instanceId, each.requests]));
    const broken = new Set(disruption?.restored === false && choice.victim !== undefined ? idsOf(choice.victim) : []);
    // Without an answer the picture says that the health is not known.
    const health = await readHealth(target, session).catch(() => new Map());
    return { load, victim: choice.victim ?? null, probes, stage: stageOf(target, health, requests, broken) };
  } catch (thrown) {
    quit.abort(thrown);
    await chaos;
    throw thrown;
  } finally {
    guard?.end();
  }
}

/** Who is to be named on what is broken: the run of a workflow, or a user of a machine. */
function runOf(session: Session): string {
  const { holder, run } = holderOf(session.env);
  return run === '' ? holder : run;
}

/** The group may have changed since the victim was chosen: the load has run for a while. */
async function look(victim: Victim | undefined, { experiment, settings }: Fault, target: VerifyTarget, session: Session): Promise<string> {
  const group = target.groups.find((entry) => entry.name === settings.from);
  if (victim === undefined || group === undefined) return 'no instance was chosen';
  return objectionTo(victim, await surveyCandidates(session.cloud, group, experiment.victims, session.signal), experiment);
}

async function choose(
  stack: string,
  fault: Fault | undefined,
  target: VerifyTarget,
  session: Session,
): Promise<{ readonly victim?: Victim; readonly refusal: string }> {
  if (fault === undefined) return { refusal: '' };
  const { experiment, settings } = fault;
  const group = target.groups.find((entry) => entry.name === settings.from);
  if (group === undefined)
    throw new ReconcileError(
      'LoadFailed',
      `there is no target group ${settings.from} to ${experiment.words.verb} ${experiment.words.thing === 'instance' ? 'an instance' : 'a target'} of`,
    );
  const { named: row } = experiment;
  const named = row === undefined ? undefined : settings[row];
  const candidates = await surveyCandidates(session.cloud, group, experiment.victims, session.signal);
  const own = settings.own ?? {};
  return chooseVictim({
    ...{ experiment, stack, group: group.name, groupArn: group.arn, candidates, settings: own },
    fitness: await surveyFitness(session.cloud, experiment, { candidates, group, settings: own }, session.signal),
    seed: settings.seed ?? stack,
    ...(named === undefined ? {} : { named }),
  });
}
