/** Who sends a load. An engine is one file here and a line in `engines.ts`; what it answers is judged the same, whoever sent it. */

import type { LoadPods } from '../../model/load-pods.ts';
import type { Emit } from '../../run/port.ts';
import type { CollectInput } from '../collect.ts';
import type { Minding } from '../minder.ts';
import type { LoadRun, LoadSettings, VerifyTarget } from '../types.ts';

export interface LoadToSend {
  readonly target: VerifyTarget;
  readonly settings: LoadSettings;
  /** Folder for the points that come back; made when it is missing. */
  readonly outDir: string;
  /** Most requests a second of all together, whatever the script asks for. */
  readonly most?: number;
  /** Of the environment of the spec, for an engine that has pods. */
  readonly pods?: LoadPods;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  /** Told once when the load begins, milliseconds since the epoch: then something may be broken. */
  readonly onStart: (at: number) => void;
  /** Who ends processes of this machine and removes folders when this one ends without doing so. Left out: a process beside this one. */
  readonly minding?: Minding;
}

/** Sends it and answers the samples, however it ended. Throws `LoadFailed` or `ToolMissing` when it cannot be sent at all. */
export type SendLoad = (load: LoadToSend) => Promise<LoadRun>;

export interface Sender {
  /** It tells how many requests there were while it sends (`load-progress`). */
  readonly isLive: boolean;
  /** Asked before a stack is changed that it is to load. Throws `LoadFailed` or `ToolMissing` where it could not send at all. */
  readonly ready?: (environment: LoadToSend['environment']) => Promise<void>;
  readonly send: SendLoad;
}

/** What the command line says of how a load is sent. */
export interface EngineOptions {
  readonly shards?: number;
  /** Until all begin, milliseconds. */
  readonly startInMs?: number;
  /** Of a plan whose parts are sent by others. */
  readonly collects?: Pick<CollectInput, 'plan' | 'folder' | 'waitMs'>;
  readonly cluster?: ClusterOptions;
}

export interface ClusterOptions {
  /** Of the kubeconfig; undefined: its own choice, or the cluster that this runs in. */
  readonly context?: string;
  readonly namespace?: string;
  readonly image?: string;
}

export interface Engine {
  /** As `--engine` names it. */
  readonly name: string;
  /** For the help: who sends. */
  readonly summary: string;
  /** Whether this machine needs k6. */
  readonly needsK6: boolean;
  /** Whether its load was agreed beforehand, and can be sent at that time only. */
  readonly sendsOnce: boolean;
  readonly sender: (options: EngineOptions) => Sender;
}
