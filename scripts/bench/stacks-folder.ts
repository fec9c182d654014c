/**
 * Many stacks that share one VPC, instances and a certificate: one load balancer, one group with two targets, two listeners and five
 * rules each. Calls are counted exactly at the sandbox; walls are compared within one run.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type ReadySpec, readSpec } from '../../reconciler/config/read.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { observeWorld } from '../../reconciler/observe/world.ts';
import { hashing, openSession, preview, realClock, reconcile, type Session } from '../../reconciler/run/pipeline.ts';
import { type Measured, measure } from './command.ts';
import { root, tutorialSpec, type World } from './world.ts';

const SIDE_BY_SIDE = 8;

export const quotas = { loadBalancers: 1000, targetGroups: 3000 };
export const QUICK = { loadBalancerProvisioning: 0, instancePending: 0, certificateVisible: 0, interfaceLinger: 0 };

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

export interface Folder {
  /** Makes stacks until there are `n`; what stands already is not made again. */
  grow(n: number): Promise<readonly ReadySpec[]>;
  /** Specs of further stacks, which are not made. After the first was made: they use its network, instances and certificate. */
  more(from: number, to: number): readonly ReadySpec[];
}

export function folderIn(session: Session): Folder {
  // AWS takes eight free addresses a load balancer in each subnet: those of the tutorial hold thirty.
  const subnet = (zone: string, cidrBlock: string): Json => ({ availabilityZone: `us-east-1${zone}`, cidrBlock });
  const base: Spec = {
    ...(parse(tutorialText()) as Spec),
    network: { vpc: { cidrBlock: '10.0.0.0/16' }, subnets: { a: subnet('a', '10.0.0.0/18'), b: subnet('b', '10.0.64.0/18') } },
  };
  const specs: ReadySpec[] = [];
  let given: Spec | undefined;
  const more = (from: number, to: number): readonly ReadySpec[] => {
    const shared = given;
    if (shared === undefined) throw new Error('The first stack is made before there are more.');
    return Array.from({ length: Math.max(0, to - from) }, (_, at) => ready(shaped(shared, `stack-${String(from + at).padStart(3, '0')}`)));
  };
  const grow = async (n: number): Promise<readonly ReadySpec[]> => {
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
    const others = more(specs.length, n);
    if (others.length === 0) return specs;
    const world = await observeWorld(
      others.map(({ stack }) => stack),
      session.cloud,
    );
    const left = [...others];
    await Promise.all(
      Array.from({ length: SIDE_BY_SIDE }, async () => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) await make(next, session, world);
      }),
    );
    specs.push(...others);
    return specs;
  };
  return { grow, more };
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

export interface Looked {
  readonly calls: number;
  readonly refused: number;
  readonly byAction: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly changes: number;
}

/** Plans all of `specs` from one world, in a session of its own. */
export async function look(world: World, specs: readonly ReadySpec[], pace?: number): Promise<Looked> {
  const session = open(world, pace);
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

/** What was called since `before`, by operation: `elbv2:DescribeRules`. */
export async function counted(world: World, before: number): Promise<Pick<Looked, 'calls' | 'refused' | 'byAction'>> {
  const calls = (await world.calls()).slice(before);
  const byAction: Record<string, number> = {};
  for (const { service, action } of calls) {
    const op = `${service === 'elasticloadbalancing' ? 'elbv2' : service}:${action}`;
    byAction[op] = (byAction[op] ?? 0) + 1;
  }
  return { calls: calls.length, refused: calls.filter(({ status }) => status >= 400).length, byAction };
}

export const open = (world: World, pace?: number): Session =>
  openSession({ region: 'us-east-1', env: world.env, ...(pace === undefined ? {} : { pace }) });

/** Making the stacks is no figure of this bench: nobody waits between two looks. */
export const hasty = (world: World): Session =>
  openSession({
    region: 'us-east-1',
    env: world.env,
    clock: { ...realClock, sleep: (ms, signal) => realClock.sleep(Math.min(ms, 20), signal) },
  });

/** What a person runs: a command in a process of its own, over a folder with a file for each stack. */
export async function command(name: string, specs: readonly ReadySpec[]): Promise<Measured> {
  const folder = join(root, 'out', `bench-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    for (const { stack } of specs) writeFileSync(join(folder, `${stack.name}.yaml`), TEXTS.get(stack.name) ?? '');
    return await measure(['bin/albedo.mjs', '--quiet', '--yes', name, folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
