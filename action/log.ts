/**
 * Everything the action prints. The runner takes a line that begins with `::` for a command to itself, also when it comes from a spec
 * or from AWS: so it is told to stop listening, under a word nobody can guess, and listens only while we speak ourselves (GitHub
 * documentation, workflow commands, "Stopping and starting workflow commands").
 */

import { randomUUID } from 'node:crypto';
import * as core from '@actions/core';

export interface Log {
  /** A line of text, whatever is in it. */
  say(text: string): void;
  /** Lets `work` give commands of its own: annotations, groups, masks. Their texts are escaped by the toolkit. */
  command(work: () => void): void;
  end(): void;
}

export function openLog(write: (text: string) => void = (text) => void process.stdout.write(text)): Log {
  const token = randomUUID();
  let open = true;
  write(`::stop-commands::${token}\n`);
  return {
    say: (text) => write(text.endsWith('\n') ? text : `${text}\n`),
    command(work) {
      if (!open) return work();
      write(`::${token}::\n`);
      try {
        work();
      } finally {
        write(`::stop-commands::${token}\n`);
      }
    },
    end() {
      if (open) write(`::${token}::\n`);
      open = false;
    },
  };
}

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly text: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** GitHub shows so many of each level a step, and drops the others without a word. */
const EACH = 10;

const TELL = { error: core.error, warning: core.warning, notice: core.notice } as const;

/** Annotations in the order given, which is worst first; those over the limit are counted in the last one. */
export function annotate(log: Log, all: readonly Annotation[]): void {
  for (const level of ['error', 'warning', 'notice'] as const) {
    const list = all.filter((each) => each.level === level);
    if (list.length === 0) continue;
    const shown = list.length > EACH ? list.slice(0, EACH - 1) : list;
    const left = list.length - shown.length;
    const rest: Annotation[] = left > 0 ? [{ level, text: `and ${left} more: see the job summary` }] : [];
    log.command(() => {
      for (const { text, title, file, line, column } of [...shown, ...rest]) {
        const place = {
          ...(title === undefined ? {} : { title }),
          ...(file === undefined ? {} : { file }),
          ...(line === undefined ? {} : { startLine: line }),
          ...(column === undefined ? {} : { startColumn: column }),
        };
        TELL[level](text, place);
      }
    });
  }
}
