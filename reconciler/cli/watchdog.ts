/** The process that outlives albedo and restores what a load test left broken: how it starts and what it does. */

import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ReconcileError } from '../errors.ts';
import { releaseLockOfProcess } from '../run/lock.ts';
import { openSession } from '../run/pipeline.ts';
import type { Guard } from '../verify/verify.ts';
import { type WatchdogMessage, watchOver } from '../verify/watchdog.ts';

/** The command itself, in the checkout or in the package. */
const COMMAND = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** Longest wait for a confirmation. The watchdog starts within a second, later on a busy machine. */
const HEARD_MS = 20_000;

/** Starts it in its own session, so that neither a closed terminal nor a signal to the process group ends it. */
export function startWatchdog(region: string, env: Readonly<Record<string, string | undefined>>): Guard {
  // A GitHub runner kills processes with this variable when the job ends (actions/runner, JobExtension.cs).
  const { RUNNER_TRACKING_ID: _, ...own } = env;
  // It inherits only a terminal: a pipe would stay open while the watchdog lives, and its reader would wait.
  const stdio = ['pipe', 'pipe', process.stderr.isTTY === true ? 'inherit' : 'ignore'] as const;
  const child = spawn(process.execPath, [COMMAND, 'watchdog', region], { detached: true, stdio: [...stdio], env: own });
  let armed: string | undefined;
  let failure: Error | undefined;
  /** Also when a second Ctrl-C ends this process at once. */
  const handOver = (): void => {
    if (armed !== undefined)
      process.stderr.write(
        failure === undefined
          ? `albedo: process ${child.pid} makes sure that the fault of ${armed} is undone and the target is healthy again; \`albedo halt\` does the same\n`
          : `albedo: nobody waits any more until ${armed} is healthy again. Run \`albedo halt\`: it undoes the fault if necessary, and removes the tag\n`,
      );
    armed = undefined;
  };
  process.once('exit', handOver);
  const waiting: { readonly taken: () => void; readonly failed: (error: Error) => void }[] = [];
  const fail = (error: Error): void => {
    failure ??= error;
    for (const each of waiting.splice(0)) each.failed(failure);
    if (armed !== undefined)
      process.stderr.write(`albedo: ${failure.message}: only this process will undo the fault of ${armed}, and after it \`albedo halt\`\n`);
  };
  child.once('error', fail).once('exit', (code, signal) => fail(new Error(`the watchdog ended (${signal ?? code})`)));
  child.stdin?.on('error', fail);
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    for (const _line of text.matchAll(/\n/g)) waiting.shift()?.taken();
  });
  letGo(child);
  const tell = (word: WatchdogMessage): Promise<void> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) return reject(failure);
      const timer = setTimeout(() => reject(new Error(`the watchdog did not answer within ${HEARD_MS / 1000} s`)), HEARD_MS);
      const settled = (end: () => void) => () => {
        clearTimeout(timer);
        end();
      };
      waiting.push({ taken: settled(resolve), failed: (error) => settled(() => reject(error))() });
      child.stdin?.write(`${JSON.stringify(word)}\n`);
    });
  return {
    arm: async (victim, until) => {
      await tell({ arm: victim, until });
      armed = victim.name;
    },
    disarm: () => {
      armed = undefined;
      void tell({ disarm: true }).catch(() => undefined);
    },
    minds: (pid) => void tell({ minds: pid }).catch(() => undefined),
    ended: (pid) => void tell({ ended: pid }).catch(() => undefined),
    tidies: (folder) => void tell({ folder }).catch(() => undefined),
    holds: (stack) => void tell({ holds: { stack, pid: process.pid, host: hostname() } }).catch(() => undefined),
    end: () => {
      handOver();
      process.off('exit', handOver);
      child.stdin?.write(`${JSON.stringify({ done: true } satisfies WatchdogMessage)}\n`);
      child.stdin?.end();
    },
  };
}

/** The watchdog does not keep this process alive. */
function letGo(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout]) (stream as { unref?: () => void } | null)?.unref?.();
}

/** `albedo watchdog REGION`, an internal command. Reads messages from standard input until that closes. */
export async function watchdogCommand(region: string): Promise<number> {
  if (process.stdin.isTTY === true)
    throw new ReconcileError('SpecInvalid', 'the watchdog is started by `albedo verify`', {
      hint: 'To undo the faults that a load test left, run `albedo halt`.',
    });
  // It ends by itself, after the process that it watches.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
  // The terminal, or the reader of a pipe, may be gone.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const session = openSession({ region, env: process.env });
  await watchOver(createInterface({ input: process.stdin }), {
    session,
    say: (text) => void process.stderr.write(`albedo watchdog: ${text}\n`),
    heard: () => void process.stdout.write('heard\n'),
    releaseLock: (held) => releaseLockOfProcess(held.stack, held, session),
    remove: removeOwn,
    kill: (pid, signal) => {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended.
      }
    },
  });
  return 0;
}

/** The folders of a load test are directly in the temporary folder and have names that nothing else uses. */
function removeOwn(folder: string): void {
  if (dirname(folder) !== tmpdir() || !/^albedo-(load|k6)-\w{6}$/.test(basename(folder))) return;
  rmSync(folder, { recursive: true, force: true });
}
