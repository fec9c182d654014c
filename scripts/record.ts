/**
 * The pictures of the README, from real runs: `npm run record`. docs/images/demo.svg is what `albedo demo` printed, docs/images/comment.png
 * the comment of the pull request that `npm run demo:pr` played. Both run here: about five minutes. The picture needs Chromium.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { type Chunk, linesOf, terminalSvg } from './record/terminal.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const OUT = join(ROOT, 'docs', 'images');
/** Pixels: of a longer comment the beginning is shown. */
const HIGHEST = 1100;

/** Runs a program and keeps what it prints, with the times. @throws Error when it fails. */
function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<readonly Chunk[]> {
  const begun = Date.now();
  const chunks: Chunk[] = [];
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        chunks.push({ at: Date.now() - begun, text });
        process.stderr.write(text);
      });
    child.once('error', failed);
    child.once('close', (code) => (code === 0 ? done(chunks) : failed(new Error(`${args.join(' ')} ended with status ${code}`))));
  });
}

async function demo(): Promise<void> {
  const chunks = await run(['bin/albedo.mjs', 'demo'], { FORCE_COLOR: '1', CI: '1' });
  const title = 'albedo demo: a stack is applied in the sandbox, loaded while an instance is stopped, judged, and destroyed';
  writeFileSync(join(OUT, 'demo.svg'), terminalSvg(linesOf(chunks, 'npx albedo demo'), title));
}

/** Signs that not every machine has a font for, and others that it has. */
const SIGNS: Readonly<Record<string, string>> = { '✅': '✔', '❌': '✘', '🟠': '●', '⚡': '↯', '⏻': '○' };

/** Of out/pull-request.html, as `npm run demo:pr` left it. */
async function picture(): Promise<void> {
  const { findOnPath } = (await import(join(ROOT, 'scripts/setup/places.mjs'))) as { findOnPath(name: string): string | undefined };
  const found = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => findOnPath(name)).find(Boolean);
  if (found === undefined) throw new Error('no Chromium on PATH: install one for docs/images/comment.png');
  const browser = await chromium.launch({ executablePath: found, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
  try {
    const tab = await browser.newPage({ viewport: { width: 1000, height: HIGHEST } });
    await tab.goto(pathToFileURL(join(ROOT, 'out', 'pull-request.html')).href);
    const html = Object.entries(SIGNS).reduce((text, [sign, other]) => text.replaceAll(sign, other), await tab.content());
    await tab.setContent(html);
    const box = await tab.locator('section.comment').last().boundingBox();
    if (box === null) throw new Error('the page of the pull request has no comment');
    const clip = { ...box, height: Math.min(box.height, HIGHEST) };
    await tab.screenshot({ path: join(OUT, 'comment.png'), fullPage: true, clip });
  } finally {
    await browser.close();
  }
}

mkdirSync(OUT, { recursive: true });
const only = process.argv[2];
if (only === undefined || only === 'demo') await demo();
if (only === undefined || only === 'comment') await run(['scripts/demo-pr.ts']);
if (only !== 'demo') await picture();
