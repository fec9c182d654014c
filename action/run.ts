/** The main step: reads what it is asked, lets the pipeline do it, and tells everybody. Knows nothing of AWS. */

import { join } from 'node:path';
import * as core from '@actions/core';
import { EXIT, ReconcileError } from '../reconciler/errors.ts';
import type { ProofNews, StackLine } from '../reconciler/report/comment.ts';
import { renderText } from '../reconciler/report/text.ts';
import { unifiedDiff } from '../reconciler/report/unified-diff.ts';
import { folderOf, nameOf } from '../reconciler/run/identity.ts';
import type { Orphan } from '../reconciler/run/orphans.ts';
import { journalTo, openSession, realClock, type Session } from '../reconciler/run/pipeline.ts';
import { writeReport } from '../reconciler/run/report-files.ts';
import { sourcesOf } from '../reconciler/run/source.ts';
import { type NamedSpec, readSpecs } from '../reconciler/run/specs.ts';
import type { Proposal } from './accept.ts';
import { readApplied } from './applied.ts';
import { requireApproved } from './approval.ts';
import { type Job, runCommand } from './commands.ts';
import { enterCommit } from './commit.ts';
import { isConcerned } from './concerned.ts';
import { type Context, readContext } from './context.ts';
import { runDoctor } from './doctor.ts';
import { GitHubFailure } from './github.ts';
import { type Inputs, readInputs } from './inputs.ts';
import { annotate, type Log } from './log.ts';
import { type Mask, openMask } from './mask.ts';
import { orphanMarkdown, orphansOf, orphanText } from './orphans.ts';
import { blank, ended, type StackOutcome } from './outcome.ts';
import { renameForPreview } from './preview.ts';
import { lineOf } from './progress.ts';
import { proofNews } from './proof-news.ts';
import { openPublisher, type Publisher } from './publish.ts';
import { pullOfCause } from './pulls.ts';
import { outcomeOf, readResult, resultOf, writeResult } from './result.ts';
import { findReviewed, type ReviewedPlan } from './reviewed.ts';
import { bringTo, openSandbox } from './sandbox.ts';
import { addToSummary, annotationsOf, failsStep, outputsOf, setOutputs, stackLine, writeSummary } from './show.ts';
import { leave, type Pending } from './state.ts';
import { emptyFolder } from './temp.ts';

/** What is gathered while it runs, and used by all parts. */
interface Shop {
  readonly log: Log;
  readonly inputs: Inputs;
  readonly context: Context;
  readonly mask: Mask;
  readonly signal: AbortSignal;
  /** What is to become pull requests. */
  readonly proposals: Proposal[];
  /** What the pull request changes of load tests, by region and stack. */
  readonly proofs: Map<string, ProofNews>;
  /** Every stack of the run with its status, once all have ended. */
  readonly stacks: StackLine[];
  /** Stacks that this run is not about. */
  readonly aside: NamedSpec[];
  /** Live stacks whose file is gone. */
  readonly orphans: Orphan[];
}

export async function runMain(log: Log, signal: AbortSignal): Promise<void> {
  log.command(() => leave.begun());
  let inputs: Inputs;
  try {
    inputs = readInputs(process.env);
  } catch (thrown) {
    // Without inputs there is nowhere to tell it but here.
    return endEarly(log, thrown);
  }
  emptyFolder(inputs.reportFolder, process.env['RUNNER_TEMP']);
  const context = readContext(process.env);
  const shop: Shop = {
    log,
    inputs,
    context,
    mask: openMask(inputs.maskAccountId),
    signal,
    proposals: [],
    aside: [],
    orphans: [],
    stacks: [],
    proofs: new Map(),
  };
  const publisher = openPublisher({
    ...{ log, inputs, context, clock: realClock, untrusted: inputs.command === 'report', proofs: shop.proofs, stacks: shop.stacks },
    ...(inputs.command === 'report' && inputs.pullRequest === undefined && context.cause !== undefined
      ? { find: (github) => pullOfCause(github, context) }
      : {}),
  });
  if (['plan', 'apply', 'verify', 'destroy'].includes(inputs.command)) publisher.begin();
  const outcomes = (await gather(shop, publisher)).map((outcome) => shop.mask.value(outcome));
  await tell(shop, publisher, outcomes);
  log.command(() => leave.ended());
}

/** Does what the command says. Whatever is thrown becomes the outcome of a stack, so that it is told like everything else. */
async function gather(shop: Shop, publisher: Publisher): Promise<readonly StackOutcome[]> {
  const { inputs, log } = shop;
  try {
    if (inputs.command === 'report') return inputs.result.flatMap((path) => readBack(path));
    if (inputs.endpointUrl !== '') process.env['AWS_ENDPOINT_URL'] = inputs.endpointUrl;
    const ours = inputs.sandbox ? await openSandbox(log) : undefined;
    if (ours !== undefined) log.command(() => leave.sandbox(ours));
    for (const [name, value] of inputs.clientSecrets) {
      log.command(() => core.setSecret(value));
      process.env[name] = value;
    }
    if (inputs.commit !== '') enterCommit(inputs.commit, inputs.spec);
    if (inputs.preview !== undefined) await renameForPreview(inputs.spec, inputs.preview);
    const { specs, warnings } = await readSpecs(inputs.spec, process.env);
    for (const each of warnings) log.say(`  ! ${each.file}:${each.line}: ${each.message}`);
    if (inputs.sandboxBase !== '') await bringTo(inputs.sandboxBase, inputs.spec, (region) => sessionFor(shop, region), log);
    if (inputs.command === 'doctor') return await diagnosed(shop, specs);
    const kept = await chosen(shop, publisher, specs);
    if (inputs.command === 'plan') for (const each of kept) shop.proofs.set(keyOfProof(each), proofNews(each));
    const outcomes = await runCommand(jobOf(shop, publisher, kept));
    shop.orphans.push(...(await orphansOf(inputs, specs, (region) => sessionFor(shop, region))));
    return outcomes;
  } catch (thrown) {
    return [ended(thrown, inputs.spec.join(' ').slice(0, 500), realClock.now())];
  }
}

const keyOfProof = ({ spec }: NamedSpec): string => nameOf({ region: spec.stack.region, stack: spec.stack.name });

/** The stacks that this run is about: see the input `stacks`. */
async function chosen(shop: Shop, publisher: Publisher, specs: readonly NamedSpec[]): Promise<readonly NamedSpec[]> {
  const { inputs, log } = shop;
  const { command } = inputs;
  if (inputs.stacks === 'all' || inputs.preview !== undefined) return specs;
  let kept = specs;
  let why = '';
  if (command === 'plan' || command === 'apply') {
    const changed = await changedFiles(publisher, log);
    if (changed !== undefined)
      kept = specs.filter(({ file, text, spec }) => isConcerned({ file, text, script: spec.settings.load.script }, changed));
    why = 'the pull request changes none of their files';
  } else if (command === 'verify' && inputs.applied !== '') {
    kept = specs.filter(({ spec }) => readApplied(inputs.applied, spec.stack.name, spec.stack.region) !== undefined);
    why = 'nothing of them was applied';
  }
  const left = specs.filter((spec) => !kept.includes(spec)).map(({ spec }) => spec.stack.name);
  if (left.length > 0) {
    const text = `not looked at, since ${why}: ${left.join(', ')}`;
    log.say(text);
    addToSummary(`_${left.length} of ${specs.length} stacks were ${text}_`);
  }
  shop.aside.push(...specs.filter((spec) => !kept.includes(spec)));
  return kept;
}

/** Undefined: every stack is looked at. */
async function changedFiles(publisher: Publisher, log: Log): Promise<readonly string[] | undefined> {
  try {
    return await publisher.changed();
  } catch (error) {
    if (!(error instanceof GitHubFailure)) throw error;
    log.say(`every stack is looked at, since it is not known which files the pull request changes: ${error.message}`);
    return undefined;
  }
}

/** Told in the log and the summary; there is no stack to comment on. */
async function diagnosed(shop: Shop, specs: readonly NamedSpec[]): Promise<readonly StackOutcome[]> {
  const { inputs, log, mask } = shop;
  const { exit, markdown, text } = await runDoctor({ inputs, specs, sessionFor: (region) => sessionFor(shop, region) });
  log.say(mask.text(text));
  addToSummary(mask.text(markdown));
  if (exit === EXIT.ok) return [];
  const missing = new ReconcileError('Denied', 'something is missing', { hint: 'The job summary names it, with the statement to add.' });
  return [{ ...ended(missing, '', realClock.now()), exit }];
}

function readBack(path: string): StackOutcome[] {
  const result = readResult(path);
  return result.stacks.map((each) => outcomeOf(result, each));
}

function sessionFor(shop: Shop, region: string): Session {
  const said = new Map<string, string>();
  return openSession({
    region,
    env: process.env,
    // A preview comes from the same file under another name: it is none of the stacks that a folder stands for.
    ...(shop.inputs.preview === undefined ? { sourceOf: sourcesOf(process.env) } : {}),
    signal: shop.signal,
    journal: journalTo(join(shop.inputs.reportFolder, 'journal.jsonl')),
    emit: (event) => {
      const line = lineOf(event, said);
      if (line !== undefined) shop.log.say(shop.mask.text(line));
    },
  });
}

function jobOf(shop: Shop, publisher: Publisher, specs: readonly NamedSpec[]): Job {
  const { inputs, context, log, mask } = shop;
  let reviewed: Promise<ReviewedPlan | undefined> | undefined;
  const pending: Pending[] = [];
  // Comments on the way are written beside the work, one after the other, and never hold it up.
  let telling: Promise<unknown> = Promise.resolve();
  const findReview = (): Promise<ReviewedPlan | undefined> =>
    (reviewed ??= findReviewed(publisher.github, inputs, context, () => publisher.numbers()));
  return {
    inputs,
    specs,
    sessionFor: (region) => sessionFor(shop, region),
    reviewed: findReview,
    approved: async (outcome) => requireApproved(publisher.github, inputs, context, () => publisher.numbers(), await findReview(), outcome),
    learn: (account) => {
      mask.learn(account);
      if (inputs.maskAccountId) log.command(() => core.setSecret(account));
    },
    underWay: (outcome) => {
      const shown = mask.value(outcome);
      telling = telling.then(async () => {
        const [posted] = await publisher.comments([shown]);
        if (posted === undefined || posted.what === 'late') return;
        const number = await publisher.number();
        if (number === undefined) return;
        pending.push({ stack: outcome.stack, region: outcome.region, number, state: outcome.state });
        log.command(() => leave.pending(pending));
      });
    },
    told: async () => void (await telling),
    holds: (stacks) => log.command(() => leave.locked(stacks)),
    accepted: ({ file, spec }, { before, after, written, refused, rest }) => {
      const diff = unifiedDiff(file, before, after);
      for (const { what, why } of refused) log.say(mask.text(`not written ${what}: ${why}`));
      if (after === before) return log.say(`nothing can be written into ${file}`);
      log.say(mask.text(diff));
      shop.proposals.push({
        ...{ stack: spec.stack.name, file, diff, written, refused, text: after },
        rest: rest.map(({ address }) => address),
      });
    },
    registerRestore: (debt) => log.command(() => leave.debt(debt)),
  };
}

/** Files, outputs, log, summary, annotations; then GitHub, which may fail. */
async function tell(shop: Shop, publisher: Publisher, outcomes: readonly StackOutcome[]): Promise<void> {
  const { inputs, context, log, mask } = shop;
  const shown = { inputs, context, untrusted: inputs.command === 'report', proofs: shop.proofs, stacks: shop.stacks };
  shop.stacks.push(...outcomes.filter(({ region }) => region !== '').map((outcome) => stackLine(outcome, { ...shown, stacks: [] })));
  const result = resultOf(inputs, context, outcomes, realClock.now());
  const path = writeResult(inputs.reportFolder, result);
  for (const { report, stack, region } of outcomes)
    if (region !== '') writeReport(folderOf(inputs.reportFolder, { stack, region }, true), report);
  for (const { report, failure } of outcomes) {
    if (report.plan !== null || report.run !== null || report.load !== null) log.say(renderText(report));
    if (failure !== null) log.say(`albedo: ${failure.message}.\n  ${failure.hint}`);
  }
  if (inputs.command !== 'doctor') writeSummary(outcomes, shown);
  for (const orphan of shop.orphans) addToSummary(mask.text(orphanMarkdown(orphan)));
  annotate(log, [
    ...annotationsOf(outcomes),
    ...shop.orphans.map((orphan) => ({ level: 'warning' as const, text: mask.text(orphanText(orphan)) })),
  ]);
  const outputs = outputsOf(outcomes, result, path, shown);
  setOutputs(log, outputs);

  // A file that cannot be believed is not worth a comment; its run is red.
  const about =
    inputs.command === 'doctor' || (inputs.command === 'report' && outcomes.some(({ region }) => region === '')) ? [] : outcomes;
  // What a pull request no longer changes keeps no comment that says it does.
  const silent = inputs.command === 'plan' ? shop.aside.map(untouched) : [];
  const [posted] = await Promise.all([publisher.comments([...about, ...silent]), publisher.title(outcomes)]);
  await dropVoidLabels(shop, publisher, outcomes);
  const issues = inputs.command === 'drift' ? await publisher.issues(outcomes) : [];
  const proposed = await publisher.proposals(shop.proposals, shop.mask);
  const [first] = posted;
  setOutputs(log, {
    'comment-id': first === undefined ? '' : String(first.id),
    'comment-url': first?.url ?? '',
    'issue-url': issues[0] ?? '',
    'accept-url': proposed[0] ?? '',
    'github-requests': String(publisher.github.requests()),
  });
  // A pull request was asked for: without it the step has not done its work.
  if (proposed.includes(undefined) || failsStep(outcomes, result.exitCode, inputs.failOnChanges)) process.exitCode = 1;
}

const untouched = ({ spec, file }: NamedSpec): StackOutcome => ({
  ...blank(spec.stack.name, spec.stack.region, file, realClock.now()),
  ...{ state: 'unchanged', exit: EXIT.ok },
});

/** A label of a plan is void when the plan is another, and has done its work when it was applied. */
async function dropVoidLabels({ inputs, context }: Shop, publisher: Publisher, outcomes: readonly StackOutcome[]): Promise<void> {
  const digests = outcomes.flatMap(({ report }) => (report.plan === null ? [] : [report.plan.digest]));
  if (
    inputs.command === 'plan' &&
    context.event === 'pull_request' &&
    !context.fork &&
    context.labels.some((name) => name.startsWith('apply:'))
  )
    await publisher.dropLabels((digest) => digests.some((each) => each.startsWith(digest)));
  if (
    inputs.command === 'apply' &&
    inputs.approval === 'label' &&
    inputs.preview === undefined &&
    outcomes.every(({ exit }) => exit === EXIT.ok)
  )
    await publisher.dropLabels((digest) => !digests.some((each) => each.startsWith(digest)));
}

function endEarly(log: Log, thrown: unknown): void {
  const error = thrown instanceof ReconcileError ? thrown : new ReconcileError('Internal', String(thrown), { cause: thrown });
  annotate(log, [{ level: 'error', text: `${error.message}. ${error.hint}` }]);
  setOutputs(log, { 'exit-code': String(error.exit), 'failure-reason': 'input' });
  log.command(() => leave.ended());
  process.exitCode = 1;
}
