/** The server's commits as git repositories on this machine, for checkouts to take them from. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ancestors } from '../github/history.ts';
import type { State } from '../github/state.ts';

/**
 * Writes every repository to `folder/OWNER/NAME`. Commits get other ids there than at the server, which numbers them in its own way;
 * each is to be found under `refs/commits/<its id at the server>`.
 */
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
      const { login, id } = commit.author;
      lines.push(
        `commit refs/commits/${commit.sha}`,
        `mark :${marks.get(commit.sha)}`,
        `committer ${login} <${id}+${login}@users.noreply.github.com> ${Math.floor(Date.parse(commit.date) / 1000)} +0000`,
        data(commit.message),
        ...(first === undefined ? [] : [`from ${first}`]),
        ...others.map((parent) => `merge ${parent}`),
        'deleteall',
        ...[...commit.tree].map(([file, text]) => `M 100644 inline ${JSON.stringify(file)}\n${data(text)}`),
        '',
      );
    }
  for (const [ref, sha] of refs) lines.push(`reset ${ref}`, `from :${marks.get(sha)}`, '');
  return lines.join('\n');
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}`;
