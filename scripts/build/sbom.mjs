// The bill of materials of the package: what its bundle is made of, as CycloneDX, the same bytes for the same lock file.
// `node scripts/build/sbom.mjs FILE`. npm writes it (`npm sbom`, npm 10 and newer); a tool of its own brings an XML library that is
// compiled with every installation.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../setup/places.mjs';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('node scripts/build/sbom.mjs FILE');
const args = ['sbom', '--omit', 'dev', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
const { status, error, stdout } = spawnSync('npm', args, {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (error) throw error;
if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}`);
const bill = JSON.parse(stdout);
// A number and a time of this run.
delete bill.serialNumber;
delete bill.metadata.timestamp;
// npm takes the name of the folder.
bill.metadata.component.name = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).name;
writeFileSync(resolve(file), `${JSON.stringify(bill, null, 2)}\n`);
