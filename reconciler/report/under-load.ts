/** What all forms of the report say of a load during an apply. Pure; answers plain text that its user must still escape. */

import type { FailureAttribution, LoadedApply, LoadPhase } from '../load/under-load-types.ts';
import { count, duration, milliseconds, objectiveLabel, objectiveValue, percent } from './format.ts';

/** `200 requests a second to http://name/ (listener http), redirects followed`. */
export const whatWasLoaded = (load: LoadedApply): string =>
  `${count(load.rate)} requests a second to ${load.url} (listener ${load.listener}), redirects followed`;

/** Figure, each phase, limit, sign. The first row heads the columns. */
export function phaseRows(
  load: LoadedApply,
  signs: Readonly<Record<'pass' | 'missed' | 'not-evaluated', string>>,
): readonly (readonly string[])[] {
  const names = ['errorRate', 'p95', 'p99'] as const;
  return [
    ['', ...load.phases.map(({ phase }) => phase), 'limit', ''],
    ...names.map((name) => {
      const result = load.objectives.find((each) => each.name === name);
      return [
        objectiveLabel(name),
        ...load.phases.map((phase) => cell(phase, name)),
        result === undefined ? '' : `≤ ${objectiveValue(result.limit, result.unit)}`,
        result === undefined ? '' : signs[result.result],
      ];
    }),
  ];
}

function cell(phase: LoadPhase, name: 'errorRate' | 'p95' | 'p99'): string {
  if (phase.count === 0) return '–';
  return name === 'errorRate' ? `${percent(phase.errorRate)} (${count(phase.failed)} of ${count(phase.count)})` : milliseconds(phase[name]);
}

export const BLAME_HEAD = ['failed in step', 'while it ran', 'after it', 'from its start', 'answers'] as const;

/** Steps in which requests failed, worst first. */
export function blameRows(load: LoadedApply, most: number): readonly (readonly string[])[] {
  return load.blames
    .slice(0, most)
    .map((blame) => [
      blame.title,
      count(blame.during),
      count(blame.after),
      `${duration(blame.firstAfterMs)} to ${duration(blame.lastAfterMs)}`,
      kindsOf(blame),
    ]);
}

const kindsOf = ({ failures }: Pick<FailureAttribution, 'failures'>): string =>
  failures
    .slice(0, 3)
    .map((each) => `${each.what} ×${count(each.count)}`)
    .join(', ');

/** What the rows leave open, a sentence each. */
export function remarks(load: LoadedApply, most: number): readonly string[] {
  const more = load.blames.length - most;
  return [
    ...(load.failures.length === 0
      ? []
      : [`Failed: ${kindsOf(load)}. A request counts for every step that ran during it, and for the changes right before it was sent.`]),
    ...(more > 0 ? [`${more} more step${more === 1 ? '' : 's'} in which requests failed: see the report as JSON.`] : []),
    ...(load.failedBefore === 0
      ? []
      : [`${count(load.failedBefore)} requests failed before the first step began: the apply did not cause them.`]),
    ...(load.dropped === 0 ? [] : [`${count(load.dropped)} requests were never sent, because k6 was too slow.`]),
  ];
}
