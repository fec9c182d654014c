// The bill of materials of the package: what its bundle is made of, as CycloneDX, the same bytes for the same lock file.
// `node scripts/build/sbom.mjs FILE`.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { root } from '../setup/places.mjs';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('node scripts/build/sbom.mjs FILE');
const args = ['--omit', 'dev', '--output-reproducible', '--spec-version', '1.6', '--output-format', 'JSON', '--output-file', resolve(file)];
const { status, error } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/@cyclonedx/cyclonedx-npm/bin/cyclonedx-npm-cli.js'), ...args],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  },
);
if (error) throw error;
process.exitCode = status ?? 1;
