import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { ReconcileError } from '../../../reconciler/errors.ts';
import { envOf, groupsOf, type Scope } from '../../../reconciler/run/group.ts';
import type { Session } from '../../../reconciler/run/pipeline.ts';
import { problemsOf, readSpecs } from '../../../reconciler/run/specs.ts';
import { GOOD } from '../../support/spec-text.ts';
import { suite } from '../../support/suite.ts';

const t = suite('run/group');

/** Specs in folders, each with what its environment says. */
async function inFolders(
  folders: Readonly<Record<string, string>>,
  text = (name: string) => GOOD.replace('stack: webserver', `stack: ${name}`).replace('  name: webserver\n', ''),
) {
  const root = mkdtempSync(join(tmpdir(), 'albedo-groups-'));
  try {
    for (const [name, environment] of Object.entries(folders)) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'environment.yaml'), environment);
      writeFileSync(join(root, name, 'web.yaml'), text(name));
    }
    return (await readSpecs([root], {})).specs;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

t('stacks of one account are read together; those of another profile, account or region by a session of their own', async () => {
  const specs = await inFolders({
    dev: 'account: "111111111111"\nprofile: dev\n',
    more: 'account: "111111111111"\nprofile: dev\n',
    prod: 'account: "222222222222"\nprofile: prod\n',
    same: 'account: "222222222222"\nprofile: other\n',
    none: 'region: us-east-1\n',
  });
  const opened: Scope[] = [];
  const groups = groupsOf(
    specs,
    (scope) => {
      opened.push(scope);
      return { scope } as unknown as Session;
    },
    'apply',
  );
  assert.equal(
    opened.map(({ account = '', profile = '', region }) => `${account} ${profile} ${region}`),
    ['111111111111 dev us-east-1', '  us-east-1', '222222222222 prod us-east-1', '222222222222 other us-east-1'],
  );
  const of = (stack: string) => groups.get(specs.find(({ spec }) => spec.stack.name === stack) ?? (specs[0] as never));
  assert.is(of('dev'), of('more'));
  assert.is.not(of('prod'), of('same'));
});

t('the same stack in two accounts is two stacks; where an account is not known it may be the same one', async () => {
  const two = (one: string, other: string) => inFolders({ a: one, b: other }, () => GOOD);
  const [x, y] = ['account: "111111111111"\n', 'account: "222222222222"\n'];
  assert.is((await two(x, y)).length, 2);
  for (const other of [x, 'region: us-east-1\n']) {
    const problems = await two(x, other).then(
      () => [],
      (error: ReconcileError) => problemsOf(error)?.problems ?? [],
    );
    assert.match(problems.map(({ message }) => message).join(), /Stack webserver of us-east-1 is also in .*web\.yaml\./);
  }
});

t('a session has the profile of its scope, and all other variables of the run', () => {
  const env = { AWS_PROFILE: 'mine', HOME: '/home/me' };
  assert.equal(envOf({ region: 'us-east-1', profile: 'prod' }, env), { AWS_PROFILE: 'prod', HOME: '/home/me' });
  assert.is(envOf({ region: 'us-east-1' }, env), env);
});

t.run();
