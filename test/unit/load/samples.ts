/** Synthetic runs: a load with an instance lost in the middle, as AWS would report it. Times in seconds from the start. */

import type { ChaosEvent } from '../../../reconciler/chaos/types.ts';
import type { JudgeInput } from '../../../reconciler/load/judge.ts';
import type { LoadRun, Sample, TargetGroupTarget } from '../../../reconciler/load/types.ts';

export const T0 = 1_700_000_000_000;
export const at = (seconds: number): number => T0 + Math.round(seconds * 1000);
export const VICTIM = 'i-0aaaaaaaaaaaaaaa1';
export const OTHER = 'i-0bbbbbbbbbbbbbbb2';

export const group: TargetGroupTarget = {
  name: 'web',
  arn: 'arn:web',
  healthCheck: { intervalSeconds: 10, timeoutSeconds: 5, healthyThreshold: 2, unhealthyThreshold: 2 },
  targets: [
    { instanceId: VICTIM, name: 'web-1', port: 8080, zone: 'us-east-1a' },
    { instanceId: OTHER, name: 'web-2', port: 8080, zone: 'us-east-1b' },
  ],
};

export interface Scene {
  readonly stop: number;
  readonly down: number;
  readonly start: number;
  readonly healthy: number;
  readonly end: number;
  readonly rate: number;
  /** Failed requests begin at the stop and end here; every second one fails. */
  readonly failUntil: number;
  readonly failMs: number;
}
export const usual: Scene = { stop: 20, down: 21.5, start: 40, healthy: 50, end: 60, rate: 50, failUntil: 21.5, failMs: 1000 };

export function samplesOf(scene: Scene): Sample[] {
  return Array.from({ length: Math.round(scene.end * scene.rate) }, (_, n) => {
    const second = n / scene.rate;
    const alone = second >= scene.stop && second < scene.healthy;
    const hit = second >= scene.stop && second < scene.failUntil && n % 2 === 0;
    if (hit) return { at: at(second), ms: scene.failMs, ok: false, status: 0, errorCode: 1050, instance: '' };
    const instance = !alone && n % 2 === 0 ? VICTIM : OTHER;
    return { at: at(second), ms: 10 + (n % 20), ok: true, status: 200, errorCode: 0, instance };
  });
}

export function observationsOf(scene: Scene): ChaosEvent[] {
  const health = (second: number, instanceId: string, state: string, reason = ''): ChaosEvent => ({
    kind: 'health',
    at: at(second),
    since: at(second - 1),
    instanceId,
    state,
    reason,
    detail: '',
  });
  const instance = (second: number, state: string): ChaosEvent => ({
    kind: 'instance',
    at: at(second),
    since: at(second - 1),
    instanceId: VICTIM,
    state,
  });
  const call = (second: number, kind: 'stop' | 'start', outcome: 'sent' | 'accepted'): ChaosEvent => ({
    kind,
    at: at(second),
    outcome,
    detail: '',
  });
  return [
    instance(0.1, 'running'),
    health(0.1, VICTIM, 'healthy'),
    health(0.1, OTHER, 'healthy'),
    call(scene.stop, 'stop', 'sent'),
    call(scene.stop + 0.1, 'stop', 'accepted'),
    instance(scene.stop + 0.5, 'stopping'),
    health(scene.down, VICTIM, 'unused', 'Target.InvalidState'),
    instance(scene.down + 1, 'stopped'),
    call(scene.start, 'start', 'sent'),
    call(scene.start + 0.1, 'start', 'accepted'),
    instance(scene.start + 3, 'running'),
    health(scene.start + 4, VICTIM, 'initial', 'Elb.InitialHealthChecking'),
    health(scene.healthy, VICTIM, 'healthy'),
  ];
}

export function runOf(samples: readonly Sample[], more: Partial<LoadRun> = {}): LoadRun {
  const endedAt = samples.reduce((latest, sample) => Math.max(latest, sample.at + sample.ms), T0);
  return {
    outcome: 'done',
    exitCode: 0,
    version: '2.2.0',
    startedAt: samples[0]?.at ?? T0,
    endedAt,
    samples,
    ...{ dropped: 0, iterations: samples.length, exceptions: 0, unrecorded: 0, thresholds: [] },
    said: '',
    traffic: { bytesSent: 0, bytesReceived: 0, connections: 0, users: 0 },
    log: [],
    shards: [],
    ...more,
  };
}

export function judgeInput(scene: Scene = usual, more: Partial<JudgeInput> = {}): JudgeInput {
  return {
    settings: { script: 'k6/load.ts', rate: scene.rate, duration: scene.end, path: '/', timeout: 5 },
    chaos: { stopInstance: { from: 'web', at: scene.stop, for: scene.start - scene.stop } },
    // One that every scene holds: without any there is no pass.
    objectives: { errorRate: 0.9 },
    run: runOf(samplesOf(scene)),
    group,
    victim: {
      experiment: 'stopInstance',
      instanceId: VICTIM,
      name: 'web-1',
      zone: 'us-east-1a',
      port: 8080,
      group: 'web',
      groupArn: 'arn:web',
      seed: 'run-1',
    },
    disruption: { observations: observationsOf(scene), outcome: 'recovered', restored: true, problem: '' },
    refusal: '',
    ...more,
  };
}
