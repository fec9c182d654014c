import { CloudError } from '../errors.ts';
import { valueAt } from '../model/paths.ts';
import type { Session } from '../run/session.ts';

/** Longest wait before the fault. */
const LIMIT_MS = 3000;

/**
 * Why the safety lever of AWS FIS forbids a fault now; empty if it does not. Each account and region has one (FIS user guide, safety levers). If
 * its state cannot be read, `note` is called and the fault may happen: most accounts do not use FIS, and some regions do not have it. Rejects
 * if the run ends.
 */
export async function leverObjection(
  { cloud, clock, signal }: Pick<Session, 'cloud' | 'clock' | 'signal'>,
  note: (text: string) => void,
): Promise<string> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const tooLong = clock.sleep(LIMIT_MS, either).then((): never => {
    throw new CloudError('fis:GetSafetyLever', 'NoAnswer', 'Unreachable', `there was no answer within ${LIMIT_MS / 1000} s`);
  });
  tooLong.catch(() => undefined);
  try {
    const answer = await Promise.race([cloud.call('fis:GetSafetyLever', { id: 'default' }, { signal: either }), tooLong]);
    const status = valueAt(answer, 'safetyLever.state.status');
    const reason = valueAt(answer, 'safetyLever.state.reason');
    if (status === 'disengaged') return '';
    // `engaging`: FIS is still ending its own experiments.
    if (status === 'engaged' || status === 'engaging')
      return `the safety lever of AWS FIS is ${status} in this account and region${typeof reason === 'string' && reason !== '' ? `: ${reason}` : ''}`;
    note(`it is not known whether the safety lever of AWS FIS is engaged: fis:GetSafetyLever returned ${JSON.stringify(status ?? null)}`);
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof CloudError)) throw thrown;
    note(`it is not known whether the safety lever of AWS FIS is engaged: fis:GetSafetyLever: ${thrown.awsCode}: ${thrown.message}`);
  } finally {
    over.abort();
  }
  return '';
}
