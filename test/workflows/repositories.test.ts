/** Two repositories whose stacks share one account: neither plans, changes, ends or reports what is the other's. */
import * as assert from 'uvu/assert';
import { environmentOf } from '../../sandbox/control.ts';
import { openWorkflows, type RunEnd, type Workflows } from '../support/act/runner.ts';
import { ACCOUNT, endedWith, MAIN, openStory, output, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const BLOG = 'acme/blog';
const FILES = { [SHOP]: stackText(), [BLOG]: stackText({ stack: 'blog', cidr: '10.1' }) };
type Name = keyof typeof FILES;

interface Both {
  story: Story;
  of: Readonly<Record<Name, Workflows>>;
}
const t = suite<Both>('two repositories, one account');
const vars = { ...ACCOUNT, ALBEDO_PREVIEW_VERIFY: 'false' };
t.before(async (all) => {
  const story = await openStory();
  story.github.state.addRepository(BLOG, { files: { 'README.md': '# Blog\n' } });
  story.github.state.setRole(BLOG, 'dana', 'write');
  const blog = await openWorkflows({ github: story.github, repository: BLOG, aws: environmentOf(story.bench.sandbox) });
  Object.assign(all, { story, of: { [SHOP]: story.workflows, [BLOG]: blog } });
});
t.after(async ({ story, of }) => {
  of[BLOG].remove();
  await story.stop();
});

const workflow = (name: string): string => `.github/workflows/albedo-${name}.yml`;
function open({ story }: Both, name: Name, branch: string, text: string | null, more: Readonly<Record<string, string>> = {}): number {
  const { state } = story.github;
  state.commit(name, branch, { files: { [SPEC]: text, ...more }, message: branch, author: 'dana' });
  return state.openPull(name, { title: branch, head: branch, user: 'dana' }).number;
}
const plan = ({ of }: Both, name: Name, number: number): Promise<RunEnd> =>
  of[name].run({ workflow: workflow('plan'), event: 'pull_request', actor: 'dana', vars, details: { number, action: 'opened' } });
function merge({ story, of }: Both, name: Name, number: number): Promise<RunEnd> {
  story.github.state.merge(name, number, 'dana', 'squash');
  return of[name].run({ workflow: workflow('apply'), event: 'push', actor: 'dana', vars, details: { ref: MAIN } });
}
const drift = async ({ of }: Both, name: Name): Promise<RunEnd> =>
  endedWith(
    await of[name].run({
      ...{ workflow: workflow('drift'), event: 'schedule', vars },
      details: { schedule: '37 4 * * *', workflow: workflow('drift') },
    }),
    'success',
  );
const preview = async ({ of }: Both, name: Name, number: number, action: 'labeled' | 'closed'): Promise<RunEnd> =>
  endedWith(
    await of[name].run({
      ...{ workflow: workflow('preview'), event: 'pull_request', actor: 'dana', vars },
      details: { number, action, ...(action === 'labeled' ? { label: 'preview' } : {}) },
    }),
    'success',
  );
const names = ({ story }: Both): string[] =>
  story.bench.sandbox.elbv2
    .loadBalancers()
    .map(({ name }) => name)
    .sort();
const issues = ({ story }: Both, name: Name) =>
  [...story.github.state.repository(name).issues.values()].filter(({ pull }) => pull === undefined);
const comments = ({ story }: Both, name: Name, number: number): string[] =>
  [...story.github.state.repository(name).comments.values()].filter(({ issue }) => issue === number).map(({ body }) => body);

t('each applies its own, with nothing of the other in plan, comment and drift', async (both) => {
  for (const name of [SHOP, BLOG] as const) {
    const number = open(both, name, 'first', FILES[name]);
    const planned = endedWith(await plan(both, name, number), 'success');
    assert.is(output(planned, 'to-add'), '14');
    endedWith(await merge(both, name, number), 'success');
  }
  assert.equal(names(both), ['blog', 'webserver']);
  for (const name of [SHOP, BLOG] as const) {
    const end = await drift(both, name);
    assert.is(output(end, 'drifted'), 'false');
    assert.not.match(end.out, name === SHOP ? /\bblog\b.*is gone/ : /webserver.*is gone/);
    assert.equal(issues(both, name), []);
  }
  assert.not.match(comments(both, SHOP, 1).join('\n'), 'blog');
});

t('a preview of each, of pull requests with one number: the end of one leaves the other', async (both) => {
  const { state } = both.story.github;
  for (const name of [SHOP, BLOG] as const) {
    const number = open(both, name, 'second', FILES[name].replace('idleTimeout: 90s', 'idleTimeout: 75s'));
    assert.is(number, 2);
    state.addLabels(name, number, ['preview']);
    await preview(both, name, number, 'labeled');
  }
  assert.equal(names(both), ['blog', 'blog-pr-2', 'webserver', 'webserver-pr-2']);
  state.setState(SHOP, 2, 'closed', 'dana');
  await preview(both, SHOP, 2, 'closed');
  assert.equal(names(both), ['blog', 'blog-pr-2', 'webserver']);
});

t(
  'one that calls its stack as the other does: refused, with the name of the repository that has it, and nothing is changed',
  async (both) => {
    const number = open(both, BLOG, 'taken', FILES[SHOP].replace('idleTimeout: 90s', 'idleTimeout: 33s'));
    const end = endedWith(await plan(both, BLOG, number), 'failure');
    assert.is(output(end, 'failure-reason'), 'guard');
    assert.match(comments(both, BLOG, number).join('\n'), `is applied from ${SPEC} of the repository ${SHOP}, and this file is of ${BLOG}`);
    both.story.writes();
    endedWith(await merge(both, BLOG, number), 'failure');
    assert.equal(both.story.writes(), []);
    assert.is(output(await drift(both, SHOP), 'drifted'), 'false');
  },
);

t('a stack whose file is gone is told where it came from, and nowhere else', async (both) => {
  const number = open(both, BLOG, 'gone', null, { 'environments/prod/wiki.yaml': stackText({ stack: 'wiki', cidr: '10.2' }) });
  endedWith(await plan(both, BLOG, number), 'success');
  endedWith(await merge(both, BLOG, number), 'success');
  assert.match((await drift(both, BLOG)).out, `Stack blog in us-east-1 exists in AWS, but its file ${SPEC} is gone`);
  assert.not.match((await drift(both, SHOP)).out, 'exists in AWS, but its file');
});

t(
  'the last spec of a repository is deleted: green, told, and the stacks stay as they are; a folder of another name is still an error',
  async (both) => {
    const { state } = both.story.github;
    state.commit(BLOG, 'none', { files: { 'environments/prod/wiki.yaml': null }, message: 'none', author: 'dana' });
    const { number } = state.openPull(BLOG, { title: 'none', head: 'none', user: 'dana' });
    both.story.writes();
    const planned = endedWith(await plan(both, BLOG, number), 'success');
    assert.match(planned.out, 'environments has no spec any more: the pull request deletes the last one');
    assert.match(planned.out, 'Stack wiki in us-east-1 exists in AWS, but its file environments/prod/wiki.yaml is gone');
    assert.equal(comments(both, BLOG, number), []);
    endedWith(await merge(both, BLOG, number), 'success');
    assert.equal(both.story.writes(), []);
    assert.ok(names(both).includes('wiki'));
    const other = open(both, BLOG, 'typo', null, { 'enviroments/prod/web.yaml': stackText(), 'environments/README.md': 'x' });
    endedWith(await plan(both, BLOG, other), 'failure');
    assert.match(comments(both, BLOG, other).join('\n'), 'holds no spec');
  },
);

t.run();
