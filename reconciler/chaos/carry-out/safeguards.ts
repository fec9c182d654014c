/**
 * What is in place before a fault and is put away once the victim is whole: a tag on what is broken, by which a later command finds it, and a
 * guardian that outlives this process.
 */

import { markCalls, writeMark } from '../fault-mark.ts';
import { partsOf, titleOf } from '../victim.ts';
import { lookNow } from './look.ts';
import { type Guardian, messageOf, type Scene } from './scene.ts';

/** Longest wait for the look before the fault, which is not urgent. */
const FIRST_LOOK_MS = 60_000;
/** Longest wait for the removal of the tag at the end. */
const UNMARK_MS = 5000;

export interface Safeguards {
  /** Why the fault must not happen, since without them nobody could find or undo it later; empty if it may. Looks at the victim first. */
  set(): Promise<string>;
  /** Never rejects: a tag that stays is told. */
  clear(): Promise<void>;
}

/** `run`: the name of this run, for the tag. */
export function safeguardsOf(
  scene: Scene,
  { guardian, run }: { readonly guardian: Guardian | undefined; readonly run: string },
): Safeguards {
  const { cloud, clock, experiment, victim, about, interruption } = scene;
  const { words } = experiment;
  const called = titleOf(victim);
  /** For each part the calls that add and remove its tag; several parts may share one. */
  const marks = (since: number) => {
    const until = since + about.seconds * 1000;
    const all = partsOf(experiment, victim).map((part) =>
      markCalls(experiment.marked(part), writeMark({ experiment: experiment.name, since, until, run, victim: part })),
    );
    return all.filter(({ on }, index) => all.findIndex((each) => JSON.stringify(each.on) === JSON.stringify(on)) === index);
  };
  /** All have to be answered: a tag that is set after its removal would stay. */
  const all = async (calls: readonly { readonly op: string; readonly input: Parameters<typeof cloud.call>[1] }[], signal: AbortSignal) => {
    const came = await Promise.allSettled(calls.map(({ op, input }) => cloud.call(op, input, { signal })));
    for (const each of came) if (each.status === 'rejected') throw each.reason;
  };
  return {
    async set() {
      const now = clock.now();
      try {
        const { state, seen } = await lookNow(scene, victim, FIRST_LOOK_MS);
        about.seen = seen;
        if (state !== 'fine' && state !== 'unsure')
          return state === 'gone' ? `${called} no longer exists` : `${called} is already ${words.done}`;
        await interruption.bounded(Promise.resolve(guardian?.arm(victim, now + about.seconds * 1000, about)));
        await interruption.bounded(
          all(
            marks(now).map(({ on }) => on),
            interruption.hard,
          ),
        );
        return '';
      } catch (error) {
        return `albedo could not make sure that ${called} will be ${words.undo.done}: ${messageOf(error)}`;
      }
    },
    async clear() {
      const stoodDown = guardian?.disarm();
      const off = marks(clock.now()).map((each) => each.off);
      await interruption
        .within(UNMARK_MS, (signal) => all(off, signal))
        .catch((error: unknown) =>
          scene.note(
            `the fault tag of ${called} could not be removed: ${messageOf(error)}. It changes nothing; the next apply, load test or \`albedo halt\` removes it`,
          ),
        );
      await stoodDown;
    },
  };
}
