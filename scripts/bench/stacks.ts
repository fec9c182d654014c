/**
 * Many stacks that share one VPC, instances and a certificate: one load balancer, one group with two targets, two listeners and five
 * rules each. Calls are counted exactly at the sandbox; walls are compared within one run.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type ReadySpec, readSpec } from '../../reconciler/config/read.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { observeLight } from '../../reconciler/observe/light.ts';
import { observeWorld } from '../../reconciler/observe/world.ts';
import { hashing, openSession, preview, realClock, reconcile, type Session } from '../../reconciler/run/pipeline.ts';
import { measure } from './command.ts';
import type { Row } from './rows.ts';
import { root, startWorld, tutorialSpec, type World } from './world.ts';

/** Objects of a stack whose tags take a call: load balancer, group, two listeners, five rules. */
const TAGGED = 9;
const SIDE_BY_SIDE = 8;

/** The least calls that a plan of `n` stacks takes: nine lists, six reads a stack, tags by twenty. */
const floorOf = (n: number): number => 9 + 6 * n + Math.ceil((TAGGED * n) / 20);

type Spec = { [key: string]: Json };

function shaped(base: Spec, name: string): Spec {
  const listeners = base['listeners'] as { readonly http: Spec; readonly https: Spec };
  const rule = (number: number): Json => ({ if: { path: [`/${number}/*`] }, forward: 'web' });
  return {
    ...base,
    stack: name,
    loadBalancer: { ...(base['loadBalancer'] as Spec), name },
    listeners: {
      http: { ...listeners.http, rules: { one: rule(1), two: rule(2), three: rule(3) } },
      https: { ...listeners.https, rules: { four: rule(4), five: rule(5) } },
    },
  };
}

/** The file of each stack, by its name. */
const TEXTS = new Map<string, string>();

const ready = (spec: Spec): ReadySpec => {
  const name = String(spec['stack']);
  const text = stringify(spec);
  TEXTS.set(name, text);
  const { spec: read, problems } = readSpec(new TextEncoder().encode(text), `${name}.yaml`, hashing);
  if (read === undefined) throw new Error(`${name}: ${problems.map(({ path, message }) => `${path}: ${message}`).join('; ')}`);
  return read;
};

async function make(spec: ReadySpec, session: Session, world?: Parameters<typeof preview>[4]): Promise<void> {
  const previewed = await preview(spec, session, undefined, 'apply', world);
  const done = await reconcile(spec, previewed, session);
  if (done.run?.outcome !== 'done' || (done.check?.changes.length ?? 0) > 0)
    throw new Error(`${spec.stack.name}: ${done.run?.steps.flatMap(({ error }) => error?.message ?? []).join('; ') ?? 'nothing was done'}`);
}

async function makeFirst(spec: ReadySpec, session: Session): Promise<ReadonlyMap<string, string>> {
  await make(spec, session);
  const { observed } = (await preview(spec, session)).observation;
  return new Map(observed.live.map(({ address, id }) => [address, id]));
}

/** Specs of a folder that grows: what stands already is not made again. */
function folderIn(session: Session) {
  // AWS takes eight free addresses a load balancer in each subnet: those of the tutorial hold thirty.
  const subnet = (zone: string, cidrBlock: string): Json => ({ availabilityZone: `us-east-1${zone}`, cidrBlock });
  const base: Spec = {
    ...(parse(tutorialText()) as Spec),
    network: { vpc: { cidrBlock: '10.0.0.0/16' }, subnets: { a: subnet('a', '10.0.0.0/18'), b: subnet('b', '10.0.64.0/18') } },
  };
  const specs: ReadySpec[] = [];
  let given: Spec | undefined;
  return async (n: number): Promise<readonly ReadySpec[]> => {
    if (given === undefined) {
      const first = ready(shaped(base, 'stack-000'));
      const ids = await makeFirst(first, session);
      const id = (address: string): Json => ({ id: ids.get(address) ?? '' });
      given = {
        ...base,
        network: { vpc: id('vpc/main'), subnets: { a: id('subnet/a'), b: id('subnet/b') } },
        instances: { 'web-1': id('instance/web-1'), 'web-2': id('instance/web-2') },
        certificates: { site: { iam: ids.get('certificate/site') ?? '' } },
      };
      specs.push(first);
    }
    const more: ReadySpec[] = [];
    for (let at = specs.length; at < n; at++) more.push(ready(shaped(given, `stack-${String(at).padStart(3, '0')}`)));
    if (more.length === 0) return specs;
    const world = await observeWorld(
      more.map(({ stack }) => stack),
      session.cloud,
    );
    const left = [...more];
    await Promise.all(
      Array.from({ length: SIDE_BY_SIDE }, async () => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) await make(next, session, world);
      }),
    );
    specs.push(...more);
    return specs;
  };
}

/** The tutorial's spec as text. */
const tutorialText = (): string => {
  let seen = '';
  tutorialSpec((text) => {
    seen = text;
    return text;
  });
  return seen;
};

interface Looked {
  readonly calls: number;
  readonly byAction: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly changes: number;
}

/** Plans all of `specs` from one world, in a session of its own. */
async function look(world: World, specs: readonly ReadySpec[]): Promise<Looked> {
  const session = open(world);
  const before = (await world.calls()).length;
  const started = performance.now();
  const seen = await observeWorld(
    specs.map(({ stack }) => stack),
    session.cloud,
  );
  let changes = 0;
  for (const spec of specs) changes += (await preview(spec, session, undefined, 'apply', seen)).plan.changes.length;
  const seconds = (performance.now() - started) / 1000;
  return { ...(await counted(world, before)), seconds, changes };
}

async function counted(world: World, before: number): Promise<Pick<Looked, 'calls' | 'byAction'>> {
  const calls = (await world.calls()).slice(before);
  const byAction: Record<string, number> = {};
  for (const { action } of calls) byAction[action] = (byAction[action] ?? 0) + 1;
  return { calls: calls.length, byAction };
}

const open = (world: World): Session => openSession({ region: 'us-east-1', env: world.env });

/** Making the stacks is no figure of this bench: nobody waits between two looks. */
const hasty = (world: World): Session =>
  openSession({
    region: 'us-east-1',
    env: world.env,
    clock: { ...realClock, sleep: (ms, signal) => realClock.sleep(Math.min(ms, 20), signal) },
  });

const told = ({ byAction }: Pick<Looked, 'byAction'>): string =>
  Object.entries(byAction)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6)
    .map(([action, count]) => `${count} ${action}`)
    .join(', ');

const count = (name: string, measured: number, limit: number, detail: string): Row => ({
  name,
  measured,
  limit,
  unit: 'calls',
  kind: 'count',
  detail,
});

const quotas = { loadBalancers: 1000, targetGroups: 3000 };
const QUICK = { loadBalancerProvisioning: 0, instancePending: 0, certificateVisible: 0, interfaceLinger: 0 };

/** `all`: five hundred stacks, too, which take minutes to make. */
export async function stacks({ all, say }: { readonly all: boolean; readonly say: (text: string) => void }): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const world = await startWorld({ timings: QUICK, dataplane: false, quotas });
  try {
    const grow = folderIn(hasty(world));
    for (const n of all ? [1, 10, 50, 500] : [1, 10, 50]) {
      say(`making ${n} stack${n === 1 ? '' : 's'}`);
      const specs = await grow(n);
      say(`planning ${n}`);
      const whole = await look(world, specs);
      // A single stack is read by its parents throughout, and its own certificate is read, too: the tutorial's limit holds for it.
      rows.push(count(`stacks: no-op plan of ${n}`, whole.calls, n === 1 ? 20 : Math.floor(1.1 * floorOf(n)), told(whole)));
      rows.push({ ...count(`stacks: changes found in ${n}`, whole.changes, 0, 'nothing is to be done'), unit: '' });
      const last = specs.at(-1);
      if (last !== undefined) {
        const one = await look(world, [last]);
        rows.push(count(`stacks: one named of ${n}`, one.calls, 30, told(one)));
      }
      rows.push(await memory(specs));
      const before = (await world.calls()).length;
      const light = await observeLight(
        specs.map(({ stack }) => stack),
        open(world).cloud,
      );
      const cost = await counted(world, before);
      const wrong = light.filter(({ missing, extra, retagged }) => missing.length + extra.length + retagged.length > 0);
      rows.push(count(`stacks: light pass of ${n}`, cost.calls, 200, told(cost)));
      rows.push({ ...count(`stacks: light findings in ${n}`, wrong.length, 0, JSON.stringify(wrong[0] ?? '')), unit: '' });
    }
  } finally {
    await world.stop();
  }
  return [...rows, ...(await slowly(say))];
}

/** What a person runs: the command in a process of its own, over a folder with a file for each stack. */
async function memory(specs: readonly ReadySpec[]): Promise<Row> {
  const folder = join(root, 'out', `bench-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    for (const { stack } of specs) writeFileSync(join(folder, `${stack.name}.yaml`), TEXTS.get(stack.name) ?? '');
    const { peak, wall } = await measure(['bin/albedo.mjs', '--quiet', 'plan', folder]);
    return {
      name: `stacks: memory of albedo plan of ${specs.length}`,
      measured: peak,
      limit: 300,
      unit: 'MB',
      kind: 'count',
      detail: `${wall.toFixed(1)} s`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same with 50 ms added to each call: how much of a wall fifty stacks take more than one. */
async function slowly(say: (text: string) => void): Promise<readonly Row[]> {
  const world = await startWorld({ timings: { ...QUICK, callDelay: 50 }, dataplane: false, quotas });
  try {
    const grow = folderIn(hasty(world));
    const rows: Row[] = [];
    for (const n of [1, 10, 50]) {
      say(`making ${n} stack${n === 1 ? '' : 's'}, 50 ms added to each call`);
      const specs = await grow(n);
      const { seconds, calls } = await look(world, specs);
      const limit = n === 50 ? 4 : n === 10 ? 2 : 1.5;
      rows.push({
        name: `stacks: wall of a no-op plan of ${n}, 50 ms a call`,
        measured: seconds,
        limit,
        unit: 's',
        kind: 'time',
        detail: `${calls} calls`,
      });
    }
    return rows;
  } finally {
    await world.stop();
  }
}
