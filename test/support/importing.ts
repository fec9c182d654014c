/** Importing and adopting on the sandbox, as the commands do it. */
import * as assert from 'uvu/assert';
import { type ReadySpec, readSpec } from '../../reconciler/config/read.ts';
import { type Imported, importBalancer } from '../../reconciler/import/import.ts';
import type { Policy } from '../../reconciler/plan/guard.ts';
import { requireAllowed } from '../../reconciler/run/exit-status.ts';
import { hashing, openSession, type Preview, preview, type Reconciled, reconcile } from '../../reconciler/run/pipeline.ts';
import { type Bench, changesOf } from './contract-bench.ts';
import { paceClock } from './contract-clock.ts';

const FILE = 'imported.yaml';

const sessionOf = ({ sandbox }: Bench) => openSession({ region: 'us-east-1', env: process.env, clock: paceClock(sandbox.clock) });

export function imported(bench: Bench, word: string, stack?: string): Promise<Imported> {
  const options = { region: 'us-east-1', file: FILE, schema: 'schemas/stack.schema.json', ...(stack === undefined ? {} : { stack }) };
  return importBalancer(word, options, sessionOf(bench));
}

export function readText(text: string): ReadySpec {
  const { spec, problems } = readSpec(new TextEncoder().encode(text), FILE, hashing);
  if (spec === undefined) throw new Error(problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return spec;
}

/** The text without its last section. */
export const withoutAdopt = (text: string): string => text.replace(/\n# The next apply[^\n]*\nadopt:\n[\s\S]*$/, '\n');

export const planned = (bench: Bench, text: string, policy: Policy = {}): Promise<Preview> =>
  preview(readText(text), sessionOf(bench), policy);

/** Plans, asks guard and applies; the check after it, and a plan made anew, must be empty. */
export async function applied(bench: Bench, text: string, policy: Policy): Promise<Reconciled> {
  const session = sessionOf(bench);
  const spec = readText(text);
  const before = await preview(spec, session, policy);
  requireAllowed(before);
  const done = await reconcile(spec, before, session);
  assert.equal(
    (done.run?.steps ?? []).filter(({ outcome }) => outcome !== 'done').map(({ id, error }) => [id, error]),
    [],
    'steps that failed',
  );
  assert.equal(changesOf(done.check), [], 'the check after the apply');
  assert.equal(changesOf((await planned(bench, text)).plan), [], 'the plan after the apply');
  return done;
}
