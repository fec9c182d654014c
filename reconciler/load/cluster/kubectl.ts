/**
 * The cluster, through `kubectl`: it knows every way to log in, such as that of EKS, and is where a cluster is used. Arguments only, no
 * shell. Edge: child processes.
 */

import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { ReconcileError } from '../../errors.ts';
import type { ClusterOptions } from '../engines/form.ts';
import type { Minding } from '../minder.ts';

/** Until the cluster answers a call, seconds. */
const ANSWER_S = 30;
const MOST_OUTPUT = 64 * 1024 * 1024;

export interface Kubectl {
  /** The same call, as a person types it. */
  typed(args: readonly string[]): string;
  /** Standard output of a call. Throws `LoadFailed` with what kubectl says, and also when it is aborted. */
  call(args: readonly string[], more?: { readonly input?: unknown; readonly signal?: AbortSignal | undefined }): Promise<string>;
  /** Makes a call that outlives this process, which ends now: nobody hears what comes of it. */
  leave(args: readonly string[]): void;
  /** Hands over standard output as it comes, in lines. A line has at most 64 KiB, what is longer comes in pieces. */
  lines(args: readonly string[], take: (line: string) => void): Promise<void>;
  /** The same for what has no end of its own, until it ends or is aborted. A line that was cut off is not handed over. */
  follow(
    args: readonly string[],
    take: (line: string) => void,
    signal: AbortSignal,
    minding?: Pick<Minding, 'minds' | 'ended'>,
  ): Promise<void>;
}

const MOST_LINE = 64 * 1024;

interface Running {
  readonly input?: string;
  /** Until the cluster answers; 0: it may take for ever. */
  readonly timeoutS?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of the process, which must not outlive this one. */
  readonly minding?: Pick<Minding, 'minds' | 'ended'>;
}

export function kubectlOf(environment: Readonly<Record<string, string | undefined>>, { context, namespace }: ClusterOptions): Kubectl {
  const command = environment['ALBEDO_KUBECTL'] || 'kubectl';
  const where = [
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ];
  const run = (args: readonly string[], take: (text: string) => void, more: Running = {}): Promise<void> =>
    new Promise((done, fail) => {
      const { input = '', timeoutS = ANSWER_S, signal, minding } = more;
      const all = [...args, ...where, `--request-timeout=${timeoutS}s`];
      // A group of its own: Ctrl-C in a terminal is for albedo, which then still needs the cluster to clean up.
      const child = spawn(command, all, { env: { ...environment }, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
      if (child.pid !== undefined) minding?.minds(child.pid);
      const end = (): void => void child.kill();
      signal?.addEventListener('abort', end, { once: true });
      if (signal?.aborted === true) end();
      const decoder = new StringDecoder('utf8');
      let complaint = '';
      child.stdout.on('data', (piece: Buffer) => take(decoder.write(piece)));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-4000)));
      child.stdin.on('error', () => undefined).end(input);
      child.once('error', (cause) =>
        fail(
          new ReconcileError('ToolMissing', `kubectl (${command}) could not be started: ${cause.message}`, {
            cause,
            hint: 'Install kubectl (https://kubernetes.io/docs/tasks/tools), or set ALBEDO_KUBECTL to its path.',
          }),
        ),
      );
      child.once('close', (code) => {
        signal?.removeEventListener('abort', end);
        if (child.pid !== undefined) minding?.ended(child.pid);
        if (code === 0) return done();
        const why = saidOf(complaint);
        fail(
          new ReconcileError(
            'LoadFailed',
            `kubectl ${args[0]} failed (${code === null ? 'ended by a signal' : `exit status ${code}`})${why === '' ? '' : `: ${why}`}`,
            { hint: hintFor(why, `${['kubectl', 'get', 'jobs', ...where].join(' ')}`) },
          ),
        );
      });
    });
  return {
    typed: (args) => ['kubectl', ...args, ...where].join(' '),
    async call(args, { input, signal } = {}) {
      let text = '';
      const take = (piece: string): void => {
        if (text.length < MOST_OUTPUT) text += piece;
      };
      await run(args, take, { signal, ...(input === undefined ? {} : { input: JSON.stringify(input) }) });
      return text;
    },
    leave(args) {
      const child = spawn(command, [...args, ...where, `--request-timeout=${ANSWER_S}s`], {
        ...{ env: { ...environment }, stdio: 'ignore', detached: true },
      });
      child.on('error', () => undefined);
      child.unref();
    },
    async lines(args, take) {
      const lines = linesOf(take);
      await run(args, lines.push);
      lines.end();
    },
    follow: (args, take, signal, minding) =>
      run(args, linesOf(take).push, { timeoutS: 0, signal, ...(minding === undefined ? {} : { minding }) }),
  };
}

/** Of the log that kubectl keeps of its own attempts, and not its answer (klog: severity, date, time). */
const KLOG = /^[IWEF]\d{4} \d{2}:/;

function saidOf(complaint: string): string {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '');
  const said = lines.filter((line) => !KLOG.test(line));
  return (said.length === 0 ? lines : said).join(' ').replace(/\s+/g, ' ').slice(0, 500);
}

/** Whether the cluster has answered, and will answer the same again. */
export const isRefused = (why: string): boolean => /forbidden|unauthorized|must be logged in/i.test(why);

/** `attempt`: a call that shows whether the cluster can be used. */
function hintFor(why: string, attempt: string): string {
  if (/forbidden/i.test(why))
    return 'If the user lacks a permission, bind the role in docs/examples/kubernetes/role.yaml to it in this namespace. If a quota or an admission rule refuses, change it, or loadPods in environment.yaml.';
  if (isRefused(why)) return `Log in to the cluster again: \`${attempt}\` must work.`;
  return `Check the kubeconfig (KUBECONFIG, --kube-context) and the network: \`${attempt}\` must work.`;
}

function linesOf(take: (line: string) => void): { push(piece: string): void; end(): void } {
  let rest = '';
  return {
    push(piece) {
      const parts = (rest + piece).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) take(part);
      for (; rest.length > MOST_LINE; rest = rest.slice(MOST_LINE)) take(rest.slice(0, MOST_LINE));
    },
    end() {
      if (rest !== '') take(rest);
    },
  };
}
