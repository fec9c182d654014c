/** What the server knows: plain objects, changed by the state's verbs and by requests. */

export interface User {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Bot' | 'Organization';
}

export type Role = 'read' | 'triage' | 'write' | 'maintain' | 'admin';
export const ROLES: readonly Role[] = ['read', 'triage', 'write', 'maintain', 'admin'];

/** Permissions of a token of GitHub Actions, as `permissions:` in a workflow names them, with `_` for `-`. */
export type Permission = 'actions' | 'checks' | 'contents' | 'deployments' | 'issues' | 'pull_requests' | 'statuses';
export type Grants = Readonly<Partial<Record<Permission, 'read' | 'write'>>>;

export type Token =
  | {
      readonly kind: 'installation';
      readonly name: string;
      readonly value: string;
      readonly user: User;
      readonly repository: string;
      readonly grants: Grants;
    }
  | { readonly kind: 'user'; readonly name: string; readonly value: string; readonly user: User };

/** Path to text; a commit holds all files, not a difference. */
export type Tree = ReadonlyMap<string, string>;

export interface Commit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly tree: Tree;
  readonly message: string;
  readonly author: User;
  readonly date: string;
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

export interface Review {
  readonly id: number;
  readonly user: User;
  readonly body: string;
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';
  readonly commit: string;
  readonly submittedAt: string;
}

export interface Pull {
  readonly id: number;
  readonly head: { readonly repository: string; readonly ref: string };
  readonly base: { readonly ref: string };
  /** Where the base branch was when the head last moved, which is what GitHub says: not where it is now. */
  baseSha: string;
  /** Where the head was when it was closed; while it is open, its branch says. */
  closedHead?: string;
  draft: boolean;
  merged?: { readonly at: string; readonly by: User; readonly sha: string };
  readonly reviews: Review[];
}

/** Who put a label on, or took it off. */
export interface LabelEvent {
  readonly id: number;
  readonly event: 'labeled' | 'unlabeled';
  readonly label: string;
  readonly actor: User;
  readonly createdAt: string;
}

export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly user: User;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'reopened' | 'not_planned' | 'duplicate' | null;
  labels: string[];
  readonly labelEvents: LabelEvent[];
  assignees: User[];
  locked: boolean;
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  closedBy: User | null;
  readonly pull?: Pull;
}

export interface Comment {
  readonly id: number;
  readonly issue: number;
  readonly user: User;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
}

export type RunStatus = 'queued' | 'in_progress' | 'completed';
export type Conclusion = 'action_required' | 'cancelled' | 'failure' | 'neutral' | 'success' | 'skipped' | 'stale' | 'timed_out';

export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column?: number;
  readonly end_column?: number;
  readonly annotation_level: 'notice' | 'warning' | 'failure';
  readonly message: string;
  readonly title?: string;
  readonly raw_details?: string;
}

export interface CheckRun {
  readonly id: number;
  readonly headSha: string;
  name: string;
  status: RunStatus;
  conclusion: Conclusion | null;
  startedAt: string;
  completedAt: string | null;
  externalId: string;
  detailsUrl: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  readonly annotations: Annotation[];
}

export interface Status {
  readonly id: number;
  readonly sha: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: User;
  readonly createdAt: string;
}

export interface Workflow {
  readonly id: number;
  readonly name: string;
  /** `.github/workflows/….yml` */
  readonly path: string;
  /** Names of the inputs of its `workflow_dispatch`; without it the workflow cannot be dispatched. */
  readonly inputs?: readonly string[];
}

export interface Artifact {
  readonly id: number;
  readonly name: string;
  readonly zip: Buffer;
  readonly createdAt: string;
  expired: boolean;
}

export interface Job {
  readonly id: number;
  readonly name: string;
  status: RunStatus;
  conclusion: Conclusion | null;
  /** The check run that GitHub shows for it: `job.check_run_id`. */
  readonly checkRun: number;
}

export interface Approval {
  readonly user: User;
  readonly environment: string;
  readonly state: 'approved' | 'rejected';
  readonly comment: string;
}

export interface WorkflowRun {
  readonly id: number;
  readonly number: number;
  attempt: number;
  /** Of the latest attempt; when it was created, where there is one only. */
  startedAt?: string;
  readonly workflow: Workflow;
  readonly event: string;
  readonly headRepository: string;
  readonly headBranch: string;
  readonly headSha: string;
  readonly actor: User;
  readonly createdAt: string;
  status: RunStatus;
  conclusion: Conclusion | null;
  readonly jobs: Job[];
  readonly artifacts: Artifact[];
  readonly approvals: Approval[];
}

/** A request to dispatch a workflow, kept for the test to act on: this server runs no workflow. */
export interface Dispatch {
  readonly workflow: Workflow;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly by: User;
  readonly run: number;
}

export interface Environment {
  readonly id: number;
  readonly name: string;
  readonly reviewers: readonly User[];
  readonly createdAt: string;
}

export interface DeploymentStatus {
  readonly id: number;
  readonly state: 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success';
  readonly description: string;
  readonly logUrl: string;
  readonly environmentUrl: string;
  readonly creator: User;
  readonly createdAt: string;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly transient: boolean;
  readonly production: boolean;
  readonly creator: User;
  readonly createdAt: string;
  readonly statuses: DeploymentStatus[];
}

export interface Repository {
  readonly id: number;
  readonly owner: User;
  readonly name: string;
  /** `owner/name` */
  readonly fullName: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  /** `owner/name` of what it was forked from. */
  readonly parent?: string;
  readonly createdAt: string;
  /** Collaborators by login; the owner is always admin. */
  readonly roles: Map<string, Role>;
  /** A setting of the repository that is off in new ones: else GITHUB_TOKEN neither opens nor approves pull requests. */
  actionsMayOpenPulls: boolean;
  /** Full names (`refs/heads/main`) to commits. */
  readonly refs: Map<string, string>;
  readonly issues: Map<number, Issue>;
  readonly comments: Map<number, Comment>;
  /** By name in small letters: GitHub tells no two labels apart by case. */
  readonly labels: Map<string, Label>;
  readonly checkRuns: Map<number, CheckRun>;
  readonly statuses: Status[];
  readonly workflows: Map<number, Workflow>;
  readonly runs: Map<number, WorkflowRun>;
  readonly dispatches: Dispatch[];
  readonly environments: Map<string, Environment>;
  readonly deployments: Map<number, Deployment>;
}
