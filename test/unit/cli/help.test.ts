/** Help, examples, completion and `explain`, from the program as commander knows it. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import * as assert from 'uvu/assert';
import { complete, SHELLS } from '../../../reconciler/cli/completion.ts';
import { EXAMPLES, pathOf } from '../../../reconciler/cli/examples.ts';
import { explainable, explanationsOf, fieldPlaces } from '../../../reconciler/cli/explain.ts';
import { makeProgram } from '../../../reconciler/cli/program.ts';
import { AREAS } from '../../../reconciler/doctor/areas.ts';
import { ERRORS } from '../../../reconciler/errors.ts';
import { LINTS } from '../../../reconciler/model/lints.ts';
import { GUARD_RULES } from '../../../reconciler/plan/guard-rules.ts';
import { suite } from '../../support/suite.ts';

const t = suite('help and completion');
const ROOT = join(import.meta.dirname, '../../..');

/** Every command that does something, with all its groups. */
const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap((each) => leaves(each));
const visible = leaves(makeProgram()).filter((command) => !['complete', 'watchdog'].includes(command.name()));

t('every command has examples, and every example is of a command', () => {
  assert.equal(visible.map(pathOf).sort(), Object.keys(EXAMPLES).sort());
});

for (const [path, list] of Object.entries(EXAMPLES)) {
  t(`the examples of ${path} are understood`, () => {
    for (const [args] of list) {
      // What a shell would take away before the command sees it.
      const words = [...path.split(' '), ...args.replace(/ >>? .*$/, '').split(' ')].filter((word) => word !== '');
      const program = makeProgram();
      let ran = 0;
      for (const command of leaves(program)) command.exitOverride().action(() => void (ran += 1));
      program.exitOverride().configureOutput({ writeErr: () => {} });
      program.parse(words, { from: 'user' });
      assert.is(ran, 1, words.join(' '));
    }
  });
}

t('the help of a command ends with its examples', () => {
  let help = '';
  const program = makeProgram();
  program.commands
    .find((each) => each.name() === 'plan')
    ?.configureOutput({ writeOut: (text) => void (help += text) })
    .outputHelp();
  assert.match(help, /Examples:\n {2}albedo plan environments\/dev {2,}the specs of a folder\n/);
});

const values = (...words: string[]) => complete(makeProgram(), words).candidates.map(({ value }) => value);

t('commands, options, choices and files are completed where they fit', () => {
  assert.equal(values('va'), ['validate']);
  assert.ok(values('').includes('init'));
  assert.not.ok(values('').includes('complete'));
  assert.equal(
    values('sandbox', ''),
    ['up', 'down', 'status', 'help'].filter((name) => values('sandbox', '').includes(name)),
  );
  assert.equal(values('--format', 'j'), ['json', 'junit']);
  assert.equal(values('plan', '--changed'), ['--changed-since']);
  assert.ok(values('plan', '--q').includes('--quiet'));
  assert.equal(values('doctor', '--role', ''), ['plan', 'apply', 'chaos']);
  assert.equal(values('setup', 'k'), ['k6']);
  assert.equal(values('completion', ''), ['bash', 'zsh', 'fish']);
  const files = (...words: string[]) => complete(makeProgram(), words).files;
  assert.ok(files('plan', 'env'));
  assert.ok(files('plan', 'one.yaml', 'tw'));
  assert.ok(files('verify', '--report', ''));
  assert.not.ok(files('import', '--stack', ''));
  assert.not.ok(files('--format', ''));
});

t('every option of every command is completed', () => {
  for (const command of visible) {
    const found = values(...pathOf(command).split(' '), '--');
    for (const { long, hidden } of command.options) if (!hidden) assert.ok(found.includes(long ?? ''), `${pathOf(command)} ${long}`);
  }
});

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: shells read these */
const ASK: Readonly<Record<(typeof SHELLS)[number], readonly [args: readonly string[], script: string]>> = {
  bash: [
    ['--norc', '-c'],
    'source <(albedo completion bash); source <(albedo completion bash); COMP_WORDS=(albedo plan --chan); COMP_CWORD=2; _albedo; printf "%s\\n" "${COMPREPLY[@]}"; COMP_WORDS=(albedo validate a); COMP_CWORD=2; _albedo; printf "%s\\n" "${COMPREPLY[@]}"',
  ],
  zsh: [
    ['-f', '-c'],
    'compdef() { :; }; _describe() { print -rl -- "${(@)found%%:*}"; }; _files() { print -l a*; }; source <(albedo completion zsh); words=(albedo plan --chan); CURRENT=3; _albedo; words=(albedo validate a); CURRENT=3; _albedo',
  ],
  fish: [['--no-config', '-c'], 'albedo completion fish | source; complete -C "albedo plan --chan"; complete -C "albedo validate a"'],
};
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: shells read these */
for (const shell of SHELLS) {
  t(`${shell} completes an option and a file with a blank in its name`, () => {
    if (spawnSync(shell, ['-c', 'true']).status !== 0) return;
    const folder = mkdtempSync(join(tmpdir(), 'albedo-complete-'));
    try {
      writeFileSync(join(folder, 'a file.yaml'), '');
      writeFileSync(join(folder, 'albedo'), `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/bin/albedo.mjs' "$@"\n`, { mode: 0o755 });
      const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder };
      const [args, script] = ASK[shell];
      const { stdout, stderr } = spawnSync(shell, [...args, script], { cwd: folder, env, encoding: 'utf8' });
      assert.match(stdout, '--changed-since', stderr);
      assert.match(stdout, /a\\? file\.yaml/, stderr);
      assert.is(stderr, '');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

t('every error, warning, refusal, area of the doctor, and field of a spec is explained', () => {
  for (const name of [...Object.keys(ERRORS), ...Object.keys(LINTS), ...Object.keys(GUARD_RULES), ...Object.keys(AREAS)])
    assert.ok(explanationsOf(name).length > 0, name);
  assert.ok(fieldPlaces().length > 313);
  for (const { path } of fieldPlaces()) {
    const asked = path.replaceAll('<name>', 'web').replaceAll('[]', '[0]');
    const [first] = explanationsOf(asked);
    assert.ok(first !== undefined && first.lines.length >= 2, asked);
  }
});

t('a field is found by its path, by its last name, in any place, and not by another', () => {
  const [first] = explanationsOf('targetGroups.web.healthCheck.interval');
  assert.is(first?.name, 'targetGroups.<name>.healthCheck.interval');
  assert.match(first?.lines.join('\n') ?? '', /Value: a whole number from 5 to 300[\s\S]*Default: 30/);
  assert.equal(explanationsOf('interval'), explanationsOf('healthCheck.interval'));
  assert.equal(explanationsOf('noSuchThing'), []);
  assert.ok(explainable().includes('certificates.<name>.files.certificate'));
});

t('an exit status names the errors that end with it', () => {
  assert.match(
    explanationsOf('6')
      .find(({ kind }) => kind === 'exit status')
      ?.lines.join() ?? '',
    /CredentialsMissing.*Denied/,
  );
});

t('a reader that goes before the end is no error', () => {
  const script = `"$1" "$2" quiz --list | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, join(ROOT, 'bin/albedo.mjs')], {
    encoding: 'utf8',
  });
  assert.match(stdout, /\n0\n$/);
  assert.not.match(stderr, /EPIPE|node:events/);
});

t.run();
