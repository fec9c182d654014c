/** The report: one versioned JSON value of all that was planned, done and measured. Text, Markdown and HTML are functions of it. */

import type { Victim } from '../chaos/types.ts';
import type { LoadReport, ProbeResult } from '../load/types.ts';
import type { UnderLoadReport } from '../load/under-load-types.ts';
import type { Refusal } from '../plan/guard.ts';
import type { CallCount, Change, Run } from '../plan/types.ts';
import type { Comparison } from './compare-types.ts';
import { refusalText } from './format.ts';
import type { Stage } from './page/stage.ts';
import type { PlanReport } from './plan-report.ts';
import { type RollbackReport, rollbackHeadline } from './rollback.ts';

/**
 * From worst to best. `failed`: there is no plan, not all of it was done, or the second plan was not empty. `refused`: guard, the
 * reviewed digest or a lock was against it, and nothing was changed. `notReached`: nobody looked. `glanced`: a light look found nothing,
 * and compared no values.
 */
export const REPORT_VERDICTS = [
  'failed',
  'missed',
  'refused',
  'notReached',
  'inconclusive',
  'changes',
  'pass',
  'applied',
  'destroyed',
  'glanced',
  'unchanged',
] as const;
export type ReportVerdict = (typeof REPORT_VERDICTS)[number];

/** What ended a stack's part of a run early. */
export interface ReportFailure {
  readonly verdict: 'failed' | 'refused' | 'notReached';
  /** Of the table of errors. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface Report {
  readonly version: 1;
  readonly stack: string;
  /** Masked or whole, as the caller hands it over. */
  readonly account: string;
  readonly region: string;
  readonly verdict: ReportVerdict;
  /** One sentence without markup. */
  readonly headline: string;
  /** Why the verdict is what it is, worst first. */
  readonly reasons: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly plan: PlanReport | null;
  /** What guard says against running the plan; then nothing was run. */
  readonly refusals: readonly Refusal[];
  readonly run: Run | null;
  readonly calls: CallCount | null;
  /** What a second plan right after the apply still wanted to change; null when there was none. */
  readonly checkAfter: { readonly changes: readonly Change[] } | null;
  readonly load: LoadReport | null;
  /** The load while the plan was run; null when there was not to be any. */
  readonly underLoad: UnderLoadReport | null;
  /** What became of the last good spec after a missed objective; null when nobody asked. */
  readonly rollback: RollbackReport | null;
  /** Of the one experiment; of several, each has its own in `load.experiments`. */
  readonly victim: Victim | null;
  /** Load balancer and targets as they were at the end of the load; null without one. */
  readonly stage: Stage | null;
  /** Where the spec is from; null when that is in no repository. Empty where it is not known. */
  readonly origin: { readonly branch: string; readonly commit: string } | null;
  /** This run beside earlier ones; null when there are none. */
  readonly compare: Comparison | null;
  readonly probes: readonly ProbeResult[];
  /** How long each part took, in order. */
  readonly timings: readonly { readonly name: string; readonly ms: number }[];
  readonly links: readonly { readonly text: string; readonly url: string }[];
  /** What ended it early; null when nothing did. */
  readonly failure: ReportFailure | null;
  /** A light look in place of a plan: the kinds that it could not see. Null when there was none. */
  readonly glance: { readonly unseen: readonly string[] } | null;
}

export interface ReportInput {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  readonly createdAt: number;
  readonly plan?: PlanReport | null;
  readonly refusals?: readonly Refusal[];
  readonly run?: Run | null;
  readonly calls?: CallCount | null;
  readonly checkAfter?: { readonly changes: readonly Change[] } | null;
  readonly load?: LoadReport | null;
  readonly underLoad?: UnderLoadReport | null;
  readonly rollback?: RollbackReport | null;
  readonly victim?: Victim | null;
  readonly stage?: Stage | null;
  readonly origin?: Report['origin'];
  readonly compare?: Comparison | null;
  readonly probes?: readonly ProbeResult[];
  readonly timings?: Report['timings'];
  readonly links?: Report['links'];
  readonly failure?: ReportFailure | null;
  readonly glance?: Report['glance'];
}

/**
 * Puts the parts together and finds the verdict over all of them. Parts that did not happen are left out; where none did, the verdict
 * is `notReached`: what nobody looked at is never unchanged.
 */
export function buildReport(input: ReportInput): Report {
  const plan = input.plan ?? null;
  const parts = {
    plan: plan === null ? null : { mode: plan.mode, digest: plan.digest, summary: plan.summary, changes: plan.changes, notes: plan.notes },
    refusals: input.refusals ?? [],
    run: input.run ?? null,
    calls: input.calls ?? null,
    checkAfter: input.checkAfter ?? null,
    load: input.load ?? null,
    underLoad: input.underLoad ?? null,
    rollback: input.rollback ?? null,
    victim: input.victim ?? null,
    stage: input.stage ?? null,
    origin: input.origin ?? null,
    compare: input.compare ?? null,
    probes: input.probes ?? [],
    failure: input.failure ?? null,
    glance: input.glance ?? null,
  };
  const { verdict, reasons } = verdictOf(parts);
  return {
    version: 1,
    stack: input.stack,
    account: input.account,
    region: input.region,
    verdict,
    headline: headlineOf(verdict, parts),
    reasons,
    createdAt: input.createdAt,
    ...parts,
    timings: input.timings ?? [],
    links: input.links ?? [],
  };
}

type Parts = Pick<
  Report,
  'plan' | 'refusals' | 'run' | 'checkAfter' | 'load' | 'underLoad' | 'rollback' | 'probes' | 'victim' | 'failure' | 'glance'
>;

function verdictOf(parts: Parts): { verdict: ReportVerdict; reasons: string[] } {
  const { plan, run, checkAfter, load, underLoad, probes, failure } = parts;
  const reasons: string[] = parts.refusals.map(refusalText);
  const found: ReportVerdict[] = parts.refusals.length > 0 && run === null ? ['refused'] : [];
  if (failure !== null) {
    found.push(failure.verdict);
    // What guard refuses is listed one by one.
    if (parts.refusals.length === 0 || failure.code !== 'GuardRefused') reasons.push(failureText(failure));
  }
  if (run !== null && run.outcome !== 'done') {
    found.push('failed');
    const failed = run.steps.filter((step) => step.outcome === 'failed');
    reasons.push(...failed.map((step) => `${step.title} failed: ${step.error?.code ?? 'Unknown'}: ${step.error?.message ?? 'no message'}`));
    if (failed.length === 0) reasons.push('the run was interrupted');
  }
  if (checkAfter !== null && checkAfter.changes.length > 0) {
    found.push('failed');
    reasons.push(`a second plan is not empty: ${checkAfter.changes.map((change) => change.address).join(', ')}`);
  }
  for (const probe of probes) {
    if (probe.outcome !== 'failed') continue;
    found.push('missed');
    reasons.push(`${probe.name}: ${probe.detail} Expected ${probe.expected}, got ${probe.got}.`);
  }
  if (load !== null) {
    found.push(load.verdict);
    reasons.push(...load.reasons);
  }
  if (underLoad?.kind === 'loaded') {
    if (underLoad.verdict !== 'pass') found.push(underLoad.verdict);
    reasons.push(...underLoad.reasons);
  }
  if (run !== null) found.push(plan?.mode === 'destroy' ? 'destroyed' : 'applied');
  else if (plan !== null && plan.changes.length > 0) found.push('changes');
  else if (plan !== null) found.push('unchanged');
  else if (parts.glance !== null) found.push('glanced');
  // What was applied and is not in service is no good news, although nothing is left to change.
  if (plan !== null && plan.changes.length === 0)
    reasons.push(...plan.notes.flatMap(({ kind, address, text }) => (kind === 'unfinished' ? [`${address ?? ''}: ${text}`] : [])));
  reasons.push(...(plan?.notes ?? []).flatMap(({ kind, text }) => (kind === 'locked' ? [text] : [])));
  const verdict = REPORT_VERDICTS.find((each) => found.includes(each)) ?? 'notReached';
  return { verdict, reasons };
}

/** As it stands among the reasons. */
export const failureText = ({ message, hint }: ReportFailure): string => `${message.replace(/\.$/, '')}. ${hint}`;

const s = (count: number): string => (count === 1 ? '' : 's');

const toDo = ({ mode, changes: { length } }: PlanReport): string =>
  length === 0
    ? 'nothing to do'
    : mode === 'destroy'
      ? `${length} resource${s(length)} to destroy`
      : `${length} change${s(length)} to apply`;

function headlineOf(verdict: ReportVerdict, parts: Parts): string {
  const { plan, refusals, run, load, underLoad, rollback, victim, failure } = parts;
  const meanwhile = underLoad?.kind === 'loaded' ? `: ${underLoad.sentence}` : '';
  const experiments = load?.experiments ?? [];
  const lost =
    victim === null
      ? `${experiments.length} experiments: ${experiments.map(({ name, victim: each }) => `${name}${each === null ? '' : ` of ${each.name}`}`).join(', ')}`
      : `losing ${victim.name}, 1 of ${load?.instances.filter((each) => each.name !== '').length ?? 1} instances`;
  switch (verdict) {
    case 'failed': {
      const done = run?.steps.filter((step) => step.outcome === 'done').length ?? 0;
      if (run?.outcome === 'cancelled') return `interrupted after ${done} of ${run.steps.length} steps`;
      if (run?.outcome === 'failed') return `stopped after ${done} of ${run.steps.length} steps`;
      if (parts.checkAfter !== null && parts.checkAfter.changes.length > 0) return 'applied, but AWS still differs from the spec';
      if (run !== null) return `applied, then ended by an error (${failure?.code ?? 'Internal'})`;
      return plan === null ? 'planning failed' : `planned, then ended by an error (${failure?.code ?? 'Internal'})`;
    }
    case 'refused':
      if (refusals.length > 0 && plan !== null) return `${toDo(plan)}, refused`;
      if (failure?.code === 'Locked') return 'refused: another run holds the lock; nothing was changed';
      if (failure?.code === 'PlanDiffers') return 'refused: the plan is not the reviewed one; nothing was changed';
      return 'refused; nothing was changed';
    case 'notReached':
      return plan === null ? 'not reached, not read' : `not reached: ${toDo(plan)}`;
    case 'missed':
      if (rollback !== null) return rollbackHeadline(rollback);
      if (underLoad?.kind === 'loaded' && underLoad.verdict === 'missed') return `applied, but an objective was missed${meanwhile}`;
      return load?.verdict === 'missed' ? 'applied, but an objective was missed' : 'applied, but the responses do not match the spec';
    case 'inconclusive':
      if (underLoad?.kind === 'loaded') return `applied; the load test was inconclusive${meanwhile}`;
      return 'applied; the load test was inconclusive';
    case 'pass':
      return victim === null && experiments.length === 0 ? 'met its objectives under load' : `survived ${lost}`;
    case 'changes':
      return plan === null ? 'changes' : toDo(plan);
    case 'applied':
      return plan === null || plan.changes.length === 0
        ? `applied${meanwhile}`
        : `applied, ${plan.changes.length} change${s(plan.changes.length)}${meanwhile}`;
    case 'destroyed':
      return 'destroyed';
    case 'glanced':
      return 'light check: nothing missing, extra or retagged; values were not compared';
    case 'unchanged': {
      const left = plan?.notes.filter(({ kind }) => kind === 'unfinished').length ?? 0;
      return left === 0 ? 'no changes' : `no changes, but ${left} not in service`;
    }
  }
}
