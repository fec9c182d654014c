/** Every package whose code is in a bundle has its licence text beside it. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const t = suite('licences');

interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>>;
}
const { packagesIn, licenceText } = (await import(new URL('../../../scripts/build/licences.mjs', import.meta.url).href)) as {
  packagesIn(metafile: Metafile): readonly string[];
  licenceText(metafile: Metafile): string;
};
const made = (...paths: readonly string[]): Metafile => ({
  outputs: { 'main.js': { inputs: Object.fromEntries(paths.map((path) => [path, { bytesInOutput: 1 }])) } },
});
/** Packages that are installed and have code, by their own names; npm's folder says which they are. */
const LOCK = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>;
};
const installed = Object.entries(LOCK.packages).filter(
  ([path, { dev, optional }]) => path.startsWith('node_modules/') && !dev && !optional && existsSync(join(ROOT, path, 'package.json')),
);

t('packages are found by the last folder in the path, each once, and not where nothing of them was kept', () => {
  const metafile = made(
    'node_modules/yaml/dist/a.js',
    'node_modules/yaml/dist/b.js',
    'node_modules/@aws-sdk/core/dist/x.js',
    'node_modules/a/node_modules/@b/c/d.js',
    'action/main.ts',
  );
  assert.equal(packagesIn(metafile), ['node_modules/@aws-sdk/core', 'node_modules/a/node_modules/@b/c', 'node_modules/yaml']);
  assert.equal(packagesIn({ outputs: { 'main.js': { inputs: { 'node_modules/yaml/a.js': { bytesInOutput: 0 } } } } }), []);
});

t('every package that may come into a bundle has a whole text, and each text stands there once', () => {
  assert.ok(installed.length > 40, String(installed.length));
  const text = licenceText(made(...installed.map(([path]) => `${path}/index.js`)));
  for (const [path] of installed) {
    const { name, version } = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')) as { name: string; version: string };
    assert.ok(text.includes(`\n${name} ${version} (`), `${name} ${version} is not named`);
  }
  const own = readFileSync(join(ROOT, 'node_modules/yaml/LICENSE'), 'utf8').trim();
  assert.is(text.split(own).length, 2);
});

t('one without a file has that of its repository; one of no known text ends the build', () => {
  const text = licenceText(made('node_modules/@aws-sdk/credential-provider-http/a.js', 'node_modules/@aws-sdk/client-ec2/a.js'));
  assert.match(text, /client-ec2 [\d.]+ \(Apache-2\.0\)\n@aws-sdk\/credential-provider-http /);
  assert.match(text, 'TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION');
  assert.throws(() => licenceText(made('node_modules/@aws-sdk/credential-provider-http/a.js')), /brings no licence text/);
});

t.run();
