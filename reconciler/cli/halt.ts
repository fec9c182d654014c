import { BY_FIS } from '../chaos/fis.ts';
import { leftoverText } from '../chaos/leftovers.ts';
import { asError, CloudError, EXIT, ReconcileError } from '../errors.ts';
import { explain, openSession, type Session } from '../run/pipeline.ts';
import { clearFis } from '../verify/fis.ts';
import { findLeftovers, undoLeftovers } from '../verify/leftovers.ts';
import { callLogger, listenForInterrupt, print, printJson, progressFor, type Shared } from './shell.ts';

export interface HaltFlags {
  readonly region: string;
  readonly stack?: string;
}

/** Undoes every fault of load tests in a region: restores all resources with the fault tag. Takes no lock, since it is for emergencies. */
export async function haltCommand(flags: HaltFlags, shared: Shared): Promise<number> {
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  try {
    const session = openSession({
      ...{ region: flags.region, env: process.env, emit: progress.emit, signal: interrupt.signal },
      ...callLogger(shared),
    });
    const left = await explain(session, () => findLeftovers(session, flags.stack));
    const fis = await endedByFis(session, flags.stack);
    const told = [...fis.told];
    // Each victim of FIS has a tag that says so until its experiment has ended. Without one, an account that has no FIS need not hear of it.
    const failed = left.some(({ mark }) => mark === undefined || mark.victim.detail === BY_FIS) ? [...fis.unknown] : [];
    for (const each of left) {
      if (each.mark === undefined) {
        failed.push(leftoverText(each, session.clock.now()));
        continue;
      }
      try {
        await undoLeftovers([each], { ...session, emit: (event) => void (event.kind === 'warning' && told.push(event.text)) });
      } catch (thrown) {
        const error = asError(thrown);
        failed.push(`${error.message.replace(/\.$/, '')}. ${error.hint}`);
      }
    }
    progress.stop();
    if (shared.format.prints === 'document') printJson({ version: 1, restored: told, failed });
    else
      print(
        [...told, ...failed, ...(left.length === 0 ? [`No resource in ${flags.region} has the tag of a load test's fault.`] : [])].join(
          '\n',
        ),
      );
    if (interrupt.signal.aborted) throw new ReconcileError('Interrupted', 'interrupted before every fault was undone');
    return failed.length === 0 ? EXIT.ok : EXIT.error;
  } finally {
    progress.stop();
    interrupt.done();
  }
}

/** First, so that AWS FIS breaks nothing after it was mended. `unknown`: why it could not be asked, as in regions that have no FIS. */
async function endedByFis(
  { cloud, signal }: Session,
  stack: string | undefined,
): Promise<{ readonly told: readonly string[]; readonly unknown: readonly string[] }> {
  try {
    const templates = await clearFis(cloud, signal, stack);
    return { told: templates.map((id) => `Template ${id} of AWS FIS was deleted, and its experiments were stopped.`), unknown: [] };
  } catch (thrown) {
    if (!(thrown instanceof CloudError)) throw thrown;
    const text = `It is not known whether AWS FIS runs an experiment of a load test: ${thrown.op}: ${thrown.awsCode}: ${thrown.message}`;
    return { told: [], unknown: [text] };
  }
}
