import { type CourseBench, openBench } from '../bench.ts';
import type { Situation } from './situation.ts';

/** Sets a situation up in an empty sandbox and watches. @throws ReconcileError when it cannot be set up. */
export async function tryIt(bench: CourseBench, situation: Situation): Promise<{ readonly seen: boolean; readonly found: string }> {
  await bench.reset();
  const file = bench.write(situation.spec);
  await bench.apply(file);
  return situation.watch(await bench.look(file));
}

/** The same in a sandbox of its own, which is gone afterwards. */
export async function tryAlone(situation: Situation, signal?: AbortSignal): Promise<{ readonly seen: boolean; readonly found: string }> {
  const bench = await openBench(() => {}, signal);
  try {
    return await tryIt(bench, situation);
  } finally {
    await bench.close();
  }
}
