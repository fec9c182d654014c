/**
 * The one comment of a stack on a pull request: the verdict in its first line, since that is what a mail shows, then why, then what
 * to do next, then the evidence, folded where it is long. Pure: the same content gives the same bytes.
 */

import type { Problem } from '../errors.ts';
import { type Baseline, baselineMarkdown } from './baseline.ts';
import { type Attempt, type CommentState, type Marker, markerLine } from './comment-marker.ts';
import { differencesMarkdown, type SideBySide } from './differences.ts';
import { code, link, markdown } from './escape.ts';
import { milliseconds, moment, riskText, SHORT_DIGEST, secondsText } from './format.ts';
import { fitted, head, SIZE_LIMIT, sectionsOf } from './markdown.ts';
import { fold, table } from './markdown-blocks.ts';
import { failureText, type Report } from './report.ts';

/** How an apply is allowed, which decides what the reader is told to do next. */
export type Approval = 'merge' | 'environment' | 'review' | 'label';

export interface CommentContent {
  readonly state: CommentState;
  /** Where nothing is known yet, a report without any part. */
  readonly report: Report;
  /** Why the command ended early. */
  readonly failure: { readonly message: string; readonly hint: string } | null;
  /** Mistakes in the spec. */
  readonly problems: readonly Problem[];
  readonly approval: Approval;
  /** No AWS account was asked: all of it is about the sandbox. */
  readonly sandbox: boolean;
  /** Whoever planned had no credentials and is not known: said, so that nobody takes it for a promise. */
  readonly untrusted: boolean;
  /** What was put right after the command ended. */
  readonly settled: readonly string[];
  /** Page of the run, for all that does not fit. */
  readonly runUrl: string;
  /** Page of a run by its id: `https://github.com/OWNER/REPO/actions/runs/`. */
  readonly runsUrl: string;
  readonly marker: Marker;
  /** The load test that follows an apply, and what the pull request changes of it. */
  readonly verify?: VerifyNews;
  /** Every stack of the run with its status, where there are several. */
  readonly stacks?: readonly StackLine[];
  /** The last load test of the default branch, and this one. */
  readonly baseline?: Baseline;
  /** The environments that share the base of its spec. */
  readonly differences?: SideBySide;
}

export interface StackLine {
  readonly stack: string;
  readonly region: string;
  readonly sign: string;
  readonly headline: string;
}

export interface VerifyNews {
  /** What it does: `50 requests/s for 60 s; one of the 2 instances of web is stopped for 20 s`. */
  readonly says: string;
  /** `load.rate: 10/s → 5000/s`, one a setting. */
  readonly changes: readonly string[];
  /** Files of the load script that are another, as unified diffs. */
  readonly scripts: readonly { readonly file: string; readonly diff: string }[];
}

export const isNews = (verify: VerifyNews | undefined): boolean =>
  verify !== undefined && verify.changes.length + verify.scripts.length > 0;

/** At most `SIZE_LIMIT` characters, cut between sections and between resources. Ends with the marker. */
export function renderComment(content: CommentContent): string {
  const marker = markerLine(content.marker);
  const history = historyOf(content);
  const sections = bodySections(content);
  const room = SIZE_LIMIT - marker.length - history.length - 8;
  const body = fitted(sections, room, `see ${link('the run', content.runUrl)}`).trimEnd();
  return `${[body, history, marker].filter((each) => each !== '').join('\n\n')}\n`;
}

/** The same for a job summary: no marker, and a diff of any length that the limit bears. */
export function renderSummary(content: CommentContent, limit: number): string {
  return fitted(bodySections(content, limit - 20_000), limit);
}

/** One line, for when there was something and now there is nothing. */
export function renderCollapsed(content: CommentContent): string {
  return `${[head(content.report, '✅'), appliedOf(content), markerLine(content.marker)].filter((each) => each !== '').join('\n\n')}\n`;
}

/** What there is to say of one stack, as a part of a longer text. */
export const bodyOf = (content: CommentContent, limit: number): string =>
  fitted(bodySections({ ...content, stacks: [] }, Math.floor(limit / 2)), limit, `see ${link('the run', content.runUrl)}`);

function bodySections(content: CommentContent, diffLimit?: number): string[] {
  const report = withoutFailure(content);
  const { sign, headline } = titleOf(content);
  const rest = (diffLimit === undefined ? sectionsOf(report) : sectionsOf(report, diffLimit)).slice(1);
  const first = head({ ...report, headline }, sign, firstLine(content, headline));
  return [
    ...[
      first,
      stacksOf(content),
      trust(content),
      blame(content),
      mistakes(content),
      next(content),
      appliedOf(content),
      beside(content),
      loadTestOf(content),
    ],
    ...rest,
    content.state === 'planned' && content.differences !== undefined ? differencesMarkdown(content.differences) : '',
  ];
}

/** Of a plan: the verdict, what happens to traffic, and what saying yes will do. A mail shows no more than this. */
function firstLine({ state, report, approval, verify, untrusted }: CommentContent, headline: string): string | undefined {
  const { plan } = report;
  if (state !== 'planned' || plan === null || plan.changes.length === 0) return undefined;
  if (untrusted) return `${headline}, ${riskText(plan.summary.risk)}`;
  const load = verify === undefined ? '' : ', then a load test runs';
  return `${headline}, ${riskText(plan.summary.risk)}; ${YES[approval]}${load}`;
}

export const YES: Readonly<Record<Approval, string>> = {
  merge: 'merging applies them',
  environment: 'merging and approving the deployment applies them',
  review: 'approving and merging applies them',
  label: 'the label below applies them',
};

/** More than these are folded. */
const OPEN_STACKS = 5;

function stacksOf({ stacks = [] }: CommentContent): string {
  if (stacks.length < 2) return '';
  const names = stacks.map(({ stack }) => stack);
  const lines = stacks.slice(0, 100).map(({ stack, region, sign, headline }) => {
    const name = names.filter((each) => each === stack).length > 1 ? `${region}/${stack}` : stack;
    return `- ${sign} ${code(name)}: ${markdown(headline)}`;
  });
  if (stacks.length > lines.length) lines.push(`- and ${stacks.length - lines.length} more`);
  return fold(`${stacks.length} stacks in this run`, lines.join('\n'), stacks.length <= OPEN_STACKS);
}

const beside = ({ baseline, runsUrl }: CommentContent): string => (baseline === undefined ? '' : baselineMarkdown(baseline, runsUrl));

export function appliedOf({ marker: { applied }, runsUrl }: Pick<CommentContent, 'marker' | 'runsUrl'>): string {
  if (applied === undefined) return '';
  const run = link(`run ${runName(applied)}`, `${runsUrl}${applied.run}/attempts/${applied.attempt}`);
  return `Applied by ${code(applied.by)} at ${moment(applied.at)}, ${run}.`;
}

/** What ended it is said above, with what to do next: not a second time among the reasons. */
function withoutFailure({ report, failure }: CommentContent): Report {
  const { failure: ended } = report;
  if (failure === null || ended === null) return report;
  return { ...report, reasons: report.reasons.filter((reason) => reason !== failureText(ended)) };
}

/** The first line's sign and sentence: the report's own, unless something outside of it decides. */
export function titleOf(content: CommentContent): { readonly sign?: string; readonly headline: string } {
  const { state, report, failure, problems } = content;
  const { refusals } = report;
  const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
  const changes = many(report.plan?.changes.length ?? 0, 'change');
  switch (state) {
    case 'refused':
      return refusals.length === 0
        ? { sign: '❌', headline: `stopped before anything was changed` }
        : { sign: '❌', headline: `refused: ${many(refusals.length, 'objection')}, nothing was changed` };
    case 'applying':
      return { sign: '⏳', headline: report.plan?.mode === 'destroy' ? 'destroying' : `applying ${changes}` };
    case 'verifying':
      return { sign: '⏳', headline: 'load test under way' };
    case 'cancelled':
      return { sign: '⚪', headline: 'cancelled' };
    case 'drifted':
      return report.plan?.changes.length === 0
        ? { sign: '🟠', headline: report.headline }
        : { sign: '🟠', headline: `AWS differs from the spec: ${changes}` };
    case 'failed':
      if (problems.length > 0)
        return { sign: '❌', headline: `${many(problems.filter((each) => each.severity === 'error').length, 'mistake')} in the spec` };
      return report.run === null && failure !== null ? { sign: '❌', headline: 'failed' } : { sign: '❌', headline: report.headline };
    case 'planned':
      return report.plan?.changes.length === 0 && isNews(content.verify)
        ? { sign: '🟠', headline: 'the load test changes, but nothing in AWS' }
        : { headline: report.headline };
    default:
      return { headline: report.headline };
  }
}

const quoted = (kind: 'CAUTION' | 'WARNING' | 'TIP' | 'NOTE', lines: readonly string[]): string =>
  [`> [!${kind}]`, ...lines.map((line) => `> ${line}`)].join('\n');

export function trust(content: CommentContent): string {
  if (content.untrusted)
    return quoted('WARNING', [
      'This plan was made without credentials, from the code of a fork, and is not verified: treat it as a claim of its author.',
    ]);
  return content.sandbox ? '<sub>On the sandbox: no AWS account was read or changed.</sub>' : '';
}

function blame(content: CommentContent): string {
  const { failure, settled, state } = content;
  const lines = [
    ...(failure === null ? [] : [`${markdown(cut(failure.message))}.`, `${markdown(cut(failure.hint))}.`]),
    ...settled.map((each) => `- ${markdown(cut(each))}`),
  ];
  return lines.length === 0 ? '' : quoted(state === 'cancelled' ? 'WARNING' : 'CAUTION', lines);
}

/** A text of AWS or of a spec can be of any length; the rest is in the log. */
const cut = (text: string): string => (text.length <= 900 ? text.replace(/\.$/, '') : `${text.slice(0, 900)}…`);

const MISTAKES = 30;

function mistakes(content: CommentContent): string {
  const { problems } = content;
  if (problems.length === 0) return '';
  // A list: of a table's three columns a phone shows two, and the third says what to do.
  const lines = problems.slice(0, MISTAKES).map(({ file, line, column, message, hint = '' }) => {
    const instead = hint === '' ? '' : ` ${markdown(cut(hint))}.`;
    return `- ${code(`${file}:${line}:${column}`)}: ${markdown(cut(message))}.${instead}`;
  });
  const more = problems.length - lines.length;
  const text = lines.join('\n');
  return more > 0 ? `${text}\n\n${more} more: see ${link('the run', content.runUrl)}.` : text;
}

/** What the reader may do now; empty when there is nothing to do. */
function next(content: CommentContent): string {
  const { state, report, approval } = content;
  if (state === 'drifted')
    return quoted('TIP', [
      'Two ways to fix this: run the apply workflow to make AWS match the spec, or the accept workflow for a pull request that writes the values in AWS into the spec. `albedo apply` and `albedo drift --accept` do the same in a checkout.',
    ]);
  if ((state === 'failed' || state === 'cancelled') && report.run !== null && report.run.outcome !== 'done')
    return quoted('TIP', [
      'Finished steps are kept. Fix the cause, then run the apply workflow by hand: it makes a new plan from what exists in AWS and continues.',
    ]);
  if (state !== 'planned' || content.untrusted || report.plan === null || report.plan.changes.length === 0) return '';
  const moved = 'If AWS or the base branch moves first, apply stops and shows the new plan here.';
  const digest = report.plan.digest.slice(0, SHORT_DIGEST);
  switch (approval) {
    case 'merge':
      return quoted('TIP', [`Merge to apply exactly this plan. ${moved}`]);
    case 'environment':
      return quoted('TIP', [`Merge, and approve the deployment of plan ${code(digest)}, to apply exactly this plan. ${moved}`]);
    case 'review':
      return quoted('TIP', [`Approve this commit and merge to apply exactly this plan. ${moved}`]);
    case 'label':
      return quoted('TIP', [`Add the label ${code(`apply:${digest}`)} to apply exactly this plan. ${moved}`]);
  }
}

/** The load test is part of what a reviewer approves; a script is code, and is shown as such. */
function loadTestOf({ verify, state, report }: CommentContent): string {
  if (verify === undefined || state !== 'planned') return '';
  const does = (report.plan?.changes.length ?? 0) > 0 ? `After the apply, a load test runs: ${markdown(verify.says)}.` : '';
  const changes =
    verify.changes.length === 0 ? '' : ['**The load test changes**', ...verify.changes.map((each) => `- ${code(each)}`)].join('\n');
  const scripts = verify.scripts.map(({ file, diff }) =>
    fold(`⚠ Load script ${markdown(file)} changes: this code will run`, fenced('diff', diff)),
  );
  return [does, changes, ...scripts].filter((each) => each !== '').join('\n\n');
}

/** Longer than any run of backticks within. */
function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

export function historyOf(content: Pick<CommentContent, 'marker' | 'runsUrl'>): string {
  const { history } = content.marker;
  if (history.length < 2) return '';
  const rows = history.map((each) => [
    link(runName(each), `${content.runsUrl}${each.run}/attempts/${each.attempt}`),
    markdown(each.command),
    markdown(each.said),
    each.p95 === undefined ? '' : milliseconds(each.p95),
    each.recovery === undefined ? '' : secondsText(each.recovery),
    moment(each.at),
  ]);
  return fold(`History (${history.length})`, table(['run', 'what', 'verdict', 'p95 during the fault', 'recovery', 'when'], rows));
}

const runName = (entry: Attempt): string => `${entry.run}${entry.attempt > 1 ? `.${entry.attempt}` : ''}`;
