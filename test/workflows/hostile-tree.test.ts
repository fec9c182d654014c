/** A pull request whose tree wants to be read, run or uploaded by a job that holds a role. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { RunEnd } from '../support/act/runner.ts';
import { ACCOUNT, endedWith, openStory, output, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { linkTo } from '../support/github/history.ts';
import { suite } from '../support/suite.ts';

const APPLY = '.github/workflows/albedo-apply.yml';
const t = suite('a hostile tree', {} as { story: Story; number: number });
t.before(async (all) => {
  all.story = await openStory();
  all.story.vars = { ...ACCOUNT, ALBEDO_APPROVAL: 'label' };
  all.number = all.story.open('evil', {
    [SPEC]: stackText(),
    // What the report folder used to be, and what the workflow checks albedo out to.
    'albedo-report/x': linkTo('/proc/self/environ'),
    '.albedo/action/action.yml': 'runs: { using: composite, steps: [{ run: "echo PWNED", shell: bash }] }\n',
    '.albedo/action/dist/main.js': 'console.log("PWNED");\n',
    'action/action.yml': 'runs: { using: composite, steps: [{ run: "echo PWNED", shell: bash }] }\n',
    'package.json': '{"scripts":{"preinstall":"echo PWNED"}}',
    '.gitattributes': '* filter=evil\n',
  });
});
t.after(({ story }) => story.stop());

/** Everything of everything that a run uploaded. */
function uploaded(end: RunEnd): string {
  const all = (folder: string): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .map((name) => join(folder, name))
          .filter((path) => statSync(path).isFile())
      : [];
  return all(end.artifacts)
    .map((path) => `${path}\n${readFileSync(path, 'latin1')}`)
    .join('\n');
}
function safe(end: RunEnd): RunEnd {
  assert.not.match(end.out, /^.*\| PWNED/m);
  assert.not.match(uploaded(end), /AWS_SECRET_ACCESS_KEY=|AWS_SESSION_TOKEN=|GITHUB_TOKEN=|INPUT_GITHUB-TOKEN=/);
  return end;
}

t('planned: nothing of it runs, and no link of it is uploaded', async ({ story, number }) => {
  const end = safe(endedWith(await story.plan(number), 'success'));
  assert.match(uploaded(end), 'result.json');
  assert.not.match(uploaded(end), /\/x\n/);
});

t('applied before its merge, as a label allows: the same, with the role that may write', async ({ story, number }) => {
  const digest = output(endedWith(await story.plan(number, 'synchronize'), 'success'), 'plan-digest') ?? '';
  story.github.state.addLabels(SHOP, number, [`apply:${digest.slice(0, 12)}`], 'dana');
  const end = safe(
    endedWith(
      await story.workflows.run({
        ...{ workflow: APPLY, event: 'workflow_dispatch', actor: 'dana', vars: story.vars },
        details: { workflow: APPLY, inputs: { 'pull-request': String(number), digest: digest.slice(0, 12) } },
      }),
      'success',
    ),
  );
  assert.match(end.out, 'assumed arn:aws:iam::123456789012:role/albedo-apply');
  assert.match(uploaded(end), 'result.json');
});

const LINKS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a spec': { 'environments/prod/passwd.yaml': linkTo('/etc/passwd') },
  'a policy': { 'environments/prod/policy.yaml': linkTo('/etc/passwd') },
  'a folder of specs': { 'environments/more': linkTo('/proc/self') },
};
for (const [what, files] of Object.entries(LINKS))
  t(`${what} that is a link is refused, and nothing of what it leads to is shown`, async ({ story }) => {
    const number = story.open(`link ${what}`.replaceAll(' ', '-'), { [SPEC]: stackText(), ...files });
    const end = safe(endedWith(await story.plan(number), 'failure'));
    const said = `${end.out}${uploaded(end)}${story
      .comments(number)
      .map(({ body }) => body)
      .join('')}`;
    assert.match(said, /[Tt]his is a link/);
    assert.not.match(said, 'root:');
  });

t.run();
