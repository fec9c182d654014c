/** The state's verbs on workflows, their runs, jobs, artifacts and approvals, and on environments and check runs. */
import { strToU8, zipSync } from 'fflate';
import type { Approval, Artifact, CheckRun, Conclusion, Environment, Job, Repository, RunStatus, Workflow, WorkflowRun } from './model.ts';
import type { Store } from './store.ts';

export interface RunSeed {
  /** Its file, `.github/workflows/….yml`. */
  readonly workflow: string;
  readonly event: string;
  readonly headBranch: string;
  readonly headSha: string;
  /** `owner/name` of a fork; the repository itself when left out. */
  readonly headRepository?: string;
  readonly actor?: string;
  readonly status?: RunStatus;
  readonly conclusion?: Conclusion;
  readonly attempt?: number;
  /** Where the test speaks of it by its id. */
  readonly id?: number;
  /** Names of its jobs; each gets a check run, as at GitHub. */
  readonly jobs?: readonly string[];
}

export interface Runs {
  addWorkflow(repository: string, path: string, details?: { readonly name?: string; readonly inputs?: readonly string[] }): Workflow;
  addRun(repository: string, seed: RunSeed): WorkflowRun;
  finishRun(repository: string, id: number, conclusion: Conclusion): void;
  /** As the button that re-runs all jobs: the same id and commit, one attempt more, begun now. */
  repeatRun(repository: string, id: number): WorkflowRun;
  addArtifact(repository: string, run: number, name: string, files: Readonly<Record<string, string | Uint8Array>>): Artifact;
  approve(
    repository: string,
    run: number,
    approval: { readonly user: string; readonly environment: string; readonly state?: Approval['state']; readonly comment?: string },
  ): void;
  addEnvironment(repository: string, name: string, reviewers?: readonly string[]): Environment;
  addCheckRun(repository: string, headSha: string, name: string, status?: RunStatus): CheckRun;
}

export function createRuns(store: Store): Runs {
  const runOf = (repository: string, id: number): WorkflowRun => {
    const found = store.repository(repository).runs.get(id);
    if (!found) throw new Error(`${repository} has no run ${id}.`);
    return found;
  };
  const addWorkflow: Runs['addWorkflow'] = (fullName, path, details = {}) => {
    const repository = store.repository(fullName);
    const found = findWorkflow(repository, path);
    if (found) return found;
    const { inputs } = details;
    const workflow: Workflow = { id: store.nextId(), name: details.name ?? path, path, ...(inputs ? { inputs } : {}) };
    repository.workflows.set(workflow.id, workflow);
    return workflow;
  };
  const addCheckRun: Runs['addCheckRun'] = (fullName, headSha, name, status = 'queued') => {
    const check: CheckRun = {
      ...{
        id: store.nextId(),
        headSha: store.findCommit(headSha).sha,
        name,
        status,
        conclusion: null,
        startedAt: store.now(),
        completedAt: null,
      },
      ...{ externalId: '', detailsUrl: null, title: null, summary: null, text: null, annotations: [] },
    };
    store.repository(fullName).checkRuns.set(check.id, check);
    return check;
  };
  return {
    addWorkflow,
    addCheckRun,
    addRun(fullName, seed) {
      const repository = store.repository(fullName);
      const status = seed.status ?? (seed.conclusion ? 'completed' : 'in_progress');
      const run: WorkflowRun = {
        ...{
          id: seed.id ?? store.nextId(),
          number: repository.runs.size + 1,
          attempt: seed.attempt ?? 1,
          workflow: addWorkflow(fullName, seed.workflow),
        },
        ...{ event: seed.event, headBranch: seed.headBranch, headSha: seed.headSha, headRepository: seed.headRepository ?? fullName },
        ...{ actor: store.user(seed.actor ?? repository.owner.login), createdAt: store.now(), status, conclusion: seed.conclusion ?? null },
        jobs: (seed.jobs ?? []).map((name): Job => {
          const check = addCheckRun(fullName, seed.headSha, name, status);
          return { id: check.id, name, status, conclusion: seed.conclusion ?? null, checkRun: check.id };
        }),
        ...{ artifacts: [], approvals: [] },
      };
      repository.runs.set(run.id, run);
      return run;
    },
    repeatRun(fullName, id) {
      const run = runOf(fullName, id);
      Object.assign(run, { attempt: run.attempt + 1, status: 'in_progress', conclusion: null, startedAt: store.now() });
      return run;
    },
    finishRun(fullName, id, conclusion) {
      const run = runOf(fullName, id);
      for (const each of [run, ...run.jobs]) Object.assign(each, { status: 'completed', conclusion });
    },
    addArtifact(fullName, id, name, files) {
      const content = Object.fromEntries(
        Object.entries(files).map(([path, data]) => [path, typeof data === 'string' ? strToU8(data) : data]),
      );
      const zip = Buffer.from(zipSync(content, { mtime: store.now() }));
      const artifact: Artifact = { id: store.nextId(), name, zip, createdAt: store.now(), expired: false };
      runOf(fullName, id).artifacts.push(artifact);
      return artifact;
    },
    approve(fullName, id, { user, environment, state = 'approved', comment = '' }) {
      runOf(fullName, id).approvals.push({ user: store.user(user), environment, state, comment });
    },
    addEnvironment(fullName, name, reviewers = []) {
      const made: Environment = {
        id: store.nextId(),
        name,
        reviewers: reviewers.map((login) => store.user(login)),
        createdAt: store.now(),
      };
      store.repository(fullName).environments.set(name, made);
      return made;
    },
  };
}

/** By its number, its file's name, or its path. */
export function findWorkflow(repository: Repository, id: string): Workflow | undefined {
  return [...repository.workflows.values()].find((each) => String(each.id) === id || each.path === id || each.path.endsWith(`/${id}`));
}
