/** `sandbox: true`: an AWS of the job's own, and, for a pull request's true difference, what its base had made in it. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { ReconcileError } from '../reconciler/errors.ts';
import { failureOf, requireAllowed } from '../reconciler/run/exit-status.ts';
import { scopeOf } from '../reconciler/run/group.ts';
import { preview, reconcile } from '../reconciler/run/pipeline.ts';
import type { OpenSession } from '../reconciler/run/run-stacks.ts';
import { readSpecs } from '../reconciler/run/specs.ts';
import { keyOfAccount } from '../sandbox/access-keys.ts';
import { down, up } from '../sandbox/control.ts';
import { unpackCommit } from './commit.ts';
import type { Log } from './log.ts';

/** Starts the sandbox, or uses the one that an earlier step of the job started. Answers its folder when it is ours to end. */
export async function openSandbox(log: Log): Promise<string | undefined> {
  // A folder of the job's own: another job on the same machine has another sandbox.
  process.env['ALBEDO_SANDBOX'] ??= join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'albedo-sandbox');
  try {
    const { env, endpoint, already } = await up({ port: 0 });
    log.say(already ? `the sandbox of an earlier step is at ${endpoint}` : `the sandbox is at ${endpoint}`);
    for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[name];
    log.command(() => {
      // Later steps of the job find it too.
      core.exportVariable('ALBEDO_SANDBOX', process.env['ALBEDO_SANDBOX']);
      for (const [name, value] of Object.entries(env)) core.exportVariable(name, value);
    });
    return already ? undefined : process.env['ALBEDO_SANDBOX'];
  } catch (cause) {
    throw new ReconcileError('ToolMissing', `the sandbox cannot start: ${messageOf(cause)}`, {
      cause,
      hint: 'It needs HAProxy, and Python with the packages in tools/requirements.txt: run `npm run setup` of albedo in an earlier step.',
    });
  }
}

/** With these variables calls of the sandbox are of the account. */
export const keyFor = (account: string): Readonly<Record<string, string>> => ({ AWS_ACCESS_KEY_ID: keyOfAccount(account) });

/** Ends the sandbox of this folder. False: it had ended already. */
export async function closeSandbox(folder: string): Promise<boolean> {
  process.env['ALBEDO_SANDBOX'] = folder;
  return down();
}

/** Applies the specs as they are in a commit. Those that are not there yet leave nothing behind. */
export async function bringTo(ref: string, specs: readonly string[], sessionFor: OpenSession, log: Log): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-base-'));
  const here = process.cwd();
  try {
    unpackCommit(ref, folder, specs);
    process.chdir(folder);
    const there = specs.filter((spec) => existsSync(spec));
    if (there.length === 0) return log.say(`${ref} has none of the specs: the sandbox stays empty`);
    const base = await readSpecs(there, process.env);
    for (const named of base.specs) {
      const { spec } = named;
      const session = sessionFor(scopeOf(named));
      const previewed = await preview(spec, session, { allowReplace: [] });
      requireAllowed(previewed);
      const done = await reconcile(spec, previewed, session);
      if (session.signal.aborted) throw new ReconcileError('Interrupted', 'cancelled while the base was applied to the sandbox');
      const failure = failureOf(done);
      if (failure !== undefined) throw failure;
      log.say(`the sandbox has ${spec.stack.name} as it is in ${ref}`);
    }
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError) || thrown.code === 'Interrupted') throw thrown;
    throw new ReconcileError(thrown.code, `the base ${ref} could not be applied to the sandbox: ${thrown.message}`, {
      cause: thrown.cause,
      hint: thrown.hint,
    });
  } finally {
    process.chdir(here);
    rmSync(folder, { recursive: true, force: true });
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message.trim().replace(/\.$/, '').split('\n').slice(0, 3).join(' ') : String(error);
