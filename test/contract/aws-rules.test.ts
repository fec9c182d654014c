/**
 * The table of AWS's rules against the sandbox, which knows nothing of it: for each rule a value that both take and one that both refuse;
 * and the other way round, every refusal of the sandbox that a spec alone can decide is one of validate.
 */

import * as assert from 'uvu/assert';
import { AWS_RULES } from '../../reconciler/config/aws-rules.ts';
import { LEGAL } from '../../reconciler/model/legal.ts';
import { ACTION_TRIALS } from '../support/aws-rules-actions.ts';
import { BY_ANOTHER_TEST, NOT_BY_A_SPEC } from '../support/aws-rules-left.ts';
import { MACHINE_TRIALS } from '../support/aws-rules-machines.ts';
import { OTHER_TRIALS } from '../support/aws-rules-rest.ts';
import type { Trial } from '../support/aws-rules-trial.ts';
import { createAuthorities, createWorld } from '../support/elbv2-surface.ts';
import { sandboxRefusals } from '../support/sandbox-refusals.ts';
import { problemsOf } from '../support/stacks.ts';
import { suite } from '../support/suite.ts';

const t = suite('contract/aws-rules');
const authorities = await createAuthorities();
const TRIALS: readonly Trial[] = [...ACTION_TRIALS, ...OTHER_TRIALS];
const heard: string[] = [];

for (const { what, rule, spec, ask, good, bad, path, words } of TRIALS) {
  const name = `${what}: ${bad.said.slice(0, 60)} (${rule})`;
  t(`${name} is a mistake in a spec, and ${good.said.slice(0, 60)} is none`, () => {
    assert.equal(problemsOf(spec(good.said)), [], 'the good one');
    const told = problemsOf(spec(bad.said));
    assert.ok(
      told.some((problem) => problem.path === path),
      `no problem at ${path} among:\n${told.map((one) => `${one.path}: ${one.message}`).join('\n')}`,
    );
    assert.ok(told.every(({ line, column, message, hint }) => line >= 1 && column >= 1 && message !== '' && hint !== ''));
  });
  t(`${name} is refused by the sandbox, and the other is not`, () => {
    const world = createWorld(authorities);
    world.call(...ask(world, good.sent));
    const other = createWorld(authorities);
    const said = refusalOf(other, ...ask(other, bad.sent));
    assert.match(said, words);
    heard.push(said);
  });
}

/** What the sandbox says to a call that it refuses; fails when it takes it. */
function refusalOf(world: ReturnType<typeof createWorld>, action: string, params: Parameters<typeof world.call>[1]): string {
  let said = '';
  try {
    world.call(action, params);
  } catch (error) {
    said = String((error as Error).message);
  }
  const [, message = ''] = /was refused: .*"Message":"((?:[^"\\]|\\.)*)"/s.exec(said) ?? [];
  assert.ok(message !== '', `${action} was taken: ${JSON.stringify(params)}`);
  return JSON.parse(`"${message}"`) as string;
}

t('every row of the table has a trial', () => {
  const tried = new Set([...TRIALS, ...MACHINE_TRIALS].map(({ rule }) => rule));
  // Certificates from files are checked as they are read.
  const rows = [...Object.keys(LEGAL), ...AWS_RULES.map(({ name }) => name), 'certificate files'];
  assert.equal(
    rows.filter((row) => !tried.has(row) && BY_ANOTHER_TEST[row] === undefined),
    [],
    'add a trial to test/support/aws-rules-*.ts, or say in aws-rules-left.ts which test has it',
  );
  assert.equal(
    [...tried].filter((name) => name !== 'schema' && !rows.includes(name)),
    [],
    'rows that there are not',
  );
});

t('no refusal of the sandbox is left over: a trial heard it, or no spec can bring it about', () => {
  const all = sandboxRefusals();
  assert.ok(all.length > 200, `${all.length} refusals`);
  const left = all.filter(({ text, pattern }) => !heard.some((said) => pattern.test(said)) && NOT_BY_A_SPEC[text] === undefined);
  assert.equal(
    left.map(({ file, text }) => `${file}: ${text}`),
    [],
    'add a trial, or say in aws-rules-left.ts why no spec can bring it about',
  );
  const known = new Set(all.map(({ text }) => text));
  assert.equal(
    Object.keys(NOT_BY_A_SPEC).filter((text) => !known.has(text)),
    [],
    'the sandbox no longer says this',
  );
});

t.run();
