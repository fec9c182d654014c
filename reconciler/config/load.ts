/** The edge where specs come in: files, folders, standard input. Bounded reads, nothing parsed. */

import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Problem, ReconcileError } from '../errors.ts';
import { readPlain, requirePlain } from '../run/plain-file.ts';
import { MAX_SPEC_BYTES, tooLarge } from './bytes.ts';
import { IGNORE_FILE, type Ignored, ignoredBelow } from './ignored-files.ts';
import { nearestName } from './nearest.ts';
import { atStart } from './places.ts';
import { visible } from './quote.ts';

export interface SpecFile {
  /** As the user named it, or the folder as named with the path below it; `<stdin>` for `-`. */
  readonly file: string;
  /** At most 1 MiB and one byte: a longer file is cut there, and refused by the parser. */
  readonly text: Uint8Array;
}

export interface LoadedSpecs {
  readonly specs: readonly SpecFile[];
  /** Files that are there and cannot be used: too large, not readable. */
  readonly problems: readonly Problem[];
}

export interface LoadOptions {
  /** What `-` reads; standard input when absent. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
}

/** Folders within folders. */
const MAX_FOLDER_DEPTH = 32;
/** The last one is a name that no file can have. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);
const SPEC_NAME = /\.ya?ml$/i;
/** What the stacks of a folder may do, and where, stands beside their specs, and is read with each of them. */
const COMPANION_NAME = /^(policy|environment)\.ya?ml$/;

/**
 * Reads the specs that `paths` name: files of any name, folders (every `*.yaml` and `*.yml` below, in order of name; hidden ones and
 * `node_modules` left out, and what `.albedoignore` says), `-` for standard input. A file reached twice is read once; a policy or environment is no spec and passed over.
 * @throws ReconcileError `SpecNotFound` naming every path that is missing and every folder without a spec, with the nearest name there is.
 */
export async function loadSpecs(paths: readonly string[], options: LoadOptions = {}): Promise<LoadedSpecs> {
  const specs: SpecFile[] = [];
  const problems: Problem[] = [];
  const missing: { message: string; hint?: string }[] = [];
  const companions: string[] = [];
  const seen = new Set<string>();
  if (paths.length === 0) missing.push({ message: 'No spec was named.' });

  async function take(file: string): Promise<void> {
    try {
      requirePlain(file);
      const real = await realpath(file);
      if (seen.has(real)) return;
      seen.add(real);
      const info = await stat(real);
      if (info.isFile() && info.size > MAX_SPEC_BYTES) problems.push(tooLarge(file, info.size));
      else specs.push({ file, text: readBounded(file) });
    } catch (error) {
      problems.push(atStart(file, `the file cannot be read: ${reasonOf(error)}.`, hintFor(error, 'Check its permissions.')));
    }
  }

  for (const path of paths) {
    if (path === '-') {
      if (seen.has('-')) continue;
      seen.add('-');
      specs.push({ file: '<stdin>', text: await readStream(options.stdin ?? process.stdin) });
      continue;
    }
    let folder: boolean;
    try {
      requirePlain(path);
      folder = (await stat(path)).isDirectory();
    } catch (error) {
      if (ABSENT.has(codeOf(error))) missing.push(await describeMissing(path));
      else
        problems.push(
          atStart(
            path,
            `it cannot be read: ${reasonOf(error)}.`,
            hintFor(error, 'Check its permissions and those of the folders above it.'),
          ),
        );
      continue;
    }
    if (!folder) {
      // As a shell's `*.yaml` names it.
      if (COMPANION_NAME.test(basename(path))) companions.push(path);
      else await take(path);
      continue;
    }
    const files: string[] = [];
    const before = problems.length;
    const left: string[] = [];
    const ignored = ignoredBelow(path);
    await listSpecs(path, { out: files, left, ignored }, problems, new Set(), 0);
    if (files.length === 0 && problems.length === before)
      missing.push({
        message: `The folder ${quoted(path)} holds no spec (*.yaml or *.yml)${left.length === 0 ? '.' : `: ${IGNORE_FILE} leaves out ${left.map(quoted).join(', ')}.`}`,
      });
    for (const file of files) await take(file);
  }
  if (specs.length === 0 && problems.length === 0)
    for (const path of companions)
      missing.push({
        message: `${quoted(path)} is the ${basename(path).replace(/\..*/, '')} of its folder, not a spec.`,
        hint: 'Name a spec in the folder; this file is read with each of them.',
      });
  if (missing.length > 0) {
    const [first] = missing;
    const message = missing
      .map((item) => (missing.length > 1 && item.hint !== undefined ? `${item.message} ${item.hint}` : item.message))
      .join('\n');
    throw new ReconcileError('SpecNotFound', message, missing.length === 1 && first?.hint !== undefined ? { hint: first.hint } : {});
  }
  return { specs, problems };
}

interface Found {
  /** Specs. */
  readonly out: string[];
  /** What `.albedoignore` leaves out. */
  readonly left: string[];
  readonly ignored: Ignored;
}

/** Depth first, names in code unit order, so that the same tree gives the same list everywhere. */
async function listSpecs(folder: string, found: Found, problems: Problem[], visited: Set<string>, depth: number): Promise<void> {
  let entries: Dirent[];
  try {
    const real = await realpath(folder);
    if (visited.has(real) || depth > MAX_FOLDER_DEPTH) return;
    visited.add(real);
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    problems.push(atStart(folder, `the folder cannot be read: ${reasonOf(error)}.`, 'Check its permissions.'));
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    const named = SPEC_NAME.test(entry.name) && !COMPANION_NAME.test(entry.name);
    try {
      if ((named || entry.isDirectory()) && found.ignored.has(path, entry.isDirectory())) {
        found.left.push(path);
        continue;
      }
    } catch (error) {
      problems.push(
        atStart(join(folder, IGNORE_FILE), `the file cannot be read: ${reasonOf(error)}.`, hintFor(error, 'Check its permissions.')),
      );
      return;
    }
    if (entry.isDirectory()) await listSpecs(path, found, problems, visited, depth + 1);
    // A link to a folder may hide specs as well as one to a file: neither is passed over without a word.
    else if (entry.isSymbolicLink() && (named || !/\.\w+$/.test(entry.name)))
      problems.push(atStart(path, 'this is a symbolic link, and links are not followed.', LINK_HINT));
    else if (named && entry.isFile()) found.out.push(path);
  }
}

const LINK_HINT = 'Put the file itself here, or name the path that it points to.';
const hintFor = (error: unknown, otherwise: string): string => (codeOf(error) === 'ENOTPLAIN' ? LINK_HINT : otherwise);

/** Reads until the end or one byte past the limit, whichever comes first: works for pipes and endless devices too. */
export const readBounded = (file: string): Uint8Array => readPlain(file, MAX_SPEC_BYTES);

async function readStream(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    chunks.push(bytes);
    length += bytes.length;
    if (length > MAX_SPEC_BYTES) break;
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all.subarray(0, MAX_SPEC_BYTES + 1);
}

/** Climbs to the first folder that exists, and looks there for a name like the one that does not. */
async function describeMissing(path: string): Promise<{ message: string; hint?: string }> {
  const message = `There is no file or folder ${quoted(path)}.`;
  let wanted = path;
  for (let i = 0; i < 64; i++) {
    const folder = dirname(wanted);
    let names: string[];
    try {
      names = (await readdir(folder, { withFileTypes: true }))
        .filter((entry) => !entry.name.startsWith('.') && (!entry.isFile() || SPEC_NAME.test(entry.name)))
        .map((entry) => entry.name);
    } catch {
      if (folder === wanted) break;
      wanted = folder;
      continue;
    }
    const near = nearestName(basename(wanted), names.sort());
    if (near === undefined) break;
    return { message, hint: `Did you mean ${quoted(join(folder, near) + path.slice(wanted.length))}?` };
  }
  return { message };
}

function quoted(path: string): string {
  return `\`${visible(path)}\``;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOTPLAIN':
      return (error as Error).message;
    case 'EACCES':
    case 'EPERM':
      return 'permission is denied';
    case 'ELOOP':
      return 'its links form a circle';
    case 'ENOENT':
      return 'it no longer exists';
    default:
      return codeOf(error) === '' ? String(error) : codeOf(error);
  }
}
