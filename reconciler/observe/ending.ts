import { valueAt } from '../model/paths.ts';
import type { Note } from '../plan/types.ts';
import type { Raw } from './decode.ts';

const DAY_MS = 86_400_000;
const WARN_DAYS = 30;

/** Certificates that end within 30 days of `now` (milliseconds), as warnings. The planner has no clock, so it is said here. */
export function endingCertificates(raws: readonly Raw[], now: number): readonly Note[] {
  return raws.flatMap((raw): Note[] => {
    const end = valueAt(raw.object, 'Certificate.validTo');
    const days = typeof end === 'string' ? Math.floor((Date.parse(end) - now) / DAY_MS) : Number.POSITIVE_INFINITY;
    if (days >= WARN_DAYS) return [];
    const when = days < 0 ? 'the certificate has ended' : `the certificate ends in ${days} days`;
    return [{ kind: 'warning', address: raw.address, text: `${when}: change validFor, or give a new one (ending-certificate)` }];
  });
}
