import { CloudError } from '../../errors.ts';
import type { Json } from '../../model/json.ts';
import type { Clock } from '../../run/port.ts';
import { type Experiment, type Look, NOTHING_KNOWN } from '../experiments/experiment.ts';
import type { Victim } from '../types.ts';
import type { Scene } from './scene.ts';

/** A resource that exists may be missing from a read for a moment (EC2 API, eventual consistency). */
const AGAIN_MS = 1000;
/** A look that takes longer counts as no answer. */
const LOOK_MS = 3000;

export interface Asking {
  readonly call: (op: string, input: Json) => Promise<Json>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal?: AbortSignal;
}

/**
 * The state of a victim in AWS, and the answer it was read from. `gone` only if two reads show it: a stopped instance that is taken for
 * removed would stay stopped. Throws what `call` throws, but for NotFound.
 */
export async function lookAt(
  experiment: Experiment,
  victim: Victim,
  { call, clock, signal }: Asking,
): Promise<{ readonly state: Look; readonly seen: Json }> {
  const first = await lookOnce(experiment, victim, call);
  if (first.state !== 'gone') return first;
  await clock.sleep(AGAIN_MS, signal);
  return lookOnce(experiment, victim, call);
}

async function lookOnce({ look }: Experiment, victim: Victim, call: Asking['call']): ReturnType<typeof lookAt> {
  try {
    const seen = await call(look.op, look.input(victim, NOTHING_KNOWN));
    const state = look.read(seen, victim);
    const more = state === 'broken' ? look.then?.input(victim) : undefined;
    if (look.then === undefined || more === undefined) return { state, seen };
    return { state: look.then.read(await call(look.then.op, more), victim), seen };
  } catch (thrown) {
    if (thrown instanceof CloudError && thrown.class === 'NotFound') return { state: 'gone', seen: null };
    throw thrown;
  }
}

/** The same during a fault, as a poll. Also throws if the answer takes too long. */
export const lookNow = ({ cloud, clock, experiment, interruption }: Scene, part: Victim, withinMs = LOOK_MS): ReturnType<typeof lookAt> =>
  interruption.within(withinMs, (signal) =>
    lookAt(experiment, part, { call: (op, input) => cloud.call(op, input, { poll: true, signal }), clock, signal }),
  );

/** Whether the victim was removed meanwhile, for example by an Auto Scaling group: then nothing is left to restore. */
export const stateNow = (scene: Scene, part: Victim): Promise<Look | 'unknown'> =>
  lookNow(scene, part).then(
    ({ state }) => state,
    () => 'unknown',
  );
