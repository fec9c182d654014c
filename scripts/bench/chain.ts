/** The longest chain of dependent calls of a run, in milliseconds: no client, however wide, could be faster. */
import type { Plan, Run } from '../../reconciler/plan/types.ts';
import type { TimedCall } from './converge.ts';

/** Longest path over `needs`, each step as long as it took, waits included; and the steps on it. */
export function stepChain(plan: Plan, run: Run): { readonly ms: number; readonly steps: readonly string[] } {
  const took = new Map(run.steps.map((step) => [step.id, (step.endedAt ?? 0) - (step.startedAt ?? 0)]));
  const best = new Map<string, { ms: number; steps: readonly string[] }>();
  let longest: { ms: number; steps: readonly string[] } = { ms: 0, steps: [] };
  // Steps are in topological order.
  for (const step of plan.steps) {
    let before: { ms: number; steps: readonly string[] } = { ms: 0, steps: [] };
    for (const need of step.needs) {
      const other = best.get(need);
      if (other !== undefined && other.ms > before.ms) before = other;
    }
    const here = { ms: before.ms + (took.get(step.id) ?? 0), steps: [...before.steps, step.title] };
    best.set(step.id, here);
    if (here.ms > longest.ms) longest = here;
  }
  return longest;
}

/** Reading a stack: lists, then their tags, then details beside children and the tags of those. */
export function readChain(calls: readonly TimedCall[]): number {
  const tags = calls.filter((call) => call.op === 'elbv2:DescribeTags').sort((a, b) => a.endedAt - b.endedAt);
  const firstTags = tags[0];
  if (firstTags === undefined) return slowest(calls);
  const begins = (call: TimedCall) => call.endedAt - call.ms;
  const lists = calls.filter((call) => call.endedAt <= begins(firstTags));
  const rest = calls.filter((call) => call !== firstTags && !lists.includes(call));
  const listeners = rest.filter((call) => call.op === 'elbv2:DescribeListeners');
  const details = rest.filter((call) => !tags.includes(call) && !listeners.includes(call));
  return slowest(lists) + firstTags.ms + Math.max(slowest(details), slowest(listeners) + slowest(tags.slice(1)));
}

const slowest = (calls: readonly TimedCall[]): number => Math.max(0, ...calls.map((call) => call.ms));
