/** One living issue a stack for what is live otherwise than the spec says: opened, rewritten, closed and opened again. */

import { renderComment } from '../reconciler/report/comment.ts';
import { isAbout, readMarker } from '../reconciler/report/comment-marker.ts';
import { visible } from '../reconciler/report/format.ts';
import { laterRuns } from './comment.ts';
import type { Entry, GitHub } from './github.ts';
import type { StackOutcome } from './outcome.ts';
import { contentOf, keyOf, type Shown } from './show.ts';

const LABEL = 'albedo-drift';

/** The address of the issue while it is open. Only what carries the marker and is by the token's own author is ours. */
export async function keepIssue(
  github: GitHub,
  shown: Shown,
  outcome: StackOutcome,
  me: () => Promise<string>,
): Promise<string | undefined> {
  const { inputs, context } = shown;
  const { owner, repo } = context;
  // A read that failed says nothing of drift: the issue stays as it is.
  if (outcome.state !== 'drifted' && outcome.state !== 'unchanged') return undefined;
  const login = (await me()).toLowerCase();
  const key = keyOf(outcome, inputs);
  const issues = await github.all('GET /repos/{owner}/{repo}/issues', {
    owner,
    repo,
    state: 'all',
    labels: LABEL,
    sort: 'created',
    direction: 'asc',
  });
  const found = issues
    .filter(
      (issue) => issue['pull_request'] === undefined && String((issue['user'] as Entry | null)?.['login'] ?? '').toLowerCase() === login,
    )
    .map((issue) => ({ issue, marker: readMarker(String(issue['body'] ?? '')) }))
    .find(({ marker }) => marker !== undefined && isAbout(marker, key));
  if (found?.marker !== undefined && (await laterRuns(github, context)(found.marker, { run: context.runId, attempt: context.attempt })))
    return undefined;
  const open = found?.issue['state'] === 'open';
  const number = found === undefined ? undefined : Number(found.issue['number']);
  if (outcome.state === 'unchanged' && !open) return undefined;
  const body = renderComment(contentOf(outcome, shown, found?.marker));
  const title = `Drift in ${visible(outcome.stack)}: AWS differs from the spec`.slice(0, 250);
  if (number === undefined) {
    const { data } = await github.call('POST /repos/{owner}/{repo}/issues', { owner, repo, title, body, labels: [LABEL] }, { once: true });
    return String((data as Entry)['html_url']);
  }
  const closed = outcome.state === 'unchanged';
  const { data } = await github.call('PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
    ...{ owner, repo, issue_number: number, body },
    ...(closed ? { state: 'closed', state_reason: 'completed' } : open ? {} : { state: 'open' }),
  });
  return closed ? undefined : String((data as Entry)['html_url']);
}
