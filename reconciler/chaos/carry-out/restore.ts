/** Sends the undo until AWS accepts it, and sees to it that it holds. */

import { CloudError } from '../../errors.ts';
import type { Victim } from '../types.ts';
import { partsOf, titleOf } from '../victim.ts';
import { stateNow } from './look.ts';
import { type Breaker, messageOf, type Scene } from './scene.ts';
import { isTooEarly, sendFault, surelyRefused } from './send.ts';
import type { Watch } from './watch.ts';

const RETRY_MS = 1000;
/** For this long after an undo, AWS may still show the state before it. If the victim is broken later, the undo did not hold. */
const HELD_MS = 5000;
const LOOK_MS = 250;

export interface Restored {
  readonly restored: boolean;
  /** There is nothing left to restore. */
  readonly gone?: true;
  /** What went wrong; empty if nothing did. */
  readonly problem: string;
}

/** Sends the undo calls, each part's independently of the others, until AWS accepts all of them; otherwise returns why it did not. */
export async function restore(scene: Scene, breaker: Breaker | undefined): Promise<Restored> {
  const { clock, emit, observe, experiment, victim } = scene;
  const deadline = clock.now() + experiment.undo.within * 1000;
  observe({ kind: 'start', at: clock.now(), outcome: 'sent', detail: '' });
  const text = `${experiment.words.undo.doing} ${titleOf(victim)}`;
  emit({ kind: 'chaos', mark: 'undo', instanceId: victim.instanceId, text });
  await breaker?.end();
  const told = { refusal: '', waiting: false };
  const came = await Promise.all(partsOf(experiment, victim).map((part) => restoreOne(scene, part, deadline, told)));
  const problem = came.flatMap((each) => (each.problem === '' ? [] : [each.problem])).join('; ');
  if (came.some(({ restored }) => !restored)) return { restored: false, problem };
  if (came.every((each) => each.gone === true)) return { restored: true, gone: true, problem };
  observe({ kind: 'start', at: clock.now(), outcome: 'accepted', detail: '' });
  return { restored: true, problem: '' };
}

/** `told`: what was already said of any part. */
async function restoreOne(scene: Scene, part: Victim, deadline: number, told: { refusal: string; waiting: boolean }): Promise<Restored> {
  const { cloud, clock, emit, observe, experiment, about, interruption } = scene;
  const { hard, aborted } = interruption;
  const { undo, words } = experiment;
  let problem = '';
  for (;;) {
    try {
      await interruption.bounded(sendFault(undo, part, { cloud, clock, about, options: { once: true, signal: hard } }));
      return { restored: true, problem: '' };
    } catch (error) {
      problem = messageOf(error);
      // Reported when it changes: a stop that takes a minute must not become sixty lines.
      if (problem !== told.refusal) observe({ kind: 'start', at: clock.now(), outcome: 'refused', detail: problem });
      told.refusal = problem;
      const tooEarly = isTooEarly(undo, error);
      if (aborted() && tooEarly) {
        if (!told.waiting)
          emit({
            kind: 'warning',
            text: `AWS does not allow ${words.undo.doing} ${part.name} yet, so albedo keeps trying. Ctrl-C again gives up; then ${words.undo.verb} it with: ${undo.byHand(part)}`,
          });
        told.waiting = true;
        interruption.bearWith();
      }
      if ((await stateNow(scene, part)) === 'gone') return goneOf(scene, part);
      // Whether what is not found is gone, the look says.
      const final = surelyRefused(error) && !tooEarly && !(error instanceof CloudError && error.class === 'NotFound');
      if (hard.aborted || clock.now() >= deadline || final) break;
    }
    try {
      await clock.sleep(aborted() ? RETRY_MS / 4 : RETRY_MS, hard);
    } catch {
      break;
    }
  }
  const text = `${titleOf(part)} was ${words.done}, and albedo could not ${words.undo.verb} it: ${problem}. ${capital(words.undo.verb)} it with: ${undo.byHand(part)}`;
  emit({ kind: 'warning', text });
  return { restored: false, problem: text };
}

/**
 * Waits until the victim is seen whole and healthy. An undo that did not hold is sent again. `unsure`: it is not known whether the fault happened.
 */
export async function recovery(
  scene: Scene,
  watch: Watch,
  breaker: Breaker | undefined,
  { unsure, withinMs }: { readonly unsure: boolean; readonly withinMs: number },
): Promise<'healthy' | 'late' | Restored> {
  const { clock, emit, experiment, victim, interruption } = scene;
  const { words, refills } = experiment;
  let acceptedAt = clock.now();
  const end = acceptedAt + withinMs;
  let askedAt = acceptedAt;
  while (clock.now() < end) {
    // A read from before the undo call says nothing about the time after it.
    const { whole, asOf, health, instance } = watch.seen;
    if (asOf >= acceptedAt && whole) return 'healthy';
    // What does not come back and is still there some seconds later was not broken.
    const untouched = refills === true && unsure && health === 'healthy' && instance === 'running';
    if (untouched && asOf >= acceptedAt + HELD_MS) return 'healthy';
    if (refills !== true && clock.now() - acceptedAt >= HELD_MS && clock.now() - askedAt >= RETRY_MS) {
      askedAt = clock.now();
      const states = await Promise.all(partsOf(experiment, victim).map((part) => stateNow(scene, part)));
      if (states.every((state) => state === 'gone')) return goneOf(scene, victim);
      if (states.includes('broken')) {
        emit({ kind: 'warning', text: `${titleOf(victim)} is ${words.done} again: ${words.undo.doing} it once more` });
        const again = await restore(scene, breaker);
        if (again.gone === true) return again;
        acceptedAt = clock.now();
      }
    }
    if (!(await interruption.waitUntil(Math.min(end, clock.now() + LOOK_MS)))) return 'late';
  }
  return 'late';
}

/** Somebody else removed it meanwhile, so nothing is left to restore. */
function goneOf({ emit, experiment: { words } }: Scene, part: Victim): Restored {
  const text = `${titleOf(part)} was removed by somebody else, such as an Auto Scaling group, while it was ${words.done}: there is nothing left to ${words.undo.verb}`;
  emit({ kind: 'warning', text });
  return { restored: true, gone: true, problem: text };
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
