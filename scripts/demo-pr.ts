/**
 * A first pull request on this machine: `npm run demo:pr`. The workflows of .github/workflows run as they are, on the sandbox; GitHub is
 * a server on loopback. Shows what happens, and leaves the pull request as a page, and as a picture where there is a browser, in out/.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ROOT, type RunEnd } from '../test/support/act/runner.ts';
import { openStory, type Story } from '../test/support/act/story.ts';
import { type Moment, pullRequestPage } from './demo-pr/page.ts';

const SPEC = 'environments/sandbox/webserver.yaml';
const TITLE = 'Connections may idle for 75 s';
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Of what act prints, the ends of steps. */
function showSteps(text: string): void {
  for (const [, sign = '', step = ''] of text.matchAll(/^\[[^\]]*\]\s+(✅|❌)\s+(?:Success|Failure) - Main (.*)$/gm))
    say(`    ${sign} ${step}`);
}

async function tell(story: Story, moments: Moment[]): Promise<void> {
  const happens = (title: string): void => {
    moments.push({ title });
    say(`\n● ${title}`);
  };
  const ended = ({ conclusion, out }: RunEnd, workflow: string): void => {
    if (conclusion !== 'success') throw new Error(`the workflow ${workflow} ended with ${conclusion}:\n${out}`);
    const comment = story.comment(1);
    moments.push({ title: '<b>github-actions</b> bot', comment });
    say(`\n${comment.replace(/\n*<!--[\s\S]*$/, '').replace(/^/gm, '    │ ')}`);
  };
  const before = readFileSync(join(ROOT, SPEC), 'utf8');
  const number = story.open(
    'idle',
    { [SPEC]: before.replace('ipAddressType: ipv4', 'ipAddressType: ipv4\n  idleTimeout: 75s') },
    undefined,
    TITLE,
  );
  happens(`dana opens pull request #${number}: ${TITLE}`);
  happens('workflow albedo plan');
  ended(await story.plan(number), 'albedo plan');
  happens('dana merges it: workflow albedo apply, with a load test while an instance is turned off (about two minutes)');
  ended(await story.merge(number), 'albedo apply');
}

/** A picture of the page; false where no browser is found. */
async function picture(page: string, path: string): Promise<boolean> {
  const { findOnPath } = (await import(join(ROOT, 'scripts/setup/places.mjs'))) as { findOnPath(name: string): string | undefined };
  const found = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map((name) => findOnPath(name)).find(Boolean);
  if (found === undefined) return false;
  const browser = await chromium.launch({ executablePath: found });
  try {
    const tab = await browser.newPage({ viewport: { width: 1060, height: 900 } });
    await tab.setContent(page);
    await tab.screenshot({ path, fullPage: true });
  } finally {
    await browser.close();
  }
  return true;
}

const moments: Moment[] = [];
const story = await openStory({ files: { [SPEC]: readFileSync(join(ROOT, SPEC), 'utf8') }, watch: showSteps });
story.vars = {};
try {
  await tell(story, moments);
} finally {
  await story.stop();
}
const out = join(ROOT, 'out');
mkdirSync(out, { recursive: true });
const page = pullRequestPage(TITLE, moments);
writeFileSync(join(out, 'pull-request.html'), page);
say(`\nThe pull request: out/pull-request.html${(await picture(page, join(out, 'pull-request.png'))) ? ', out/pull-request.png' : ''}`);
