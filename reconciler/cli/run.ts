import { ReconcileError } from '../errors.ts';
import { openSession, type Session } from '../run/pipeline.ts';
import { type NamedSpec, readSpecs } from '../run/specs.ts';
import { callLogger, listenForInterrupt, progressFor, type Shared } from './shell.ts';

/**
 * Does `work` for each spec in turn, in a session of its own region, with progress and interrupts wired. The answer is
 * the first exit status that is not 0, or 0; an interrupt ends the round.
 */
export async function forEachSpec(
  paths: readonly string[],
  shared: Shared,
  work: (spec: NamedSpec, session: Session) => Promise<number>,
): Promise<number> {
  const { specs, warnings } = await readSpecs(paths, process.env);
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  let exit = 0;
  try {
    for (const warning of warnings) progress.emit({ kind: 'warning', text: `${warning.file}:${warning.line}: ${warning.message}` });
    for (const named of specs) {
      if (interrupt.signal.aborted) throw new ReconcileError('Interrupted', 'interrupted before all specs were done');
      const session = openSession({
        region: named.spec.stack.region,
        env: process.env,
        emit: progress.emit,
        signal: interrupt.signal,
        ...callLogger(shared),
      });
      const status = await work(named, session).finally(() => progress.stop());
      exit = exit === 0 ? status : exit;
    }
    return exit;
  } catch (thrown) {
    if (interrupt.signal.aborted && !(thrown instanceof ReconcileError))
      throw new ReconcileError('Interrupted', 'interrupted', { cause: thrown });
    throw thrown;
  } finally {
    progress.stop();
    interrupt.done();
  }
}
