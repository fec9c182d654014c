/** Types the commands of a page into a shell, as a reader would, and holds what is printed against what the page shows. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { cacheFolder } from '../../scripts/setup/places.mjs';
import { type Block, fits, ROOT } from './documents.ts';

/** Shown where the reader presses Ctrl-C, as a terminal does it. */
const INTERRUPT = '^C';
const LONGEST_MS = 300_000;

export interface Shell {
  readonly cwd: string;
  /** Grows by what a command says to export, which the page tells the reader to copy. */
  readonly env: Record<string, string>;
}

/** A shell in which `albedo` and `npx albedo` are this checkout. `folder` gets `bin` and is HOME. */
export function openShell(folder: string, cwd: string, env: Readonly<Record<string, string | undefined>>): Shell {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  mkdirSync(cwd, { recursive: true });
  const albedo = `exec '${process.execPath}' '${ROOT}/bin/albedo.mjs' "$@"\n`;
  writeFileSync(join(bin, 'albedo'), `#!/bin/sh\n${albedo}`, { mode: 0o755 });
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\n[ "$1" = albedo ] || { echo "npx $1 is not for here"; exit 1; }\nshift\n${albedo}`, {
    mode: 0o755,
  });
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  // What set-up fetched is found there; everything else begins with an empty HOME.
  const own = { ALBEDO_CACHE: cacheFolder(), HOME: folder, NO_COLOR: '1' };
  return { cwd, env: { ...Object.fromEntries(defined), PATH: `${bin}:${process.env['PATH'] ?? ''}`, ...own } };
}

/** Runs one line. With `until`, presses Ctrl-C once what is printed fits it. */
function enter({ cwd, env }: Shell, command: string, until?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', `{ ${command}\n} 2>&1`], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    let interrupted = false;
    const end = (): void => {
      interrupted = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
    };
    // A page that shows what never comes must not hang the run.
    const late = setTimeout(end, LONGEST_MS);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (until !== undefined && !interrupted && fits(`${until}\n…`, printed)) end();
    });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(late);
      resolve(printed);
    });
  });
}

/** Types every line that begins with `$ ` in a `console` block. Fails at the first that prints something else than is shown. */
export async function type(shell: Shell, file: string, { body, line }: Block): Promise<void> {
  for (const part of body.split(/^\$ /m).slice(1)) {
    const [command = '', ...rest] = part.split('\n');
    const shown = rest.join('\n');
    const at = rest.indexOf(INTERRUPT);
    const printed = at < 0 ? await enter(shell, command) : await enter(shell, command, rest.slice(0, at).join('\n'));
    const expected = at < 0 ? shown : `${rest.slice(0, at).join('\n')}\n…\n${rest.slice(at + 1).join('\n')}`;
    assert.ok(fits(expected, printed), `${file}:${line}: ${command}\nshows:\n${shown}\nprinted:\n${printed}`);
    for (const [, name = '', value = ''] of printed.matchAll(/^export (\w+)=(\S+)$/gm)) shell.env[name] = value;
  }
}

/** Writes a block that has a title to the file of that name. */
export function writeTitled({ cwd }: Shell, { title, body }: Block): void {
  if (title === undefined) return;
  mkdirSync(dirname(join(cwd, title)), { recursive: true });
  writeFileSync(join(cwd, title), body);
}
