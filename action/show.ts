/** From outcomes to what people read: the comment's content, the job summary, annotations, the check's title and the outputs. */

import { appendFileSync } from 'node:fs';
import * as core from '@actions/core';
import { EXIT } from '../reconciler/errors.ts';
import { previewSuffix } from '../reconciler/model/tags.ts';
import {
  type Approval,
  type CommentContent,
  isNews,
  renderSummary,
  type StackLine,
  titleOf,
  type VerifyNews,
} from '../reconciler/report/comment.ts';
import { type CommentKey, type HistoryEntry, type Marker, withEntry } from '../reconciler/report/comment-marker.ts';
import { stateOfAll, sumOf, TOGETHER } from '../reconciler/report/comment-together.ts';
import { moment, riskText, visible, worstFirst } from '../reconciler/report/format.ts';
import { signOf } from '../reconciler/report/markdown.ts';
import type { Differences } from '../reconciler/run/differences.ts';
import { nameOf } from '../reconciler/run/identity.ts';
import type { LastFigures } from './baseline.ts';
import type { Context } from './context.ts';
import type { Inputs } from './inputs.ts';
import type { Annotation, Log } from './log.ts';
import { failureReason, type StackOutcome } from './outcome.ts';
import type { OutputName } from './output-table.ts';
import { figuresOf, loadOf, type ResultFile } from './result.ts';

export interface Shown {
  readonly inputs: Inputs;
  readonly context: Context;
  /** Made by a run of a fork, read from a file. */
  readonly untrusted?: boolean;
  /** What a pull request changes of load tests, by region and stack; filled before anything is shown. */
  readonly verifyNews?: ReadonlyMap<string, VerifyNews>;
  /** Every stack of the run with its status; empty as long as not all have ended. */
  readonly stacks?: readonly StackLine[];
  /** What the last load tests of the default branch measured, by region and stack, newest first; filled before anything is shown. */
  readonly last?: ReadonlyMap<string, readonly LastFigures[]>;
  /** In what a stack differs from those that share its base, by region and stack. */
  readonly differences?: ReadonlyMap<string, Differences>;
}

export const keyOf = (outcome: Pick<StackOutcome, 'stack' | 'region'>, inputs: Inputs): CommentKey => ({
  stack: outcome.stack,
  region: outcome.region,
  key: inputs.commentKey,
});

/** What a comment says of an outcome, with the history of the comment that is there. */
export function contentOf(
  outcome: StackOutcome,
  shown: Shown,
  before: Marker | undefined,
  settled: readonly string[] = [],
): CommentContent {
  const { inputs, context } = shown;
  const { report, failure, problems } = outcome;
  const verify = inputs.command === 'plan' ? shown.verifyNews?.get(nameOf(outcome)) : undefined;
  const differences = shown.differences?.get(nameOf(outcome));
  const state = outcome.state === 'unchanged' && isNews(verify) ? 'planned' : outcome.state;
  const attempt = { run: context.runId, attempt: context.attempt };
  const approval: Approval = inputs.approval;
  const commit = /^[0-9a-f]{40,64}$/.test(context.head)
    ? [{ text: context.head.slice(0, 7), url: `${context.repositoryUrl}/commit/${context.head}` }]
    : [];
  // The page of a run shows its artifacts, with the whole report among them, at the end (from memory: the anchor has no documentation).
  const links = [
    ...commit,
    { text: `run ${context.runId} at ${moment(report.createdAt)}`, url: context.runUrl },
    { text: 'full report', url: `${context.runUrl}#artifacts` },
  ];
  const content: Omit<CommentContent, 'marker'> = {
    ...{ state, failure, problems, approval, settled },
    report: { ...report, links },
    sandbox: inputs.sandbox,
    untrusted: shown.untrusted === true,
    runUrl: context.runUrl,
    runsUrl: context.runsUrl,
    ...(verify === undefined ? {} : { verify }),
    ...(shown.stacks === undefined ? {} : { stacks: shown.stacks }),
    ...baselineOf(outcome, shown),
    ...(differences === undefined ? {} : { differences }),
  };
  const base: Marker = {
    ...keyOf(outcome, inputs),
    ...attempt,
    state,
    head: /^[0-9a-f]{40,64}$/.test(context.head) ? context.head : '',
    digest: report.plan?.digest ?? '',
    ...appliedNow(outcome, shown, before),
    history: before?.history ?? [],
  };
  const figures = figuresOf(report);
  const entry: HistoryEntry = {
    ...attempt,
    command: inputs.command,
    said: titleOf({ ...content, marker: base }).headline,
    at: report.createdAt,
    ...(figures.p95Fault === null ? {} : { p95: figures.p95Fault }),
    ...(figures.recoveryMs === null ? {} : { recovery: figures.recoveryMs / 1000 }),
  };
  return { ...content, marker: { ...base, history: withEntry(base.history, entry) } };
}

/** A preview is held against the stack that it is of. */
function baselineOf({ stack, region, report }: StackOutcome, { last, inputs }: Shown): Pick<CommentContent, 'baseline'> {
  const suffix = previewSuffix(inputs.preview ?? 0);
  const own = stack.endsWith(suffix) ? stack.slice(0, -suffix.length) : stack;
  const all = report.load === null ? [] : (last?.get(nameOf({ stack: own, region })) ?? []);
  const [newest] = all;
  if (newest === undefined) return {};
  const load = loadOf(report).load ?? '';
  const like = load === '' ? [] : all.filter((each) => each.load === load);
  const [before = newest] = like;
  return {
    baseline: {
      ...{ branch: before.branch, run: before.run, isLike: like.length > 0 },
      ...{ before: before.figures, now: figuresOf(report), earlier: like.map(({ figures }) => figures) },
    },
  };
}

/** What one comment for all says, with the history of the comment that is there. */
export function contentsOf(
  outcomes: readonly StackOutcome[],
  shown: Shown,
  before: Marker | undefined,
  settled: readonly string[] = [],
): { readonly contents: readonly CommentContent[]; readonly marker: Marker } {
  const contents = outcomes.map((outcome) => contentOf(outcome, { ...shown, stacks: [] }, undefined, settled));
  const { runId: run, attempt, head } = shown.context;
  const applied = contents.find(({ marker }) => marker.applied !== undefined)?.marker.applied ?? before?.applied;
  const state = stateOfAll(contents);
  const entry: HistoryEntry = {
    run,
    attempt,
    command: shown.inputs.command,
    said: sumOf(contents),
    at: contents[0]?.report.createdAt ?? 0,
  };
  const marker: Marker = {
    ...keyOf({ stack: TOGETHER, region: '' }, shown.inputs),
    ...{ run, attempt, state, digest: '', head: /^[0-9a-f]{40,64}$/.test(head) ? head : '' },
    ...(applied === undefined ? {} : { applied }),
    history: withEntry(before?.history ?? [], entry),
  };
  return { contents, marker };
}

/** What this run applied; else what an earlier one did, as the comment has it. */
function appliedNow({ state, report }: StackOutcome, { inputs, context }: Shown, before: Marker | undefined): Pick<Marker, 'applied'> {
  const { runId: run, attempt, actor: by } = context;
  if (inputs.command === 'apply' && state === 'applied' && report.run !== null)
    return { applied: { run, attempt, by, at: report.createdAt } };
  return before?.applied === undefined ? {} : { applied: before.applied };
}

/** A stack in one line, among others of its run. */
export function stackLine(outcome: StackOutcome, shown: Shown): StackLine {
  const { stack, region, report } = outcome;
  const { sign = signOf(report), headline } = titleOf(contentOf(outcome, shown, undefined));
  return { stack, region, sign, headline };
}

/** GitHub takes 1 MiB a step; characters of several bytes are counted on top. */
const SUMMARY_BYTES = 1_000_000;

export function writeSummary(outcomes: readonly StackOutcome[], shown: Shown): void {
  const each = Math.floor(SUMMARY_BYTES / 4 / Math.max(1, outcomes.length));
  // The list of all stands before the first.
  const texts = outcomes.map((outcome, index) =>
    renderSummary(contentOf(outcome, index === 0 ? shown : { ...shown, stacks: [] }, undefined), Math.max(30_000, each)),
  );
  const whole = texts.join('\n\n');
  const fits = Buffer.byteLength(whole) <= SUMMARY_BYTES ? whole : `${outcomes.length} stacks: their reports are in the result file.\n`;
  addToSummary(fits);
}

/** Nothing where there is no summary, as outside of GitHub. */
export function addToSummary(text: string): void {
  const path = process.env['GITHUB_STEP_SUMMARY'];
  if (path !== undefined && path !== '') appendFileSync(path, `${text}\n`);
}

/** Mistakes, refusals and what endangers traffic, on the lines of the spec; worst first. */
export function annotationsOf(outcomes: readonly StackOutcome[]): readonly Annotation[] {
  return outcomes.flatMap(({ problems, report, failure, stack }): Annotation[] => {
    const changes = worstFirst(report.plan?.changes ?? []);
    const placeOf = (address: string): Partial<Annotation> => {
      const position = changes.find((change) => change.address === address)?.position;
      return position === undefined ? {} : { file: position.file, line: position.line, column: position.column };
    };
    return [
      ...(failure === null
        ? []
        : [{ level: 'error' as const, text: `${visible(failure.message)}. ${visible(failure.hint)}`, title: stack }]),
      ...problems.map((each) => ({
        level: each.severity,
        text: `${visible(each.message)}${each.hint === undefined ? '' : ` ${visible(each.hint)}`}`,
        ...{ file: each.file, line: each.line, column: each.column },
      })),
      ...report.refusals.map((each) => ({
        level: 'error' as const,
        text: `${visible(each.address)}: ${visible(each.reason)}. ${visible(each.remedy)}`,
        ...placeOf(each.address),
      })),
      ...(report.run === null ? changes : [])
        .filter((change) => change.risk === 'drop')
        .map((change) => ({
          level: 'warning' as const,
          text: `${visible(change.address)}: ${riskText(change.risk)}`,
          ...placeOf(change.address),
        })),
    ];
  });
}

/** One line for the check of the job: `webserver: 4 changes to apply, traffic not at risk`. */
export function checkTitle(outcomes: readonly StackOutcome[], shown: Shown): string {
  if (outcomes.length === 0) return 'no stack is affected';
  const each = outcomes.map((outcome) => {
    const { plan } = outcome.report;
    const risk = plan === null || plan.changes.length === 0 || outcome.report.run !== null ? '' : `, ${riskText(plan.summary.risk)}`;
    return `${visible(outcome.stack)}: ${visible(titleOf(contentOf(outcome, shown, undefined)).headline)}${risk}`;
  });
  return each.join(' · ').slice(0, 250);
}

/** Outputs are all texts; what was not measured is empty. */
export function outputsOf(
  outcomes: readonly StackOutcome[],
  result: ResultFile,
  path: string,
  shown: Shown,
): Partial<Record<OutputName, string>> {
  const plans = outcomes.flatMap(({ report }) => (report.plan === null ? [] : [report.plan]));
  const sum = (count: (summary: (typeof plans)[number]['summary']) => number): string =>
    String(plans.reduce((total, plan) => total + count(plan.summary), 0));
  const changed = plans.some((plan) => plan.changes.length > 0);
  const worst = (['drop', 'shift', 'none'] as const).find((risk) => plans.some((plan) => plan.summary.risk === risk)) ?? 'none';
  const [only] = outcomes.length === 1 ? outcomes : [];
  const figures = only === undefined ? undefined : figuresOf(only.report);
  const figure = (value: number | null | undefined): string => (value === null || value === undefined ? '' : String(value));
  return {
    'exit-code': String(result.exitCode),
    'has-changes': String(changed),
    drifted: String(shown.inputs.command === 'drift' && changed),
    verdict: outcomes.map((each) => each.report.verdict).join(','),
    'to-add': sum((summary) => summary.create + summary.adopt),
    'to-change': sum((summary) => summary.update),
    'to-replace': sum((summary) => summary.replace),
    'to-delete': sum((summary) => summary.destroy),
    'traffic-risk': worst,
    'plan-digest': only?.report.plan?.digest ?? '',
    'failure-reason': failureReason(outcomes),
    'p95-steady': figure(figures?.p95Steady),
    'p95-fault': figure(figures?.p95Fault),
    'error-rate': figure(figures?.errorRate),
    'detect-ms': figure(figures?.detectMs),
    'failover-ms': figure(figures?.failoverMs),
    'recovery-ms': figure(figures?.recoveryMs),
    'result-file': path,
    'report-folder': shown.inputs.reportFolder,
  };
}

export function setOutputs(log: Log, outputs: Readonly<Partial<Record<OutputName, string>>>): void {
  log.command(() => {
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  });
}

/** Whether the step fails: mere changes do only where the workflow asks for it. */
export function failsStep(outcomes: readonly StackOutcome[], exitCode: number, on: Inputs['failOnChanges']): boolean {
  if (exitCode === EXIT.ok) return false;
  if (exitCode !== EXIT.changes) return true;
  return on === 'true' || (on === 'traffic' && outcomes.some(({ report }) => report.plan?.summary.risk === 'drop'));
}
