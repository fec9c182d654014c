/** Who may see the page and press its buttons. */
import { request } from 'node:http';
import * as assert from 'uvu/assert';
import type { Action } from '../../../reconciler/report/page/live.ts';
import { createFeed } from '../../../reconciler/watch/feed.ts';
import { type PageServer, servePage } from '../../../reconciler/watch/server.ts';
import { suite } from '../../support/suite.ts';

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const ask = ({ port }: PageServer, { method = 'GET', path = '/', headers = {}, body }: Asked): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        text += piece;
        // Events go on for ever: the first is enough.
        if (String(answer.headers['content-type']).startsWith('text/event-stream') && text.includes('\n\ndata:')) answer.destroy();
      });
      const end = (): void => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
      answer.once('end', end).once('close', end);
    });
    sent.once('error', reject);
    sent.end(body);
  });

async function served(
  use: (server: PageServer, own: Readonly<Record<string, string>>, pressed: string[]) => Promise<void>,
  port = 0,
): Promise<void> {
  const feed = createFeed({ stack: 'web', region: 'us-east-1', stage: { dnsName: 'x', listeners: [], targets: [] }, experiment: '' });
  const pressed: string[] = [];
  const can: readonly Action[] = ['start', 'probe'];
  const server = await servePage({
    ...{ port, scene: () => feed.scene(can, 0), rate: () => 5, report: () => undefined },
    act: async (action, value) => {
      if (value === 'wrong') throw new Error('that is wrong');
      pressed.push(`${action} ${value}`);
    },
  });
  const token = new URL(server.address).searchParams.get('token');
  try {
    await use(server, { host: `localhost:${server.port}`, cookie: `albedo-${server.port}=${token}` }, pressed);
  } finally {
    await server.close();
  }
}

const t = suite('page server');

t('the token opens it once and then is in a cookie of this port only', () =>
  served(async (server, own) => {
    const first = await ask(server, {
      path: new URL(server.address).pathname + new URL(server.address).search,
      headers: { host: own['host'] ?? '' },
    });
    assert.is(first.status, 303);
    assert.is(first.headers['location'], '/');
    assert.match(String(first.headers['set-cookie']), new RegExp(`^albedo-${server.port}=[\\w-]{32}; Path=/; HttpOnly; SameSite=Strict$`));
    const page = await ask(server, { headers: own });
    assert.is(page.status, 200);
    assert.match(String(page.headers['content-security-policy']), "frame-ancestors 'none'");
    assert.match(page.body, 'data-live');
  }),
);

t('everybody else is refused', () =>
  served(async (server, own, pressed) => {
    const { host = '', cookie = '' } = own;
    const json = { 'content-type': 'application/json' };
    const cases: readonly (readonly [Asked, number])[] = [
      [{ headers: { host } }, 401],
      [{ headers: { host, cookie: `${cookie}x` } }, 401],
      [{ headers: { host, cookie: cookie.replace('albedo-', 'other-') } }, 401],
      [{ path: '/?token=wrong', headers: { host } }, 401],
      [{ path: '/?token=', headers: own }, 401],
      [{ headers: { host: 'evil.example', cookie } }, 421],
      [{ headers: { host: `evil.example:${server.port}`, cookie } }, 421],
      [{ headers: { host: 'localhost', cookie } }, 421],
      [{ headers: { ...own, origin: 'http://evil.example' } }, 403],
      [{ headers: { ...own, origin: 'null' } }, 403],
      [{ headers: { ...own, origin: 'http://localhost:1' } }, 403],
      [{ headers: { ...own, 'sec-fetch-site': 'cross-site' } }, 403],
      [{ path: '/events', headers: { host } }, 401],
      [{ path: '/report.html', headers: own }, 404],
      [{ path: '/other', headers: own }, 404],
      [{ method: 'POST', path: '/do', headers: { host, ...json }, body: '{"action":"start"}' }, 401],
      [{ method: 'POST', path: '/do', headers: { ...own, ...json, origin: 'http://evil.example' }, body: '{"action":"start"}' }, 403],
      [{ method: 'POST', path: '/do', headers: { ...own, ...json, 'sec-fetch-site': 'same-site' }, body: '{"action":"start"}' }, 403],
      [{ method: 'POST', path: '/do', headers: { ...own, 'content-type': 'text/plain' }, body: '{"action":"start"}' }, 415],
      [{ method: 'POST', path: '/do', headers: { ...own, ...json }, body: 'x' }, 400],
      [{ method: 'POST', path: '/do', headers: { ...own, ...json }, body: 'null' }, 400],
      [{ method: 'POST', path: '/do', headers: { ...own, ...json }, body: '{"action":"rm"}' }, 400],
      [{ method: 'POST', path: '/do', headers: { ...own, ...json }, body: '{"action":"start","value":"wrong"}' }, 400],
      [{ method: 'POST', path: '/do', headers: { ...own, ...json }, body: '{"action":"stop"}' }, 409],
    ];
    for (const [asked, status] of cases) assert.is((await ask(server, asked)).status, status, JSON.stringify(asked));
    assert.equal(pressed, []);
    const may = {
      method: 'POST',
      path: '/do',
      headers: { ...own, ...json, origin: `http://${host}` },
      body: '{"action":"start","value":"7"}',
    };
    assert.is((await ask(server, may)).status, 204);
    assert.equal(pressed, ['start 7']);
  }),
);

t('the first event has every part, and another port is taken where the wanted one is', () =>
  served(async (server, own) => {
    const events = await ask(server, { path: '/events', headers: own });
    assert.is(events.status, 200);
    const news = JSON.parse(events.body.split('\ndata: ')[1]?.split('\n')[0] ?? '') as { parts: object; can: string[] };
    assert.ok(Object.keys(news.parts).length > 8);
    assert.equal(news.can, ['start', 'probe']);
    await served(async (other) => assert.is.not(other.port, server.port), server.port);
  }),
);

t.run();
