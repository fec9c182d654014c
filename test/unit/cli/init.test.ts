/** `albedo init` without a terminal: what it writes, that it validates, and that it overwrites nothing unasked. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { REPOSITORY, TAG } from '../../../reconciler/cli/about.ts';
import { workflowNames, workflowText } from '../../../reconciler/cli/init/files.ts';
import { type InitFlags, initCommand } from '../../../reconciler/cli/init/init.ts';
import { findEnvironment } from '../../../reconciler/config/environment.ts';
import { findPolicy } from '../../../reconciler/config/policy.ts';
import { formatNamed } from '../../../reconciler/report/formats.ts';
import { readSpecs } from '../../../reconciler/run/specs.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const t = suite('albedo init');
const BASE: InitFlags = { environment: 'dev', workflows: 'plan,apply', editor: true, import: false };
const shared = { format: formatNamed('json'), color: false, quiet: true };

let folder = '';
const write = process.stdout.write;
let printed = '';
t.before.each(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'albedo-init-')), 'a folder with blanks');
  printed = '';
  process.stdout.write = ((text: string) => {
    printed += text;
    return true;
  }) as typeof process.stdout.write;
});
t.after.each(() => {
  process.stdout.write = write;
  rmSync(dirname(folder), { recursive: true, force: true });
});

const init = (flags: Partial<InitFlags> = {}): Promise<number> => initCommand(folder, { ...BASE, ...flags }, shared);
const text = (path: string): string => readFileSync(join(folder, path), 'utf8');
const result = (): { written: string[]; skipped: string[]; unchanged: string[] } => JSON.parse(printed);

t('a first spec validates without a warning, in every region that has zones a and b, and in Tokyo', async () => {
  for (const region of ['us-east-1', 'eu-west-1', 'ap-northeast-1']) {
    await init({ stack: `shop-${region}`, region, environment: region });
    const { specs, warnings } = await readSpecs([join(folder, 'environments', region)], process.env);
    assert.equal(warnings, []);
    assert.equal(
      specs.map(({ spec }) => [spec.stack.name, spec.stack.region]),
      [[`shop-${region}`, region]],
    );
  }
  assert.match(text('environments/ap-northeast-1/shop-ap-northeast-1.yaml'), 'ap-northeast-1c');
});

t('the environment and the policy beside it are read and have no mistakes', async () => {
  await init({ stack: 'shop', region: 'eu-west-1', account: '123456789012' });
  const spec = join(folder, 'environments/dev/shop.yaml');
  const { environment, problems } = await findEnvironment(spec);
  assert.equal([environment, problems], [{ account: '123456789012', region: 'eu-west-1' }, []]);
  const policy = await findPolicy(spec);
  assert.equal(policy.problems, []);
  assert.is(policy.policy.maxDeletes, 20);
});

t('the first line of each YAML file names a schema that is there', async () => {
  await init();
  const files = readdirSync(join(folder, 'environments'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  assert.is(files.length, 3);
  for (const name of files) {
    const path = join(folder, 'environments', name);
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(path, 'utf8')) ?? [];
    assert.match(readFileSync(resolve(dirname(path), schema), 'utf8'), '"$id": "urn:albedo:');
  }
});

t('workflows call the released ones of this version, and nothing in this repository', async () => {
  await init({ workflows: 'all' });
  const names = readdirSync(join(folder, '.github/workflows'));
  assert.is(names.length, workflowNames().length);
  for (const name of names) {
    const workflow = text(`.github/workflows/${name}`);
    assert.not.match(workflow, /uses: \.\//);
    const { jobs } = parse(workflow) as { jobs: Record<string, { uses?: string }> };
    const uses = Object.values(jobs).flatMap((job) => job.uses ?? []);
    assert.ok(uses.length > 0, name);
    for (const each of uses) assert.match(each, new RegExp(`^${REPOSITORY}/\\.github/workflows/[a-z]+\\.yml@${TAG}$`));
  }
});

t('nothing that is there is overwritten, unless --force says so', async () => {
  await init({ stack: 'shop' });
  const before = result();
  assert.equal([before.skipped, before.unchanged], [[], []]);
  const mine = '# mine\n';
  writeFileSync(join(folder, 'environments/dev/shop.yaml'), `${text('environments/dev/shop.yaml')}${mine}`);
  writeFileSync(join(folder, '.vscode/settings.json'), '{}');
  printed = '';
  await init({ stack: 'shop' });
  assert.equal(result().skipped, ['environments/dev/shop.yaml', '.vscode/settings.json']);
  assert.equal(result().written, []);
  assert.match(text('environments/dev/shop.yaml'), mine);
  await init({ stack: 'shop', force: true });
  assert.not.match(text('environments/dev/shop.yaml'), mine);
});

t('without workflows and editor, only the specs and their schemas', async () => {
  await init({ workflows: 'none', editor: false });
  assert.equal(readdirSync(folder), ['environments']);
});

for (const [what, flags, words] of [
  ['a stack', { stack: 'Shop!' }, /--stack "Shop!" is not valid/],
  ['a region', { region: 'nowhere' }, /--region "nowhere" is not valid/],
  ['an account', { account: '12' }, /--account "12" is not valid/],
  ['an environment', { environment: '../..' }, /--environment "\.\.\/\.\." is not valid/],
  ['a workflow', { workflows: 'plan,../x' }, /there is no workflow \.\.\/x/],
] as const) {
  t(`${what} that does not fit is refused, and nothing is written`, async () => {
    await rejects(init(flags), words);
    assert.not.ok(existsSync(folder));
  });
}

t('a folder that holds a file where one is needed is an error, not a loss', async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'environments'), 'mine');
  await rejects(init(), /EEXIST|ENOTDIR/);
  assert.is(text('environments'), 'mine');
});

t('a caller of every kind has only what it had, but for the address', () => {
  for (const name of workflowNames()) {
    const own = readFileSync(join(import.meta.dirname, '../../../.github/workflows', `albedo-${name}.yml`), 'utf8');
    assert.is(workflowText(name).replaceAll(`${REPOSITORY}/`, './').replaceAll(`@${TAG}`, ''), own);
  }
});

t.run();
