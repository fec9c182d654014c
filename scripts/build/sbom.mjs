// The bill of materials of the package as CycloneDX: every package whose code is in the bundle, and no others; the same bytes for the same
// lock file. `node scripts/build/sbom.mjs FILE LICENCES`, where LICENCES is the file of licence texts beside the bundle, which names them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from '../setup/places.mjs';

const [file, licences] = process.argv.slice(2);
if (file === undefined || licences === undefined) throw new Error('node scripts/build/sbom.mjs FILE LICENCES');

/** All that is installed: whether a package is for development alone says nothing of a bundle, which takes what it finds. */
function installed() {
  const draft = mkdtempSync(join(tmpdir(), 'albedo-sbom-'));
  try {
    const out = join(draft, 'all.json');
    const args = [
      '--flatten-components',
      '--output-reproducible',
      '--spec-version',
      '1.6',
      '--output-format',
      'JSON',
      '--output-file',
      out,
    ];
    const cli = join(root, 'node_modules/@cyclonedx/cyclonedx-npm/bin/cyclonedx-npm-cli.js');
    const { status, error } = spawnSync(process.execPath, [cli, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    if (error) throw error;
    if (status !== 0) throw new Error(`cyclonedx-npm ended with ${status}`);
    return JSON.parse(readFileSync(out, 'utf8'));
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
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
