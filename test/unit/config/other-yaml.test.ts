/** Other YAML beside specs: named for what it is, and left out by `.albedoignore`. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { loadSpecs } from '../../../reconciler/config/load.ts';
import { readSpec } from '../../../reconciler/config/read.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const t = suite<{ folder: string }>('config/other-yaml');
t.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'albedo-ignore-'));
});
t.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const problemsOf = (text: string) => readSpec(Buffer.from(text), 'stacks/other.yaml', hashing).problems;

for (const [text, what] of [
  ['apiVersion: v1\nkind: Service\nmetadata: { name: a }\n', /a Kubernetes manifest, not an albedo stack \(`apiVersion`, `kind`\)/],
  ['apiVersion: v1\nkind: Service\n---\napiVersion: v1\nkind: Pod\n', /a Kubernetes manifest/],
  ['name: ci\non: push\njobs: {}\n', /a GitHub workflow/],
  ['AWSTemplateFormatVersion: "2010-09-09"\nResources: {}\n', /a CloudFormation template/],
  ['services: { web: { image: nginx } }\n', /a Compose file/],
  ['colour: red\nsize: 3\n', /is not an albedo stack \(`colour`, `size`\)/],
] as const)
  t(`one sentence for ${what.source}`, () => {
    const found = problemsOf(text);
    assert.is(found.length, 1);
    assert.match(found[0]?.message ?? '', what);
    assert.match(found[0]?.hint ?? '', /add the line other\.yaml to \.albedoignore/);
  });

for (const text of [
  'region: us-east-1\n',
  'stak: web\nregion: us-east-1\n',
  'Stack: web\n',
  'stacks: web\n',
  'stack: web\napiVersion: v1\nkind: Service\n',
  '[]\n',
  'text\n',
  '',
])
  t(`what may be meant as a spec has the mistakes of one: ${JSON.stringify(text)}`, () => {
    const found = problemsOf(text);
    assert.ok(found.length > 0);
    assert.ok(found.every(({ hint = '' }) => !hint.includes('.albedoignore')));
  });

function fill(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
const namesIn = async (folder: string, path = folder) => (await loadSpecs([path])).specs.map(({ file }) => file.slice(folder.length + 1));

t('patterns as in .gitignore, of the folder, of those below and of those above in the repository', async ({ folder }) => {
  fill(folder, {
    '.git/HEAD': '',
    '.albedoignore': '# not ours\nk8s/\n*.values.yaml\n/live/top.yml\n',
    'live/.albedoignore': 'chart.yaml\n!kept.values.yaml\n',
    'live/web.yaml': '',
    'live/top.yml': '',
    'live/chart.yaml': '',
    'live/a.values.yaml': '',
    'live/kept.values.yaml': '',
    'live/k8s/pod.yaml': '',
    'other/chart.yaml': '',
    'other/top.yml': '',
  });
  const wanted = ['live/kept.values.yaml', 'live/web.yaml'];
  assert.equal(await namesIn(folder), [...wanted, 'other/chart.yaml', 'other/top.yml']);
  assert.equal(await namesIn(folder, join(folder, 'live')), wanted);
});

t('without the file all are read; a file that is named is read whatever it says', async ({ folder }) => {
  fill(folder, { 'a.yaml': '', 'b.yaml': '' });
  assert.equal(await namesIn(folder), ['a.yaml', 'b.yaml']);
  fill(folder, { '.albedoignore': '*\n' });
  assert.equal(await namesIn(folder, join(folder, 'a.yaml')), ['a.yaml']);
  const none = await rejects(loadSpecs([folder]), ReconcileError);
  assert.match(none.message, /\.albedoignore leaves out .*a\.yaml.*b\.yaml/);
});

t('one that cannot be read is a mistake: what it leaves out is not known', async ({ folder }) => {
  fill(folder, { 'a.yaml': '', elsewhere: '*\n' });
  symlinkSync(join(folder, 'elsewhere'), join(folder, '.albedoignore'));
  const { specs, problems } = await loadSpecs([folder]);
  assert.equal(specs, []);
  assert.match(problems[0]?.file ?? '', /\.albedoignore$/);
});

t.run();
