import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { readMark, writeMark } from '../../../reconciler/chaos/fault-mark.ts';
import { leftoverNotes, leftoversIn } from '../../../reconciler/chaos/leftovers.ts';
import { suite } from '../../support/suite.ts';

const t = suite('fault mark');
const ARN = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web-1234567890123456789012345678/0123456789abcdef';
const victim = {
  ...{ experiment: 'stopInstance', instanceId: 'i-0123456789abcdef0', name: 'web-1', zone: 'us-east-1a', port: 8080 },
  ...{ group: 'web', groupArn: ARN, seed: 's' },
};
const mark = {
  experiment: 'stopInstance',
  since: Date.UTC(2026, 10, 29, 20),
  until: Date.UTC(2026, 10, 29, 20, 2),
  run: 'ada@box',
  victim,
};

t('what is written is read again, and fits into a tag', () => {
  const text = writeMark(mark);
  const read = readMark(text, 'web-1');
  assert.equal([read?.experiment, read?.since, read?.until, read?.run], ['stopInstance', mark.since, mark.until, 'ada@box']);
  assert.equal(
    [read?.victim.instanceId, read?.victim.port, read?.victim.groupArn, read?.victim.name],
    [victim.instanceId, 8080, ARN, 'web-1'],
  );
  const address = { ...victim, experiment: 'deregisterTarget', instanceId: '2001:db8::1', registeredZone: 'all' };
  const other = readMark(
    writeMark({ ...mark, experiment: 'deregisterTarget', victim: address, run: `https://github.com/${'a'.repeat(300)}` }),
  );
  assert.equal([other?.victim.instanceId, other?.victim.registeredZone], ['2001:db8::1', 'all']);
});

t('property: a value has at most 256 characters of those that tags may hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (run) => {
      const text = writeMark({ ...mark, run });
      assert.ok(text.length <= 256);
      assert.match(text, /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u);
      assert.ok(readMark(text));
    }),
  );
});

t('property: what somebody else wrote is no mark, or a whole one; it is never thrown at', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((some) => writeMark(mark).replace('i-0123456789abcdef0', some)),
      ),
      (text) => {
        const read = readMark(text);
        if (read !== undefined) assert.match(read.victim.instanceId, /^[\w.:-]+$/);
      },
    ),
  );
});

t('what carries the tag is in the notes of a plan, also where the tag cannot be read', () => {
  const object = (text: string) => ({ address: 'instance/web-1' as const, tags: { 'albedo:fault': text } });
  const [note] = leftoverNotes([object(writeMark(mark))], mark.until + 60_000);
  assert.is(note?.kind, 'unfinished');
  assert.match(
    note?.text ?? '',
    /web-1 was stopped in a load test by ada@box at 2026-11-29 20:00 UTC, and should have been started again by 2026-11-29 20:02 UTC/,
  );
  assert.match(leftoverNotes([object('by hand')], 0)[0]?.text ?? '', 'cannot be read');
  assert.is(leftoversIn([object(writeMark({ ...mark, experiment: 'unknownKind' }))])[0]?.mark, undefined);
  assert.equal(leftoversIn([{ address: 'instance/web-1', tags: {} }]), []);
});

t('a tag that cannot be read, or names an experiment that is none, is told as it is', () => {
  for (const text of ['whatever', writeMark({ ...mark, experiment: 'burnDown' })]) {
    const [note] = leftoverNotes([{ address: 'instance/web-1', tags: { 'albedo:fault': text } }], mark.until);
    assert.match(note?.text ?? '', /its value cannot be read/);
  }
  assert.equal(leftoversIn([{ address: 'instance/web-1', tags: {} }]), []);
});

t('a victim that is late is told so, and who did it only where that is known', () => {
  const told = (run: string, now: number): string =>
    leftoverNotes([{ address: 'instance/web-1', tags: { 'albedo:fault': writeMark({ ...mark, run }) } }], now)[0]?.text ?? '';
  assert.match(told('ada@box', mark.until), /by ada@box at 2026-11-29 20:00 UTC, until 2026-11-29 20:02 UTC/);
  assert.match(told('', mark.until + 1), /in a load test at 2026-11-29 20:00 UTC, and should have been started again by/);
});

t('what does not fit into a tag is refused: the undo would not know enough', () => {
  assert.throws(
    () => writeMark({ ...mark, victim: { ...victim, groupArn: `${ARN}${'x'.repeat(200)}` } }),
    'does not fit into a tag of 256',
  );
});

t.run();
