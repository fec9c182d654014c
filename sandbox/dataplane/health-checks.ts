/** Asks every target in use for its health, on the sandbox's clock, with real requests to the instance's own address. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock, TargetGroupFacts, TargetHealth } from '../types.ts';
import { CHECKING, judge, type Outcome, REGISTERING, type Standing } from './health.ts';

/** Time (ms) between a target's registration and its first check; AWS takes a few seconds. */
const REGISTRATION_MS = 500;

export interface CheckedTarget {
  /** Group, id and port. */
  readonly key: string;
  readonly group: TargetGroupFacts;
  readonly id: string;
  readonly port: number;
  /** Changes when all that is known of the target's health is void: registered anew, or its instance started again. */
  readonly era: string;
  /** Where the check goes; undefined when nothing lets it through, so that it can only time out. */
  readonly place: { readonly host: string; readonly port: number } | undefined;
  /** What the check tells the target about whom it thinks it talks to. */
  readonly privateIp: string;
}

export interface HealthChecks {
  /** The targets to check from now on. Others are forgotten. */
  watch(targets: readonly CheckedTarget[]): void;
  health(key: string): TargetHealth | undefined;
  stop(): void;
}

interface Watch {
  target: CheckedTarget;
  standing: Standing;
  cancel: () => void;
}

/** `changed` is told each time a target's health, reason or description becomes another one. */
export function startHealthChecks(clock: Clock, changed: (target: CheckedTarget, health: TargetHealth) => void): HealthChecks {
  const watches = new Map<string, Watch>();

  const settle = (watch: Watch, standing: Standing): void => {
    const before = watch.standing.health;
    watch.standing = standing;
    if (before.state !== standing.health.state || before.description !== standing.health.description) changed(watch.target, standing.health);
  };

  const check = (watch: Watch): void => {
    const { healthCheck } = watch.target.group;
    const era = watch.target.era;
    // The interval runs from check to check, however long the answer takes.
    watch.cancel = clock.after(healthCheck.intervalSeconds * 1000, () => check(watch));
    if (watch.standing.health === REGISTERING) settle(watch, { ...watch.standing, health: CHECKING });
    void probe(clock, watch.target).then((outcome) => {
      const current = watches.get(watch.target.key) === watch && watch.target.era === era;
      if (current) settle(watch, judge(watch.standing, outcome, watch.target.group.healthCheck));
    });
  };

  return {
    watch(targets) {
      const keys = new Set(targets.map(({ key }) => key));
      for (const [key, watch] of watches) {
        if (keys.has(key)) continue;
        watch.cancel();
        watches.delete(key);
      }
      for (const target of targets) {
        const known = watches.get(target.key);
        if (known?.target.era === target.era) {
          known.target = target;
          continue;
        }
        known?.cancel();
        const watch: Watch = { target, standing: { health: REGISTERING, passes: 0, failures: 0 }, cancel: () => undefined };
        watches.set(target.key, watch);
        watch.cancel = clock.after(REGISTRATION_MS, () => check(watch));
        changed(target, REGISTERING);
      }
    },
    health: (key) => watches.get(key)?.standing.health,
    stop() {
      for (const watch of watches.values()) watch.cancel();
      watches.clear();
    },
  };
}

/** One check: a GET on a connection of its own, as the load balancer makes it. Never rejects. */
function probe(clock: Clock, target: CheckedTarget): Promise<Outcome> {
  const { healthCheck } = target.group;
  return new Promise((resolve) => {
    let abandon = (): void => undefined;
    const cancel = clock.after(healthCheck.timeoutSeconds * 1000, () => {
      resolve({ kind: 'timeout' });
      abandon();
    });
    if (target.place === undefined) return;
    const finish = (outcome: Outcome): void => {
      cancel();
      resolve(outcome);
      abandon();
    };
    const secure = healthCheck.protocol === 'HTTPS';
    const asked = (secure ? requestHttps : requestHttp)({
      host: target.place.host,
      port: target.place.port,
      path: healthCheck.path,
      agent: false,
      headers: { Host: `${target.privateIp}:${target.place.port}`, 'User-Agent': 'ELB-HealthChecker/2.0', Connection: 'close' },
      // Load balancers do not verify their targets' certificates (Application Load Balancers guide, "Routing configuration").
      ...(secure ? { rejectUnauthorized: false } : {}),
    });
    abandon = () => asked.destroy();
    asked.once('response', (answer) => finish({ kind: 'status', status: answer.statusCode ?? 0 }));
    asked.on('error', () => finish({ kind: 'refused' }));
    asked.end();
  });
}
