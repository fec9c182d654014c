/** Pull requests, their files, commits and reviews. */
import { checkText, invalid, Refusal } from './refusal.ts';
import { changesOfPull, renderFullPull, renderPull, renderReview } from './render-conversation.ts';
import { renderCommit, renderFile } from './render-repository.ts';
import { type Answer, type Call, callerOf, created, findPull, type Route, reads, stringIn, writes } from './route.ts';

/** Files of a pull request that can be listed, over all pages; commits likewise. */
const MOST_FILES = 3000;
const MOST_COMMITS = 250;

const answerPull = (call: Call): Answer => ({ body: renderFullPull(call.state, call.repository, findPull(call)) });

function listPulls({ state, repository, query }: Call): Answer {
  const wanted = query.get('state') ?? 'open';
  const head = query.get('head');
  const base = query.get('base');
  const found = [...repository.issues.values()].filter(({ state: now, pull }) => {
    if (!pull || (wanted !== 'all' && now !== wanted) || (base !== null && pull.base.ref !== base)) return false;
    // Without an owner GitHub does not filter by it at all.
    return !head?.includes(':') || `${pull.head.repository.split('/')[0]}:${pull.head.ref}` === head;
  });
  const key = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  found.sort((a, b) => b[key].localeCompare(a[key]) || b.number - a.number);
  // By creation the newest come first, by update the oldest, unless it is said.
  if ((query.get('direction') ?? (key === 'createdAt' ? 'desc' : 'asc')) === 'asc') found.reverse();
  return { items: found.map((issue) => renderPull(state, repository, issue)) };
}

function updatePull(call: Call): Answer {
  const { state, repository, body } = call;
  const issue = findPull(call);
  const title = stringIn(body, 'title');
  const text = stringIn(body, 'body');
  checkText('PullRequest', title, text);
  const next = stringIn(body, 'state');
  if (next === 'open' || next === 'closed') state.setState(repository.fullName, issue.number, next, callerOf(call).login);
  if (title !== undefined) issue.title = title;
  if (text !== undefined) issue.body = text;
  issue.updatedAt = state.now();
  return answerPull(call);
}

/** What a reviewer says when submitting, and how the review stands then. Without it the review stays pending. */
const EVENTS = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const;

function checkSetting({ token, repository }: Call): void {
  if (token?.kind === 'installation' && !repository.actionsMayOpenPulls)
    throw new Refusal(403, 'GitHub Actions is not permitted to create or approve pull requests.');
}

function createReview(call: Call): Answer {
  const { state, repository, body } = call;
  const issue = findPull(call);
  const user = callerOf(call);
  const event = Object.entries(EVENTS).find(([name]) => name === body['event'])?.[1] ?? 'PENDING';
  if (event === 'APPROVED') checkSetting(call);
  const own = issue.user === user && (event === 'APPROVED' || event === 'CHANGES_REQUESTED');
  if (own)
    throw new Refusal(422, 'Unprocessable Entity', {
      errors: [`Can not ${event === 'APPROVED' ? 'approve' : 'request changes on'} your own pull request`],
    });
  return {
    body: renderReview(
      state,
      repository,
      issue,
      state.review(repository.fullName, issue.number, user.login, event, stringIn(body, 'body')),
    ),
  };
}

export const PULL_ROUTES: Readonly<Record<string, Route>> = {
  'pulls/list': { needs: reads('pull_requests'), handle: listPulls },
  'pulls/get': { needs: reads('pull_requests'), handle: answerPull },
  'pulls/create': {
    needs: writes('read', 'pull_requests'),
    handle(call) {
      checkSetting(call);
      const { state, repository, body } = call;
      const title = stringIn(body, 'title');
      if (title === undefined) throw invalid({ resource: 'PullRequest', code: 'missing_field', field: 'title' });
      const text = stringIn(body, 'body') ?? null;
      checkText('PullRequest', title, text);
      const [head, base] = [stringIn(body, 'head') ?? '', stringIn(body, 'base') ?? ''];
      const seed = { title, body: text, head, base, user: callerOf(call).login, draft: body['draft'] === true };
      const answer = renderFullPull(state, repository, state.openPull(repository.fullName, seed));
      return created(answer, answer['url']);
    },
  },
  'pulls/update': { needs: writes('write', 'pull_requests'), handle: updatePull },
  'pulls/list-files': {
    needs: reads('pull_requests'),
    handle(call) {
      const { head, files } = changesOfPull(call.state, call.repository, findPull(call));
      return { items: files.slice(0, MOST_FILES).map((file) => renderFile(call.state, call.repository, head.sha, file)) };
    },
  },
  'pulls/list-commits': {
    needs: reads('pull_requests'),
    handle(call) {
      const { commits } = changesOfPull(call.state, call.repository, findPull(call));
      return { items: commits.slice(0, MOST_COMMITS).map((commit) => renderCommit(call.state, call.repository, commit)) };
    },
  },
  'pulls/list-reviews': {
    needs: reads('pull_requests'),
    handle(call) {
      const issue = findPull(call);
      return { items: (issue.pull?.reviews ?? []).map((review) => renderReview(call.state, call.repository, issue, review)) };
    },
  },
  'pulls/create-review': { needs: writes('read', 'pull_requests'), handle: createReview },
};
