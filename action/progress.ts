import { waitText } from '../reconciler/model/wait.ts';
import type { Event } from '../reconciler/run/events.ts';

/** A line of the log for an event of the core, or nothing. `said` keeps what was told already, so that a wait is told once. */
export function lineOf(event: Event, said: Map<string, string>): string | undefined {
  const line = textOf(event, said);
  // Of several stacks at a time, each line says which it is about.
  return line === undefined || event.about === undefined ? line : line.replace(/^ *(?=\S)/, (indent) => `${indent}${event.about}: `);
}

function textOf(event: Event, said: Map<string, string>): string | undefined {
  const fresh = (key: string, text: string): boolean => {
    const is = said.get(key) !== text;
    said.set(key, text);
    return is;
  };
  switch (event.kind) {
    case 'phase':
      return `${event.phase}: ${event.text}`;
    case 'step-waiting':
    case 'step-retrying':
      return event.line ? `  … ${event.step.title}: ${waitText(event)}` : undefined;
    case 'step-done':
      return `  ✔ ${event.step.title} ${(event.ms / 1000).toFixed(1)} s`;
    case 'step-failed':
      return `  ✘ ${event.step.title}: ${event.code}: ${event.message}`;
    case 'step-skipped':
      return `  – ${event.step.title}: skipped because of ${event.because}`;
    case 'step-cancelled':
      return `  – ${event.step.title}: interrupted${event.text === undefined ? '' : `; last: ${event.text}`}`;
    case 'load-progress': {
      const seconds = Math.round(event.elapsedMs / 1000);
      return fresh(`${event.about ?? ''} load`, String(Math.floor(seconds / 10)))
        ? `  … ${seconds} of ${Math.round(event.totalMs / 1000)} s: ${event.requests} requests, ${event.failed} failed${event.note === '' ? '' : ` (${event.note})`}`
        : undefined;
    }
    case 'chaos':
      return `  ⚡ ${event.text}`;
    case 'pace':
      return `  … ${event.text}, ${event.seconds} s`;
    case 'warning':
      return `  ! ${event.text}`;
    default:
      return undefined;
  }
}
