/**
 * A load script as k6's own archive (`k6 archive`): run from one, k6 looks for every module and every file that the script opens in the
 * archive and nowhere on the disk (k6 source: js/bundle.go NewBundleFromArchive, lib/archive.go). So a script sees its own folder.
 * Edge: files.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReconcileError } from '../errors.ts';
import { pathWithin, readPlain, requirePlain, writePlain } from '../run/plain-file.ts';
import { bounded, GUARD, GUARD_FILE } from './bounds.ts';

/** A folder of scripts with what they need, not a repository. */
const MOST_FILES = 2000;
const MOST_BYTES = 20 * 1024 * 1024;
/** Where the folder is in the archive. */
const PLACE = '/script';

export interface ScriptFolder {
  /** Name of the script in it. */
  readonly main: string;
  /** Path within the folder, with `/`, to content. Hidden files, `node_modules` and links are left out. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Reads a script and all that lies beside and below it. Throws `LoadFailed` where that is too much, or the script is a link. */
export function readScript(path: string): ScriptFolder {
  const folder = dirname(resolve(path));
  const main = relative(folder, resolve(path));
  const files = new Map<string, Uint8Array>();
  let bytes = 0;
  const take = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const name = join(below, entry.name);
      if (entry.isDirectory()) take(name);
      else if (entry.isFile()) {
        const content = readPlain(join(folder, name), MOST_BYTES);
        bytes += content.length;
        files.set(name.split(sep).join('/'), content);
        if (files.size > MOST_FILES || bytes > MOST_BYTES)
          throw new ReconcileError(
            'LoadFailed',
            `the folder of the load script ${path} has over ${MOST_FILES} files or ${MOST_BYTES / 1024 / 1024} MiB`,
            {
              hint: 'A script can read only its own folder: put it into a separate folder with the files that it needs.',
            },
          );
      }
    }
  };
  try {
    requirePlain(path);
    take('');
  } catch (cause) {
    if (cause instanceof ReconcileError) throw cause;
    throw new ReconcileError(
      'LoadFailed',
      `the load script ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        hint: 'It must be a file of the repository, not a link.',
      },
    );
  }
  return { main, files };
}

/** Name and line of the file that names a module; empty for none. */
export function importing({ files }: ScriptFolder, specifier: string): string {
  for (const [name, content] of files) {
    if (!/\.[cm]?[jt]s$/.test(name)) continue;
    const lines = Buffer.from(content).toString('utf8').split('\n');
    const line = lines.findIndex((each) => each.includes(`'${specifier}'`) || each.includes(`"${specifier}"`));
    if (line >= 0) return `${name}:${line + 1}`;
  }
  return '';
}

/** What a script imports as `./albedo.js`, and its types, as files of this albedo. */
export const LIBRARY = { code: 'albedo.js', types: 'albedo.d.ts' } as const;

export const libraryFile = (name: string): string => fileURLToPath(new URL(`../../k6/${name}`, import.meta.url));

/** Writes them into a folder, which is made; answers where they are. Throws `NotPlain` where a link stands in the way. */
export function writeLibrary(folder: string): readonly string[] {
  return Object.values(LIBRARY).map((name) => {
    const path = pathWithin(folder, name);
    writePlain(path, readFileSync(libraryFile(name)));
    return path;
  });
}

/** With albedo's own part beside the script, unless one stands there: what was reviewed is what runs. `other`: that one is not ours of today. */
export function withLibrary(script: ScriptFolder): { readonly script: ScriptFolder; readonly other: boolean } {
  const own = readFileSync(libraryFile(LIBRARY.code));
  const there = script.files.get(LIBRARY.code);
  if (there !== undefined) return { script, other: !own.equals(there) };
  return { script: { ...script, files: new Map([...script.files, [LIBRARY.code, own]]) }, other: false };
}

/** What k6 is given beside the script. */
export interface Around {
  /** k6 takes them from the archive and not from what the script exports. */
  readonly options: object;
  /** Where the load balancer is, for the names that DNS does not know; empty: asked of DNS. */
  readonly hosts: Readonly<Record<string, string>>;
  /** A module that is run in the script's place, with it beside. */
  readonly entry: string;
  /** What the script finds in its environment, unless k6 is told otherwise. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The archive, a tar. What it runs is bounded, whoever wrote the script (bounds.ts). */
export function scriptArchive({ files }: ScriptFolder, { options, hosts, entry, env = {} }: Around): Uint8Array {
  const name = 'albedo-entry.js';
  const own = Buffer.from(`import './${GUARD_FILE}';\n${entry}`);
  const metadata = {
    ...{
      type: 'js',
      options: bounded(options, hosts),
      filename: `file://${encodeURI(posix.join(PLACE, name))}`,
      pwd: `file://${PLACE}`,
      env,
    },
    // Without it, k6 would ask which version to fetch.
    ...{ compatibilityMode: 'extended', k6version: '1.0.0', goos: 'linux' },
  };
  const all: [string, Uint8Array][] = [
    ['metadata.json', Buffer.from(JSON.stringify(metadata))],
    ['data', own],
    ...[...files].map(([path, content]): [string, Uint8Array] => [`file${PLACE}/${path}`, content]),
    [`file${PLACE}/${name}`, own],
    [`file${PLACE}/${GUARD_FILE}`, Buffer.from(GUARD)],
  ];
  return Buffer.concat([...all.flatMap(([path, content]) => tarEntry(path, content)), Buffer.alloc(1024)]);
}

/** A header of 512 bytes and the content, filled up to a multiple of them (POSIX.1-1988, ustar). */
function tarEntry(path: string, content: Uint8Array): Uint8Array[] {
  const name = Buffer.from(path);
  // A long path is cut at a slash: at most 155 bytes before it, 100 behind.
  const cut = name.length <= 100 ? -1 : path.indexOf('/', Math.max(0, path.length - 101));
  const [prefix, rest] = cut < 0 ? ['', path] : [path.slice(0, cut), path.slice(cut + 1)];
  if (Buffer.byteLength(rest) > 100 || Buffer.byteLength(prefix) > 155)
    throw new ReconcileError('LoadFailed', `the name of ${path}, next to the load script, is too long`, {
      hint: 'Shorten it, or move it elsewhere.',
    });
  const header = Buffer.alloc(512);
  header.write(rest, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(`${'0'.padStart(11, '0')}\0`, 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}
