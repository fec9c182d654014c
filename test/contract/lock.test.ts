/** One apply at a time for a stack: the lock in the account, against the sandbox's SSM and with the real command. */

import { setTimeout as pause } from 'node:timers/promises';
import { GetParameterCommand, ListTagsForResourceCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import * as assert from 'uvu/assert';
import { ReconcileError } from '../../reconciler/errors.ts';
import { holderOf, type LockRequest, whileLocked, withLock } from '../../reconciler/run/lock.ts';
import { lockName } from '../../reconciler/run/lock-parameter.ts';
import { openSession, type Preview, type Session } from '../../reconciler/run/pipeline.ts';
import type { Clock } from '../../reconciler/run/port.ts';
import { createClock } from '../../sandbox/clock.ts';
import { type Bench, planOnce, readStack, startBench } from '../support/faults-bench.ts';
import { makePlace, type Place, runCommand, startCommand, until } from '../support/faults-cli.ts';
import { rejects } from '../support/rejects.ts';
import { suite } from '../support/suite.ts';

const t = suite('the lock of a stack');
const name = lockName('webserver');
const MINUTE = 60_000;

let bench: Bench;
let place: Place;
let ssm: SSMClient;
let planned: Preview;
let empty: Preview;

t.before(async () => {
  bench = await startBench();
  place = makePlace();
  ssm = new SSMClient({ region: 'us-east-1', maxAttempts: 1 });
  planned = await planOnce(readStack());
  empty = { ...planned, plan: { ...planned.plan, changes: [], steps: [] } };
});
t.before.each(() => bench.sandbox.reset());
t.after(async () => {
  ssm.destroy();
  await bench.stop();
  assert.equal(place.left(), [], 'processes are left');
  place.remove();
});

/** Time that stands still until the test moves it. */
const time = createClock({ manual: true });
const clock: Clock = {
  now: () => time.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = time.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        reject(signal.reason);
      });
    }),
  random: () => 0.5,
};

interface Party {
  readonly session: Session;
  readonly said: string[];
  readonly interrupt: AbortController;
}

function party(): Party {
  const said: string[] = [];
  const interrupt = new AbortController();
  const session = openSession({
    region: 'us-east-1',
    env: process.env,
    clock,
    signal: interrupt.signal,
    emit: (event) => void (event.kind === 'warning' && said.push(event.text)),
  });
  return { session, said, interrupt };
}

const ask = (holder: string, more: Partial<LockRequest> = {}): LockRequest => ({
  holder,
  run: `https://ci.example/${holder}`,
  wait: 0,
  force: false,
  ...more,
});
const noPlan = async (): Promise<Preview> => assert.unreachable('nothing held the lock: the plan need not be made again') as never;
const again = async (): Promise<Preview> => planned;

/** Holds the lock until `end` is called. */
async function hold(holder: string, more: Partial<LockRequest> = {}, replan = noPlan, who = party()) {
  let end = (): void => {};
  let entered = (): void => {};
  const held = new Promise<void>((resolve) => (entered = resolve));
  const inside = { signal: who.session.signal };
  const done = whileLocked(planned, who.session, ask(holder, more), replan, async (_, session) => {
    inside.signal = session.signal;
    entered();
    await new Promise<void>((resolve) => (end = resolve));
  });
  await Promise.race([held, done]);
  return { ...who, inside, done, end: () => end() };
}

/** A party whose own clock is wrong by so much (ms). */
function skewed(ms: number): Party {
  const own = party();
  return { ...own, session: { ...own.session, clock: { ...clock, now: () => clock.now() + ms } } };
}
/** Time goes on for AWS, and for the parties. */
function pass(ms: number): void {
  bench.sandbox.clock.advance(ms);
  time.advance(ms);
}

const stored = async (): Promise<{ readonly holder: string; readonly pid: number; readonly version: number }> => {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
  return { ...JSON.parse(Parameter?.Value ?? '{}'), version: Parameter?.Version };
};
const left = (): number => bench.sandbox.census()['parameters'] ?? -1;
const callsTo = (action: string): number => bench.sandbox.calls().filter((call) => call.action === action).length;

/** A lock that a run has left, and that was renewed so long ago by AWS's clock (ms). */
async function old(ago: number): Promise<void> {
  const since = new Date(time.now()).toISOString();
  const entry = { version: 1, id: 'old', holder: 'ana@laptop', run: '', pid: 4711, host: 'laptop', since };
  await ssm.send(new PutParameterCommand({ Name: name, Type: 'String', Value: JSON.stringify(entry) }));
  bench.sandbox.clock.advance(ago);
}

t('held while the work runs, tagged with the stack, and given back; two calls in all', async () => {
  const one = await hold('one');
  assert.is((await stored()).holder, 'one');
  const { TagList } = await ssm.send(new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: name }));
  assert.equal(TagList, [{ Key: 'albedo:stack', Value: 'webserver' }]);
  one.end();
  await one.done;
  assert.is(left(), 0);
  assert.equal([one.session.cloud.count().calls, one.session.cloud.count().polls], [2, 0]);
});

t('an empty plan with --break-lock removes what a dead run left, and calls little where there is nothing', async () => {
  await old(MINUTE);
  const one = party();
  assert.is(await whileLocked(empty, one.session, ask('one', { force: true }), noPlan, async () => 'done'), 'done');
  assert.is(left(), 0);
  assert.match(one.said.join(), /\/albedo\/webserver\/lock, held by ana@laptop \(process 4711 on laptop\) since .*, is broken/);
  const two = party();
  await whileLocked(empty, two.session, ask('two', { force: true }), noPlan, async () => 'done');
  assert.is(two.session.cloud.count().calls, 1);
});

t('an empty plan, and a run with --no-lock, lock nothing', async () => {
  const { session } = party();
  assert.is(await whileLocked(empty, session, ask('one'), noPlan, async () => 'done'), 'done');
  assert.is(await whileLocked(planned, session, undefined, noPlan, async () => 'done'), 'done');
  assert.is(session.cloud.count().calls, 0);
});

t(
  'a load test holds it without a plan, and is refused while another run holds it: exit 5, and nothing is loaded or looked at',
  async () => {
    const one = party();
    const file = place.stack();
    let second: { code: number | null; stderr: string } | undefined;
    await withLock('webserver', one.session, ask('one'), async () => {
      assert.is((await stored()).holder, 'one');
      assert.match((await rejects(withLock('webserver', party().session, ask('two'), async () => undefined))).message, 'is locked');
      second = await runCommand(place, ['verify', file, '--quiet', '--report', `${place.folder}/locked`], bench.env);
    });
    assert.is(second?.code, 5, second?.stderr);
    assert.match(second?.stderr ?? '', /webserver is locked: \/albedo\/webserver\/lock is held by one/);
    assert.is(callsTo('DescribeLoadBalancers') + callsTo('DescribeTargetHealth'), 0);
    assert.is(left(), 0);
    // Let in, it fails for another reason: there is nothing to load.
    const free = await runCommand(place, ['verify', file, '--quiet', '--report', `${place.folder}/free`], bench.env);
    assert.is(free.code, 9, free.stderr);
    assert.match(free.stderr, /has no load balancer to send load to/);
    assert.is(left(), 0, 'given back');
  },
);

t('given back when the work throws, and that is what is thrown', async () => {
  const { session } = party();
  const thrown = await rejects(
    whileLocked(planned, session, ask('one'), noPlan, async () => {
      throw new Error('mine');
    }),
  );
  assert.is(thrown.message, 'mine');
  assert.is(left(), 0);
});

t('another run is refused with exit 5: the lock, who holds it, the process, since when, until when, the link and the flags', async () => {
  const one = await hold('one', { pid: 4711, host: 'laptop' });
  bench.sandbox.clock.advance(3 * MINUTE);
  const refused = await rejects<ReconcileError>(hold('two'), ReconcileError);
  assert.equal([refused.code, refused.exit], ['Locked', 5]);
  const since = new Date(time.now()).toISOString();
  for (const word of [name, 'held by one (process 4711 on laptop)', since, 'renewed 3 min ago', 'in 12 min', 'https://ci.example/one'])
    assert.ok(refused.message.includes(word), `${word}: ${refused.message}`);
  assert.match(refused.hint, /--lock-wait.*--break-lock.*--no-lock/);
  one.end();
  await one.done;
  const two = await hold('two');
  two.end();
  await two.done;
  assert.is(left(), 0);
});

t('a run that waits gets it when it is given back, and plans anew', async () => {
  const one = await hold('one');
  let replanned = 0;
  const who = party();
  const two = hold(
    'two',
    { wait: 600 },
    async () => {
      replanned++;
      return planned;
    },
    who,
  );
  await until('it waits', () => who.said.length > 0);
  assert.match(who.said[0] ?? '', /waiting for the lock \/albedo\/webserver\/lock, held by one.*, 0 s, until \d\d:\d\d:\d\d UTC at most/);
  one.end();
  await one.done;
  time.advance(10_000);
  const held = await two;
  assert.is(replanned, 1);
  assert.is((await stored()).holder, 'two');
  held.end();
  await held.done;
});

t('a wait that is over is exit 5 too; an interrupted one leaves the lock to its holder', async () => {
  const one = await hold('one');
  const [late, cut] = [party(), party()];
  const waiting = [
    rejects<ReconcileError>(hold('two', { wait: 5 }, again, late), /waited 5 s/),
    rejects(hold('three', { wait: 600 }, again, cut)),
  ];
  await until('both wait', () => late.said.length > 0 && cut.said.length > 0);
  cut.interrupt.abort(new ReconcileError('Interrupted', 'interrupted'));
  await pause(20);
  time.advance(6000);
  await Promise.all(waiting);
  assert.is((await stored()).holder, 'one');
  one.end();
  await one.done;
});

t('a lock that is waited for is told of at least every thirty seconds', async () => {
  const one = await hold('one');
  const who = party();
  const waiting = rejects(hold('two', { wait: 120 }, again, who), /waited 120 s/);
  for (let looks = 0; looks < 13; looks++) {
    await until('it looks', () => callsTo('GetParameter') > looks);
    await pause(20);
    pass(10_000);
  }
  await waiting;
  const seconds = who.said.map((text) => Number(/, (\d+) s, until/.exec(text)?.[1]));
  for (const [index, at] of seconds.entries()) assert.ok(at - (seconds[index - 1] ?? 0) <= 30, seconds.join());
  assert.ok(seconds.length >= 4, seconds.join());
  one.end();
  await one.done;
});

t('one that expired without being released is taken over, not before', async () => {
  await old(15 * MINUTE - 5000);
  assert.is((await rejects<ReconcileError>(hold('one'), ReconcileError)).code, 'Locked', 'it may be renewed yet');
  bench.sandbox.clock.advance(7000);
  let replanned = 0;
  const one = await hold('one', {}, async () => {
    replanned++;
    return planned;
  });
  assert.equal([replanned, (await stored()).holder], [1, 'one']);
  assert.match(one.said.join(), /held by ana@laptop.*expired without being released/);
  one.end();
  await one.done;
  assert.is(left(), 0);
});

t('clocks of machines decide nothing: twenty minutes or a day of skew give no two appliers', async () => {
  for (const ms of [20 * MINUTE, -20 * MINUTE, 24 * 60 * MINUTE]) {
    const one = await hold('one', {}, noPlan, skewed(-ms));
    const refused = await rejects<ReconcileError>(hold('two', {}, noPlan, skewed(ms)), ReconcileError);
    assert.is(refused.code, 'Locked', `${ms}`);
    one.end();
    await one.done;
    assert.is(left(), 0);
  }
  // And a dead one is taken over by whoever comes, however wrong its clock.
  await old(16 * MINUTE);
  const late = await hold('late', {}, again, skewed(-24 * 60 * MINUTE));
  late.end();
  await late.done;
  assert.is(left(), 0);
});

t('a run that cannot renew its lock stops before others may take it over', async () => {
  const one = await hold('one');
  bench.sandbox.faults.set([{ match: { service: 'ssm', action: 'PutParameter' }, times: 1000, fault: 'denied' }]);
  pass(5 * MINUTE);
  for (let tries = 0; tries < 40 && !one.inside.signal.aborted; tries++) {
    const before = callsTo('PutParameter');
    await until('it tries again', () => callsTo('PutParameter') > before || one.inside.signal.aborted);
    await pause(10);
    pass(30_000);
  }
  assert.match(
    (one.inside.signal.reason as ReconcileError).message,
    /may have lost the lock .*: it could not be renewed for 1[34] minutes \(AccessDenied/,
  );
  bench.sandbox.faults.set([]);
  one.end();
  await one.done;
});

t('of many that find an ended lock, never two hold it at once, and one does', async () => {
  for (let round = 0; round < 5; round++) {
    await old(20 * MINUTE);
    let [inside, most, entered] = [0, 0, 0];
    const racers = Array.from({ length: 6 }, (_, index) =>
      whileLocked(planned, party().session, ask(`racer-${index}`), again, async () => {
        entered++;
        most = Math.max(most, ++inside);
        await pause(30);
        inside--;
      }).then(
        () => '',
        (thrown: unknown) => (thrown instanceof ReconcileError ? thrown.code : String(thrown)),
      ),
    );
    const ends = await Promise.all(racers);
    assert.is(most, 1, 'two at once');
    assert.ok(entered >= 1, 'nobody got it');
    assert.equal(
      ends.filter((end) => end !== '' && end !== 'Locked'),
      [],
    );
    assert.is(left(), 0, `round ${round}: something is left`);
  }
});

t('--break-lock takes it; the other run is stopped at its next renewal and leaves the new lock alone', async () => {
  const one = await hold('one');
  const two = await hold('two', { force: true }, again);
  assert.match(two.said.join(), /held by one.*is broken/);
  assert.not.ok(one.inside.signal.aborted);
  time.advance(5 * MINUTE);
  await until('one is told', () => one.inside.signal.aborted);
  const reason = one.inside.signal.reason as ReconcileError;
  assert.is(reason.code, 'Locked');
  assert.match(reason.message, /another run took the lock .*held by two/);
  one.end();
  await one.done;
  assert.is((await stored()).holder, 'two');
  two.end();
  await two.done;
  assert.is(left(), 0);
});

t('a long run renews its lock, so that nobody takes it over', async () => {
  const one = await hold('one');
  for (let renewals = 1; renewals <= 4; renewals++) {
    pass(5 * MINUTE);
    await until('renewed', () => callsTo('PutParameter') === renewals + 1);
    await pause(20);
  }
  assert.is((await rejects<ReconcileError>(hold('two'), ReconcileError)).code, 'Locked');
  one.end();
  await one.done;
  assert.is(left(), 0);
  assert.is(one.session.cloud.count().calls, 2, 'renewals are counted apart, as polls are');
});

t('a lost answer to taking it, or a throttled release, changes nothing', async () => {
  bench.sandbox.faults.set([{ match: { action: 'PutParameter' }, times: 1, fault: 'reset-after' }]);
  const taking = hold('one');
  await until('the first try', () => callsTo('PutParameter') > 0);
  await pause(50);
  time.advance(MINUTE);
  const one = await taking;
  bench.sandbox.faults.set([{ match: { action: 'DeleteParameter' }, times: 1, fault: 'throttle' }]);
  one.end();
  await until('the release', () => callsTo('DeleteParameter') > 0);
  await pause(50);
  time.advance(1000);
  await one.done;
  assert.is(left(), 0);
});

t('a release that fails is said, with when it ends by itself', async () => {
  const one = await hold('one');
  bench.sandbox.faults.set([{ match: { action: 'DeleteParameter' }, times: 1, fault: 'denied' }]);
  one.end();
  await one.done;
  assert.match(one.said.join(), /could not be released \(AccessDenied.*expires within 15 minutes; --break-lock/);
  assert.is(left(), 1);
});

t('without the permission nothing is done: exit 6, the actions and the flag', async () => {
  bench.sandbox.faults.set([{ match: { action: 'PutParameter' }, times: 1, fault: 'denied' }]);
  const refused = await rejects<ReconcileError>(hold('one'), ReconcileError);
  assert.equal([refused.code, refused.exit], ['Denied', 6]);
  assert.match(refused.hint, /ssm:PutParameter.*--no-lock/);
});

t('what somebody else put under that name is not taken for an ended lock, and --break-lock takes it', async () => {
  await ssm.send(new PutParameterCommand({ Name: name, Type: 'String', Value: 'not ours' }));
  assert.match((await rejects<ReconcileError>(hold('one'), ReconcileError)).message, /cannot be read/);
  const one = await hold('one', { force: true }, again);
  one.end();
  await one.done;
  assert.is(left(), 0);
});

t('holders are named by their run in CI and by user and machine elsewhere', () => {
  const env = {
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'org/repo',
    GITHUB_RUN_ID: '7',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_ACTOR: 'ana',
  };
  const { holder, run, pid } = holderOf(env);
  assert.equal(
    { holder, run, pid },
    { holder: 'ana in org/repo', run: 'https://github.com/org/repo/actions/runs/7/attempts/2', pid: process.pid },
  );
  assert.match(holderOf({}).holder, /^.+@.+$/);
  assert.is(holderOf({}).run, '');
});

t('the command killed with -9: the next apply says who holds the lock, --break-lock goes on, destroy leaves nothing', async () => {
  const file = place.stack();
  const killed = startCommand(place, ['apply', file, '--quiet'], bench.env);
  await until('the first writes', () => callsTo('CreateSubnet') > 0);
  killed.child.kill('SIGKILL');
  await killed.ended;
  await pause(50);
  assert.is(left(), 1);
  const next = await runCommand(place, ['apply', file, '--quiet'], bench.env);
  assert.is(next.code, 5, next.stdout + next.stderr);
  assert.match(
    next.stderr,
    /albedo: webserver is locked: \/albedo\/webserver\/lock is held by \S+@\S+ \(process \d+ on \S+\) since .*\n.*--break-lock/,
  );
  const broken = await runCommand(place, ['apply', file, '--break-lock'], bench.env);
  assert.is(broken.code, 0, broken.stdout + broken.stderr);
  assert.is(left(), 0);
  // A dead lock and nothing to do: the flag removes it.
  await old(MINUTE);
  const idle = await runCommand(place, ['apply', file, '--break-lock'], bench.env);
  assert.is(idle.code, 0, idle.stdout + idle.stderr);
  assert.is(left(), 0);
  const destroyed = await runCommand(place, ['destroy', file, '--yes', '--quiet'], bench.env);
  assert.is(destroyed.code, 0, destroyed.stdout + destroyed.stderr);
  assert.is(
    Object.values(bench.sandbox.census()).reduce((sum, count) => sum + count, 0),
    0,
  );
});

t('a plan of changes says who holds the lock, in the terminal and in the comment; where it may not look, it says so', async () => {
  const file = place.stack();
  const plan = async (...flags: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCommand(place, ['plan', file, ...flags], bench.env);
    assert.is(code, 2, stderr);
    return stdout;
  };
  assert.not.match(await plan(), 'locked', 'nobody holds it');
  const one = await hold('one');
  assert.match(await plan(), /locked .*another run holds the lock, so an apply would wait or be refused: it is held by one since/);
  assert.match(await plan('--format', 'markdown'), /> \[!WARNING\]\n> - another run holds the lock.*held by one/);
  one.end();
  await one.done;
  await old(16 * MINUTE);
  assert.match(await plan(), /a run ended without releasing the lock \(held by ana@laptop.*the next apply takes it/);
  bench.sandbox.faults.set([{ match: { action: 'GetParameter' }, times: 9, fault: 'denied' }]);
  assert.match(
    await plan(),
    /Whether another run holds the lock cannot be checked before the apply: ssm:GetParameter answered AccessDenied/,
  );
});

t('Ctrl-C gives the lock back', async () => {
  const command = startCommand(place, ['apply', place.stack()], bench.env);
  await until('the first writes', () => callsTo('CreateSubnet') > 0);
  command.signal('SIGINT');
  const ended = await command.ended;
  assert.is(ended.code, 130, ended.stderr);
  assert.is(left(), 0);
});

t('a wait that is not a duration is said before anything is called', async () => {
  const ended = await runCommand(place, ['apply', place.stack(), '--lock-wait', 'soon'], bench.env);
  assert.is(ended.code, 1);
  assert.match(ended.stderr, /--lock-wait soon is not a duration/);
  assert.is(bench.sandbox.calls().length, 0);
});

t.run();
