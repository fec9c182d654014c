/** What the token of a workflow's jobs may do, read from the file itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export type Granted = Readonly<Record<string, 'read' | 'write'>>;

export interface WorkflowJob {
  readonly uses?: string;
  readonly permissions?: Granted;
}

export interface WorkflowFile {
  readonly on: unknown;
  readonly permissions?: Granted;
  readonly jobs: Readonly<Record<string, WorkflowJob>>;
}

export const readWorkflow = (root: string, path: string): WorkflowFile => parse(readFileSync(join(root, path), 'utf8')) as WorkflowFile;

/** Of all jobs together: one run of act has one token. */
export function grantsOf(workflow: WorkflowFile): Granted {
  const grants: Record<string, 'read' | 'write'> = {};
  for (const job of Object.values(workflow.jobs))
    for (const [name, level] of Object.entries(job.permissions ?? workflow.permissions ?? {}))
      if (grants[name] !== 'write') grants[name] = level;
  return grants;
}
