/** A public client that knows nothing of albedo builds, uses and deletes the tutorial's stack on the sandbox. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { findPython } from '../../sandbox/tools.ts';
import { contractSuite } from '../support/contract-bench.ts';

const SCRIPT = fileURLToPath(new URL('./boto3_tutorial.py', import.meta.url));
/** Milliseconds; it takes about fifteen seconds. */
const LIMIT = 180_000;

const t = contractSuite('boto3');

t('the tutorial in Python', async ({ sandbox }) => {
  const env = { ...process.env, AWS_DEFAULT_REGION: 'us-east-1', ALBEDO_HOSTS_FILE: sandbox.hostsFile, PYTHONDONTWRITEBYTECODE: '1' };
  const { stdout } = await promisify(execFile)(findPython(), [SCRIPT], { env, timeout: LIMIT, killSignal: 'SIGKILL' });
  assert.is(stdout.trim().split('\n').at(-1), 'OK');
  assert.equal(
    Object.entries(sandbox.census()).filter(([, count]) => count > 0),
    [],
    'left in the account',
  );
});

t.run();
