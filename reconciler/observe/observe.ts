import type { Cloud } from '../run/port.ts';
import { type LiveRead, liveRead, type SliceOptions } from './slice.ts';
import type { ObserveScope } from './snapshot.ts';
import { observeWorld, type WorldOptions } from './world.ts';

/** One stack, read by itself. */
export async function observe(scope: ObserveScope, cloud: Cloud, options: WorldOptions & SliceOptions = {}): Promise<LiveRead> {
  return liveRead(scope, await observeWorld([scope], cloud, options), options);
}
