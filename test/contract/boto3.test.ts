/** A public client that knows nothing of albedo builds, uses and deletes the tutorial's stack on the sandbox. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { findPython } from '../../sandbox/tools.ts';
import { contractSuite } from '../support/contract-bench.ts';

const script = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url));
/** Milliseconds; it takes about fifteen seconds. */
const LIMIT = 180_000;

const t = contractSuite('boto3', { pageSize: 3, timings: { instanceStopping: 500 } });

async function runs(name: string, { hostsFile }: Pick<Sandbox, 'hostsFile'>): Promise<void> {
  const env = { ...process.env, AWS_DEFAULT_REGION: 'us-east-1', ALBEDO_HOSTS_FILE: hostsFile, PYTHONDONTWRITEBYTECODE: '1' };
  const { stdout } = await promisify(execFile)(findPython(), [script(name)], { env, timeout: LIMIT, killSignal: 'SIGKILL' });
  assert.is(stdout.trim().split('\n').at(-1), 'OK');
}

t('the tutorial in Python', async ({ sandbox }) => {
  await runs('boto3_tutorial.py', sandbox);
  assert.equal(
    Object.entries(sandbox.census()).filter(([, count]) => count > 0),
    [],
    'left in the account',
  );
});

t('waiters end and paginators bring everything', async ({ sandbox }) => {
  await sandbox.reset();
  await runs('boto3_waiters.py', sandbox);
});

t.run();
