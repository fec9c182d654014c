/** What the stories of test/workflows have in common: a repository at the server, an AWS account, and the workflows. */
import * as assert from 'uvu/assert';
import { environmentOf } from '../../../sandbox/control.ts';
import { type Bench, isWrite, startBench } from '../faults-bench.ts';
import type { Comment } from '../github/model.ts';
import { type GitHub, type GitHubOptions, startGitHub } from '../github/server.ts';
import { openWorkflows, type RunEnd, type Running, type WorkflowOptions, type Workflows } from './runner.ts';

export const SHOP = 'acme/shop';
export const SPEC = 'environments/prod/webserver.yaml';
export const MAIN = 'refs/heads/main';

/** Variables of a repository with an AWS account. */
export const ACCOUNT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCOUNT_ID: '123456789012',
  ALBEDO_PLAN_ROLE: 'arn:aws:iam::123456789012:role/albedo-plan',
  ALBEDO_APPLY_ROLE: 'arn:aws:iam::123456789012:role/albedo-apply',
  ALBEDO_PREVIEW_ROLE: 'arn:aws:iam::123456789012:role/albedo-preview',
} as const;

export interface Story {
  readonly bench: Bench;
  readonly github: GitHub;
  readonly workflows: Workflows;
  vars: Readonly<Record<string, string>>;
  /** A branch with these files, and a pull request of it; its number. */
  open(branch: string, files: Readonly<Record<string, string | null>>, fork?: string, title?: string): number;
  plan(number: number, action?: 'opened' | 'synchronize'): Promise<RunEnd>;
  /** Merges, and applies as the push to main does. */
  merge(number: number): Promise<RunEnd>;
  startApply(): Running;
  comments(number: number): readonly Comment[];
  /** Of the one comment there is. */
  comment(number: number): string;
  /** What the sandbox of the account was asked to change since it was looked at last. */
  writes(): readonly string[];
  stop(): Promise<void>;
}

export interface StoryOptions {
  /** On the default branch from the beginning. */
  readonly files?: Readonly<Record<string, string>>;
  readonly github?: GitHubOptions;
  /** The account; one whose targets are healthy at once, without traffic, when left out. */
  readonly aws?: Parameters<typeof startBench>[0];
  /** Hears what runs print, line by line. */
  readonly watch?: (text: string) => void;
  readonly copied?: WorkflowOptions['copied'];
  readonly assume?: WorkflowOptions['assume'];
}

export async function openStory({ files = {}, github: options = {}, aws = {}, watch, copied, assume }: StoryOptions = {}): Promise<Story> {
  const bench = await startBench(aws);
  const github = await startGitHub(options);
  const { state } = github;
  state.addRepository(SHOP, { files: { 'README.md': '# Shop\n', ...files } });
  state.setRole(SHOP, 'dana', 'write');
  const workflows = await openWorkflows({
    github,
    repository: SHOP,
    aws: environmentOf(bench.sandbox),
    ...(watch ? { watch } : {}),
    ...(copied ? { copied } : {}),
    ...(assume ? { assume } : {}),
  });
  let seen = 0;
  const story: Story = {
    ...{ bench, github, workflows },
    vars: ACCOUNT,
    open(branch, changed, fork, title = `Change ${branch}`) {
      if (fork !== undefined && !state.repositories.has(`${fork}/shop`)) state.fork(SHOP, fork);
      const from = fork === undefined ? SHOP : `${fork}/shop`;
      const author = fork ?? 'dana';
      state.commit(from, branch, { files: changed, message: title, author });
      return state.openPull(SHOP, { title, head: fork === undefined ? branch : `${fork}:${branch}`, user: author }).number;
    },
    plan: (number, action = 'opened') =>
      workflows.run({
        ...{ workflow: '.github/workflows/albedo-plan.yml', event: 'pull_request', actor: 'dana', vars: story.vars },
        details: { number, action },
      }),
    merge(number) {
      state.merge(SHOP, number, 'dana', 'squash');
      return story.startApply().end;
    },
    startApply: () =>
      workflows.start({
        ...{ workflow: '.github/workflows/albedo-apply.yml', event: 'push', actor: 'dana', vars: story.vars },
        details: { ref: MAIN },
      }),
    comments: (number) => [...state.repository(SHOP).comments.values()].filter(({ issue }) => issue === number),
    comment(number) {
      const found = story.comments(number);
      assert.is(found.length, 1, `#${number} has ${found.length} comments`);
      return found[0]?.body ?? '';
    },
    writes() {
      const calls = bench.sandbox.calls();
      const since = calls.slice(seen);
      seen = calls.length;
      return since.filter(isWrite).map(({ action }) => action);
    },
    async stop() {
      workflows.remove();
      try {
        await github.stop();
      } finally {
        await bench.stop();
      }
    },
  };
  return story;
}

/** The run has ended so, and otherwise what it printed is shown. */
export function endedWith(end: RunEnd, conclusion: RunEnd['conclusion']): RunEnd {
  const told = end.out.split('\n').filter((line) => !/LocalRepositoryCache|::(set-output|stop-commands|[0-9a-f-]{36})::/.test(line));
  assert.is(end.conclusion, conclusion, told.slice(-120).join('\n'));
  return end;
}

/** Outputs of the last step that set one of this name. */
export function output(end: RunEnd, name: string): string | undefined {
  return [...end.out.matchAll(new RegExp(`::set-output:: ${name}=(.*)$`, 'gm'))].at(-1)?.[1];
}
