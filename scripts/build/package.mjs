// The npm package: `node scripts/build/package.mjs FOLDER` puts into FOLDER what is published, ready for `npm pack` or `npm publish`;
// with `--here`, which `npm pack` in the checkout calls, what is missing in dist: types, and nothing of earlier builds.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { root } from '../setup/places.mjs';

const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (error) throw error;
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}`);
};

/** The declarations that the entry needs, and no others: what they show is what the library promises. */
function writeTypes(folder) {
  const draft = mkdtempSync(join(tmpdir(), 'albedo-types-'));
  try {
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'scripts/build/types.tsconfig.json', '--outDir', draft]);
    rmSync(folder, { recursive: true, force: true });
    const seen = new Set();
    const take = (name) => {
      if (seen.has(name)) return;
      seen.add(name);
      const text = readFileSync(join(draft, name), 'utf8');
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
      // Declarations keep the names of the sources: `./plan/types.ts` is found as `./plan/types.d.ts`.
      for (const [, specifier] of text.matchAll(/(?:from |import\()['"]([^'"]+)['"]/g)) {
        if (!specifier.startsWith('.')) throw new Error(`${name} shows types of ${specifier}, which the package does not bring`);
        take(relative(draft, resolve(draft, dirname(name), specifier)).replace(/\.ts$/, '.d.ts'));
      }
    };
    take('index.d.ts');
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function main() {
  const target = process.argv[2];
  if (target === undefined) throw new Error('node scripts/build/package.mjs FOLDER');
  const folder = target === '--here' ? root : resolve(target);
  const dist = join(folder, 'dist');
  if (folder === root) {
    // Chunks of earlier builds are kept for commands that still run; a package has none.
    for (const name of existsSync(dist) ? readdirSync(dist) : []) if (name !== 'types') rmSync(join(dist, name), { recursive: true });
    run(process.execPath, [join(root, 'scripts/build.mjs')]);
  } else {
    run(process.execPath, [join(root, 'scripts/build.mjs'), '--out', dist]);
    // A part of the repository, not of the package.
    rmSync(join(dist, 'action'), { recursive: true, force: true });
  }
  writeTypes(join(dist, 'types'));
  run(process.execPath, [join(root, 'scripts/build/sbom.mjs'), join(dist, 'sbom.cdx.json'), join(dist, 'THIRD-PARTY-LICENSES.txt')]);
  if (folder === root) return;
  // `private` keeps a checkout from being published by mistake.
  const {
    dependencies: _,
    devDependencies: __,
    scripts: ___,
    private: ____,
    ...manifest
  } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  // What npm takes anyway.
  for (const name of [...manifest.files.filter((each) => !each.startsWith('!')), 'README.md', 'LICENSE'])
    for (const file of globSync(name, { cwd: root }))
      if (file !== 'dist') cpSync(join(root, file), join(folder, file), { recursive: true });
}

main();
