// Bundles the command (and what it starts) into dist, and the action into action/dist: `node scripts/build.mjs [--out FOLDER]`.
// With `--out` the folder gets the command, and its folder `action` the action.
// One folder of ES modules: what is imported dynamically stays a file of its own, so a command loads only what it uses.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { actionFiles } from './build/action.mjs';
import { withLicences } from './build/licences.mjs';
import { settings } from './build/settings.mjs';
import { STAMP } from './setup/bundle.mjs';
import { root } from './setup/places.mjs';

/** Output name -> source. Those whose source is not there yet are left out, except the command itself. */
const ENTRIES = {
  main: 'reconciler/cli/main.ts',
  // `import … from '@albedo-gitops/albedo'`.
  index: 'reconciler/index.ts',
  daemon: 'sandbox/daemon.ts',
};
/** A command that is running may still load a chunk of the build before; older ones go (milliseconds). */
const KEEP = 60 * 60 * 1000;

function writeAtomically(path, contents) {
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

/** Chunks carry a digest in their names, so new ones stand beside old ones until the entries, written last, name them. */
function writeFiles(files, out, entries) {
  const isEntry = (path) => entries.some((name) => path === join(out, `${name}.js`));
  for (const file of files.toSorted((a, b) => Number(isEntry(a.path)) - Number(isEntry(b.path)))) writeAtomically(file.path, file.contents);
  const made = new Set(files.map(({ path }) => path));
  for (const name of readdirSync(out)) {
    const path = join(out, name);
    if (!/\.(js|txt|draft)$/.test(name) || made.has(path)) continue;
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > KEEP) rmSync(path, { force: true });
  }
}

async function bundle(out, beside) {
  const began = Date.now();
  // Made before the mark: a new folder changes the one it is in, which is a source.
  for (const folder of [out, beside]) mkdirSync(folder, { recursive: true });
  // The file system's clock, not ours: sources are compared with this. Anything saved from here on is newer than the build.
  const mark = join(out, `${STAMP}.${process.pid}`);
  writeFileSync(mark, '');
  const startedAt = statSync(mark).mtimeMs;
  rmSync(mark);

  const entryPoints = Object.entries(ENTRIES)
    .filter(([name, source]) => name === 'main' || existsSync(join(root, source)))
    .map(([name, source]) => ({ in: join(root, source), out: name }));
  const files = withLicences(await build({ ...settings, entryPoints, outdir: out }), out);

  writeFiles(files, out, Object.keys(ENTRIES));
  writeAtomically(join(out, STAMP), String(startedAt));
  const bytes = files.reduce((sum, { contents }) => sum + contents.length, 0);
  process.stdout.write(
    `${files.length} files, ${(bytes / 1e6).toFixed(1)} MB in ${relative(process.cwd(), out) || '.'} (${Date.now() - began} ms)\n`,
  );
}

const flag = process.argv.indexOf('--out');
const out = flag > 0 && process.argv[flag + 1] ? resolve(process.argv[flag + 1]) : join(root, 'dist');
/** What the runner starts; the same bytes for the same sources. */
async function bundleAction(folder) {
  const began = Date.now();
  const files = await actionFiles(folder);
  writeFiles(files, folder, ['main']);
  const bytes = files.reduce((sum, { contents }) => sum + contents.length, 0);
  process.stdout.write(`the action, ${(bytes / 1e6).toFixed(1)} MB in ${relative(process.cwd(), folder)} (${Date.now() - began} ms)\n`);
}

try {
  const action = flag > 0 ? join(out, 'action') : join(root, 'action/dist');
  await bundle(out, action);
  await bundleAction(action);
} catch (error) {
  // esbuild printed what is wrong, with file and line.
  if (!Array.isArray(error.errors)) throw error;
  process.exitCode = 1;
}
