/**
 * A target group on the simulated clock: instances that stop, boot and are replaced, targets that drain and come back, other people's troubles,
 * and an AWS that refuses, is slow, or does what it was asked and does not say so. It keeps the truth, which the code under test sees only
 * through answers.
 */

import { CloudError, type CloudErrorClass } from '../../reconciler/errors.ts';
import type { Json } from '../../reconciler/model/json.ts';
import type { Cloud } from '../../reconciler/run/port.ts';
import type { SimulatedClock } from '../unit/chaos/simulated.ts';

export const GROUP = 'arn:aws:elasticloadbalancing:x:targetgroup/web/1';
const PORT = 8080;
/** Milliseconds. */
const [ANSWER, STOPPING, BOOT, CHECK, DETECT, DRAIN, REPLACED] = [20, 3000, 4000, 5000, 800, 2000, 12_000];
const NEVER = Number.POSITIVE_INFINITY;

/** What goes wrong with the calls of an operation, from the `nth` of them on for `times` calls. */
export interface Trouble {
  readonly op: string;
  readonly nth: number;
  readonly times: number;
  /**
   * `denied`, `throttled`: nothing was done. `lost`: it was done, and an error is what comes back. `early`, `late`: it takes `ms`, and is done at
   * its beginning or its end.
   */
  readonly kind: 'denied' | 'throttled' | 'lost' | 'early' | 'late';
  readonly ms: number;
}

export interface Outage {
  /** Index of the target. */
  readonly target: number;
  /** Milliseconds, from the start. */
  readonly from: number;
  readonly to: number;
}

export interface SimulatedGroup {
  /** Targets at first, over two zones. */
  readonly targets: number;
  /** An Auto Scaling group puts another in the place of one that is terminated. */
  readonly scaled: boolean;
  /** Unhealthy, through no fault of anybody's. */
  readonly outages: readonly Outage[];
  /** Terminated by somebody else at `from`. */
  readonly ended: Outage | undefined;
  readonly troubles: readonly Trouble[];
}

interface Machine {
  readonly id: string;
  readonly zone: string;
  readonly index: number;
  readonly launchedAt: number;
  /** Ids of the one in whose place it was put, and of those in whose place that one was. */
  readonly replaces: readonly string[];
  stoppedAt: number;
  startedAt: number;
  terminatedAt: number;
  registeredAt: number;
  deregisteredAt: number;
  /** How an experiment of ours broke it, as long as nobody has undone that. */
  broken: '' | 'stopped' | 'deregistered' | 'terminated';
}

/** A call that breaks something. */
export interface FaultCall {
  readonly op: string;
  readonly ids: readonly string[];
  /** When it was sent. */
  readonly at: number;
  /** What else was broken by an experiment when this was sent, or when it had its effect. */
  readonly beside: string[];
}

const ERRORS: Readonly<Record<'denied' | 'throttled' | 'lost', readonly [code: string, kind: CloudErrorClass]>> = {
  denied: ['UnauthorizedOperation', 'Denied'],
  throttled: ['RequestLimitExceeded', 'Throttled'],
  lost: ['TimeoutError', 'Transient'],
};

export function simulatedTargets(clock: SimulatedClock, given: SimulatedGroup) {
  const began = clock.now();
  const machines: Machine[] = [];
  const faults: FaultCall[] = [];
  const tagged = new Set<string>();
  const counts = new Map<string, number>();

  const named = (ids: readonly string[]): Machine[] => machines.filter(({ id }) => ids.includes(id));
  const launch = (launchedAt: number, replaces: readonly string[] = []): void => {
    const index = machines.length;
    const times = { stoppedAt: NEVER, startedAt: NEVER, terminatedAt: NEVER, registeredAt: launchedAt, deregisteredAt: NEVER };
    machines.push({ id: `i-${index}`, zone: index % 2 === 0 ? 'a' : 'b', index, launchedAt, replaces, ...times, broken: '' });
  };
  // They have been there for long.
  for (let index = 0; index < given.targets; index++) launch(began - 600_000);
  const replace = (one: Machine): void => {
    if (given.scaled) clock.at(clock.now() - began + REPLACED, () => launch(clock.now(), [one.id, ...one.replaces]));
    one.terminatedAt = clock.now();
    one.broken = one.broken === '' ? '' : 'terminated';
  };
  const { ended } = given;
  if (ended !== undefined)
    clock.at(Math.max(10_000, ended.from), () => {
      const one = machines[ended.target % machines.length];
      // Whoever ends it has taken it from us: nothing is left to mend.
      if (one !== undefined && one.terminatedAt === NEVER) {
        replace(one);
        one.broken = '';
      }
    });

  const stateOf = (one: Machine, now: number): string => {
    if (now >= one.terminatedAt) return 'terminated';
    if (now >= one.startedAt) return now < one.startedAt + BOOT ? 'pending' : 'running';
    if (now >= one.stoppedAt) return now < one.stoppedAt + STOPPING ? 'stopping' : 'stopped';
    return now < one.launchedAt + BOOT ? 'pending' : 'running';
  };
  /** Undefined: it is not registered. */
  const healthOf = (one: Machine, now: number): readonly [state: string, reason: string] | undefined => {
    const away = Math.min(one.deregisteredAt, one.terminatedAt);
    if (now >= away) return now < away + DRAIN ? ['draining', 'Target.DeregistrationInProgress'] : undefined;
    if (stateOf(one, now) !== 'running' && now >= Math.min(one.stoppedAt + DETECT, NEVER)) return ['unused', 'Target.InvalidState'];
    const up = one.startedAt === NEVER ? one.launchedAt + BOOT : one.startedAt + BOOT;
    if (now < Math.max(up, one.registeredAt) + CHECK && up > began) return ['initial', 'Elb.InitialHealthChecking'];
    if (one.registeredAt > began && now < one.registeredAt + CHECK) return ['initial', 'Elb.InitialHealthChecking'];
    const out = given.outages.some(({ target, from, to }) => target === one.index && now >= began + from && now < began + to);
    return out ? ['unhealthy', 'Target.Timeout'] : ['healthy', ''];
  };
  /** History: what was healthy at each change. Kept by looking every 100 ms, as nobody else can. */
  const seen: { readonly at: number; readonly healthy: readonly string[] }[] = [];
  const lookOn = (): void => {
    const now = clock.now();
    const healthy = machines.flatMap((one) => (healthOf(one, now)?.[0] === 'healthy' ? [one.id] : []));
    seen.push({ at: now, healthy });
    // What was terminated is mended once another one serves in its place.
    for (const { id, replaces } of machines) for (const one of named(replaces)) if (healthy.includes(id)) one.broken = '';
    clock.at(now - began + 100, lookOn);
  };
  lookOn();

  const broken = (): string[] => machines.flatMap((one) => (one.broken === '' ? [] : [one.id]));
  const idsIn = (input: Json): string[] => {
    const { InstanceIds, Targets } = input as { readonly InstanceIds?: string[]; readonly Targets?: { readonly Id: string }[] };
    return InstanceIds ?? Targets?.map(({ Id }) => Id) ?? [];
  };
  const refuse = (op: string, code: string, kind: CloudErrorClass): never => {
    throw new CloudError(op, code, kind, code);
  };

  const BREAKS: Readonly<Record<string, (one: Machine, now: number) => void>> = {
    'ec2:StopInstances': (one, now) => {
      if (stateOf(one, now) !== 'running') return;
      Object.assign(one, { stoppedAt: now, startedAt: NEVER, broken: 'stopped' });
    },
    'ec2:TerminateInstances': (one) => {
      if (one.terminatedAt !== NEVER) return;
      one.broken = 'terminated';
      replace(one);
    },
    'elbv2:DeregisterTargets': (one, now) => {
      if (now >= one.deregisteredAt) return;
      Object.assign(one, { deregisteredAt: now, broken: 'deregistered' });
    },
  };
  const effect = (op: string, input: Json, fault: FaultCall | undefined): Json => {
    const now = clock.now();
    const ids = idsIn(input);
    const breaks = BREAKS[op];
    if (breaks !== undefined) {
      fault?.beside.push(...broken());
      for (const one of named(ids)) breaks(one, now);
      return {};
    }
    switch (op) {
      case 'ec2:StartInstances':
        for (const one of named(ids)) {
          if (['stopping', 'terminated'].includes(stateOf(one, now))) refuse(op, 'IncorrectInstanceState', 'Invalid');
          if (stateOf(one, now) !== 'stopped') continue;
          Object.assign(one, { startedAt: now, broken: '' });
        }
        return {};
      case 'elbv2:RegisterTargets':
        for (const one of named(ids)) {
          if (stateOf(one, now) === 'terminated') refuse(op, 'InvalidTarget', 'Invalid');
          if (one.deregisteredAt === NEVER) continue;
          Object.assign(one, { deregisteredAt: NEVER, registeredAt: now, broken: '' });
        }
        return {};
      case 'ec2:DescribeInstances': {
        const scaling = given.scaled ? [{ Key: 'aws:autoscaling:groupName', Value: 'fleet' }] : [];
        const Instances = named(ids).map((one) => ({
          InstanceId: one.id,
          State: { Name: stateOf(one, now) },
          Placement: { AvailabilityZone: one.zone },
          Tags: [{ Key: 'albedo:stack', Value: 'live' }, ...scaling],
        }));
        return { Reservations: [{ Instances }] };
      }
      case 'elbv2:DescribeTargetHealth':
        return {
          TargetHealthDescriptions: machines.flatMap((one) => {
            const health = now < one.launchedAt ? undefined : healthOf(one, now);
            if (health === undefined) return [];
            return [{ Target: { Id: one.id, Port: PORT }, TargetHealth: { State: health[0], Reason: health[1] } }];
          }),
        };
      case 'fis:GetSafetyLever':
        return { safetyLever: { state: { status: 'disengaged', reason: '' } } };
      case 'ec2:CreateTags':
      case 'elbv2:AddTags':
        tagged.add(JSON.stringify((input as { readonly [key: string]: Json })['Resources'] ?? GROUP));
        return {};
      case 'ec2:DeleteTags':
      case 'elbv2:RemoveTags':
        tagged.delete(JSON.stringify((input as { readonly [key: string]: Json })['Resources'] ?? GROUP));
        return {};
      default:
        throw new Error(`not an operation of this test: ${op}`);
    }
  };

  const cloud: Cloud = {
    async call(op, input, { signal } = {}) {
      signal?.throwIfAborted();
      const count = (counts.get(op) ?? 0) + 1;
      counts.set(op, count);
      const trouble = given.troubles.find((each) => each.op === op && count >= each.nth && count < each.nth + each.times);
      const fault = BREAKS[op] === undefined ? undefined : { op, ids: idsIn(input), at: clock.now(), beside: broken() };
      if (fault !== undefined) faults.push(fault);
      const { kind, ms = ANSWER } = trouble ?? {};
      // What is under way goes on when nobody waits for it any more.
      const under = async (): Promise<Json> => {
        let answer: Json = null;
        if (kind === 'early') answer = effect(op, input, fault);
        await clock.sleep(kind === 'early' || kind === 'late' ? ms : ANSWER);
        if (kind === 'denied' || kind === 'throttled') refuse(op, ...ERRORS[kind]);
        if (kind !== 'early') answer = effect(op, input, fault);
        if (kind === 'lost') refuse(op, ...ERRORS.lost);
        return answer;
      };
      const work = under();
      work.catch(() => undefined);
      if (signal === undefined) return work;
      return new Promise<Json>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        work.then(resolve, reject);
      });
    },
  };

  return {
    cloud,
    faults: faults as readonly FaultCall[],
    /** Of the targets that an experiment broke, those that nobody has mended. */
    broken,
    /** What still carries the tag of a fault. */
    tagged: () => [...tagged],
    /** Whether this held at some moment between two times (milliseconds since the epoch), as it was and not as it was answered. */
    wasSeen: (from: number, to: number, holds: (healthy: readonly string[]) => boolean): boolean =>
      seen.some(({ at, healthy }) => at >= from && at <= to && holds(healthy)),
    healthyAt: (at: number): readonly string[] => seen.findLast((each) => each.at <= at)?.healthy ?? [],
    /** Targets as a spec names them. */
    targets: machines.map(({ id, zone, index }) => ({ instanceId: id, name: `web-${index}`, port: PORT, zone })),
  };
}
