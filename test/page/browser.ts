/** A real Chromium for the tests of the page. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser of this machine, or undefined. */
export const findBrowser = (): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));

export async function withBrowser(path: string, use: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe finds wrong, a line each. Through the debugger, which no policy of the page holds back. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = (await page.evaluate('axe.run(document).then(({ violations }) => violations)')) as Finding[];
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`));
}

/** `ALBEDO_SHOTS=FOLDER` keeps what the tests saw. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env['ALBEDO_SHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Nothing is cut off: no content is wider than the window, but in regions that scroll by themselves. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - innerWidth') as Promise<number>;

/** Waits until an expression of the page is true: asked from outside, since the page's policy lets nothing be evaluated within. */
export async function until(page: Page, expression: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; (await page.evaluate(expression).catch(() => false)) !== true; ) {
    if (Date.now() > deadline) throw new Error(`not within 30 s: ${expression}`);
    await page.waitForTimeout(50);
  }
}
