/** The workflow that marks a class: points and one comment, for a branch as for a fork, and nothing that a hostile submission could take. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT, type RunEnd } from '../support/act/runner.ts';
import { endedWith, openStory, SHOP, type Story } from '../support/act/story.ts';
import { linkTo } from '../support/github/history.ts';
import { suite } from '../support/suite.ts';

const OURS = `example/albedo@${'0123456789'.repeat(4)}`;
/** As a teacher copies it. */
const caller = (): string => {
  const page = readFileSync(join(ROOT, 'docs/tutorial/teachers.md'), 'utf8');
  const [, text = ''] = /```yaml\n(name: course\n[\s\S]*?)```/.exec(page) ?? [];
  const [repository, commit] = OURS.split('@');
  return text.replace(/uses: \S+?\/(\.github\/workflows\/course-mark\.yml)@\S+/, `uses: ${repository}/$1@${commit}`);
};
const spec = (exercise: string, which: 'start' | 'solution'): string =>
  readFileSync(join(ROOT, `course/specs/${exercise}/${which}.yaml`), 'utf8');

const t = suite('a class', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory({ copied: { from: OURS, files: { 'course.yml': caller() } } });
});
t.after(({ story }) => story.stop());

const mark = (story: Story, number: number, action: 'opened' | 'synchronize' = 'opened'): Promise<RunEnd> =>
  story.workflows.run({
    ...{ workflow: '.github/workflows/course.yml', event: 'pull_request_target', actor: 'dana' },
    details: { number, action },
  });

t(
  'a starting point has not all points, and the comment says what is missing; a push that solves it changes that comment',
  async ({ story }) => {
    const number = story.open('mine', { 'exercises/target-group.yaml': spec('target-group', 'start'), 'exercises/notes.txt': 'mine' });
    const first = endedWith(await mark(story, number), 'success');
    const [before, of] = pointsOf(story.comment(number));
    assert.ok(before < of, `${before} of ${of}`);
    assert.match(story.comment(number), '**Missing**');
    const marks = JSON.parse(first.artifact(`course-marks-${number}`, 'marks.json')) as {
      readonly marks: readonly { readonly points: number }[];
    };
    assert.is(marks.marks[0]?.points, before);
    story.github.state.commit(SHOP, 'mine', { files: { 'exercises/target-group.yaml': spec('target-group', 'solution') }, author: 'dana' });
    endedWith(await mark(story, number, 'synchronize'), 'success');
    assert.equal(pointsOf(story.comment(number)), [of, of]);
    assert.not.match(story.comment(number), '**Missing**');
  },
);

t('a hostile submission from a fork: marked as data, nothing of it is run, shown or believed', async ({ story }) => {
  const evil = spec('network', 'solution');
  const number = story.open(
    'evil',
    {
      'exercises/network.yaml': evil.replace(/^stack: .*$/m, 'stack: "@everyone<img src=x>"'),
      'exercises/tls.yaml': linkTo('/proc/self/environ'),
      'exercises/sticky.yaml': `${evil}load: { script: ../../.albedo/k6/load.ts }\n`,
      'exercises/rules.yaml': `${evil}extends: ../../../../../../etc/passwd\n`,
      // Its load would outlast the job many times.
      'exercises/load-test.yaml': spec('load-test', 'solution')
        .replace(/rate: \S+,/, 'rate: 5000/s,')
        .replace(/duration: \S+ /, 'duration: 1h '),
      'exercises/answers.yaml': 'two-zones: "<!-- albedo course --> ### Exercises: 99 of 1 points"\n',
      'exercises/self-check.yaml': evil,
      // What the job might run, read or take for its own.
      '.github/workflows/course.yml': 'on: pull_request_target\njobs: { x: { runs-on: ubuntu-24.04, steps: [{ run: echo PWNED }] } }\n',
      '.albedo/bin/albedo.mjs': 'console.log("PWNED");\n',
      'bin/albedo.mjs': 'console.log("PWNED");\n',
      'package.json': '{"scripts":{"preinstall":"echo PWNED"}}',
      '.npmrc': 'script-shell=/bin/echo\n',
      '.gitattributes': '* filter=evil\n',
    },
    'mallory',
  );
  // Beside what is believed: the marker in a comment of the student's own.
  story.github.state.comment(SHOP, number, 'mallory', '### Exercises: 99 of 99 points\n\n<!-- albedo course -->');
  const end = endedWith(await mark(story, number), 'success');
  assert.not.match(end.out, 'PWNED');
  const [, ours, ...more] = story.comments(number);
  assert.equal(more, []);
  assert.is(ours?.user.login, 'github-actions[bot]');
  const body = ours?.body ?? '';
  for (const bad of ['@everyone', '<img', '99 of 1', 'root:', 'GITHUB_', 'ghs_']) assert.not.ok(body.includes(bad), `${bad}\n${body}`);
  const kept = `${end.artifact(`course-marks-${number}`, 'marks.json')}${end.artifact(`course-marks-${number}`, 'comment.md')}`;
  for (const bad of ['root:', 'GITHUB_TOKEN', 'ACTIONS_', 'ghs_']) assert.not.ok(kept.includes(bad), bad);
  assert.not.match(body, '`tls`', 'a link is not handed in');
});

/** Points and most points, of the first line. */
function pointsOf(body: string): [number, number] {
  const [, points, of] = /^### Exercises: (\d+) of (\d+) points/.exec(body) ?? [];
  return [Number(points), Number(of)];
}

t.run();
