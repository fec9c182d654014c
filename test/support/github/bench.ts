/** A server with a repository, a pull request and a run to begin with, and clients of it. */
import { Octokit } from '@octokit/rest';
import type { WorkflowRun } from './model.ts';
import { type GitHub, type GitHubOptions, startGitHub } from './server.ts';
import type { JobPermissions } from './store.ts';

export const SHOP = 'octo/shop';
/** As octokit wants it. */
export const REPO = { owner: 'octo', repo: 'shop' } as const;

export const ALL_WRITE: JobPermissions = {
  ...{ actions: 'write', checks: 'write', contents: 'write', deployments: 'write', issues: 'write' },
  ...{ 'pull-requests': 'write', statuses: 'write' },
};

const silence = (): undefined => undefined;

/** A client that says nothing on the terminal; without a token it is nobody. */
export const connect = (github: GitHub, token?: string): Octokit =>
  new Octokit({
    baseUrl: github.url,
    log: { debug: silence, info: silence, warn: silence, error: silence },
    ...(token === undefined ? {} : { auth: token }),
  });

export interface Shop {
  readonly github: GitHub;
  /** With a job's token that may write everything. */
  readonly job: Octokit;
  /** Where the head of pull request #1 is; its branch is `feature/weights`, its author dana, who may write. */
  readonly head: string;
  /** Of `.github/workflows/plan.yml`, on that head, successful. */
  readonly run: WorkflowRun;
}

export async function startShop(options: GitHubOptions & { readonly private?: boolean } = {}): Promise<Shop> {
  const github = await startGitHub(options);
  const { state } = github;
  state.addRepository(SHOP, {
    private: options.private ?? false,
    files: { 'README.md': '# Shop\n', 'specs/shop.yaml': 'weight: 100\nidle: 60\n' },
  });
  state.setRole(SHOP, 'dana', 'write');
  state.commit(SHOP, 'feature/weights', {
    files: { 'specs/shop.yaml': 'weight: 90\nidle: 60\n', 'specs/b.yaml': 'weight: 10\n' },
    message: 'Move weights',
    author: 'dana',
  });
  state.openPull(SHOP, { head: 'feature/weights', title: 'Move weights', user: 'dana', labels: ['preview'] });
  const head = state.pullCommits(SHOP, 1).head.sha;
  const workflow = state.addWorkflow(SHOP, '.github/workflows/plan.yml', { name: 'plan', inputs: ['target'] });
  const seed = { workflow: workflow.path, event: 'pull_request', headBranch: 'feature/weights', headSha: head, actor: 'dana' };
  const run = state.addRun(SHOP, { ...seed, conclusion: 'success', jobs: ['plan', 'static', 'report'] });
  return { github, job: connect(github, state.jobToken(SHOP, ALL_WRITE)), head, run };
}

export interface Refused {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  /** The body. */
  readonly data: unknown;
}

/** What a request is refused with; throws when it is not. */
export async function refused(request: Promise<unknown>): Promise<Refused> {
  const failure: unknown = await request.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure === undefined) throw new Error('The request was not refused.');
  if (!(failure instanceof Error) || !('status' in failure)) throw failure;
  const response: unknown = 'response' in failure ? failure.response : undefined;
  const { headers, data } = (response ?? { headers: {}, data: undefined }) as Pick<Refused, 'headers' | 'data'>;
  return { status: Number(failure.status), message: failure.message, headers, data };
}
