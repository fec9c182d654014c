/** Where the runner begins, twice: for the step itself, and as `post` when the job ends. */

import { ReconcileError } from '../reconciler/errors.ts';
import { annotate, openLog } from './log.ts';
import { runPost } from './post.ts';
import { runMain } from './run.ts';
import { readState } from './state.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const log = openLog();
const stop = new AbortController();
/** On a cancel the runner sends SIGINT, SIGTERM 7.5 s later, and ends the process 2.5 s after that. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
  process.on(signal, () => {
    if (stop.signal.aborted) return;
    log.say('stopping after the current step');
    stop.abort(new ReconcileError('Interrupted', 'the job was cancelled'));
  });

try {
  await (readState().post ? runPost(log) : runMain(log, stop.signal));
} catch (thrown) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  annotate(log, [{ level: 'error', text: `${error.message}. This is a bug in albedo: please report it.` }]);
  log.say(error.stack ?? '');
  process.exitCode = 1;
} finally {
  log.end();
}
// What was cut off, such as a call without an answer, must not hold up the end.
if (stop.signal.aborted) process.exit(process.exitCode ?? 1);
