/** The live page in a real browser, fed with a load that is made up here. Needs Chromium. */
import type { Browser, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import type { Action } from '../../reconciler/report/page/live.ts';
import type { Stage } from '../../reconciler/report/page/stage.ts';
import { createFeed, type Feed } from '../../reconciler/watch/feed.ts';
import { type PageServer, servePage } from '../../reconciler/watch/server.ts';
import { suite } from '../support/suite.ts';
import { reportOf } from '../unit/report/fixture.ts';
import { axe, findBrowser, overflow, shot, until, withBrowser } from './browser.ts';

const found = findBrowser();
const t = suite(found === undefined ? 'live page (skipped: no Chromium on the PATH)' : 'live page');
const test = found === undefined ? t.skip : t;

const target = { group: 'web', port: 8080, reason: '', broken: false, requests: 0, share: null, health: 'healthy' };
const stage = (health: string): Stage => ({
  dnsName: 'webserver-1234567890.us-east-1.elb.amazonaws.com',
  listeners: [
    { name: 'http', protocol: 'HTTP', port: 80 },
    { name: 'https', protocol: 'HTTPS', port: 443 },
  ],
  targets: [
    { ...target, id: 'i-0aaaaaaaaaaaaaaaa', name: 'web-1', zone: 'us-east-1a' },
    {
      ...target,
      id: 'i-0bbbbbbbbbbbbbbbb',
      name: '<b>web-2</b>',
      zone: 'us-east-1b',
      health,
      reason: health === 'healthy' ? '' : 'Target.Timeout',
    },
  ],
});

interface Bench {
  readonly feed: Feed;
  readonly server: PageServer;
  readonly pressed: (readonly [Action, string | undefined])[];
  now: number;
  can: readonly Action[];
}

async function bench(use: (bench: Bench) => Promise<void>): Promise<void> {
  const feed = createFeed({ stack: 'web', region: 'us-east-1', stage: stage('healthy'), experiment: 'stop one of web', p95Limit: 300 });
  const state = { now: 1_700_000_000_000, can: ['start', 'experiment', 'probe'] as readonly Action[] };
  const pressed: (readonly [Action, string | undefined])[] = [];
  const server = await servePage({
    ...{ port: 0, scene: () => feed.scene(state.can, state.now), rate: () => 50, report: () => undefined },
    act: async (action, value) => {
      if (value === 'x') throw new Error('The rate is a number.');
      pressed.push([action, value]);
    },
  });
  const made: Bench = Object.assign(state, { feed, server, pressed });
  try {
    await use(made);
  } finally {
    await server.close();
  }
}

/** Seconds of a load, the second target answering until `lost`. */
function send({ feed }: Bench, startedAt: number, seconds: number, lost = Number.POSITIVE_INFINITY): void {
  for (let second = 0; second < seconds; second++) {
    const gone = second >= lost;
    feed.see(
      {
        ...{ kind: 'load-seconds', startedAt },
        seconds: [
          {
            second,
            requests: 50,
            failed: gone ? 5 : 0,
            p95: gone ? 900 : 20 + second,
            byInstance: { 'i-0aaaaaaaaaaaaaaaa': gone ? 45 : 25, ...(gone ? {} : { 'i-0bbbbbbbbbbbbbbbb': 25 }) },
          },
        ],
        failed: gone ? [{ second, ms: 1000, instance: '', status: 0, error: 'request timed out' }] : [],
      },
      startedAt + second * 1000,
    );
  }
}

async function open(
  browser: Browser,
  server: PageServer,
  width: number,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(server.address);
  return { page, problems };
}

test('it shows load, fault and undo as they happen, and axe finds nothing', () =>
  withBrowser(found ?? '', async (browser) => {
    for (const [width, scheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const)
      await bench(async (its) => {
        const { page, problems } = await open(browser, its.server, width, scheme);
        assert.is(new URL(page.url()).search, '', 'the token is out of the address');
        its.feed.begin(50, 60);
        send(its, its.now, 20);
        its.now += 20_000;
        await until(page, "document.querySelector('[data-part=tiles]').textContent.includes('50.0/s')");
        assert.match((await page.locator('[data-part=stage] table').textContent()) ?? '', '25/s · 50 %');
        assert.match((await page.locator('[data-part=stage] table').textContent()) ?? '', '<b>web-2</b>');
        its.feed.see({ kind: 'chaos', mark: 'fault', instanceId: 'i-0bbbbbbbbbbbbbbbb', text: 'stopping web-2' }, its.now);
        its.feed.health(stage('unhealthy'), its.now);
        send(its, its.now - 20_000, 30, 20);
        its.now += 10_000;
        await until(page, "document.querySelector('[data-part=stage] table').textContent.includes('Target.Timeout')");
        assert.match((await page.locator('[data-part=happenings]').textContent()) ?? '', 'stopping web-2');
        assert.is((await page.locator('.plot svg.wide .fault').count()) > 0, true);
        assert.match((await page.locator('[data-part=failed]').textContent()) ?? '', 'request timed out');
        its.feed.probed({
          path: '/',
          answers: [
            { sent: [], set: ['AWSALB'], target: 'web-1', status: 200, error: '' },
            { sent: ['AWSALB'], set: ['AWSALB'], target: 'web-1', status: 200, error: '' },
          ],
          cookies: [{ name: 'AWSALB', value: `${'Ab1'.repeat(30)}`, expires: its.now + 86_400_000 }],
        });
        await until(page, "document.querySelector('[data-part=jar]').textContent.includes('the session is sticky')");
        assert.equal(await axe(page), [], `${width} px`);
        assert.ok((await overflow(page)) <= 0, `${width} px`);
        await shot(page, `live-${width}`);
        its.feed.see({ kind: 'chaos', mark: 'undo', instanceId: 'i-0bbbbbbbbbbbbbbbb', text: 'starting web-2' }, its.now);
        its.feed.end(reportOf(), 'met its objectives.');
        await until(page, "document.title === 'web: pass'");
        assert.equal(await axe(page), [], `${width} px, ended`);
        await shot(page, `live-ended-${width}`);
        assert.equal(problems, []);
        await page.close();
      });
  }));

test('the place of the keyboard in a chart outlasts the updates', () =>
  withBrowser(found ?? '', (browser) =>
    bench(async (its) => {
      const { page } = await open(browser, its.server, 1280);
      its.feed.begin(50, 60);
      send(its, its.now, 10);
      its.now += 10_000;
      await until(page, "document.querySelector('[data-part=latency] svg') !== null");
      await page.locator('.plot').first().focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowRight');
      const before = await page.locator('.readout').first().textContent();
      assert.match(before ?? '', /^1–2 s: p95 21 ms/);
      send(its, its.now - 10_000, 20);
      await until(page, "JSON.parse(document.querySelector('[data-part=latency] svg').dataset.plot).columns[0][2].length === 20");
      assert.is(await page.locator('.readout').first().textContent(), before);
      assert.is(await page.evaluate('document.activeElement.className'), 'plot');
    }),
  ));

test('buttons press what may be pressed, and say what is wrong', () =>
  withBrowser(found ?? '', (browser) =>
    bench(async (its) => {
      const { page } = await open(browser, its.server, 1280);
      const stop = page.locator('button[data-do=stop]');
      assert.is(await stop.isDisabled(), true);
      await page.locator('#rate').fill('75');
      await page.locator('button[data-do=start]').click();
      await until(page, 'true');
      for (let n = 0; its.pressed.length === 0 && n < 50; n++) await page.waitForTimeout(20);
      assert.equal(its.pressed, [['start', '75']]);
      its.can = ['stop'];
      await until(
        page,
        "!document.querySelector('button[data-do=stop]').disabled && document.querySelector('button[data-do=start]').disabled",
      );
      await its.server.close();
      await until(page, "/lost|ended/.test(document.querySelector('#said').textContent)");
    }),
  ));

t.run();
