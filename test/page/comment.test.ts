/** The comment as a phone shows it: every text is whole, and nothing has to be scrolled to but diffs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { renderPage } from '../../scripts/demo-pr/markdown.ts';
import { suite } from '../support/suite.ts';
import { findBrowser, overflow, shot, withBrowser } from './browser.ts';

const COMMENTS = fileURLToPath(new URL('../unit/report/comments/', import.meta.url));
/** What of GitHub's style sheet decides about widths (primer/css, markdown-body), within the frame of a comment. */
const STYLE = `body { margin: 0; padding: 16px; font: 14px/1.5 system-ui, sans-serif; overflow-wrap: break-word }
section { border: 1px solid; padding: 12px } pre { overflow: auto; padding: 12px; font-size: 12px }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse } td, th { padding: 6px 13px; border: 1px solid }
code { font: 12px ui-monospace, monospace; padding: .2em .4em; white-space: break-spaces } blockquote { margin: 0; padding: 0 1em }`;
/** Tables that are cut off, and cells in which words are broken into letters. */
const BROKEN = `[...document.querySelectorAll('table')].filter((table) => table.scrollWidth > table.clientWidth + 1).map((table) => table.textContent)
  .concat([...document.querySelectorAll('td, th, li, p')].filter((one) => one.textContent.length > 20 && one.clientWidth < 60).map((one) => one.textContent))`;

const t = suite('the comment on a phone');

t('nothing is cut off at 390 px', async () => {
  const path = findBrowser();
  assert.ok(path, 'no Chromium: node scripts/setup.mjs --browser');
  await withBrowser(path, async (browser) => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    const names = readdirSync(COMMENTS).filter((name) => name.endsWith('.md'));
    assert.ok(names.length > 10);
    for (const name of names) {
      const html = renderPage(readFileSync(join(COMMENTS, name), 'utf8')).replaceAll('<details>', '<details open>');
      await page.setContent(`<!doctype html><style>${STYLE}</style><section>${html}</section>`);
      await shot(page, `comment-${name}`);
      assert.ok((await overflow(page)) <= 0, name);
      assert.equal(await page.evaluate(BROKEN), [], name);
    }
  });
});

t.run();
