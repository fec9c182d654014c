// Every page in a browser, read by axe: no finding, no request to elsewhere, nothing that leaves the screen. A page has four looks: light and
// dark, narrow and wide. Each run takes one of them for each page, another one every day; with ALBEDO_ALL=1, or for pages that are named, all four.
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { BASE, OUT } from './pages.mjs';

const TYPES = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.webp': 'image/webp',
};
const browserPath = [process.env.ALBEDO_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);
if (browserPath === undefined) throw new Error('no Chromium is here: install one, or name it with ALBEDO_CHROMIUM');

const server = createServer((request, answer) => {
  const path = decodeURIComponent(new URL(request.url, 'http://site').pathname);
  const inside = path.startsWith(BASE) ? path.slice(BASE.length) : '404.html';
  let file = join(OUT, inside);
  if (existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
  if (!file.startsWith(OUT) || !existsSync(file)) return void answer.writeHead(404).end();
  answer.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
  createReadStream(file).pipe(answer);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const only = process.argv.slice(2);
const pages = readdirSync(OUT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('index.html') || file === '404.html')
  .map((file) => file.replaceAll('\\', '/').replace(/index\.html$/, ''))
  .filter((page) => only.length === 0 || only.some((part) => page.startsWith(part)))
  .sort();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
const findings = [];
let looked = 0;
const looks = ['light', 'dark'].flatMap((colorScheme) => [390, 1280].map((width) => ({ colorScheme, width })));
const day = Math.floor(Date.now() / 86_400_000);
const all = process.env.ALBEDO_ALL === '1' || only.length > 0;
try {
  for (const [number, { colorScheme, width }] of looks.entries()) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
    const page = await context.newPage();
    page.on('request', (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) findings.push(`${request.url()} is asked for`);
    });
    for (const path of pages.filter((_, index) => all || (index + day) % looks.length === number)) {
      const where = `${path || 'home'} ${colorScheme} ${width}`;
      await page.goto(`${origin}${BASE}${path}`, { waitUntil: 'load' });
      // Blocks of code get their place in the order of tabs when the browser is idle.
      const reachable = () =>
        [...document.querySelectorAll('pre')].every((each) => each.scrollWidth <= each.clientWidth || each.tabIndex === 0);
      await page.waitForFunction(reachable, undefined, { timeout: 5000 }).catch(() => undefined);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      for (const { id, nodes } of violations)
        findings.push(
          `${where}: ${id}: ${nodes
            .map(({ target }) => target.join(' '))
            .slice(0, 3)
            .join(', ')}`,
        );
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 0) findings.push(`${where}: ${over} pixels wider than the screen`);
      looked += 1;
    }
    await context.close();
  }
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
for (const line of findings) process.stderr.write(`${line}\n`);
process.stdout.write(`axe: ${looked} looks at ${pages.length} pages, ${findings.length} findings\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
