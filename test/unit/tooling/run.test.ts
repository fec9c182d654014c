import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';

const RUNNER = fileURLToPath(new URL('../../run.ts', import.meta.url));
const FIXTURES = fileURLToPath(new URL('../../fixtures/runner', import.meta.url));
const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

interface Answer {
  readonly status: number | null;
  readonly output: string;
  readonly last: string;
}

function runTests(args: readonly string[], env: Record<string, string> = {}): Promise<Answer> {
  const { CI: _, ...base } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [RUNNER, '--root', FIXTURES, ...args], {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...base, NO_COLOR: '1', ...env },
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output, last: output.trimEnd().split('\n').at(-1) ?? '' }));
  });
}

const t = suite('test runner');

t('passes a file whose tests pass, and says how many on the last line', async () => {
  const { status, last } = await runTests(['/good.test.ts']);
  assert.is(last, '2 passed, 0 failed');
  assert.is(status, 0);
});

// Each of these ends well, or says nothing, under uvu alone or under a runner that only reads exit statuses.
const FAULTS: readonly (readonly [file: string, last: string, says: RegExp, env?: Record<string, string>])[] = [
  ['forgotten-run', '0 passed, 1 failed', /no suite was run/],
  ['one-run-of-two', '1 passed, 1 failed', /2 suites are made but only 1 run/],
  ['failing', '1 passed, 1 failed', /is wrong/],
  ['throwing-import', '0 passed, 1 failed', /thrown while importing/],
  ['focused', '1 passed, 1 failed', /`\.only` was left in/],
  ['async-failure', '0 passed, 1 failed', /rejected later/],
  ['unhandled', '0 passed, 1 failed', /nobody awaits this/],
  ['throwing-hook', '0 passed, 1 failed', /a before or after hook threw/],
  ['early-exit', '0 passed, 1 failed', /ended early \(status 0\)/],
  ['empty-suite', '0 passed, 1 failed', /holds no test/],
  ['skipping', '1 passed, 1 failed', /1 tests are skipped/, { CI: 'true' }],
  // The limits leave room for a slow start: what is waited for here never comes.
  ['hanging', '0 passed, 1 failed', /hanging\.test\.ts did not end within 5 s/, { ALBEDO_TEST_FILE_LIMIT: '5000' }],
  ['left-open', '1 passed, 1 failed', /left something open[\s\S]*TCPServerWrap/, { ALBEDO_TEST_LEAVE_LIMIT: '300' }],
  ['left-process', '1 passed, 1 failed', /left running: sleep 60/],
];

for (const [file, last, says, env] of FAULTS) {
  t(`fails ${file}`, async () => {
    const answer = await runTests([`/${file}.test.ts`], env);
    assert.is(answer.last, last, answer.output);
    assert.match(answer.output, says);
    assert.is(answer.status, 1);
  });
}

t('allows a skipped test outside CI, and counts it', async () => {
  const { status, output, last } = await runTests(['/skipping.test.ts']);
  assert.is(last, '1 passed, 0 failed');
  assert.match(output, /^skipped: 1$/m);
  assert.is(status, 0);
});

t('goes on after a file that crashed', async () => {
  const { status, last } = await runTests(['/throwing-import.test.ts', '/good.test.ts', '--jobs', '1']);
  assert.is(last, '2 passed, 1 failed');
  assert.is(status, 1);
});

t('fails when a name matches no file', async () => {
  const { status, output, last } = await runTests(['/good.test.ts', 'no-such-file']);
  assert.match(output, /no test file matches no-such-file/);
  assert.is(last, '2 passed, 1 failed');
  assert.is(status, 1);
});

t.run();
