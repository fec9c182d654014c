/** The report: one versioned JSON value of all that was planned, done and measured. Text, Markdown and HTML are functions of it. */

import type { Victim } from '../chaos/types.ts';
import type { LoadReport, ProbeResult } from '../load/types.ts';
import type { UnderLoadReport } from '../load/under-load-types.ts';
import type { Note } from '../model/json.ts';
import type { Refusal } from '../plan/guard.ts';
import type { CallCount, Change, Plan, PlanSummary, Run } from '../plan/types.ts';
import { refusalText } from './format.ts';
import { type RollbackReport, rollbackHeadline } from './rollback.ts';

/** From worst to best. `failed`: not all of the plan was done, or the second plan was not empty. */
export const REPORT_VERDICTS = ['failed', 'missed', 'inconclusive', 'changes', 'pass', 'applied', 'destroyed', 'unchanged'] as const;
export type ReportVerdict = (typeof REPORT_VERDICTS)[number];

export interface PlanReport {
  readonly mode: Plan['mode'];
  /** SHA-256, hex. */
  readonly digest: string;
  readonly summary: PlanSummary;
  readonly changes: readonly Change[];
  readonly notes: readonly Note[];
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
  readonly victim: Victim | null;
  readonly probes: readonly ProbeResult[];
  /** How long each part took, in order. */
  readonly timings: readonly { readonly name: string; readonly ms: number }[];
  readonly links: readonly { readonly text: string; readonly url: string }[];
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
  readonly probes?: readonly ProbeResult[];
  readonly timings?: Report['timings'];
  readonly links?: Report['links'];
}

/** Puts the parts together and finds the verdict over all of them. Parts that did not happen are left out. */
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
    probes: input.probes ?? [],
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

type Parts = Pick<Report, 'plan' | 'refusals' | 'run' | 'checkAfter' | 'load' | 'underLoad' | 'rollback' | 'probes' | 'victim'>;

function verdictOf(parts: Parts): { verdict: ReportVerdict; reasons: string[] } {
  const { plan, run, checkAfter, load, underLoad, probes } = parts;
  const reasons: string[] = parts.refusals.map(refusalText);
  const found: ReportVerdict[] = [];
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
  // What was applied and is not in service is no good news, although nothing is left to change.
  if (plan !== null && plan.changes.length === 0)
    reasons.push(...plan.notes.flatMap(({ kind, address, text }) => (kind === 'unfinished' ? [`${address ?? ''}: ${text}`] : [])));
  const verdict = REPORT_VERDICTS.find((each) => found.includes(each)) ?? 'unchanged';
  return { verdict, reasons };
}

const s = (count: number): string => (count === 1 ? '' : 's');

function headlineOf(verdict: ReportVerdict, parts: Parts): string {
  const { plan, refusals, run, load, underLoad, rollback, victim } = parts;
  const meanwhile = underLoad?.kind === 'loaded' ? `: ${underLoad.sentence}` : '';
  const lost =
    victim === null
      ? 'the load'
      : `losing ${victim.name}, 1 of ${load?.instances.filter((each) => each.name !== '').length ?? 1} instances`;
  switch (verdict) {
    case 'failed': {
      const done = run?.steps.filter((step) => step.outcome === 'done').length ?? 0;
      if (run?.outcome === 'cancelled') return `interrupted after ${done} of ${run.steps.length} steps`;
      return run?.outcome === 'failed'
        ? `stopped after ${done} of ${run.steps.length} steps`
        : 'applied, but what is live still differs from the spec';
    }
    case 'missed':
      if (rollback !== null) return rollbackHeadline(rollback);
      if (underLoad?.kind === 'loaded' && underLoad.verdict === 'missed') return `applied, but an objective was missed${meanwhile}`;
      return load?.verdict === 'missed' ? 'live, but an objective was missed' : 'live, but it does not answer as the spec says';
    case 'inconclusive':
      if (underLoad?.kind === 'loaded') return `applied, but the load cannot tell${meanwhile}`;
      return 'live, but the load test cannot tell';
    case 'pass':
      return victim === null ? 'held its objectives under load' : `survived ${lost}`;
    case 'changes':
      return plan?.mode === 'destroy'
        ? `${plan.changes.length} resource${s(plan.changes.length)} to destroy`
        : `${plan?.changes.length ?? 0} change${s(plan?.changes.length ?? 0)} to apply${refusals.length === 0 ? '' : ', refused'}`;
    case 'applied':
      return plan === null || plan.changes.length === 0
        ? `applied${meanwhile}`
        : `applied, ${plan.changes.length} change${s(plan.changes.length)}${meanwhile}`;
    case 'destroyed':
      return 'destroyed';
    case 'unchanged': {
      const left = plan?.notes.filter(({ kind }) => kind === 'unfinished').length ?? 0;
      return left === 0 ? 'no changes' : `no changes, and ${left} not in service`;
    }
  }
}
