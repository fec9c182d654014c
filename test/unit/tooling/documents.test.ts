/** The documents: links lead somewhere, commands exist, specs are valid, and what a page says is printed is what is printed. */

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import * as assert from 'uvu/assert';
import { PACKAGE } from '../../../reconciler/cli/about.ts';
import { makeProgram } from '../../../reconciler/cli/program.ts';
import { readSpec } from '../../../reconciler/config/read.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import { type Bench, startBench } from '../../support/faults-bench.ts';
import { suite } from '../../support/suite.ts';

const ROOT = join(import.meta.dirname, '../../..');
const t = suite('documents');

const below = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).flatMap((name) =>
    name.endsWith('.md') ? [`${folder}/${name}`] : [],
  );
const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...below('docs'),
  ...['action/README.md', 'sandbox/SPEC.md', 'schemas/README.md'],
].sort();
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Block {
  readonly language: string;
  readonly title: string | undefined;
  readonly body: string;
  /** Counted from 1. */
  readonly line: number;
}
const blocksOf = (text: string): readonly Block[] =>
  [...text.matchAll(/^```([a-z]*)(?: title="([^"]+)")?\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: title, 3: body = '', index }) => ({
    ...{ language, title, body },
    line: text.slice(0, index).split('\n').length,
  }));

/** As GitHub makes them of headings: lower case, without punctuation, blanks as hyphens. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

t('every link between documents leads to a file and a heading that are there', () => {
  const broken: string[] = [];
  for (const file of DOCUMENTS) {
    const prose = textOf(file)
      .replace(/^```[\s\S]*?^```$/gm, '')
      .replace(/`[^`\n]*`/g, '');
    for (const [, link = ''] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      // Pictures are made from real runs, by `npm run record`.
      if (/^[a-z]+:/.test(link) || link.startsWith('docs/images/')) continue;
      const [path = '', hash] = link.split('#');
      const target = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), path));
      if (!existsSync(join(ROOT, target))) broken.push(`${file}: ${link}`);
      else if (hash !== undefined && target.endsWith('.md') && !anchorsOf(textOf(target)).includes(hash)) broken.push(`${file}: ${link}`);
    }
  }
  assert.equal(broken, []);
});

/** Command lines of `albedo` in a block, as words; what a shell would do with quotes, pipes and variables is left out. */
const commandsIn = ({ language, body }: Block): readonly string[] =>
  ['sh', 'console', 'bash', ''].includes(language)
    ? body
        .replace(/\\\n\s*/g, '')
        .split('\n')
        .flatMap((line) => {
          const [, words] =
            /^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:npx (?:--\S+ )*)?(?:@albedo-gitops\/)?albedo ((?!<)[a-z-].*)$/.exec(line.trim()) ?? [];
          return words === undefined ? [] : [words.replace(/\s+#.*$/, '').replace(/ (>>?|\||<|&&|;) .*$/, '')];
        })
    : [];

const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap((each) => leaves(each));

t('every albedo command of the documents exists, with its flags', () => {
  let count = 0;
  // Paths that a command writes are tried before it runs; here none runs.
  const writing = /(--(?:out|report|call-log)) [^\s]*\//g;
  for (const file of DOCUMENTS)
    for (const block of blocksOf(textOf(file)))
      for (const written of commandsIn(block)) {
        const line = written.replaceAll(writing, `$1 ${tmpdir()}/`);
        if (line.includes('…') || /^[A-Z]/.test(line)) continue;
        const program = makeProgram();
        let ran = 0;
        let said = '';
        for (const command of leaves(program))
          command
            .exitOverride()
            .configureOutput({ writeErr: (text) => void (said += text) })
            .action(() => void (ran += 1));
        program.exitOverride().configureOutput({ writeErr: (text) => void (said += text) });
        try {
          program.parse(line.match(/'[^']*'|"[^"]*"|\S+/g) ?? [], { from: 'user' });
        } catch (error) {
          assert.unreachable(`${file}:${block.line}: albedo ${line}: ${said}${String(error)}`);
        }
        assert.is(ran, 1, `${file}:${block.line}: albedo ${line}`);
        count += 1;
      }
  assert.ok(count > 20, String(count));
});

/** Folders that a checkout has, as git tracks them. */
const tracked = (under: string): readonly string[] =>
  execFileSync('git', ['ls-files', '-z', '--', under], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 })
    .split('\0')
    .filter((path) => path !== '');
const foldersBelow = (under: string): readonly string[] => {
  const depth = under === '.' ? 0 : under.split('/').length;
  return [...new Set(tracked(under).flatMap((path) => (path.split('/').length > depth + 1 ? [path.split('/')[depth] ?? ''] : [])))];
};

t('the tree in CONTRIBUTING.md names every folder there is, and none that there is not', () => {
  const text = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const rows =
    text
      .split('## The tree')[1]
      ?.split('\n## ')[0]
      ?.split('\n')
      .filter((line) => /^\| `/.test(line)) ?? [];
  // `reconciler/observe`, `plan`: the second is beside the first.
  const named = rows.flatMap((row) => {
    const names = [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    const beside = names[0]?.includes('/') ? `${names[0].split('/')[0]}/` : '';
    return names.map((name) => (name.includes('/') ? name : `${beside}${name}`));
  });
  const there = [
    ...foldersBelow('.').filter((name) => !name.startsWith('.') && name !== 'reconciler'),
    ...foldersBelow('reconciler').map((name) => `reconciler/${name}`),
  ];
  assert.equal([...named].sort(), [...there].sort());
  const tests = rows.find((row) => row.startsWith('| `test`')) ?? '';
  for (const name of foldersBelow('test')) assert.ok(tests.includes(`\`${name}\``), `test/${name}`);
});

t('every whole spec of the documents is valid', () => {
  let count = 0;
  for (const file of DOCUMENTS)
    for (const { language, body, line } of blocksOf(textOf(file))) {
      if (language !== 'yaml' || !/^stack: /m.test(body) || !/^listeners:/m.test(body) || body.includes('…')) continue;
      // What it extends is another block, or a file of the reader.
      if (/^extends:/m.test(body)) continue;
      const { problems } = readSpec(new TextEncoder().encode(body), file, { ...hashing, env: () => 'secret' });
      assert.equal(
        problems.filter(({ severity }) => severity === 'error').map(({ message }) => message),
        [],
        `${file}:${line}`,
      );
      count += 1;
    }
  assert.ok(count >= 6, String(count));
});

t('the documents name the package as it is, and run nothing by the bare name that anybody could publish', () => {
  for (const file of DOCUMENTS) {
    const text = textOf(file);
    for (const [whole] of text.matchAll(/(?:npx|npm (?:install|i|exec)) (?:--?\S+ )*@?[\w./-]*albedo\b[\w/-]*/g)) {
      if (file === 'docs/releasing.md' || /npx albedo/.test(whole)) continue;
      assert.match(whole, PACKAGE, file);
    }
  }
});

/** Whether a text is what a page shows: a line `…` stands for any lines, `…` in a line for any text. */
export function fits(shown: string, printed: string): boolean {
  const escaped = (line: string): string => line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*');
  const parts = shown
    .trimEnd()
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\\n)*' : `${escaped(line.trimEnd())} *\\n`));
  return new RegExp(`^${parts.join('')}$`).test(`${printed.trimEnd()}\n`);
}

t('a page that shows something else than what is printed is found', () => {
  assert.ok(fits('a\n…\nd', 'a\nb\nc\nd\n'));
  assert.ok(fits('is … s\n…', 'is 7 s\n'));
  assert.not.ok(fits('a', 'b'));
  assert.not.ok(fits('a', 'a\nb'));
  assert.not.ok(fits('…\nd', 'a\nb'));
});

let bench: Bench;
let folder: string;
t.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'albedo-documents-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/albedo'), `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/bin/albedo.mjs' "$@"\n`, { mode: 0o755 });
  bench = await startBench();
});
t.after(async () => {
  await bench?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (command: string, cwd: string): Promise<string> =>
  new Promise((resolve) => {
    const env = { ...bench.env, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: folder, NO_COLOR: '1' };
    execFile('/bin/sh', ['-c', `{ ${command}\n} 2>&1`], { cwd, env, maxBuffer: 1 << 26 }, (_, out) => resolve(out));
  });

for (const file of DOCUMENTS) {
  const blocks = blocksOf(textOf(file));
  if (!blocks.some(({ language }) => language === 'console')) continue;
  t(`${file}: what is typed prints what is shown`, async () => {
    const cwd = join(folder, file.replaceAll('/', '-'));
    mkdirSync(cwd, { recursive: true });
    for (const { language, title, body, line } of blocks) {
      if (title !== undefined) {
        mkdirSync(dirname(join(cwd, title)), { recursive: true });
        writeFileSync(join(cwd, title), body);
      }
      if (language !== 'console') continue;
      for (const part of body.split(/^\$ /m).slice(1)) {
        const [command = '', ...shown] = part.split('\n');
        const printed = await run(command, cwd);
        assert.ok(fits(shown.join('\n'), printed), `${file}:${line}: ${command}\nshows:\n${shown.join('\n')}\nprinted:\n${printed}`);
      }
    }
    assert.ok(statSync(cwd).isDirectory());
  });
}

t.run();
