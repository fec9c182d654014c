import { appendFileSync } from 'node:fs';
import type { Ora } from 'ora';
import { createColors } from 'picocolors';
import { renderProblems } from '../config/render.ts';
import { ReconcileError } from '../errors.ts';
import { waitText } from '../model/wait.ts';
import type { ReportFormat } from '../report/formats/form.ts';
import { type Palette, PLAIN } from '../report/text.ts';
import type { Event } from '../run/events.ts';
import type { Session } from '../run/pipeline.ts';
import { problemsOf } from '../run/specs.ts';

/** Options of the whole program. */
export interface Shared {
  readonly format: ReportFormat;
  readonly color: boolean;
  readonly callLog?: string;
  readonly quiet?: boolean;
  /** Programs that are missing are fetched without a question. */
  readonly yes?: boolean;
}

const colorsFor = (stream: NodeJS.WriteStream, shared: Shared) =>
  createColors(
    shared.color && process.env['NO_COLOR'] === undefined && (stream.isTTY === true || process.env['FORCE_COLOR'] !== undefined),
  );

/** Colours for standard output; none if it is not a terminal. */
export function paletteFor(shared: Shared): Palette {
  const colors = colorsFor(process.stdout, shared);
  if (!colors.isColorSupported) return PLAIN;
  return {
    create: colors.green,
    adopt: colors.cyan,
    update: colors.yellow,
    replace: colors.magenta,
    destroy: colors.red,
    good: colors.green,
    bad: colors.red,
    doubt: colors.yellow,
    dim: colors.dim,
    bold: colors.bold,
  };
}

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

let documents = 0;

/** Whether the document of `--format json` was printed. */
export const hasPrintedJson = (): boolean => documents > 0;

export function printJson(value: unknown): void {
  documents++;
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** An error for people: what, where, and what to do next. `about` names the stacks if there are several. */
export function renderError(error: ReconcileError, about?: string): string {
  const colors = createColors(
    process.stderr.isTTY === true && process.env['NO_COLOR'] === undefined && !process.argv.includes('--no-color'),
  );
  const problems = problemsOf(error);
  const details =
    problems === undefined
      ? ''
      : `${renderProblems(problems.problems, {
          source: problems.sources,
          color: (style, text) =>
            style === 'error'
              ? colors.red(text)
              : style === 'warning'
                ? colors.yellow(text)
                : style === 'place'
                  ? colors.bold(text)
                  : style === 'hint'
                    ? colors.cyan(text)
                    : style === 'caret'
                      ? colors.red(text)
                      : colors.dim(text),
        })}\n`;
  const where = about === undefined ? '' : `${about}: `;
  return `${details}${colors.red('albedo:')} ${where}${error.message.replace(/\.$/, '')}.\n  ${error.hint}\n`;
}

/** Progress on standard error: a spinner on a terminal, plain lines elsewhere, without loading the library of the spinner. */
export interface Progress {
  readonly emit: Session['emit'];
  stop(): void;
}

export async function progressFor(shared: Shared): Promise<Progress> {
  if (shared.quiet) return { emit: () => {}, stop: () => {} };
  const colors = colorsFor(process.stderr, shared);
  const live = process.stderr.isTTY === true && process.env['CI'] === undefined;
  const spinner: Ora | undefined = live
    ? (await import('ora')).default({ stream: process.stderr, isEnabled: true, discardStdin: false })
    : undefined;
  const view = live ? (await import('./live-view.ts')).liveView(Date.now) : undefined;
  const running = new Map<string, string>();
  const said = new Map<string, string>();
  const write = (text: string) => {
    spinner?.clear();
    process.stderr.write(`${text}\n`);
    spinner?.render();
  };
  const key = (event: Event & { readonly step: { readonly id: string } }): string => `${event.about ?? ''} ${event.step.id}`;
  const show = (text: string) => void spinner?.start(text);
  const status = (done: number, total: number) =>
    show(
      `${done}/${total} ${colors.dim([...running.values()].slice(0, 3).join(' · '))}${running.size > 3 ? colors.dim(` and ${running.size - 3} more`) : ''}`,
    );
  const counts = { done: 0, total: 0 };
  /** With several stacks at a time, each line names its stack. */
  const emit = (event: Event): void => {
    view?.see(event);
    const about = event.about === undefined ? '' : `${colors.dim(`${event.about}:`)} `;
    const line = (text: string) => write(text.replace(/^ *(?=\S)/, (indent) => `${indent}${about}`));
    switch (event.kind) {
      case 'phase':
        if (!live) line(`${event.phase}: ${event.text}`);
        show(`${about}${event.text}`);
        break;
      case 'step-started':
        running.set(key(event), `${about}${event.step.title}`);
        Object.assign(counts, { done: event.done, total: event.total });
        status(event.done, event.total);
        break;
      case 'step-waiting':
      case 'step-retrying': {
        const text = `${event.step.title}: ${waitText(event)}`;
        running.set(key(event), `${about}${text}`);
        if (!live && event.line) line(`  … ${text}`);
        status(counts.done, counts.total);
        break;
      }
      case 'step-done':
        running.delete(key(event));
        line(`  ${colors.green('✔')} ${event.step.title} ${colors.dim(`${(event.ms / 1000).toFixed(1)} s`)}`);
        status(event.done, event.total);
        break;
      case 'step-failed':
        running.delete(key(event));
        line(`  ${colors.red('✘')} ${event.step.title}: ${event.code}: ${event.message}`);
        break;
      case 'step-skipped':
        line(`  ${colors.dim(`– ${event.step.title}: skipped because of ${event.because}`)}`);
        break;
      case 'step-cancelled':
        running.delete(key(event));
        line(`  ${colors.dim(`– ${event.step.title}: interrupted${event.text === undefined ? '' : `; last: ${event.text}`}`)}`);
        break;
      case 'load-progress':
        // The spinner uses two columns.
        show(
          view?.text((process.stderr.columns ?? 80) - 2) ||
            `${Math.round(event.elapsedMs / 1000)} of ${Math.round(event.totalMs / 1000)} s · ${event.requests} requests, ${event.failed} failed${event.note === '' ? '' : ` · ${event.note}`}`,
        );
        if (!live && Math.floor(event.elapsedMs / 10_000) !== Number(said.get('load') ?? -1)) {
          said.set('load', String(Math.floor(event.elapsedMs / 10_000)));
          line(
            `  … ${Math.round(event.elapsedMs / 1000)} of ${Math.round(event.totalMs / 1000)} s: ${event.requests} requests, ${event.failed} failed${event.note === '' ? '' : ` (${event.note})`}`,
          );
        }
        break;
      case 'pace':
        line(`  ${colors.dim('…')} ${event.text}, ${event.seconds} s`);
        break;
      case 'chaos':
        line(`  ${colors.yellow('⚡')} ${event.text}`);
        break;
      case 'warning':
        line(`  ${colors.yellow('!')} ${event.text}`);
        break;
    }
  };
  return { emit, stop: () => void spinner?.stop() };
}

/** Signals that end a process: Ctrl-C, a request of the system, a closed terminal, Ctrl-\\. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * After the first Ctrl-C (or another of `ENDINGS`) nothing new starts, and work in progress ends within seconds; the second one ends the
 * process at once. `done` removes the handlers.
 */
export function listenForInterrupt(): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('\nalbedo: stopping after the current step (press again to stop at once)\n');
    controller.abort(new ReconcileError('Interrupted', 'interrupted'));
  };
  for (const name of ENDINGS) process.on(name, onSignal);
  // A closed terminal accepts no output, which is no reason to end before faults are undone.
  const deaf = (): void => undefined;
  for (const stream of [process.stdout, process.stderr]) stream.on('error', deaf);
  return {
    signal: controller.signal,
    done: () => {
      for (const name of ENDINGS) process.off(name, onSignal);
      for (const stream of [process.stdout, process.stderr]) stream.off('error', deaf);
    },
  };
}

/** A line for the call log, when one was asked for. */
export function callLogger(shared: Shared): { log?: (line: object) => void } {
  const file = shared.callLog;
  return file === undefined ? {} : { log: (line) => appendFileSync(file, `${JSON.stringify(line)}\n`) };
}
