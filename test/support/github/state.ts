/** All that the server knows, and the verbs with which a test says what is so. */
import { type Conversations, createConversations } from './conversations.ts';
import type { Repository } from './model.ts';
import { createRuns, type Runs } from './runs.ts';
import { createStore, type Store } from './store.ts';

export interface State extends Store, Conversations, Runs {
  /** The commit that a branch, tag, ref or (shortened) SHA names, those of pull requests too. */
  resolve(repository: Repository, name: string): string | undefined;
}

export interface StateOptions {
  /** The wall clock when left out. */
  readonly now?: () => Date;
  /** Base URL of pages. Default `https://github.com`. */
  readonly site?: string;
}

export function createState(options: StateOptions = {}): State {
  const store = createStore(options.now ?? (() => new Date()), options.site ?? 'https://github.com');
  const conversations = createConversations(store);
  const resolve: State['resolve'] = (repository, name) => {
    const named = [name, `refs/${name}`, `refs/heads/${name}`, `refs/tags/${name}`].map((ref) => repository.refs.get(ref)).find(Boolean);
    if (named) return named;
    const [, number, side] = /^(?:refs\/)?pull\/(\d+)\/(head|merge)$/.exec(name) ?? [];
    const issue = number === undefined ? undefined : repository.issues.get(Number(number));
    if (issue?.pull) {
      const { head, merge } = conversations.pullCommits(repository.fullName, issue.number);
      return side === 'head' ? head.sha : merge?.sha;
    }
    if (!/^[0-9a-f]{7,40}$/.test(name)) return undefined;
    return store.hasCommit(name) ? name : [...repository.refs.values()].find((sha) => sha.startsWith(name));
  };
  return Object.assign(store, conversations, createRuns(store), { resolve });
}
