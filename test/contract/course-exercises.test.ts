/** Each exercise on the sandbox: its solution gets all points, its starting point does not, and what is missing is named. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type CourseBench, openBench } from '../../course/bench.ts';
import { EXERCISES } from '../../course/exercises.ts';
import { type Marks, mark } from '../../course/mark.ts';
import { letterOf, writeAnswers } from '../../course/quiz/grade.ts';
import { QUESTIONS } from '../../course/quiz/questions.ts';
import { suite } from '../support/suite.ts';

interface Context {
  bench: CourseBench;
  folder: string;
}

const t = suite<Context>('course exercises');
const SPECS = new URL('../../course/specs/', import.meta.url).pathname;

t.before(async (context) => {
  Object.assign(context, { bench: await openBench(), folder: mkdtempSync(join(tmpdir(), 'albedo-course-test-')) });
});
t.after(async ({ bench, folder }) => {
  await bench.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a student does between the two besides writing the spec. */
interface Story {
  /** The start is a file that was written and not applied. */
  readonly unapplied?: true;
  /** After the start was applied and before it is marked. */
  readonly wrong?: (at: { readonly bench: CourseBench; readonly folder: string; readonly spec: string }) => Promise<void> | void;
  /** After the solution was written, in place of `apply`. */
  readonly right?: (at: { readonly bench: CourseBench; readonly folder: string; readonly spec: string }) => Promise<void> | void;
}

const git = (folder: string, ...args: readonly string[]): void =>
  void execFileSync('git', ['-c', 'user.name=dana', '-c', 'user.email=dana@example.com', ...args], { cwd: folder, stdio: 'pipe' });

const begin =
  (name: string) =>
  async ({ bench, spec }: { readonly bench: CourseBench; readonly spec: string }) => {
    const exercise = EXERCISES.find((each) => each.name === name);
    assert.ok((await exercise?.begin?.(await bench.look(spec))) !== undefined);
  };

const STORIES: Readonly<Record<string, Story>> = {
  network: { unapplied: true },
  'self-check': {
    wrong: ({ folder }) => writeFileSync(join(folder, 'answers.txt'), writeAnswers({ 'two-zones': 'a', p95: 'c' })),
    right: ({ folder }) =>
      writeFileSync(join(folder, 'answers.txt'), writeAnswers(Object.fromEntries(QUESTIONS.map(({ id, right }) => [id, letterOf(right)])))),
  },
  drift: { wrong: begin('drift') },
  rotation: { wrong: begin('rotation') },
  'pull-request': {
    wrong: ({ folder }) => {
      git(folder, 'init', '-q', '-b', 'main');
      git(folder, 'add', '.');
      git(folder, 'commit', '-qm', 'The first spec');
    },
    right: async ({ bench, folder, spec }) => {
      mkdirSync(join(folder, '.github', 'workflows'), { recursive: true });
      writeFileSync(join(folder, '.github', 'workflows', 'plan.yml'), 'on: pull_request\njobs: { plan: { uses: albedo/plan } }\n');
      git(folder, 'checkout', '-qb', 'idle');
      git(folder, 'add', '.');
      git(folder, 'commit', '-qm', 'Connections may idle for 75 s');
      git(folder, 'checkout', '-q', 'main');
      git(folder, 'merge', '-q', '--no-ff', '-m', 'Merge pull request #1', 'idle');
      await bench.apply(spec);
    },
  },
  'clean-up': {
    right: async ({ bench, folder }) => {
      writeFileSync(join(folder, 'environment.yaml'), 'account: "123456789012"\n');
      await bench.reset();
    },
  },
};

const missed = ({ marks }: Marks): readonly string[] => marks.filter(({ right }) => !right).map(({ title, found }) => `${title}: ${found}`);

for (const exercise of EXERCISES) {
  t(`${exercise.name}: wrong for the starting point, right for the solution`, async ({ bench, folder: root }) => {
    const { wrong, right, unapplied } = STORIES[exercise.name] ?? {};
    const folder = join(root, exercise.name);
    mkdirSync(folder);
    const spec = join(folder, 'course.yaml');
    await bench.reset();
    copyFileSync(join(SPECS, exercise.name, 'start.yaml'), spec);
    if (unapplied !== true) await bench.apply(spec);
    await wrong?.({ bench, folder, spec });
    const first = await mark(exercise, await bench.look(spec));
    assert.ok(first.points < first.of, `the starting point gets ${first.points} of ${first.of}`);
    for (const each of first.marks.filter((one) => !one.right)) {
      assert.ok(each.found.length > 0, `${each.title}: what was found`);
      assert.ok(each.next.length > 0, `${each.title}: what to do next`);
    }
    copyFileSync(join(SPECS, exercise.name, 'solution.yaml'), spec);
    await (right ?? (() => bench.apply(spec)))({ bench, folder, spec });
    const second = await mark(exercise, await bench.look(spec));
    assert.equal(missed(second), []);
    assert.is(second.points, second.of);
    assert.ok(second.of >= 4);
  });
}

t('a criterion that cannot be looked at is not right, and says why', async ({ bench, folder }) => {
  await bench.reset();
  const spec = join(folder, 'empty.yaml');
  copyFileSync(join(SPECS, 'target-group', 'start.yaml'), spec);
  await bench.apply(spec);
  const sticky = EXERCISES.find(({ name }) => name === 'sticky');
  assert.ok(sticky);
  const marks = await mark(sticky, await bench.look(spec));
  assert.is(marks.points, 0);
  assert.is(marks.marks[0]?.found, 'the stack has no listener');
});

t.run();
