import type { Address, Json, Note } from '../model/json.ts';
import { kindOf } from '../model/kinds.ts';
import type { Observed, Stack } from '../model/model.ts';
import { valueAt } from '../model/paths.ts';
import type { Raw } from './decode.ts';

const DAY_MS = 86_400_000;
const WARN_DAYS = 30;

export interface Renewal {
  /** The same every day until it is due, and from then on: a digest may hold it. */
  readonly state: string;
  /** Only when it is due: with the days left, counted from `now`. */
  readonly reason?: string;
}

/**
 * Whether a certificate that ends at `end` (ISO 8601) is to be made anew: from `renewBefore` days before its end on. `now` is in
 * milliseconds since the epoch. What is no time or no number of days is never due.
 */
export function renewalOf(end: Json | undefined, renewBefore: Json | undefined, now: number | undefined): Renewal {
  const left = now === undefined || typeof end !== 'string' ? Number.NaN : Date.parse(end) - now;
  if (typeof end !== 'string' || typeof renewBefore !== 'number' || !(left <= renewBefore * DAY_MS)) return { state: 'not due' };
  return { state: `due, because it expires on ${end.slice(0, 10)}`, reason: `${endingText(end, left)}: renewed` };
}

/** `ends on 2027-01-01, in 12 days`; `left` in milliseconds. Dates are UTC's. */
function endingText(end: string, left: number): string {
  const days = Math.floor(Math.abs(left) / DAY_MS);
  const count = days === 0 ? 'less than a day' : `${days} day${days === 1 ? '' : 's'}`;
  return left < 0 ? `expired on ${end.slice(0, 10)}, ${count} ago` : `expires on ${end.slice(0, 10)}, in ${count}`;
}

/**
 * Certificates that end within 30 days of `now` (milliseconds) and that albedo cannot make anew, as warnings: those from files,
 * and those given by their name in IAM. ACM renews its own. The planner has no clock, so it is said here.
 */
export function expiringCertificates(
  stack: Pick<Stack, 'desired' | 'existing'>,
  { observed, raws }: { readonly observed: Pick<Observed, 'existing'>; readonly raws: readonly Pick<Raw, 'address' | 'object'>[] },
  now: number,
): readonly Note[] {
  const uploaded = stack.desired.flatMap(({ address, kind, values }) => {
    const decoded = kindOf(kind).read.decoded;
    if (decoded === undefined || values[decoded.due.days] !== undefined) return [];
    const end = `${decoded.as}.${decoded.due.end}`;
    return raws.filter((raw) => raw.address === address).map((raw) => ({ address, end: valueAt(raw.object, end) }));
  });
  const existing = stack.existing.map(({ address }): { address: Address; end?: Json | undefined } => ({
    address,
    end: observed.existing[address]?.['ends'],
  }));
  return [...uploaded, ...existing].flatMap(({ address, end }): Note[] => {
    const left = typeof end === 'string' ? Date.parse(end) - now : Number.NaN;
    if (typeof end !== 'string' || !(left < WARN_DAYS * DAY_MS)) return [];
    const text = `the certificate ${endingText(end, left)}: provide a new one, which albedo cannot create (ending-certificate)`;
    return [{ kind: 'warning', address, text }];
  });
}
