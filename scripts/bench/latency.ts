/** What the sandbox's load balancer adds to each request: HAProxy in front of two Flask instances against the instances alone. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findK6 } from '../../reconciler/load/find-k6.ts';
import { median, type Row } from './rows.ts';
import type { World } from './world.ts';

const PAIRS = 8;
const DURATION = '4s';

interface Load {
  readonly p95: number;
  readonly median: number;
  readonly requests: number;
  /** Requests that k6 was too late to send. */
  readonly dropped: number;
}

/** The tutorial's stack must stand. Short runs by turns, so that what else the machine does hits both alike. */
export async function latency(world: World, say: (text: string) => void): Promise<readonly Row[]> {
  await world.settled();
  const { command } = await findK6(process.env);
  const balancer = Object.entries(JSON.parse(readFileSync(world.hostsFile, 'utf8')) as Record<string, string>).find(([name]) =>
    name.endsWith(':80'),
  )?.[1];
  if (balancer === undefined) throw new Error('no load balancer listens on port 80');
  const instances = await findInstances(balancer);
  const pairs: { direct: Load; through: Load }[] = [];
  await run(command, [balancer], '2s');
  for (let pair = 0; pair < PAIRS; pair++) {
    say(`latency, pair ${pair + 1} of ${PAIRS}`);
    const first = await run(command, pair % 2 === 0 ? instances : [balancer], DURATION);
    const second = await run(command, pair % 2 === 0 ? [balancer] : instances, DURATION);
    pairs.push(pair % 2 === 0 ? { direct: first, through: second } : { direct: second, through: first });
  }
  const of = (way: 'direct' | 'through', what: 'p95' | 'median') => median(pairs.map((pair) => pair[way][what]));
  const dropped = pairs.reduce((sum, pair) => sum + pair.direct.dropped + pair.through.dropped, 0);
  return [
    {
      name: 'sandbox: added by HAProxy at p95, 200 requests/s',
      measured: median(pairs.map((pair) => pair.through.p95 - pair.direct.p95)),
      limit: 5,
      unit: 'ms',
      kind: 'time',
      detail: `p95 ${of('through', 'p95').toFixed(1)} against ${of('direct', 'p95').toFixed(1)} ms, median ${of('through', 'median').toFixed(1)} against ${of('direct', 'median').toFixed(1)} ms, median of ${PAIRS} pairs${dropped === 0 ? '' : `; ${dropped} requests were never sent`}`,
    },
  ];
}

async function run(command: string, targets: readonly string[], duration: string): Promise<Load> {
  const { stdout } = await promisify(execFile)(command, [
    'run',
    '--quiet',
    '--no-usage-report',
    '-e',
    `TARGETS=${targets.join(',')}`,
    '-e',
    `DURATION=${duration}`,
    join(import.meta.dirname, 'latency-k6.ts'),
  ]);
  const load = JSON.parse(stdout) as Load & { failed: number };
  if (load.failed > 0) throw new Error(`${load.failed} of ${load.requests} requests to ${targets.join(' and ')} failed`);
  return load;
}

/** Instances have the first addresses of the sandbox's block of loopback (`sandbox/dataplane/addresses.ts`), on the port of the app. */
async function findInstances(balancer: string): Promise<readonly string[]> {
  const block = balancer.split('.').slice(0, 2).join('.');
  const found: string[] = [];
  for (let last = 1; last <= 20 && found.length < 2; last++) {
    const address = `${block}.0.${last}:8080`;
    const answer = await fetch(`http://${address}/status`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (answer?.ok) found.push(address);
  }
  if (found.length !== 2) throw new Error(`two instances should answer below ${block}.0.0, and ${found.length} did`);
  return found;
}
