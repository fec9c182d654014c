/** `--changed-since REF`: the stacks whose files differ since a commit. What decides is pure; git is asked beside it. */

import { realpathSync } from 'node:fs';
import { dirname, posix, relative, resolve, sep } from 'node:path';
import { isAlias, parseAllDocuments, visit } from 'yaml';
import { ReconcileError } from '../errors.ts';
import { openRepository } from './git.ts';
import type { NamedSpec } from './specs.ts';

/** A spec and what it is made from, as paths from the root of the repository, with `/`. */
export interface SpecSources {
  readonly file: string;
  /** Files that decide with it: they need not be there. */
  readonly beside: readonly string[];
  /** Paths that the spec, and what it extends, may name: certificates, scripts, secrets. */
  readonly named: readonly string[];
  /** Its load script. */
  readonly script: string;
}

/** A spec that was there at the commit and is no more. Its stack may still be live. */
export interface GoneSpec {
  readonly file: string;
  readonly stack: string;
  readonly region: string;
}

const POLICIES = ['policy.yaml', 'policy.yml'];
const ENVIRONMENTS = ['environment.yaml', 'environment.yml'];
const SCRIPT = /\.[cm]?[jt]s$/;
const SPEC_NAME = /\.ya?ml$/;

/**
 * The specs that a set of changed paths is about: the spec itself, what it extends, what decides beside it, every file that these name, and
 * all that a load script can read: its folder, unless that is the whole repository, and what other scripts named import there. Too many is
 * no loss, one too few is.
 */
export function concernedBy(specs: readonly SpecSources[], changed: readonly string[]): ReadonlySet<string> {
  const paths = new Set(changed);
  const imported = changed.filter((path) => SCRIPT.test(path) || path.endsWith('.json'));
  const concerns = (path: string): boolean =>
    paths.has(path) || (SCRIPT.test(path) && imported.some((each) => each.startsWith(`${posix.dirname(path)}/`)));
  const readable = (script: string): boolean =>
    concerns(script) || (posix.dirname(script) !== '.' && changed.some((path) => path.startsWith(`${posix.dirname(script)}/`)));
  return new Set(
    specs
      .filter(({ file, beside, named, script }) => readable(script) || [file, ...beside, ...named].some(concerns))
      .map(({ file }) => file),
  );
}

/** What a spec is made from. `inRoot`: a path from where albedo runs, as one from the root of the repository. */
export function sourcesOfSpec({ file, text, bases, spec }: NamedSpec, inRoot: (path: string) => string): SpecSources {
  const texts = [text, ...bases.map((base) => base.text)];
  return {
    file: inRoot(file),
    beside: [...besideOf(inRoot(file)), ...bases.map((base) => inRoot(base.file))],
    // A certificate is named from the folder of the spec, a script from where albedo runs.
    named: texts.flatMap((each) =>
      pathsIn(Buffer.from(each).toString('utf8')).flatMap((name) => [inRoot(posix.join(posix.dirname(file), name)), inRoot(name)]),
    ),
    script: inRoot(spec.settings.load.script),
  };
}

/** Every text of a spec that can be the path of a file, from wherever it stands. */
export function pathsIn(text: string): readonly string[] {
  const found = new Set<string>();
  for (const document of parseAllDocuments(text)) {
    if (!('contents' in document)) continue;
    visit(document, {
      Scalar(_, { value }) {
        if (typeof value === 'string' && value !== '' && value.length < 4096 && !/[\0\n]/.test(value)) found.add(value);
      },
      Node(_, node) {
        return isAlias(node) ? visit.SKIP : undefined;
      },
    });
  }
  return [...found];
}

const isSpecName = (path: string): boolean => SPEC_NAME.test(path) && ![...POLICIES, ...ENVIRONMENTS].includes(posix.basename(path));

export interface Since {
  readonly ref: string;
  /** Full id of the commit compared with: where HEAD and `ref` parted. */
  readonly commit: string;
  readonly concerned: readonly NamedSpec[];
  readonly gone: readonly GoneSpec[];
}

/**
 * Which of the specs differ since a commit; the files that are there now count, committed or not. `paths` are those the specs were
 * read from: what was deleted below them is told. Throws `SpecInvalid` when the commit is not here.
 */
export function changedSince(specs: readonly NamedSpec[], paths: readonly string[], ref: string, folder = process.cwd()): Since {
  const repository = repositoryOf(folder);
  const named = repository.commitOf(ref);
  const head = repository.commitOf('HEAD');
  const commit = named === undefined || head === undefined ? undefined : repository.mergeBase(named, head);
  if (commit === undefined)
    throw new ReconcileError(
      'SpecInvalid',
      named === undefined ? `there is no commit \`${ref}\` here` : `HEAD and ${ref} have no common commit here`,
      {
        hint: repository.shallow
          ? 'The clone is shallow: fetch the history (`fetch-depth: 0` of actions/checkout).'
          : 'Name a branch, a tag or a commit, such as origin/main.',
      },
    );
  const { root, changed, deleted } = repository.changesSince(commit);
  const inRoot = (path: string): string =>
    relative(root, real(resolve(folder, path)))
      .split(sep)
      .join('/');
  const sources = specs.map((each) => sourcesOfSpec(each, inRoot));
  const wanted = concernedBy(sources, [...changed, ...deleted]);
  const places = paths.map(inRoot);
  const gone = deleted
    .filter(isSpecName)
    .filter((path) => places.some((place) => place === '' || path === place || path.startsWith(`${place}/`)))
    .flatMap((path): GoneSpec[] => {
      const text = openRepository(root).textAt(commit, path);
      const about = text === undefined ? undefined : stackIn(Buffer.from(text).toString('utf8'));
      return about === undefined ? [] : [{ file: path, ...about }];
    });
  return { ref, commit, concerned: specs.filter((_, index) => wanted.has(sources[index]?.file ?? '')), gone };
}

/** The policy of a folder is for its own specs, an environment for those below as well. */
function besideOf(file: string): readonly string[] {
  const own = posix.dirname(file);
  const above: string[] = [];
  for (let at = own; ; at = posix.dirname(at)) {
    above.push(...ENVIRONMENTS.map((name) => posix.join(at, name)));
    if (at === '.' || at === '/' || at.startsWith('..')) break;
  }
  return [...POLICIES.map((name) => posix.join(own, name)), ...above];
}

/** What is not there has no links to resolve, but the folder it would be in may have. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : resolve(real(folder), path.slice(folder.length).replace(/^[\\/]+/, ''));
  }
}

function repositoryOf(folder: string) {
  try {
    return openRepository(folder);
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError)) throw thrown;
    throw new ReconcileError('SpecInvalid', `--changed-since needs git, but ${thrown.message}`, {
      cause: thrown.cause,
      hint: 'Run albedo in a clone of the repository, with git on the PATH.',
    });
  }
}

/** What a deleted file was about; undefined when it was no spec. */
function stackIn(text: string): { readonly stack: string; readonly region: string } | undefined {
  const [document] = parseAllDocuments(text);
  const value: unknown = document !== undefined && 'contents' in document ? document.toJS({ maxAliasCount: 0 }) : undefined;
  if (typeof value !== 'object' || value === null || !('stack' in value) || typeof value.stack !== 'string') return undefined;
  return { stack: value.stack, region: 'region' in value && typeof value.region === 'string' ? value.region : '' };
}
