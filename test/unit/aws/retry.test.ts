import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Operation } from '../../../reconciler/aws/operations.ts';
import { withRetry } from '../../../reconciler/aws/retry.ts';
import { CloudError, type CloudErrorClass } from '../../../reconciler/errors.ts';
import type { Json } from '../../../reconciler/model/json.ts';
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
  message = code,
  input: Json = {},
): Promise<Result> {
  const clock = steppedClock(random);
  const told: (readonly [string, number, number])[] = [];
  let tries = 0;
  let error: unknown;
  try {
    await withRetry(
      operation,
      clock,
      input,
      { ...options, onRetry: (retry) => void told.push([retry.code, retry.attempt, retry.waitMs]) },
      async (number) => {
        tries++;
        assert.is(number, tries);
        if (tries >= succeedAt) return { ok: true };
        throw new CloudError('op', code, errorClass, message);
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
        told.slice(0, 10).map(([, , wait]) => wait),
        [500, 500, 800, 1600, 3200, 6400, 12800, 20000, 20000, 20000],
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

const made = new Set(['vpc-0123456789abcdef0', 'arn:aws:iam::123456789012:server-certificate/albedo/x', 'subnet-0aaaaaaaaaaaaaaa1']);
const GROUP = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef';

/** What a refusal says, what the call names, and for how many seconds it is believed. Messages as AWS words them (recorded, or issues cited in the rows). */
const REFUSALS: readonly (readonly [string, CloudErrorClass, string, Json, number])[] = [
  ['CertificateNotFound', 'NotFound', "Certificate 'arn:aws:iam::123456789012:server-certificate/albedo/x' not found", {}, 30],
  // Of another region, or of no account: no waiting makes it.
  ['CertificateNotFound', 'NotFound', "Certificate 'arn:aws:acm:eu-west-1:123456789012:certificate/1' not found", {}, 0],
  ['SSLPolicyNotFound', 'NotFound', "SSL policy 'ELBSecurityPolicy-Nope' not found", { SslPolicy: 'ELBSecurityPolicy-Nope' }, 0],
  ['InvalidVpcID.NotFound', 'NotFound', "The vpc ID 'vpc-0123456789abcdef0' does not exist", {}, 120],
  ['InvalidVpcID.NotFound', 'NotFound', "The vpc ID 'vpc-0fffffffffffffff0' does not exist", { VpcId: 'vpc-0123456789abcdef0' }, 0],
  ['InvalidSubnet', 'Invalid', 'VPC vpc-0123456789abcdef0 has no internet gateway', {}, 60],
  ['InvalidSubnet', 'Invalid', 'VPC vpc-0fffffffffffffff0 has no internet gateway', {}, 0],
  ['InvalidSubnet', 'Invalid', 'Not enough IP space available in subnet-0bbbbbbbbbbbbbbb1.', { Subnets: ['subnet-0aaaaaaaaaaaaaaa1'] }, 0],
  // Names nothing: what the call names of that kind decides.
  ['TargetGroupNotFound', 'NotFound', 'One or more target groups not found', { TargetGroupArn: GROUP }, 0],
  ['InvalidSubnetID.NotFound', 'NotFound', 'It does not exist', { SubnetId: 'subnet-0aaaaaaaaaaaaaaa1' }, 120],
  ['InvalidSubnetID.NotFound', 'NotFound', 'It does not exist', { VpcId: 'vpc-0123456789abcdef0' }, 0],
  ['SubnetNotFound', 'NotFound', "The subnet ID 'subnet-0aaaaaaaaaaaaaaa1' does not exist", {}, 120],
  ['InvalidParameterValue', 'Invalid', 'vpc-0123456789abcdef0 is no good', {}, 0],
];
for (const [code, errorClass, message, input, seconds] of REFUSALS)
  t(`${message}: ${seconds === 0 ? 'asked once' : `believed for ${seconds} s`}`, async () => {
    const row: Operation = { ...SAFE, fresh: { CertificateNotFound: 30, InvalidSubnet: 60 } };
    const result = await call(row, code, errorClass, { made }, Number.POSITIVE_INFINITY, 0.5, message, input);
    if (seconds === 0) assert.is(result.tries, 1);
    else assert.ok(believed(result) >= seconds && believed(result) <= seconds + 11, `${believed(result)}`);
    assert.is((await call(row, code, errorClass, {}, Number.POSITIVE_INFINITY, 0.5, message, input)).tries, 1, 'nothing was made');
  });

t('what is throttled is asked for as long as credentials last, and told when that began', async () => {
  const result = await call(SAFE, 'Throttling', 'Throttled');
  assert.ok(believed(result) >= 3600 && believed(result) <= 3621, `${believed(result)}`);
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
      withRetry(SAFE, clock, {}, {}, async () => {
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
    {},
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
