/** `environment.yaml`: found beside a spec or above it, up to the repository; checked against specs, and against who asks. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { findEnvironment, readEnvironment } from '../../../reconciler/config/environment.ts';
import { loadSpecs } from '../../../reconciler/config/load.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { requireAccount } from '../../../reconciler/run/session.ts';
import { problemsOf, readSpecs } from '../../../reconciler/run/specs.ts';
import { rejects } from '../../support/rejects.ts';
import { TUTORIAL } from '../../support/spec-text.ts';
import { suite } from '../../support/suite.ts';

const t = suite<{ folder: string }>('config/environment');

t.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'albedo-environment-'));
});
t.after.each(async ({ folder }) => rm(folder, { recursive: true, force: true }));

async function put(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

const [ONE, OTHER] = ['123456789012', '210987654321'];

t('the nearest one counts, up to the repository and no further', async ({ folder }) => {
  await put(folder, {
    'environment.yaml': `account: "${OTHER}"`,
    'repository/.git/HEAD': 'ref: refs/heads/main',
    'repository/live/environment.yaml': `account: "${ONE}"`,
    'repository/live/team/web.yaml': TUTORIAL,
    'repository/other/web.yaml': TUTORIAL,
  });
  const found = await findEnvironment(join(folder, 'repository/live/team/web.yaml'));
  assert.equal([found.environment, found.problems], [{ account: ONE }, []]);
  assert.equal(
    (await findEnvironment(join(folder, 'repository/other/web.yaml'))).environment,
    {},
    'what is outside is not of this repository',
  );
  assert.equal((await findEnvironment(join(folder, 'web.yaml'))).environment, { account: OTHER }, 'without a repository, the own folder');
  assert.equal((await findEnvironment('<stdin>')).environment, {});
});

t('it is strict: no other key, digits in quotes, one a folder', async ({ folder }) => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  for (const more of [
    'region: us-east-1',
    'scheduleRole: albedo-schedule',
    'scheduleRole: team/a/albedo',
    'load: { withoutSchedule: true }',
    'load: { maxDuration: 1h }',
    'fis: { role: team/albedo-fis }',
    'fis: { role: r, alarms: [shop-5xx, "p95 too high"] }',
  ])
    assert.equal(readEnvironment(bytes(`account: "${ONE}"\n${more}`), 'environment.yaml').problems, [], more);
  for (const [text, words] of [
    [`account: ${ONE}`, /12 digits|quotes|text/],
    ['account: "1234"', /12 digits/],
    ['acount: "123456789012"', /not a field of an environment/],
    ['region: mars', /region/],
    ['scheduleRole: arn:aws:iam::123456789012:role/r', /the name of an IAM role/],
    ['scheduleRole: /r', /the name of an IAM role/],
    ['load: { withoutSchedule: maybe }', /withoutSchedule/],
    ['load: { maxDuration: 2h }', /the maximum is .1h/],
    ['fis: { alarms: [a] }', /role/],
    ['fis: { role: "arn:aws:iam::123456789012:role/r" }', /the name of an IAM role/],
    ['fis: { role: r, alarms: ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"] }', /the name of a CloudWatch alarm/],
    ['fis: { role: r, alarms: [a, a] }', /alarms/],
    ['fis: { role: r, alarms: [a, b, c, d, e, f] }', /alarms/],
    ['fis: { role: r, more: 1 }', /more/],
  ] as const)
    assert.match(JSON.stringify(readEnvironment(bytes(text), 'environment.yaml').problems), words, text);
  await put(folder, { 'environment.yaml': '{}', 'environment.yml': '{}' });
  assert.match((await findEnvironment(join(folder, 'web.yaml'))).problems[0]?.message ?? '', 'also describes this folder');
});

t('specs carry its account, and may say no other; it is no spec itself', async ({ folder }) => {
  await put(folder, { 'web.yaml': TUTORIAL, 'environment.yaml': `account: "${ONE}"\nregion: us-east-1` });
  assert.is((await readSpecs([folder], {})).specs[0]?.spec.account, ONE);
  const alone = await rejects<ReconcileError>(loadSpecs([join(folder, 'environment.yaml')]), ReconcileError);
  assert.match(alone.message, 'is the environment of its folder, not a spec');
  await put(folder, { 'web.yaml': `${TUTORIAL}\naccount: "${OTHER}"`, 'environment.yaml': `account: "${ONE}"\nregion: eu-west-1` });
  const error = await rejects<ReconcileError>(readSpecs([folder], {}), ReconcileError);
  assert.equal(
    problemsOf(error)?.problems.flatMap(({ path, severity }) => (severity === 'error' ? [path] : [])),
    ['region', 'account'],
  );
  await rm(join(folder, 'environment.yaml'));
  assert.is((await readSpecs([folder], {})).specs[0]?.spec.account, OTHER);
});

t('with credentials of another account nothing goes on, with exit status 6', async () => {
  const session = { account: async () => ONE, env: { AWS_PROFILE: 'sandbox' } };
  await requireAccount(session, ONE, 'web');
  await requireAccount({ ...session, account: () => Promise.reject(new Error('STS is asked')) }, undefined, 'web');
  const error = await rejects<ReconcileError>(requireAccount(session, OTHER, 'web'), ReconcileError);
  assert.equal([error.code, error.exit], ['WrongAccount', 6]);
  assert.match(error.message, `web is for the account ${OTHER}, and these credentials (AWS_PROFILE sandbox) are of ${ONE}`);
});

t.run();
