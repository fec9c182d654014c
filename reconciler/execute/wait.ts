import { CloudError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { valuesAt } from '../model/paths.ts';
import type { Step, Until } from '../plan/types.ts';
import type { Clock, Cloud, Emit } from '../run/port.ts';

/**
 * Polls until the step's condition holds. Starts at a second between polls and stretches to the condition's own pace, so
 * that quick things are noticed quickly and slow ones cost few calls. Throws `CloudError` with code `WaitFailed` or
 * `WaitTimeout`, saying what was last seen.
 */
export async function waitFor(
  step: Step,
  until: Until,
  input: Json,
  cloud: Cloud,
  clock: Clock,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const started = clock.now();
  let pause = 1000;
  let since: number | undefined;
  for (;;) {
    const seen = await look(step, until, input, cloud, signal);
    since = seen.done ? (since ?? clock.now()) : undefined;
    const held = since === undefined ? -1 : clock.now() - since;
    if (held >= until.holdSeconds * 1000) return;
    if (held >= 0) {
      await clock.sleep(until.holdSeconds * 1000 - held, signal);
      continue;
    }
    const seconds = Math.round((clock.now() - started) / 1000);
    if (seen.failed !== undefined)
      throw new CloudError(
        step.op,
        'WaitFailed',
        'Invalid',
        `it became ${seen.failed}${seen.reason}, which does not lead to ${until.anyOf.join(' or ')}`,
      );
    if (seconds >= until.timeoutSeconds)
      throw new CloudError(step.op, 'WaitTimeout', 'Unknown', `after ${seconds} s it is still ${seen.text}${seen.reason}`);
    emit({ kind: 'step-waiting', step, text: `${seen.text}${seen.reason}`, seconds });
    await clock.sleep(pause, signal);
    pause = Math.min(until.pollSeconds * 1000, pause * 1.3);
  }
}

interface Seen {
  readonly done: boolean;
  readonly failed?: string;
  readonly text: string;
  readonly reason: string;
}

async function look(step: Step, until: Until, input: Json, cloud: Cloud, signal: AbortSignal): Promise<Seen> {
  let answer: Json;
  try {
    answer = await cloud.call(step.op, input, { signal, poll: true, fresh: !until.goneIsDone });
  } catch (thrown) {
    if (until.goneIsDone && thrown instanceof CloudError && thrown.class === 'NotFound') return { done: true, text: 'gone', reason: '' };
    throw thrown;
  }
  const values = valuesAt(answer, until.path).map(String);
  const reasons =
    until.reasonPath === undefined
      ? []
      : [
          ...new Set(
            valuesAt(answer, until.reasonPath)
              .map(String)
              .filter((reason) => reason !== ''),
          ),
        ];
  const failed = values.find((value) => until.failOn.includes(value));
  const any = until.anyOf.length === 0 && until.atLeast > 0;
  const outside = any ? [] : values.filter((value) => !until.anyOf.includes(value));
  return {
    done: outside.length === 0 && values.length >= until.atLeast,
    text: values.length === 0 ? 'not there' : until.anyOf.length === 0 ? `there (${values.length})` : summary(values),
    reason: reasons.length === 0 ? '' : ` (${reasons.join('; ')})`,
    ...(failed === undefined ? {} : { failed }),
  };
}

/** `healthy, initial` or `1 healthy, 3 initial`. */
function summary(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort()
    .map(([value, count]) => (values.length === 1 ? value : `${count} ${value}`))
    .join(', ');
}
