/** The program as commander knows it: help, completion and the tests read it without running anything. */

import { Command, Option } from 'commander';
import { FORMATS, formatNamed, PRINTED } from '../report/formats.ts';
import { type Output, requireWritable } from '../run/writable.ts';
import { VERSION } from './about.ts';
import { addCourse } from './course.ts';
import { addExamples } from './examples.ts';
import { finish } from './program-parts.ts';
import { addStackCommands } from './program-stacks.ts';
import { addOtherCommands } from './program-tools.ts';
import type { Shared } from './shell.ts';

export function makeProgram(): Command {
  const program: Command = new Command('albedo')
    .description('Plan, apply, load-test and watch AWS Application Load Balancers written in YAML.')
    .version(VERSION)
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .addOption(
      new Option('--format <format>', 'how results are written to standard output')
        .choices(PRINTED.map(({ name }) => name))
        .default(FORMATS[0]?.name),
    )
    .option('--call-log <file>', 'append one JSON line to this file for each AWS call: name, time and code, never its content')
    .option('--quiet', 'no progress on standard error')
    .option('--yes', 'no questions: use the defaults, download missing programs, destroy without asking for the name')
    .exitOverride()
    .showHelpAfterError('(albedo --help shows what there is)')
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
Exit status: 0 nothing to do, or done · 1 error · 2 changes or drift · 3 the plan differs from the reviewed one · 4 refused by guard
5 another run holds the lock of the stack · 6 credentials or permissions · 8 an objective was missed · 9 inconclusive · 130 interrupted
For several stacks: the status of the worst, in this order: 130, 1, 6, 8, 5, 3, 4, 9, 2, 0.
Several stacks run in parallel and independently: one that fails, is refused or is locked stops no other. With --all-or-nothing
none is changed unless all are planned, allowed and locked. A table at the end has one line for each, worst first.
AWS_ENDPOINT_URL, AWS_PROFILE and the other AWS variables work as in any AWS tool.`,
    );
  const shared = (): Shared => {
    const options = program.opts() as Omit<Shared, 'format'> & { readonly format: string };
    return { ...options, format: formatNamed(options.format) };
  };
  // For every command, before its first call.
  program.hook('preAction', (_, command) => requireWritable(writtenBy(command.name(), command.optsWithGlobals())));
  addStackCommands(program, { shared });
  addOtherCommands(program, { shared });
  addCourse(program, shared, finish);
  addExamples(program);
  return program;
}

/** Options that name an output file or folder; those of a single command have its name as prefix. */
const WRITTEN: Readonly<Record<string, 'file' | 'folder'>> = {
  callLog: 'file',
  out: 'file',
  report: 'folder',
  'policy out': 'folder',
  'shard out': 'folder',
};

function writtenBy(command: string, options: Readonly<Record<string, unknown>>): readonly Output[] {
  return Object.entries(options).flatMap(([name, path]) => {
    const what = WRITTEN[`${command} ${name}`] ?? WRITTEN[name];
    if (what === undefined || typeof path !== 'string') return [];
    return [{ flag: `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, path, what }];
  });
}
