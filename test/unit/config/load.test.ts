import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { MAX_SPEC_BYTES } from '../../../reconciler/config/bytes.ts';
import { loadSpecs } from '../../../reconciler/config/load.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const t = suite<{ folder: string }>('spec/load');

t.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'albedo-load-'));
});
t.after.each(async (context) => {
  await rm(context.folder, { recursive: true, force: true });
});

async function put(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

async function names(paths: readonly string[], below: string): Promise<string[]> {
  const { specs } = await loadSpecs(paths);
  return specs.map(({ file }) => file.slice(below.length + 1));
}

t('a folder: every spec below, in order, hidden ones and other files left out', async ({ folder }) => {
  await put(folder, {
    'b.yaml': '',
    'a/z.yml': '',
    'a/B.YAML': '',
    'a.txt': '',
    '.hidden.yaml': '',
    '.git/x.yaml': '',
    'node_modules/p/x.yaml': '',
    'c/d/e/f.yaml': '',
  });
  assert.equal(await names([folder], folder), ['a/B.YAML', 'a/z.yml', 'b.yaml', 'c/d/e/f.yaml']);
});

t('files in the order named, of any name, each once', async ({ folder }) => {
  await put(folder, { 'b.yaml': 'b', a: 'a' });
  assert.equal(await names([join(folder, 'b.yaml'), join(folder, 'a'), join(folder, 'b.yaml'), folder], folder), ['b.yaml', 'a']);
});

t('the text as bytes', async ({ folder }) => {
  await writeFile(join(folder, 'a.yaml'), new Uint8Array([0xff, 0, 0x61]));
  const { specs, problems } = await loadSpecs([join(folder, 'a.yaml')]);
  assert.equal([...(specs[0]?.text ?? [])], [0xff, 0, 0x61]);
  assert.equal(problems, []);
});

t('links are refused, named or found, to files and to folders, and nothing of what they lead to is read', async ({ folder }) => {
  await put(folder, { 'a/b/x.yaml': '' });
  await symlink(folder, join(folder, 'a/b/up'));
  await symlink(join(folder, 'a'), join(folder, 'a/b/again'));
  await symlink('self', join(folder, 'self'));
  await symlink('loop.yaml', join(folder, 'loop.yaml'));
  const { specs, problems } = await loadSpecs([folder]);
  assert.equal(
    specs.map(({ file }) => file),
    [join(folder, 'a/b/x.yaml')],
  );
  const links = ['a/b/again', 'a/b/up', 'loop.yaml', 'self'];
  assert.equal(
    problems.map(({ file }) => file),
    links.map((name) => join(folder, name)),
  );
  for (const { message } of problems) assert.match(message, 'This is a symbolic link, and links are not followed');
  await symlink('/etc/passwd', join(folder, 'passwd.yaml'));
  const named = await loadSpecs([join(folder, 'passwd.yaml')]);
  assert.equal(named.specs, []);
  assert.match(named.problems[0]?.message ?? '', 'it is a link, and links are not followed');
});

t('a folder without a spec is named', async ({ folder }) => {
  await put(folder, { 'only.txt': '' });
  const error = await rejects<ReconcileError>(loadSpecs([folder]), ReconcileError);
  assert.is(error.code, 'SpecNotFound');
  assert.ok(error.message.includes(folder), error.message);
});

t('what is missing is told with the nearest name', async ({ folder }) => {
  await put(folder, { 'environments/sandbox/webserver.yaml': '' });
  const wanted = join(folder, 'environments/sandbox/webserver.yaml');
  for (const path of [
    'environments/sandbox/webserver.yml',
    'environments/sandbox/web-server.yaml',
    'environment/sandbox/webserver.yaml',
    'environments/sandbox/websrever.yaml',
  ]) {
    const error = await rejects<ReconcileError>(loadSpecs([join(folder, path)]), ReconcileError);
    assert.is(error.code, 'SpecNotFound');
    assert.ok(error.message.includes(path), error.message);
    assert.is(error.hint, `Did you mean \`${wanted}\`?`);
  }
  const far = await rejects<ReconcileError>(loadSpecs([join(folder, 'nothing/like/it')]), ReconcileError);
  assert.match(far.hint, /Name a YAML file or a folder/);
});

t('all that is missing is told at once', async ({ folder }) => {
  const error = await rejects<ReconcileError>(loadSpecs([join(folder, 'x.yaml'), folder, join(folder, 'y.yaml')]), ReconcileError);
  assert.match(error.message, /x\.yaml/);
  assert.match(error.message, /holds no spec/);
  assert.match(error.message, /y\.yaml/);
  await rejects(loadSpecs([]), /No spec was named/);
  await rejects(loadSpecs([join(folder, 'a\0b')]), /There is no file or folder `.*a\\u0000b`/);
});

t('too large a file is told with its size and not read, beside the good ones', async ({ folder }) => {
  await writeFile(join(folder, 'big.yaml'), new Uint8Array(3 * MAX_SPEC_BYTES));
  await put(folder, { 'good.yaml': 'a: 1' });
  const { specs, problems } = await loadSpecs([folder]);
  assert.equal(
    specs.map(({ file }) => file),
    [join(folder, 'good.yaml')],
  );
  assert.is(problems.length, 1);
  assert.match(problems[0]?.message ?? '', /3\.0 MiB/);
});

t('an endless file is read to one byte past the limit', async () => {
  const { specs } = await loadSpecs(['/dev/zero']);
  assert.is(specs[0]?.text.length, MAX_SPEC_BYTES + 1);
});

t('standard input, once, to the limit', async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield new Uint8Array(100_000);
  }
  async function* short(): AsyncGenerator<string> {
    yield 'a: ';
    yield '1\n';
  }
  const { specs } = await loadSpecs(['-', '-'], { stdin: short() });
  assert.equal(
    specs.map(({ file, text }) => [file, new TextDecoder().decode(text)]),
    [['<stdin>', 'a: 1\n']],
  );
  assert.is((await loadSpecs(['-'], { stdin: endless() })).specs[0]?.text.length, MAX_SPEC_BYTES + 1);
});

t.run();
