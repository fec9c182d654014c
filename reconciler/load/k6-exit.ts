/** What the exit statuses of k6 mean, and what to do about each. Pure. */

import type { K6Outcome } from './types.ts';

interface Exit {
  readonly outcome: K6Outcome;
  /** What has happened, as the end of "k6 ended, since …" could say it. */
  readonly means: string;
  /** What the user does about it, in a sentence; empty where nothing is to be done. */
  readonly todo: string;
}

const CORRECT = 'Correct the script';
const CLOUD = 'k6 ran in the cloud, which albedo never requests';

/** k6 source, v2.2.0: errext/exitcodes/codes.go; 255 is the -1 of internal/cmd/root.go, for what has no code of its own. */
export const K6_EXITS: Readonly<Record<number, Exit>> = {
  0: { outcome: 'done', means: 'it completed', todo: '' },
  97: { outcome: 'failed', means: CLOUD, todo: '' },
  98: { outcome: 'failed', means: CLOUD, todo: '' },
  // albedo sets no thresholds, a script may: they are judged as objectives.
  99: { outcome: 'done', means: 'a threshold of the script was crossed', todo: '' },
  100: { outcome: 'timed-out', means: 'setup() took too long', todo: 'Let it do less, or raise setupTimeout in its options' },
  101: { outcome: 'timed-out', means: 'teardown() took too long', todo: 'Let it do less, or raise teardownTimeout in its options' },
  102: { outcome: 'timed-out', means: 'a time limit was reached', todo: CORRECT },
  103: { outcome: 'aborted', means: 'it was stopped through its REST interface', todo: '' },
  104: { outcome: 'bad-config', means: 'it does not accept the options of the script', todo: 'Correct the options that it exports' },
  105: { outcome: 'aborted', means: 'a signal ended it', todo: '' },
  106: { outcome: 'bad-config', means: 'its REST interface could not be opened', todo: '' },
  107: { outcome: 'script-error', means: 'the script could not be loaded, or its setup() threw', todo: CORRECT },
  108: { outcome: 'aborted', means: 'the script ended the test with test.abort()', todo: '' },
  109: { outcome: 'failed', means: 'k6 itself crashed', todo: 'Report it to k6' },
  110: { outcome: 'script-error', means: 'the script marked the test as failed', todo: '' },
  255: { outcome: 'bad-config', means: 'it could not start', todo: CORRECT },
};

/** `aborted`: albedo itself told it to end, whatever it says of that. */
export function outcomeOf(exitCode: number | null, aborted: boolean): K6Outcome {
  if (aborted) return 'aborted';
  return (exitCode === null ? undefined : K6_EXITS[exitCode]?.outcome) ?? 'failed';
}

/** How k6 ended, what it said of it and what to do, without a full stop. `said`: of `complaintsOf`; empty for nothing. */
export function endingOf({
  outcome,
  exitCode,
  said,
}: {
  readonly outcome: string;
  readonly exitCode: number | null;
  readonly said: string;
}): string {
  const exit = exitCode === null ? undefined : K6_EXITS[exitCode];
  // What albedo ended has another reason than the status that k6 gave.
  const known = exit?.outcome === outcome ? exit : undefined;
  const status = exitCode === null ? '' : ` (exit status ${exitCode}${known === undefined ? '' : `, ${known.means}`})`;
  const todo = known === undefined || known.todo === '' ? '' : `. ${known.todo}`;
  return `k6 ended as ${outcome}${status}${said === '' ? '' : `: ${said.replace(/\.$/, '')}`}${todo}`;
}
