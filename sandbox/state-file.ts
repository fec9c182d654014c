/** Where a sandbox that runs by itself leaves word of itself, for `status`, `down` and the next `up`. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../scripts/setup/places.mjs';
import type { SandboxOptions } from './sandbox.ts';

/** What `up` may pass on: the part of the sandbox's options that is plain JSON. */
export type DaemonOptions = Pick<
  SandboxOptions,
  'port' | 'timings' | 'quotas' | 'pageSize' | 'faults' | 'throttle' | 'shuffle' | 'defaultVpc' | 'dataplane'
>;

export interface SandboxState {
  readonly pid: number;
  readonly port: number;
  readonly endpoint: string;
  readonly hostsFile: string;
  /** ISO 8601. */
  readonly started: string;
}

/** `$ALBEDO_SANDBOX`, for those who want several sandboxes beside each other; else one in the cache folder. */
export function folders(): { readonly root: string; readonly run: string; readonly log: string; readonly state: string } {
  const root = process.env['ALBEDO_SANDBOX'] || join(cacheFolder(), 'sandbox');
  return { root, run: join(root, 'run'), log: join(root, 'log'), state: join(root, 'state.json') };
}

/** Undefined when no sandbox has left word, or what it left cannot be read. */
export function readState(): SandboxState | undefined {
  try {
    const state: Partial<SandboxState> = JSON.parse(readFileSync(folders().state, 'utf8'));
    const { pid, port, endpoint, hostsFile, started } = state;
    if (pid === undefined || port === undefined || endpoint === undefined || hostsFile === undefined || started === undefined)
      return undefined;
    return { pid, port, endpoint, hostsFile, started };
  } catch {
    return undefined;
  }
}

export function writeState(state: SandboxState): void {
  const { root, state: file } = folders();
  mkdirSync(root, { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** Removes the word of process `pid`; another sandbox's stays. */
export function removeState(pid: number): void {
  const state = readState();
  if (!state || state.pid === pid) rmSync(folders().state, { force: true });
}
