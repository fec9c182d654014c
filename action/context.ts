import { readFileSync } from 'node:fs';

/** Where this runs: the repository, the run, and what set it off, from the runner's variables and the event's payload. */
export interface Context {
  readonly owner: string;
  readonly repo: string;
  readonly event: string;
  readonly runId: number;
  readonly attempt: number;
  readonly workflow: string;
  /** Commit that is looked at: the head of the pull request, not the merge that the runner checked out. */
  readonly head: string;
  /** `refs/heads/main`. */
  readonly ref: string;
  readonly actor: string;
  /** Of the repository; empty where the event does not say it. */
  readonly defaultBranch: string;
  readonly apiUrl: string;
  readonly repositoryUrl: string;
  readonly runsUrl: string;
  readonly runUrl: string;
  /** `push` only: the commits it brought, the newest last. */
  readonly pushed: readonly string[];
  /** Labels of the pull request of the event. */
  readonly labels: readonly string[];
  /** Of the event itself, or of the merge queue's branch. */
  readonly pullRequest: number | undefined;
  /** The pull request comes from another repository: its token may not write. */
  readonly fork: boolean;
  /** `workflow_run` only: the run that set this one off. Which pull request it was of is found by its head, never taken from its files. */
  readonly cause: { readonly id: number; readonly head: string; readonly owner: string; readonly branch: string } | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Payload = { readonly [key: string]: unknown };

export function readContext(env: Environment): Context {
  const [owner = '', repo = ''] = (env['GITHUB_REPOSITORY'] ?? '').split('/');
  const event = env['GITHUB_EVENT_NAME'] ?? '';
  const payload = payloadOf(env['GITHUB_EVENT_PATH']);
  const pull = at(payload, 'pull_request');
  const run = at(payload, 'workflow_run');
  const repositoryUrl = `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${owner}/${repo}`;
  const runsUrl = `${repositoryUrl}/actions/runs/`;
  const runId = Number(env['GITHUB_RUN_ID'] ?? 0);
  const attempt = Number(env['GITHUB_RUN_ATTEMPT'] ?? 1);
  // `gh-readonly-queue/main/pr-12-<sha>`: the merge queue names the pull request in the branch only.
  const queued = event === 'merge_group' ? /\/pr-(\d+)-[0-9a-f]{7,}$/.exec(text(at(payload, 'merge_group', 'head_ref')))?.[1] : undefined;
  const number = at(pull, 'number') ?? (at(payload, 'issue', 'pull_request') === undefined ? undefined : at(payload, 'issue', 'number'));
  return {
    ...{ owner, repo, event, runId, attempt, repositoryUrl, runsUrl },
    workflow: env['GITHUB_WORKFLOW'] ?? '',
    head: text(at(pull, 'head', 'sha')) || text(at(payload, 'merge_group', 'head_sha')) || (env['GITHUB_SHA'] ?? ''),
    ref: env['GITHUB_REF'] ?? '',
    actor: env['GITHUB_ACTOR'] ?? '',
    defaultBranch: text(at(payload, 'repository', 'default_branch')),
    apiUrl: env['GITHUB_API_URL'] ?? 'https://api.github.com',
    runUrl: `${runsUrl}${runId}${attempt > 1 ? `/attempts/${attempt}` : ''}`,
    pullRequest: typeof number === 'number' ? number : queued === undefined ? undefined : Number(queued),
    pushed: event === 'push' ? listOf(at(payload, 'commits')).map((commit) => text(at(commit, 'id'))) : [],
    labels: listOf(at(pull, 'labels')).map((label) => text(at(label, 'name'))),
    fork: pull !== undefined && text(at(pull, 'head', 'repo', 'full_name')).toLowerCase() !== `${owner}/${repo}`.toLowerCase(),
    cause:
      run === undefined
        ? undefined
        : {
            id: Number(at(run, 'id')),
            head: text(at(run, 'head_sha')),
            owner: text(at(run, 'head_repository', 'owner', 'login')),
            branch: text(at(run, 'head_branch')),
          },
  };
}

function payloadOf(path: string | undefined): Payload {
  if (path === undefined || path === '') return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Payload;
  } catch {
    return {};
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The value at a path of keys; undefined where the way ends. */
function at(value: unknown, ...keys: readonly string[]): unknown {
  let here = value;
  for (const key of keys) here = typeof here === 'object' && here !== null ? (here as Payload)[key] : undefined;
  return here ?? undefined;
}
