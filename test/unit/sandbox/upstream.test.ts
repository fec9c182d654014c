/** moto over many resets: what it forgets, and that it does not grow. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { startUpstream } from '../../../sandbox/upstream.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox: moto');

t('a reset forgets: memory stays over many of them', async () => {
  const upstream = await startUpstream(() => undefined);
  try {
    const use = async (): Promise<void> => {
      const made = await upstream.send({
        service: 'ec2',
        region: 'us-east-1',
        body: 'Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0/16',
      });
      assert.is(made.status, 200);
      await upstream.reset();
    };
    const megabytes = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${upstream.pid}/status`, 'utf8'))?.[1]) / 1024;
    for (let count = 0; count < 10; count++) await use();
    const before = megabytes();
    for (let count = 0; count < 30; count++) await use();
    // It was 4 MB a reset: 120 here.
    assert.ok(megabytes() - before < 30, `grew from ${before.toFixed()} to ${megabytes().toFixed()} MB`);
  } finally {
    await upstream.stop();
  }
});

t.run();
