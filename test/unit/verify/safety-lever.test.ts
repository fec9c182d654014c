/** FIS's safety lever: engaged, it forbids the fault; where it cannot be read, that is said and nothing more. */
import * as assert from 'uvu/assert';
import { CloudError } from '../../../reconciler/errors.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { leverObjection } from '../../../reconciler/verify/safety-lever.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';
import { simulatedClock } from '../chaos/simulated.ts';

const t = suite('safety lever');

async function ask(answer: () => Promise<Json>, signal = new AbortController().signal) {
  const clock = simulatedClock();
  const began = clock.now();
  const notes: string[] = [];
  const calls: string[] = [];
  const call = (op: string, input: Json) => {
    calls.push(`${op} ${JSON.stringify(input)}`);
    return answer();
  };
  const objection = await clock.run(
    leverObjection({ cloud: { call, count: () => ({}) } as never, clock, signal }, (text) => notes.push(text)),
  );
  return { objection, notes, calls, ms: clock.now() - began };
}
const says = (status: string, reason?: string) => async (): Promise<Json> => ({
  safetyLever: { id: 'default', state: { status, ...(reason === undefined ? {} : { reason }) } },
});
const fails = (code: string, kind: CloudError['class']) => () =>
  Promise.reject(new CloudError('fis:GetSafetyLever', code, kind, 'AWS says why'));

t('disengaged: the fault may happen, and nothing is said', async () => {
  const { objection, notes, calls } = await ask(says('disengaged', 'Managed by Terraform'));
  assert.equal([objection, notes, calls], ['', [], ['fis:GetSafetyLever {"id":"default"}']]);
});

for (const status of ['engaged', 'engaging'])
  t(`${status}: the fault may not happen, with the reason of whoever did it`, async () => {
    const { objection, notes } = await ask(says(status, 'Black Friday'));
    assert.is(objection, `the safety lever of AWS FIS is ${status} in this account and region: Black Friday`);
    assert.equal(notes, []);
    assert.is((await ask(says(status))).objection, `the safety lever of AWS FIS is ${status} in this account and region`);
  });

for (const [code, kind] of [
  ['AccessDeniedException', 'Denied'],
  ['ResourceNotFoundException', 'NotFound'],
  ['ENOTFOUND', 'Unreachable'],
  ['InternalServerException', 'Transient'],
] as const)
  t(`${code}: nobody can tell, which is said; the fault may happen`, async () => {
    const { objection, notes } = await ask(fails(code, kind));
    assert.is(objection, '');
    assert.equal(notes, [`it is not known whether the safety lever of AWS FIS is engaged: fis:GetSafetyLever: ${code}: AWS says why`]);
  });

t('a state that nobody knows, or none, is not taken for disengaged in silence', async () => {
  for (const answer of [says('asleep'), async () => ({}), async () => ({ safetyLever: null })]) {
    const { objection, notes } = await ask(answer);
    assert.is(objection, '');
    assert.match(notes.join(), 'it is not known whether the safety lever of AWS FIS is engaged');
  }
});

t('no answer holds the fault up for three seconds', async () => {
  const { objection, notes, ms } = await ask(() => new Promise(() => undefined));
  assert.equal([objection, ms], ['', 3000]);
  assert.match(notes.join(), 'there was no answer within 3 s');
});

t('a run that ends is no answer', async () => {
  const ended = new AbortController();
  await rejects(
    ask(() => {
      ended.abort(new Error('Ctrl-C'));
      return Promise.reject(new CloudError('fis:GetSafetyLever', 'Aborted', 'Unknown', 'cut off'));
    }, ended.signal),
  );
});

t.run();
