/** What is published: what it holds, and that it works in an empty folder, without anything of this checkout, on each Node it is for. */

import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { PACKAGE, VERSION } from '../../../reconciler/cli/about.ts';
import { cacheFolder } from '../../../scripts/setup/places.mjs';
import { type Bench, startBench } from '../../support/faults-bench.ts';
import { type LocalProxy, type Secure, startProxy, startSecure } from '../../support/local-proxy.ts';
import { makeNetwork, smallStack } from '../../support/small-stacks.ts';
import { suite } from '../../support/suite.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const t = suite('the npm package');

/** Where a Node of each line is that the package is for. */
async function nodes(): Promise<Readonly<Record<string, string>>> {
  const { node22Path, node24Path } = (await import(join(ROOT, 'scripts/setup/node-release.mjs'))) as Record<
    string,
    (cache: string) => string
  >;
  const all = { 22: node22Path?.(cacheFolder()), 24: node24Path?.(cacheFolder()) };
  return Object.fromEntries(Object.entries(all).flatMap(([line, path]) => (path !== undefined && existsSync(path) ? [[line, path]] : [])));
}

let folder: string;
let app: string;
let bench: Bench;
let files: readonly string[];
let packed: { readonly filename: string; readonly size: number };
let node: Readonly<Record<string, string>>;

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

t.before(async () => {
  node = await nodes();
  // A blank in every path.
  folder = mkdtempSync(join(tmpdir(), 'albedo package '));
  app = join(folder, 'my app');
  mkdirSync(app);
  run(node['24'] ?? process.execPath, [join(ROOT, 'scripts/build/package.mjs'), join(folder, 'package')], ROOT);
  const [made] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], join(folder, 'package')));
  packed = made;
  files = made.files.map(({ path }: { path: string }) => path);
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
  // It depends on nothing: no registry is asked.
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed.filename)], app);
  bench = await startBench();
});
t.after(async () => {
  await bench?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program of this test's folder with a Node; this process goes on answering, since the sandbox is in it. */
const start = (line: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<Ended> =>
  new Promise((resolve) => {
    const path = node[line] ?? process.execPath;
    const given = { PATH: `${dirname(path)}:${process.env['PATH'] ?? ''}`, ...env };
    const child = execFile(path, args, { cwd, env: given }, (_, out, err) => resolve({ status: child.exitCode, out, err }));
  });

const COMMAND = `node_modules/${PACKAGE}/bin/albedo.mjs`;

t('it is small', () => {
  assert.ok(packed.size < 5_000_000, `${packed.size} bytes`);
});

t('it holds the command, the bundle, types, schemas, what it starts, and nothing else', () => {
  const known =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/albedo\.mjs|dist\/THIRD-PARTY-LICENSES\.txt|dist\/sbom\.cdx\.json|dist\/[\w.-]+\.js(\.LEGAL\.txt)?|dist\/types\/[\w./-]+\.d\.ts|schemas\/(README\.md|[a-z]+\.schema\.json)|k6\/(load\.ts|albedo\.(js|d\.ts))|sandbox\/(supervise\.py|python\/moto_server\.py|webserver\/(app\.py|static\.cfg))|tools\/(requirements\.txt|go\.(mod|sum)|k6\/main\.go)|environments\/sandbox\/webserver\.yaml|\.github\/workflows\/albedo-[a-z]+\.yml)$/;
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
  const manifest = JSON.parse(readFileSync(join(app, 'node_modules', PACKAGE, 'package.json'), 'utf8'));
  assert.equal([manifest.dependencies, manifest.devDependencies, manifest.private], [undefined, undefined, undefined]);
  assert.equal([manifest.name, manifest.version], [PACKAGE, VERSION]);
});

t('its bill of materials names every package whose code is in the bundle, with its licence, and is the same each time', async () => {
  const path = join(app, 'node_modules', PACKAGE, 'dist/sbom.cdx.json');
  const { components, bomFormat } = JSON.parse(readFileSync(path, 'utf8')) as {
    bomFormat: string;
    components: readonly { group?: string; name: string; version: string; licenses?: readonly unknown[] }[];
  };
  assert.is(bomFormat, 'CycloneDX');
  const named = new Set(components.map(({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name} ${version}`));
  const licences = readFileSync(join(app, 'node_modules', PACKAGE, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  const bundled = [...licences.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+ \d+\.\d+\.\d+\S*) \(/gm)].map(([, each = '']) => each);
  assert.ok(bundled.length > 30, String(bundled.length));
  assert.equal(
    bundled.filter((each) => !named.has(each)),
    [],
  );
  for (const { name, licenses } of components) assert.ok((licenses?.length ?? 0) > 0, name);
  run(
    process.execPath,
    [join(ROOT, 'scripts/build/sbom.mjs'), join(folder, 'again.json'), join(app, 'node_modules', PACKAGE, 'dist/THIRD-PARTY-LICENSES.txt')],
    ROOT,
  );
  assert.is(readFileSync(join(folder, 'again.json'), 'utf8'), readFileSync(path, 'utf8'));
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
  const ended = await start('22', ['example.mjs'], app, { HOME: folder, ...bench.env });
  assert.is(ended.status, 0, ended.err);
  assert.match(
    ended.out,
    /^us-east-1\/aa: 4 changes, digest [0-9a-f]{12}\nus-east-1\/bb: 4 changes, digest [0-9a-f]{12}\nus-east-1\/aa: applied\nus-east-1\/bb: applied\nus-east-1\/aa: unchanged\nus-east-1\/bb: unchanged\n$/,
  );
  assert.match(ended.err, 'create load balancer main');
});

for (const line of ['22', '24']) {
  t(`on Node ${line}: from nothing to a planned and applied spec, in a folder with blanks and without HOME`, async () => {
    if (node[line] === undefined) return;
    const own = join(folder, `on node ${line}`);
    mkdirSync(own);
    const albedo = (...args: string[]) => start(line, [join(app, COMMAND), ...args], own, bench.env);
    const init = await albedo('init', '--stack', `n${line}`, '--region', 'us-east-1');
    assert.is(init.status, 0, init.err);
    assert.match(readFileSync(join(own, 'environments/dev/environment.yaml'), 'utf8'), /^account: "\d{12}"$/m);
    assert.is((await albedo('validate')).out, `environments/dev/n${line}.yaml: stack n${line} is valid, 14 resources\n`);
    const home = await makeNetwork('us-east-1');
    writeFileSync(join(own, 'environments/dev/small.yaml'), smallStack(`s${line}`, home));
    const plan = await albedo('plan', 'environments/dev/small.yaml');
    assert.is(plan.status, 2, plan.err);
    const applied = await albedo('apply', 'environments/dev/small.yaml');
    assert.is(applied.status, 0, applied.err);
    const again = await albedo('plan', 'environments/dev/small.yaml');
    assert.is(again.status, 0, again.err);
  });

  t(`on Node ${line}: what is missing is named, with the command that fetches it`, async () => {
    if (node[line] === undefined) return;
    const empty = { ...bench.env, PATH: '/nonexistent', ALBEDO_CACHE: join(folder, 'empty cache') };
    const check = await start(line, [join(app, COMMAND), 'setup', '--check', 'k6', 'python'], app, empty);
    assert.is(check.status, 1);
    assert.match(check.err, /✗ python +missing: pip install[\s\S]*✗ k6 +missing: v2\.2\.0|✗ k6[\s\S]*✗ python/);
    const verify = await start(line, [join(app, COMMAND), 'verify', 'environments/aa.yaml'], app, empty);
    assert.match(verify.err, 'albedo setup');
  });
}

t('an older Node is told which one is needed', async () => {
  const old = join(folder, 'old.mjs');
  const bin = readFileSync(join(app, COMMAND), 'utf8').replace("process.versions.node.split('.')", "'20.11.0'.split('.')");
  writeFileSync(join(app, `node_modules/${PACKAGE}/bin/old.mjs`), bin);
  const { status, err } = await start('22', [join(app, `node_modules/${PACKAGE}/bin/old.mjs`), 'validate'], app, {});
  rmSync(old, { force: true });
  assert.is(status, 1);
  assert.match(err, /^albedo needs Node\.js 22\.\d+ or newer; this is v/);
});

t('npx runs it from the tarball in an empty folder, the second time offline, and a global install works', async () => {
  const own = join(folder, 'empty folder');
  mkdirSync(own);
  const npm = {
    npm_config_cache: join(folder, 'npm cache'),
    npm_config_prefix: join(folder, 'global'),
    npm_config_update_notifier: 'false',
  };
  const shell = (command: string) =>
    spawnSync('/bin/sh', ['-c', command], {
      cwd: own,
      encoding: 'utf8',
      env: { ...npm, PATH: `${dirname(node['24'] ?? process.execPath)}:${process.env['PATH'] ?? ''}`, HOME: join(folder, 'a home') },
    });
  for (const more of ['', '--offline']) {
    const tried = shell(`npx --yes ${more} --package '${join(folder, packed.filename)}' albedo init --stack tiny --region us-east-1`);
    assert.is(tried.status, 0, tried.stderr);
    assert.ok(existsSync(join(own, 'environments/dev/tiny.yaml')));
  }
  const global = shell(
    `npm install --global --offline --no-audit --no-fund '${join(folder, packed.filename)}' && "$npm_config_prefix/bin/albedo" validate`,
  );
  assert.is(global.status, 0, global.stderr);
  assert.match(global.stdout, 'environments/dev/tiny.yaml: stack tiny is valid');
});

t('init offers the load balancers of the account, and begins with one', async () => {
  const own = join(folder, 'import');
  mkdirSync(own);
  const albedo = (...args: string[]) => start('24', [join(app, COMMAND), ...args], own, { HOME: folder, ...bench.env });
  const offered = await albedo('init', '--region', 'us-east-1', '--stack', 'other', '--environment', 'other');
  assert.match(offered.err, /us-east-1 has load balancers: .*aa.*\. To start from one of them: albedo init --import NAME/);
  const taken = await albedo('init', '--region', 'us-east-1', '--import', 'aa', '--workflows', 'none');
  assert.is(taken.status, 0, taken.err);
  const spec = readFileSync(join(own, 'environments/dev/aa.yaml'), 'utf8');
  assert.match(spec, /^# yaml-language-server: \$schema=\.\.\/\.schemas\/stack\.schema\.json\n/);
  assert.is((await albedo('plan', 'environments/dev/aa.yaml')).status, 0);
});

t('an imported spec names a schema that is there, wherever it is written', async () => {
  const own = join(folder, 'imports');
  mkdirSync(own);
  const albedo = (...args: string[]) => start('24', [join(app, COMMAND), ...args], own, { HOME: folder, ...bench.env });
  mkdirSync(join(own, 'deep/er'), { recursive: true });
  for (const out of ['aa.yaml', 'deep/er/aa.yaml']) {
    const done = await albedo('import', 'aa', '--region', 'us-east-1', '--out', out);
    assert.is(done.status, 0, done.err);
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)/.exec(readFileSync(join(own, out), 'utf8')) ?? [];
    assert.ok(statSync(join(own, dirname(out), schema)).isFile(), schema);
  }
  assert.equal(readdirSync(own).sort(), ['.schemas', 'aa.yaml', 'deep']);
});

const HOST = 'aws.albedo.test';
for (const line of ['22', '24']) {
  t(`on Node ${line}: behind a proxy AWS is reached through it, unless NO_PROXY names the host`, async () => {
    if (node[line] === undefined) return;
    let secure: Secure | undefined;
    let proxy: LocalProxy | undefined;
    try {
      secure = await startSecure(HOST, Number(new URL(bench.env['AWS_ENDPOINT_URL'] ?? '').port));
      proxy = await startProxy({ [HOST]: secure.port });
      writeFileSync(join(folder, 'authority.pem'), secure.authority);
      const env = {
        ...bench.env,
        HOME: folder,
        AWS_ENDPOINT_URL: `https://${HOST}`,
        HTTPS_PROXY: proxy.url,
        NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem'),
      };
      const through = await start(line, [join(app, COMMAND), 'plan', 'environments/aa.yaml'], app, env);
      assert.is(through.status, 0, through.err);
      assert.equal([...new Set(proxy.seen)], [`CONNECT ${HOST}:443`]);
      proxy.seen.length = 0;
      const direct = await start(line, [join(app, COMMAND), 'plan', 'environments/aa.yaml'], app, { ...env, NO_PROXY: 'albedo.test' });
      assert.is(direct.status, 1);
      assert.match(direct.err, /ENOTFOUND|EAI_AGAIN|not reached|cannot be reached/);
      assert.equal(proxy.seen, []);
    } finally {
      await proxy?.stop();
      await secure?.stop();
    }
  });
}

t.run();
