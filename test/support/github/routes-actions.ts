/** Workflows, their runs, jobs, artifacts and approvals, and environments and deployments. */
import type { Artifact, Deployment, DeploymentStatus, WorkflowRun } from './model.ts';
import { invalid, notFound, Refusal } from './refusal.ts';
import {
  renderApproval,
  renderArtifact,
  renderDeployment,
  renderDeploymentStatus,
  renderEnvironment,
  renderJob,
  renderRun,
  renderWorkflow,
} from './render-actions.ts';
import { repositoryUrl } from './render-repository.ts';
import { type Answer, type Call, callerOf, created, findByNumber, objectIn, type Route, reads, stringIn, writes } from './route.ts';
import { findWorkflow } from './runs.ts';

const runOf = ({ repository, params }: Call): WorkflowRun => findByNumber(repository.runs, params['run_id']);
const deploymentOf = ({ repository, params }: Call): Deployment => findByNumber(repository.deployments, params['deployment_id']);

const workflowOf = ({ repository, params }: Call) => {
  const found = findWorkflow(repository, params['workflow_id'] ?? '');
  if (!found) throw notFound();
  return found;
};

function listRuns(call: Call, runs: readonly WorkflowRun[]): Answer {
  const { state, repository, query } = call;
  const status = query.get('status');
  const wanted: readonly (readonly [string, (run: WorkflowRun) => string])[] = [
    ['actor', (run) => run.actor.login],
    ['branch', (run) => run.headBranch],
    ['event', (run) => run.event],
    ['head_sha', (run) => run.headSha],
  ];
  const found = runs.filter(
    (run) =>
      wanted.every(([name, read]) => !query.has(name) || query.get(name) === read(run)) &&
      (status === null || run.status === status || run.conclusion === status),
  );
  const items = [...found].reverse().map((run) => renderRun(state, repository, run));
  return { items, wrap: (page, total) => ({ total_count: total, workflow_runs: page }) };
}

function listArtifacts(call: Call, runs: readonly WorkflowRun[]): Answer {
  const { state, repository, query } = call;
  const name = query.get('name');
  const found = runs.flatMap((run) => run.artifacts.filter((each) => name === null || each.name === name).map((each) => ({ run, each })));
  if (query.get('direction') !== 'asc') found.sort((a, b) => b.each.id - a.each.id);
  const items = found.map(({ run, each }) => renderArtifact(state, repository, run, each));
  return { items, wrap: (page, total) => ({ total_count: total, artifacts: page }) };
}

function artifactOf({ repository, params }: Call): { run: WorkflowRun; artifact: Artifact } {
  for (const run of repository.runs.values())
    for (const artifact of run.artifacts) if (artifact.id === Number(params['artifact_id'])) return { run, artifact };
  throw notFound();
}

function downloadArtifact(call: Call): Answer {
  const { artifact } = artifactOf(call);
  if (!call.token) throw new Refusal(401, 'Requires authentication');
  if (call.params['archive_format'] !== 'zip') throw notFound();
  if (artifact.expired) throw new Refusal(410, 'Artifact has expired');
  return { status: 302, headers: { location: call.state.signDownload(artifact) } };
}

function dispatch(call: Call): Answer {
  const { state, repository, body } = call;
  const workflow = workflowOf(call);
  const ref = stringIn(body, 'ref') ?? '';
  const sha = state.resolve(repository, ref);
  if (!workflow.inputs) throw new Refusal(422, "Workflow does not have 'workflow_dispatch' trigger");
  if (sha === undefined) throw new Refusal(422, `No ref found for: ${ref}`);
  const inputs = Object.fromEntries(Object.entries(objectIn(body, 'inputs') ?? {}).map(([name, value]) => [name, String(value)]));
  const unknown = Object.keys(inputs).filter((name) => !workflow.inputs?.includes(name));
  if (unknown.length > 0) throw new Refusal(422, `Unexpected inputs provided: ${JSON.stringify(unknown)}`);
  const user = callerOf(call);
  const seed = {
    workflow: workflow.path,
    event: 'workflow_dispatch',
    headBranch: ref.replace(/^refs\/heads\//, ''),
    headSha: sha,
    actor: user.login,
  };
  const run = state.addRun(repository.fullName, { ...seed, status: 'queued' });
  repository.dispatches.push({ workflow, ref, inputs, by: user, run: run.id });
  if (body['return_run_details'] !== true) return { status: 204 };
  const { url, html_url: page } = renderRun(state, repository, run);
  return { body: { workflow_run_id: run.id, run_url: url, html_url: page } };
}

function createDeployment(call: Call): Answer {
  const { state, repository, body } = call;
  const ref = stringIn(body, 'ref') ?? '';
  const sha = state.resolve(repository, ref);
  if (sha === undefined) throw new Refusal(422, `No ref found for: ${ref}`);
  const contexts = body['required_contexts'];
  const unmet = Array.isArray(contexts)
    ? contexts.filter(
        (context) => !repository.statuses.some((each) => each.sha === sha && each.context === context && each.state === 'success'),
      )
    : [];
  if (unmet.length > 0) throw new Refusal(409, `Conflict: Commit status checks failed for ${ref}`);
  const environment = stringIn(body, 'environment') ?? 'production';
  if (!repository.environments.has(environment)) state.addEnvironment(repository.fullName, environment);
  const deployment: Deployment = {
    ...{
      id: state.nextId(),
      sha,
      ref,
      task: stringIn(body, 'task') ?? 'deploy',
      environment,
      description: stringIn(body, 'description') ?? null,
    },
    ...{
      payload: body['payload'] ?? {},
      transient: body['transient_environment'] === true,
      creator: callerOf(call),
      createdAt: state.now(),
    },
    production: body['production_environment'] === undefined ? environment === 'production' : body['production_environment'] === true,
    statuses: [],
  };
  repository.deployments.set(deployment.id, deployment);
  return created(renderDeployment(state, repository, deployment), `${repositoryUrl(state, repository)}/deployments/${deployment.id}`);
}

function createDeploymentStatus(call: Call): Answer {
  const { state, repository, body } = call;
  const deployment = deploymentOf(call);
  const description = stringIn(body, 'description') ?? '';
  if (description.length > 140)
    throw invalid({
      resource: 'DeploymentStatus',
      code: 'custom',
      field: 'description',
      message: 'description is too long (maximum is 140 characters)',
    });
  const status: DeploymentStatus = {
    ...{
      id: state.nextId(),
      state: stringIn(body, 'state') as DeploymentStatus['state'],
      description,
      creator: callerOf(call),
      createdAt: state.now(),
    },
    ...{ logUrl: stringIn(body, 'log_url') ?? stringIn(body, 'target_url') ?? '', environmentUrl: stringIn(body, 'environment_url') ?? '' },
  };
  deployment.statuses.push(status);
  const answer = renderDeploymentStatus(state, repository, deployment, status);
  return created(answer, answer['url']);
}

function listDeployments({ state, repository, query }: Call): Answer {
  const names = ['sha', 'ref', 'task', 'environment'] as const;
  const found = [...repository.deployments.values()].filter((each) =>
    names.every((name) => !query.has(name) || query.get(name) === 'none' || query.get(name) === each[name]),
  );
  return { items: found.reverse().map((deployment) => renderDeployment(state, repository, deployment)) };
}

export const ACTION_ROUTES: Readonly<Record<string, Route>> = {
  'actions/get-workflow': {
    needs: reads('actions'),
    handle: (call) => ({ body: renderWorkflow(call.state, call.repository, workflowOf(call)) }),
  },
  'actions/create-workflow-dispatch': { needs: writes('write', 'actions'), handle: dispatch },
  'actions/get-workflow-run': {
    needs: reads('actions'),
    handle: (call) => ({ body: renderRun(call.state, call.repository, runOf(call)) }),
  },
  'actions/list-workflow-runs-for-repo': { needs: reads('actions'), handle: (call) => listRuns(call, [...call.repository.runs.values()]) },
  'actions/list-workflow-runs': {
    needs: reads('actions'),
    handle(call) {
      const { id } = workflowOf(call);
      return listRuns(
        call,
        [...call.repository.runs.values()].filter((run) => run.workflow.id === id),
      );
    },
  },
  'actions/list-jobs-for-workflow-run': {
    needs: reads('actions'),
    handle(call) {
      const run = runOf(call);
      const items = run.jobs.map((job) => renderJob(call.state, call.repository, run, job));
      return { items, wrap: (page, total) => ({ total_count: total, jobs: page }) };
    },
  },
  'actions/get-job-for-workflow-run': {
    needs: reads('actions'),
    handle({ state, repository, params }) {
      for (const run of repository.runs.values())
        for (const job of run.jobs) if (job.id === Number(params['job_id'])) return { body: renderJob(state, repository, run, job) };
      throw notFound();
    },
  },
  'actions/get-reviews-for-run': {
    needs: reads('actions'),
    handle: (call) => ({ body: runOf(call).approvals.map((approval) => renderApproval(call.state, call.repository, approval)) }),
  },
  'actions/list-workflow-run-artifacts': { needs: reads('actions'), handle: (call) => listArtifacts(call, [runOf(call)]) },
  'actions/list-artifacts-for-repo': { needs: reads('actions'), handle: (call) => listArtifacts(call, [...call.repository.runs.values()]) },
  'actions/get-artifact': {
    needs: reads('actions'),
    handle(call) {
      const { run, artifact } = artifactOf(call);
      return { body: renderArtifact(call.state, call.repository, run, artifact) };
    },
  },
  'actions/download-artifact': { needs: reads('actions'), handle: downloadArtifact },
  'repos/get-environment': {
    needs: reads('actions'),
    handle({ state, repository, params }) {
      const found = repository.environments.get(params['environment_name'] ?? '');
      if (!found) throw notFound();
      return { body: renderEnvironment(state, repository, found) };
    },
  },
  'repos/create-deployment': { needs: writes('write', 'deployments'), handle: createDeployment },
  'repos/list-deployments': { needs: reads('deployments'), handle: listDeployments },
  'repos/get-deployment': {
    needs: reads('deployments'),
    handle: (call) => ({ body: renderDeployment(call.state, call.repository, deploymentOf(call)) }),
  },
  'repos/create-deployment-status': { needs: writes('write', 'deployments'), handle: createDeploymentStatus },
  'repos/list-deployment-statuses': {
    needs: reads('deployments'),
    handle(call) {
      const deployment = deploymentOf(call);
      return {
        items: [...deployment.statuses].reverse().map((status) => renderDeploymentStatus(call.state, call.repository, deployment, status)),
      };
    },
  },
};
