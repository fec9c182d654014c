import type { Json } from '../model/json.ts';
import { type Experiment, type Look, NOTHING_KNOWN } from './experiments/experiment.ts';
import type { Victim } from './types.ts';

/** The state of a victim in AWS, read with `call`, and the answer itself. Throws what `call` throws. */
export async function lookAt(
  { look }: Experiment,
  victim: Victim,
  call: (op: string, input: Json) => Promise<Json>,
): Promise<{ readonly state: Look; readonly seen: Json }> {
  const seen = await call(look.op, look.input(victim, NOTHING_KNOWN));
  const state = look.read(seen, victim);
  const more = state === 'broken' ? look.then?.input(victim) : undefined;
  if (look.then === undefined || more === undefined) return { state, seen };
  return { state: look.then.read(await call(look.then.op, more), victim), seen };
}
