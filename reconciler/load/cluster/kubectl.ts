/**
 * The cluster, through `kubectl`: it knows every way to log in, such as that of EKS, and is where a cluster is used. Arguments only, no
 * shell. Edge: child processes.
 */

import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { ReconcileError } from '../../errors.ts';
import type { ClusterOptions } from '../engines/form.ts';

/** Until the cluster answers a call, seconds. */
const ANSWER_S = 30;
const MOST_OUTPUT = 64 * 1024 * 1024;

export interface Kubectl {
  /** Standard output of a call. Throws `LoadFailed` with what kubectl says. */
  call(args: readonly string[], input?: unknown): Promise<string>;
  /** Hands over standard output as it comes, in lines. A line has at most 64 KiB, what is longer comes in pieces. */
  lines(args: readonly string[], take: (line: string) => void): Promise<void>;
}

const MOST_LINE = 64 * 1024;

export function kubectlOf(environment: Readonly<Record<string, string | undefined>>, { context, namespace }: ClusterOptions): Kubectl {
  const command = environment['ALBEDO_KUBECTL'] || 'kubectl';
  const where = [
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
    `--request-timeout=${ANSWER_S}s`,
  ];
  const run = (args: readonly string[], input: string | undefined, take: (text: string) => void): Promise<void> =>
    new Promise((done, fail) => {
      // A group of its own: Ctrl-C in a terminal is for albedo, which then still needs the cluster to clean up.
      const child = spawn(command, [...args, ...where], { env: { ...environment }, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
      const decoder = new StringDecoder('utf8');
      let complaint = '';
      child.stdout.on('data', (piece: Buffer) => take(decoder.write(piece)));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-4000)));
      child.stdin.on('error', () => undefined).end(input ?? '');
      child.once('error', (cause) =>
        fail(
          new ReconcileError('ToolMissing', `kubectl (${command}) could not be started: ${cause.message}`, {
            cause,
            hint: 'Install kubectl (https://kubernetes.io/docs/tasks/tools), or name it: ALBEDO_KUBECTL=/path/to/kubectl.',
          }),
        ),
      );
      child.once('close', (code) => {
        if (code === 0) return done();
        const why = complaint.trim().replace(/\s+/g, ' ').slice(0, 500);
        fail(
          new ReconcileError('LoadFailed', `kubectl ${args[0]} ended with ${code ?? 'a signal'}: ${why}`, {
            hint: 'The role that a load needs in the cluster is in docs/load-from-several.md.',
          }),
        );
      });
    });
  return {
    async call(args, input) {
      let text = '';
      await run(args, input === undefined ? undefined : JSON.stringify(input), (piece) => {
        if (text.length < MOST_OUTPUT) text += piece;
      });
      return text;
    },
    async lines(args, take) {
      let rest = '';
      await run(args, undefined, (piece) => {
        const parts = (rest + piece).split('\n');
        rest = parts.pop() ?? '';
        for (const part of parts) take(part);
        for (; rest.length > MOST_LINE; rest = rest.slice(MOST_LINE)) take(rest.slice(0, MOST_LINE));
      });
      if (rest !== '') take(rest);
    },
  };
}
