/**
 * The faults of the sweep, by the numbers of the fault plan (F1 to F23): which calls each is tried at, and how the sandbox, the network or
 * somebody else is made to go wrong there. A fault is armed for one call of a scenario: the n-th of its action.
 */
import { openCloud } from '../../reconciler/aws/cloud.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { valuesAt } from '../../reconciler/model/paths.ts';
import { realClock } from '../../reconciler/run/pipeline.ts';
import type { Clock } from '../../reconciler/run/port.ts';
import type { FaultKind, FaultRule, Spoil } from '../../sandbox/faults.ts';
import { type Bench, fastClock } from './faults-bench.ts';

/** One call of a scenario: the n-th of its action, counted from 1. */
export interface Position {
  readonly service: string;
  readonly action: string;
  readonly nth: number;
}

/** What is under way while a case runs. */
export interface Armed {
  /** The clock of the run. */
  readonly clock: Clock;
  /** Resolves when what the fault began beside the run is finished, and takes it away. */
  settle(): Promise<void>;
  /** Whether the fault came about. */
  met(): boolean;
}

export interface SweepFault {
  readonly id: string;
  readonly words: string;
  at(position: Position): boolean;
  arm(bench: Bench, position: Position, run: (clock: Clock) => Promise<unknown>): Armed;
}

const isRead = ({ action }: Position): boolean => /^(Describe|Get|List)/.test(action);
const isWrite = (position: Position): boolean => !isRead(position);
const always = (): boolean => true;

/** How much faster than the wall the run's clock is. */
const FACTOR = 200;
/** A client's limit for an answer is a second in these runs; an answer that never comes is held longer. */
export const LIMITS = { connect: 5000, answer: 1500 };
const HOLD_MS = 2000;

/** Told by the sandbox's own rules: the n-th call of the action, and those right after it. */
const ruled = (
  id: string,
  words: string,
  at: (position: Position) => boolean,
  fault: FaultKind,
  more: Partial<FaultRule> = {},
): SweepFault => ({
  ...{ id, words, at },
  arm({ sandbox }, { service, action, nth }) {
    const from = sandbox.calls().length;
    sandbox.faults.set([{ match: { service, action, nth }, times: 1, fault, ...more }]);
    return {
      clock: fastClock(FACTOR),
      settle: async () => sandbox.faults.set([]),
      met: () =>
        sandbox
          .calls()
          .slice(from)
          .filter((call) => call.service === service && call.action === action).length >= nth,
    };
  },
});

/** `hit` is called when the call arrives, before it has any effect; what it answers becomes of it, and `after` of all that follow. */
function hooked(
  { sandbox }: Bench,
  { service, action, nth }: Position,
  hit: () => Promise<unknown> | Spoil | undefined,
  after?: () => Spoil | undefined,
): Pick<Armed, 'settle' | 'met'> {
  const { faults } = sandbox;
  const next = faults.next;
  let [seen, met] = [0, false];
  let beside: Promise<unknown> = Promise.resolve();
  faults.next = (ofService, ofAction) => {
    if (met) return after?.();
    if (ofService !== service || ofAction !== action || ++seen !== nth) return undefined;
    met = true;
    const came = hit();
    if (!(came instanceof Promise)) return came;
    beside = came;
    return undefined;
  };
  return {
    async settle() {
      faults.next = next;
      await beside;
    },
    met: () => met,
  };
}

const GONE: Spoil = { do: 'drop', when: 'before', holdMs: 0 };
const crash = (id: string, words: string, at: (position: Position) => boolean, effect: boolean): SweepFault => ({
  ...{ id, words, at },
  arm: (bench, position) => ({
    clock: fastClock(FACTOR),
    // As AWS sees a process that is killed: the call has its effect or has not, and no other ever comes.
    ...hooked(
      bench,
      position,
      () => (effect ? { do: 'drop', when: 'after', holdMs: 0 } : GONE),
      () => GONE,
    ),
  }),
});

/** Something of the stack that somebody else takes away at that moment; what is there decides which. */
async function meddle(nth: number): Promise<void> {
  const cloud = openCloud({ env: process.env, region: 'us-east-1', clock: realClock });
  const call = (op: string, input: Json): Promise<Json> => cloud.call(op, input, { once: true });
  const ours = { Filters: [{ Name: 'tag:albedo:stack', Values: ['webserver'] }] };
  const texts = (answer: Json, path: string): readonly string[] => valuesAt(answer, path).map(String);
  const balancers = valuesAt(await call('elbv2:DescribeLoadBalancers', {}), 'LoadBalancers[]');
  const balancer = balancers.find((one) => valuesAt(one, 'LoadBalancerName').join() === 'webserver');
  const changes: readonly (() => Promise<unknown>)[] = [
    async () => {
      const [id] = texts(await call('ec2:DescribeInstances', ours), 'Reservations[].Instances[].InstanceId');
      if (id !== undefined) await call('ec2:TerminateInstances', { InstanceIds: [id] });
    },
    async () => {
      const [id] = texts(await call('ec2:DescribeSubnets', ours), 'Subnets[].SubnetId');
      if (id !== undefined) await call('ec2:DeleteTags', { Resources: [id], Tags: [{ Key: 'Name' }] });
    },
    async () => {
      const [group] = valuesAt(await call('ec2:DescribeSecurityGroups', ours), 'SecurityGroups[]');
      const [id] = valuesAt(group, 'GroupId');
      const [rule] = valuesAt(group, 'IpPermissions[]');
      if (id !== undefined && rule !== undefined) await call('ec2:RevokeSecurityGroupIngress', { GroupId: id, IpPermissions: [rule] });
    },
    async () => {
      if (balancer === undefined) return;
      const [arn] = valuesAt(balancer, 'LoadBalancerArn');
      const listeners = texts(await call('elbv2:DescribeListeners', { LoadBalancerArn: arn ?? '' }), 'Listeners[].ListenerArn');
      const [last] = listeners.slice(-1);
      if (last !== undefined) await call('elbv2:DeleteListener', { ListenerArn: last });
    },
    async () => {
      if (balancer === undefined) return;
      const [arn] = valuesAt(balancer, 'LoadBalancerArn');
      await call('elbv2:RemoveTags', { ResourceArns: [arn ?? ''], TagKeys: ['albedo:address'] });
      await call('elbv2:AddTags', { ResourceArns: [arn ?? ''], Tags: [{ Key: 'albedo:address', Value: 'loadBalancer/main' }] });
    },
  ];
  // What is gone already, or on its way, needs no taking away.
  await changes[nth % changes.length]?.().catch(() => undefined);
}

const outside: SweepFault = {
  ...{ id: 'F19', words: 'somebody else changes something of the stack' },
  at: always,
  arm: (bench, position) => ({
    clock: fastClock(FACTOR),
    ...hooked(bench, position, () => meddle(position.nth + position.action.length)),
  }),
};

const jump: SweepFault = {
  ...{ id: 'F22', words: 'the clock jumps ten minutes forward' },
  at: always,
  arm(bench, position) {
    const clock = fastClock(FACTOR);
    let skew = 0;
    const hook = hooked(bench, position, () => {
      skew = 600_000;
      return undefined;
    });
    return { clock: { ...clock, now: () => clock.now() + skew }, ...hook };
  },
};

const second: SweepFault = {
  ...{ id: 'F21', words: 'a second run begins' },
  at: isWrite,
  arm(bench, position, run) {
    const clock = fastClock(FACTOR);
    return { clock, ...hooked(bench, position, () => run(fastClock(FACTOR))) };
  },
};

const isDelete = ({ action }: Position): boolean => /^(Delete|Detach)/.test(action) && !/Tags$|Parameter$/.test(action);
const isLate = (position: Position): boolean => isWrite(position);

export const SWEEP_FAULTS: readonly SweepFault[] = [
  ruled('F1', 'throttled once', always, 'throttle'),
  ruled('F1 × 10', 'throttled ten times', always, 'throttle', { times: 10 }),
  ruled('F2', 'internal error, nothing done', always, 'error-before'),
  ruled('F3', 'internal error, done all the same', isWrite, 'error-after'),
  ruled('F4', '503 with a page', always, 'page'),
  ruled('F5', 'connection reset before', always, 'reset-before'),
  ruled('F6', 'answer lost', isWrite, 'reset-after'),
  ruled('F7', 'no answer in time, nothing done', isLate, 'timeout', { holdMs: HOLD_MS }),
  ruled('F7 done', 'no answer in time, done all the same', isLate, 'timeout', { holdMs: HOLD_MS, effect: true }),
  ruled('F8', 'half an answer', always, 'truncate'),
  ruled('F10', 'request arrives twice', isWrite, 'twice'),
  ruled('F11, F12', 'a read shows the state before', isRead, 'stale'),
  ruled('F13', 'not found', always, 'not-found'),
  ruled('F14', 'still in use', isDelete, 'in-use', { times: 3 }),
  ruled('F17 expired', 'credentials expire', always, 'expired'),
  ruled('F17 denied', 'this action is denied', always, 'denied'),
  ruled('F18', 'no capacity', ({ action }) => action === 'RunInstances', 'capacity', { times: 2 }),
  outside,
  crash('F20 before', 'killed before the call', always, false),
  crash('F20 after', 'killed after its effect', isWrite, true),
  second,
  jump,
];
