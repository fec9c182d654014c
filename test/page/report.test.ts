/** The report in a real browser: from a file, without a network, on a screen, a phone and paper. Needs Chromium. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { judgeInTurn } from '../../reconciler/load/judge-in-turn.ts';
import { renderHtml } from '../../reconciler/report/html.ts';
import type { Stage } from '../../reconciler/report/page/stage.ts';
import { suite } from '../support/suite.ts';
import { usual } from '../unit/load/samples.ts';
import { NOT_REACHED, twoFaults } from '../unit/load/two-faults.ts';
import { load, reportOf } from '../unit/report/fixture.ts';
import { axe, findBrowser, overflow, shot, until, withBrowser } from './browser.ts';

const found = findBrowser();
const t = suite(found === undefined ? 'report page (skipped: no Chromium on the PATH)' : 'report page');
const test = found === undefined ? t.skip : t;

const target = { zone: 'us-east-1a', group: 'web', port: 8080, reason: '', broken: false };
const [one, two] = load.instances.map(({ instanceId }) => instanceId);
const stage: Stage = {
  dnsName: 'webserver-1234567890.us-east-1.elb.amazonaws.com',
  listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }],
  targets: [
    { ...target, id: one ?? '', name: 'web-1', health: 'healthy', requests: 900, share: 0.6 },
    {
      ...target,
      id: two ?? '',
      name: 'web-2',
      zone: 'us-east-1b',
      health: 'unhealthy',
      reason: 'Target.Timeout',
      requests: 600,
      share: 0.4,
    },
  ],
};

async function opened(
  options: BrowserContextOptions,
  use: (page: Page, problems: string[]) => Promise<void>,
  report = reportOf({ stage }),
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-page-'));
  const file = join(folder, 'report.html');
  writeFileSync(file, renderHtml(report));
  try {
    await withBrowser(found ?? '', async (browser) => {
      const context = await browser.newContext({ offline: true, ...options });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => request.url().startsWith('file:') || problems.push(request.url()));
      await page.goto(pathToFileURL(file).href);
      await use(page, problems);
      assert.equal(problems, []);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('axe finds nothing, light and dark, wide and narrow, and nothing is cut off', async () => {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1280, 390])
      await opened({ colorScheme, viewport: { width, height: 844 } }, async (page) => {
        for (const each of await page.locator('details').all()) await each.evaluate('(element) => { element.open = true }');
        assert.equal(await axe(page), [], `${colorScheme}, ${width} px`);
        assert.ok((await overflow(page)) <= 0, `${width} px: content is ${await overflow(page)} px wider`);
        for (const column of await page.locator('.path').all()) {
          const box = await column.boundingBox();
          assert.ok(box !== null && box.x + box.width <= width, 'the health column is within the page');
        }
        await shot(page, `report-${colorScheme}-${width}`);
      });
});

test('several experiments on one page: axe finds nothing, and nothing is cut off', async () => {
  const late = { ...usual, healthy: 56 };
  const input = twoFaults(late, { objectives: { errorRate: 0.05, p95: 300, recovery: 15 } });
  const report = reportOf({ stage, victim: null, load: judgeInTurn({ ...input, turns: [...input.turns, NOT_REACHED] }) });
  assert.equal(
    report.load?.experiments?.map(({ verdict }) => verdict),
    ['pass', 'missed', 'notReached'],
  );
  for (const width of [1280, 390])
    await opened(
      { viewport: { width, height: 844 } },
      async (page) => {
        for (const each of await page.locator('details').all()) await each.evaluate('(element) => { element.open = true }');
        assert.equal(await axe(page), [], `${width} px`);
        assert.ok((await overflow(page)) <= 0, `${width} px: content is ${await overflow(page)} px wider`);
        await page.locator('#failed select[data-filter=phase]').selectOption('experiment 2');
        assert.is(await page.locator('#failed tbody tr:visible').count(), 38);
        await shot(page, `report-experiments-${width}`);
      },
      report,
    );
});

test('the keyboard and the pointer read values out of a chart', () =>
  opened({ viewport: { width: 1280, height: 900 } }, async (page) => {
    const plot = page.locator('.plot').first();
    const out = plot.locator('.readout');
    await plot.focus();
    await page.keyboard.press('Home');
    assert.match((await out.textContent()) ?? '', /^0–1 s: p95 [\d.,]+ ms, requests \d+, failed \d+$/);
    await page.keyboard.press('ArrowRight');
    assert.match((await out.textContent()) ?? '', /^1–2 s: /);
    assert.is(await out.getAttribute('aria-live'), 'polite');
    await page.keyboard.press('End');
    assert.match((await out.textContent()) ?? '', new RegExp(`^${load.series.requests.length - 1}–${load.series.requests.length} s: `));
    await page.keyboard.press('Escape');
    assert.is(await out.textContent(), '');
    const box = await plot.boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width / 2, box.y + 120);
    assert.match((await out.textContent()) ?? '', /^\d+–\d+ s: p95/);
    assert.is(await out.getAttribute('aria-live'), 'off', 'a pointer that crosses the chart is not read aloud');
    assert.is(await page.locator('.plot .cursor').count(), 1);
  }));

test('filters leave the rows that fit all of them', () =>
  opened({ viewport: { width: 1280, height: 900 } }, async (page) => {
    const rows = page.locator('#failed tbody tr:visible');
    assert.is(await rows.count(), load.lost.failed);
    const select = page.locator('#failed select[data-filter=phase]');
    if ((await select.count()) > 0) {
      await select.selectOption('during');
      const left = await rows.count();
      assert.ok(left > 0 && left < load.lost.failed);
      assert.match((await page.locator('[data-shown]').textContent()) ?? '', `${left} shown.`);
      await select.selectOption('');
    }
    assert.is(await rows.count(), load.lost.failed);
  }));

test('on paper it is light, folds nothing and has no controls', () =>
  opened({ viewport: { width: 1000, height: 900 }, colorScheme: 'dark' }, async (page) => {
    await page.emulateMedia({ media: 'print' });
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    assert.is(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)');
    assert.is(await page.locator('.filters:visible').count(), 0);
    assert.is(await page.evaluate("document.querySelectorAll('details:not(.values):not([open])').length"), 0);
    await shot(page, 'report-print');
  }));

test('the data in it is the report', () =>
  opened({}, async (page) => {
    const data = await page.evaluate("JSON.parse(document.querySelector('#report').textContent).verdict");
    assert.is(data, reportOf({ stage }).verdict);
  }));

test('it is painted', () =>
  opened({}, async (page) => {
    await until(page, "performance.getEntriesByType('paint').length > 0");
    const paint = (await page.evaluate("performance.getEntriesByType('paint').map(({ startTime }) => startTime)")) as number[];
    // Said, and not judged: it is a matter of the machine.
    process.stdout.write(`first paint after ${Math.round(Math.min(...paint))} ms\n`);
  }));

t.run();
