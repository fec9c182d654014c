/** The main step: reads what it is asked, lets the pipeline do it, and tells everybody. Knows nothing of AWS. */

import { join } from 'node:path';
import * as core from '@actions/core';
import { EXIT, ReconcileError } from '../reconciler/errors.ts';
import { previewSuffix } from '../reconciler/model/tags.ts';
import type { StackLine, VerifyNews } from '../reconciler/report/comment.ts';
import { markdown } from '../reconciler/report/escape.ts';
import { renderText } from '../reconciler/report/text.ts';
import { unifiedDiff } from '../reconciler/report/unified-diff.ts';
import { type Differences, differencesOf } from '../reconciler/run/differences.ts';
import { readEnvironments } from '../reconciler/run/environments.ts';
import type { Scope } from '../reconciler/run/group.ts';
import { folderOf, nameOf } from '../reconciler/run/identity.ts';
import type { Orphan } from '../reconciler/run/orphans.ts';
import { journalTo, openSession, realClock, type Session } from '../reconciler/run/pipeline.ts';
import { writeReport } from '../reconciler/run/report-files.ts';
import { sourcesOf } from '../reconciler/run/source.ts';
import { type NamedSpec, readSpecs } from '../reconciler/run/specs.ts';
import type { Proposal } from './accept.ts';
import { requireApproved } from './approval.ts';
import { compareWith, type LastFigures } from './baseline.ts';
import { chosen } from './chosen.ts';
import { type Job, runCommand } from './commands.ts';
import { baseOf, enterCommit } from './commit.ts';
import { type Context, readContext } from './context.ts';
import { runDoctor } from './doctor.ts';
import { driftAside } from './drift-aside.ts';
import { heldPaths } from './emptied.ts';
import { type Inputs, readInputs } from './inputs.ts';
import { dropVoidLabels } from './labels.ts';
import { annotate, type Log } from './log.ts';
import { type Mask, openMask } from './mask.ts';
import { lookedText, orphanMarkdown, orphansOf, orphanText } from './orphans.ts';
import { blank, ended, type StackOutcome } from './outcome.ts';
import { renameForPreview, withoutLoadPods } from './preview.ts';
import { endingPreviews, regionsFor, takeLabelOff } from './previews.ts';
import { lineOf } from './progress.ts';
import { openPublisher, type Publisher } from './publish.ts';
import { pullOfCause } from './pulls.ts';
import { outcomeOf, readResult, resultOf, writeResult } from './result.ts';
import { findReviewed, type ReviewedPlan } from './reviewed.ts';
import { bringTo, keyFor, openSandbox } from './sandbox.ts';
import { addToSummary, annotationsOf, failsStep, outputsOf, type Shown, setOutputs, stackLine, writeSummary } from './show.ts';
import { leave, type Pending } from './state.ts';
import { emptyFolder } from './temp.ts';
import { verifyNews } from './verify-news.ts';

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
  readonly verifyNews: Map<string, VerifyNews>;
  /** Every stack of the run with its status, once all have ended. */
  readonly stacks: StackLine[];
  /** Stacks that this run is not about. */
  readonly aside: NamedSpec[];
  /** In what a stack differs from those that share its base, by region and stack. */
  readonly differences: Map<string, Differences>;
  /** What the last load tests of the default branch measured. */
  readonly last: Map<string, readonly LastFigures[]>;
  /** Stacks that it is about. */
  kept: readonly NamedSpec[];
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
    last: new Map(),
    differences: new Map(),
    kept: [],
    orphans: [],
    stacks: [],
    verifyNews: new Map(),
  };
  const publisher = openPublisher({
    ...{ log, clock: realClock, ...shownBy(shop) },
    expected: () => shop.kept.length,
    ...(inputs.command === 'report' && inputs.pullRequest === undefined && context.cause !== undefined
      ? { find: (github) => pullOfCause(github, context) }
      : {}),
  });
  if (['plan', 'apply', 'verify', 'destroy', 'previews'].includes(inputs.command)) publisher.begin();
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
    if (inputs.command === 'environments') return await tellEnvironments(shop);
    if (inputs.command === 'previews') return await endPreviews(shop, publisher);
    if (inputs.preview !== undefined) await renameForPreview(inputs.spec, inputs.preview, `${shop.context.owner}/${shop.context.repo}`);
    const held = await heldPaths(inputs, publisher, log);
    const { specs: read, warnings } = held.length === 0 ? { specs: [], warnings: [] } : await readSpecs(held, process.env);
    const specs = inputs.preview === undefined ? read : withoutLoadPods(read);
    if (specs !== read && inputs.command === 'verify' && read.some(({ loadPods }) => loadPods !== undefined))
      log.say('  ! loadPods of environment.yaml does not count in a preview, because a pull request can change it; the input image does');
    for (const each of warnings) log.say(`  ! ${each.file}:${each.line}: ${each.message}`);
    if (inputs.sandboxBase !== '') await bringTo(inputs.sandboxBase, inputs.spec, (scope) => sessionFor(shop, scope), log);
    if (inputs.command === 'doctor') return await diagnosed(shop, specs);
    const kept = await chosen(inputs, log, publisher, specs);
    shop.kept = kept;
    shop.aside.push(...specs.filter((spec) => !kept.includes(spec)));
    if (inputs.command === 'plan') await lookAround(shop, kept);
    const [outcomes] = await Promise.all([
      runCommand(jobOf(shop, publisher, kept)),
      compareWith(inputs, shop.context, publisher.github, log, shop.last),
    ]);
    if (inputs.command === 'plan') tellAside(shop, await driftAside(shop.aside, (scope) => sessionFor(shop, scope)));
    const { orphans, lookedIn } = await orphansOf(inputs, specs, (scope) => sessionFor(shop, scope));
    shop.orphans.push(...orphans);
    if (lookedIn.length > 0) shop.log.say(shop.mask.text(lookedText(lookedIn)));
    return outcomes;
  } catch (thrown) {
    return [ended(thrown, inputs.spec.join(' ').slice(0, 500), realClock.now())];
  }
}

/** What a reviewer is shown beside the plan of each stack. */
async function lookAround({ verifyNews: news, differences }: Shop, kept: readonly NamedSpec[]): Promise<void> {
  for (const each of kept) {
    news.set(keyOfStack(each), verifyNews(each));
    const found = await differencesOf(each);
    if (found !== undefined) differences.set(keyOfStack(each), found);
  }
}

/** What everything that is shown is made of, in the comment as in the summary. What is not known yet is put into these maps later. */
const shownBy = ({ inputs, context, verifyNews, stacks, last, differences }: Shop): Required<Shown> => ({
  ...{ inputs, context, verifyNews, stacks, last, differences },
  untrusted: inputs.command === 'report',
});

const keyOfStack = ({ spec }: NamedSpec): string => nameOf({ region: spec.stack.region, stack: spec.stack.name });

function tellAside({ log, mask }: Shop, drift: string): void {
  if (drift === '') return;
  log.say(mask.text(drift));
  addToSummary(`⚠ ${markdown(mask.text(drift))}`);
}

/** For a job for each folder. Nothing of it is a secret: ids of accounts stand in the repository. */
async function tellEnvironments({ inputs, log }: Shop): Promise<readonly StackOutcome[]> {
  setOutputs(log, { environments: JSON.stringify(await readEnvironments(inputs.spec)) });
  return [];
}

/** Destroys what is to end, and takes the label off of each pull request of which nothing is left. */
async function endPreviews(shop: Shop, publisher: Publisher): Promise<readonly StackOutcome[]> {
  const { inputs, context, log } = shop;
  const regions = await regionsFor(inputs, process.env, (text) => {
    annotate(log, [{ level: 'warning', text: shop.mask.text(text) }]);
    addToSummary(`⚠ ${markdown(shop.mask.text(text))}`);
  });
  const ending = await endingPreviews(publisher.github, inputs, context, regions, (scope) => sessionFor(shop, scope), realClock.now());
  for (const line of ending.told) log.say(line);
  if (ending.told.length > 0) addToSummary(ending.told.map((line) => `- ${markdown(line)}`).join('\n'));
  const confirm = ending.specs.map(({ spec }) => spec.stack.name);
  const job = { ...jobOf(shop, publisher, ending.specs), inputs: { ...inputs, command: 'destroy', confirm } as const };
  const outcomes = await runCommand({ ...job, approved: async () => undefined });
  for (const number of ending.numbers) {
    const left = outcomes.some(({ stack, exit }) => exit !== EXIT.ok && stack.endsWith(previewSuffix(number)));
    if (!left) await takeLabelOff(publisher.github, context, number);
  }
  return outcomes;
}

/** Told in the log and the summary; there is no stack to comment on. */
async function diagnosed(shop: Shop, specs: readonly NamedSpec[]): Promise<readonly StackOutcome[]> {
  const { inputs, log, mask } = shop;
  const { exit, markdown, text } = await runDoctor({ inputs, specs, sessionFor: (scope) => sessionFor(shop, scope) });
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

function sessionFor(shop: Shop, { region, account }: Scope): Session {
  const said = new Map<string, string>();
  return openSession({
    region,
    // A job has one role, and a sandbox a key for every account that specs or their folders name.
    env: shop.inputs.sandbox && account !== undefined ? { ...process.env, ...keyFor(account) } : process.env,
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
    sessionFor: (scope) => sessionFor(shop, scope),
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
        const { stack, region } = publisher.keyOf(shown);
        if (!pending.some((each) => each.stack === stack && each.region === region))
          pending.push({ stack, region, number, state: outcome.state });
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
  const shown = shownBy(shop);
  shop.stacks.push(...outcomes.filter(({ region }) => region !== '').map((outcome) => stackLine(outcome, { ...shown, stacks: [] })));
  const result = resultOf(inputs, context, outcomes, realClock.now(), baseOf(inputs.commit));
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
    inputs.command === 'doctor' ||
    (inputs.command === 'previews' && inputs.preview === undefined) ||
    (inputs.command === 'report' && outcomes.some(({ region }) => region === ''))
      ? []
      : outcomes;
  const [posted] = await Promise.all([publisher.comments(about), publisher.title(outcomes)]);
  if (inputs.command === 'plan') await publisher.calm(shop.aside.map(untouched));
  await dropVoidLabels(inputs, context, publisher, outcomes);
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

function endEarly(log: Log, thrown: unknown): void {
  const error = thrown instanceof ReconcileError ? thrown : new ReconcileError('Internal', String(thrown), { cause: thrown });
  annotate(log, [{ level: 'error', text: `${error.message}. ${error.hint}` }]);
  setOutputs(log, { 'exit-code': String(error.exit), 'failure-reason': 'input' });
  log.command(() => leave.ended());
  process.exitCode = 1;
}
