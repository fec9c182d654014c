/** What ends a run from outside, in its middle or after its last step: told by its cause, with what is finished, and one document. */
import * as assert from 'uvu/assert';
import { type Bench, startBench } from '../support/faults-bench.ts';
import { type Ended, makePlace, type Place, runCommand } from '../support/faults-cli.ts';
import { suite } from '../support/suite.ts';

const t = suite('cut off');
let bench: Bench;
let place: Place;

t.before(async () => {
  bench = await startBench();
  place = makePlace();
});
t.after(async () => {
  await bench.stop();
  place.remove();
});

async function apply(faults: readonly object[], ...flags: string[]): Promise<Ended> {
  await bench.sandbox.reset();
  bench.sandbox.faults.set(faults);
  const ended = await runCommand(place, ['apply', place.stack(), ...flags], bench.env);
  bench.sandbox.faults.set([]);
  return ended;
}
const again = (): Promise<Ended> => runCommand(place, ['apply', place.stack(), '--break-lock'], bench.env);

const SKEWED = {
  ...{ fault: 'error-before', times: 10_000, code: 'SignatureDoesNotMatch', status: 403 },
  message: 'Signature expired: 20261130T200000Z is now earlier than 20261130T201500Z (20261130T202000Z - 5 min.)',
};

t('credentials that end after the last step: all steps are done, and only the check is missing', async () => {
  const ended = await apply([{ match: { action: 'DescribeVpcs', nth: 2 }, times: 10_000, fault: 'expired' }]);
  assert.is(ended.code, 6, ended.stderr);
  assert.match(ended.stderr, /albedo: webserver: all (\d+) steps are done, but the result could not be checked: .*RequestExpired/);
  assert.match(ended.stdout, /(\d+) of \1 steps/, 'the steps are in the report');
  const next = await again();
  assert.is(next.code, 0, next.stderr);
  assert.match(next.stdout, /No changes/);
});

t('the same as one document', async () => {
  const ended = await apply([{ match: { action: 'DescribeVpcs', nth: 2 }, times: 10_000, fault: 'expired' }], '--format', 'json');
  assert.is(ended.code, 6);
  const { exitCode, results } = JSON.parse(ended.stdout) as {
    exitCode: number;
    results: readonly { report: { run: { outcome: string }; failure: { code: string; message: string } } }[];
  };
  assert.equal([exitCode, results[0]?.report.run.outcome, results[0]?.report.failure.code], [6, 'done', 'CredentialsRefused']);
});

t('a clock that is wrong is not told as bad credentials', async () => {
  const ended = await apply([{ ...SKEWED, match: { action: 'CreateListener' } }]);
  assert.is(ended.code, 6, ended.stderr);
  assert.match(ended.stderr, /steps failed.*\n {2}The clock of this machine and that of AWS are minutes apart/);
  const reading = await apply([{ ...SKEWED, match: { action: 'DescribeLoadBalancers' } }]);
  assert.match(reading.stderr, /does not accept the credentials: .*\n {2}The clock of this machine and that of AWS are minutes apart/);
  assert.is((await again()).code, 0);
});

t.run();
