import { createServer, type Server } from 'node:net';
import * as assert from 'uvu/assert';
import type { Event } from '../../../reconciler/run/events.ts';
import { openSession } from '../../../reconciler/run/pipeline.ts';
import { untilReachable } from '../../../reconciler/verify/reachable.ts';
import { rejects } from '../../support/rejects.ts';
import { steppedClock } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite<{ servers: Server[] }>('reachable');
t.before.each((context) => {
  context.servers = [];
});
t.after.each(({ servers }) => {
  for (const server of servers) server.close();
});

async function listen({ servers }: { servers: Server[] }): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const target = {
  stack: 'web',
  dnsName: 'web.invalid',
  hosts: {},
  listeners: [
    { name: 'http', protocol: 'HTTP', port: 80 },
    { name: 'https', protocol: 'HTTPS', port: 443 },
  ],
  groups: [],
} as const;

function session() {
  const events: Event[] = [];
  const clock = steppedClock();
  return { events, clock, own: openSession({ region: 'us-east-1', env: process.env, clock, emit: (event) => void events.push(event) }) };
}

t('listeners that take connections are not waited for', async (context) => {
  const [http, https] = [await listen(context), await listen(context)];
  const hosts = { 'web.invalid:80': `127.0.0.1:${http}`, 'web.invalid:443': `127.0.0.1:${https}` };
  const { own, clock, events } = session();
  assert.is(await untilReachable(target, () => hosts, own), hosts);
  assert.equal([clock.slept, events], [[], []]);
});

t('a name that becomes known meanwhile is waited for, and said once', async (context) => {
  const [http, https] = [await listen(context), await listen(context)];
  const early = { 'web.invalid:80': `127.0.0.1:${http}` };
  const late = { ...early, 'web.invalid:443': `127.0.0.1:${https}` };
  const { own, clock, events } = session();
  let looks = 0;
  assert.is(await untilReachable(target, () => (++looks < 4 ? { ...early, 'web.invalid:443': '127.0.0.1:1' } : late), own), late);
  assert.equal(clock.slept, [1000, 1000, 1000]);
  assert.equal(
    events.map((event) => (event.kind === 'phase' ? event.text : event.kind)),
    ['waiting until web.invalid accepts connections on https (port 443)'],
  );
});

t('after three minutes it goes on with a warning, and an interrupt ends the wait', async () => {
  const nowhere = { 'web.invalid:80': '127.0.0.1:1', 'web.invalid:443': '127.0.0.1:1' };
  const { own, clock, events } = session();
  await untilReachable(target, () => nowhere, own);
  assert.is(clock.slept.length, 180);
  assert.match(
    events.at(-1)?.kind === 'warning' ? String((events.at(-1) as { text: string }).text) : '',
    'does not accept connections yet on http (port 80), https',
  );
  await rejects(
    untilReachable(target, () => nowhere, { ...session().own, signal: AbortSignal.abort(new Error('stop')) }),
    /stop/,
  );
});

t.run();
