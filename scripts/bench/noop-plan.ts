/** A plan with nothing to do, as a process, beside the SDK alone making the same calls. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { openSession, preview } from '../../reconciler/run/pipeline.ts';
import { settings } from '../build/settings.mjs';
import { type Measured, measure } from './command.ts';
import { median, type Row } from './rows.ts';
import { root, TUTORIAL, tutorialSpec, type World } from './world.ts';

const PAIRS = 9;

/** The tutorial's stack must stand. The order within a pair alternates, since the first of two may find colder caches. */
export async function noopPlan(world: World, say: (text: string) => void): Promise<readonly Row[]> {
  const earlier = (await world.calls()).length;
  const spec = tutorialSpec();
  const session = openSession({ region: spec.stack.region, env: process.env });
  const { plan } = await preview(spec, session);
  if (plan.changes.length > 0)
    throw new Error(`the stack stands and its plan is not empty: ${plan.changes.map((change) => change.address).join(', ')}`);
  const seen = (await world.calls()).slice(earlier);
  const writes = seen.filter(({ action }) => !/^(Describe|Get|List)/.test(action));
  const folder = join(root, 'out', `bench-${process.pid}`);
  try {
    const bare = [await bundleBare(folder), spec.stack.name, spec.stack.region];
    const albedo = ['bin/albedo.mjs', '--quiet', 'plan', TUTORIAL];
    await sameCalls(world, bare, albedo);
    const pairs: { bare: Measured; albedo: Measured }[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const first = await measure(pair % 2 === 0 ? bare : albedo);
      const second = await measure(pair % 2 === 0 ? albedo : bare);
      pairs.push(pair % 2 === 0 ? { bare: first, albedo: second } : { bare: second, albedo: first });
      say(`no-op plan, pair ${pair + 1} of ${PAIRS}`);
    }
    const ratio = (what: keyof Measured) => median(pairs.map((pair) => pair.albedo[what] / pair.bare[what]));
    const both = (what: keyof Measured, digits: number) =>
      `${median(pairs.map((pair) => pair.albedo[what])).toFixed(digits)} against ${median(pairs.map((pair) => pair.bare[what])).toFixed(digits)}`;
    return [
      { name: 'no-op plan: API calls', measured: seen.length, limit: 20, unit: 'calls', kind: 'count', detail: 'Terraform 52, Ansible 75' },
      { name: 'no-op plan: writes', measured: writes.length, limit: 0, unit: 'calls', kind: 'count', detail: '' },
      {
        name: 'no-op plan: time to the bare SDK',
        measured: ratio('wall'),
        limit: 1.5,
        unit: '×',
        kind: 'ratio',
        detail: `${both('wall', 2)} s, median of ${PAIRS} pairs`,
      },
      {
        name: 'no-op plan: memory to the bare SDK',
        measured: ratio('peak'),
        limit: 1.3,
        unit: '×',
        kind: 'ratio',
        detail: `${both('peak', 0)} MB, median of ${PAIRS} pairs`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The path of the bundled script. Below the checkout, whose package says that `.js` is an ES module: guessing that costs time. */
async function bundleBare(folder: string): Promise<string> {
  const { outputFiles } = await build({
    ...settings,
    entryPoints: [{ in: join(import.meta.dirname, 'bare.ts'), out: 'bare' }],
    outdir: folder,
  });
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  }
  return join(folder, 'bare.js');
}

/** The comparison means something only as long as both make the same calls. Also warms both up. */
async function sameCalls(world: World, bare: readonly string[], albedo: readonly string[]): Promise<void> {
  const made: string[] = [];
  for (const command of [bare, albedo]) {
    const earlier = (await world.calls()).length;
    await measure(command);
    made.push(
      (await world.calls())
        .slice(earlier)
        .map(({ action, paramsHash }) => `${action} ${paramsHash.slice(0, 8)}`)
        .sort()
        .join('\n'),
    );
  }
  if (made[0] !== made[1])
    throw new Error(`scripts/bench/bare.ts no longer makes the calls of albedo.\nIt makes:\n${made[0]}\nalbedo makes:\n${made[1]}`);
}
