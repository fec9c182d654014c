/** The documents: links lead somewhere, commands exist, and specs are valid. That they print what a page shows: `test/docs`. */

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import * as assert from 'uvu/assert';
import { PACKAGE } from '../../../reconciler/cli/about.ts';
import { makeProgram } from '../../../reconciler/cli/program.ts';
import { readSpec } from '../../../reconciler/config/read.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import { type Block, blocksOf, DOCUMENTS, ROOT, textOf } from '../../support/documents.ts';
import { suite } from '../../support/suite.ts';

const t = suite('documents');

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

/** Pages with commands that `test/docs` cannot type, and what runs them, or why nothing does. */
const NOT_TYPED: Readonly<Record<string, string>> = {
  'README.md': 'the clone and the demo are .ci/run; init from the package is unit/tooling/package; docs/tutorial types the rest',
  'docs/experiments.md': 'unit/iam, and contract/schedule works with what they print',
  'docs/from-terraform.md': 'contract/terraform',
  'docs/github-actions.md': 'workflows/copied',
  'docs/how-to/auto-scaling.md': 'the AWS CLI, with an Auto Scaling group, which the sandbox does not have',
  'docs/how-to/mutual-tls.md': 'a name on the internet',
  'docs/identity.md': 'unit/iam, and contract/roles-enforced works with what they print',
  'docs/library.md': 'unit/tooling/package installs it from a tarball',
  'docs/load-from-several.md': 'several machines; unit/load/shards-k6 is two of them',
  'docs/tutorial/13-pull-request.md': 'a repository on github.com; workflows/pull-request',
  'docs/tutorial/README.md': 'the chapters type these commands',
  'docs/tutorial/locust.md': 'contract/course-locust',
  'docs/tutorial/teachers.md': 'the GitHub CLI; unit/course/marks collects',
};

t('every page whose commands are not typed says what runs them instead', () => {
  const found = DOCUMENTS.filter(
    (file) => /^(README|docs\/)/.test(file) && blocksOf(textOf(file)).some(({ language }) => ['sh', 'bash'].includes(language)),
  );
  assert.equal(found, Object.keys(NOT_TYPED).sort());
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

t.run();
