/**
 * The line that a comment of ours ends with. It says which stack the comment is about and which run wrote it last, and holds the
 * last few runs. Anybody with write access can edit it, so it is a hint and no source of trust: nothing is allowed because of it,
 * and what is read from it is checked again and escaped. Pure.
 */

/** Where the stack stands, as the comment says it. */
export const COMMENT_STATES = [
  'planned',
  'unchanged',
  'refused',
  'applying',
  'applied',
  'verifying',
  'verified',
  'failed',
  'cancelled',
  'destroyed',
  'drifted',
] as const;
export type CommentState = (typeof COMMENT_STATES)[number];

/** What makes a comment the one of a stack: two workflows with different keys have a comment each. */
export interface CommentKey {
  readonly stack: string;
  readonly region: string;
  readonly key: string;
}

/** One attempt of a run. A later run has a greater id; a repetition of it a greater attempt. */
export interface Attempt {
  readonly run: number;
  readonly attempt: number;
}

export interface HistoryEntry extends Attempt {
  readonly command: string;
  /** One short sentence, such as the verdict's headline. */
  readonly said: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** During the fault, ms. */
  readonly p95?: number;
  /** Seconds. */
  readonly recovery?: number;
}

/** The last apply that was done, which later runs with nothing to do keep. */
export interface Applied extends Attempt {
  /** Who set it off. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Marker extends CommentKey, Attempt {
  readonly state: CommentState;
  /** Commit that was planned, hex. */
  readonly head: string;
  /** Of the plan, hex; empty when there is none. */
  readonly digest: string;
  readonly applied?: Applied;
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
}

export const HISTORY = 10;
const NAME = 'albedo:v1';
const SAID = 120;

/** An HTML comment of one line. No `-->` and no markup can be in it, whatever its texts hold. */
export function markerLine(marker: Marker): string {
  const json = JSON.stringify(marker).replace(/[<>&@#\u2028\u2029-]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `<!-- ${NAME} ${json} -->`;
}

/** The marker of a comment's text; undefined when there is none, or one that is not whole. */
export function readMarker(body: string): Marker | undefined {
  const json = [...body.matchAll(new RegExp(`<!-- ${NAME} (\\{[^\\r\\n]{0,20000}?\\}) -->`, 'g'))].at(-1)?.[1];
  if (json === undefined) return undefined;
  try {
    return markerOf(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function markerOf(value: unknown): Marker | undefined {
  if (!isRecord(value)) return undefined;
  const { stack, region, key, run, attempt, state, head, digest, history, applied } = value;
  if (!isText(stack, 300) || !isText(region, 100) || !isText(key, 300) || !isCount(run) || !isCount(attempt)) return undefined;
  const known = COMMENT_STATES.find((each) => each === state);
  if (known === undefined) return undefined;
  return {
    ...{ stack, region, key, run, attempt, state: known },
    head: isHex(head) ? head : '',
    digest: isHex(digest) ? digest : '',
    ...appliedIn(applied),
    history: (Array.isArray(history) ? history : []).slice(0, HISTORY).flatMap(entryOf),
  };
}

function appliedIn(value: unknown): { readonly applied?: Applied } {
  if (!isRecord(value)) return {};
  const { run, attempt, by, at } = value;
  return isCount(run) && isCount(attempt) && isText(by, 100) && isTime(at) ? { applied: { run, attempt, by, at } } : {};
}

function entryOf(value: unknown): HistoryEntry[] {
  if (!isRecord(value)) return [];
  const { run, attempt, command, said, at, p95, recovery } = value;
  if (!isCount(run) || !isCount(attempt) || !isText(command, 20) || !isText(said, SAID) || !isTime(at)) return [];
  return [{ run, attempt, command, said, at, ...(isAmount(p95) ? { p95 } : {}), ...(isAmount(recovery) ? { recovery } : {}) }];
}

/** The history with one more run. A run that says something new about itself replaces what it said before, command by command. */
export function withEntry(history: readonly HistoryEntry[], entry: HistoryEntry): readonly HistoryEntry[] {
  const others = history.filter((each) => !(isSame(each, entry) && each.command === entry.command));
  return [{ ...entry, said: entry.said.slice(0, SAID) }, ...others].slice(0, HISTORY);
}

/** Whether `a` is of a later run, or a later attempt of the same. */
export const isLater = (a: Attempt, b: Attempt): boolean => a.run > b.run || (a.run === b.run && a.attempt > b.attempt);
const isSame = (a: Attempt, b: Attempt): boolean => a.run === b.run && a.attempt === b.attempt;

export const isAbout = (marker: Marker, key: CommentKey): boolean =>
  marker.stack === key.stack && marker.region === key.region && marker.key === key.key;

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most;
const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isCount = (value: unknown): value is number => isAmount(value) && Number.isSafeInteger(value);
const isTime = (value: unknown): value is number => isCount(value) && value <= 8.64e15;
const isHex = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{0,64}$/.test(value);
