/** A release, from the button to what others use of it: bundle, tags, attestations, package; and the action of its tag in another repository. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { environmentOf } from '../../sandbox/control.ts';
import { openWorkflows, ROOT } from '../support/act/runner.ts';
import { endedWith, MAIN, output, SHOP, SPEC } from '../support/act/story.ts';
import { stackText, startBench } from '../support/faults-bench.ts';
import { programOf } from '../support/github/history.ts';
import { startGitHub } from '../support/github/server.ts';
import { suite } from '../support/suite.ts';

const OURS = 'example/albedo';
const VERSION = '1.0.0';
const t = suite('a release', {} as { folder: string });
t.before((all) => {
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-release-'));
});
t.after(({ folder }) => rmSync(folder, { recursive: true, force: true }));

/** What a build reads of the repository, at this version; tests and documents are not of it. */
function sources(): Record<string, string> {
  const names = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0');
  const texts = names
    .filter((name) => name !== '' && !/^(test|docs|docs-site)\//.test(name))
    .map((name) => {
      const text = readFileSync(join(ROOT, name), 'utf8');
      return [name, text.startsWith('#!') ? programOf(text) : text] as const;
    });
  return {
    ...Object.fromEntries(texts),
    'package.json': readFileSync(join(ROOT, 'package.json'), 'utf8').replace(/"version": "[^"]+"/, `"version": "${VERSION}"`),
    'CHANGELOG.md': `# Changelog\n\n## ${VERSION} - 2027-01-01\n\n- What is new.\n\n## 0.1.0\n\n- What was.\n`,
  };
}

/** Programs that would reach the world: they write down how they were called. */
function fakes(folder: string): string {
  const at = join(folder, 'tools');
  mkdirSync(at, { recursive: true });
  const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
  const write = (name: string, text: string): void =>
    writeFileSync(join(at, name), `#!/bin/sh\necho "${name} $*" >> "$TEST_CALLED"\n${text}\n`, { mode: 0o755 });
  // What only reads the folder is npm's own.
  const modules = join(ROOT, 'node_modules');
  write('npm', `case "$1" in ci) ln -sfn '${modules}' node_modules ;; run | publish) ;; *) exec '${npm}' "$@" ;; esac`);
  write('gh', 'for last; do :; done; [ -f "$last" ] && sed "s/^/notes: /" "$last" >> "$TEST_CALLED" || true');
  for (const name of ['sudo', 'npx', 'pip', 'curl']) write(name, '');
  return at;
}

t('built twice, compared, attested, tagged with its bundle, published with its bill of materials', async ({ folder }) => {
  const called = join(folder, 'called');
  const github = await startGitHub();
  github.state.addRepository(OURS, { files: sources() });
  const workflows = await openWorkflows({ github, repository: OURS, aws: {}, tools: fakes(folder), limit: 900_000 });
  try {
    const end = await workflows.run({
      ...{ workflow: '.github/workflows/release.yml', event: 'workflow_dispatch', actor: 'example', env: { TEST_CALLED: called } },
      details: { workflow: '.github/workflows/release.yml', ref: MAIN, inputs: { version: VERSION } },
    });
    endedWith(end, 'success');
    const lines = readFileSync(called, 'utf8').trim().split('\n');
    assert.ok(lines.includes('npm run test:all'), 'everything that is otherwise a sample');
    const origin = join(workflows.origins, OURS);
    const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: origin, encoding: 'utf8' }).trim();
    assert.is(git('rev-parse', 'v1'), git('rev-parse', `v${VERSION}`));
    assert.is(git('rev-parse', 'v1^'), git('rev-parse', 'main'));
    assert.is(git('ls-tree', '-r', '--name-only', 'main', 'action/dist'), '');
    const bundled = git('ls-tree', '-r', '--name-only', 'v1', 'action/dist')
      .split('\n')
      .map((path) => path.split('/').at(-1));
    assert.ok(bundled.includes('main.js') && bundled.includes('THIRD-PARTY-LICENSES.txt'), bundled.join(' '));
    const attested = lines.filter((line) => line.startsWith('attest ')).map((line) => line.split(' ')[1] ?? '');
    for (const name of [...bundled, 'sbom.cdx.json']) assert.ok(attested.includes(name ?? ''), `${name} is not attested`);
    assert.ok(lines.some((line) => line.startsWith(`gh release create v${VERSION} --verify-tag`)));
    assert.equal(
      lines.filter((line) => line.startsWith('notes: ') && line.trim() !== 'notes:'),
      ['notes: - What is new.'],
    );
    assert.match(lines.find((line) => line.startsWith('npm publish')) ?? '', /--provenance --access public \S+-1\.0\.0\.tgz$/);
    const kept = readdirSync(join(end.artifacts, 'npm'));
    assert.equal(kept.sort(), ['albedo-gitops-albedo-1.0.0.tgz', 'sbom.cdx.json']);
    const inside = execFileSync('tar', ['-tzf', join(end.artifacts, 'npm/albedo-gitops-albedo-1.0.0.tgz')], { encoding: 'utf8' }).split(
      '\n',
    );
    for (const name of ['dist/main.js', 'dist/types/index.d.ts', 'dist/sbom.cdx.json', 'dist/THIRD-PARTY-LICENSES.txt'])
      assert.ok(inside.includes(`package/${name}`), name);
    execFileSync('git', ['clone', '--quiet', '--depth=1', '--branch', 'v1', `file://${origin}`, join(folder, 'v1')]);
  } finally {
    workflows.remove();
    await github.stop();
  }
});

const USER = `name: own
on: pull_request
permissions: {}
jobs:
  plan:
    runs-on: ubuntu-24.04
    permissions: { contents: read, pull-requests: write }
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with: { persist-credentials: false }
      - uses: ${OURS}/action@v1
        with: { command: plan, spec: environments }
`;

t('`uses: OWNER/albedo/action@v1` plans in another repository, and nothing is installed or built for it', async ({ folder }) => {
  const called = join(folder, 'called-by-user');
  writeFileSync(called, '');
  const bench = await startBench();
  const github = await startGitHub();
  github.state.addRepository(SHOP, { files: { 'README.md': '# Shop\n' } });
  github.state.setRole(SHOP, 'dana', 'write');
  const workflows = await openWorkflows({
    ...{ github, repository: SHOP, aws: {}, tools: fakes(folder), actions: { [`${OURS}@v1`]: join(folder, 'v1') } },
    copied: { from: `${OURS}@${'0123456789'.repeat(4)}`, files: { 'own.yml': USER } },
  });
  try {
    github.state.commit(SHOP, 'first', { files: { [SPEC]: stackText() }, message: 'first', author: 'dana' });
    const { number } = github.state.openPull(SHOP, { title: 'first', head: 'first', user: 'dana' });
    const end = await workflows.run({
      ...{ workflow: '.github/workflows/own.yml', event: 'pull_request', actor: 'dana' },
      env: { ...environmentOf(bench.sandbox), TEST_CALLED: called },
      details: { number, action: 'opened' },
    });
    assert.is(output(endedWith(end, 'success'), 'to-add'), '14');
    const [comment] = [...github.state.repository(SHOP).comments.values()];
    assert.match(comment?.body ?? '', /^### 🟠 <code>webserver<\/code>: 14 changes to apply/);
    assert.is(readFileSync(called, 'utf8'), '');
    assert.not.ok(readdirSync(join(folder, 'v1')).includes('node_modules'));
  } finally {
    workflows.remove();
    await github.stop();
    await bench.stop();
  }
});

t.run();
