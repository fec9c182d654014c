/** Check runs, statuses, workflow runs, artifacts, environments and deployments as GitHub's answers show them. */
import { createHash } from 'node:crypto';
import type {
  Annotation,
  Approval,
  Artifact,
  CheckRun,
  Deployment,
  DeploymentStatus,
  Environment,
  Job,
  Repository,
  Status,
  Workflow,
  WorkflowRun,
} from './model.ts';
import { openPullsAt, renderMinimalPull } from './render-conversation.ts';
import {
  nodeId,
  pageUrl,
  renderActionsApp,
  renderMinimalRepository,
  renderSimpleCommit,
  renderUser,
  repositoryUrl,
} from './render-repository.ts';
import type { Json } from './schema.ts';
import type { State } from './state.ts';

export function renderCheckRun(state: State, repository: Repository, check: CheckRun): Json {
  const url = `${repositoryUrl(state, repository)}/check-runs/${check.id}`;
  const page = `${pageUrl(state, repository)}/runs/${check.id}`;
  return {
    ...{ id: check.id, node_id: nodeId('CR', check.id), head_sha: check.headSha, external_id: check.externalId, url, html_url: page },
    ...{ details_url: check.detailsUrl ?? page, status: check.status, conclusion: check.conclusion, started_at: check.startedAt },
    ...{ completed_at: check.completedAt, name: check.name, check_suite: { id: 1 }, app: renderActionsApp(state) },
    output: {
      title: check.title,
      summary: check.summary,
      text: check.text,
      annotations_count: check.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    pull_requests: openPullsAt(state, repository, check.headSha).map((issue) => renderMinimalPull(state, repository, issue)),
  };
}

export const renderAnnotation = (state: State, repository: Repository, check: CheckRun, annotation: Annotation): Json => ({
  ...{ start_column: null, end_column: null, title: null, raw_details: null, ...annotation },
  blob_href: `${pageUrl(state, repository)}/blob/${check.headSha}/${annotation.path.split('/').map(encodeURIComponent).join('/')}`,
});

/** As in a combined status; by itself it also has its creator. */
export const renderSimpleStatus = (state: State, repository: Repository, status: Status): Json => ({
  ...{
    id: status.id,
    node_id: nodeId('SC', status.id),
    url: `${repositoryUrl(state, repository)}/statuses/${status.sha}`,
    state: status.state,
  },
  ...{ avatar_url: renderUser(state, status.creator)['avatar_url'], context: status.context, description: status.description },
  ...{ target_url: status.targetUrl, created_at: status.createdAt, updated_at: status.createdAt },
});

export const renderStatus = (state: State, repository: Repository, status: Status): Json => ({
  ...renderSimpleStatus(state, repository, status),
  creator: renderUser(state, status.creator),
});

export function renderWorkflow(state: State, repository: Repository, workflow: Workflow): Json {
  const page = pageUrl(state, repository);
  return {
    ...{ id: workflow.id, node_id: nodeId('W', workflow.id), name: workflow.name, path: workflow.path, state: 'active' },
    ...{
      created_at: repository.createdAt,
      updated_at: repository.createdAt,
      url: `${repositoryUrl(state, repository)}/actions/workflows/${workflow.id}`,
    },
    ...{
      html_url: `${page}/blob/${repository.defaultBranch}/${workflow.path}`,
      badge_url: `${page}/workflows/${encodeURIComponent(workflow.name)}/badge.svg`,
    },
  };
}

export function renderRun(state: State, repository: Repository, run: WorkflowRun): Json {
  const url = `${repositoryUrl(state, repository)}/actions/runs/${run.id}`;
  const head = state.findCommit(run.headSha);
  const suite = run.id + 1;
  const source = state.repository(run.headRepository);
  return {
    ...{
      id: run.id,
      name: run.workflow.name,
      node_id: nodeId('WFR', run.id),
      head_branch: run.headBranch,
      head_sha: run.headSha,
      path: run.workflow.path,
    },
    ...{
      display_title: head.message.split('\n', 1)[0] ?? '',
      run_number: run.number,
      run_attempt: run.attempt,
      event: run.event,
      status: run.status,
    },
    ...{ conclusion: run.conclusion, workflow_id: run.workflow.id, check_suite_id: suite, check_suite_node_id: nodeId('CS', suite), url },
    ...{
      html_url: `${pageUrl(state, repository)}/actions/runs/${run.id}`,
      created_at: run.createdAt,
      updated_at: run.startedAt ?? run.createdAt,
    },
    ...{
      run_started_at: run.startedAt ?? run.createdAt,
      actor: renderUser(state, run.actor),
      triggering_actor: renderUser(state, run.actor),
      jobs_url: `${url}/jobs`,
    },
    ...{
      logs_url: `${url}/logs`,
      check_suite_url: `${repositoryUrl(state, repository)}/check-suites/${suite}`,
      artifacts_url: `${url}/artifacts`,
    },
    ...{ cancel_url: `${url}/cancel`, rerun_url: `${url}/rerun`, referenced_workflows: [] },
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${repositoryUrl(state, repository)}/actions/workflows/${run.workflow.id}`,
    ...{ head_commit: renderSimpleCommit(head), repository: renderMinimalRepository(state, repository) },
    head_repository: renderMinimalRepository(state, source),
    pull_requests:
      source === repository ? openPullsAt(state, repository, run.headSha).map((issue) => renderMinimalPull(state, repository, issue)) : [],
  };
}

export function renderJob(state: State, repository: Repository, run: WorkflowRun, job: Job): Json {
  const url = repositoryUrl(state, repository);
  return {
    ...{
      id: job.id,
      node_id: nodeId('CR', job.id),
      run_id: run.id,
      run_url: `${url}/actions/runs/${run.id}`,
      run_attempt: run.attempt,
      name: job.name,
    },
    ...{ head_sha: run.headSha, head_branch: run.headBranch, workflow_name: run.workflow.name, url: `${url}/actions/jobs/${job.id}` },
    ...{ html_url: `${pageUrl(state, repository)}/actions/runs/${run.id}/job/${job.id}`, status: job.status, conclusion: job.conclusion },
    ...{ created_at: run.createdAt, started_at: run.createdAt, completed_at: job.status === 'completed' ? run.createdAt : null, steps: [] },
    ...{ check_run_url: `${url}/check-runs/${job.checkRun}`, labels: ['ubuntu-latest'] },
    ...{ runner_id: null, runner_name: null, runner_group_id: null, runner_group_name: null },
  };
}

/** Days for which an artifact is kept unless the workflow or the repository says otherwise. */
const KEPT_DAYS = 90;

export function renderArtifact(state: State, repository: Repository, run: WorkflowRun, artifact: Artifact): Json {
  const url = `${repositoryUrl(state, repository)}/actions/artifacts/${artifact.id}`;
  const ids = { repository_id: repository.id, head_repository_id: state.repository(run.headRepository).id };
  return {
    ...{ id: artifact.id, node_id: nodeId('AR', artifact.id), name: artifact.name, size_in_bytes: artifact.zip.length, url },
    ...{ archive_download_url: `${url}/zip`, expired: artifact.expired, created_at: artifact.createdAt, updated_at: artifact.createdAt },
    expires_at: new Date(Date.parse(artifact.createdAt) + KEPT_DAYS * 86_400_000).toISOString().replace('.000Z', 'Z'),
    digest: `sha256:${createHash('sha256').update(artifact.zip).digest('hex')}`,
    workflow_run: { id: run.id, ...ids, head_branch: run.headBranch, head_sha: run.headSha },
  };
}

function renderPlainEnvironment(
  state: State,
  repository: Repository,
  { id, name, createdAt }: Pick<Environment, 'id' | 'name' | 'createdAt'>,
): Json {
  const page = `${pageUrl(state, repository)}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`;
  const url = `${repositoryUrl(state, repository)}/environments/${encodeURIComponent(name)}`;
  return { id, node_id: nodeId('EN', id), name, url, html_url: page, created_at: createdAt, updated_at: createdAt };
}

export function renderEnvironment(state: State, repository: Repository, environment: Environment): Json {
  const reviewers = environment.reviewers.map((user) => ({ type: 'User', reviewer: renderUser(state, user) }));
  const rule = {
    id: environment.id,
    node_id: nodeId('GA', environment.id),
    type: 'required_reviewers',
    prevent_self_review: false,
    reviewers,
  };
  const rules = reviewers.length === 0 ? [] : [rule];
  return { ...renderPlainEnvironment(state, repository, environment), protection_rules: rules, deployment_branch_policy: null };
}

export function renderApproval(state: State, repository: Repository, approval: Approval): Json {
  const found = repository.environments.get(approval.environment);
  if (!found) throw new Error(`${repository.fullName} has no environment ${approval.environment}; add it with addEnvironment.`);
  const { state: said, comment, user } = approval;
  return { environments: [renderPlainEnvironment(state, repository, found)], state: said, comment, user: renderUser(state, user) };
}

export function renderDeployment(state: State, repository: Repository, deployment: Deployment): Json {
  const url = `${repositoryUrl(state, repository)}/deployments/${deployment.id}`;
  const { id, sha, ref, task, environment, description, payload, createdAt } = deployment;
  return {
    ...{ id, node_id: nodeId('DE', id), sha, ref, task, environment, original_environment: environment, description, payload, url },
    ...{ creator: renderUser(state, deployment.creator), created_at: createdAt, updated_at: createdAt, statuses_url: `${url}/statuses` },
    ...{
      repository_url: repositoryUrl(state, repository),
      transient_environment: deployment.transient,
      production_environment: deployment.production,
    },
    performed_via_github_app: null,
  };
}

export function renderDeploymentStatus(state: State, repository: Repository, deployment: Deployment, status: DeploymentStatus): Json {
  const url = `${repositoryUrl(state, repository)}/deployments/${deployment.id}`;
  return {
    ...{
      id: status.id,
      node_id: nodeId('DES', status.id),
      url: `${url}/statuses/${status.id}`,
      state: status.state,
      description: status.description,
    },
    ...{ creator: renderUser(state, status.creator), environment: deployment.environment, environment_url: status.environmentUrl },
    ...{
      log_url: status.logUrl,
      target_url: status.logUrl,
      created_at: status.createdAt,
      updated_at: status.createdAt,
      deployment_url: url,
    },
    ...{ repository_url: repositoryUrl(state, repository), performed_via_github_app: null },
  };
}
