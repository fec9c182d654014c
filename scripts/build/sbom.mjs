// The bill of materials of the package as CycloneDX: every package whose code is in the bundle, and no others; the same bytes for the same
// lock file. `node scripts/build/sbom.mjs FILE LICENCES`, where LICENCES is the file of licence texts beside the bundle, which names them.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../setup/places.mjs';

const [file, licences] = process.argv.slice(2);
if (file === undefined || licences === undefined) throw new Error('node scripts/build/sbom.mjs FILE LICENCES');

/** All that is installed, as npm writes it: whether a package is for development alone says nothing of a bundle, which takes what it finds. */
function installed() {
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
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
  return bill;
}

const bundled = new Set(
  [...readFileSync(licences, 'utf8').matchAll(/^((?:@[\w.-]+\/)?[\w.-]+ \d+\.\d+\.\d+\S*) \(/gm)].map(([, each]) => each),
);
const nameOf = ({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name} ${version}`;
const all = installed();
const seen = new Set();
const components = all.components.filter((each) => bundled.has(nameOf(each)) && !seen.has(nameOf(each)) && seen.add(nameOf(each)));
const missing = [...bundled].filter((each) => !seen.has(each));
if (missing.length > 0) throw new Error(`the bill of materials lacks ${missing.join(', ')}`);
const refs = new Set([all.metadata.component['bom-ref'], ...components.map((each) => each['bom-ref'])]);
const dependencies = all.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
writeFileSync(resolve(file), `${JSON.stringify({ ...all, components, dependencies }, null, 2)}\n`);
