/** What is published: what it holds, and that it works in an empty folder, without anything of this checkout. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { type Bench, startBench } from '../../support/faults-bench.ts';
import { makeNetwork, smallStack } from '../../support/small-stacks.ts';
import { suite } from '../../support/suite.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const t = suite('the npm package');

let folder: string;
let app: string;
let bench: Bench;
let files: readonly string[];

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

t.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'albedo-package-'));
  app = join(folder, 'app');
  mkdirSync(app);
  run(process.execPath, [join(ROOT, 'scripts/build/package.mjs'), join(folder, 'package')], ROOT);
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], join(folder, 'package')));
  files = packed.files.map(({ path }: { path: string }) => path);
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
  // It depends on nothing: no registry is asked.
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed.filename)], app);
  bench = await startBench();
});
t.after(async () => {
  await bench?.stop();
  rmSync(folder, { recursive: true, force: true });
});

t('it holds the command, the bundle, types, schemas, what it starts, and nothing else', () => {
  const known =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/albedo\.mjs|dist\/THIRD-PARTY-LICENSES\.txt|dist\/[\w.-]+\.js(\.LEGAL\.txt)?|dist\/types\/[\w./-]+\.d\.ts|schemas\/(README\.md|[a-z]+\.schema\.json)|k6\/(load|lib\/\w+)\.ts|sandbox\/(leash\.py|python\/moto_server\.py|webserver\/app\.py)|tools\/requirements\.txt)$/;
  assert.equal(
    files.filter((path) => !known.test(path)),
    [],
  );
  for (const path of [
    'dist/main.js',
    'dist/THIRD-PARTY-LICENSES.txt',
    'dist/index.js',
    'dist/daemon.js',
    'dist/types/index.d.ts',
    'schemas/plan.schema.json',
    'CHANGELOG.md',
  ])
    assert.ok(files.includes(path), path);
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(app, 'node_modules/albedo/package.json'), 'utf8'));
  assert.equal([dependencies, devDependencies], [undefined, undefined]);
});

/** The program in docs/library.md. */
function example(): string {
  const [, text] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/library.md'), 'utf8')) ?? [];
  if (text === undefined) throw new Error('there is no program in docs/library.md');
  return text;
}

t('the program of the docs compiles against the types, with none of AWS or Node among them', () => {
  writeFileSync(join(app, 'example.ts'), example());
  // `process` is the program's own; the library shows no types of Node's.
  writeFileSync(join(app, 'globals.d.ts'), 'declare const process: { argv: string[] };\n');
  for (const [module, resolution] of [
    ['NodeNext', 'NodeNext'],
    ['ESNext', 'Bundler'],
  ] as const) {
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--types', '', '--target', 'ES2022', '--lib', 'ES2022,DOM'];
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        ...options,
        '--module',
        module,
        '--moduleResolution',
        resolution,
        'example.ts',
        'globals.d.ts',
      ],
      { cwd: app, encoding: 'utf8' },
    );
    assert.is(status, 0, `${module}: ${stdout}`);
  }
});

t('the program of the docs plans, applies exactly that, and finds no drift', async () => {
  const home = await makeNetwork('us-east-1');
  mkdirSync(join(app, 'environments'));
  for (const name of ['aa', 'bb']) writeFileSync(join(app, `environments/${name}.yaml`), smallStack(name, home));
  writeFileSync(join(app, 'example.mjs'), (await import('esbuild')).transformSync(example(), { loader: 'ts', format: 'esm' }).code);
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, ...bench.env };
  const ended = await new Promise<{ readonly status: number | null; readonly out: string; readonly err: string }>((resolve) => {
    void import('node:child_process').then(({ execFile }) => {
      const child = execFile(process.execPath, ['example.mjs'], { cwd: app, env }, (_, out, err) =>
        resolve({ status: child.exitCode, out, err }),
      );
    });
  });
  assert.is(ended.status, 0, ended.err);
  assert.match(
    ended.out,
    /^us-east-1\/aa: 4 changes, digest [0-9a-f]{12}\nus-east-1\/bb: 4 changes, digest [0-9a-f]{12}\nus-east-1\/aa: applied\nus-east-1\/bb: applied\nus-east-1\/aa: unchanged\nus-east-1\/bb: unchanged\n$/,
  );
  assert.match(ended.err, 'create load balancer main');
});

t('the command works from the package', () => {
  const { status, stdout } = spawnSync(join(app, 'node_modules/.bin/albedo'), ['validate', 'environments'], { cwd: app, encoding: 'utf8' });
  assert.equal([status, stdout.split('\n')[0]], [0, 'environments/aa.yaml: stack aa is valid, 4 resources']);
});

t.run();
