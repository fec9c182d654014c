/** Check runs and commit statuses. */
import type { Annotation, CheckRun, Conclusion, RunStatus, Status } from './model.ts';
import { invalid, Refusal } from './refusal.ts';
import { renderAnnotation, renderCheckRun, renderSimpleStatus, renderStatus } from './render-actions.ts';
import { renderMinimalRepository, repositoryUrl } from './render-repository.ts';
import { type Answer, type Call, callerOf, created, findByNumber, objectIn, type Route, reads, stringIn, writes } from './route.ts';
import { list } from './schema.ts';

const checkOf = ({ repository, params }: Call): CheckRun => findByNumber(repository.checkRuns, params['check_run_id']);

/** The commit that a path names, in `ref` or `sha`. */
function commitOf({ state, repository, params }: Call): string {
  const name = params['ref'] ?? params['sha'] ?? '';
  const sha = state.resolve(repository, name);
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${name}`);
  return sha;
}

/** Bytes of a summary, where the description counts characters; a text that has more is cut without a word. */
const MOST_BYTES = 65_535;

const cut = (text: string | undefined): string | undefined =>
  text === undefined
    ? undefined
    : Buffer.from(text)
        .subarray(0, MOST_BYTES)
        .toString()
        .replace(/\uFFFD$/, '');

/** Writes what a request says of a check run; what it leaves out stays. */
function writeCheck(call: Call, check: CheckRun): void {
  const { body, state } = call;
  const conclusion = stringIn(body, 'conclusion') as Conclusion | undefined;
  // Completion needs to say how it ended; how it ended means that it has.
  const status = conclusion ? 'completed' : (stringIn(body, 'status') as RunStatus | undefined);
  if (!conclusion && !check.conclusion && (status === 'completed' || body['completed_at'] !== undefined))
    throw new Refusal(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied.');
  const output = objectIn(body, 'output');
  const summary = stringIn(output ?? {}, 'summary');
  if (Buffer.byteLength(summary ?? '') > MOST_BYTES) {
    const message = `summary exceeds a maximum bytesize of ${MOST_BYTES}`;
    throw invalid({ resource: 'CheckRun', code: 'custom', field: 'summary', message });
  }
  check.name = stringIn(body, 'name') ?? check.name;
  check.status = status ?? check.status;
  check.conclusion = conclusion ?? (check.status === 'completed' ? check.conclusion : null);
  check.completedAt = stringIn(body, 'completed_at') ?? (check.status === 'completed' ? (check.completedAt ?? state.now()) : null);
  check.startedAt = stringIn(body, 'started_at') ?? check.startedAt;
  check.externalId = stringIn(body, 'external_id') ?? check.externalId;
  // GITHUB_TOKEN's own checks point to the run they were made in, whatever is said: nothing is kept of it.
  check.detailsUrl = call.token?.kind === 'installation' ? check.detailsUrl : (stringIn(body, 'details_url') ?? check.detailsUrl);
  if (!output) return;
  check.title = stringIn(output, 'title') ?? check.title;
  check.summary = summary ?? check.summary;
  check.text = cut(stringIn(output, 'text')) ?? check.text;
  // Each request adds to those that are there.
  check.annotations.push(...(list(output['annotations']) as readonly Annotation[]));
}

const checkBody = ({ state, repository }: Call, check: CheckRun) => renderCheckRun(state, repository, check);

function listChecks(call: Call): Answer {
  const { repository, query } = call;
  const sha = commitOf(call);
  const name = query.get('check_name');
  const status = query.get('status');
  const all = [...repository.checkRuns.values()]
    .filter((each) => each.headSha === sha && (name === null || each.name === name) && (status === null || each.status === status))
    .reverse();
  // Unless all are asked for, of each name the latest.
  const found =
    query.get('filter') === 'all' ? all : all.filter((each, i) => all.findIndex(({ name: other }) => other === each.name) === i);
  return { items: found.map((check) => checkBody(call, check)), wrap: (page, total) => ({ total_count: total, check_runs: page }) };
}

const statusesOf = (call: Call): Status[] => {
  const sha = commitOf(call);
  return call.repository.statuses.filter((status) => status.sha === sha).reverse();
};

function combinedStatus(call: Call): Answer {
  const { state, repository } = call;
  const sha = commitOf(call);
  const all = statusesOf(call);
  const latest = all.filter((each, i) => all.findIndex(({ context }) => context === each.context) === i);
  const failed = latest.some((each) => each.state === 'error' || each.state === 'failure');
  const passed = latest.length > 0 && latest.every((each) => each.state === 'success');
  const commit = `${repositoryUrl(state, repository)}/commits/${sha}`;
  const whole = { state: failed ? 'failure' : passed ? 'success' : 'pending', sha, commit_url: commit, url: `${commit}/status` };
  return {
    items: latest.map((status) => renderSimpleStatus(state, repository, status)),
    wrap: (statuses, total) => ({ ...whole, total_count: total, statuses, repository: renderMinimalRepository(state, repository) }),
  };
}

function createStatus(call: Call): Answer {
  const { state, repository, body } = call;
  const sha = commitOf(call);
  const description = stringIn(body, 'description') ?? null;
  if ((description ?? '').length > 140)
    throw new Refusal(422, 'Validation Failed', {
      errors: [
        { resource: 'Status', code: 'custom', field: 'description', message: 'description is too long (maximum is 140 characters)' },
      ],
    });
  const context = stringIn(body, 'context') ?? 'default';
  // The limit of GitHub for one commit and context.
  if (repository.statuses.filter((each) => each.sha === sha && each.context === context).length >= 1000)
    throw new Refusal(422, 'Validation Failed', { errors: ['This SHA and context has reached the maximum number of statuses.'] });
  const status: Status = {
    ...{ id: state.nextId(), sha, state: stringIn(body, 'state') as Status['state'], context, description },
    ...{ targetUrl: stringIn(body, 'target_url') ?? null, creator: callerOf(call), createdAt: state.now() },
  };
  repository.statuses.push(status);
  return created(renderStatus(state, repository, status));
}

export const CHECK_ROUTES: Readonly<Record<string, Route>> = {
  'checks/create': {
    needs: { ...writes('write', 'checks'), appsOnly: true },
    handle(call) {
      const sha = stringIn(call.body, 'head_sha') ?? '';
      if (!/^[0-9a-f]{40}$/.test(sha) || !call.state.hasCommit(sha)) throw new Refusal(422, `No commit found for SHA: ${sha}`);
      const check = call.state.addCheckRun(call.repository.fullName, sha, stringIn(call.body, 'name') ?? '');
      try {
        writeCheck(call, check);
      } catch (error) {
        call.repository.checkRuns.delete(check.id);
        throw error;
      }
      const answer = checkBody(call, check);
      return created(answer, answer['url']);
    },
  },
  'checks/update': {
    needs: { ...writes('write', 'checks'), appsOnly: true },
    handle(call) {
      const check = checkOf(call);
      writeCheck(call, check);
      return { body: checkBody(call, check) };
    },
  },
  'checks/get': { needs: reads('checks'), handle: (call) => ({ body: checkBody(call, checkOf(call)) }) },
  'checks/list-for-ref': { needs: reads('checks'), handle: listChecks },
  'checks/list-annotations': {
    needs: reads('checks'),
    handle(call) {
      const check = checkOf(call);
      return { items: check.annotations.map((annotation) => renderAnnotation(call.state, call.repository, check, annotation)) };
    },
  },
  'repos/create-commit-status': { needs: writes('write', 'statuses'), handle: createStatus },
  'repos/list-commit-statuses-for-ref': {
    needs: reads('statuses'),
    handle: (call) => ({ items: statusesOf(call).map((status) => renderStatus(call.state, call.repository, status)) }),
  },
  'repos/get-combined-status-for-ref': { needs: reads('statuses'), handle: combinedStatus },
};
