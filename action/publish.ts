/** What goes to GitHub: comments, the check's title, the drift issue. Whatever fails here is said, and changes nothing else. */

import { fetchFor } from '../reconciler/aws/proxy.ts';
import { ReconcileError } from '../reconciler/errors.ts';
import { renderCollapsed, renderComment } from '../reconciler/report/comment.ts';
import type { Marker } from '../reconciler/report/comment-marker.ts';
import { renderTogether, TOGETHER } from '../reconciler/report/comment-together.ts';
import { nameOf } from '../reconciler/run/identity.ts';
import type { Clock } from '../reconciler/run/port.ts';
import { type Proposal, propose } from './accept.ts';
import { type Board, type Decide, openBoard, type Posted } from './comment.ts';
import { stacksOfDiff } from './concerned.ts';
import { type GitHub, GitHubFailure, identify, openGitHub } from './github.ts';
import { keepIssue } from './issue.ts';
import { annotate, type Log } from './log.ts';
import type { Mask } from './mask.ts';
import { ALL_SPECS, type StackOutcome } from './outcome.ts';
import { openPulls } from './pulls.ts';
import { checkTitle, contentOf, contentsOf, keyOf, type Shown } from './show.ts';

export interface Publisher {
  readonly github: GitHub;
  /** Reads the comments of the event's pull request beside the work, since they are needed in the end whatever comes of it. */
  begin(): void;
  /** The pull request this run is about; undefined when there is none. Throws `GitHubFailure`. */
  number(): Promise<number | undefined>;
  /** Every pull request this run is about: of a push by the merge queue, all that it merged. Throws `GitHubFailure`. */
  numbers(): Promise<readonly number[]>;
  /** Files that they change; undefined without one, and where GitHub does not list them all. Throws `GitHubFailure`. */
  changed(): Promise<readonly string[] | undefined>;
  /** Deletes labels that approved what is done now, or what a push made void. Never throws. */
  dropLabels(keep: (digest: string) => boolean): Promise<void>;
  /** Comments on what came of each stack, or in one comment on all. Never throws. */
  comments(outcomes: readonly StackOutcome[], settled?: readonly string[]): Promise<readonly Posted[]>;
  /** What the comment that a stack is in is about: the stack, or all. */
  keyOf(outcome: StackOutcome): { readonly stack: string; readonly region: string };
  /** A stack that the pull request no longer changes keeps no comment that says it does. Never throws. */
  calm(outcomes: readonly StackOutcome[]): Promise<void>;
  /** The counts as the title of this job's check, where that is permitted. Never throws. */
  title(outcomes: readonly StackOutcome[]): Promise<void>;
  /** The drift issue of each stack; its address where one is open. Never throws. */
  issues(outcomes: readonly StackOutcome[]): Promise<readonly string[]>;
  /** The pull request of each proposal; undefined where it could not be opened, which was said. Never throws. */
  proposals(proposals: readonly Proposal[], mask: Mask): Promise<readonly (string | undefined)[]>;
}

export interface PublisherInput extends Shown {
  readonly log: Log;
  readonly clock: Clock;
  /** Where the comment goes, where the event does not say it. */
  readonly find?: (github: GitHub) => Promise<number | undefined>;
  /** How many stacks the run is about, as soon as that is known. */
  readonly expected?: () => number;
}

/** More stacks than these share one comment, unless the input says otherwise. */
const MOST_BY_THEMSELVES = 5;

/** Comments that one run of a fork may cause. */
const MOST_OF_A_FORK = 20;

export function openPublisher(input: PublisherInput): Publisher {
  const { inputs, context, log, clock } = input;
  const { owner, repo } = context;
  const github = openGitHub({ token: inputs.token, apiUrl: context.apiUrl, clock, fetch: fetchFor(process.env) });
  let author: Promise<string> | undefined;
  const me = (): Promise<string> => (author ??= identify(github, inputs.token, inputs.jobToken));
  const pulls = openPulls(github, inputs, context, input.find);
  const number = async (): Promise<number | undefined> => (await pulls.numbers())[0];
  const boards = new Map<number, Board>();
  const boardOf = (pull: number): Board => {
    const board = boards.get(pull) ?? openBoard(github, { owner, repo, number: pull }, me, () => clock.now());
    boards.set(pull, board);
    return board;
  };
  const comments = inputs.comment !== 'never' && inputs.token !== '' && !(context.fork && context.event === 'pull_request');

  /** Says what went wrong, and goes on: AWS is as it is whether or not GitHub hears of it. */
  const attempt = async <T>(what: string, instead: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GitHubFailure) && !(error instanceof ReconcileError)) throw error;
      annotate(log, [{ level: 'warning', title: what, text: `${error.message}. The whole report is in the job summary.` }]);
      return instead;
    }
  };

  /** Of what a fork's file speaks of: the stacks that its pull request changes, and no more than a person reads. */
  async function believable(pull: number, outcomes: readonly StackOutcome[]): Promise<readonly StackOutcome[]> {
    const kept = stacksOfDiff(outcomes, (await pulls.changed()) ?? []).slice(0, MOST_OF_A_FORK);
    if (kept.length < outcomes.length)
      log.say(
        `${outcomes.length - kept.length} of ${outcomes.length} stacks in the file get no comment: #${pull} does not change their files, or there are too many`,
      );
    return kept;
  }

  /** Of a comment for all: what is known of each stack so far. */
  const seen = new Map<string, StackOutcome>();
  const TOGETHER_KEY = keyOf({ stack: TOGETHER, region: '' }, inputs);
  const isTogether = (outcomes: readonly StackOutcome[]): boolean => {
    if (inputs.commentPer === 'stack' || outcomes.every(({ region }) => region === '')) return false;
    return inputs.commentPer === 'pull-request' || Math.max(outcomes.length, input.expected?.() ?? 0) > MOST_BY_THEMSELVES;
  };
  const pullOf = async ({ file }: StackOutcome, otherwise: number): Promise<number> => (await pulls.numberFor(file)) ?? otherwise;
  async function byPull(otherwise: number): Promise<ReadonlyMap<number, readonly StackOutcome[]>> {
    const groups = new Map<number, StackOutcome[]>();
    for (const outcome of seen.values()) {
      const at = await pullOf(outcome, otherwise);
      groups.set(at, [...(groups.get(at) ?? []), outcome]);
    }
    return groups;
  }
  const togetherFor =
    (all: readonly StackOutcome[], settled: readonly string[]): Decide =>
    (before) => {
      const { contents, marker } = contentsOf(all, input, before, settled);
      const nothing = contents.every(({ state }) => state === 'unchanged');
      if (nothing && before === undefined) return 'nothing';
      if (nothing && inputs.comment === 'changes' && before?.applied === undefined) return 'remove';
      return { body: renderTogether(contents, marker) };
    };
  const decideFor =
    (outcome: StackOutcome, settled: readonly string[]): Decide =>
    (before: Marker | undefined) => {
      const content = contentOf(outcome, input, before, settled);
      if (content.state !== 'unchanged') return { body: renderComment(content) };
      if (before === undefined) return 'nothing';
      if (inputs.comment === 'changes' && before.applied === undefined) return 'remove';
      // A run that had something to do and then found nothing left keeps what was proved before it.
      return { body: renderCollapsed(content) };
    };

  return {
    github,
    number,
    numbers: pulls.numbers,
    changed: pulls.changed,
    async dropLabels(keep) {
      await attempt('a label stays', undefined, async () => {
        for (const pull of await pulls.numbers()) {
          const labels = await github.all('GET /repos/{owner}/{repo}/issues/{issue_number}/labels', { owner, repo, issue_number: pull });
          for (const name of labels.map((label) => String(label['name']))) {
            const digest = /^apply:([0-9a-f]{12,64})$/.exec(name)?.[1];
            if (digest === undefined || keep(digest)) continue;
            await github.call('DELETE /repos/{owner}/{repo}/labels/{name}', { owner, repo, name });
            log.say(`the label ${name} was deleted`);
          }
        }
      });
    },
    begin() {
      const known = inputs.pullRequest ?? context.pullRequest;
      if (known !== undefined && input.find === undefined && comments) boardOf(known).begin();
    },
    async comments(outcomes, settled = []) {
      if (inputs.comment === 'never' || inputs.token === '') return [];
      if (context.fork && context.event === 'pull_request') {
        log.say(
          'no comment: the token of a pull request from a fork has no write access; a workflow_run workflow can show the result file',
        );
        return [];
      }
      return attempt('no comment', [], async () => {
        const pull = await number();
        if (pull === undefined) {
          log.say('no comment: this run does not belong to a pull request (set the input pull-request to name one)');
          return [];
        }
        const posted: Posted[] = [];
        const note = (done: Posted | undefined): void => {
          if (done === undefined) return;
          log.say(done.what === 'late' ? `the comment is from a later run and stays: ${done.url}` : `comment ${done.what}: ${done.url}`);
          posted.push(done);
        };
        const attempt = { run: context.runId, attempt: context.attempt };
        const about = input.untrusted === true ? await believable(pull, outcomes) : outcomes;
        if (isTogether(about)) {
          for (const outcome of about) seen.set(nameOf(outcome), outcome);
          // Of a group of the merge queue each stack is told where it was reviewed.
          for (const [at, all] of await byPull(pull)) note(await boardOf(at).post(TOGETHER_KEY, attempt, togetherFor(all, settled)));
        } else
          for (const outcome of about)
            note(await boardOf(await pullOf(outcome, pull)).post(keyOf(outcome, inputs), attempt, decideFor(outcome, settled)));
        // What says the same in the other way, or of a commit that is not the head any more, is not left as if it held.
        if (about.some(({ region }) => region !== '')) {
          const other = isTogether(about) ? about.map((outcome) => keyOf(outcome, inputs)) : [TOGETHER_KEY];
          for (const key of other) await boardOf(pull).post(key, attempt, (before) => (before === undefined ? 'nothing' : 'remove'));
        } else if (context.head !== '' && inputs.command === 'plan') await boardOf(pull).outdate(inputs.commentKey, context.head, attempt);
        // The specs can be read again: the comment that said what is wrong with them has done its work.
        if (outcomes.some(({ region }) => region !== ''))
          await boardOf(pull).post(
            keyOf({ stack: ALL_SPECS, region: '' }, inputs),
            { run: context.runId, attempt: context.attempt },
            (before) => (before === undefined ? 'nothing' : 'remove'),
          );
        return posted;
      });
    },
    keyOf: (outcome) => (isTogether([outcome]) ? TOGETHER_KEY : outcome),
    async calm(outcomes) {
      if (!comments || outcomes.length === 0) return;
      await attempt('a comment stays', undefined, async () => {
        const pull = await number();
        if (pull === undefined) return;
        for (const outcome of outcomes)
          await boardOf(pull).post(keyOf(outcome, inputs), { run: context.runId, attempt: context.attempt }, decideFor(outcome, []));
      });
    },
    async title(outcomes) {
      if (inputs.checkRunId === undefined || inputs.token === '' || inputs.command === 'doctor') return;
      const title = checkTitle(outcomes, input);
      try {
        await github.call('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
          ...{ owner, repo, check_run_id: inputs.checkRunId },
          output: { title, summary: `Details: ${context.runUrl}` },
        });
      } catch (error) {
        if (!(error instanceof GitHubFailure)) throw error;
        log.say(`the check keeps its name, not "${title}": ${error.message}`);
      }
    },
    async proposals(all, mask) {
      const urls: (string | undefined)[] = [];
      const held = inputs.token === inputs.jobToken;
      for (const each of all)
        urls.push(
          await attempt('no pull request', undefined, async () => {
            const url = await propose(each, { github, context, me, held, mask: (value) => mask.value(value) });
            log.say(`pull request: ${url}`);
            return url;
          }),
        );
      return urls;
    },
    async issues(outcomes) {
      if (!inputs.issue || inputs.token === '') return [];
      return attempt('no issue', [], async () => {
        const urls: string[] = [];
        for (const outcome of outcomes) {
          const url = await keepIssue(github, input, outcome, me);
          if (url !== undefined) urls.push(url);
        }
        return urls;
      });
    },
  };
}
