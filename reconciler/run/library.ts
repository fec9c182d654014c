/** What is behind the functions of `index.ts`. */

import { ReconcileError } from '../errors.ts';
import { widen } from '../model/policy.ts';
import { readHosts } from '../verify/target.ts';
import { readDigests } from './digests.ts';
import { envOf } from './group.ts';
import { folderOf } from './identity.ts';
import type { ApplyOptions, Outcome, PlanOptions, Specs, VerifyOptions } from './library-types.ts';
import { holderOf } from './lock.ts';
import { exitOf, type Outcome as RunOutcome } from './outcome.ts';
import { openSession } from './pipeline.ts';
import { runStacks } from './run-stacks.ts';
import { sourcesOf } from './source.ts';
import { type NamedSpec, readSpecs } from './specs.ts';
import type { Work } from './work.ts';

type AnyOptions = PlanOptions & ApplyOptions & VerifyOptions & Required<Pick<PlanOptions, 'env'>>;

export async function conductLibrary(command: Work['command'], paths: Specs, options: AnyOptions): Promise<readonly Outcome[]> {
  const { signal, onEvent, changedSince: ref, env } = options;
  const named = typeof paths === 'string' ? [paths] : paths;
  let { specs } = await readSpecs(named, env);
  if (ref !== undefined) specs = (await import('./changed-since.ts')).changedSince(specs, named, ref).concerned;
  const session = {
    sourceOf: sourcesOf(env),
    ...(onEvent === undefined ? {} : { emit: onEvent }),
    ...(signal === undefined ? {} : { signal }),
  };
  const outcomes = await runStacks(
    specs,
    (scope) => openSession({ region: scope.region, env: envOf(scope, env), ...session }),
    workOf(command, options, specs.length > 1),
  );
  return Promise.all(outcomes.map((outcome, index) => shown(command, outcome, specs[index])));
}

function workOf(command: Work['command'], options: AnyOptions, several: boolean): Work {
  const { allowReplace, allowDrop, allowDestroy, maxDeletes, adopt, digests, lock = 0, folder } = options;
  const consent = {
    ...(allowReplace === undefined ? {} : { allowReplace }),
    ...(allowDrop === undefined ? {} : { allowDrop }),
    ...(allowDestroy === undefined ? {} : { allowDestroy }),
    ...(maxDeletes === undefined ? {} : { maxDeletes }),
    ...(adopt === undefined ? {} : { allowAdopt: adopt }),
  };
  return {
    command,
    mode: command === 'destroy' || options.destroy === true ? 'destroy' : 'apply',
    policyOf: ({ policy }) => widen(policy, consent),
    allOrNothing: options.allOrNothing === true,
    ...(digests === undefined ? {} : { reviewed: digestsOf(digests) }),
    ...(lock === false ? {} : { lock: { ...holderOf(options.env), wait: lock, force: false } }),
    ...(command === 'verify' ? { verify: { hosts: readHosts(options.env) } } : {}),
    ...(folder === undefined
      ? {}
      : { outDir: ({ spec }) => folderOf(folder, { stack: spec.stack.name, region: spec.stack.region }, several) }),
  };
}

function digestsOf(said: Readonly<Record<string, string>>): NonNullable<Work['reviewed']> {
  const { digests, wrong } = readDigests(Object.entries(said).map(([name, digest]) => `${name}=${digest}`));
  if (wrong.length > 0)
    throw new ReconcileError('PlanDiffers', wrong.join('; '), { hint: 'Pass the digest of each plan, by the name of its stack.' });
  return digests;
}

async function shown(command: Work['command'], outcome: RunOutcome, named: NamedSpec | undefined): Promise<Outcome> {
  const { stack, region, account, file, ms, report } = outcome;
  const head = { stack, region, account, file, ms, report, exitCode: exitOf(outcome) };
  switch (outcome.kind) {
    case 'planned':
    case 'unchanged': {
      const { kind, previewed } = outcome;
      if (command !== 'drift' || named === undefined) return { ...head, kind, plan: previewed.plan };
      return { ...head, kind, plan: previewed.plan, drift: (await import('../drift/describe.ts')).describeDrift(named, previewed) };
    }
    case 'refused':
    case 'failed':
    case 'notReached': {
      const plan = outcome.previewed?.plan ?? ('done' in outcome ? outcome.done?.plan : undefined);
      const run = 'done' in outcome ? outcome.done?.run : undefined;
      const known = { error: outcome.error, ...(plan === undefined ? {} : { plan }) };
      if (outcome.kind === 'refused') return { ...head, ...known, kind: outcome.kind, because: outcome.because };
      return { ...head, ...known, kind: outcome.kind, ...(run === undefined ? {} : { run }) };
    }
    case 'applied':
    case 'destroyed': {
      const { plan, run } = outcome.done;
      return { ...head, kind: outcome.kind, plan, ...(run === undefined ? {} : { run }) };
    }
    case 'glanced':
      throw new Error('the library has no light check');
    default:
      return { ...head, kind: outcome.kind };
  }
}
