/** A health check in its time: that of the target, and not that of a process that was held up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { createClock } from '../../../sandbox/clock.ts';
import { type ProbeTarget, probe } from '../../../sandbox/dataplane/probe.ts';
import { suite } from '../../support/suite.ts';

const t = suite('a health check', {} as { server: ChildProcess; port: number });

/** In a process of its own, which answers while this one is held up; `/never` it does not answer. */
const SERVER = `
const server = require('node:http').createServer((request, response) => { if (request.url !== '/never') response.end('ok'); });
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;
t.before(async (all) => {
  all.server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(all.server.stdout as NonNullable<ChildProcess['stdout']>, 'data');
  all.port = Number(String(said));
});
t.after(async ({ server }) => {
  server.kill('SIGKILL');
  await once(server, 'close');
});

const targetAt = (port: number, path: string, timeoutSeconds: number): ProbeTarget =>
  ({
    group: { protocolVersion: 'HTTP1', healthCheck: { protocol: 'HTTP', path, timeoutSeconds } },
    ...{ place: { host: '127.0.0.1', port }, privateIp: '10.0.0.1' },
  }) as unknown as ProbeTarget;

const holdUp = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

t('an answer that came while this process was held up counts, however long that lasted', async ({ port }) => {
  const clock = createClock();
  const outcome = probe(clock, targetAt(port, '/', 0.5));
  holdUp(900);
  assert.equal(await outcome, { kind: 'status', status: 200 });
});

t('a target that does not answer fails when its time is over, and not before', async ({ port }) => {
  const clock = createClock({ manual: true });
  let outcome: unknown;
  const asked = probe(clock, targetAt(port, '/never', 2)).then((came) => (outcome = came));
  clock.advance(1950);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.is(outcome, undefined);
  clock.advance(50);
  await asked;
  assert.equal(outcome, { kind: 'timeout' });
});

t.run();
