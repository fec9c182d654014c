/** Issues, their comments and labels; pull requests are issues here too, as at GitHub. */
import { roleOf } from './access.ts';
import { ROLES } from './model.ts';
import { checkCommentBody, checkText, invalid, notFound, Refusal } from './refusal.ts';
import { renderComment, renderIssue, renderLabel, renderLabelEvent } from './render-conversation.ts';
import { type Answer, type Call, callerOf, created, findByNumber, type Route, reads, stringIn, stringsIn, writes } from './route.ts';

const issueOf = ({ repository, params }: Call) => findByNumber(repository.issues, params['issue_number']);
const commentOf = ({ repository, params }: Call) => findByNumber(repository.comments, params['comment_id']);

const answerIssue = (call: Call, number: number): Answer => ({
  body: renderIssue(call.state, call.repository, findByNumber(call.repository.issues, String(number))),
});
const answerLabels = (call: Call): Answer => ({ body: issueOf(call).labels.map((name) => renderLabel(call.state, call.repository, name)) });

/** People change their own comments, and those of others when they may write. */
function checkEditor(call: Call): void {
  const user = callerOf(call);
  if (call.token?.kind !== 'user' || commentOf(call).user === user) return;
  const role = roleOf(call.repository, user.login) ?? 'read';
  if (ROLES.indexOf(role) < ROLES.indexOf('write')) throw new Refusal(403, 'Must have admin rights to Repository.');
}

function listIssues({ state, repository, query }: Call): Answer {
  const wanted = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '')
    .split(',')
    .filter(Boolean)
    .map((name) => name.toLowerCase());
  const creator = query.get('creator');
  const since = query.get('since');
  const found = [...repository.issues.values()].filter(
    (issue) =>
      (wanted === 'all' || issue.state === wanted) &&
      labels.every((name) => issue.labels.some((each) => each.toLowerCase() === name)) &&
      (creator === null || issue.user.login === creator) &&
      (since === null || Date.parse(issue.updatedAt) >= Date.parse(since)),
  );
  const key = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  // The newest first; within one second by number.
  found.sort((a, b) => b[key].localeCompare(a[key]) || b.number - a.number);
  if (query.get('direction') === 'asc') found.reverse();
  return { items: found.map((issue) => renderIssue(state, repository, issue)) };
}

function updateIssue(call: Call): Answer {
  const { state, repository, body } = call;
  const issue = issueOf(call);
  const title = body['title'] === undefined || body['title'] === null ? undefined : String(body['title']);
  const text = body['body'] === undefined ? undefined : (stringIn(body, 'body') ?? null);
  checkText('Issue', title, text);
  if (title !== undefined) issue.title = title;
  if (text !== undefined) issue.body = text;
  if (body['labels'] !== undefined) {
    issue.labels = [];
    state.addLabels(repository.fullName, issue.number, stringsIn(body, 'labels'), callerOf(call).login);
  }
  if (body['assignees'] !== undefined) issue.assignees = stringsIn(body, 'assignees').map((login) => state.user(login));
  const reason = (['completed', 'not_planned', 'duplicate', 'reopened'] as const).find((each) => each === body['state_reason']);
  const next = stringIn(body, 'state');
  if (next === 'open' || next === 'closed') state.setState(repository.fullName, issue.number, next, callerOf(call).login, reason);
  issue.updatedAt = state.now();
  return answerIssue(call, issue.number);
}

export const ISSUE_ROUTES: Readonly<Record<string, Route>> = {
  // Of pull requests too, both need permission on issues: GitHub's table of permissions of apps has them nowhere else (github/docs,
  // src/github-apps/data/fpt-2022-11-28/server-to-server-permissions.json; the same table is behind every `needs` here).
  'issues/list-for-repo': { needs: reads('issues'), handle: listIssues },
  'issues/get': { needs: reads('issues'), handle: (call) => answerIssue(call, issueOf(call).number) },
  'issues/create': {
    needs: writes('read', 'issues'),
    handle(call) {
      const { state, repository, body } = call;
      const title = String(body['title']);
      const text = stringIn(body, 'body') ?? null;
      checkText('Issue', title, text);
      const user = callerOf(call);
      // Labels of somebody who may not triage are dropped without a word.
      const triage = call.token?.kind !== 'user' || ROLES.indexOf(roleOf(repository, user.login) ?? 'read') >= ROLES.indexOf('triage');
      const labels = triage ? stringsIn(body, 'labels') : [];
      const issue = state.openIssue(repository.fullName, { title, body: text, user: user.login, labels });
      issue.assignees = stringsIn(body, 'assignees').map((login) => state.user(login));
      const answer = renderIssue(state, repository, issue);
      return created(answer, answer['url']);
    },
  },
  'issues/update': { needs: writes('triage', 'issues', 'pull_requests'), handle: updateIssue },
  'issues/list-comments': {
    needs: reads('issues', 'pull_requests'),
    handle(call) {
      const { number } = issueOf(call);
      const since = Date.parse(call.query.get('since') ?? '1970-01-01T00:00:00Z');
      const found = [...call.repository.comments.values()].filter((each) => each.issue === number && Date.parse(each.updatedAt) >= since);
      return { items: found.map((comment) => renderComment(call.state, call.repository, comment)) };
    },
  },
  'issues/get-comment': {
    needs: reads('issues', 'pull_requests'),
    handle: (call) => ({ body: renderComment(call.state, call.repository, commentOf(call)) }),
  },
  'issues/create-comment': {
    needs: writes('read', 'issues', 'pull_requests'),
    handle(call) {
      const { state, repository, body } = call;
      const text = stringIn(body, 'body') ?? '';
      checkCommentBody(text);
      const answer = renderComment(state, repository, state.comment(repository.fullName, issueOf(call).number, callerOf(call).login, text));
      return created(answer, answer['url']);
    },
  },
  'issues/update-comment': {
    needs: writes('read', 'issues', 'pull_requests'),
    handle(call) {
      checkEditor(call);
      const comment = commentOf(call);
      const text = stringIn(call.body, 'body') ?? '';
      checkCommentBody(text);
      Object.assign(comment, { body: text, updatedAt: call.state.now() });
      return { body: renderComment(call.state, call.repository, comment) };
    },
  },
  'issues/delete-comment': {
    needs: writes('read', 'issues', 'pull_requests'),
    handle(call) {
      checkEditor(call);
      call.repository.comments.delete(commentOf(call).id);
      return { status: 204 };
    },
  },
  'issues/list-labels-on-issue': {
    needs: reads('issues', 'pull_requests'),
    handle: (call) => ({ items: issueOf(call).labels.map((name) => renderLabel(call.state, call.repository, name)) }),
  },
  'issues/add-labels': {
    needs: writes('triage', 'issues', 'pull_requests'),
    handle(call) {
      call.state.addLabels(call.repository.fullName, issueOf(call).number, stringsIn(call.body, 'labels'), callerOf(call).login);
      return answerLabels(call);
    },
  },
  'issues/set-labels': {
    needs: writes('triage', 'issues', 'pull_requests'),
    handle(call) {
      const issue = issueOf(call);
      issue.labels = [];
      call.state.addLabels(call.repository.fullName, issue.number, stringsIn(call.body, 'labels'), callerOf(call).login);
      return answerLabels(call);
    },
  },
  'issues/remove-label': {
    needs: writes('triage', 'issues', 'pull_requests'),
    handle(call) {
      const issue = issueOf(call);
      const name = call.params['name'] ?? '';
      if (!issue.labels.some((each) => each.toLowerCase() === name.toLowerCase())) throw new Refusal(404, 'Label does not exist');
      call.state.removeLabel(call.repository.fullName, issue.number, name, callerOf(call).login);
      return answerLabels(call);
    },
  },
  'issues/list-events': {
    needs: reads('issues', 'pull_requests'),
    handle: (call) => ({ items: issueOf(call).labelEvents.map((event) => renderLabelEvent(call.state, call.repository, event)) }),
  },
  'issues/delete-label': {
    needs: writes('write', 'issues', 'pull_requests'),
    handle({ state, repository, params }) {
      const name = params['name'] ?? '';
      if (!repository.labels.has(name.toLowerCase())) throw notFound();
      state.deleteLabel(repository.fullName, name);
      return { status: 204 };
    },
  },
  'issues/list-labels-for-repo': {
    needs: reads('issues', 'pull_requests'),
    handle: ({ state, repository }) => ({ items: [...repository.labels.values()].map(({ name }) => renderLabel(state, repository, name)) }),
  },
  'issues/get-label': {
    needs: reads('issues', 'pull_requests'),
    handle({ state, repository, params }) {
      const found = repository.labels.get((params['name'] ?? '').toLowerCase());
      if (!found) throw notFound();
      return { body: renderLabel(state, repository, found.name) };
    },
  },
  'issues/create-label': {
    needs: writes('write', 'issues', 'pull_requests'),
    handle({ state, repository, body }) {
      const name = stringIn(body, 'name') ?? '';
      const color = stringIn(body, 'color') ?? 'ededed';
      const description = stringIn(body, 'description') ?? null;
      if (repository.labels.has(name.toLowerCase())) throw invalid({ resource: 'Label', code: 'already_exists', field: 'name' });
      if (!/^[0-9a-f]{6}$/i.test(color)) throw invalid({ resource: 'Label', code: 'invalid', field: 'color' });
      // Limits of a label: 50 characters for its name, 100 for its description.
      if (name.length > 50)
        throw invalid({ resource: 'Label', code: 'custom', field: 'name', message: 'name is too long (maximum is 50 characters)' });
      if ((description ?? '').length > 100)
        throw invalid({
          resource: 'Label',
          code: 'custom',
          field: 'description',
          message: 'description is too long (maximum is 100 characters)',
        });
      const answer = renderLabel(state, repository, state.addLabel(repository.fullName, name, color.toLowerCase(), description).name);
      return created(answer, answer['url']);
    },
  },
};
