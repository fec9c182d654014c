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
  /** Standard output of a call. Throws `LoadFailed` with what kubectl says. */
  call(args: readonly string[], input?: unknown): Promise<string>;
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
  readonly signal?: AbortSignal;
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
        const why = complaint.trim().replace(/\s+/g, ' ').slice(0, 500);
        fail(
          new ReconcileError(
            'LoadFailed',
            `kubectl ${args[0]} failed (${code === null ? 'ended by a signal' : `exit status ${code}`})${why === '' ? '' : `: ${why}`}`,
            {
              hint: 'Check that kubectl can log in, and that it has the role in docs/examples/kubernetes/role.yaml.',
            },
          ),
        );
      });
    });
  return {
    typed: (args) => ['kubectl', ...args, ...where].join(' '),
    async call(args, input) {
      let text = '';
      const take = (piece: string): void => {
        if (text.length < MOST_OUTPUT) text += piece;
      };
      await run(args, take, input === undefined ? {} : { input: JSON.stringify(input) });
      return text;
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
