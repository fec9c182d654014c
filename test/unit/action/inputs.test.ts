import * as assert from 'uvu/assert';
import { INPUTS } from '../../../action/input-table.ts';
import { readInputs } from '../../../action/inputs.ts';
import { annotate, openLog } from '../../../action/log.ts';
import { openMask } from '../../../action/mask.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { heardCommands } from '../../support/action-bench.ts';
import { suite } from '../../support/suite.ts';

const t = suite('inputs, masks and the log');

const existing = (inputs: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries({ command: 'plan', ...inputs }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
const wrong = (inputs: Readonly<Record<string, string>>): string => {
  try {
    readInputs(existing(inputs));
  } catch (error) {
    assert.instance(error, ReconcileError);
    return (error as ReconcileError).message;
  }
  return '';
};

t('what is left out has the default of the table', () => {
  const inputs = readInputs(existing({}));
  assert.equal(inputs.spec, ['environments']);
  assert.equal([inputs.comment, inputs.approval, inputs.failOnChanges, inputs.reportFolder], ['auto', 'merge', 'false', 'albedo-report']);
  assert.equal(
    [inputs.maskAccountId, inputs.sandbox, inputs.lockWait, inputs.maxDeletes, inputs.checkRunId],
    [true, false, 0, undefined, undefined],
  );
});

t('lists are read line by line, numbers and flags as what they are', () => {
  const inputs = readInputs(
    existing({
      spec: ' a.yaml \n\n  my specs/b.yaml\r\n',
      'allow-replace': 'loadBalancer/main',
      'max-deletes': '3',
      'mask-account-id': 'False',
      'job-check-run-id': '42',
      'plan-digest': `web=${'a'.repeat(12)}\nus-east-1/shop=${'b'.repeat(64)}\nweb=${'c'.repeat(12)}`,
    }),
  );
  assert.equal(inputs.spec, ['a.yaml', 'my specs/b.yaml']);
  assert.equal([inputs.allowReplace, inputs.maxDeletes, inputs.maskAccountId, inputs.checkRunId], [['loadBalancer/main'], 3, false, 42]);
  assert.equal(
    [...inputs.planDigests],
    [
      ['web', ['a'.repeat(12), 'c'.repeat(12)]],
      ['us-east-1/shop', ['b'.repeat(64)]],
    ],
  );
});

const WRONG: readonly (readonly [inputs: Readonly<Record<string, string>>, says: string, right: Readonly<Record<string, string>>])[] = [
  [{ command: 'plam' }, 'command is "plam", but must be plan, apply', { command: 'drift' }],
  [{ command: '' }, 'command is needed', {}],
  [{ comment: 'always' }, 'comment is "always"', { comment: 'never' }],
  [{ sandbox: 'yes' }, 'sandbox is "yes", but must be true or false', { sandbox: 'TRUE' }],
  [{ 'pull-request': '-1' }, 'pull-request is "-1"', { 'pull-request': '12' }],
  [{ 'max-deletes': '1e3' }, 'max-deletes is "1e3"', { 'max-deletes': '0' }],
  [{ 'endpoint-url': 'localhost:4566' }, 'endpoint-url', { 'endpoint-url': 'http://127.0.0.1:4566' }],
  [{ 'plan-digest': 'abc' }, 'plan-digest: "abc" is not a plan digest', { 'plan-digest': 'a'.repeat(12) }],
  [{ 'plan-digest': `${'a'.repeat(12)}\nweb=${'b'.repeat(12)}` }, 'write STACK=DIGEST', { 'plan-digest': `web=${'b'.repeat(12)}` }],
  [{ 'plan-run-id': '5' }, 'plan-run-id needs plan-workflow', { 'plan-run-id': '5', 'plan-workflow': '.github/workflows/plan.yml' }],
  [{ 'plan-workflow': 'plan.yml' }, 'plan-workflow is "plan.yml"', { 'plan-workflow': '.github/workflows/plan.yaml' }],
  [{ 'sandbox-base': 'HEAD^1' }, 'sandbox-base needs sandbox: true', { 'sandbox-base': 'HEAD^1', sandbox: 'true' }],
  [{ accept: 'true' }, 'accept needs command: drift', { accept: 'true', command: 'drift' }],
  [{ command: 'apply', accept: 'targetGroup/web' }, 'accept needs command: drift', { command: 'apply', accept: 'false' }],
  [{ 'full-within-hours': '24' }, 'full-within-hours needs command: drift', { 'full-within-hours': '24', command: 'drift' }],
  [{ 'full-within-hours': '0', command: 'drift' }, 'full-within-hours is "0"', { 'full-within-hours': '1', command: 'drift' }],
  [
    { 'full-within-hours': '24', command: 'drift', accept: 'true' },
    'remove full-within-hours',
    { 'full-within-hours': '24', command: 'drift', accept: 'false' },
  ],
  [{ sandbox: 'true', 'endpoint-url': 'http://x' }, 'remove endpoint-url', { 'endpoint-url': 'http://x' }],
  [{ command: 'report' }, 'report needs result', { command: 'report', result: 'result.json' }],
  [{ 'dry-run': 'true' }, 'dry-run is called command: plan here', {}],
  [{ token: 'x' }, 'token is called github-token here', { 'github-token': 'x' }],
];

for (const [inputs, says, right] of WRONG)
  t(`${JSON.stringify(inputs).slice(0, 60)} is told`, () => {
    assert.match(wrong(inputs), says);
    assert.is(wrong(right), '');
  });

t('all mistakes are told at once, and the table names no input twice', () => {
  const said = wrong({ command: 'x', comment: 'y', sandbox: 'z' });
  for (const name of ['command is', 'comment is', 'sandbox is']) assert.match(said, name);
  assert.is(new Set(INPUTS.map((row) => row.name)).size, INPUTS.length);
});

t('account ids: those that were learned everywhere, and those in any ARN', () => {
  const mask = openMask(true);
  const arn = 'arn:aws:iam::210987654321:role/x';
  assert.is(mask.text(`123456789012 ${arn}`), '123456789012 arn:aws:iam::••••4321:role/x');
  mask.learn('123456789012');
  assert.equal(mask.value({ a: ['of 123456789012', 5, null, true], 'key-123456789012': arn }), {
    a: ['of ••••9012', 5, null, true],
    'key-••••9012': 'arn:aws:iam::••••4321:role/x',
  });
  const open = openMask(false);
  open.learn('123456789012');
  assert.is(open.text('123456789012'), '123456789012');
});

t('text of others never becomes a command; our own do', () => {
  let out = '';
  const log = openLog((text) => {
    out += text;
  });
  log.say('::error::from a spec\n  ::add-mask::x\n##[error]old form');
  log.command(() => {
    out += '::notice::ours\n';
  });
  log.say('::set-output name=a::b');
  log.end();
  assert.equal(heardCommands(out), ['::notice::ours']);
  assert.is(heardCommands(`${out}::warning::after\n`).length, 2);
});

t('ten annotations of each level, the last one counts the rest', async () => {
  const real = process.stdout.write;
  let out = '';
  process.stdout.write = ((text: string) => {
    out += text;
    return true;
  }) as typeof process.stdout.write;
  try {
    const log = openLog();
    const list = Array.from({ length: 25 }, (_, index) => ({
      level: 'error' as const,
      text: `e${index}\n::warning::x`,
      file: 'my specs/a,b.yaml',
      line: index + 1,
    }));
    annotate(log, [...list, { level: 'warning', text: 'w' }]);
    log.end();
  } finally {
    process.stdout.write = real;
  }
  const heard = heardCommands(out);
  assert.is(heard.filter((each) => each.startsWith('::error')).length, 10);
  assert.match(heard[0] ?? '', /^::error file=my specs\/a%2Cb\.yaml,line=1::e0%0A::warning::x$/);
  assert.match(heard[9] ?? '', 'and 16 more');
  assert.is(heard.filter((each) => each.startsWith('::warning')).length, 1);
});

t.run();
