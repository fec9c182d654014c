import { CloudError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { valueAt, valuesAt } from '../model/paths.ts';
import type { Step, Until } from '../plan/types.ts';
import type { Clock, Cloud } from '../run/port.ts';
import type { Teller } from './tell.ts';

/** What a wait has of its run. */
export interface WaitOptions {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly teller: Teller;
  readonly signal: AbortSignal;
  /** Ids, ARNs and names of what the run has made or changed. */
  readonly made: ReadonlySet<string>;
}

/** Longest sleep of a condition that has to hold for a while, between two lines about it. */
const HOLD_MS = 10_000;

/**
 * Polls until the step's condition holds. Starts at a second between polls and stretches to the condition's own pace, so
 * that quick things are noticed quickly and slow ones cost few calls. Throws `CloudError` with code `WaitFailed` or
 * `WaitTimeout`, saying what was last seen.
 */
export async function waitFor(step: Step, until: Until, input: Json, options: WaitOptions): Promise<void> {
  const { clock, teller, signal } = options;
  const started = clock.now();
  const deadline = started + until.timeoutSeconds * 1000;
  let pause = 1000;
  let since: number | undefined;
  let hopelessSince: number | undefined;
  for (;;) {
    const seen = await look(step, until, input, options);
    since = seen.done ? (since ?? clock.now()) : undefined;
    const held = since === undefined ? -1 : clock.now() - since;
    if (held >= until.holdSeconds * 1000) return;
    if (since !== undefined) {
      const left = until.holdSeconds * 1000 - held;
      const next = Math.min(HOLD_MS, left);
      // Long ones are looked at again on the way; short ones are waited out.
      if (left > HOLD_MS) teller.waits(`as expected; it must stay so for ${until.holdSeconds} s`, next, since + until.holdSeconds * 1000);
      await clock.sleep(next, signal);
      continue;
    }
    const seconds = Math.round((clock.now() - started) / 1000);
    if (seen.failed !== undefined)
      throw new CloudError(
        step.op,
        'WaitFailed',
        'Invalid',
        `it became ${seen.failed}${seen.reason}, and cannot become ${until.anyOf.join(' or ')} from there`,
      );
    hopelessSince = seen.hopeless === undefined ? undefined : (hopelessSince ?? clock.now());
    if (hopelessSince !== undefined && clock.now() - hopelessSince >= (seen.hopeless ?? 0) * 1000)
      throw new CloudError(
        step.op,
        'WaitFailed',
        'Invalid',
        `after ${seconds} s it is ${seen.text}${seen.reason}, and waiting does not change that: somebody else has changed it; plan again`,
      );
    if (clock.now() >= deadline)
      throw new CloudError(step.op, 'WaitTimeout', 'Unknown', `after ${seconds} s it is still ${seen.text}${seen.reason}`);
    teller.waits(`${seen.text}${seen.reason}`, pause, deadline);
    await clock.sleep(pause, signal);
    pause = Math.min(until.pollSeconds * 1000, pause * 1.3);
  }
}

interface Seen {
  readonly done: boolean;
  readonly failed?: string;
  /** Something is of a kind that no waiting mends: for how many seconds that is believed to be of the moment. */
  readonly hopeless?: number;
  readonly text: string;
  readonly reason: string;
}

async function look(step: Step, until: Until, input: Json, { cloud, signal, made, teller }: WaitOptions): Promise<Seen> {
  let answer: Json;
  const tell = { onRetry: teller.retries, onSlow: teller.slow };
  try {
    answer = await cloud.call(step.op, input, { ...tell, signal, poll: true, ...(until.goneIsDone ? {} : { made }) });
  } catch (thrown) {
    if (until.goneIsDone && thrown instanceof CloudError && thrown.class === 'NotFound') return { done: true, text: 'gone', reason: '' };
    throw thrown;
  }
  const values = valuesAt(answer, until.path).map(String);
  const failed = values.find((value) => until.failOn.includes(value));
  const any = until.anyOf.length === 0 && until.atLeast > 0;
  const outside = any ? [] : values.filter((value) => !until.anyOf.includes(value));
  return {
    done: outside.length === 0 && values.length >= until.atLeast,
    text: values.length === 0 ? 'not there' : until.anyOf.length === 0 ? `there (${values.length})` : summary(values),
    reason: reasonsIn(answer, until),
    ...hopelessIn(answer, until),
    ...(failed === undefined ? {} : { failed }),
  };
}

function hopelessIn(answer: Json, { codePath, hopeless = {} }: Until): Pick<Seen, 'hopeless'> {
  const found = codePath === undefined ? [] : valuesAt(answer, codePath).flatMap((code) => hopeless[String(code)] ?? []);
  return found.length === 0 ? {} : { hopeless: Math.max(...found) };
}

/** Of how many members it is said which they are. */
const MOST_NAMED = 5;

/** Which members are not as wished, and why: ` (i-0a 8080 unhealthy: Target.Timeout, Request timed out)`; empty where AWS gives no reason. */
function reasonsIn(answer: Json, { path, anyOf, reasonPath, codePath, whoPath }: Until): string {
  if (reasonPath === undefined) return '';
  // All four paths lead through one list.
  const list = path.slice(0, path.lastIndexOf('[]') + 2);
  const at = (element: Json, where: string | undefined): string =>
    where === undefined
      ? ''
      : valuesAt(element, where.slice(list.length + 1))
          .map(String)
          .join(' ');
  const said = valuesAt(answer, list).flatMap((element) => {
    const state = at(element, path);
    if (anyOf.includes(state)) return [];
    const why = [at(element, codePath), at(element, reasonPath)].filter((part) => part !== '').join(', ');
    const who = whoPath === undefined ? '' : whoIs(valueAt(element, whoPath.slice(list.length + 1)));
    if (why === '' && who === '') return [];
    return [who === '' ? why : `${who} ${state}${why === '' ? '' : `: ${why}`}`];
  });
  const shown = [...new Set(said)];
  if (shown.length === 0) return '';
  const more = shown.length > MOST_NAMED ? `; and ${shown.length - MOST_NAMED} more` : '';
  return ` (${shown.slice(0, MOST_NAMED).join('; ')}${more})`;
}

/** A target as AWS names it: `i-0a 8080`. */
const whoIs = (who: Json | undefined): string =>
  typeof who === 'object' && who !== null && !Array.isArray(who)
    ? ['Id', 'Port'].flatMap((key) => valuesAt(who, key).map(String)).join(' ')
    : String(who ?? '');

/** `healthy, initial` or `1 healthy, 3 initial`. */
function summary(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort()
    .map(([value, count]) => (values.length === 1 ? value : `${count} ${value}`))
    .join(', ');
}
