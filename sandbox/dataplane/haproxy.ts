/**
 * The HAProxy process: a master that keeps the listening sockets over reloads, so that no connection is refused while a
 * configuration changes. `-c` looks at every configuration before it is used.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { SupervisedProcess, spawnSupervised } from '../supervised-process.ts';
import { askHaproxy } from './admin.ts';
import { CHAIN_SCRIPT } from './client-certificates.ts';
import { rawError } from './error-pages.ts';

/** Of real time; on a usual machine it needs a hundredth of that. */
const START_PATIENCE_MS = 60_000;
const LOOK_MS = 15;
/** Unix socket paths end at 107 bytes on Linux, and HAProxy needs some of them for a temporary name. */
const LONGEST_FOLDER = 70;

export interface Haproxy {
  readonly adminSocket: string;
  /** A file with the raw 502 answer. */
  readonly refusedPage: string;
  /** A file with `CHAIN_SCRIPT`. */
  readonly chainScript: string;
  /** Serves this configuration from now on; rejects, leaving the one before in place, when HAProxy does not take it. */
  use(text: string, revision: string): Promise<void>;
  /** Changes servers at run time. */
  command(commands: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export interface HaproxyOptions {
  readonly runDir: string;
  readonly binary: string;
  readonly spawnSupervised: typeof spawnSupervised;
  readonly log: (line: string) => void;
  /** Told when it ended without being asked to. */
  readonly onCrash: () => void;
}

/** `$ALBEDO_HAPROXY`, else `haproxy` on PATH, else /usr/sbin/haproxy (not on every user's PATH in Debian). */
export function findHaproxy(env: NodeJS.ProcessEnv = process.env): string {
  const given = env['ALBEDO_HAPROXY'];
  const places = given
    ? [given]
    : [
        ...(env['PATH'] ?? '')
          .split(delimiter)
          .filter(Boolean)
          .map((folder) => join(folder, 'haproxy')),
        '/usr/sbin/haproxy',
      ];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new Error(
    given
      ? `ALBEDO_HAPROXY is ${given}, which does not exist. Unset it, or point it at an haproxy of version 2.6 or newer.`
      : 'The sandbox needs HAProxy 2.6 or newer and found none on PATH. Run "albedo setup", or set ALBEDO_HAPROXY.',
  );
}

export async function prepareHaproxy(options: HaproxyOptions): Promise<Haproxy> {
  const { runDir, binary, log } = options;
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  await chmod(runDir, 0o700);
  const sockets = Buffer.byteLength(runDir) > LONGEST_FOLDER ? await mkdtemp(join(tmpdir(), 'albedo-')) : runDir;
  const [adminSocket, masterSocket] = [join(sockets, 'haproxy.sock'), join(sockets, 'master.sock')];
  const [configPath, candidatePath] = [join(runDir, 'haproxy.cfg'), join(runDir, 'haproxy.new.cfg')];
  const [refusedPage, chainScript] = [join(runDir, '502.http'), join(runDir, 'client-certificates.lua')];
  await writeFile(chainScript, CHAIN_SCRIPT, { mode: 0o600 });
  await writeFile(refusedPage, rawError(502), { mode: 0o600 });
  let process: SupervisedProcess | undefined;
  /** The process id of the worker that serves, as it was last seen. */
  let worker: string | undefined;
  let stopping = false;
  const said: string[] = [];

  const check = (path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      execFile(binary, ['-c', '-f', path], { timeout: START_PATIENCE_MS }, (error, stdout, stderr) => {
        if (error)
          reject(new Error(`HAProxy refuses the configuration ${path}: ${`${stdout}${stderr}`.trim() || error.message}`, { cause: error }));
        else resolve();
      });
    });

  const start = (): void => {
    const started = options.spawnSupervised(binary, ['-W', '-S', `${masterSocket},mode,600`, '-f', configPath], {
      onStderr: (line) => {
        said.push(line);
        if (said.length > 30) said.shift();
      },
      onStdout: () => undefined,
    });
    process = started;
    void started.exited.then(({ code, signal }) => {
      if (process === started) [process, worker] = [undefined, undefined];
      if (stopping) return;
      log(`HAProxy ended by itself (${signal ?? `exit ${code}`}): ${said.join(' | ')}`);
      options.onCrash();
    });
  };

  /** Looks until something is so; false when HAProxy has ended or time is up. */
  const until = async (isSo: () => Promise<boolean>): Promise<boolean> => {
    const patience = Date.now() + START_PATIENCE_MS;
    while (process && Date.now() < patience) {
      if (await isSo()) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return false;
  };
  /** The new worker answers on the command socket as soon as it serves. */
  const serves = (revision: string) => async (): Promise<boolean> => {
    const info = (await askHaproxy(adminSocket, ['show info']).catch(() => '')).split('\n');
    if (!info.includes(`description: ${revision}`)) return false;
    worker = info.find((line) => line.startsWith('Pid: '))?.slice(5);
    return true;
  };
  const reloaded = (): Promise<boolean> =>
    askHaproxy(masterSocket, ['reload']).then(
      () => true,
      () => false,
    );
  /** The old worker was told to stop; until it has heard that, it takes connections by the old configuration. */
  const hasLetGo = (pid: string) => async (): Promise<boolean> =>
    !(await askHaproxy(masterSocket, [`@!${pid} show info`]).catch(() => 'Stopping: 0')).includes('Stopping: 0');

  const takeUp = async (revision: string): Promise<void> => {
    const old = worker;
    // The master refuses to be told anything while it is still busy with the last reload.
    if (process) await until(reloaded);
    else start();
    if (!(await until(serves(revision))))
      throw new Error(
        `HAProxy did not take up configuration ${revision} of ${configPath}; the one before stays in place. It said: ${said.join(' | ')}`,
      );
    if (old !== undefined) await until(hasLetGo(old));
  };

  return {
    adminSocket,
    refusedPage,
    chainScript,
    async use(text, revision) {
      await writeFile(candidatePath, text, { mode: 0o600 });
      await check(candidatePath);
      await writeFile(configPath, text, { mode: 0o600 });
      await takeUp(revision);
    },
    async command(commands) {
      const answer = await askHaproxy(adminSocket, commands);
      const complaints = answer.split('\n').filter((line) => /no such|unknown|invalid|require|not allowed|error/i.test(line));
      if (complaints.length > 0) throw new Error(`HAProxy refused a change of its servers: ${complaints.join(' | ')}`);
    },
    async stop() {
      stopping = true;
      await process?.stop();
      for (const path of [configPath, candidatePath, refusedPage, chainScript, adminSocket, masterSocket]) await rm(path, { force: true });
      if (sockets !== runDir) await rm(sockets, { recursive: true, force: true });
    },
  };
}
