/** Specs that extend others, of a folder: what is a spec, where it may read, what its environment bounds, and what `show` prints. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseWhole } from '../../../reconciler/config/read.ts';
import { renderMerged } from '../../../reconciler/config/show.ts';
import { asError } from '../../../reconciler/errors.ts';
import { problemsOf, readSpecs } from '../../../reconciler/run/specs.ts';
import { mayBeUnscheduled, verifyRefusals } from '../../../reconciler/run/verify-terms.ts';
import { TUTORIAL } from '../../support/spec-text.ts';
import { suite } from '../../support/suite.ts';

const t = suite('specs that extend others', {} as { top: string; here: string });
const BASE = TUTORIAL.replace(/^(stack|region): .*\n/gm, '');
const env = (name: string, more = ''): string =>
  `stack: ${name}\nregion: us-east-1\nextends: ../base/web.yaml\nloadBalancer: { name: ${name} }\n${more}`;

t.before.each((all) => {
  all.here = process.cwd();
  all.top = realpathSync(mkdtempSync(join(tmpdir(), 'albedo-extended-')));
  mkdirSync(join(all.top, 'repo/.git'), { recursive: true });
  process.chdir(join(all.top, 'repo'));
  put('environments/base/web.yaml', BASE);
});
t.after.each(({ here, top }) => {
  process.chdir(here);
  rmSync(top, { recursive: true, force: true });
});

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
/** `file:line: message` of each mistake. */
async function mistakes(path: string): Promise<readonly string[]> {
  try {
    await readSpecs([path], {});
  } catch (thrown) {
    return problemsOf(asError(thrown))?.problems.map((each) => `${each.file}:${each.line}: ${each.message}`) ?? [];
  }
  return [];
}

t('a base that names no stack is no spec of the folder; alone it is one that lacks its name', async () => {
  put('environments/dev/web.yaml', env('dev', 'load: { rate: 5/s }\n'));
  put('environments/prod/web.yaml', env('prod'));
  const { specs } = await readSpecs(['environments'], {});
  assert.equal(
    specs.map(({ file, spec, bases }) => [file, spec.stack.name, spec.settings.load.rate, bases.map((base) => base.file)]),
    [
      ['environments/dev/web.yaml', 'dev', 5, ['environments/base/web.yaml']],
      ['environments/prod/web.yaml', 'prod', 50, ['environments/base/web.yaml']],
    ],
  );
  assert.match((await mistakes('environments/base')).join('\n'), /stack/);
  // Of a stack of its own that others extend, all are specs.
  put('environments/base/web.yaml', TUTORIAL);
  assert.is((await readSpecs(['environments'], {})).specs.length, 3);
});

t('a base is a plain file of the repository: not above it, no link, nothing of the system', async ({ top }) => {
  writeFileSync(join(top, 'outside.yaml'), 'secret: a\n');
  symlinkSync(join(top, 'outside.yaml'), 'environments/base/link.yaml');
  for (const [path, why] of [
    ['../../../outside.yaml', /leads out of/],
    ['../base/link.yaml', /link/],
    ['../../../../../../../../proc/self/x.yaml', /leads out of/],
  ] as const) {
    put('environments/dev/web.yaml', `stack: dev\nregion: us-east-1\nextends: ${path}\n`);
    const told = (await mistakes('environments/dev')).join('\n');
    assert.match(told, why, path);
    assert.not.match(told, /secret/);
  }
});

t('an environment above holds for what a base says, with the place in the base', async () => {
  put('environments/base/web.yaml', `region: us-east-1\n${BASE}`);
  put('environments/dev/web.yaml', 'stack: dev\nextends: ../base/web.yaml\n');
  put('environments/dev/environment.yaml', 'region: eu-west-1\n');
  assert.match((await mistakes('environments/dev')).join('\n'), /^environments\/base\/web\.yaml:1: .*for eu-west-1/);
});

t('bounds of load in the environment and in the policy: each holds', async () => {
  put('environments/dev/web.yaml', env('dev', 'load: { rate: 60/s }\n'));
  put(
    'environments/environment.yaml',
    'load: { maxRate: 100/s, maxStop: 10s }\nroles: { apply: DEV_APPLY_ROLE }\ngithubEnvironment: dev\n',
  );
  put('environments/dev/policy.yaml', 'load: { maxRate: 50/s }\n');
  const [dev] = (await readSpecs(['environments/dev'], {})).specs;
  if (dev === undefined) throw new Error('no spec');
  assert.equal(
    verifyRefusals('dev', dev.spec.settings, dev.policy).map(({ reason, remedy }) => [reason, remedy]),
    [
      [
        'the load is 60 requests/s, and the policy allows 50/s at most',
        'Change it in the spec, or load.maxRate in the policy of its folder.',
      ],
      [
        'one of the instances of web is stopped for 20 s, and the environment allows 10s at most',
        'Change it in the spec, or load.maxStop in the environment of its folder.',
      ],
    ],
  );
});

t('what AWS FIS is to do needs a role in the environment, and says so where the spec asks for it', async () => {
  const own = env('dev', 'load: { duration: 5m }\nchaos: { stopInstance: { from: web, at: 1s, for: 60s, by: fis } }\n');
  put('environments/dev/web.yaml', own);
  put('environments/environment.yaml', 'fis: { role: team/r, alarms: [a] }\n');
  const [dev] = (await readSpecs(['environments/dev'], {})).specs;
  assert.equal(dev?.fis, { role: 'team/r', alarms: ['a'] });
  put('environments/environment.yaml', 'region: us-east-1\n');
  const refused = await readSpecs(['environments/dev'], {}).then(
    () => [],
    (thrown: unknown) => problemsOf(thrown as never)?.problems ?? [],
  );
  const line = own.split('\n').findIndex((each) => each.includes('by: fis')) + 1;
  assert.equal(
    refused.filter(({ severity }) => severity === 'error').map(({ path, line: at, column }) => [path, at, column > 1]),
    [['chaos.stopInstance.by', line, true]],
  );
  put('environments/dev/web.yaml', env('dev', ''));
});

t('the role of the schedules is that of the environment; consent to do without is given once and taken back by either', async () => {
  put('environments/dev/web.yaml', env('dev', ''));
  const read = async (environment: string, policy: string) => {
    put('environments/environment.yaml', environment);
    put('environments/dev/policy.yaml', policy);
    const [dev] = (await readSpecs(['environments/dev'], {})).specs;
    if (dev === undefined) throw new Error('no spec');
    return [dev.scheduleRole, mayBeUnscheduled(dev.policy)];
  };
  const [yes, no] = ['load: { withoutSchedule: true }\n', 'load: { withoutSchedule: false }\n'];
  assert.equal(await read('scheduleRole: team/r\n', '{}\n'), ['team/r', false]);
  assert.equal(await read('region: us-east-1\n', yes), [undefined, true]);
  assert.equal(await read(yes, '{}\n'), [undefined, true]);
  assert.equal(await read(yes, no), [undefined, false]);
  assert.equal(await read(no, yes), [undefined, false]);
});

t('show: the merged spec can be read as a spec that extends nothing, and says where each value stands', () => {
  const text = Buffer.from(env('dev', 'load: { rate: 5/s }\nchaos: null\n'));
  put('environments/dev/web.yaml', text.toString());
  const whole = parseWhole(text, 'environments/dev/web.yaml', {});
  const alone = parseWhole(renderMerged(whole, false), 'alone.yaml', {});
  assert.equal(alone.value, whole.value);
  const shown = renderMerged(whole, true);
  assert.match(shown, /rate: 5\/s {3}# environments\/dev\/web\.yaml:5/);
  assert.match(shown, /port: 8080 {3}# environments\/base\/web\.yaml:\d+/);
  assert.not.match(shown, /chaos|extends/);
  assert.equal(parseWhole(shown, 'alone.yaml', {}).value, whole.value);
});

t.run();
