/** The script of a load: where it is, and what it exports, asked of the script itself. Edge: child process and files. */

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { isAbsolute, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReconcileError } from '../errors.ts';
import { type ScriptFolder, scriptArchive } from './k6-archive.ts';
import type { Minding } from './minder.ts';

const OWN_SCRIPT = 'k6/load.ts';

/**
 * A script counts from the folder albedo runs in, and lies in it; in any other repository `k6/load.ts` is albedo's own. Throws when there
 * is none.
 */
export function scriptAt(name: string, from = process.cwd()): string {
  if (isAbsolute(name) || /^\.\.([\\/]|$)/.test(normalize(name)))
    throw new ReconcileError('LoadFailed', `the load script ${name} is not in the folder albedo runs in`, {
      hint: 'Use the path of a script in the repository, relative to that folder, such as k6/load.ts.',
    });
  const own = fileURLToPath(new URL(`../../${OWN_SCRIPT}`, import.meta.url));
  const found = [resolve(from, name), ...(name === OWN_SCRIPT ? [own] : [])].find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new ReconcileError('LoadFailed', `the load script ${name} does not exist`, {
    hint: `Its path is relative to the folder in which albedo runs; ${OWN_SCRIPT} comes with albedo.`,
  });
}

/** What a script exports. */
export interface Exported {
  readonly options: Readonly<Record<string, unknown>>;
  /** Names of all that it exports. */
  readonly names: readonly string[];
}

const OPTIONS_MS = 60_000;

export interface AskWhere {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Told of the process of k6: the script is somebody's code already here, and may take its time. */
  readonly minding: Minding;
  /** Ends it, and then nothing is known of the script. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What the script exports. It is asked of the script itself, in an archive like the one that is run, since it may make its options of
 * what it reads; where it cannot say them, the run that follows says why.
 */
export async function exportedBy(
  script: ScriptFolder,
  command: string,
  args: readonly string[],
  archive: string,
  { cwd, env, minding, signal }: AskWhere,
): Promise<Exported> {
  const mark = `albedo-options-${randomUUID()}`;
  const entry = `import * as script from ${JSON.stringify(`./${script.main}`)};
const options = script.options ?? (script.default && script.default.options) ?? {};
console.log('${mark} ' + encodeURIComponent(JSON.stringify({ options, names: Object.keys(script) })) + ' ${mark}');
export default function () {}
`;
  await writeFile(archive, scriptArchive(script, { options: { iterations: 1, vus: 1 }, hosts: {}, entry }));
  const said = await new Promise<string>((done, fail) => {
    const options = { cwd, env, signal, timeout: OPTIONS_MS, killSignal: 'SIGKILL' as const, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(command, alone(args), options, (error, stdout, stderr) => {
      process.removeListener('exit', onExit);
      if (child.pid !== undefined) minding.ended(child.pid);
      if (error?.name === 'AbortError') return done('');
      if (error?.code === 'ENOENT' || error?.code === 'EACCES')
        return fail(new ReconcileError('ToolMissing', `k6 (${command}) could not be started: ${error.message}`, { cause: error }));
      if (error?.killed === true)
        return fail(
          new ReconcileError('LoadFailed', `the load script ${script.main} did not show its options within ${OPTIONS_MS / 1000} s`, {
            hint: 'Code outside its functions must end by itself.',
          }),
        );
      done(stdout + stderr);
    });
    if (child.pid !== undefined) minding.minds(child.pid);
    const onExit = (): void => void child.kill('SIGKILL');
    process.once('exit', onExit);
  });
  const text = new RegExp(`${mark} (\\S+) ${mark}`).exec(said)?.[1];
  return text === undefined ? { options: {}, names: [] } : (JSON.parse(decodeURIComponent(text)) as Exported);
}

/** No points, since only what the run itself sends counts; and no segment, of which a single user may be no part. */
function alone(args: readonly string[]): string[] {
  const apart = ['--out', '--execution-segment', '--execution-segment-sequence'];
  return args.filter((arg, index) => !apart.includes(arg) && !apart.includes(args[index - 1] ?? ''));
}
