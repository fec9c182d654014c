import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kindOf } from '../../../reconciler/model/kinds.ts';
import { endingCertificates } from '../../../reconciler/observe/ending.ts';

const t = suite('observe/ending');

const NOW = Date.parse('2026-11-22T00:00:00Z');
const raw = (validTo: string | undefined) => ({
  kind: kindOf('certificate'),
  address: 'certificate/site' as const,
  tags: {},
  object: validTo === undefined ? {} : { Certificate: { validTo } },
});

for (const [validTo, said] of [
  ['2026-12-22T00:00:00.000Z', undefined],
  ['2026-12-21T00:00:00.000Z', 'the certificate ends in 29 days'],
  ['2026-11-22T12:00:00.000Z', 'the certificate ends in 0 days'],
  ['2026-11-21T00:00:00.000Z', 'the certificate has ended'],
  [undefined, undefined],
] as const) {
  t(`a certificate to ${validTo ?? 'nobody knows when'}: ${said ?? 'nothing'}`, () => {
    const notes = endingCertificates([raw(validTo)], NOW);
    assert.is(notes.length, said === undefined ? 0 : 1);
    if (said === undefined) return;
    assert.match(notes[0]?.text ?? '', said);
    assert.is(notes[0]?.kind, 'warning');
    assert.is(notes[0]?.address, 'certificate/site');
  });
}

t.run();
