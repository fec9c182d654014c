import * as assert from 'uvu/assert';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Desired, Existing } from '../../../reconciler/model/model.ts';
import { expiringCertificates, renewalOf } from '../../../reconciler/observe/certificate-expiry.ts';
import { suite } from '../../support/suite.ts';

const t = suite('observe/ending');

const NOW = Date.parse('2026-11-22T00:00:00Z');
const POSITION = { file: 'web.yaml', line: 1, column: 1 };

/** One certificate of the stack: given in files, or made here when it has `renewBefore`. */
function desired(values: Desired['values']): Desired {
  return { address: 'certificate/site', kind: 'certificate', values, tags: {}, positions: {}, ignored: [], unmanaged: [] };
}

const raw = (validTo: string | undefined) => ({
  address: 'certificate/site' as const,
  object: (validTo === undefined ? {} : { Certificate: { validTo } }) as Json,
});

const notesOf = (stack: { desired: readonly Desired[]; existing: readonly Existing[] }, validTo: string | undefined, ends?: string) =>
  expiringCertificates(
    stack,
    { observed: { existing: ends === undefined ? {} : { 'certificate/theirs': { id: 'theirs', ends } } }, raws: [raw(validTo)] },
    NOW,
  );

for (const [validTo, said] of [
  ['2026-12-22T00:00:00.000Z', undefined],
  ['2026-12-21T00:00:00.000Z', 'the certificate expires on 2026-12-21, in 29 days: '],
  ['2026-11-23T00:00:00.000Z', 'the certificate expires on 2026-11-23, in 1 day: '],
  ['2026-11-22T12:00:00.000Z', 'the certificate expires on 2026-11-22, in less than a day: '],
  ['2026-11-19T00:00:00.000Z', 'the certificate expired on 2026-11-19, 3 days ago: '],
  [undefined, undefined],
] as const) {
  t(`a certificate of files to ${validTo ?? 'nobody knows when'}: ${said ?? 'nothing'}`, () => {
    const notes = notesOf({ desired: [desired({ fingerprint: 'ff' })], existing: [] }, validTo);
    assert.is(notes.length, said === undefined ? 0 : 1);
    if (said === undefined) return;
    assert.match(notes[0]?.text ?? '', said);
    assert.is(notes[0]?.kind, 'warning');
    assert.is(notes[0]?.address, 'certificate/site');
  });
}

t('a certificate that is made here is renewed, not warned of; nor is one that the spec has dropped', () => {
  assert.equal(notesOf({ desired: [desired({ renewBefore: 30 })], existing: [] }, '2026-11-30T00:00:00.000Z'), []);
  assert.equal(notesOf({ desired: [], existing: [] }, '2026-11-30T00:00:00.000Z'), []);
});

t('a certificate given by its name in IAM is warned of by its own end', () => {
  const existing: Existing = { address: 'certificate/theirs', position: POSITION, outputs: { id: 'theirs' } };
  const stack = { desired: [], existing: [existing] };
  assert.equal(
    notesOf(stack, undefined, '2026-12-01T00:00:00.000Z').map(({ address }) => address),
    ['certificate/theirs'],
  );
  assert.equal(notesOf(stack, undefined, '2027-12-01T00:00:00.000Z'), []);
  assert.equal(notesOf(stack, undefined), [], 'ACM shows no end here');
});

const DUE = 'due, because it expires on 2026-12-04';
for (const [renewBefore, state, reason] of [
  [11, 'not due', undefined],
  [12, DUE, 'expires on 2026-12-04, in 12 days: renewed'],
  [30, DUE, 'expires on 2026-12-04, in 12 days: renewed'],
] as const) {
  t(`an end in 12 days, to be renewed ${renewBefore} days before: ${state}`, () => {
    assert.equal(renewalOf('2026-12-04T00:00:00.000Z', renewBefore, NOW), reason === undefined ? { state } : { state, reason });
  });
}

t('from the moment it is due on its state stays the same, whatever the day', () => {
  const states = [0, 1, 11, 12, 13].map((days) => renewalOf('2026-12-04T00:00:00.000Z', 12, NOW + days * 86_400_000));
  assert.equal([...new Set(states.map(({ state }) => state))], [DUE]);
  assert.match(states[4]?.reason ?? '', 'expired on 2026-12-04, 1 day ago');
  assert.is(renewalOf('2026-12-04T00:00:00.000Z', 12, NOW - 1).state, 'not due', 'a millisecond earlier');
});

t('what is no time, no span or seen without a clock is never due', () => {
  assert.is(renewalOf(undefined, 30, NOW).state, 'not due');
  assert.is(renewalOf('gibberish', 30, NOW).state, 'not due');
  assert.is(renewalOf('2026-11-01T00:00:00.000Z', undefined, NOW).state, 'not due', 'a certificate of files');
  assert.is(renewalOf('2026-11-01T00:00:00.000Z', 30, undefined).state, 'not due');
});

t.run();
