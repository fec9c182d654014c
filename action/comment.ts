/** Finds, writes, rewrites and removes the one comment of a stack. What it says is made by `reconciler/report/comment.ts`. */

import { type Attempt, type CommentKey, isAbout, isLater, type Marker, readMarker } from '../reconciler/report/comment-marker.ts';
import { type Entry, type GitHub, GitHubFailure } from './github.ts';

export interface Place {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
}

export interface Posted {
  readonly id: number;
  readonly url: string;
  /** `late`: a later run wrote it already, and it was left as it is. */
  readonly what: 'created' | 'updated' | 'late' | 'removed';
}

/** What to do, given the marker of the comment that is there: its new text, or to remove it, or nothing. */
export type Decide = (before: Marker | undefined) => { readonly body: string } | 'remove' | 'nothing';

export interface Board {
  /** Begins to read what is there, beside other work; what goes wrong is told by the first `post`. */
  begin(): void;
  /** Undefined when nothing was done. Throws `GitHubFailure`. */
  post(key: CommentKey, attempt: Attempt, decide: Decide): Promise<Posted | undefined>;
  /** Marks plans of ours with this key that are of another commit than the head as such: nobody should approve them. Throws `GitHubFailure`. */
  outdate(key: string, head: string, attempt: Attempt): Promise<void>;
}

interface Found {
  readonly id: number;
  readonly url: string;
  readonly marker: Marker;
  readonly body: string;
}

/** What was read is believed for so long. */
const STALE_MS = 20_000;

/** How a comment begins whose plan is not of the head any more. */
const OUTDATED = '> [!WARNING]\n> This plan is from an earlier commit';
const MOST_OUTDATED = 5;

const LIST = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
const CREATE = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
const UPDATE = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}';
const REMOVE = 'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}';

/**
 * The comments of one pull request, read once, and again where that is long ago. Ours are those with a marker **and** by the token's own author: anybody may copy a
 * marker into a comment of theirs.
 */
export function openBoard(github: GitHub, place: Place, author: () => Promise<string>, now: () => number = Date.now): Board {
  const later = laterRuns(github, place);
  const { owner, repo, number } = place;
  let read: Promise<Found[]> | undefined;
  let readAt = 0;
  const ours = async (): Promise<Found[]> => {
    readAt = now();
    const login = await author();
    const entries = await github.all(LIST, { owner, repo, issue_number: number });
    return entries.flatMap((entry) => {
      const marker = authorOf(entry) === login.toLowerCase() ? readMarker(String(entry['body'] ?? '')) : undefined;
      return marker === undefined
        ? []
        : [{ id: Number(entry['id']), url: String(entry['html_url']), marker, body: String(entry['body'] ?? '') }];
    });
  };
  const about = async (key: CommentKey): Promise<Found[]> =>
    (await (read ??= ours())).filter((each) => isAbout(each.marker, key)).sort((a, b) => a.id - b.id);
  const remember = async (found: Found): Promise<void> => {
    const list = (await read) ?? [];
    read = Promise.resolve([...list.filter((each) => each.id !== found.id), found]);
  };
  const written = async (data: unknown, body: string, what: Posted['what']): Promise<Posted> => {
    const { id, html_url: url } = data as Entry;
    const posted = { id: Number(id), url: String(url), what };
    const marker = readMarker(body);
    if (marker !== undefined) await remember({ id: posted.id, url: posted.url, marker, body });
    return posted;
  };
  const remove = async (id: number): Promise<void> => {
    try {
      await github.call(REMOVE, { owner, repo, comment_id: id });
    } catch (error) {
      if (!(error instanceof GitHubFailure) || error.status !== 404) throw error;
    }
    read = Promise.resolve(((await read) ?? []).filter((each) => each.id !== id));
  };

  const post: Board['post'] = async (key, attempt, decide) => {
    // A load test takes minutes, and a later run may have written since.
    if (now() - readAt > STALE_MS) read = undefined;
    const [first, ...doubles] = await about(key);
    let newest: Found | undefined;
    for (const each of [first, ...doubles]) if (each !== undefined && (await later(each.marker, attempt))) newest ??= each;
    if (newest !== undefined) return { id: newest.id, url: newest.url, what: 'late' };
    // Two runs that began at once may both have found nothing: the first comment stays.
    for (const { id } of doubles) await remove(id);
    const decision = decide(first?.marker);
    if (decision === 'nothing') return undefined;
    if (decision === 'remove') {
      if (first === undefined) return undefined;
      await remove(first.id);
      return { id: first.id, url: first.url, what: 'removed' };
    }
    if (first !== undefined) {
      try {
        const { data } = await github.call(UPDATE, { owner, repo, comment_id: first.id, body: decision.body });
        return await written(data, decision.body, 'updated');
      } catch (error) {
        // Somebody removed it after it was found.
        if (!(error instanceof GitHubFailure) || error.status !== 404) throw error;
      }
    }
    return create(key, decision.body);
  };

  /** A create whose answer was lost is looked for before it is sent again. */
  const create = async (key: CommentKey, body: string): Promise<Posted> => {
    try {
      const { data } = await github.call(CREATE, { owner, repo, issue_number: number, body }, { once: true });
      return await written(data, body, 'created');
    } catch (error) {
      if (!(error instanceof GitHubFailure) || !error.uncertain) throw error;
      read = undefined;
      const [made] = await about(key);
      if (made !== undefined) return { id: made.id, url: made.url, what: 'created' };
      const { data } = await github.call(CREATE, { owner, repo, issue_number: number, body }, { once: true });
      return written(data, body, 'created');
    }
  };

  const outdate: Board['outdate'] = async (key, head, attempt) => {
    const plans = (await (read ??= ours())).filter(
      ({ marker, body }) =>
        marker.key === key && marker.state === 'planned' && marker.head !== '' && marker.head !== head && !body.startsWith(OUTDATED),
    );
    for (const { id, marker, body } of plans.slice(0, MOST_OUTDATED))
      if (!(await later(marker, attempt)))
        await github.call(UPDATE, {
          owner,
          repo,
          comment_id: id,
          body: `${OUTDATED} (${marker.head.slice(0, 7)}), and the head is ${head.slice(0, 7)}, which could not be planned.\n\n${body}`,
        });
  };

  return {
    post,
    outdate,
    begin: () => {
      read ??= ours();
      read.catch(() => undefined);
    },
  };
}

/**
 * Whether what a comment says of its run is later than ours, and true. Whoever may write can edit a comment of ours, and one that claims
 * the greatest run there could be would stay for ever: so GitHub is asked for the run, and what it does not confirm does not count.
 */
export function laterRuns(
  github: GitHub,
  { owner, repo }: Pick<Place, 'owner' | 'repo'>,
): (claimed: Attempt, own: Attempt) => Promise<boolean> {
  const known = new Map<number, Promise<number>>();
  const attemptsOf = async (run: number): Promise<number> => {
    try {
      const { data } = await github.call('GET /repos/{owner}/{repo}/actions/runs/{run_id}', { owner, repo, run_id: run });
      return Number((data as Entry)['run_attempt'] ?? 0);
    } catch (error) {
      if (!(error instanceof GitHubFailure)) throw error;
      return 0;
    }
  };
  return async (claimed, own) => {
    if (!isLater(claimed, own)) return false;
    let attempts = known.get(claimed.run);
    if (attempts === undefined) known.set(claimed.run, (attempts = attemptsOf(claimed.run)));
    return (await attempts) >= claimed.attempt;
  };
}

const authorOf = (entry: Entry): string => String((entry['user'] as Entry | null | undefined)?.['login'] ?? '').toLowerCase();
