/**
 * A load script, read and asked for its options, ready to be packed: for this machine's k6 or for those of other machines. Edge: child
 * process and files.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { ReconcileError } from '../errors.ts';
import type { Emit } from '../run/port.ts';
import { findK6, type K6 } from './find-k6.ts';
import { importing, LIBRARY, readScript, type ScriptFolder, scriptArchive, withLibrary } from './k6-archive.ts';
import { k6Arguments, k6Environment, listenerOf, toldOf } from './k6-command.ts';
import { entryOf } from './k6-entry.ts';
import type { ScriptPlace } from './k6-log.ts';
import { type AskWhere, exportedBy, scriptAt } from './k6-script.ts';
import { type Minding, minderFor } from './minder.ts';
import type { Told } from './script-variables.ts';
import { equalParts, type Shard } from './shards.ts';
import type { ListenerTarget, LoadSettings, VerifyTarget } from './types.ts';

/** Over what is asked for: set-up of the users, and the requests that are still to be answered. Milliseconds. */
export const SPARE_MS = 45_000;

export interface OpenScript {
  /** Options of k6 that the script sets. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Runs by itself. `options` come over those of the script; `env` is what it finds in its environment, unless k6 is told otherwise. */
  archive(options?: Readonly<Record<string, unknown>>, env?: Readonly<Record<string, string>>): Uint8Array;
  /** The same, as one of so many that begin at a time (milliseconds since the epoch). */
  archiveAt(startAt: number, shards: number): Uint8Array;
  /** Throws `LoadFailed` where it has thresholds, which each of several k6 would hold against its own part alone. */
  requireNoThresholds(): void;
}

/** The script of the settings, with albedo's own part beside it. Throws `LoadFailed` where there is none. */
export function findScript(settings: LoadSettings, emit: Emit, from?: string): ScriptFolder {
  const { script, other } = withLibrary(readScript(scriptAt(settings.script, from)));
  if (other)
    emit({
      kind: 'warning',
      text: `${LIBRARY.code} next to ${settings.script} is from another version of albedo: \`albedo load lib\` writes the current one`,
    });
  return script;
}

/** Where k6 finds what it complains of. */
export const placeOf = (settings: LoadSettings, script: ScriptFolder): ScriptPlace => ({
  folder: posix.normalize(dirname(settings.script)),
  importing: (specifier) => importing(script, specifier),
});

/** Asks the script for its options with the arguments of the run. Throws `LoadFailed` or `ToolMissing`. */
export async function openScript(
  script: ScriptFolder,
  settings: LoadSettings,
  /** Where the load balancer is (`Told`). */
  hosts: Readonly<Record<string, string>>,
  k6: K6,
  args: readonly string[],
  folder: string,
  where: AskWhere,
): Promise<OpenScript> {
  const { options, names } = await exportedBy(script, k6.command, args, join(folder, 'script.tar'), where);
  const archiveOf = (more: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>>, startAt?: number): Uint8Array => {
    const entry = entryOf({
      ...{ main: script.main, exports: names, noSetup: options['noSetup'] === true },
      ...(startAt === undefined ? {} : { startAt }),
    });
    return scriptArchive(script, { options: { ...options, ...more, noSetup: false }, hosts, entry, env });
  };
  return {
    options,
    archive: (more = {}, env = {}) => archiveOf(more, env),
    archiveAt(startAt, shards) {
      const leadMs = Math.max(0, startAt - Date.now());
      const setupTimeout = `${Math.ceil((leadMs + SPARE_MS) / 1000)}s`;
      return archiveOf({ ...equalParts(options, shards), setupTimeout }, {}, startAt);
    },
    requireNoThresholds() {
      const crossed = Object.keys((options['thresholds'] as object | null | undefined) ?? {});
      if (crossed.length === 0) return;
      throw new ReconcileError(
        'LoadFailed',
        `${settings.script} has thresholds (${crossed.slice(0, 5).join(', ')}), which each shard would hold against its own part alone`,
        {
          hint: 'Say them as objectives of the spec, which are judged over all shards, or send the load without --shards.',
        },
      );
    },
  };
}

/** Throws `LoadFailed` if the listener does not exist. */
export function requireListener(target: VerifyTarget, settings: LoadSettings): ListenerTarget {
  const listener = listenerOf(target, settings);
  if (listener !== undefined) return listener;
  throw new ReconcileError(
    'LoadFailed',
    `the load of stack ${target.stack} goes to listener ${settings.listener ?? '(any)'}, which does not exist`,
    {
      hint: `Listeners are: ${target.listeners.map((each) => each.name).join(', ') || 'none'}.`,
    },
  );
}

export interface ForElsewhere {
  readonly target: VerifyTarget;
  readonly settings: LoadSettings;
  /** The parts that other machines send. */
  readonly shards: readonly Shard[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly emit: Emit;
  /** Folder that the path of a script counts from; the one albedo runs in when left out. */
  readonly scripts?: string;
  /** Who ends k6 when this process is ended before it; left out: a process beside this one. */
  readonly minding?: Minding;
  readonly signal?: AbortSignal;
}

/** A script that k6 runs elsewhere, and what it is told. It is asked for its options here, so this machine needs k6 too. */
export async function openForElsewhere(
  input: ForElsewhere,
): Promise<{ readonly script: OpenScript; readonly scripts: ScriptPlace; readonly told: Told; readonly k6: K6 }> {
  const { target, settings, shards, environment } = input;
  const listener = requireListener(target, settings);
  const folder = findScript(settings, input.emit, input.scripts);
  const k6 = await findK6(environment);
  const told = toldOf(target, listener, settings, { machines: shards.length });
  const packed = await mkdtemp(join(tmpdir(), 'albedo-k6-'));
  const minder = minderFor(input.minding, environment);
  minder.tidies(packed);
  try {
    const args = k6Arguments({ ...told, archive: join(packed, 'script.tar'), version: k6.version, shard: shards[0] as Shard });
    const env = k6Environment(environment, target.dnsName, Object.keys(told.hosts).length > 0);
    const script = await openScript(folder, settings, told.hosts, k6, args, packed, {
      ...{ cwd: packed, env, minding: minder, signal: input.signal },
    });
    if (shards.length > 1) script.requireNoThresholds();
    return { script, scripts: placeOf(settings, folder), told, k6 };
  } finally {
    await rm(packed, { recursive: true, force: true });
    minder.done();
  }
}
