/** The server's commits as git repositories on this machine, for checkouts to take them from. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ancestors, blobOf, signatureOf } from '../github/history.ts';
import type { State } from '../github/state.ts';

/** Writes every repository to `folder/OWNER/NAME`, where its commits have the ids that they have at the server. */
export function writeOrigins(state: State, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  for (const repository of state.repositories.values()) {
    const refs = new Map(repository.refs);
    for (const issue of repository.issues.values()) {
      if (!issue.pull) continue;
      const { head, merge } = state.pullCommits(repository.fullName, issue.number);
      refs.set(`refs/pull/${issue.number}/head`, head.sha);
      if (merge) refs.set(`refs/pull/${issue.number}/merge`, merge.sha);
    }
    const path = join(folder, repository.fullName);
    mkdirSync(path, { recursive: true });
    const git = (args: readonly string[], input = ''): void =>
      void execFileSync('git', args, { cwd: path, input, stdio: ['pipe', 'ignore', 'inherit'] });
    git(['init', '--quiet', '--bare', '--initial-branch=main']);
    // As GitHub does: a commit is fetched by its id, and large files may be left behind.
    git(['config', 'uploadpack.allowAnySHA1InWant', 'true']);
    git(['config', 'uploadpack.allowFilter', 'true']);
    git(['fast-import', '--quiet'], streamOf(state, refs));
  }
}

/** As `git fast-import` reads it. */
function streamOf(state: State, refs: ReadonlyMap<string, string>): string {
  const marks = new Map<string, number>();
  const lines: string[] = [];
  for (const tip of refs.values())
    for (const commit of ancestors(tip, state.findCommit).reverse()) {
      if (marks.has(commit.sha)) continue;
      marks.set(commit.sha, marks.size + 1);
      const [first, ...others] = commit.parents.map((parent) => `:${marks.get(parent)}`);
      lines.push(
        'commit refs/import',
        `mark :${marks.get(commit.sha)}`,
        `committer ${signatureOf(commit)}`,
        data(commit.message),
        ...(first === undefined ? [] : [`from ${first}`]),
        ...others.map((parent) => `merge ${parent}`),
        'deleteall',
        ...[...commit.tree].map(([file, text]) => {
          const { mode, content } = blobOf(text);
          return `M ${mode} inline ${JSON.stringify(file)}\n${data(content)}`;
        }),
        '',
      );
    }
  for (const [ref, sha] of refs) lines.push(`reset ${ref}`, `from :${marks.get(sha)}`, '');
  lines.push('reset refs/import', `from ${'0'.repeat(40)}`, '');
  return lines.join('\n');
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}`;
