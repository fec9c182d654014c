/** The result file: what later steps, later runs and other tools read. Versioned, with a schema of its own. */

import { EXIT, type Problem, ReconcileError } from '../reconciler/errors.ts';
import type { Plan } from '../reconciler/plan/types.ts';
import type { Measures } from '../reconciler/report/baseline.ts';
import type { CommentState } from '../reconciler/report/comment-marker.ts';
import type { PlanReport } from '../reconciler/report/plan-report.ts';
import { buildReport, type Report, type ReportVerdict } from '../reconciler/report/report.ts';
import { exitOfAll } from '../reconciler/run/outcome.ts';
import { pathWithin, readPlainText, writePlain } from '../reconciler/run/plain-file.ts';
import { loadDigest } from '../reconciler/run/verify-terms.ts';
import type { Context } from './context.ts';
import type { Inputs } from './inputs.ts';
import type { Failure, StackOutcome } from './outcome.ts';
import { resultCheck } from './result-check.ts';

export type Figures = Measures;

export interface StackResult {
  readonly stack: string;
  readonly region: string;
  readonly account: string;
  readonly file: string;
  readonly state: CommentState;
  readonly verdict: ReportVerdict;
  readonly headline: string;
  readonly exitCode: number;
  readonly plan: PlanReport | null;
  readonly refusals: Report['refusals'];
  readonly failure: Failure | null;
  readonly problems: readonly Problem[];
  readonly figures: Figures;
  /** Of the load and the fault; absent where there was no load that told anything. */
  readonly load?: string;
}

export interface ResultFile {
  readonly version: 1;
  readonly command: Inputs['command'];
  readonly exitCode: number;
  readonly createdAt: number;
  readonly sandbox: boolean;
  readonly run: {
    readonly id: number;
    readonly attempt: number;
    readonly repository: string;
    readonly head: string;
    /** The first parent of the commit that was read. */
    readonly base?: string;
    readonly event: string;
    readonly pullRequest: number | null;
  };
  readonly stacks: readonly StackResult[];
}

/** `outcomes` come masked. */
export function resultOf(inputs: Inputs, context: Context, outcomes: readonly StackOutcome[], at: number, base = ''): ResultFile {
  return {
    version: 1,
    command: inputs.command,
    exitCode: exitOfAll(outcomes.map(({ exit }) => exit)),
    createdAt: at,
    sandbox: inputs.sandbox,
    run: {
      ...{ id: context.runId, attempt: context.attempt, repository: `${context.owner}/${context.repo}` },
      ...(base === '' ? {} : { base }),
      ...{ head: context.head, event: context.event, pullRequest: context.pullRequest ?? null },
    },
    stacks: outcomes.map(({ stack, region, file, state, exit, report, failure, problems }) => ({
      ...{ stack, region, account: report.account, file, state, verdict: report.verdict, headline: report.headline, exitCode: exit },
      ...{ plan: report.plan, refusals: report.refusals, failure, problems, figures: figuresOf(report) },
      ...loadOf(report),
    })),
  };
}

/** The digest that two load tests share whose figures can be held against each other. */
export function loadOf({ load }: Report): { readonly load?: string } {
  if (load === null || load.verdict === 'inconclusive') return {};
  return { load: loadDigest(load) };
}

/** Of several experiments the worst of each; null where one of them has none. */
export function figuresOf({ load }: Report): Figures {
  const parts = load?.experiments?.map((each) => each.load) ?? [load];
  const worst = (of: (part: NonNullable<Report['load']>) => number | null): number | null => {
    const all = parts.map((part) => (part === null ? null : of(part)));
    return all.includes(null) ? null : Math.max(...all.map(Number));
  };
  const phase = (name: 'before' | 'during') => worst(({ phases }) => phases.find((each) => each.phase === name)?.p95 ?? null);
  const time = (name: 'detection' | 'failover' | 'recovery') =>
    worst(({ [name]: measured }) => (measured.kind === 'measured' ? Math.round(measured.seconds * 1000) : null));
  return {
    p95Steady: phase('before'),
    p95Fault: phase('during'),
    errorRate: load?.overall.errorRate ?? null,
    detectMs: time('detection'),
    failoverMs: time('failover'),
    recoveryMs: time('recovery'),
  };
}

/** Answers the path of the file. */
export function writeResult(folder: string, result: ResultFile): string {
  const path = pathWithin(folder, 'result.json');
  writePlain(path, `${JSON.stringify(result, null, 2)}\n`);
  return path;
}

/** A plan of some hundred changes has some hundred kilobytes. */
const LARGEST = 8 * 1024 * 1024;

/** Reads a file that anybody may have written. Throws `SpecInvalid` when it is not exactly a result file. */
export function readResult(path: string): ResultFile {
  let text: string;
  try {
    text = readPlainText(path, LARGEST);
  } catch (cause) {
    throw refused(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  return parseResult(text, path);
}

export function parseResult(text: string, path: string): ResultFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refused(path, 'it is not JSON', cause);
  }
  const check = resultCheck();
  if (check(value)) return value as unknown as ResultFile;
  const [first] = check.errors ?? [];
  throw refused(path, `${first?.instancePath || 'it'} ${first?.message ?? 'is wrong'}`, undefined);
}

const refused = (path: string, why: string, cause: unknown): ReconcileError =>
  new ReconcileError('SpecInvalid', `${path} is not a usable result file: ${why}`, {
    cause,
    hint: 'It must be the result file of a run of this action, of the same version.',
  });

const NO_PLAN = {
  verdict: 'failed',
  code: 'Internal',
  message: 'the result file has no plan of it',
  hint: 'Look at the run that wrote it.',
} as const;

/** A result as it was before it was written, as far as a comment needs it. */
export function outcomeOf(result: ResultFile, each: StackResult): StackOutcome {
  const { stack, region, account, file, state, plan, refusals, failure, problems, exitCode } = each;
  const whole: Plan | null =
    plan === null ? null : { version: 1, stack, account, region, steps: [], specDigest: '', liveDigest: '', ...plan };
  return {
    ...{ stack, region, file, failure, problems },
    // Only a plan's words are taken from a file: that something was applied is no claim to repeat.
    state:
      plan === null || failure !== null
        ? 'failed'
        : refusals.length > 0
          ? 'refused'
          : plan.changes.length > 0
            ? 'planned'
            : state === 'failed'
              ? 'failed'
              : 'unchanged',
    exit: exitCode === EXIT.changes ? EXIT.changes : exitCode,
    report: buildReport({
      ...{ stack, account, region, createdAt: result.createdAt, plan: whole, refusals },
      failure: failure === null ? (plan === null ? NO_PLAN : null) : { ...failure, verdict: 'failed' },
    }),
  };
}
