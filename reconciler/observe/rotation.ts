/** Which stacks are read in full in this pass, where most are looked at lightly. */

export interface Turn {
  /** As `identityOf` has it. */
  readonly identity: string;
  /** When it was last read in full (ms since the epoch); absent: never, as far as anybody knows. */
  readonly readAt?: number;
  /** Its files differ from those of the last pass, a light look found something, or its last pass did not end well. */
  readonly urgent?: boolean;
}

export interface Rotation {
  /** Every stack is read in full within this time (ms). */
  readonly period: number;
  /** Between this pass and the next one (ms). */
  readonly interval: number;
  /** Where nothing is known of a pass before: which one it is, counted from 0, so that each takes another part. Default: by `now`. */
  readonly turn?: number;
}

/**
 * The identities to read in full: all that are urgent, all that would be too old before the next pass, and of those of which nothing is
 * known an even share, always the same one in the same turn. Pure: the same answer for the same arguments, in the order of the stacks.
 */
export function chooseFull(stacks: readonly Turn[], now: number, { period, interval, turn }: Rotation): readonly string[] {
  const passes = Math.max(1, Math.floor(period / Math.max(1, interval)));
  const current = (turn ?? Math.floor(now / Math.max(1, interval))) % passes;
  const order = new Map([...new Set(stacks.map(({ identity }) => identity))].sort().map((identity, place) => [identity, place]));
  return stacks
    .filter(({ identity, readAt, urgent }) => {
      if (urgent) return true;
      // A clock that was set back makes nobody wait for ever.
      if (readAt !== undefined && readAt <= now) return now - readAt + interval > period;
      return (order.get(identity) ?? 0) % passes === current;
    })
    .map(({ identity }) => identity);
}
