/** An apply with 50 ms added to each call, against the longest chain of calls that need each other. */

import { openSession, preview } from '../../reconciler/run/pipeline.ts';
import { readChain, stepChain } from './chain.ts';
import { converge } from './converge.ts';
import type { Row } from './rows.ts';
import { startWorld, tutorialSpec } from './world.ts';

const CALL_DELAY_MS = 50;

export async function applyTime(): Promise<readonly Row[]> {
  const world = await startWorld({ timings: { callDelay: CALL_DELAY_MS } });
  try {
    // So that loading the SDK is not taken for waiting.
    await preview(tutorialSpec(), openSession({ region: 'us-east-1', env: process.env }));
    const { done, wall, before, after } = await converge(tutorialSpec(), world);
    if (done.run === undefined) throw new Error('nothing was applied');
    const steps = stepChain(done.plan, done.run);
    const chain = readChain(before) + steps.ms + readChain(after);
    return [
      {
        name: `apply with ${CALL_DELAY_MS} ms a call: time to its longest chain`,
        measured: wall / chain,
        limit: 1.5,
        unit: '×',
        kind: 'ratio',
        detail: `${(wall / 1000).toFixed(1)} against ${(chain / 1000).toFixed(1)} s: ${steps.steps.join(', ')}`,
      },
    ];
  } finally {
    await world.stop();
  }
}
