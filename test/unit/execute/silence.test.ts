/** Longest silence of every wait and every retry of the tables, on a clock that the test moves: 30 seconds at most. */
import * as assert from 'uvu/assert';
import { OPERATIONS, type Operation } from '../../../reconciler/aws/operations.ts';
import { withRetry } from '../../../reconciler/aws/retry.ts';
import { deferredValues } from '../../../reconciler/deferred/deferred.ts';
import { CloudError } from '../../../reconciler/errors.ts';
import { type Teller, tellerOf } from '../../../reconciler/execute/tell.ts';
import { waitFor } from '../../../reconciler/execute/wait.ts';
import type { Await } from '../../../reconciler/model/field.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { fieldsOf, KINDS } from '../../../reconciler/model/kinds.ts';
import { withValue } from '../../../reconciler/model/paths.ts';
import { waitText } from '../../../reconciler/model/wait.ts';
import type { Until } from '../../../reconciler/plan/types.ts';
import { answering, step } from '../../support/scripted-cloud.ts';
import { steppedClock } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('longest silence');
const LONGEST_MS = 30_000;
/** A call that has no answer for so long is told of, and takes a minute at most (`aws/cloud.ts`). */
const SLOW_MS = 10_000;
const CALL_MS = 60_000;

/** A step's teller on a stepped clock, with the longest time between two lines so far. */
function listening() {
  const clock = steppedClock();
  const lines: string[] = [];
  let saidAt = clock.now();
  let longest = 0;
  const hear = () => {
    longest = Math.max(longest, clock.now() - saidAt);
    saidAt = clock.now();
  };
  const teller = tellerOf(
    step('w'),
    clock,
    (event) => {
      if ((event.kind !== 'step-waiting' && event.kind !== 'step-retrying') || !event.line) return;
      hear();
      lines.push(waitText(event));
    },
    () => '3 of 9 steps are done',
  );
  /** A call that takes as long as one may, and says so as the real one does. */
  const hang = async (own: Pick<Teller, 'slow'> = teller): Promise<void> => {
    for (let ms = SLOW_MS; ms < CALL_MS; ms += SLOW_MS) {
      await clock.sleep(SLOW_MS);
      own.slow(SLOW_MS);
    }
    await clock.sleep(SLOW_MS);
  };
  return {
    clock,
    teller,
    lines,
    hang,
    longest: () => {
      hear();
      return longest;
    },
  };
}

const waits: readonly (readonly [string, Await])[] = Object.values(KINDS).flatMap((kind) => [
  ...(kind.awaits ?? []).map((wait): readonly [string, Await] => [`${kind.name} ${wait.name}`, wait]),
  ...fieldsOf(kind).flatMap(([name, field]): (readonly [string, Await])[] =>
    field.wire.how === 'member' && field.wire.member.drained !== undefined
      ? [[`${kind.name}.${name} drained`, field.wire.member.drained]]
      : [],
  ),
]);

/** One element of each list on the way, with this at the end. */
const answerWith = (path: string, value: string): Json =>
  path
    .split('.')
    .reverse()
    .reduce<Json>((inner, part) => {
      const last = inner === '';
      const [name = '', list] = part.split('[');
      const held = last ? value : inner;
      return list === undefined ? withValue({}, name, held) : { [name]: [held] };
    }, '');

t('there are waits to try', () => assert.ok(waits.length >= 9, `${waits.length}`));

for (const [name, wait] of waits)
  for (const slow of [false, true])
    t(`${name}${slow ? ', each look takes a minute' : ''}: never met, no silence is longer than 30 s`, async () => {
      const { clock, teller, lines, hang, longest } = listening();
      const cloud = answering(async () => {
        if (slow) await hang();
        return wait.anyOf.length === 0 && (wait.atLeast ?? 0) > 0 ? {} : answerWith(wait.path, 'not-so');
      });
      const until: Until = { failOn: [], atLeast: 0, goneIsDone: false, holdSeconds: 0, ...wait };
      const signal = new AbortController().signal;
      try {
        await waitFor(step('w'), { ...until, failOn: [] }, {}, { cloud, clock, teller, signal, made: new Set() });
        assert.unreachable('it was met');
      } catch (thrown) {
        assert.is((thrown as CloudError).awsCode, 'WaitTimeout');
      }
      assert.ok(longest() <= LONGEST_MS, `${longest()} ms: ${lines.join('\n')}`);
      assert.match(lines[slow ? lines.length - 1 : 0] ?? '', slow ? /, \d+ s/ : /, \d+ s, until \d\d:\d\d:\d\d UTC at most$/);
    });

t('a condition that has to hold for long says so on the way', async () => {
  const { clock, teller, lines, longest } = listening();
  const cloud = answering(() => ({}));
  const until: Until = {
    ...{ path: 'List[].x', anyOf: [], failOn: [], atLeast: 0, goneIsDone: false },
    ...{ timeoutSeconds: 60, pollSeconds: 5, holdSeconds: 3600 },
  };
  await waitFor(step('w'), until, {}, { cloud, clock, teller, signal: new AbortController().signal, made: new Set() });
  assert.ok(longest() <= LONGEST_MS, `${longest()}`);
  assert.ok(lines.length > 100);
});

const MADE = 'subnet-0123456789abcdef0';
const refusals = Object.entries<Operation>(OPERATIONS).flatMap(([op, row]) => [
  ...Object.keys({ ...row.settle, ...row.fresh }).map((code): readonly [string, Operation, CloudError] => [
    `${op} ${code}`,
    row,
    new CloudError(op, code, 'Invalid', `it has to do with ${MADE}`),
  ]),
  [`${op} throttled`, row, new CloudError(op, 'Throttling', 'Throttled', 'Rate exceeded')] as const,
]);

t(`every code that is waited for (${refusals.length}): no silence is longer than 30 s, and the code is named`, async () => {
  for (const [name, row, error] of refusals)
    for (const slow of [false, true]) {
      const { clock, teller, lines, hang, longest } = listening();
      try {
        await withRetry(row, clock, {}, { made: new Set([MADE]), onRetry: teller.retries }, async () => {
          if (slow) await hang();
          throw error;
        });
      } catch (thrown) {
        assert.is(thrown, error);
      }
      assert.ok(longest() <= LONGEST_MS, `${name}: ${longest()} ms`);
      // A call of a minute may outlast what is believed: then there is no second try.
      if (slow) continue;
      assert.match(lines.join('\n'), new RegExp(error.awsCode.replace('.', '\\.')), name);
      assert.equal(teller.refusal(), { code: error.awsCode, message: error.message });
    }
});

t('a throttled call says since when, and what is finished', async () => {
  const { clock, teller, lines } = listening();
  await withRetry({ access: 'write', repeat: 'safe' }, clock, {}, { onRetry: teller.retries }, async (tries) => {
    if (tries < 12) throw new CloudError('op', 'Throttling', 'Throttled', 'Rate exceeded');
    return {};
  });
  assert.match(lines[0] ?? '', /^throttled by AWS \(Throttling\) since \d\d:\d\d:\d\d UTC, 3 of 9 steps are done, 0 s, until /);
});

t('the wait for the IPv6 block of a VPC says so, and ends when it is interrupted', async () => {
  const { clock, teller, lines, longest } = listening();
  const blocks = { Vpcs: [{ Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlockState: { State: 'associating' } }] }] };
  const values = deferredValues(
    { name: 's', desired: [] } as never,
    new Map(),
    answering(() => blocks),
    clock,
  );
  const controller = new AbortController();
  const say = (text: string, nextMs: number, until: number) => teller.waits(text, nextMs, until);
  try {
    await values('ipv6-subnet:1', step('w'), 'vpc-1', { signal: controller.signal, say });
    assert.unreachable();
  } catch (thrown) {
    assert.match(String(thrown), /vpc-1 has had no IPv6 block/);
  }
  assert.ok(longest() <= LONGEST_MS, `${longest()}`);
  assert.match(lines[0] ?? '', /the IPv6 block of vpc-1 is not associated yet \(its blocks: associating\), 0 s, until/);
  const stopped = new Error('stopped');
  const end = (): void => controller.abort(stopped);
  try {
    await values('ipv6-subnet:1', step('w'), 'vpc-1', { signal: controller.signal, say: end });
    assert.unreachable();
  } catch (thrown) {
    assert.is(thrown, stopped);
  }
});

t.run();
