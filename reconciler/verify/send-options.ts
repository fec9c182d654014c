/**
 * How the load of a load test is sent. One table: from it come the flags of every command that loads and the inputs of the action, and what
 * they say is read here.
 */

import { ReconcileError } from '../errors.ts';
import { K6_IMAGE } from '../load/cluster/names.ts';
import { files } from '../load/engines/files.ts';
import type { Engine, Sender } from '../load/engines/form.ts';
import { kubernetes } from '../load/engines/kubernetes.ts';
import { local } from '../load/engines/local.ts';
import { ENGINES, engineNamed } from '../load/engines.ts';
import { MOST_SHARDS } from '../load/shards.ts';
import { seconds } from '../model/codec.ts';
import { readPlanFile } from './load-files.ts';

/** What was said; what was not is left out. */
export interface SendFlags {
  readonly engine?: string;
  readonly shards?: number;
  readonly startIn?: string;
  readonly kubeContext?: string;
  readonly namespace?: string;
  readonly image?: string;
  readonly loadPlan?: string;
  readonly points?: string;
  readonly pointsWait?: string;
}

export interface SendOption {
  readonly key: keyof SendFlags;
  /** Of the flag, without its hyphens, and of the input. */
  readonly name: string;
  /** What it takes, in one word. */
  readonly value: string;
  /** The words that it may be. */
  readonly choices?: readonly string[];
  /** Of a whole number, from 1. */
  readonly most?: number;
  /** The engine it is for; left out: any. */
  readonly engine?: Engine;
  /** A clause, without a full stop. */
  readonly doc: string;
}

export const SEND_OPTIONS: readonly SendOption[] = [
  {
    ...{ key: 'engine', name: 'engine', value: 'name', choices: ENGINES.map(({ name }) => name) },
    doc: `who sends the load: ${ENGINES.map(({ name, summary }) => `${name}, ${summary}`).join('; ')} (default: ${local.name})`,
  },
  {
    ...{ key: 'shards', name: 'shards', value: 'count', most: MOST_SHARDS },
    doc: 'number of k6 processes that send the load; they start together and share the rate (default: 1)',
  },
  {
    ...{ key: 'startIn', name: 'start-in', value: 'duration', engine: kubernetes },
    doc: 'time until all pods start to send, in which they are scheduled and pull the image (default: 1m)',
  },
  {
    ...{ key: 'kubeContext', name: 'kube-context', value: 'name', engine: kubernetes },
    doc: 'context of the kubeconfig (default: the current one, or the cluster it runs in)',
  },
  {
    ...{ key: 'namespace', name: 'namespace', value: 'name', engine: kubernetes },
    doc: 'namespace of the pods (default: that of the context)',
  },
  {
    ...{ key: 'image', name: 'image', value: 'image', engine: kubernetes },
    doc: `image with k6 and a shell (default: that of environment.yaml, or ${K6_IMAGE})`,
  },
  {
    ...{ key: 'loadPlan', name: 'load-plan', value: 'file', engine: files },
    doc: 'file of `albedo load plan`: the machines that have it send the load',
  },
  { ...{ key: 'points', name: 'points', value: 'folder', engine: files }, doc: 'folder where the measurements of those machines will be' },
  {
    ...{ key: 'pointsWait', name: 'points-wait', value: 'duration', engine: files },
    doc: 'how long to wait for them after the load (default: 10m)',
  },
];

/** How a message calls an option: by its flag, unless the caller has another word for it. */
export type SayOption = (name: string) => string;
export const asFlag: SayOption = (name) => `--${name}`;
export const asInput: SayOption = (name) => `the input ${name}`;

/** The options that were given. */
export const givenOf = (flags: SendFlags): readonly SendOption[] => SEND_OPTIONS.filter(({ key }) => flags[key] !== undefined);

/** Milliseconds. Throws `SpecInvalid`. */
export function readDuration(what: string, text: string): number {
  if (!/^(\d+[smh])+$/.test(text))
    throw new ReconcileError('SpecInvalid', `${what} ${text} is not a duration`, { hint: 'Write 30s, 5m or 1h.' });
  return Number(seconds(0, 86_400).parse(text)) * 1000;
}

/** Who sends: the engine that is named, or the one that a load plan is for. Throws `SpecInvalid` for what cannot be used together. */
export function engineOf(flags: SendFlags, say: SayOption = asFlag): Engine {
  const { engine, loadPlan, points } = flags;
  const found = engineNamed(engine ?? (loadPlan === undefined && points === undefined ? local.name : files.name));
  if (found === undefined)
    throw new ReconcileError('SpecInvalid', `${say('engine')} ${engine} is not known`, {
      hint: `Name one of ${ENGINES.map(({ name }) => name).join(', ')}.`,
    });
  const foreign = givenOf(flags).find((each) => each.engine !== undefined && each.engine !== found);
  if (foreign !== undefined)
    throw new ReconcileError('SpecInvalid', `${say(foreign.name)} is only for ${say('engine')} ${foreign.engine?.name}`, {
      hint: `Set ${say('engine')} to that, or leave out ${say(foreign.name)}.`,
    });
  if (found === files && flags.shards !== undefined)
    throw new ReconcileError('SpecInvalid', `${say('shards')} and ${say('load-plan')} cannot be used together`, {
      hint: 'The number of shards is in the load plan.',
    });
  return found;
}

/** How the load is sent. Throws `SpecInvalid` for what cannot be used together, `LoadFailed` for a load plan that cannot be read. */
export function senderOf(flags: SendFlags, say: SayOption = asFlag): Sender {
  const { shards, startIn, kubeContext, namespace, image, loadPlan, points, pointsWait = '10m' } = flags;
  return engineOf(flags, say).sender({
    ...(shards === undefined ? {} : { shards }),
    ...(startIn === undefined ? {} : { startInMs: readDuration(say('start-in'), startIn) }),
    ...(loadPlan === undefined || points === undefined
      ? {}
      : { collects: { plan: readPlanFile(loadPlan), folder: points, waitMs: readDuration(say('points-wait'), pointsWait) } }),
    cluster: {
      ...(kubeContext === undefined ? {} : { context: kubeContext }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(image === undefined ? {} : { image }),
    },
  });
}
