/**
 * Several experiments under one load -> one report: each judged by its own stretch of the load, and the load as a whole. Pure.
 *
 * A stretch goes from the steady state before a fault until the next fault, or the end of the load: what is `after` one fault is also
 * `before` the next. So every request is in a stretch, and what each stretch holds the whole holds too.
 */

import type { Disruption, Victim } from '../chaos/types.ts';
import { askedFor, generatedBy } from './generator.ts';
import { type JudgeInput, judge } from './judge.ts';
import { failuresAllowed, STEADY_SECONDS, unsteadyBefore } from './steady.ts';
import type { ChaosSettings, ExperimentReport, LoadReport, LoadVerdict, TargetGroupTarget } from './types.ts';

/** What became of one experiment of a load test. */
export interface Turn {
  readonly chaos: ChaosSettings;
  /** The group of the victim; null when it was not looked at. */
  readonly group: TargetGroupTarget | null;
  readonly victim: Victim | null;
  readonly disruption: Disruption | null;
  /** Why no victim was chosen; empty when one was, or none was looked for. */
  readonly refusal: string;
  /** When the steady state before it was back: milliseconds since the epoch. Null: it was not reached. */
  readonly from: number | null;
  /** Why it was not reached, in a clause; empty when it was. */
  readonly why: string;
  /** What to bear in mind whatever the verdict is. */
  readonly notes?: readonly string[];
}

export type JudgeInTurnInput = Pick<JudgeInput, 'settings' | 'objectives' | 'run' | 'groups'> & { readonly turns: readonly Turn[] };

/** The verdict is the worst one; an experiment that was not reached proves nothing, so that the whole is inconclusive at best. */
export function judgeInTurn(input: JudgeInTurnInput): LoadReport {
  const { settings, objectives, run, turns } = input;
  const generated = generatedBy(run, askedFor(settings));
  const { errorRate, p95, p99 } = objectives;
  const rates = Object.fromEntries(Object.entries({ errorRate, p95, p99 }).filter(([, limit]) => limit !== undefined));
  const nobody = { victim: null, disruption: null, refusal: '' };
  const whole = judge({ ...input, ...nobody, chaos: null, objectives: rates, group: turns[0]?.group ?? null, part: { generated } });

  const experiments = turns.map((turn, index): ExperimentReport => {
    const { chaos, victim, disruption, group, refusal, from, why, notes = [] } = turn;
    const name = Object.keys(chaos)[0] ?? '';
    if (from === null) return { name, verdict: 'notReached', reasons: [`not reached: ${why}`], victim, load: null };
    const first = index === 0;
    const begins = first ? run.startedAt : from;
    const ends = Math.max(begins, Math.min(run.endedAt, nextFault(turns.slice(index + 1)) ?? run.endedAt));
    const unsteady = first ? '' : unsteadyBefore(generated.reached, from, failuresAllowed(objectives));
    const load = judge({
      ...{ settings, objectives, run, chaos, victim, disruption, group, refusal, notes },
      ...(input.groups === undefined ? {} : { groups: input.groups }),
      part: {
        generated,
        stretch: {
          ...{ from: begins, to: ends },
          begins: first ? 'load begins' : 'steady state',
          ends: ends === run.endedAt ? 'load ends' : 'the next fault',
          doubts: unsteady === '' ? [] : [`in the ${STEADY_SECONDS} s of the steady state before it, ${unsteady}`],
        },
      },
    });
    return { name, verdict: load.verdict, reasons: load.reasons, victim, load };
  });

  const told = experiments.flatMap(({ name, verdict, reasons }, index) =>
    reasons
      .filter((reason) => !whole.reasons.includes(reason))
      .map((reason) => ({ verdict, text: `experiment ${index + 1}, ${name}: ${reason}` })),
  );
  const verdicts = [whole.verdict, ...experiments.map(({ verdict }) => verdict)];
  const verdict: LoadVerdict = verdicts.includes('missed') ? 'missed' : verdicts.every((each) => each === 'pass') ? 'pass' : 'inconclusive';
  const texts = (missed: boolean): string[] => told.filter((each) => (each.verdict === 'missed') === missed).map(({ text }) => text);
  const parts = experiments.flatMap(({ load }) => load ?? []);
  return {
    ...whole,
    verdict,
    // What is missed comes before what is doubted.
    reasons:
      whole.verdict === 'missed'
        ? [...whole.reasons, ...texts(true), ...texts(false)]
        : [...texts(true), ...whole.reasons, ...texts(false)],
    experiments,
    lost: { ...whole.lost, byFault: parts.reduce((sum, { lost }) => sum + lost.byFault, 0) },
    events: [...whole.events, ...parts.flatMap(({ events }) => events.filter(({ kind }) => kind !== 'load'))].sort((a, b) => a.at - b.at),
  };
}

/** When the next fault that was begun began; undefined when there is none. */
function nextFault(later: readonly Turn[]): number | undefined {
  for (const { disruption } of later) {
    const stop = disruption?.observations.find(({ kind }) => kind === 'stop');
    if (stop !== undefined) return stop.at;
  }
  return undefined;
}
