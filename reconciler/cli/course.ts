/** `albedo check` and `albedo quiz`: the course. */

import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { EXIT, ReconcileError } from '../errors.ts';
import { envOf } from '../run/group.ts';
import { openSession } from '../run/pipeline.ts';
import { readSpecs } from '../run/specs.ts';
import { listenForInterrupt, print, printJson, progressFor, type Shared } from './shell.ts';

export interface CheckFlags {
  readonly begin?: boolean;
  readonly folder?: string;
  readonly collect?: string;
  readonly markdown?: string;
  readonly json?: string;
  readonly csv?: string;
}

export interface QuizFlags {
  readonly chapter?: string;
  readonly save?: string;
  readonly page?: string;
  readonly try?: string;
  readonly list?: boolean;
}

/** Adds the commands; `finish` ends the process with their exit status. */
export function addCourse(program: Command, shared: () => Shared, finish: (status: Promise<number>) => Promise<void>): void {
  program
    .command('check')
    .description(
      'Mark an exercise of the tutorial: read AWS and send requests. Without a name, list the exercises. Exit 2 when points are missing.',
    )
    .argument('[exercise]', 'its name, such as sticky')
    .argument('[spec]', 'your spec', 'environments')
    .option('--begin', 'prepare the exercise (drift, rotation)')
    .option('--folder <folder>', 'mark every <exercise>.yaml in it, each in an empty sandbox')
    .option('--collect <folder>', 'collect the marks of a class: one JSON file for each student')
    .option('--markdown <file>', 'with --folder or --collect: also write a table')
    .option('--json <file>', 'with --folder: also write the marks as JSON')
    .option('--csv <file>', 'with --collect: also write a table for a spreadsheet')
    .action((name: string | undefined, spec: string, flags: CheckFlags) => finish(checkCommand(name, spec, flags, shared())));
  program
    .command('quiz')
    .description('Questions on load balancing, with explanations; --try shows an answer in the sandbox.')
    .option('--chapter <number>', 'only the questions of this chapter')
    .option('--save <file>', 'write your answers to a file, for the exercise self-check')
    .option('--page <file>', 'write all questions as one HTML page that needs no network')
    .option('--try <situation>', 'prepare a situation in a new sandbox and see what happens')
    .option('--list', 'list the situations of --try')
    .action((flags: QuizFlags) => finish(quizCommand(flags, shared())));
}

async function checkCommand(name: string | undefined, path: string, flags: CheckFlags, shared: Shared): Promise<number> {
  if (flags.collect !== undefined) return collectCommand(flags.collect, flags);
  if (flags.folder !== undefined) return folderCommand(flags.folder, flags, shared);
  const { EXERCISES, exerciseNamed } = await import('../../course/exercises.ts');
  if (name === undefined) {
    const list = EXERCISES.map(({ chapter, title, criteria, task, name: known }) => ({
      ...{ exercise: known, chapter, title, task },
      points: criteria.reduce((sum, { points }) => sum + points, 0),
    }));
    if (shared.format.prints === 'document') printJson({ version: 1, exercises: list });
    else
      for (const each of list)
        print(`${String(each.chapter).padStart(2)}  ${each.exercise.padEnd(14)} ${each.points} points  ${each.task}`);
    return EXIT.ok;
  }
  const exercise = exerciseNamed(name);
  if (exercise === undefined)
    throw new ReconcileError('SpecInvalid', `there is no exercise ${name}`, {
      hint: `There are: ${EXERCISES.map((each) => each.name).join(', ')}.`,
    });
  if (flags.begin === true && exercise.begin === undefined)
    throw new ReconcileError('SpecInvalid', `${name} needs no --begin`, {
      hint: 'Do the task, then run albedo check without --begin.',
    });
  const { specs } = await readSpecs([path], process.env);
  const [named] = specs;
  if (named === undefined || specs.length !== 1)
    throw new ReconcileError('SpecInvalid', `${path} has ${specs.length} specs, but an exercise needs exactly one`, {
      hint: `Name the file: albedo check ${name} FILE.`,
    });
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  try {
    const { openLook } = await import('../../course/look.ts');
    const { account } = named.spec;
    const scope = {
      region: named.spec.stack.region,
      ...(account === undefined ? {} : { account }),
      ...(named.profile === undefined ? {} : { profile: named.profile }),
    };
    const session = openSession({ region: scope.region, env: envOf(scope, process.env), signal: interrupt.signal, emit: progress.emit });
    const look = await openLook(named, session, (text) => progress.emit({ kind: 'phase', phase: 'check', text }));
    if (flags.begin === true) {
      const done = await exercise.begin?.(look);
      progress.stop();
      print(done ?? '');
      return EXIT.ok;
    }
    const { mark } = await import('../../course/mark.ts');
    const marks = await mark(exercise, look);
    progress.stop();
    if (shared.format.prints === 'document') printJson({ version: 1, marks: [marks] });
    else print((await import('../../course/marks-text.ts')).marksText(marks));
    return marks.points === marks.of ? EXIT.ok : EXIT.changes;
  } finally {
    progress.stop();
    interrupt.done();
  }
}

async function folderCommand(folder: string, flags: CheckFlags, shared: Shared): Promise<number> {
  const [{ markFolder }, { marksMarkdown, marksText }] = [
    await import('../../course/hand-in.ts'),
    await import('../../course/marks-text.ts'),
  ];
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  try {
    const marks = await markFolder(folder, (text) => progress.emit({ kind: 'phase', phase: 'check', text }), interrupt.signal);
    progress.stop();
    if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify({ version: 1, marks }, null, 2)}\n`);
    if (flags.markdown !== undefined) writeFileSync(flags.markdown, marksMarkdown(marks));
    if (shared.format.prints === 'document') printJson({ version: 1, marks });
    else if (marks.length === 0) print(`${folder} has no exercise: name the file after one, such as sticky.yaml.`);
    else for (const each of marks) print(marksText(each));
    return marks.length > 0 && marks.every(({ points, of }) => points === of) ? EXIT.ok : EXIT.changes;
  } finally {
    progress.stop();
    interrupt.done();
  }
}

async function collectCommand(folder: string, flags: CheckFlags): Promise<number> {
  const [{ collect }, { classCsv, classMarkdown }] = [await import('../../course/hand-in.ts'), await import('../../course/marks-text.ts')];
  const { rows, wrong } = collect(folder);
  for (const path of wrong) process.stderr.write(`albedo: ${path} has no marks and is skipped\n`);
  if (flags.csv !== undefined) writeFileSync(flags.csv, classCsv(rows));
  if (flags.markdown !== undefined) writeFileSync(flags.markdown, classMarkdown(rows));
  print(classMarkdown(rows));
  return wrong.length === 0 ? EXIT.ok : EXIT.error;
}

async function quizCommand(flags: QuizFlags, shared: Shared): Promise<number> {
  const { QUESTIONS } = await import('../../course/quiz/questions.ts');
  if (flags.list === true || flags.try !== undefined) return tryCommand(flags, shared);
  const questions = flags.chapter === undefined ? QUESTIONS : QUESTIONS.filter(({ chapter }) => String(chapter) === flags.chapter);
  if (questions.length === 0)
    throw new ReconcileError('SpecInvalid', `there is no chapter ${flags.chapter}`, { hint: 'Chapters are 1 to 14.' });
  if (flags.page !== undefined) {
    writeFileSync(flags.page, (await import('../../course/quiz/page.ts')).quizPage(questions));
    print(`${questions.length} questions: ${flags.page}`);
    return EXIT.ok;
  }
  if (shared.format.prints === 'document') {
    printJson({ version: 1, questions });
    return EXIT.ok;
  }
  const { askAll, gradeText } = await import('../../course/quiz/ask.ts');
  print('Answer with a letter. An empty line skips a question; q quits.');
  const answers = await askAll(questions, process.stdin, print);
  print(gradeText(answers, questions));
  if (flags.save !== undefined) {
    const { readAnswers, writeAnswers } = await import('../../course/quiz/grade.ts');
    let before = {};
    try {
      before = readAnswers(readFileSync(flags.save, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    writeFileSync(flags.save, writeAnswers({ ...before, ...answers }));
    print(`Your answers: ${flags.save}`);
  }
  return EXIT.ok;
}

async function tryCommand(flags: QuizFlags, shared: Shared): Promise<number> {
  const { SITUATIONS, situationNamed } = await import('../../course/quiz/situations.ts');
  if (flags.try === undefined) {
    for (const { name, setUp } of SITUATIONS) print(`${name.padEnd(14)} ${setUp}`);
    return EXIT.ok;
  }
  const situation = situationNamed(flags.try);
  if (situation === undefined)
    throw new ReconcileError('SpecInvalid', `there is no situation ${flags.try}`, {
      hint: `There are: ${SITUATIONS.map(({ name }) => name).join(', ')}.`,
    });
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  try {
    print(`Set up in a sandbox: ${situation.setUp}`);
    progress.emit({ kind: 'phase', phase: 'check', text: 'starting the sandbox and applying the spec, which takes up to a minute' });
    const { seen, found } = await (await import('../../course/quiz/try.ts')).tryAlone(situation, interrupt.signal);
    progress.stop();
    print(`What happened: ${found}`);
    print(seen ? '✔ This is what the answer says.' : '✘ This is not what the answer says: please report it.');
    return seen ? EXIT.ok : EXIT.error;
  } finally {
    progress.stop();
    interrupt.done();
  }
}
