/**
 * The tutorial, done word for word: one folder, one sandbox, chapter after chapter. Each file is written and committed as the page says,
 * each command typed, and what is printed held against what the page shows. `ALBEDO_ALL=1` does every chapter; otherwise the first and a
 * sample of the others, and of those between only their file is applied.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { letterOf, writeAnswers } from '../../course/quiz/grade.ts';
import { QUESTIONS } from '../../course/quiz/questions.ts';
import { blocksOf, ROOT, textOf } from '../support/documents.ts';
import { sampled } from '../support/sample.ts';
import { suite } from '../support/suite.ts';
import { openShell, type Shell, type, writeTitled } from '../support/typed.ts';

const SPEC = 'environments/course/course.yaml';
const CHAPTERS = readdirSync(join(ROOT, 'docs/tutorial'))
  .filter((name) => /^\d\d-/.test(name))
  .sort();
const OTHERS = CHAPTERS.slice(1);
const ANSWERS = writeAnswers(Object.fromEntries(QUESTIONS.map(({ id, right }) => [id, letterOf(right)])));
const typed = new Set([...CHAPTERS.slice(0, 1), ...sampled(OTHERS, 5)]);

const t = suite<{ folder: string; shell: Shell }>('docs: tutorial');

t.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'albedo-tutorial-'));
  const { PATH, LANG } = process.env;
  const env = { PATH, LANG, ALBEDO_SANDBOX: join(context.folder, 'sandbox') };
  context.shell = openShell(context.folder, join(context.folder, 'course'), env);
  mkdirSync(join(context.shell.cwd, 'environments/course'), { recursive: true });
  git(context.shell, 'init', '--quiet', '--initial-branch', 'main');
});
t.after(async ({ folder, shell }) => {
  execFileSync('albedo', ['sandbox', 'down'], { env: shell.env, cwd: shell.cwd, stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
});

const git = ({ cwd, env }: Shell, ...args: readonly string[]): void =>
  void execFileSync('git', ['-c', 'user.name=dana', '-c', 'user.email=dana@example.com', ...args], { cwd, env, stdio: 'pipe' });

for (const chapter of CHAPTERS) {
  const file = `docs/tutorial/${chapter}`;
  t(`${chapter}: ${typed.has(chapter) ? 'what is typed prints what is shown' : 'its file is applied'}`, async ({ shell }) => {
    const text = textOf(file);
    const [, spec = ''] = /<!-- course\/specs\/\S+ -->\n+```yaml\n([\s\S]*?)^```$/m.exec(text) ?? [];
    assert.match(spec, /^stack: course/);
    writeFileSync(join(shell.cwd, SPEC), spec);
    git(shell, 'add', SPEC);
    git(shell, 'commit', '--quiet', '--allow-empty', '-m', chapter);
    if (!typed.has(chapter)) {
      execFileSync('albedo', ['apply', SPEC], { ...shell, stdio: 'pipe' });
      return;
    }
    for (const block of blocksOf(text)) {
      writeTitled(shell, block);
      // Nobody can show a quiz that is answered: the reader's answers, which are right.
      if (block.body.includes('check self-check')) writeFileSync(join(shell.cwd, 'environments/course/answers.txt'), ANSWERS);
      if (block.language === 'console') await type(shell, file, block);
    }
  });
}

t.run();
