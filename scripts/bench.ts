// `npm run bench [-- --only NAME,… --all --demo --cold --change TEXT --rate N]`: the figures albedo promises, as a table on standard output and in out/bench.json.
// Counts and ratios within one run decide the exit status; times and rates are told and depend on the machine.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { action } from './bench/action.ts';
import { applyTime } from './bench/apply-time.ts';
import { change, create, destroy, refusals } from './bench/call-counts.ts';
import { judging } from './bench/judge.ts';
import { latency } from './bench/latency.ts';
import { liveChange } from './bench/live-change.ts';
import { load } from './bench/load.ts';
import { noopPlan } from './bench/noop-plan.ts';
import { planner } from './bench/planner.ts';
import { reads } from './bench/reads.ts';
import { released } from './bench/released.ts';
import { isFatal, isMet, type Row, renderTable } from './bench/rows.ts';
import { coldSetUp, warmDemo } from './bench/set-up.ts';
import { stacks } from './bench/stacks.ts';
import { root, startWorld } from './bench/world.ts';

const PARTS = ['planner', 'plan', 'calls', 'apply', 'reads', 'latency', 'action', 'live', 'stacks', 'judge', 'load'] as const;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    cold: { type: 'boolean', default: false },
    demo: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    change: { type: 'string', default: '' },
    rate: { type: 'string', default: '200' },
  },
});
const wanted = new Set(values.only === undefined ? PARTS : values.only.split(',').filter((part) => part !== ''));
const unknown = [...wanted].filter((part) => !(PARTS as readonly string[]).includes(part));
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no part "${unknown.join('", "')}"; there are ${PARTS.join(', ')}.\n`);
  process.exit(1);
}
const say = (text: string): void => void process.stderr.write(`… ${text}\n`);

/** Everything that needs the tutorial's stack, in the life of one. */
async function withStack(): Promise<readonly Row[]> {
  say('starting a sandbox and creating the tutorial stack');
  const world = await startWorld();
  try {
    const created = await create(world);
    const rows: Row[] = [];
    if (wanted.has('plan')) rows.push(...(await noopPlan(world, say)));
    if (wanted.has('reads')) rows.push(...(await reads(world, say)));
    if (wanted.has('latency')) rows.push(...(await latency(world, say)));
    if (wanted.has('action')) rows.push(...(await action(world, say)));
    if (!wanted.has('calls')) return rows;
    say('changing fields, one by one');
    const changed = await change(world);
    say('destroying');
    const destroyed = await destroy(world);
    return [...rows, ...created.rows, ...changed.rows, ...destroyed.rows, refusals(created.refused + changed.refused + destroyed.refused)];
  } finally {
    await world.stop();
  }
}

const rows: Row[] = [];
if (['plan', 'reads', 'latency', 'action', 'calls'].some((part) => wanted.has(part))) rows.push(...(await withStack()));
if (wanted.has('action')) rows.push(...(await released(say)));
if (wanted.has('planner')) {
  say('planning a thousand rules and groups');
  rows.push(...planner());
}
if (wanted.has('apply')) {
  say('applying with slow calls');
  rows.push(...(await applyTime()));
}
if (wanted.has('live')) {
  say('changing a load balancer that is in use');
  rows.push(...(await liveChange({ rate: Number(values.rate), only: values.change, say })));
}
if (wanted.has('stacks')) {
  say('planning many stacks');
  rows.push(...(await stacks({ all: values.all, say })));
}
if (wanted.has('judge')) {
  say('judging two million requests');
  rows.push(...judging());
}
if (wanted.has('load')) rows.push(...(await load(say)));
if (values.demo) {
  say('running the demo');
  rows.push(...(await warmDemo()));
}
if (values.cold) {
  say('setting up from nothing');
  rows.push(...(await coldSetUp()));
}
process.stdout.write(renderTable(rows));
mkdirSync(join(root, 'out'), { recursive: true });
const machine = { node: process.version, platform: `${process.platform} ${process.arch}`, cores: cpus().length };
writeFileSync(
  join(root, 'out', 'bench.json'),
  `${JSON.stringify({ version: 1, at: new Date().toISOString(), machine, rows: rows.map((row) => ({ ...row, ok: isMet(row) })) }, null, 2)}\n`,
);
process.exitCode = rows.some(isFatal) ? 1 : 0;
