/** What this machine can send through the sandbox: the rate of the tutorial to two Flask instances, and as much as static ones take. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatedBy } from '../../reconciler/load/generator.ts';
import { runK6 } from '../../reconciler/load/run-k6.ts';
import { percentile } from '../../reconciler/load/statistics.ts';
import type { LoadSettings } from '../../reconciler/load/types.ts';
import { openSession, preview, reconcile } from '../../reconciler/run/pipeline.ts';
import { specOf } from './live-specs.ts';
import type { Row } from './rows.ts';
import { startWorld, type World } from './world.ts';

const SECONDS = 20;
const LOADS = [
  { app: 'flask-webserver', rate: 300, what: 'two Flask instances' },
  { app: 'static-webserver', rate: 2000, what: 'two static instances' },
] as const;

/** Parts of all processor time: of k6 with what it started, and of the whole machine. */
interface Busy {
  readonly k6: number;
  readonly machine: number;
}

export async function load(say: (text: string) => void): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { app, rate, what } of LOADS) {
    say(`${rate} requests a second to ${what}`);
    const world = await startWorld();
    try {
      rows.push(await send(await stand(app, world), { rate, what }, world));
    } finally {
      await world.stop();
    }
  }
  return rows;
}

/** The name of the load balancer of a stack of this app, which answers. */
async function stand(app: string, world: World): Promise<string> {
  const instance = (subnet: string) => ({ subnet, instanceType: 't3.micro', userData: `#!/bin/bash\n# albedo-app: ${app} port=8080\n` });
  const spec = specOf({
    ...{ stack: 'load', region: 'us-east-1', lint: { silence: ['plain-http'] } },
    network: {
      vpc: { cidrBlock: '10.0.0.0/16' },
      subnets: {
        a: { availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24' },
        b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' },
      },
    },
    instances: { 'web-1': instance('a'), 'web-2': instance('b') },
    targetGroups: { web: { port: 8080, healthCheck: { path: '/status', interval: '5s', timeout: '2s' }, targets: ['web-1', 'web-2'] } },
    loadBalancer: { subnets: ['a', 'b'] },
    listeners: { http: { protocol: 'HTTP', port: 80, forward: 'web' } },
  });
  const session = openSession({ region: 'us-east-1', env: process.env });
  const { run } = await reconcile(spec, await preview(spec, session), session);
  if (run?.outcome !== 'done') throw new Error('the stack to load was not made');
  await world.settled();
  const name = Object.keys(JSON.parse(readFileSync(world.hostsFile, 'utf8')) as object).find((each) => each.endsWith(':80'));
  if (name === undefined) throw new Error('no load balancer listens on port 80');
  return name.slice(0, -3);
}

async function send(dnsName: string, { rate, what }: { readonly rate: number; readonly what: string }, world: World): Promise<Row> {
  const settings: LoadSettings = { script: 'k6/load.ts', rate, duration: SECONDS, path: '/', timeout: 5 };
  const folder = mkdtempSync(join(tmpdir(), 'albedo-bench-load-'));
  const before = spent();
  let k6 = 0;
  const pids = new Set<number>();
  const look = setInterval(() => {
    for (const pid of pids) k6 = Math.max(k6, processorSeconds(pid));
  }, 250);
  try {
    const run = await runK6({
      target: {
        ...{ stack: 'load', dnsName, listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [] },
        hosts: JSON.parse(readFileSync(world.hostsFile, 'utf8')) as Record<string, string>,
      },
      ...{ settings, outDir: folder, emit: () => undefined, environment: process.env },
      minding: { minds: (pid) => pids.add(pid), ended: (pid) => pids.delete(pid), tidies: () => undefined },
    });
    const asked = rate * SECONDS;
    const { told } = generatedBy(run, asked);
    const samples = [...run.samples];
    const failed = samples.filter(({ ok }) => !ok).length;
    const busy = partsOf(before, spent(), k6);
    const p95 = percentile(Float64Array.from(samples.map(({ ms }) => ms)).sort(), 0.95) ?? Number.NaN;
    const begun = samples.filter(({ at }) => at < run.startedAt + SECONDS * 1000).length;
    return {
      ...{
        name: `load: sent to ${what}, ${rate} asked for`,
        measured: begun / SECONDS,
        limit: rate * 0.99,
        atLeast: true,
        unit: '/s',
        kind: 'time',
      },
      detail: `${run.dropped} dropped, ${told.unsent} of ${asked} unsent, ${failed} failed, p95 ${p95.toFixed(1)} ms; ${limitOf(run.dropped, asked, busy)}: k6 ${percent(busy.k6)} and all ${percent(busy.machine)} of ${cpus().length} cores`,
    };
  } finally {
    clearInterval(look);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What kept the rate from being higher, as far as the processors tell. */
function limitOf(dropped: number, asked: number, { k6, machine }: Busy): string {
  if (dropped <= asked * 0.01) return 'nothing was the limit';
  return machine > 0.95
    ? `the processors were the limit, ${k6 > machine / 2 ? 'k6 most of all' : 'k6 less than what it loads'}`
    : 'the targets were the limit';
}

const percent = (part: number): string => `${Math.round(part * 100)} %`;

interface Spent {
  readonly at: number;
  readonly idle: number;
  readonly all: number;
}

/** Of all processors since they were started, milliseconds. */
function spent(): Spent {
  const times = cpus().map((each) => each.times);
  return {
    at: Date.now(),
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  };
}

function partsOf(before: Spent, after: Spent, k6Seconds: number): Busy {
  const all = Math.max(1, after.all - before.all);
  return { k6: (k6Seconds * 1000) / all, machine: 1 - (after.idle - before.idle) / all };
}

/** Linux: fields 14 and 15 of /proc/PID/stat, in hundredths of a second (proc_pid_stat(5)); elsewhere 0. */
function processorSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
