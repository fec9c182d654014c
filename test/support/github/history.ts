/** Commits, their ancestors, and what differs between two trees. Pure: works on a look-up of commits. */
import { createHash } from 'node:crypto';
import type { Commit, Tree } from './model.ts';

export type FindCommit = (sha: string) => Commit;

/** A symbolic link in a tree, as git keeps it: a blob of mode 120000 that holds where it leads. */
const LINK = '\0link ';
export const linkTo = (target: string): string => LINK + target;
/** A file that may be run. */
const PROGRAM = '\0program ';
export const programOf = (text: string): string => PROGRAM + text;

/** The mode and the bytes of a file in git's trees. */
export function blobOf(text: string): { readonly mode: '100644' | '100755' | '120000'; readonly content: string } {
  if (text.startsWith(LINK)) return { mode: '120000', content: text.slice(LINK.length) };
  if (text.startsWith(PROGRAM)) return { mode: '100755', content: text.slice(PROGRAM.length) };
  return { mode: '100644', content: text };
}

const sha1Bytes = (kind: string, content: Buffer): Buffer =>
  createHash('sha1').update(`${kind} ${content.length}\0`).update(content).digest();

/** As git numbers a file's content. */
export const blobSha = (text: string): string => sha1Bytes('blob', Buffer.from(blobOf(text).content)).toString('hex');

/** As git numbers a tree and what is below it (gitformat-pack; `git ls-tree`). */
export const treeSha = (tree: Tree): string => treeBytes([...tree]).toString('hex');

function treeBytes(files: readonly (readonly [path: string, text: string])[]): Buffer {
  const folders = new Map<string, [string, string][]>();
  const entries: { readonly name: string; readonly mode: string; readonly sha: Buffer }[] = [];
  for (const [path, text] of files) {
    const [, folder, rest] = /^([^/]+)\/(.+)$/s.exec(path) ?? [];
    if (folder === undefined || rest === undefined)
      entries.push({ name: path, mode: blobOf(text).mode, sha: sha1Bytes('blob', Buffer.from(blobOf(text).content)) });
    else folders.set(folder, [...(folders.get(folder) ?? []), [rest, text]]);
  }
  for (const [name, below] of folders) entries.push({ name, mode: '40000', sha: treeBytes(below) });
  // Git sorts a folder as if its name ended in a slash.
  const key = ({ name, mode }: { readonly name: string; readonly mode: string }): Buffer =>
    Buffer.from(mode === '40000' ? `${name}/` : name);
  entries.sort((x, y) => Buffer.compare(key(x), key(y)));
  return sha1Bytes('tree', Buffer.concat(entries.flatMap(({ name, mode, sha }) => [Buffer.from(`${mode} ${name}\0`), sha])));
}

/** Who made a commit and when, as git writes it. */
export const signatureOf = ({ author: { login, id }, date }: Pick<Commit, 'author' | 'date'>): string =>
  `${login} <${id}+${login}@users.noreply.github.com> ${Math.floor(Date.parse(date) / 1000)} +0000`;

/** As git numbers a commit. */
export function commitSha(commit: Omit<Commit, 'sha'>): string {
  const lines = [
    `tree ${treeSha(commit.tree)}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${signatureOf(commit)}`,
    `committer ${signatureOf(commit)}`,
    '',
    commit.message,
  ];
  return sha1Bytes('commit', Buffer.from(lines.join('\n'))).toString('hex');
}

/** `from` and all that it descends from, the newest first, no commit before one of its children. */
export function ancestors(from: string, find: FindCommit): Commit[] {
  const done = new Set<string>();
  const out: Commit[] = [];
  const visit = (sha: string): void => {
    if (done.has(sha)) return;
    done.add(sha);
    const commit = find(sha);
    for (const parent of commit.parents) visit(parent);
    out.push(commit);
  };
  visit(from);
  return out.reverse();
}

/** What `head` has and `base` has not, the oldest first. */
export function commitsBetween(base: string, head: string, find: FindCommit): Commit[] {
  const known = new Set(ancestors(base, find).map((commit) => commit.sha));
  return ancestors(head, find)
    .filter((commit) => !known.has(commit.sha))
    .reverse();
}

export function mergeBase(base: string, head: string, find: FindCommit): Commit | undefined {
  const known = new Set(ancestors(base, find).map((commit) => commit.sha));
  return ancestors(head, find).find((commit) => known.has(commit.sha));
}

export interface FileChange {
  readonly path: string;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly previous?: string;
  readonly additions: number;
  readonly deletions: number;
  /** Of the new content; of the old one when it is removed. */
  readonly sha: string;
}

/** Files that differ, by path. A file that vanished while another appeared with the same content was renamed. */
export function compareTrees(before: Tree, after: Tree): FileChange[] {
  const gone = new Map([...before].filter(([path]) => !after.has(path)));
  const changes: FileChange[] = [];
  for (const [path, text] of after) {
    const old = before.get(path);
    if (old === text) continue;
    if (old !== undefined) {
      changes.push({ path, status: 'modified', sha: blobSha(text), ...countLines(old, text) });
      continue;
    }
    const source = [...gone].find(([, content]) => content === text)?.[0];
    if (source === undefined) changes.push({ path, status: 'added', sha: blobSha(text), ...countLines('', text) });
    else {
      gone.delete(source);
      changes.push({ path, status: 'renamed', previous: source, additions: 0, deletions: 0, sha: blobSha(text) });
    }
  }
  for (const [path, text] of gone) changes.push({ path, status: 'removed', sha: blobSha(text), ...countLines(text, '') });
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Lines added and removed, by the longest common sequence of lines. */
function countLines(before: string, after: string): { additions: number; deletions: number } {
  const a = splitLines(before);
  const b = splitLines(after);
  let row = new Array<number>(b.length + 1).fill(0);
  for (const line of a) {
    const next = [0];
    for (const [j, other] of b.entries()) next.push(line === other ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    row = next;
  }
  const common = row[b.length] ?? 0;
  return { additions: b.length - common, deletions: a.length - common };
}

const splitLines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** What a merge of `head` into `base` holds, or undefined where both changed a file differently since `from`. */
export function mergeTrees(from: Tree, base: Tree, head: Tree): Tree | undefined {
  const merged = new Map(base);
  for (const path of new Set([...from.keys(), ...head.keys()])) {
    const [old, ours, theirs] = [from.get(path), base.get(path), head.get(path)];
    if (theirs === old || theirs === ours) continue;
    if (ours !== old) return undefined;
    if (theirs === undefined) merged.delete(path);
    else merged.set(path, theirs);
  }
  return merged;
}
