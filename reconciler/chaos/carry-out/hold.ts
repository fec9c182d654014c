import { namesOf, titleOf } from '../victim.ts';
import type { Breaker, Scene } from './scene.ts';
import type { Watch } from './watch.ts';

const LOOK_MS = 250;

/**
 * Waits until the time is over, or until no other target is healthy: then the undo comes at once. Times in milliseconds since the epoch. Returns
 * why the breaker ended the fault early; empty if it did not.
 */
export async function whileOthersServe(
  { clock, emit, experiment, victim, interruption }: Scene,
  watch: Watch,
  breaker: Breaker | undefined,
  { from, until }: { readonly from: number; readonly until: number },
): Promise<string> {
  let early: string | undefined;
  breaker?.ended(AbortSignal.any([interruption.hard, interruption.finished])).then(
    (why) => (early = why),
    () => undefined,
  );
  while (clock.now() < until) {
    if (early !== undefined) {
      if (early !== '') emit({ kind: 'warning', text: `${titleOf(victim)}: ${early}` });
      return early;
    }
    if (watch.seen.asOf > from && watch.seen.health !== 'healthy') watch.closely(false);
    if (watch.seen.asOf > from && watch.seen.othersHealthy === 0) {
      const { doing } = experiment.words.undo;
      emit({ kind: 'warning', text: `no other target of ${victim.group} is healthy any more: ${doing} ${namesOf(victim)} at once` });
      return '';
    }
    if (!(await interruption.waitUntil(Math.min(until, clock.now() + LOOK_MS)))) return '';
  }
  return '';
}
