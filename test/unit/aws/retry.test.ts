import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Operation } from '../../../reconciler/aws/operations.ts';
import { withRetry } from '../../../reconciler/aws/retry.ts';
import { CloudError, type CloudErrorClass } from '../../../reconciler/errors.ts';
import type { CallOptions } from '../../../reconciler/run/port.ts';
import { rejects } from '../../support/rejects.ts';
import { steppedClock } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('aws/retry');

const SAFE: Operation = { access: 'write', repeat: 'safe' };
const LOOK: Operation = { access: 'write', repeat: 'look' };

interface Result {
  readonly tries: number;
  readonly slept: readonly number[];
  readonly error: unknown;
  readonly told: readonly (readonly [string, number, number])[];
}

/** Calls until the n-th try succeeds; every earlier one is refused with the code. */
async function call(
  operation: Operation,
  code: string,
  errorClass: CloudErrorClass,
  options: CallOptions = {},
  succeedAt = Number.POSITIVE_INFINITY,
  random = 0.5,
): Promise<Result> {
  const clock = steppedClock(random);
  const told: (readonly [string, number, number])[] = [];
  let tries = 0;
  let error: unknown;
  try {
    await withRetry(
      operation,
      clock,
      { ...options, onRetry: (retry) => void told.push([retry.code, retry.attempt, retry.waitMs]) },
      async (number) => {
        tries++;
        assert.is(number, tries);
        if (tries >= succeedAt) return { ok: true };
        throw new CloudError('op', code, errorClass, code);
      },
    );
  } catch (thrown) {
    error = thrown;
  }
  return { tries, slept: clock.slept, error, told };
}

t('what works is called once', async () => {
  const { tries, slept } = await call(SAFE, '', 'Unknown', {}, 1);
  assert.equal([tries, slept], [1, []]);
});

for (const [errorClass, safe, look] of [
  ['Throttled', 10, 10],
  ['Transient', 6, 1],
  ['Unreachable', 3, 3],
  ['NotFound', 1, 1],
  ['InUse', 1, 1],
  ['Denied', 1, 1],
  ['Credentials', 1, 1],
  ['Invalid', 1, 1],
  ['Exists', 1, 1],
  ['Unknown', 1, 1],
] as const) {
  t(`${errorClass}: ${safe} tries where a repeat is safe, ${look} where it must be looked for first`, async () => {
    for (const [operation, tries] of [
      [SAFE, safe],
      [LOOK, look],
    ] as const) {
      const result = await call(operation, 'Code', errorClass);
      assert.is(result.tries, tries);
      assert.is((result.error as CloudError).awsCode, 'Code');
      assert.is(result.told.length, tries - 1);
    }
  });
  t(`${errorClass}: one try when the caller decides`, async () =>
    assert.is((await call(SAFE, 'Code', errorClass, { once: true })).tries, 1),
  );
}

t('a repeat that works ends it', async () => {
  const result = await call(SAFE, 'Throttling', 'Throttled', {}, 3);
  assert.is(result.error, undefined);
  assert.equal(result.told, [
    ['Throttling', 1, 500],
    ['Throttling', 2, 500],
  ]);
});

t('waits double, up to twenty seconds, with jitter between half and all of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0, max: 0.999999, noNaN: true }), async (random) => {
      const { slept, told } = await call(SAFE, 'Throttling', 'Throttled', {}, Number.POSITIVE_INFINITY, random);
      assert.equal(
        told.map(([, , wait]) => wait),
        [500, 500, 800, 1600, 3200, 6400, 12800, 20000, 20000],
      );
      for (const [index, pause] of slept.entries()) {
        const wait = told[index]?.[2] ?? 0;
        assert.ok(pause >= wait / 2 && pause <= wait, `${pause} of ${wait}`);
      }
    }),
    { numRuns: 20 },
  );
});

t('what comes from something that is not AWS is asked for twice at most', async () => {
  assert.is((await call(SAFE, 'NotAnAwsAnswer', 'Transient')).tries, 2);
  assert.is((await call(SAFE, 'TimeoutError', 'Transient')).tries, 2);
});

/** Seconds for which a code was believed. */
const believed = (result: Result): number => result.slept.reduce((sum, pause) => sum + pause, 0) / 1000;

t('"not yet" is believed as long as the row says, and no longer', async () => {
  const row: Operation = { ...SAFE, settle: { DependencyViolation: 60 } };
  const result = await call(row, 'DependencyViolation', 'InUse');
  assert.ok(believed(result) >= 60 && believed(result) <= 71, `${believed(result)}`);
  assert.ok(
    result.told.every(([, , wait]) => wait <= 10_000),
    'looked at often enough to notice',
  );
  assert.is((await call(row, 'ResourceInUse', 'InUse')).tries, 1, 'another code is not meant');
});

t('some codes mean "not yet" only for what was made in this run', async () => {
  const row: Operation = { ...SAFE, fresh: { CertificateNotFound: 30 } };
  assert.is((await call(row, 'CertificateNotFound', 'NotFound')).tries, 1);
  const fresh = await call(row, 'CertificateNotFound', 'NotFound', { fresh: true });
  assert.ok(believed(fresh) >= 30 && believed(fresh) <= 41);
});

t('whatever was made in this run may be unknown for two minutes', async () => {
  const fresh = await call(SAFE, 'InvalidVpcID.NotFound', 'NotFound', { fresh: true });
  assert.ok(believed(fresh) >= 120 && believed(fresh) <= 131);
  assert.is((await call(SAFE, 'InvalidParameterValue', 'Invalid', { fresh: true })).tries, 1);
});

t('the caller may know better', async () => {
  const row: Operation = { ...SAFE, settle: { IncorrectInstanceState: 300 } };
  assert.ok(believed(await call(row, 'IncorrectInstanceState', 'Invalid', { settle: { IncorrectInstanceState: 5 } })) <= 11);
  assert.ok(believed(await call(SAFE, 'Odd', 'Unknown', { settle: { Odd: 5 } })) >= 5);
  assert.is((await call(row, 'IncorrectInstanceState', 'Invalid', { settle: {}, once: true })).tries, 1);
});

t('a window is counted from the first try', async () => {
  const row: Operation = { ...SAFE, settle: { A: 0 } };
  assert.is((await call(row, 'A', 'Invalid')).tries, 1);
});

t('what is not of AWS is thrown as it is', async () => {
  const clock = steppedClock();
  const error = new TypeError('boom');
  assert.is(
    await rejects(
      withRetry(SAFE, clock, {}, async () => {
        throw error;
      }),
    ),
    error,
  );
  assert.equal(clock.slept, []);
});

t('an abort ends the waiting', async () => {
  const controller = new AbortController();
  let tries = 0;
  const running = withRetry(
    SAFE,
    steppedClock(),
    { signal: controller.signal, onRetry: () => controller.abort(new Error('stopped')) },
    async () => {
      tries++;
      throw new CloudError('op', 'Throttling', 'Throttled', 'x');
    },
  );
  await rejects(running, /stopped/);
  assert.is(tries, 1);
});

t.run();
