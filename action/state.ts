/** What the main step leaves for its post step, which runs when the job ends, whatever ended it (GITHUB_STATE). */

import * as core from '@actions/core';
import type { CommentState } from '../reconciler/report/comment-marker.ts';
import type { Locked, PendingRestore } from './commands.ts';

export interface Pending {
  readonly stack: string;
  readonly region: string;
  readonly number: number;
  readonly state: CommentState;
}

export interface State {
  /** This process is the post step. */
  readonly post: boolean;
  /** The main step came to its end, well or not. */
  readonly ended: boolean;
  readonly debt: PendingRestore | undefined;
  /** Stacks that were being applied: their locks are ours. */
  readonly locked: readonly Locked[];
  /** Comments that say that something is under way. */
  readonly pending: readonly Pending[];
  /** The folder of the sandbox that is ours to end. */
  readonly sandbox: string;
}

const read = <T>(name: string): T | undefined => {
  const text = core.getState(name);
  return text === '' ? undefined : (JSON.parse(text) as T);
};

export const readState = (): State => ({
  post: core.getState('begun') === 'true',
  ended: core.getState('ended') === 'true',
  debt: read<PendingRestore | null>('debt') ?? undefined,
  locked: read<Locked[]>('locked') ?? [],
  pending: read<Pending[]>('pending') ?? [],
  sandbox: core.getState('sandbox'),
});

/** Later words of the same name replace earlier ones. */
export const leave = {
  begun: (): void => core.saveState('begun', 'true'),
  ended: (): void => core.saveState('ended', 'true'),
  debt: (debt: PendingRestore | undefined): void => core.saveState('debt', JSON.stringify(debt ?? null)),
  locked: (locked: readonly Locked[]): void => core.saveState('locked', JSON.stringify(locked)),
  pending: (pending: readonly Pending[]): void => core.saveState('pending', JSON.stringify(pending)),
  sandbox: (folder: string): void => core.saveState('sandbox', folder),
};
