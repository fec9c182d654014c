/** How values are said, the same in text, Markdown and HTML. Pure; answers plain text that its user must still escape. */

import { wordsOf } from '../chaos/experiments.ts';
import type { Measured, ObjectiveName, ObjectiveResult, RateName, RateScope, TimeName } from '../load/types.ts';
import type { Json, Position, Risk } from '../model/json.ts';
import { kindOf } from '../model/kinds.ts';
import type { Refusal } from '../plan/guard.ts';
import type { CallCount, Change, PlanSummary } from '../plan/types.ts';

export const SHORT_DIGEST = 12;

export const percent = (ratio: number, digits = 2): string => `${(ratio * 100).toFixed(digits)} %`;
export const share = (ratio: number | null): string => (ratio === null ? '–' : percent(ratio, 1));
export const milliseconds = (value: number | null): string =>
  value === null ? '–' : `${value < 10 ? value.toFixed(1) : String(Math.round(value))} ms`;
export const secondsText = (value: number): string => `${value.toFixed(1)} s`;
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 poll`, `2 polls`. */
const many = (value: number, one: string): string => `${count(value)} ${one}${value === 1 ? '' : 's'}`;

/** `26 AWS calls (3 writes) and 1 poll`. */
export const callsText = ({ calls, writes, polls }: Pick<CallCount, 'calls' | 'writes' | 'polls'>): string =>
  `${many(calls, 'AWS call')} (${many(writes, 'write')}) and ${many(polls, 'poll')}`;

/** A span for people: `850 ms`, `38 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return secondsText(ms / 1000);
  const whole = Math.round(ms / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `2026-08-01 12:00:05 UTC` */
export const moment = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

export function measured(time: Measured): string {
  switch (time.kind) {
    case 'measured':
      return secondsText(time.seconds);
    case 'atLeast':
      return `over ${secondsText(time.seconds)}`;
    case 'unknown':
      return '–';
  }
}

const RATE_NAMES: Readonly<Record<RateName, string>> = { errorRate: 'errors', p95: 'p95', p99: 'p99' };
const TIME_NAMES: Readonly<Record<TimeName, string>> = {
  detection: 'detection',
  failover: 'failover',
  recovery: 'recovery',
  shareBack: 'share back',
};
const SCOPE_NAMES: Readonly<Record<RateScope, string>> = { before: 'before', during: 'during', after: 'after', eachPhase: 'worst phase' };

/** `errors`, `recovery`, `p95, worst phase`. */
export function objectiveName(name: ObjectiveName): string {
  const [scope, rate] = name.split('.') as [RateScope, RateName | undefined];
  if (rate !== undefined) return `${RATE_NAMES[rate]}, ${SCOPE_NAMES[scope]}`;
  return name in RATE_NAMES ? RATE_NAMES[name as RateName] : TIME_NAMES[name as TimeName];
}

/** From when to when a time is taken; empty for what is no time. `words`: what is said of the fault. */
export function objectiveSpan(name: ObjectiveName, words = wordsOf(null)): string {
  switch (name) {
    case 'detection':
      return `${words.verb} → not healthy`;
    case 'failover':
      return `${words.verb} → last error`;
    case 'recovery':
      return `${words.undo.verb} → healthy`;
    case 'shareBack':
      return `${words.undo.verb} → fair share`;
    default:
      return '';
  }
}

export function objectiveLabel(name: ObjectiveName, words = wordsOf(null)): string {
  const span = objectiveSpan(name, words);
  return span === '' ? objectiveName(name) : `${objectiveName(name)} (${span})`;
}

export function objectiveValue(value: number, unit: ObjectiveResult['unit']): string {
  switch (unit) {
    case 'ratio':
      return percent(value);
    case 'ms':
      return milliseconds(value);
    case 's':
      return secondsText(value);
  }
}

const isRecord = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Control characters could rewrite a terminal or end a line: they are shown, not sent. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be shown.
  return text.replace(/\r?\n/g, '⏎').replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '�');
}

/** A text in quotes where it could be taken for something else, or would not be seen as it is. Line ends are shown. */
function textValue(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return `${text.slice(0, SHORT_DIGEST)}…`;
  const seen = text === text.trimStart() && !/ $/.test(text) && !text.includes('⏎') && visible(text) === text.replace(/\n/g, '⏎');
  return text !== '' && seen && !/^(true|false|null|–|-?\d+(\.\d+)?)$/.test(text) ? visible(text) : escaped(text);
}

/** In quotes, and of nothing but what can be seen: no two texts look the same. */
export const escaped = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A value on one line, whole, as a spec says it. References are the names of what they refer to. */
export function plainValue(json: Json): string {
  if (typeof json === 'string') return textValue(json);
  if (json === null || typeof json !== 'object') return String(json);
  if (isRecord(json)) {
    const ref = json['$ref'];
    if (typeof ref === 'string') return `→ ${ref}`;
    const entries = Object.entries(json);
    return entries.length === 0 ? '{}' : `{ ${entries.map(([key, each]) => `${key}: ${plainValue(each)}`).join(', ')} }`;
  }
  return json.length === 0 ? '[]' : `[${json.map(plainValue).join(', ')}]`;
}

export const place = (position: Position | undefined): string =>
  position === undefined ? '' : `${visible(position.file)}:${position.line}`;

export const MARKS: Readonly<Record<Change['verb'], string>> = { create: '+', adopt: '=', update: '~', replace: '-/+', destroy: '-' };

/** What becomes of the object and of what others know it by: `in place, ARN kept`. Nothing for what comes or goes. */
export function impactText({ address, verb, impact }: Change): string {
  if (verb === 'create' || verb === 'destroy') return '';
  const { outputs } = kindOf(address);
  const names = [outputs['arn'] === undefined ? 'id' : 'ARN', ...(outputs['dnsName'] === undefined ? [] : ['DNS name'])].join(' and ');
  if (verb === 'replace') return `replaced, new ${names}`;
  return `${impact === 'reconnect' ? 'reconnect' : 'in place'}, ${names} kept`;
}

/** What is refused, of whom, why, and what would allow it, in one line. */
export function refusalText({ address, label, physicalId, owner, position, reason, remedy }: Refusal): string {
  const whose = physicalId === undefined ? label : `${label} ${physicalId}${owner === undefined ? '' : ` of ${owner}`}`;
  return `refused: ${address} (${whose}${position === undefined ? '' : `, ${place(position)}`}): ${reason}. ${remedy}`;
}

export const RISK_ORDER: readonly Risk[] = ['drop', 'shift', 'none'];
const IMPACT_ORDER = ['destroy', 'replace', 'reconnect', 'update', 'create', 'none'];

/** What endangers traffic most comes first; the plan's own order decides otherwise. */
export function worstFirst(changes: readonly Change[]): Change[] {
  const rank = (change: Change): number => RISK_ORDER.indexOf(change.risk) * IMPACT_ORDER.length + IMPACT_ORDER.indexOf(change.impact);
  return changes
    .map((change, index) => ({ change, index }))
    .sort((a, b) => rank(a.change) - rank(b.change) || a.index - b.index)
    .map(({ change }) => change);
}

export const nameOf = (change: Change): string => visible(change.address.slice(change.address.indexOf('/') + 1));

export function summaryText(summary: PlanSummary): string {
  return `${summary.create} to create, ${summary.adopt === 0 ? '' : `${summary.adopt} to adopt, `}${summary.update} to update, ${summary.replace} to replace, ${summary.destroy} to destroy, ${summary.unchanged} unchanged`;
}

/** The same, once it is done. */
export function doneText(summary: PlanSummary): string {
  return `${summary.create} created, ${summary.adopt === 0 ? '' : `${summary.adopt} adopted, `}${summary.update} updated, ${summary.replace} replaced, ${summary.destroy} destroyed, ${summary.unchanged} unchanged`;
}

/** Counts without those that are none: `1 to create, 14 unchanged`; `done` as what was done. */
export function shortSummary(summary: PlanSummary, done: boolean): string {
  const words = [
    [summary.create, 'to create', 'created'],
    [summary.adopt, 'to adopt', 'adopted'],
    [summary.update, 'to update', 'updated'],
    [summary.replace, 'to replace', 'replaced'],
    [summary.destroy, 'to destroy', 'destroyed'],
    [summary.unchanged, 'unchanged', 'unchanged'],
  ] as const;
  return words.flatMap(([number, before, after]) => (number === 0 ? [] : [`${number} ${done ? after : before}`])).join(', ');
}

export function riskText(risk: Risk): string {
  switch (risk) {
    case 'none':
      return 'traffic not at risk';
    case 'shift':
      return 'traffic moves without loss';
    case 'drop':
      return 'traffic at risk: requests or connections may drop';
  }
}
