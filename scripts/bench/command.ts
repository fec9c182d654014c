/** Fresh processes, timed from outside, with the peak of their memory told by themselves. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { root } from './world.ts';

/** Loaded before the program: the same few lines for whatever is compared. */
const TELL_PEAK = `data:text/javascript,${encodeURIComponent("import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));")}`;

export interface Measured {
  /** Seconds from start to end. */
  readonly wall: number;
  /** Largest resident set, in MB. */
  readonly peak: number;
}

/** Runs `node …` from the checkout and waits for it. Throws with what it said unless it exits 0. */
export async function measure(args: readonly string[]): Promise<Measured> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--import', TELL_PEAK, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const [said, peak] = [text(child.stdio[2] as Readable), text(child.stdio[3] as Readable)];
  const status = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const wall = (performance.now() - startedAt) / 1000;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${await said}`);
  return { wall, peak: Number(await peak) / 1024 };
}

async function text(stream: Readable): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}
