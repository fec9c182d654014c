/** A stack with real traffic, applied by the real command, and load tests of it in processes of their own, to be ended from outside. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { findK6 } from '../../reconciler/load/find-k6.ts';
import type { SandboxOptions } from '../../sandbox/sandbox.ts';
import { type Bench, startBench } from './faults-bench.ts';
import { makePlace, type Place, type Running, runCommand, startCommand } from './faults-cli.ts';
import { LIVE } from './spec-text.ts';

export interface Live {
  readonly bench: Bench;
  readonly place: Place;
  /** The spec. */
  readonly file: string;
  /** A load test of this spec, or of another one, with further arguments; in a process group of its own. */
  verify(args?: readonly string[], spec?: string): Running;
  /** Of its instances, in order of the alphabet. */
  states(): string;
  /** How many carry the tag of a fault. */
  marks(): number;
  /** kill -9 of the process that watches over the fault. */
  killWatchdog(): void;
  stop(): Promise<void>;
}

/**
 * `terms`: the rest of the spec, with the load and what it breaks. `environment`: the text of environment.yaml beside it. `place`: where the
 * commands run, which stays; one of its own when left out.
 */
export async function startLive(
  terms: string,
  {
    environment,
    timings = { instanceStopping: 1000 },
    place = makePlace(),
  }: { readonly environment?: string; readonly timings?: SandboxOptions['timings']; readonly place?: Place } = {},
): Promise<Live> {
  const ALBEDO_K6 = (await findK6(process.env)).command;
  const bench = await startBench({ dataplane: true, timings, healthy: false });
  const file = join(place.folder, 'prod/live.yaml');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, LIVE + terms);
  if (environment !== undefined) writeFileSync(join(dirname(file), 'environment.yaml'), environment);
  const applied = await runCommand(place, ['apply', file, '--quiet'], bench.env);
  assert.is(applied.code, 0, applied.stdout + applied.stderr);
  await bench.sandbox.settled();
  const instances = () => bench.sandbox.network.instances();
  return {
    ...{ bench, place, file },
    verify: (args = [], spec = file) =>
      startCommand(
        place,
        ['verify', spec, ...args],
        { ...bench.env, ALBEDO_HOSTS_FILE: bench.sandbox.hostsFile, ALBEDO_K6 },
        place.folder,
        true,
      ),
    states: () =>
      instances()
        .map(({ state }) => state)
        .sort()
        .join(' '),
    marks: () => instances().filter(({ tags }) => tags['albedo:fault'] !== undefined).length,
    killWatchdog() {
      const left = place.left();
      const pid = Number(left.find((line) => line.includes(' watchdog us-east-1'))?.split(' ')[0]);
      assert.ok(pid > 0, left.join('\n'));
      process.kill(pid, 'SIGKILL');
    },
    stop: () => bench.stop(),
  };
}
