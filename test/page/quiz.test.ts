/** The questions as a page, in a real browser: from a file, without a network, light and dark, on a phone and a screen. Needs Chromium. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { quizPage } from '../../course/quiz/page.ts';
import { QUESTIONS } from '../../course/quiz/questions.ts';
import { suite } from '../support/suite.ts';
import { axe, findBrowser, overflow, shot, withBrowser } from './browser.ts';

const found = findBrowser();
const t = suite(found === undefined ? 'quiz page (skipped: no Chromium on the PATH)' : 'quiz page');
const test = found === undefined ? t.skip : t;

for (const width of [390, 1280])
  for (const colorScheme of ['light', 'dark'] as const)
    test(`${width} px, ${colorScheme}: answers are marked, and axe finds nothing`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'albedo-quiz-'));
      const file = join(folder, 'quiz.html');
      writeFileSync(file, quizPage(QUESTIONS));
      try {
        await withBrowser(found ?? '', async (browser) => {
          const context = await browser.newContext({ offline: true, colorScheme, viewport: { width, height: 900 } });
          const page = await context.newPage();
          const problems: string[] = [];
          page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
          page.on('pageerror', (error) => problems.push(error.message));
          page.on('request', (request) => request.url().startsWith('file:') || problems.push(request.url()));
          await page.goto(pathToFileURL(file).href);
          const [first, second] = QUESTIONS;
          assert.ok(first && second);
          await page.locator('fieldset').nth(0).locator('input').nth(first.right).check();
          const wrong = second.answers.findIndex((_, index) => index !== second.right);
          await page.locator('fieldset').nth(1).locator('input').nth(wrong).check();
          assert.is(await page.locator('#score').innerText(), `1 right of 2 answered, ${QUESTIONS.length} questions`);
          assert.match(await page.locator('fieldset').nth(0).innerText(), 'Right. ');
          assert.match(await page.locator('fieldset').nth(1).innerText(), 'Not right. ');
          assert.equal(await axe(page), []);
          assert.is(await overflow(page), 0);
          await shot(page, `quiz-${width}-${colorScheme}`);
          await page.locator('#again').click();
          assert.is(await page.locator('#score').innerText(), `0 right of 0 answered, ${QUESTIONS.length} questions`);
          assert.equal(problems, []);
        });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

t.run();
