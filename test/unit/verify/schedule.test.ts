/** The second pair of hands: when it is asked for, what keeps a fault from happening without it, and that it is put away. */
import * as assert from 'uvu/assert';
import type { Guardian } from '../../../reconciler/chaos/carry-out/scene.ts';
import { NOTHING_KNOWN } from '../../../reconciler/chaos/experiments/experiment.ts';
import { experimentNamed } from '../../../reconciler/chaos/experiments.ts';
import type { Victim } from '../../../reconciler/chaos/types.ts';
import { CloudError } from '../../../reconciler/errors.ts';
import { type ScheduleTerms, scheduleGuardian, together } from '../../../reconciler/verify/schedule.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const t = suite('the schedule of a fault');
const UNTIL = Date.parse('2026-11-30T12:00:00Z');
const victim: Victim = {
  ...{ experiment: 'stopShare', instanceId: 'i-1', name: 'web-1', zone: 'a', port: 80, group: 'web', groupArn: 'arn:web', seed: 's' },
  others: [{ instanceId: 'i-2', name: 'web-2', zone: 'b', port: 80 }],
};

interface Told {
  readonly calls: string[];
  readonly notes: string[];
}

function guardianOf(
  terms: ScheduleTerms,
  more: { fail?: (op: string, name: string, count: number) => CloudError | undefined; standIn?: true; experiment?: string } = {},
): Guardian & Told {
  const told: Told = { calls: [], notes: [] };
  const counts = new Map<string, number>();
  const session = {
    region: 'us-east-1',
    signal: new AbortController().signal,
    account: async () => '123456789012',
    cloud: {
      call: async (op: string, { Name, Target }: { Name: string; Target?: { RoleArn: string } }) => {
        const count = (counts.get(`${op} ${Name}`) ?? 0) + 1;
        counts.set(`${op} ${Name}`, count);
        told.calls.push(`${op.slice(10)} ${Name}${Target === undefined ? '' : ` as ${Target.RoleArn}`}`);
        const error = more.fail?.(op, Name, count);
        if (error !== undefined) throw error;
        return {};
      },
    },
    ...(more.standIn === undefined ? {} : { standIn: more.standIn }),
  };
  const experiment = experimentNamed(more.experiment ?? 'stopShare');
  return { ...scheduleGuardian({ experiment, stack: 'live', terms }, session as never, (text) => void told.notes.push(text)), ...told };
}
const arm = (guardian: Guardian): Promise<void> => guardian.arm(victim, UNTIL, NOTHING_KNOWN);
const error = (op: string, code: string, kind: CloudError['class']) => new CloudError(op, code, kind, 'AWS says why');
const ROLE = { role: 'team/albedo-schedule', notNeeded: false };
const AS = 'as arn:aws:iam::123456789012:role/team/albedo-schedule';

t('one for each victim, with the role of the account; both are deleted, once', async () => {
  const guardian = guardianOf(ROLE);
  await arm(guardian);
  assert.equal(guardian.calls, [`CreateSchedule albedo.live.i-1 ${AS}`, `CreateSchedule albedo.live.i-2 ${AS}`]);
  await guardian.disarm();
  await guardian.disarm();
  assert.equal(guardian.calls.slice(2), ['DeleteSchedule albedo.live.i-1', 'DeleteSchedule albedo.live.i-2']);
  assert.equal(guardian.notes, []);
});

t('without a role nothing is broken at AWS, unless somebody consents; a sandbox asks for none', async () => {
  const without = guardianOf({ notNeeded: false });
  const refused = await rejects(arm(without));
  assert.match(refused.message, 'no EventBridge schedule would undo the fault');
  assert.match(refused.message, 'environment.yaml names no scheduleRole');
  assert.match(refused.message, '--without-schedule, or load.withoutSchedule in policy.yaml');
  const consented = guardianOf({ notNeeded: true });
  await arm(consented);
  await consented.disarm();
  assert.match(
    consented.notes.join(),
    /^web-1 \(i-1\), web-2 \(i-2\) will be started again by albedo, but no .*: environment.yaml names no scheduleRole$/,
  );
  const local = guardianOf({ notNeeded: false }, { standIn: true });
  await arm(local);
  await local.disarm();
  for (const each of [without, consented, local]) assert.equal(each.calls, []);
  assert.equal(local.notes, []);
});

t('a sandbox where a role is named is held to it', async () => {
  const guardian = guardianOf(ROLE, { standIn: true, fail: (op) => error(op, 'ValidationException', 'Invalid') });
  assert.match((await rejects(arm(guardian))).message, 'scheduler:CreateSchedule: ValidationException: AWS says why');
});

for (const [code, kind] of [
  ['AccessDeniedException', 'Denied'],
  ['ValidationException', 'Invalid'],
  ['ENOTFOUND', 'Unreachable'],
] as const)
  t(`${code}: nothing is broken and nothing is left to delete; with consent it is a note`, async () => {
    const refused = guardianOf(ROLE, { fail: (op) => error(op, code, kind) });
    assert.match((await rejects(arm(refused))).message, `scheduler:CreateSchedule: ${code}: AWS says why`);
    const consented = guardianOf({ ...ROLE, notNeeded: true }, { fail: (op) => error(op, code, kind) });
    await arm(consented);
    assert.is(consented.notes.length, 1);
    for (const each of [refused, consented]) {
      await each.disarm();
      assert.not.ok(each.calls.some((call) => call.startsWith('Delete')));
      assert.is(each.notes.length, each === consented ? 1 : 0);
    }
  });

t('one of two that is refused, or whose answer is lost: the other is put away', async () => {
  for (const lost of [error('x', 'ECONNRESET', 'Transient'), error('x', 'AccessDeniedException', 'Denied')]) {
    const guardian = guardianOf(ROLE, {
      fail: (op, name) => (op === 'scheduler:CreateSchedule' && name.endsWith('i-2') ? lost : undefined),
    });
    await rejects(arm(guardian));
    await guardian.disarm();
    assert.ok(guardian.calls.includes('DeleteSchedule albedo.live.i-1'), guardian.calls.join());
  }
});

t('one that an earlier run left is replaced: it would come too early', async () => {
  const guardian = guardianOf(ROLE, {
    fail: (op, name, count) =>
      op === 'scheduler:CreateSchedule' && name.endsWith('i-1') && count === 1 ? error(op, 'ConflictException', 'Invalid') : undefined,
  });
  await arm(guardian);
  assert.equal(
    guardian.calls.filter((call) => call.includes('i-1')),
    [`CreateSchedule albedo.live.i-1 ${AS}`, 'DeleteSchedule albedo.live.i-1', `CreateSchedule albedo.live.i-1 ${AS}`],
  );
});

t('one that is gone when it is to be deleted has done its work; one that cannot be deleted is said, and deletes itself', async () => {
  const gone = guardianOf(ROLE, {
    fail: (op) => (op === 'scheduler:DeleteSchedule' ? error(op, 'ResourceNotFoundException', 'NotFound') : undefined),
  });
  await arm(gone);
  await gone.disarm();
  assert.equal(gone.notes, []);
  const late = guardianOf(ROLE, {
    fail: (op, _name, count) =>
      op === 'scheduler:DeleteSchedule' && count === 1 ? error(op, 'ResourceNotFoundException', 'NotFound') : undefined,
  });
  await arm(late);
  await late.disarm();
  const deleted = late.calls.filter((call) => call.startsWith('Delete'));
  assert.is(deleted.length, 4, 'a schedule that is not found is deleted once more');
  const denied = guardianOf(ROLE, {
    fail: (op) => (op === 'scheduler:DeleteSchedule' ? error(op, 'AccessDeniedException', 'Denied') : undefined),
  });
  await arm(denied);
  await denied.disarm();
  assert.match(denied.notes.join(), 'could not be deleted; it deletes itself');
});

t('what ends by itself needs none', async () => {
  for (const experiment of ['killProcess', 'terminateInstance']) {
    const guardian = guardianOf({ notNeeded: false }, { experiment });
    await arm(guardian);
    await guardian.disarm();
    assert.equal([guardian.calls, guardian.notes], [[], []]);
  }
});

t('all stand guard: one that cannot keeps the fault away, and all are sent home', async () => {
  const told: string[] = [];
  const good: Guardian = { arm: async () => void told.push('armed'), disarm: () => void told.push('home') };
  const bad: Guardian = { arm: () => Promise.reject(new Error('no process')), disarm: async () => void told.push('home too') };
  assert.is((await rejects(together([bad, undefined, good]).arm(victim, UNTIL, NOTHING_KNOWN))).message, 'no process');
  await together([bad, undefined, good]).disarm();
  assert.equal(told, ['armed', 'home too', 'home']);
});

t.run();
