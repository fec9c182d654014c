/**
 * The sandbox as a process of its own, started by `control.ts`: `node sandbox/daemon.ts '<options as JSON>'`.
 * Says one JSON line on descriptor 3 (`{"ready":true}` or `{"error":"…"}`) and then runs until it is told to end.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { createLog } from './log-file.ts';
import { startSandbox } from './sandbox.ts';
import { type DaemonOptions, folders, removeState, writeState } from './state-file.ts';

/** How long an orderly end may take. */
const END_LIMIT_MS = 15_000;

function report(message: { readonly ready: true } | { readonly error: string }): void {
  try {
    writeSync(3, `${JSON.stringify(message)}\n`);
  } catch {
    // Nobody listens when it was started by hand; its log has the rest.
  }
}

async function main(options: DaemonOptions): Promise<void> {
  const { root, run, log: logFolder } = folders();
  const log = createLog(join(logFolder, 'sandbox.log'));
  log(`starting, process ${process.pid}`);
  const sandbox = await startSandbox({ ...options, runDir: run, callLog: join(logFolder, 'calls.jsonl'), log });
  let ending = false;
  const end = (why: string, code: number): void => {
    if (ending) return;
    ending = true;
    // Its folder may be gone, and then nothing can be written or tidied: it ends all the same, and the supervisors end what it started.
    setTimeout(() => process.exit(1), END_LIMIT_MS).unref();
    void (async () => {
      log(`ending: ${why}`);
      await sandbox.stop();
      removeState(process.pid);
    })().then(
      () => process.exit(code),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', () => end('asked to', 0));
  process.on('SIGINT', () => end('interrupted', 0));
  process.on('SIGHUP', () => undefined);
  process.on('uncaughtException', (error) => end(error.stack ?? error.message, 1));
  process.on('unhandledRejection', (reason) => end(String(reason instanceof Error ? reason.stack : reason), 1));
  writeState({
    pid: process.pid,
    port: Number(new URL(sandbox.endpoint).port),
    endpoint: sandbox.endpoint,
    hostsFile: sandbox.hostsFile,
    started: new Date().toISOString(),
  });
  log(`ready at ${sandbox.endpoint}, files in ${root}`);
  report({ ready: true });
}

try {
  await main(JSON.parse(process.argv[2] ?? '{}'));
} catch (error) {
  const port = JSON.parse(process.argv[2] ?? '{}').port;
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  report({ error: taken ? `Port ${port} is taken by another program.` : error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
