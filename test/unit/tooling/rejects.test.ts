import * as assert from 'uvu/assert';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const t = suite('rejects');

/** The message of what `act` rejects with, or undefined: written out, so that `rejects` is not checked by itself. */
async function messageOf(act: Promise<unknown>): Promise<string | undefined> {
  try {
    await act;
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

t('gives back what was rejected, from a promise, an async function and a throwing one', async () => {
  assert.is((await rejects<Error>(Promise.reject(new Error('one')))).message, 'one');
  assert.is((await rejects<Error>(async () => Promise.reject(new Error('two')))).message, 'two');
  const thrower = () => {
    throw new TypeError('three');
  };
  assert.instance(await rejects(thrower, TypeError), TypeError);
});

t('fails when nothing rejects', async () => {
  assert.match((await messageOf(rejects(Promise.resolve({ a: 1 })))) ?? '', /expected a rejection, got \{"a":1\}/);
});

t('fails when the class, the message or the check is another', async () => {
  const act = () => Promise.reject(new Error('the disk is full'));
  assert.match((await messageOf(rejects(act, RangeError))) ?? '', /expected a rejection with RangeError, got Error: the disk is full/);
  assert.ok(await messageOf(rejects(act, /memory/)));
  assert.ok(await messageOf(rejects(act, () => false)));
  assert.is(await messageOf(rejects(act, /disk/)), undefined);
  assert.is(await messageOf(rejects(act, Error)), undefined);
  assert.is(await messageOf(rejects(act, (error) => (error as Error).message.includes('full'))), undefined);
});

t.run();
