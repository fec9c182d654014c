/** How much a token may ask for: the hourly budget that GitHub's headers tell, and the limit on writing in a row. */
import type { Token } from './model.ts';
import { primaryLimit, Refusal, secondaryLimit } from './refusal.ts';
import type { Json } from './schema.ts';

export interface LimitOptions {
  /** Requests an hour. By default GitHub's: 1000 for a job's token, 5000 for a person's, 60 without one. */
  readonly hourly?: number;
  /** Requests that write, a minute and an hour, before the secondary limit. Default 80 and 500. */
  readonly writesPerMinute?: number;
  readonly writesPerHour?: number;
}

export interface Limits {
  /** Counts a request, or throws the limit that it meets. */
  count(token: Token | undefined, writes: boolean): void;
  /** Gives back one request: an answer that has not changed costs nothing. */
  giveBack(token: Token | undefined): void;
  /** The headers of every answer. `spent` tells them as if nothing were left. */
  headers(token: Token | undefined, spent?: boolean): Record<string, string>;
  /** The body of `GET /rate_limit`. */
  overview(token: Token | undefined): Json;
}

const HOUR = 3_600_000;
const MINUTE = 60_000;

export function createLimits(now: () => Date, options: LimitOptions = {}): Limits {
  const windows = new Map<string, { used: number; reset: number }>();
  const written = new Map<string, number[]>();
  const keyOf = (token: Token | undefined): string => (token?.kind === 'installation' ? token.repository : (token?.user.login ?? ''));
  const most = (token: Token | undefined): number => options.hourly ?? (token ? (token.kind === 'installation' ? 1000 : 5000) : 60);
  const windowOf = (token: Token | undefined): { used: number; reset: number } => {
    const at = now().getTime();
    const found = windows.get(keyOf(token));
    if (found && found.reset > at) return found;
    const fresh = { used: 0, reset: at + HOUR };
    windows.set(keyOf(token), fresh);
    return fresh;
  };
  const rate = (token: Token | undefined): { limit: number; used: number; remaining: number; reset: number } => {
    const { used, reset } = windowOf(token);
    const limit = most(token);
    return { limit, used, remaining: Math.max(0, limit - used), reset: Math.ceil(reset / 1000) };
  };
  return {
    count(token, writes) {
      const window = windowOf(token);
      if (window.used >= most(token)) {
        if (token) throw primaryLimit();
        throw new Refusal(403, 'API rate limit exceeded for 127.0.0.1.');
      }
      window.used += 1;
      if (!writes) return;
      const at = now().getTime();
      const recent = (written.get(keyOf(token)) ?? []).filter((time) => time > at - HOUR);
      if (
        recent.length >= (options.writesPerHour ?? 500) ||
        recent.filter((time) => time > at - MINUTE).length >= (options.writesPerMinute ?? 80)
      )
        throw secondaryLimit();
      written.set(keyOf(token), [...recent, at]);
    },
    giveBack(token) {
      windowOf(token).used -= 1;
    },
    headers(token, spent = false) {
      const { limit, used, remaining, reset } = rate(token);
      const values = { limit, used: spent ? limit : used, remaining: spent ? 0 : remaining, reset, resource: 'core' };
      return Object.fromEntries(Object.entries(values).map(([name, value]) => [`x-ratelimit-${name}`, String(value)]));
    },
    overview(token) {
      const core = rate(token);
      const search = { limit: token ? 30 : 10, used: 0, remaining: token ? 30 : 10, reset: core.reset };
      return { resources: { core, search }, rate: core };
    },
  };
}
